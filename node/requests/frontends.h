/* frontends.h - the front-ends that a node serves, and the replies that gather for each in a turn.
 *
 * docs/bus-protocol.md, Q1 to Q8.
 * Owner: the service. Threads: the reactor's. Free of I/O and clocks.
 */
#ifndef HERD_NODE_REQUESTS_FRONTENDS_H
#define HERD_NODE_REQUESTS_FRONTENDS_H

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/protocol/report_keys.h"
#include "node/requests/frontend_totals.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRONTENDS_ROUTING_ID_SIZE = 255, /* bytes; ZeroMQ has no longer ones */
    FRONTENDS_LABEL_SIZE = FRONTEND_TOTALS_LABEL_SIZE,
};

/* The figures that a front-end gives of itself with PING, beside its clients (bus-protocol.md, Q8).
 * Their keys there are those of REPORT. */
#define FRONTENDS_FIGURE_MAP(X)                                                                    \
    X(LINES)                                                                                       \
    X(MALFORMED)                                                                                   \
    X(RECEIVED)                                                                                    \
    X(SENT)                                                                                        \
    X(SLOW)                                                                                        \
    X(TURNED_AWAY)                                                                                 \
    X(GIVEN_UP)                                                                                    \
    X(LOG_LOST)                                                                                    \
    X(TRAFFIC_CUT)                                                                                 \
    X(ACCEPT_PAUSES)                                                                               \
    X(TURNED_AWAY_LAST)                                                                            \
    X(LOG_LOST_LAST)                                                                               \
    X(TRAFFIC_CUT_LAST)                                                                            \
    X(ACCEPT_PAUSES_LAST)

enum {
#define FRONTENDS_ENUM(name) FRONTENDS_##name,
    FRONTENDS_FIGURE_MAP(FRONTENDS_ENUM)
#undef FRONTENDS_ENUM
        FRONTENDS_FIGURES
};

extern const report_key_t frontends_figure_keys[FRONTENDS_FIGURES];

/* One front-end (open; the service reads and writes it). */
typedef struct {
    bool present;    /* this slot is in use */
    uint32_t serial; /* differs between two uses of a slot */
    char routing_id[FRONTENDS_ROUTING_ID_SIZE];
    size_t routing_id_size;           /* bytes */
    char label[FRONTENDS_LABEL_SIZE]; /* for the log: name and pid */
    uint64_t session;                 /* of its HELLO */
    uint64_t since_ns;                /* POSIX: its start, as its HELLO says; 0: it does not say */
    uint64_t clients;                 /* connections it serves, as it last said */
    bool given[FRONTENDS_FIGURES];    /* which figures it gives: an older one gives fewer */
    uint64_t figures[FRONTENDS_FIGURES];
    int64_t heard_ns; /* steady */
    bool is_web;      /* it is herd-web */
    bool broken;      /* a REPLY to it was lost: its session is over */
    buffer_t replies; /* body of the REPLY that is being made */
} frontend_link_t;

typedef struct frontends frontends_t;

/* Without front-ends. Caller frees with frontends_destroy. */
frontends_t *frontends_new(void);

/* Frees it and clears the pointer; NULL is fine. */
void frontends_destroy(frontends_t **self_p);

/* The front-end of that routing id; NULL if there is none. Borrowed until it is removed. */
frontend_link_t *frontends_find(frontends_t *self, text_t routing_id);

/* The front-end in `slot` (any number), if it is still the one that had `serial`; else NULL. */
frontend_link_t *frontends_at(frontends_t *self, size_t slot, uint32_t serial);

/* The slot of a front-end. */
size_t frontends_slot(const frontends_t *self, const frontend_link_t *frontend);

/* Adds a front-end, in the place of one that has that routing id. NULL past LIMIT_FRONTENDS, or if
 * the routing id is longer than FRONTENDS_ROUTING_ID_SIZE. */
frontend_link_t *frontends_add(frontends_t *self, text_t routing_id, uint64_t session);

void frontends_remove(frontends_t *self, frontend_link_t *frontend);

/* Returns the next front-end, from `*slot` on, and moves `*slot` behind it; NULL at the end. Start
 * with 0. */
frontend_link_t *frontends_next(frontends_t *self, size_t *slot);

/* Writes name and pid of a front-end, as the body of its HELLO gives them, e.g. "Goloman/4711", to
 * `label` of FRONTENDS_LABEL_SIZE bytes, fit for the log; `key` is that of the name. "?" stands for
 * a name that is malformed or absent, 0 for such a pid. */
void frontends_write_label(text_t body, const char *key, char *label);

/* Takes label and start of a front-end from the body of its HELLO. */
void frontends_introduce(frontend_link_t *frontend, text_t body);

/* Takes over the figures in the body of a PING, `key value` lines; unknown and malformed ones are
 * skipped. */
void frontends_take_figures(frontends_t *self, frontend_link_t *frontend, text_t body);

/* Front-ends, those of them that are herd-web, and the clients of all of them. */
size_t frontends_count(const frontends_t *self);
size_t frontends_webs(const frontends_t *self);
uint64_t frontends_clients(const frontends_t *self);

/* What all front-ends together turned away or lost since the node's start: FRONTEND_TOTALS values,
 * owned by `self`. */
const frontend_totals_value_t *frontends_totals(const frontends_t *self);

static inline text_t frontends_routing_id(const frontend_link_t *frontend)
{
    return (text_t){.data = frontend->routing_id, .size = frontend->routing_id_size};
}

#endif
