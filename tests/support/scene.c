#include "tests/support/scene.h"

#include "tests/support/cmocka_herd.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { SETTINGS_SIZE = 2048 };

/* The scene that runs. */
static struct {
    herd_t *herd;
    provider_t *provider;
} scene;

static const char iamat[] = "IAMAT " SCENE_CLIENT " +34.068930-118.445127 1621464827.959498503\n";

void scene_start(void **state, const scene_options_t *options)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    char settings[SETTINGS_SIZE];
    bool has_key = strncmp(options->provider, "google", strlen("google")) == 0 &&
                   (options->places == NULL || strstr(options->places, "key_file") == NULL);
    scene.provider = provider_new(options->certificate);
    int size = snprintf(
        settings, sizeof settings, "provider = \"%s\"\nbase_url = \"%s\"\nca_file = \"%s\"\n%s%s",
        options->provider, provider_url(scene.provider), provider_ca_file(scene.provider),
        has_key ? "key_env = \"HERD_TEST_KEY\"\n" : "",
        options->places != NULL ? options->places : "");
    assert_true(size > 0 && size < SETTINGS_SIZE);
    scene.herd = herd_new(&(herd_options_t){.members = members,
                                            .member_count = 1,
                                            .settings = options->herd,
                                            .places_settings = settings});
    *state = scene.herd;
    setenv("HERD_TEST_KEY", SCENE_KEY, 1);
    herd_start(scene.herd, "Clark");
    (void)herd_ask(scene.herd, "Clark", iamat);
}

int scene_teardown(void **state)
{
    int result = herd_teardown(state);
    provider_destroy(&scene.provider);
    return result;
}

herd_t *scene_herd(void)
{
    return scene.herd;
}

provider_t *scene_provider(void)
{
    return scene.provider;
}

const char *scene_places(const char *line)
{
    const char *answer = herd_ask(scene.herd, "Clark", line);
    assert_memory_equal(answer, "AT Clark +", strlen("AT Clark +"));
    const char *json = strchr(answer, '\n');
    assert_non_null(json);
    json++;
    size_t size = strlen(json);
    assert_true(size > 3);
    assert_string_equal(json + size - 3, "}\n\n");
    assert_ptr_equal(strstr(json, "\n\n"), json + size - 2);
    return json;
}

void scene_expect_refused(const char *text, const char *status, const char *part)
{
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "status")), status);
    assert_int_equal(json_array_size(json_object_get(json, "results")), 0);
    assert_true(json_is_array(json_object_get(json, "html_attributions")));
    const char *message = json_string_value(json_object_get(json, "error_message"));
    if (message == NULL || strstr(message, part) == NULL) {
        fail_msg("\"%s\" is not in the error message of:\n%s", part, text);
    }
    json_decref(json);
}

void scene_expect_trouble(const char *status, const char *part)
{
    scene_expect_refused(scene_places("WHATSAT " SCENE_CLIENT " 10 5\n"), status, part);
}
