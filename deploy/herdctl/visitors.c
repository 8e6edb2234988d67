#include "deploy/herdctl/visitors.h"

#include "common/base/timestamp.h"
#include "common/clock/clock.h"

#include <string.h>
#include <sys/socket.h>

static visitor_t *find(visitors_t *self, const struct MHD_Connection *connection)
{
    for (size_t i = 0; i < VISITORS_MAX; i++) {
        if (self->items[i].connection == connection) {
            return &self->items[i];
        }
    }
    return NULL;
}

void visitors_come(visitors_t *self, struct MHD_Connection *connection)
{
    visitor_t *visitor = find(self, NULL);
    if (visitor == NULL) {
        return; /* MHD takes no more than VISITORS_MAX */
    }
    *visitor =
        (visitor_t){.connection = connection, .since_ns = clock_steady_ns(), .turn = self->turn};
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    address_t address;
    if (info != NULL && address_read(info->client_addr, &address)) {
        memcpy(visitor->host, address.host, sizeof visitor->host);
    }
}

void visitors_ask(visitors_t *self, const struct MHD_Connection *connection)
{
    visitor_t *visitor = find(self, connection);
    if (visitor != NULL) {
        visitor->has_asked = true;
    }
}

void visitors_go(visitors_t *self, const struct MHD_Connection *connection)
{
    visitor_t *visitor = find(self, connection);
    if (visitor != NULL) {
        *visitor = (visitor_t){0};
    }
}

static void end(visitor_t *visitor)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(visitor->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL) {
        (void)shutdown(info->connect_fd, SHUT_RDWR);
    }
    visitor->is_ended = true;
}

static bool is_there(const visitor_t *visitor)
{
    return visitor->connection != NULL && !visitor->is_ended;
}

/* MHD's own limit is on silence: a client that sends a byte now and then would stay for ever. */
static void end_overdue(visitors_t *self)
{
    int64_t now_ns = clock_steady_ns();
    for (size_t i = 0; i < VISITORS_MAX; i++) {
        visitor_t *visitor = &self->items[i];
        int64_t limit_s = visitor->has_asked ? VISITORS_LIMIT_S : VISITORS_REQUEST_LIMIT_S;
        if (is_there(visitor) && now_ns - visitor->since_ns > limit_s * TIMESTAMP_NS_PER_S) {
            end(visitor);
        }
    }
}

/* Whether `one` has to go before `other`. */
static bool goes_before(const visitor_t *one, const visitor_t *other)
{
    return one->has_asked != other->has_asked ? !one->has_asked : one->since_ns < other->since_ns;
}

/* Who goes next of those that had their two turns, of `host` or (NULL) of all; NULL if there are no
 * more than `most`. */
static visitor_t *find_excess(visitors_t *self, const char *host, size_t most)
{
    visitor_t *next = NULL;
    size_t count = 0;
    for (size_t i = 0; i < VISITORS_MAX; i++) {
        visitor_t *visitor = &self->items[i];
        if (!is_there(visitor) || (host != NULL && strcmp(visitor->host, host) != 0)) {
            continue;
        }
        count++;
        if (visitor->turn + 2 <= self->turn && (next == NULL || goes_before(visitor, next))) {
            next = visitor;
        }
    }
    return count > most ? next : NULL;
}

static void end_excess(visitors_t *self, const char *host, size_t most)
{
    visitor_t *visitor;
    while ((visitor = find_excess(self, host, most)) != NULL) {
        end(visitor);
    }
}

void visitors_turn(visitors_t *self)
{
    self->turn++;
    end_overdue(self);
    for (size_t i = 0; i < VISITORS_MAX; i++) {
        /* One newcomer stands for all of its address that have to be counted. */
        const visitor_t *visitor = &self->items[i];
        if (is_there(visitor) && visitor->turn + 2 == self->turn) {
            end_excess(self, visitor->host, VISITORS_OF_ADDRESS);
        }
    }
    end_excess(self, NULL, VISITORS_KEPT);
}
