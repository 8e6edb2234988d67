/* bench_watch.h - herd-bench --watch-at: watchers of herd-web, and how long after the node's answer
 * each of them hears of an update.
 *
 * Owner: the loop (bench_loop.h). Threads: one.
 * Each watcher has a view, a square in that of all clients, with about as many clients as are
 * asked for. An event is of the newest update of its client, or it is passed over: a stream tells
 * newest values only. Each update that was answered has to reach every view that it is in.
 */
#ifndef HERD_TESTS_BENCH_BENCH_WATCH_H
#define HERD_TESTS_BENCH_BENCH_WATCH_H

#include "tests/bench/bench_loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct bench_watch bench_watch_t;

/* Connects all watchers, and adds them to the epoll: data.u64 is `first` plus the watcher's index.
 * NULL, with the reason on stderr, if that fails. Borrows settings and result. Caller ends it with
 * bench_watch_destroy. */
bench_watch_t *bench_watch_new(const bench_settings_t *settings, bench_result_t *result,
                               int epoll_fd, size_t first);

/* Closes all. Clears the pointer; NULL is fine. */
void bench_watch_destroy(bench_watch_t **self_p);

/* Whether all were told the state of their views. */
bool bench_watch_is_ready(const bench_watch_t *self);

/* A watcher has something to read. */
void bench_watch_hear(bench_watch_t *self, size_t index);

/* An update is sent; the node has answered it, at `now_ns` (steady clock). */
void bench_watch_sent(bench_watch_t *self, const bench_request_t *update);
void bench_watch_answered(bench_watch_t *self, const bench_request_t *update, int64_t now_ns);

/* Events that are still to come: 0 once each newest update was told to all who see it. */
uint64_t bench_watch_missing(const bench_watch_t *self);

#endif
