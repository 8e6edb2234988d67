/* scene.h - a herd of one member, Clark, that asks a provider of the test for places.
 *
 * Owner: the test program; there is one scene at a time. Threads: one.
 */
#ifndef HERD_TESTS_SUPPORT_SCENE_H
#define HERD_TESTS_SUPPORT_SCENE_H

#include "tests/support/herd.h"
#include "tests/support/provider.h"

#include <stdbool.h>
#include <stddef.h>

/* The provider's key, and the client that Clark knows. */
#define SCENE_KEY    "AIza-test_KEY.0"
#define SCENE_CLIENT "kiwi.cs.ucla.edu"

/* A test whose herd and provider end after it, however it ends. */
#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, herd_setup_none, scene_teardown)

int scene_teardown(void **state);

/* What to start (open value struct; borrowed for the call). */
typedef struct {
    authority_kind_t certificate;
    /* As in the herd file; "google..." gets its key from the environment or a key_file. */
    const char *provider;
    const char *places; /* further lines of section `places`, or NULL */
    const char *herd;   /* further lines of section `herd`, or NULL */
} scene_options_t;

/* Starts both and tells Clark that the client is at +34.068930-118.445127. */
void scene_start(void **state, const scene_options_t *options);

/* The herd and the provider of the scene that runs. */
herd_t *scene_herd(void);
provider_t *scene_provider(void);

/* Asks a WHATSAT, checks the form of the answer, and returns it without its AT line; borrowed until
 * the herd ends. */
const char *scene_places(const char *line);

/* Fails the test unless `text` is JSON of that status, without results, with `part` in its error
 * message. */
void scene_expect_refused(const char *text, const char *status, const char *part);

/* The same for the answer to "WHATSAT kiwi.cs.ucla.edu 10 5". */
void scene_expect_trouble(const char *status, const char *part);

#endif
