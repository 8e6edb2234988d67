/* certificates.h - certificates on disk: where they are, reading them with suspicion, making new ones.
 *
 * Owner: none. Threads: any. The form is czmq's zcert: ZPL with curve/public-key and curve/secret-key, Z85.
 */
#ifndef HERD_COMMON_SECURITY_CERTIFICATES_H
#define HERD_COMMON_SECURITY_CERTIFICATES_H

#include "common/security/security.h"

/* A pair as text (open value struct); secret: erase it after use. */
typedef struct {
    char public_key[SECURITY_KEY_SIZE + 1]; /* Z85, and a zero */
    char secret_key[SECURITY_KEY_SIZE + 1]; /* the same; empty where only the public one was read */
} security_pair_t;

/* What is wrong, one sentence (open value struct). */
typedef struct {
    char text[SECURITY_PROBLEM_SIZE];
} security_problem_t;

/* FOLDER/ROLE, FOLDER/ROLE/NAME.cert, FOLDER/ROLE/NAME.cert_secret; caller frees with free(). */
char *security_role_folder(const char *folder, security_role_t role);
char *security_public_path(const char *folder, security_role_t role, const char *name);
char *security_secret_path(const char *folder, security_role_t role, const char *name);

/* Reads the public key of a public certificate, or both of a secret one, which must be a plain file of ours (or root's)
 * that nobody else may read or write. STATUS_NOT_FOUND, STATUS_INVALID, with the reason. */
status_t security_read_public(const char *path, security_pair_t *ret_pair,
                              security_problem_t *ret_problem) STATUS_MUST_USE;
status_t security_read_secret(const char *path, security_pair_t *ret_pair,
                              security_problem_t *ret_problem) STATUS_MUST_USE;

/* Makes a new pair for `name`: folders with mode 0700 where there are none, the secret file with mode 0600, the public
 * one with 0644. Nothing is ever overwritten: STATUS_IN_USE where one of the files is there, and neither is written.
 * STATUS_SYSTEM, with the reason. */
status_t security_make_pair(const char *folder, security_role_t role, const char *name,
                            security_problem_t *ret_problem) STATUS_MUST_USE;

#endif
