/* reasons.h - every reason for which a herd is not well; docs/operations.md has a row for each, and
 * a test compares.
 *
 * A reason is a word for programs and alert rules. Those that one figure of a member shows stand in
 * a table, with how it shows them: another one is a row there. What takes more than a figure is
 * found in judge.c.
 *
 * Owner: none. Threads: any. Free of I/O and clocks.
 */
#ifndef HERD_DEPLOY_HERDCTL_SURVEY_REASONS_H
#define HERD_DEPLOY_HERDCTL_SURVEY_REASONS_H

#include "deploy/herdctl/survey/report.h"

/* Name in the code, word. */
#define REASONS_MAP(X)                                                                             \
    X(CANNOT_BE_ASKED, "cannot-be-asked")                                                          \
    X(DOWN, "down")                                                                                \
    X(LINK_DOWN, "link-down")                                                                      \
    X(RECORDS_DIFFER, "records-differ")                                                            \
    X(NO_FRONTEND, "no-front-end")                                                                 \
    X(NO_WEB, "no-web")                                                                            \
    X(PLACES_LEFT_ALONE, "places-left-alone")                                                      \
    X(PLACES_TROUBLE, "places-trouble")                                                            \
    X(CLIENTS_REFUSED, "clients-refused")                                                          \
    X(CLIENTS_WAIT, "clients-wait")                                                                \
    X(STORE_FULL, "store-full")                                                                    \
    X(RECORDS_NEAR_LIMIT, "records-near-limit")                                                    \
    X(MEMORY_NEAR_LIMIT, "memory-near-limit")                                                      \
    X(JOURNAL_FAILING, "journal-failing")                                                          \
    X(JOURNAL_DAMAGED, "journal-damaged")                                                          \
    X(UNKEPT, "unkept")                                                                            \
    X(KEYS_REFUSED, "keys-refused")                                                                \
    X(CONNECTIONS_CUT, "connections-cut")                                                          \
    X(CONNECTIONS_REFUSED, "connections-refused")                                                  \
    X(FOLLOWERS_REFUSED, "followers-refused")                                                      \
    X(TAP_RESET, "tap-reset")                                                                      \
    X(SOCKET_MISSING, "socket-missing")                                                            \
    X(CLOCKS_DIFFER, "clocks-differ")                                                              \
    X(CLOCK_SET, "clock-set")                                                                      \
    X(LOG_FAILING, "log-failing")                                                                  \
    X(LOG_LOST, "log-lost")                                                                        \
    X(FRONTEND_LOG_LOST, "frontend-log-lost")                                                      \
    X(RELOAD_REFUSED, "reload-refused")

typedef enum {
#define REASONS_ENUM(name, text) REASONS_##name,
    REASONS_MAP(REASONS_ENUM)
#undef REASONS_ENUM
        REASONS
} reasons_t;

/* A count that has risen is a reason for so long. */
enum { REASONS_LATELY_S = 300 };

/* "clients-refused". */
const char *reasons_text(reasons_t reason);

/* A reason that a figure of a member shows (open value struct). */
typedef struct {
    reasons_t reason;
    const char *text; /* "clients are turned away" */
    int64_t value;    /* of the figure */
    int64_t limit;    /* that it is near to; 0: there is none */
    int64_t last_ns;  /* POSIX, by the member's clock: when it last rose; 0: it is no count */
    int64_t age_ns;   /* since then */
} reasons_shown_t;

/* Finds the next reason in the report of a member that has answered, from row `*row` on, and moves
 * `*row` behind it; false at the end. Start with 0. A figure that an older member does not report
 * is no reason. */
bool reasons_next(const herdctl_report_t *report, size_t *row, reasons_shown_t *ret_shown);

#endif
