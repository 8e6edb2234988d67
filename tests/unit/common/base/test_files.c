/* Files opened with suspicion, read and written whole (common/base/files.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/files.h"
#include "tests/support/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = workspace_new();
    return 0;
}

static int free_folder(void **state)
{
    (void)state;
    free(folder);
    return 0;
}

static void a_plain_file_is_read(void **state)
{
    (void)state;
    int file;
    struct stat found;
    char text[8];
    size_t size;
    char *path = workspace_path(folder, "plain");
    workspace_write(path, TEXT("hello"));
    assert_int_equal(files_open_plain(path, &file, &found), STATUS_OK);
    assert_int_equal(found.st_size, 5);
    assert_int_equal(files_read(file, text, 3, &size), STATUS_OK);
    assert_int_equal(size, 3);
    assert_int_equal(files_read(file, text, sizeof text, &size), STATUS_OK);
    assert_int_equal(size, 2);
    assert_memory_equal(text, "lo", 2);
    assert_int_equal(files_read(file, text, sizeof text, &size), STATUS_OK);
    assert_int_equal(size, 0);
    close(file);
    free(path);
}

/* None of them is waited for. */
static void what_is_no_plain_file_is_refused(void **state)
{
    (void)state;
    int file = -1;
    struct stat found;
    char *path = workspace_path(folder, "pipe");
    assert_int_equal(files_open_plain(path, &file, &found), STATUS_NOT_FOUND);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(files_open_plain(path, &file, &found), STATUS_INVALID);
    assert_int_equal(files_open_plain(folder, &file, &found), STATUS_INVALID);
    assert_int_equal(files_open_plain("/dev/null", &file, &found), STATUS_INVALID);
    assert_int_equal(files_open_plain("/dev/null/file", &file, &found), STATUS_SYSTEM);
    assert_int_equal(errno, ENOTDIR);
    assert_int_equal(file, -1);
    free(path);
}

static void what_cannot_be_written_is_returned(void **state)
{
    (void)state;
    char *path = workspace_path(folder, "out");
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(files_write(file, TEXT("all of it")).size, 0);
    close(file);
    file = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(text_equal(files_write(file, TEXT("none")), TEXT("none")));
    assert_int_equal(errno, ENOSPC);
    close(file);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_file_is_read),
        cmocka_unit_test(what_is_no_plain_file_is_refused),
        cmocka_unit_test(what_cannot_be_written_is_returned),
    };
    return workspace_finish(cmocka_run_group_tests_name("files", tests, make_folder, free_folder));
}
