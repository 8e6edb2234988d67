/* Keys from the environment and from files (node/places/key.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/workspace.h"

#include "node/places/key.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void variables_hold_keys(void **state)
{
    (void)state;
    places_key_t key = {0};
    setenv("HERD_TEST_KEY", "AIza-Sy_1", 1);
    assert_int_equal(places_key_from_variable("HERD_TEST_KEY", &key), STATUS_OK);
    assert_text_equal(places_key_text(&key), "AIza-Sy_1");
    unsetenv("HERD_TEST_KEY");
    assert_int_equal(places_key_from_variable("HERD_TEST_KEY", &key), STATUS_NOT_FOUND);
    assert_text_equal(places_key_text(&key), "AIza-Sy_1");
    places_key_done(&key);
    assert_int_equal(places_key_text(&key).size, 0);
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    static const char *const values[] = {"", " ", "a b", "a\r\nX-Other: b", "k\xc3\xa9y", "a\x7f"};
    places_key_t key = {0};
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        setenv("HERD_TEST_KEY", values[i], 1);
        assert_int_equal(places_key_from_variable("HERD_TEST_KEY", &key), STATUS_INVALID);
    }
    char text[LIMIT_KEY_SIZE + 2] = {0};
    memset(text, 'k', LIMIT_KEY_SIZE);
    setenv("HERD_TEST_KEY", text, 1);
    assert_int_equal(places_key_from_variable("HERD_TEST_KEY", &key), STATUS_OK);
    text[LIMIT_KEY_SIZE] = 'k';
    setenv("HERD_TEST_KEY", text, 1);
    assert_int_equal(places_key_from_variable("HERD_TEST_KEY", &key), STATUS_TOO_LONG);
}

static void files_hold_keys(void **state)
{
    (void)state;
    char *folder = workspace_new();
    char *path = workspace_path(folder, "key");
    places_key_t key = {0};
    assert_int_equal(places_key_from_file(path, &key), STATUS_SYSTEM);
    assert_int_equal(places_key_from_file(folder, &key), STATUS_OUT_OF_RANGE);
    workspace_write(path, TEXT("AIzaSy\r\n"));
    static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0610, 0777};
    for (size_t i = 0; i < ARRAY_COUNT(open_modes); i++) {
        assert_int_equal(chmod(path, open_modes[i]), 0);
        assert_int_equal(places_key_from_file(path, &key), STATUS_OUT_OF_RANGE);
    }
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(places_key_from_file(path, &key), STATUS_OK);
    assert_text_equal(places_key_text(&key), "AIzaSy");
    workspace_write(path, TEXT("two\nlines\n"));
    assert_int_equal(places_key_from_file(path, &key), STATUS_INVALID);
    workspace_write(path, TEXT("\n"));
    assert_int_equal(places_key_from_file(path, &key), STATUS_INVALID);
    char text[LIMIT_KEY_SIZE + 8];
    memset(text, 'k', sizeof text);
    workspace_write(path, (text_t){.data = text, .size = sizeof text});
    assert_int_equal(places_key_from_file(path, &key), STATUS_TOO_LONG);
    memset(text + LIMIT_KEY_SIZE, ' ', 3); /* a key, white space, and what is behind it */
    workspace_write(path, (text_t){.data = text, .size = sizeof text});
    assert_int_equal(places_key_from_file(path, &key), STATUS_TOO_LONG);
    workspace_write(path, (text_t){.data = text, .size = LIMIT_KEY_SIZE + 2});
    assert_int_equal(places_key_from_file(path, &key), STATUS_OK);
    assert_int_equal(places_key_text(&key).size, LIMIT_KEY_SIZE);
    free(path);
    free(folder);
}

static void a_pipe_does_not_hold_us_up(void **state)
{
    (void)state;
    char *folder = workspace_new();
    char *path = workspace_path(folder, "pipe");
    places_key_t key = {0};
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(places_key_from_file(path, &key), STATUS_OUT_OF_RANGE);
    free(path);
    free(folder);
}

static void settings_name_a_variable_or_a_file_or_none(void **state)
{
    (void)state;
    char *folder = workspace_new();
    char *path = workspace_path(folder, "key");
    places_key_t key = {0};
    workspace_write(path, TEXT("from-file"));
    assert_int_equal(chmod(path, 0600), 0);
    setenv("HERD_TEST_KEY", "from-variable", 1);
    config_provider_t settings = {0};
    assert_int_equal(places_key_from_settings(&settings, &key), STATUS_OK);
    assert_int_equal(places_key_text(&key).size, 0);
    settings.key_file = path;
    assert_int_equal(places_key_from_settings(&settings, &key), STATUS_OK);
    assert_text_equal(places_key_text(&key), "from-file");
    settings = (config_provider_t){.key_env = "HERD_TEST_KEY"};
    assert_int_equal(places_key_from_settings(&settings, &key), STATUS_OK);
    assert_text_equal(places_key_text(&key), "from-variable");
    unsetenv("HERD_TEST_KEY");
    assert_int_equal(places_key_from_settings(&settings, &key), STATUS_NOT_FOUND);
    free(path);
    free(folder);
}

static void each_trouble_has_its_words(void **state)
{
    (void)state;
    char reason[128];
    places_key_t key = {0};
    assert_int_equal(places_key_from_file("/nonexistent/key", &key), STATUS_SYSTEM);
    assert_string_equal(places_key_trouble(STATUS_SYSTEM, reason, sizeof reason),
                        "No such file or directory");
    static const status_t troubles[] = {STATUS_NOT_FOUND, STATUS_TOO_LONG, STATUS_INVALID,
                                        STATUS_OUT_OF_RANGE};
    static const char *const words[] = {"it is not set", "it is too long for a key",
                                        "a key is printable ASCII without spaces",
                                        ("it must be a plain file of ours that neither group nor "
                                         "others may read or write (chmod 600)")};
    for (size_t i = 0; i < ARRAY_COUNT(troubles); i++) {
        assert_string_equal(places_key_trouble(troubles[i], reason, sizeof reason), words[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_hold_keys),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(files_hold_keys),
        cmocka_unit_test(a_pipe_does_not_hold_us_up),
        cmocka_unit_test(settings_name_a_variable_or_a_file_or_none),
        cmocka_unit_test(each_trouble_has_its_words),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
