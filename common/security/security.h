/* security.h - who holds which key, and who may speak on which socket: CURVE (rfc.zeromq.org/spec/26) with
 * certificates of czmq's zcert, in the folder that the herd file names (docs/security.md):
 *   ROLE/NAME.cert          public; that it is there is what admits its holder
 *   ROLE/NAME.cert_secret   public and secret; only where its holder runs
 *
 * Owner: a program. Threads: the owner's. A NULL security_t stands for a herd without keys: functions that take one say so.
 * Secret keys are read, given to ZeroMQ, and erased at the end; they are in no message and no log.
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

/* Whose a public key is (open value struct). */
typedef struct {
    char key[CERTIFICATES_KEY_SIZE + 1]; /* Z85, and a zero */
    roles_role_t role;
    char name[LIMIT_NAME_SIZE + 1]; /* and a zero */
} security_holder_t;

/* Is told what is wrong with keys: one sentence without a full stop, fit for a terminal, borrowed for the call. */
typedef void security_problem_fn(void *argument, const char *problem);

/* Where keys are, and whose are one's own (open value struct); all borrowed for the call. */
typedef struct {
    const char *folder; /* NULL: a herd without keys */
    roles_role_t role;
    const char *name; /* NULL: the only one of that role with a secret certificate here */
    security_problem_fn *problem;
    void *argument; /* for `problem` */
} security_settings_t;

/* What a reload changed (open value struct). */
typedef struct {
    size_t added;              /* keys that are accepted now and were not */
    size_t removed;            /* keys that were accepted and are not any more */
    bool revoked[ROLES_COUNT]; /* some of these were of this role */
    bool own;                  /* the own secret certificate is another one: that takes a start */
} security_changes_t;

/* Reads the own pair, and the public certificates of all. STATUS_OK, with `*ret_self` NULL where there is no folder. What is
 * wrong is told: STATUS_NOT_FOUND: there is no own key; STATUS_INVALID: it cannot be used; STATUS_SYSTEM: nor can the
 * folder. Public certificates that cannot be used are told too, and left out. Caller frees with security_close. */
status_t security_open(const security_settings_t *settings, security_t **ret_self) STATUS_MUST_USE;

/* Erases and frees it, clears the pointer; NULL is fine. */
void security_close(security_t **self_p);

/* Reads the public certificates again. Where the folder cannot be read that is told, and all stays as it is: STATUS_SYSTEM. */
status_t security_reload(security_t *self, security_problem_fn *problem, void *argument,
                         security_changes_t *ret_changes) STATUS_MUST_USE;

/* Whose the public key is (Z85); NULL where it is nobody's. Borrowed until the next reload. */
const security_holder_t *security_find(const security_t *self, text_t key);

/* The public key of that role and name, with a zero; NULL where there is none. Borrowed likewise. */
const char *security_key(const security_t *self, roles_role_t role, const char *name);

/* The own name and public key. */
const char *security_name(const security_t *self);
const char *security_own_key(const security_t *self);

/* Makes a socket that will be bound a server of that domain; NULL does nothing. STATUS_SYSTEM with errno set. */
status_t security_serve(const security_t *self, void *socket,
                        roles_domain_t domain) STATUS_MUST_USE;

/* Makes a socket that will connect to the node of `member` encrypt, and take no other for it; NULL does nothing.
 * STATUS_NOT_FOUND: that member's public certificate is not there. STATUS_SYSTEM with errno set. */
status_t security_connect(const security_t *self, void *socket, const char *member) STATUS_MUST_USE;

#endif
