/* client.h - a client of the herd that brings many updates in by one connection to a front-end, and
 * sees for each what became of it.
 *
 * Behind each IAMAT goes a WHATSAT with radius 0, which says what the herd has of the client now.
 * Lines are kept until both are answered. When the connection breaks, the next place is tried, and
 * all that was not answered is sent again: an update that comes twice changes nothing. So is what
 * the herd has not got although it answered: its node may have ended, and forgotten it, before the
 * WHATSAT came (acknowledge = "memory").
 *
 * Owner: whoever made it. Threads: one. It never waits, but for name servers while it connects.
 */
#ifndef HERD_DEPLOY_HERDCTL_JOURNAL_CLIENT_H
#define HERD_DEPLOY_HERDCTL_JOURNAL_CLIENT_H

#include "common/sockets/address.h"
#include "deploy/herdctl/positions/reader.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HERDCTL_CLIENT_WINDOW = 1024, /* updates that are not answered */
    HERDCTL_CLIENT_SIZE = 262144, /* bytes of lines of these at which no more are taken */
    HERDCTL_CLIENT_PROBLEM_SIZE = 512,
};

typedef struct herdctl_client herdctl_client_t;

/* Where clients are served (open value struct). */
typedef struct {
    const char *member; /* borrowed */
    address_t address;
} herdctl_client_place_t;

/* What became of an update. */
typedef enum {
    HERDCTL_CLIENT_STANDS,  /* the herd has it */
    HERDCTL_CLIENT_OLDER,   /* the herd has a newer one of that client */
    HERDCTL_CLIENT_EXPIRED, /* the herd has none: it expired, or was forgotten */
    HERDCTL_CLIENT_REFUSED, /* it was answered "?" */
} herdctl_client_outcome_t;

/* One update under way (open value struct). */
typedef struct {
    uint64_t number;    /* its place in the file */
    uint64_t line;      /* the same in lines, for people */
    size_t update_size; /* bytes of its IAMAT with the LF */
    size_t size;        /* bytes of both lines */
    unsigned tries;     /* how often it was sent before because the herd had not got it */
} herdctl_client_update_t;

/* Who hears of it (open value struct). */
typedef struct {
    /* An update was answered; it is borrowed for the call. */
    void (*answered)(void *argument, const herdctl_client_update_t *update,
                     herdctl_client_outcome_t outcome);
    /* The connection is lost, once until the next answer: a sentence without its end. */
    void (*lost)(void *argument, const char *problem);
    void *argument;
} herdctl_client_events_t;

/* A client that is not connected, and will try `first` first. `places` (`count` > 0 of them) are
 * borrowed as long as it lives. Caller frees with herdctl_client_destroy. */
herdctl_client_t *herdctl_client_new(const herdctl_client_place_t *places, size_t count,
                                     size_t first, const herdctl_client_events_t *events);
void herdctl_client_destroy(herdctl_client_t **self_p);

/* Whether it takes another update. */
bool herdctl_client_has_room(const herdctl_client_t *self);

/* Takes an update (a copy), for which there is room. */
void herdctl_client_add(herdctl_client_t *self, const positions_update_t *update, uint64_t number,
                        uint64_t line);

/* Whether all updates are answered. */
bool herdctl_client_is_idle(const herdctl_client_t *self);

/* That with the lowest number of those that are not; NULL if all are. Takes a step for each.
 * Borrowed until the next step. */
const herdctl_client_update_t *herdctl_client_lowest(const herdctl_client_t *self);

/* What it waits for; a descriptor of -1 while it is not connected. */
struct pollfd herdctl_client_wanted(const herdctl_client_t *self);

/* When it has something to do without that, steady; INT64_MAX: never. */
int64_t herdctl_client_due_ns(const herdctl_client_t *self);

/* Does what can be done now: connects, sends, reads, tells. `ready`: what poll(2) returned for the
 * descriptor. */
void herdctl_client_step(herdctl_client_t *self, short ready, int64_t steady_ns);

/* Why the other end cannot be a front-end of a herd: then nothing more is sent. NULL: it may be. */
const char *herdctl_client_problem(const herdctl_client_t *self);

#endif
