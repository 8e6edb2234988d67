/* Connections that fail before ZAP is asked.
 *
 * In come the events of a socket's monitor. Out goes each connection that ends before its handshake
 * is done, with the peer as the kernel names it, which must be asked for at the acceptance, because
 * the descriptor is closed when the failure is reported.
 *
 * ZeroMQ says little, so three things are inferred. A failure names no connection: it belongs to
 * the one whose end is reported next. A success names none either: it is put down to the oldest
 * connection that has sent enough for a handshake. For some kinds of garbage only the end is
 * reported: with keys, the end of a connection that had no success is a failure, unless ZAP refused
 * it, which the guard has logged already. */
#include "node/security/arrivals.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* A handshake that succeeds takes no less from a peer: greeting, HELLO, and part of INITIATE.
 * Bytes. */
enum { HANDSHAKE_SIZE_MIN = 200 };

struct arrivals {
    bool secure;
    arrival_t connections[LIMIT_HANDSHAKES]; /* by descriptor, modulo their number */
    size_t count;                            /* of those that are open */
    const char *failure; /* of the connection whose end comes next; NULL: it has not failed */
    unsigned refused;    /* connections that ZAP refused and that have not ended yet */
    uint64_t accepted;   /* connections so far */
};

arrivals_t *arrivals_new(bool secure)
{
    arrivals_t *self = memory_new(sizeof *self);
    self->secure = secure;
    return self;
}

void arrivals_destroy(arrivals_t **self_p)
{
    free(*self_p);
    *self_p = NULL;
}

void arrivals_clear(arrivals_t *self)
{
    *self = (arrivals_t){.secure = self->secure};
}

static const char *failure_text(const arrivals_t *self, uint16_t event, uint32_t value)
{
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
        return "it hung up, or was silent, before its handshake was done";
    }
    switch (value) {
    case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
        return self->secure ? "it comes without keys"
                            : "it comes with keys, and there are none here";
    case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: return "it does not have this member's public key";
    default: return "its handshake is malformed, or was recorded and sent again";
    }
}

size_t arrivals_slot(int file)
{
    return (unsigned)file % LIMIT_HANDSHAKES;
}

arrival_t *arrivals_at(arrivals_t *self, size_t slot)
{
    return &self->connections[slot];
}

size_t arrivals_count(const arrivals_t *self)
{
    return self->count;
}

uint64_t arrivals_next_number(arrivals_t *self)
{
    return self->accepted++;
}

static void on_accepted(arrivals_t *self, int file)
{
    arrival_t *connection = arrivals_at(self, arrivals_slot(file));
    self->count += connection->open ? 0 : 1;
    *connection = (arrival_t){.open = true,
                              .file = file,
                              .number = arrivals_next_number(self),
                              .cookie = connections_cookie(file)};
    if (!connections_peer(file, connection->peer)) {
        snprintf(connection->peer, sizeof connection->peer, "somebody who left at once");
    }
}

/* Takes the oldest connection that may have succeeded: ZeroMQ does not say which one has. */
static void on_succeeded(arrivals_t *self)
{
    arrival_t *oldest = NULL;
    for (unsigned i = 0; i < LIMIT_HANDSHAKES; i++) {
        arrival_t *connection = &self->connections[i];
        if (connection->open && !connection->established &&
            (oldest == NULL || connection->number < oldest->number) &&
            connections_has_received(connection->file, HANDSHAKE_SIZE_MIN)) {
            oldest = connection;
        }
    }
    if (oldest != NULL) {
        oldest->established = true;
    }
}

/* ZeroMQ reports a failure, and next the end of that connection; for some kinds of garbage only the
 * end. */
static bool on_disconnected(arrivals_t *self, int file, arrivals_failure_t *ret_failure)
{
    arrival_t *connection = arrivals_at(self, arrivals_slot(file));
    const char *failure = self->failure;
    bool known = connection->open && connection->file == file;
    self->failure = NULL;
    if (failure == NULL && self->secure && known && !connection->established) {
        if (self->refused > 0) {
            self->refused--;
        } else {
            failure = "what it sent is no handshake";
        }
    }
    if (failure != NULL) {
        ret_failure->reason = failure;
        snprintf(ret_failure->peer, sizeof ret_failure->peer, "%s",
                 known ? connection->peer : "somebody who left at once");
    }
    if (known) {
        connection->open = false;
        self->count--;
    }
    return failure != NULL;
}

bool arrivals_take(arrivals_t *self, uint16_t event, uint32_t value,
                   arrivals_failure_t *ret_failure)
{
    switch (event) {
    case ZMQ_EVENT_ACCEPTED: on_accepted(self, (int)value); return false;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: on_succeeded(self); return false;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: self->refused++; return false;
    case ZMQ_EVENT_DISCONNECTED: return on_disconnected(self, (int)value, ret_failure);
    default: self->failure = failure_text(self, event, value); return false;
    }
}
