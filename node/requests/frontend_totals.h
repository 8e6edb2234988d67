/* frontend_totals.h - what all front-ends together turned away or lost, those that left among them.
 *
 * docs/bus-protocol.md, Q8 and S1.
 * Owner: the table of front-ends. Threads: the reactor's. Free of I/O and clocks.
 * A front-end counts since its start and tells its counts again and again, over one session with
 * the node or several; each rise is added here once. The process is known by its label and the time
 * of its start, for the same label may belong to two (process 1 of two containers).
 */
#ifndef HERD_NODE_REQUESTS_FRONTEND_TOTALS_H
#define HERD_NODE_REQUESTS_FRONTEND_TOTALS_H

#include "common/base/limits.h"
#include "common/protocol/report_keys.h"

#include <stddef.h>
#include <stdint.h>

enum { FRONTEND_TOTALS_LABEL_SIZE = LIMIT_NAME_SIZE + 32UL }; /* bytes of "Goloman/4711", with 0 */

/* What is added up: keys of the count and of the time at which it last rose, in PING and in
 * REPORT. */
#define FRONTEND_TOTALS_MAP(X)                                                                     \
    X(TURNED_AWAY, TURNED_AWAY_LAST, CLIENTS_REFUSED, CLIENTS_REFUSED_LAST)                        \
    X(LOG_LOST, LOG_LOST_LAST, FRONTEND_LOG_LOST, FRONTEND_LOG_LOST_LAST)                          \
    X(TRAFFIC_CUT, TRAFFIC_CUT_LAST, FRONTEND_TRAFFIC_CUT, FRONTEND_TRAFFIC_CUT_LAST)              \
    X(ACCEPT_PAUSES, ACCEPT_PAUSES_LAST, FRONTEND_ACCEPT_PAUSES, FRONTEND_ACCEPT_PAUSES_LAST)

enum {
#define FRONTEND_TOTALS_ENUM(name, ...) FRONTEND_TOTALS_##name,
    FRONTEND_TOTALS_MAP(FRONTEND_TOTALS_ENUM)
#undef FRONTEND_TOTALS_ENUM
        FRONTEND_TOTALS
};

/* The keys of one of them. */
typedef struct {
    report_key_t count;  /* in PING */
    report_key_t last;   /* in PING, POSIX time, ns */
    report_key_t total;  /* in REPORT */
    report_key_t latest; /* in REPORT */
} frontend_totals_keys_t;

extern const frontend_totals_keys_t frontend_totals_keys[FRONTEND_TOTALS];

/* One of the counts of one front-end, or of all (open value struct). */
typedef struct {
    uint64_t count;   /* at most INT64_MAX */
    uint64_t last_ns; /* POSIX time of the last rise; 0: never */
} frontend_totals_value_t;

/* A process that has told its counts; this module's alone. */
typedef struct {
    char label[FRONTEND_TOTALS_LABEL_SIZE];
    uint64_t since_ns;                /* POSIX: its start */
    uint64_t heard;                   /* the newest has the greatest; 0: the slot is free */
    uint64_t counts[FRONTEND_TOTALS]; /* as it told last */
} frontend_totals_process_t;

/* Open struct, for embedding: all zeros at first. */
typedef struct {
    frontend_totals_process_t processes[LIMIT_FRONTENDS];
    frontend_totals_value_t all[FRONTEND_TOTALS];
    uint64_t heard;
} frontend_totals_t;

/* Adds what rose since that process told its counts last. When LIMIT_FRONTENDS others have told
 * theirs since then, all of its counts are new. */
void frontend_totals_take(frontend_totals_t *self, const char *label, uint64_t since_ns,
                          const frontend_totals_value_t values[FRONTEND_TOTALS]);

#endif
