/* authority.h - a certificate authority of a test's own, for TLS, and what it vouches for or should
 * not.
 *
 * Owner: the test. Threads: one. OpenSSL makes the certificates; keys live in memory only.
 */
#ifndef HERD_TESTS_SUPPORT_AUTHORITY_H
#define HERD_TESTS_SUPPORT_AUTHORITY_H

#include <openssl/ssl.h>
#include <stdbool.h>

typedef enum {
    AUTHORITY_GOOD,       /* for 127.0.0.1 and localhost, by the authority */
    AUTHORITY_OTHER_HOST, /* for another.example, by the authority */
    AUTHORITY_OTHER_CA,   /* for 127.0.0.1 and localhost, by an unknown authority */
    AUTHORITY_FORGED,     /* the same, by one that has the name of ours */
    AUTHORITY_EXPIRED,    /* good until yesterday */
} authority_kind_t;

/* A server's TLS settings with a fresh certificate of that kind. Writes the authority's certificate
 * to `ca_file`. Caller frees with SSL_CTX_free. Fails the test if OpenSSL refuses. */
SSL_CTX *authority_server(authority_kind_t kind, const char *ca_file);

#endif
