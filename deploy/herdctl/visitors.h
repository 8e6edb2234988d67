/* visitors.h - the open connections of the exporter: each gives its place back.
 *
 * A visitor has two seconds to send its request and five in all, however it uses them. No more than
 * VISITORS_KEPT stay, and of one address no more than VISITORS_OF_ADDRESS: beyond that the oldest
 * go, first those whose request has not come. One that has just come has two turns of the loop to
 * be read and answered, so a crowd that says nothing does not keep out who asks at once.
 *
 * Owner: the exporter. Threads: one.
 */
#ifndef HERD_DEPLOY_HERDCTL_VISITORS_H
#define HERD_DEPLOY_HERDCTL_VISITORS_H

#include "common/sockets/address.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VISITORS_MAX = 512, /* that MHD accepts: those kept, and those that come within two turns */
    VISITORS_KEPT = 64,
    VISITORS_OF_ADDRESS = 16,
    VISITORS_LIMIT_S = 5, /* a scrape takes a second or two */
    VISITORS_REQUEST_LIMIT_S = 2,
};

/* An open connection. */
typedef struct {
    struct MHD_Connection *connection; /* NULL: not in use */
    int64_t since_ns;                  /* steady: when it was opened */
    uint64_t turn;                     /* of the loop: when it was opened */
    bool has_asked;                    /* its request has come */
    bool is_ended;                     /* it was shut down; MHD closes it soon */
    char host[ADDRESS_HOST_SIZE + 1];  /* whose it is */
} visitor_t;

/* All of them (open value struct; zeros: none). */
typedef struct {
    visitor_t items[VISITORS_MAX];
    uint64_t turn; /* of the loop */
} visitors_t;

void visitors_come(visitors_t *self, struct MHD_Connection *connection);
void visitors_ask(visitors_t *self, const struct MHD_Connection *connection);
void visitors_go(visitors_t *self, const struct MHD_Connection *connection);

/* A turn of the loop is over: ends those that are overdue or too many. */
void visitors_turn(visitors_t *self);

#endif
