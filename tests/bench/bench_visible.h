/* bench_visible.h - herd-bench --visible-at: how long until an update at one server is shown by
 * another.
 *
 * Owner: the program. Threads: one. One update after the other, with a pause between that lets
 * what the last one set off end. A time begins before the update is sent, and ends when the other
 * server, which is asked again and again from then on, has shown it: the time that its last answer
 * took is a part of it, with all peers.
 */
#ifndef HERD_TESTS_BENCH_BENCH_VISIBLE_H
#define HERD_TESTS_BENCH_BENCH_VISIBLE_H

#include "tests/bench/bench_loop.h"

#include <stdbool.h>

/* Runs for the duration of the settings: updates to `address`, questions to `visible_at`.
 * `ret_result` is all zero before; its latencies are those of BENCH_POSITION, from the send of an
 * update. An update that is not shown within some seconds is lost, and ends the run. False, with
 * the reason on stderr, if it cannot begin. */
bool bench_visible_run(const bench_settings_t *settings, bench_result_t *ret_result);

#endif
