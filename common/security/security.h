/* security.h - the ring of keys of a program: its own pair, and whose the others are.
 *
 * CURVE (rfc.zeromq.org/spec/26) with the certificates of certificates.h, in the folder that the
 * herd file names (docs/security.md). A public certificate admits its holder by being there.
 *
 * Owner: a program. Threads: the owner's. A NULL security_t stands for a herd without keys;
 * functions that take one say so. Secret keys are read, given to ZeroMQ, and erased at the end; no
 * message and no log contains one.
 */
#ifndef HERD_COMMON_SECURITY_SECURITY_H
#define HERD_COMMON_SECURITY_SECURITY_H

#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/security/certificates.h"
#include "common/security/roles.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct security security_t;

/* The holder of a public key (open value struct). */
typedef struct {
    char key[CERTIFICATES_KEY_SIZE + 1]; /* Z85, and a zero */
    roles_role_t role;
    char name[LIMIT_NAME_SIZE + 1]; /* and a zero */
} security_holder_t;

/* Takes what is wrong with keys: one sentence without a full stop, fit for a terminal, borrowed for
 * the call. */
typedef void security_problem_fn(void *argument, const char *problem);

/* Where the keys are, and whose pair is our own (open value struct); all borrowed for the call. */
typedef struct {
    const char *folder; /* NULL: a herd without keys */
    roles_role_t role;
    const char *name; /* NULL: the only one of that role with a secret certificate here */
    security_problem_fn *problem;
    void *argument; /* for `problem` */
} security_settings_t;

/* Takes a key that a reload has found (`added`), or no longer found; borrowed for the call. */
typedef void security_change_fn(void *argument, const security_holder_t *holder, bool added);

/* What a reload changed (open value struct). */
typedef struct {
    size_t added;              /* keys that are newly accepted */
    size_t removed;            /* keys that are no longer accepted */
    bool revoked[ROLES_COUNT]; /* roles that lost a key */
    bool own; /* our own secret certificate holds another pair: used after a restart */
} security_changes_t;

/* Reads our own pair, and the public certificates of everybody. STATUS_OK, with `*ret_self` NULL if
 * no folder is given; a public certificate that cannot be used is reported and left out. Otherwise
 * the problem is reported. STATUS_NOT_FOUND: there is no own pair. STATUS_INVALID: it cannot be
 * used. STATUS_SYSTEM: the folder cannot be read. Caller frees with security_close. */
status_t security_open(const security_settings_t *settings, security_t **ret_self) STATUS_MUST_USE;

/* Erases and frees it, clears the pointer; NULL is fine. */
void security_close(security_t **self_p);

/* Has `change` told of each key that comes or goes with a reload; NULL: no one is told. */
void security_tell_changes(security_t *self, security_change_fn *change, void *argument);

/* Reads the public certificates again. STATUS_SYSTEM, reported: the folder cannot be read, and
 * nothing changes. */
status_t security_reload(security_t *self, security_problem_fn *problem, void *argument,
                         security_changes_t *ret_changes) STATUS_MUST_USE;

/* The holder of a public key (Z85); NULL if it is not accepted. Borrowed until the next reload. */
const security_holder_t *security_find(const security_t *self, text_t key);

/* The public key of that role and name, with a zero; NULL if there is none. Borrowed likewise. */
const char *security_key(const security_t *self, roles_role_t role, const char *name);

/* Our own name and public key. */
const char *security_name(const security_t *self);
const char *security_own_key(const security_t *self);

/* Makes a socket that will be bound a server of that domain; NULL does nothing. STATUS_SYSTEM with
 * errno set. */
status_t security_serve(const security_t *self, void *socket,
                        roles_domain_t domain) STATUS_MUST_USE;

/* Makes a socket that will connect to the node of `member` encrypt, and accept no other node in its
 * stead; NULL does nothing. STATUS_NOT_FOUND: that member's public certificate is not here.
 * STATUS_SYSTEM with errno set. */
status_t security_connect(const security_t *self, void *socket, const char *member) STATUS_MUST_USE;

#endif
