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
    free(path);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_hold_keys),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(files_hold_keys),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
