/* stream.h - the bytes of a journal as it is at one moment, out of a process of its own.
 *
 * A node may write the folder meanwhile, so LMDB reads it, and LMDB trusts every page: bytes that
 * are damaged, or a file that becomes shorter, may end that process, not this one. When this one
 * goes away the other ends by itself, and gives its place among LMDB's readers back.
 *
 * Owner: whoever opens it. Threads: one, and no other in the process.
 */
#ifndef HERD_DEPLOY_HERDCTL_JOURNAL_STREAM_H
#define HERD_DEPLOY_HERDCTL_JOURNAL_STREAM_H

#include "common/config/config.h"
#include "common/journal/disk/disk.h"

#include <stdbool.h>
#include <sys/types.h>

/* Open to be read. */
typedef struct {
    int bytes;     /* a pipe: a data.mdb without free pages */
    int problem;   /* a pipe: why it ended early */
    pid_t process; /* which writes them */
} journal_stream_t;

/* Finds the folder of a member's journal; without a name, of the first member of the herd file that
 * has one on this machine. False if there is none, which is said on stderr. `ret_member` borrows
 * from the herd file; caller frees `ret_folder` with free(). */
bool journal_stream_find(const config_t *config, const char *name, const char **ret_member,
                         char **ret_folder);

/* Starts it; as root it reads as the owner of the file does, so that a lock.mdb that LMDB makes is
 * not root's. False, with errno set, if the system has no room for it. Caller ends it with
 * journal_stream_close. */
bool journal_stream_open(const char *folder, journal_stream_t *ret_self);

/* Ends it; false if it did not write all of the file, and `ret_problem` says why. Before the end of
 * its bytes it ends early. */
bool journal_stream_close(journal_stream_t *self, journal_disk_problem_t *ret_problem);

#endif
