/* Folders that a program makes, or finds (common/program/folders.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/workspace.h"

#include "common/program/folders.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 512 };

static void expect_made(const char *folder, const char *spelled, const char *made)
{
    char path[PATH_SIZE];
    char problem[FOLDERS_PROBLEM_SIZE] = "";
    struct stat found;
    snprintf(path, sizeof path, "%s/%s", folder, spelled);
    if (!folders_make(path, 0700, problem)) {
        fail_msg("%s", problem);
    }
    assert_true(folders_make(path, 0750, problem)); /* it stays as it is */
    snprintf(path, sizeof path, "%s/%s", folder, made);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0700);
    assert_int_equal(rmdir(path), 0);
}

static void a_folder_has_its_mode_however_it_is_spelled(void **state)
{
    (void)state;
    char *folder = workspace_new();
    mode_t mask = umask(022);
    static const char *const spellings[] = {"a", "a/", "a//", "a/.", "a/./", "./a/.//.", "//a"};
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        expect_made(folder, spellings[i], "a");
    }
    expect_made(folder, "b/c/d/", "b/c/d");
    expect_made(folder, ".a", ".a"); /* a dot that belongs to the name */
    expect_made(folder, "a.", "a.");
    umask(mask);
    free(folder);
}

static void what_is_no_folder_is_named(void **state)
{
    (void)state;
    char problem[FOLDERS_PROBLEM_SIZE] = "";
    char *folder = workspace_new();
    char *file = workspace_path(folder, "file");
    char *below = workspace_path(file, "run");
    workspace_write(file, TEXT("x"));
    assert_false(folders_make(file, 0700, problem));
    assert_non_null(strstr(problem, "/file: Not a directory"));
    assert_false(folders_make(below, 0700, problem));
    assert_non_null(strstr(problem, "/file/run: Not a directory"));
    assert_false(folders_are_ours(below, problem));
    assert_non_null(strstr(problem, "/file/run: Not a directory"));
    free(below);
    free(file);
    free(folder);
}

static void a_folder_is_ours_or_it_is_refused(void **state)
{
    (void)state;
    char problem[FOLDERS_PROBLEM_SIZE] = "";
    char *folder = workspace_new();
    static const mode_t good[] = {0700, 0750, 0775, 01777};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(chmod(folder, good[i]), 0);
        assert_true(folders_are_ours(folder, problem));
    }
    assert_int_equal(chmod(folder, 0777), 0);
    assert_false(folders_are_ours(folder, problem));
    assert_non_null(strstr(problem, "mode 0777"));
    assert_int_equal(chmod(folder, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(folder, 4711, 4711), 0);
        assert_false(folders_are_ours(folder, problem));
        assert_non_null(strstr(problem, "belongs to user 4711"));
        assert_int_equal(chown(folder, 0, 0), 0);
    }
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_has_its_mode_however_it_is_spelled),
        cmocka_unit_test(what_is_no_folder_is_named),
        cmocka_unit_test(a_folder_is_ours_or_it_is_refused),
    };
    return workspace_finish(cmocka_run_group_tests_name("folders", tests, NULL, NULL));
}
