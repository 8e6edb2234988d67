/* bench_http.h - what herd-bench asks servers of HTTP, and whether the reply is right.
 *
 * Owner: values. Threads: any. No I/O, no allocation. herd-web is asked as docs/web-api.md says; of
 * another server only the status is looked at (RFC 9112).
 */
#ifndef HERD_TESTS_BENCH_BENCH_HTTP_H
#define HERD_TESTS_BENCH_BENCH_HTTP_H

#include "tests/bench/bench_peer.h"

/* Writes the request to `out` (BENCH_REQUEST_SIZE_MAX bytes), without a zero. Returns the number of
 * bytes. */
size_t bench_http_write(const bench_request_t *request, char *out);

/* As bench_peer_take. `strict`: herd-web answers. */
bench_reply_t bench_http_take(const bench_request_t *request, bool strict, text_t *rest);

#endif
