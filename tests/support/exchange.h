/* exchange.h - one exchange with a provider on the network: what it is asked, and what its reply
 * becomes (node/places/provider.h). For the tests of all providers.
 *
 * Owner: values. Threads: any. Whatever is not as expected fails the test.
 */
#ifndef HERD_TESTS_SUPPORT_EXCHANGE_H
#define HERD_TESTS_SUPPORT_EXCHANGE_H

#include "node/places/provider.h"

/* Whom the test is about, and the query behind the exchange (open value struct). */
typedef struct {
    places_ask_fn *ask;
    places_decode_fn *decode;
    places_query_t query;
    const char *field_mask; /* as in places_reply_t */
} exchange_t;

/* The text of a request (open value struct). */
typedef struct {
    const char *url;
    const char *headers;
    const char *body;
} exchange_request_t;

/* Asked by `asking` (its query is not looked at), the provider writes this request. */
void exchange_expect_request(const exchange_t *self, const places_asking_t *asking,
                             const exchange_request_t *expected);

/* A reply of that HTTP status and body becomes an answer of that status and text; nothing in it is
 * dropped. */
void exchange_expect_answer(const exchange_t *self, unsigned http_status, const char *body,
                            places_status_t status, const char *expected);

/* The same, and `dropped` parts of the reply are odd. */
void exchange_expect_partial(const exchange_t *self, const char *body, size_t dropped,
                             places_status_t status, const char *expected);

/* A reply becomes an answer without results, with that status and error message (as in JSON). */
void exchange_expect_refusal(const exchange_t *self, unsigned http_status, const char *body,
                             places_status_t status, const char *message);

/* Each of these bodies, with HTTP status 200, is refused as not in the expected form. */
void exchange_expect_garbage(const exchange_t *self, const char *const *bodies, size_t count);

#endif
