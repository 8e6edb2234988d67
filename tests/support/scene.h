/* scene.h - a herd of one, Clark, that asks a provider made by hand for places, and a client it knows.
 *
 * Owner: the test program; there is one scene at a time. Threads: one.
 */
#ifndef HERD_TESTS_SCENE_H
#define HERD_TESTS_SCENE_H

#include "tests/support/herd.h"
#include "tests/support/provider.h"

#include <stdbool.h>
#include <stddef.h>

/* The key that providers are given, and the client that Clark knows. */
#define SCENE_KEY    "AIza-test_KEY.0"
#define SCENE_CLIENT "kiwi.cs.ucla.edu"

/* A test whose herd and provider end after it, however it ends. */
#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, herd_setup_none, scene_teardown)

int scene_teardown(void **state);

/* What to start (open value struct; borrowed for the call). */
typedef struct {
    certificates_kind_t certificate;
    const char *
        provider; /* as in the herd file; "google..." gets its key from the environment, or a key_file */
    const char *places; /* further lines of section `places`, or NULL */
    const char *herd;   /* further lines of section `herd`, or NULL */
} scene_options_t;

/* Starts both, and tells Clark where the client is: +34.068930-118.445127. */
void scene_start(void **state, const scene_options_t *options);

/* Of the scene that runs. */
herd_t *scene_herd(void);
provider_t *scene_provider(void);

/* What a WHATSAT is answered with, less its AT line; both are checked for their form. Borrowed until the herd ends. */
const char *scene_places(const char *line);

/* Fails the test unless `text` is JSON without results, of that status, with `part` in its error message. */
void scene_expect_refused(const char *text, const char *status, const char *part);

/* The same for the answer to "WHATSAT kiwi.cs.ucla.edu 10 5". */
void scene_expect_trouble(const char *status, const char *part);

#endif
