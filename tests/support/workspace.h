/* workspace.h - a folder for each test, under one folder for the test program.
 *
 * Owner: the test. Threads: one.
 * The program's folder is $TMPDIR/herd-test.PID (/tmp if TMPDIR is unset, or too long for the path
 * of a Unix socket). Each test has a numbered folder in it. If all tests pass, the program removes
 * it at its end; if not, it stays, and its name is the last thing printed.
 */
#ifndef HERD_TESTS_SUPPORT_WORKSPACE_H
#define HERD_TESTS_SUPPORT_WORKSPACE_H

#include "common/base/text.h"

#include <stddef.h>

/* Creates the next folder and returns its path; caller frees with free(). Fails the test if it
 * cannot. */
char *workspace_new(void);

/* The path of `name` in `folder`; caller frees with free(). */
char *workspace_path(const char *folder, const char *name);

/* Writes `text` to `path`, replacing what was there. Fails the test if it cannot. */
void workspace_write(const char *path, text_t text);

/* Returns the content of `path`, with a zero behind it, and its size; caller frees with free().
 * NULL if the file cannot be read. */
char *workspace_read(const char *path, size_t *ret_size);

/* Ends main: removes the program's folder if `failed`, the result of cmocka_run_group_tests, is 0;
 * if not, says where it is. Returns the program's exit status. */
int workspace_finish(int failed);

#endif
