#include "frontend/lines/listener.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/sockets/endpoint.h"
#include "common/sockets/holder.h"
#include "common/sockets/listening.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RETRY_MS = 100 };

typedef struct {
    uv_poll_t poll;
    listening_socket_t socket;
} listener_socket_t;

struct listener {
    listener_accept_fn *accepted;
    void *argument;
    log_t *log;
    listening_t settings; /* of the sockets */
    listener_socket_t sockets[LIMIT_LISTENER_ADDRESSES];
    size_t socket_count; /* sockets in use */
    size_t handles;      /* libuv handles not yet closed */
    uv_timer_t retry;    /* runs while `waiting` */
    bool waiting;        /* for resources: the sockets are not polled */
};

static void on_acceptable(uv_poll_t *poll, int outcome, int events);

static void poll_all(listener_t *self)
{
    self->waiting = false;
    for (size_t i = 0; i < self->socket_count; i++) {
        uv_poll_start(&self->sockets[i].poll, UV_READABLE, on_acceptable);
    }
}

static void on_retry(uv_timer_t *timer)
{
    poll_all(timer->data);
}

/* Without a pause accept(2) would fail again at once, and the level-triggered poll call again. */
static void wait_for_resources(listener_t *self, int error)
{
    log_event(self->log, LOG_ACCEPT_FAILED, NULL,
              "cannot accept clients: %s; trying again each %d ms", strerror(error), RETRY_MS);
    self->waiting = true;
    for (size_t i = 0; i < self->socket_count; i++) {
        uv_poll_stop(&self->sockets[i].poll);
    }
    uv_timer_start(&self->retry, on_retry, RETRY_MS, 0);
}

/* Whether accept(2) may succeed with the next connection; if not, the process lacks something. */
static bool is_passing(int error)
{
    return error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM;
}

/* Accepts up to `most` clients. Returns 0, or the errno that tells what the process lacks. */
static int accept_some(listener_t *self, int listening, int most)
{
    for (int i = 0; i < most; i++) {
        struct sockaddr_storage address = {0};
        socklen_t size = sizeof address;
        int file =
            accept4(listening, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (file >= 0) {
            self->accepted(self->argument, file, (struct sockaddr *)&address);
        } else if (errno == EAGAIN) {
            return 0;
        } else if (!is_passing(errno)) {
            return errno;
        }
    }
    return 0;
}

static void on_acceptable(uv_poll_t *poll, int outcome, int events)
{
    listener_t *self = poll->data;
    (void)events;
    int error = outcome != 0 ? 0
                             : accept_some(self, ((listener_socket_t *)poll)->socket.file,
                                           LIMIT_ACCEPTS_PER_TURN);
    if (error != 0) {
        wait_for_resources(self, error);
    }
}

void listener_accept(listener_t *self)
{
    for (size_t i = 0; i < self->socket_count; i++) {
        (void)accept_some(self, self->sockets[i].socket.file, LIMIT_ACCEPT_QUEUE);
    }
}

void listener_retry(listener_t *self)
{
    if (self->waiting) {
        uv_timer_stop(&self->retry);
        poll_all(self);
    }
}

static void add_socket(listener_t *self, uv_loop_t *loop, const listening_socket_t *socket)
{
    listener_socket_t *added = &self->sockets[self->socket_count++];
    added->socket = *socket;
    uv_poll_init(loop, &added->poll, socket->file);
    added->poll.data = self;
    self->handles++;
}

/* `taken`: the address that could not be had, if another process has it; or NULL. */
static void log_refusal(listener_t *self, const address_t *address, const char *reason,
                        const struct sockaddr *taken)
{
    char holder[HOLDER_SIZE] = "";
    if (taken != NULL) {
        holder_of_port(taken, holder);
    }
    log_event(self->log, LOG_LISTEN_FAILED, NULL,
              "cannot listen on %s port %u: %s%s%s; the start ends here", address->host,
              (unsigned)address->port, reason, taken != NULL ? ", by " : "", holder);
}

/* Opens a socket for each address, passing over absent ones. */
static status_t open_addresses(listener_t *self, const address_t *of,
                               const struct addrinfo *addresses)
{
    int absent = 0;
    for (const struct addrinfo *address = addresses;
         address != NULL && self->socket_count < LIMIT_LISTENER_ADDRESSES;
         address = address->ai_next) {
        listening_socket_t socket;
        if (listening_open(&self->settings, address, &socket)) {
            add_socket(self, self->retry.loop, &socket);
        } else if (listening_is_absent(errno)) {
            absent = errno;
        } else {
            log_refusal(self, of, strerror(errno), errno == EADDRINUSE ? address->ai_addr : NULL);
            return STATUS_SYSTEM;
        }
    }
    if (self->socket_count == 0) {
        log_refusal(self, of, strerror(absent), NULL);
        return STATUS_SYSTEM;
    }
    return STATUS_OK;
}

/* Listens on the addresses of a host; logs what goes wrong. */
static status_t listen_on(listener_t *self, const address_t *address)
{
    struct addrinfo *addresses;
    int outcome = address_resolve(address, AI_PASSIVE, &addresses);
    if (outcome != 0) {
        log_refusal(self, address, gai_strerror(outcome), NULL);
        return STATUS_INVALID;
    }
    status_t status = open_addresses(self, address, addresses);
    freeaddrinfo(addresses);
    return status;
}

static status_t listen_everywhere(listener_t *self, const address_t *address)
{
    listening_socket_t socket;
    if (!listening_open_everywhere(&self->settings, address->port, &socket)) {
        struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
        log_refusal(self, address, strerror(errno),
                    errno == EADDRINUSE ? (struct sockaddr *)&any : NULL);
        return STATUS_SYSTEM;
    }
    add_socket(self, self->retry.loop, &socket);
    return STATUS_OK;
}

static void on_handle_closed(uv_handle_t *handle)
{
    listener_t *self = handle->data;
    if (--self->handles == 0) {
        free(self);
    }
}

void listener_close(listener_t **self_p)
{
    listener_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    *self_p = NULL;
    for (size_t i = 0; i < self->socket_count; i++) {
        uv_poll_stop(&self->sockets[i].poll);
        uv_close((uv_handle_t *)&self->sockets[i].poll, on_handle_closed);
        listening_close(&self->sockets[i].socket);
    }
    uv_close((uv_handle_t *)&self->retry, on_handle_closed);
}

status_t listener_open(const listener_settings_t *settings, listener_t **ret_self)
{
    endpoint_t endpoint;
    if (endpoint_parse(settings->endpoint, &endpoint) != STATUS_OK ||
        endpoint.kind != ENDPOINT_TCP) {
        log_event(settings->log, LOG_LISTEN_FAILED, NULL,
                  "cannot listen on %s: not tcp://host:port; the start ends here",
                  settings->endpoint);
        return STATUS_INVALID;
    }
    listener_t *self = memory_new(sizeof *self);
    self->accepted = settings->accepted;
    self->argument = settings->argument;
    self->log = settings->log;
    /* Front-ends of one member share a port. */
    self->settings = (listening_t){.queue = LIMIT_ACCEPT_QUEUE, .tenant = settings->tenant};
    uv_timer_init(settings->loop, &self->retry);
    self->retry.data = self;
    self->handles = 1;
    status_t status = strcmp(endpoint.address.host, "*") == 0
                          ? listen_everywhere(self, &endpoint.address)
                          : listen_on(self, &endpoint.address);
    if (status != STATUS_OK) {
        listener_close(&self);
        return status;
    }
    poll_all(self);
    *ret_self = self;
    return STATUS_OK;
}
