/* secret.h - opens files that hold a secret, and refuses those that others could have read or
 * written: the one rule for keys of providers and for CURVE certificates (docs/decisions/0028).
 *
 * Owner: the caller. Threads: any.
 * A secret belongs to us or to root, and nobody but its owner may write it. Who else may read it:
 *   nobody                      as a rule: mode 0600 or 0400
 *   we, by an access list       systemd's LoadCredential=: mode 0440 with an entry for our user
 *   a group that we are in      Kubernetes' fsGroup: a file of root's, or one that cannot be
 *                               written, mode 0440. Ours with mode 0640 is what a umask leaves: no
 *   everyone                    Docker's and Kubernetes' secrets, mode 0444: only what cannot be
 *                               written, and lies in a folder that is closed to others (0700), or
 *                               was mounted for us, as a file system in memory that is not /run,
 *                               /tmp or /dev/shm, or as this single file
 */
#ifndef HERD_COMMON_BASE_SECRET_H
#define HERD_COMMON_BASE_SECRET_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    SECRET_PROBLEM_SIZE = 160, /* bytes of a problem, with the zero */
    SECRET_GROUPS_MAX = 64,    /* of ours that are looked at */
};

/* What is known of a file (open value struct). */
typedef struct {
    uid_t owner;
    gid_t group;
    mode_t mode;
    text_t access_list; /* as the kernel gives system.posix_acl_access; empty: none */
    bool is_read_only;  /* it lies on a mount that cannot be written */
    bool is_mounted;    /* for us: see above */
    bool is_enclosed;   /* its folder is ours or root's, and closed to all others */
} secret_file_t;

/* Who wants to read it (open value struct). */
typedef struct {
    uid_t user;
    gid_t groups[SECRET_GROUPS_MAX];
    size_t group_count;
} secret_reader_t;

/* Whether the file is as guarded as the rule asks. If not, `problem` (SECRET_PROBLEM_SIZE) says
 * what is wrong, to stand behind the file's name: "belongs to another user". */
bool secret_is_guarded(const secret_file_t *file, const secret_reader_t *reader, char *problem);

/* Opens it for reading; the caller closes the descriptor. STATUS_NOT_FOUND, STATUS_SYSTEM (errno
 * set) and STATUS_INVALID as files_open_plain; STATUS_OUT_OF_RANGE if it is not guarded, with
 * `problem` as above. */
status_t secret_open(const char *path, int *ret_file, char *problem) STATUS_MUST_USE;

#endif
