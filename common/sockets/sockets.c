#include "common/sockets/sockets.h"

#include "common/base/limits.h"
#include "common/sockets/endpoint.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

/* One integer option; rows are applied in order. */
typedef struct {
    int option;
    int value;
} setting_t;

/* For every socket. */
static const setting_t common_settings[] = {
    /* czmq's default, 0, loses what was just sent; ZeroMQ's, for ever, hangs an exit on a dead
     * peer. ms */
    {ZMQ_LINGER, 200},
    /* The default lets a half-done handshake hold a file descriptor for 30 s. ms */
    {ZMQ_HANDSHAKE_IVL, 3000},
    /* A dead local peer is found again within 100 ms; ms, constant or doubling up to _MAX. */
    {ZMQ_RECONNECT_IVL, 100},
    /* Off: in libzmq 4.3.4 the heartbeat timer of a connection that broke while its pipe was full
     * aborts the process (docs/decisions/0013). The answers of HERD/1 find a dead peer sooner. */
    {ZMQ_HEARTBEAT_IVL, 0},
    /* Free the descriptors of peers whose host is gone; seconds, seconds, probes. */
    {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_TCP_KEEPALIVE_IDLE, 60},
    {ZMQ_TCP_KEEPALIVE_INTVL, 10},
    {ZMQ_TCP_KEEPALIVE_CNT, 6},
    /* A send never waits: the reactor has others to serve. ms */
    {ZMQ_SNDTIMEO, 0},
};

static const setting_t router_settings[] = {
    /* Without it a ROUTER silently drops what it cannot deliver. */
    {ZMQ_ROUTER_MANDATORY, 1},
    /* A peer that comes back under its name takes the name over; else its first life blocks its
     * second. */
    {ZMQ_ROUTER_HANDOVER, 1},
    /* When a herd starts, all connect at once; the default queue has 100. */
    {ZMQ_BACKLOG, 1024},
};

static const setting_t dealer_settings[] = {
    /* Queue for completed connections only: a queue for a dead peer is handed to its next life. */
    {ZMQ_IMMEDIATE, 1},
};

static const setting_t xpub_settings[] = {
    /* A subscriber that does not keep up loses messages; the node does not wait for it. */
    {ZMQ_XPUB_NODROP, 0},
    /* Report only the first subscriber of a prefix and the last that leaves it: no more is
     * needed. */
    {ZMQ_XPUB_VERBOSE, 0},
    /* Publications that no subscriber has read yet are of no use after the end. ms */
    {ZMQ_LINGER, 0},
};

static const setting_t sub_settings[] = {
    {ZMQ_LINGER, 0},
};

/* High-water marks in messages, and the longest pause between two attempts to connect, in ms (0:
 * constant). */
typedef struct {
    int send_messages;
    int receive_messages;
    int reconnect_max_ms;
} role_settings_t;

static const role_settings_t role_settings[] = {
    [SOCKETS_BUS_ROUTER] = {LIMIT_PIPE_MESSAGES, LIMIT_PIPE_MESSAGES, 0},
    [SOCKETS_BUS_DEALER] = {LIMIT_PIPE_MESSAGES, LIMIT_PIPE_MESSAGES, 5000},
    /* A front-end's answers must not be refused: see LIMIT_REPLY_MESSAGES. */
    [SOCKETS_REQUESTS_ROUTER] = {LIMIT_REPLY_MESSAGES, LIMIT_REQUEST_WINDOW, 0},
    /* Clients wait for their node: look for it every 100 ms. */
    [SOCKETS_REQUESTS_DEALER] = {LIMIT_REQUEST_WINDOW, LIMIT_REPLY_MESSAGES, 0},
    [SOCKETS_OPERATOR_DEALER] = {LIMIT_OPERATOR_MESSAGES, LIMIT_OPERATOR_MESSAGES, 0},
    [SOCKETS_TAP_XPUB] = {LIMIT_TAP_MESSAGES, LIMIT_TAP_PENDING, 0},
    [SOCKETS_TAP_SUB] = {LIMIT_TAP_SUBSCRIPTIONS, LIMIT_TAP_WATCHER_MESSAGES, 0},
};

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_all(void *socket, const setting_t *settings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!set_int(socket, settings[i].option, settings[i].value)) {
            return false;
        }
    }
    return true;
}

#define SET_ALL(socket, settings)                                                                  \
    set_all(socket, settings, sizeof(settings) / sizeof((settings)[0]))

/* Sets what only sockets of this kind have, or what differs for them. */
static bool set_kind(void *socket, sockets_role_t role)
{
    switch (role) {
    case SOCKETS_BUS_ROUTER:
    case SOCKETS_REQUESTS_ROUTER: return SET_ALL(socket, router_settings);
    case SOCKETS_BUS_DEALER:
    case SOCKETS_REQUESTS_DEALER:
    case SOCKETS_OPERATOR_DEALER: return SET_ALL(socket, dealer_settings);
    case SOCKETS_TAP_XPUB: return SET_ALL(socket, xpub_settings);
    case SOCKETS_TAP_SUB: return SET_ALL(socket, sub_settings);
    }
    return false;
}

void *sockets_open(void *context, int type)
{
    return zmq_socket(context, type);
}

void sockets_close(void **socket_p)
{
    if (*socket_p != NULL) {
        zmq_close(*socket_p);
        *socket_p = NULL;
    }
}

