/* provider.h - a stand-in for a places provider: an HTTP/1.1 server, with or without TLS, that
 * answers as the test says, well or badly, and remembers what it was asked.
 *
 * Owner: the test. Threads: the functions belong to the test's thread; each connection has its own.
 * It listens on 127.0.0.1, on a port that the kernel chooses.
 */
#ifndef HERD_TESTS_SUPPORT_PROVIDER_H
#define HERD_TESTS_SUPPORT_PROVIDER_H

#include "tests/support/authority.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct provider provider_t;

typedef enum {
    PROVIDER_ANSWERS,
    PROVIDER_HANGS,   /* takes the request and says nothing, until it is to answer otherwise */
    PROVIDER_RESETS,  /* breaks the connection off (RST) after the request */
    PROVIDER_CUTS,    /* closes after half of the body */
    PROVIDER_DRIPS,   /* sends the body a byte at a time, too slowly to be waited for */
    PROVIDER_FLOODS,  /* sends a body that does not end */
    PROVIDER_BABBLES, /* sends bytes that are not HTTP */
} provider_manner_t;

/* How requests are answered (open value struct; copied). */
typedef struct {
    provider_manner_t manner;
    unsigned status;     /* HTTP; 0: 200 */
    const char *headers; /* further lines, each with its CR LF; or NULL */
    const char *body;    /* or NULL: empty */
} provider_reply_t;

/* A server with a certificate of that kind. Caller ends it with provider_destroy. */
provider_t *provider_new(authority_kind_t kind);

/* A server without TLS. */
provider_t *provider_new_plain(void);

/* Closes all connections, ends all threads, clears the pointer; NULL is fine. */
void provider_destroy(provider_t **self_p);

/* From now on requests are answered like this, also those that hang. */
void provider_set_reply(provider_t *self, const provider_reply_t *reply);

/* The same with status 200 and a body. */
void provider_set_body(provider_t *self, const char *body);

/* Its base URL, "https://127.0.0.1:PORT"; owned by `self`. */
const char *provider_url(const provider_t *self);

/* The authority to trust, PEM; owned by `self`. */
const char *provider_ca_file(const provider_t *self);

/* The numbers of requests, of connections, and of the most requests at a time. */
size_t provider_request_count(provider_t *self);
size_t provider_connection_count(provider_t *self);
size_t provider_most_at_once(provider_t *self);

/* Waits until that many requests came; fails the test if they do not. */
void provider_wait_requests(provider_t *self, size_t count);

/* Whether the last TLS client offered HTTP/2. */
bool provider_was_offered_http2(provider_t *self);

/* The last request, head and body, as it came; caller frees with free(). */
char *provider_last_request(provider_t *self);

/* Fails the test unless `part` is in the last request. */
void provider_expect(provider_t *self, const char *part);

#endif
