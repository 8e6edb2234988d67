/* bench_report.h - the result of a run of herd-bench: a table for people, JSON for programs.
 *
 * Owner: values. Threads: one.
 */
#ifndef HERD_TESTS_BENCH_BENCH_REPORT_H
#define HERD_TESTS_BENCH_BENCH_REPORT_H

#include "tests/bench/bench_loop.h"

/* Prints the result to stdout, in the form that the settings want. */
void bench_report_print(const bench_settings_t *settings, const bench_result_t *result);

/* The name of a peer, as on the command line. */
const char *bench_report_peer(bench_peer_t peer);

/* All of these, by bench_peer_t; NULL ends them. */
extern const char *const bench_report_peers[];

#endif
