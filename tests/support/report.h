/* report.h - asks a member for its REPORT (bus-protocol.md, S1) and reads it.
 *
 * Owner: the test. Threads: one.
 */
#ifndef HERD_TESTS_SUPPORT_REPORT_H
#define HERD_TESTS_SUPPORT_REPORT_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The digest root: 32 hex digits and a zero. */
enum { REPORT_ROOT_SIZE = 33 };

/* The figures that tests look at (open value struct). */
typedef struct {
    uint64_t records;
    uint64_t links;              /* configured */
    uint64_t links_up;           /* whose sending half is up */
    char root[REPORT_ROOT_SIZE]; /* of the digest; "" while the node still computes it */
    char *body;                  /* all of it, for report_link; with a zero */
} report_t;

/* What a member says of one of its links (open value struct). */
typedef struct {
    bool up;           /* the sending half */
    uint64_t lag;      /* entries to send, at most */
    uint64_t received; /* records since the node's start */
    uint64_t bad;      /* malformed messages since then */
    uint64_t repaired; /* records that audits found missing since then */
} report_link_t;

/* Asks at a requests endpoint; fails the test if no answer comes. Caller frees with report_done. */
void report_read(const char *endpoint, report_t *ret_report);

/* Asks until the root is there: a question makes the node compute it. */
void report_read_root(const char *endpoint, report_t *ret_report);

/* A figure of the report of a member at a requests endpoint, e.g. "followers"; fails the test if
 * there is none. */
uint64_t report_figure(const char *endpoint, const char *key);

/* Frees what it holds. */
void report_done(report_t *self);

/* The figures of the link to `neighbour`; fails the test if there are none. */
report_link_t report_link(const report_t *self, const char *neighbour);

#endif