status_t sockets_configure(void *socket, sockets_role_t role, const char *endpoint,
                           const char *routing_id)
{
    const role_settings_t *of_role = &role_settings[role];
    /* IPv6 only if the endpoint asks for it: "[::1]", or "*" for all addresses. */
    bool ipv6 = strchr(endpoint, '[') != NULL || strchr(endpoint, '*') != NULL;
    /* A peer that sends a larger frame is disconnected before it costs memory. Bytes. */
    uint64_t first_thread = 1;
    int64_t max_frame_size = role == SOCKETS_TAP_XPUB ? LIMIT_TAP_FRAME_SIZE : LIMIT_BODY_SIZE;
    bool set = SET_ALL(socket, common_settings) && set_kind(socket, role) &&
               set_int(socket, ZMQ_SNDHWM, of_role->send_messages) &&
               set_int(socket, ZMQ_RCVHWM, of_role->receive_messages) &&
               set_int(socket, ZMQ_RECONNECT_IVL_MAX, of_role->reconnect_max_ms) &&
               set_int(socket, ZMQ_IPV6, ipv6 ? 1 : 0) &&
               /* A second I/O thread, if there is one, is the tap's (node/tap/tap.c). */
               (role == SOCKETS_TAP_XPUB ||
                zmq_setsockopt(socket, ZMQ_AFFINITY, &first_thread, sizeof first_thread) == 0) &&
               zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max_frame_size, sizeof max_frame_size) == 0;
    if (set && routing_id != NULL) {
        set = zmq_setsockopt(socket, ZMQ_ROUTING_ID, routing_id, strlen(routing_id)) == 0;
    }
    return set ? STATUS_OK : STATUS_SYSTEM;
}

static bool set_text(void *socket, int option, const char *value)
{
    return zmq_setsockopt(socket, option, value, strlen(value)) == 0;
}

/* The size of a key as text includes its zero (zmq_setsockopt(3), ZMQ_CURVE_PUBLICKEY). */
static bool set_key(void *socket, int option, const char *key)
{
    return zmq_setsockopt(socket, option, key, strlen(key) + 1) == 0;
}

status_t sockets_secure_server(void *socket, const char *secret_key, const char *domain)
{
    int type = 0;
    size_t size = sizeof type;
    bool set = zmq_getsockopt(socket, ZMQ_TYPE, &type, &size) == 0 &&
               set_int(socket, ZMQ_CURVE_SERVER, 1) &&
               set_key(socket, ZMQ_CURVE_SECRETKEY, secret_key) &&
               set_text(socket, ZMQ_ZAP_DOMAIN, domain);
    /* K4: peers with keys choose no routing id, so none needs to be handed over, and none can be
     * stolen. */
    if (set && type == ZMQ_ROUTER) {
        set = set_int(socket, ZMQ_ROUTER_HANDOVER, 0);
    }
    return set ? STATUS_OK : STATUS_SYSTEM;
}

status_t sockets_secure_client(void *socket, const char *public_key, const char *secret_key,
                               const char *server_key)
{
    bool set = set_key(socket, ZMQ_CURVE_SERVERKEY, server_key) &&
               set_key(socket, ZMQ_CURVE_PUBLICKEY, public_key) &&
               set_key(socket, ZMQ_CURVE_SECRETKEY, secret_key);
    return set ? STATUS_OK : STATUS_SYSTEM;
}

static bool set_listener(void *socket, int file)
{
    return set_int(socket, ZMQ_USE_FD, file);
}

/* From then on it is ZeroMQ's, which closes it with the socket. */
status_t sockets_bind_file(void *socket, const char *endpoint, int file)
{
    bool bound = set_listener(socket, file) && zmq_bind(socket, endpoint) == 0;
    int error = errno;
    (void)set_listener(socket, -1);
    if (!bound) {
        close(file);
        errno = error;
    }
    return bound ? STATUS_OK : STATUS_SYSTEM;
}

static status_t bind_listener(void *socket, const char *endpoint, int file, local_socket_t *local)
{
    status_t status = sockets_bind_file(socket, endpoint, file);
    if (status != STATUS_OK) {
        int error = errno;
        local_socket_remove(local);
        errno = error;
    }
    return status;
}

status_t sockets_bind(void *socket, const char *endpoint, local_socket_t *ret_local)
{
    endpoint_t parsed;
    *ret_local = (local_socket_t){0};
    if (endpoint_parse(endpoint, &parsed) == STATUS_OK && parsed.kind == ENDPOINT_IPC) {
        int file;
        status_t status = local_socket_listen(parsed.path, &file, ret_local);
        return status == STATUS_OK ? bind_listener(socket, endpoint, file, ret_local) : status;
    }
    if (zmq_bind(socket, endpoint) == 0) {
        return STATUS_OK;
    }
    return errno == EADDRINUSE ? STATUS_IN_USE : STATUS_SYSTEM;
}

status_t sockets_bind_again(void *socket, const char *endpoint, local_socket_t *local)
{
    local_socket_t again;
    int file;
    local_socket_make_folder(local);
    status_t status = local_socket_listen(local->path, &file, &again);
    if (status != STATUS_OK) {
        return status;
    }
    (void)zmq_unbind(socket, endpoint); /* it is not bound if the last try ended below */
    status = bind_listener(socket, endpoint, file, &again);
    if (status == STATUS_OK) {
        *local = again;
    }
    return status;
}
