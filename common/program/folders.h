/* folders.h - the folders that a program writes to: made if they are missing, and looked at if they
 * are not.
 *
 * Owner: main(). Threads: the main one.
 */
#ifndef HERD_COMMON_PROGRAM_FOLDERS_H
#define HERD_COMMON_PROGRAM_FOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Room for a problem: a sentence with a path in it. */
enum { FOLDERS_PROBLEM_SIZE = 1024 };

/* Makes the folder `path`, absolute, with those above it (0755); itself it gets `mode`. False with
 * a problem if that cannot be done. One that is there stays as it is. */
bool folders_make(const char *path, mode_t mode, char ret_problem[FOLDERS_PROBLEM_SIZE]);

/* Whether we may write to the folder `path`, and no one else can put files of theirs in the place
 * of ours: it belongs to us or to root, and others may write to it only if they cannot remove what
 * is not theirs (the sticky bit). False with a problem that names the owner. */
bool folders_are_ours(const char *path, char ret_problem[FOLDERS_PROBLEM_SIZE]);

#endif
