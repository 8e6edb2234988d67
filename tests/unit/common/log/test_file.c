/* The log's file when it is a pipe, is removed, or when stderr is stuck (common/log/file.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/log/file.h"
#include "common/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONTENT_SIZE = 4096, EVENTS = 2000 };

static status_t open_log(const char *path, log_t **ret_log)
{
    const log_options_t options = {.path = path, .member = "Goloman", .program = "node"};
    return log_open(&options, ret_log);
}

/* What is waited for: a text in the file, an error of the log, lines that it has lost. */
typedef struct {
    const char *path;
    const char *text;
    const log_t *log;
    int error;
} awaited_t;

static bool has_text(void *argument)
{
    const awaited_t *awaited = argument;
    size_t size;
    char *content = workspace_read(awaited->path, &size);
    bool found = content != NULL && strstr(content, awaited->text) != NULL;
    free(content);
    return found;
}

static bool has_error(void *argument)
{
    const awaited_t *awaited = argument;
    return log_write_error(awaited->log) == awaited->error;
}

static bool has_lost(void *argument)
{
    const awaited_t *awaited = argument;
    return log_lost_count(awaited->log) > 0;
}

static void expect_text(const char *path, const char *text)
{
    awaited_t awaited = {.path = path, .text = text};
    if (!wait_until(has_text, &awaited, WAIT_LIMIT_MS)) {
        fail_msg("no \"%s\" in %s", text, path);
    }
}

static void expect_error(const log_t *log, int error)
{
    awaited_t awaited = {.log = log, .error = error};
    assert_true(wait_until(has_error, &awaited, WAIT_LIMIT_MS));
}

/* A file that was removed is made again, with its folder, and the lines go on in it. */
static void a_removed_file_is_made_again(void **state)
{
    (void)state;
    static const char back[] = "reopened: the file had been removed; opened anew\n";
    char *workspace = workspace_new();
    char *folder = workspace_path(workspace, "log");
    char *path = workspace_path(folder, "file");
    log_t *log = NULL;
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(open_log(path, &log), STATUS_OK);
    log_event(log, LOG_STARTED, NULL, "before");
    expect_text(path, "before\n");
    assert_int_equal(unlink(path), 0);
    expect_text(path, back);
    log_event(log, LOG_STARTED, NULL, "between");
    expect_text(path, "between\n");
    assert_int_equal(unlink(path), 0);
    (void)rmdir(folder); /* unless it is made again already */
    expect_text(path, back);
    expect_error(log, 0);
    log_close(&log);
    free(path);
    free(folder);
    free(workspace);
}

/* While it cannot be made, lines are lost, and counted. */
static void a_file_that_cannot_be_made_again_loses_lines(void **state)
{
    (void)state;
    char *workspace = workspace_new();
    char *folder = workspace_path(workspace, "log");
    char *moved = workspace_path(workspace, "moved");
    char *path = workspace_path(folder, "file");
    char *moved_path = workspace_path(moved, "file");
    log_t *log = NULL;
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(open_log(path, &log), STATUS_OK);
    assert_int_equal(rename(folder, moved), 0); /* it goes on in the file, wherever that is */
    log_event(log, LOG_STARTED, NULL, "moved");
    expect_text(moved_path, "moved\n");
    workspace_write(folder, TEXT("in the way"));
    assert_int_equal(unlink(moved_path), 0);
    expect_error(log, ENOTDIR);
    log_event(log, LOG_STARTED, NULL, "lost");
    awaited_t awaited = {.log = log};
    assert_true(wait_until(has_lost, &awaited, WAIT_LIMIT_MS));
    assert_int_equal(unlink(folder), 0);
    expect_text(path, "1 lines lost");
    expect_error(log, 0);
    log_close(&log);
    free(moved_path);
    free(path);
    free(moved);
    free(folder);
    free(workspace);
}

/* A pipe is refused while no one reads it; one whose reader leaves costs lines, and no more. */
static void a_pipe_is_never_waited_for(void **state)
{
    (void)state;
    char *workspace = workspace_new();
    char *path = workspace_path(workspace, "pipe");
    char content[CONTENT_SIZE];
    log_t *log = NULL;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(open_log(path, &log), STATUS_SYSTEM);
    assert_int_equal(errno, ENXIO);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_int_equal(open_log(path, &log), STATUS_OK);
    close(reader);
    signal(SIGPIPE, SIG_IGN);
    log_event(log, LOG_STARTED, NULL, "to no one");
    expect_error(log, EPIPE);
    reader = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = read(reader, content, sizeof content - 1);
    assert_true(got > 0);
    content[got] = '\0';
    assert_non_null(strstr(content, "1 lines lost"));
    log_close(&log);
    close(reader);
    signal(SIGPIPE, SIG_DFL);
    free(path);
    free(workspace);
}

static void what_takes_no_lines_is_refused(void **state)
{
    (void)state;
    char *workspace = workspace_new();
    assert_int_equal(log_file_open(workspace), -1);
    assert_int_equal(errno, EISDIR);
    int file = log_file_open("/dev/null");
    assert_true(file >= 0);
    close(file);
    free(workspace);
}

/* Events that no one takes from stderr keep no line from the file. */
static void a_stuck_stderr_keeps_nothing_from_the_file(void **state)
{
    (void)state;
    char *workspace = workspace_new();
    char *path = workspace_path(workspace, "file");
    int ends[2];
    int before = dup(STDERR_FILENO);
    log_t *log = NULL;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(open_log(path, &log), STATUS_OK);
    log_set_echo(log, true);
    for (unsigned i = 0; i < EVENTS; i++) {
        log_event(log, LOG_STARTED, NULL, "as long as a line of the log that fills a pipe may be");
    }
    log_event(log, LOG_STARTED, NULL, "last");
    expect_text(path, "last\n");
    log_close(&log);
    assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
    close(before);
    close(ends[0]);
    close(ends[1]);
    free(path);
    free(workspace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_removed_file_is_made_again),
        cmocka_unit_test(a_file_that_cannot_be_made_again_loses_lines),
        cmocka_unit_test(a_pipe_is_never_waited_for),
        cmocka_unit_test(what_takes_no_lines_is_refused),
        cmocka_unit_test(a_stuck_stderr_keeps_nothing_from_the_file),
    };
    return workspace_finish(cmocka_run_group_tests_name("file", tests, NULL, NULL));
}
