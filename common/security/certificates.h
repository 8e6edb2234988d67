/* certificates.h - certificates on disk: where they are, reading them with suspicion, making new
 * ones.
 *
 * The form is czmq's zcert: ZPL with curve/public-key and curve/secret-key in Z85. Under the folder
 * of keys lie
 *   ROLE/NAME.cert          the public key
 *   ROLE/NAME.cert_secret   the public and the secret key
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_SECURITY_CERTIFICATES_H
#define HERD_COMMON_SECURITY_CERTIFICATES_H

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/security/roles.h"

#include <stddef.h>

enum {
    CERTIFICATES_KEY_SIZE = 40,    /* a key in Z85 (rfc.zeromq.org/spec/32), without a zero */
    CERTIFICATES_BINARY_SIZE = 32, /* the same in bytes */
    CERTIFICATES_PROBLEM_SIZE = 1024,
};

/* A pair as text (open value struct); secret: erase it after use. */
typedef struct {
    char public_key[CERTIFICATES_KEY_SIZE + 1]; /* Z85, and a zero */
    char
        secret_key[CERTIFICATES_KEY_SIZE + 1]; /* the same; empty if only the public one was read */
} certificates_pair_t;

/* What is wrong, one sentence without a full stop (open value struct). */
typedef struct {
    char text[CERTIFICATES_PROBLEM_SIZE];
} certificates_problem_t;

/* Takes the name of a holder, borrowed for the call; false ends the listing. */
typedef bool certificates_name_fn(void *argument, text_t name);

/* FOLDER/ROLE, FOLDER/ROLE/NAME.cert, FOLDER/ROLE/NAME.cert_secret; caller frees with free(). */
char *certificates_role_folder(const char *folder, roles_role_t role);
char *certificates_public_path(const char *folder, roles_role_t role, const char *name);
char *certificates_secret_path(const char *folder, roles_role_t role, const char *name);

/* Gives `each` the name of every public certificate of a role, or every secret one, in no order. An
 * absent folder has none. STATUS_SYSTEM with errno set: the folder cannot be opened. */
status_t certificates_list(const char *folder, roles_role_t role, bool secret,
                           certificates_name_fn *each, void *argument) STATUS_MUST_USE;

/* Whom a listing is given to (open value struct). */
typedef struct {
    certificates_name_fn *each;
    void *argument;
} certificates_listing_t;

/* The same for the files of public certificates whose names no one may have: whole names, foreign
 * bytes. */
status_t certificates_list_odd(const char *folder, roles_role_t role,
                               const certificates_listing_t *listing) STATUS_MUST_USE;

/* The name of the only secret certificate of a role; caller frees with free(). NULL if there are
 * none or several; `*ret_count` is their number. */
char *certificates_only_secret(const char *folder, roles_role_t role, size_t *ret_count);

/* Reads the public key of a public certificate. It must be a plain file that not everybody may
 * write.
 * STATUS_NOT_FOUND, STATUS_INVALID, with the reason. */
status_t certificates_read_public(const char *path, certificates_pair_t *ret_pair,
                                  certificates_problem_t *ret_problem) STATUS_MUST_USE;

/* Reads both keys of a secret certificate. It must be a plain file, guarded as secret.h asks.
 * STATUS_NOT_FOUND, STATUS_INVALID, with the reason. */
status_t certificates_read_secret(const char *path, certificates_pair_t *ret_pair,
                                  certificates_problem_t *ret_problem) STATUS_MUST_USE;

/* Makes a new pair for `name`: absent folders with mode 0700, the secret file with mode 0600, the
 * public one with
 * 0644. It never overwrites a file: STATUS_IN_USE if one of the two exists, and neither is written.
 * STATUS_SYSTEM, with the reason. */
status_t certificates_make_pair(const char *folder, roles_role_t role, const char *name,
                                certificates_problem_t *ret_problem) STATUS_MUST_USE;

#endif
