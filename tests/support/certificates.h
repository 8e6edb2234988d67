/* certificates.h - a certificate authority of a test's own, and what it vouches for, or should not.
 *
 * Owner: the test. Threads: one. OpenSSL's; keys live in memory only.
 */
#ifndef HERD_TESTS_SUPPORT_CERTIFICATES_H
#define HERD_TESTS_SUPPORT_CERTIFICATES_H

#include <openssl/ssl.h>
#include <stdbool.h>

typedef enum {
    CERTIFICATES_GOOD,       /* for 127.0.0.1 and localhost, by the authority */
    CERTIFICATES_OTHER_HOST, /* for another.example, by the authority */
    CERTIFICATES_OTHER_CA,   /* for 127.0.0.1 and localhost, by an authority that nobody knows */
    CERTIFICATES_FORGED,     /* the same, by one that has the name of ours */
    CERTIFICATES_EXPIRED,    /* good until yesterday */
} certificates_kind_t;

/* A server's TLS settings with a fresh certificate of that kind; the authority's certificate is written to `ca_file`. Caller
 * frees with SSL_CTX_free. Fails the test where OpenSSL refuses. */
SSL_CTX *certificates_server(certificates_kind_t kind, const char *ca_file);

#endif
