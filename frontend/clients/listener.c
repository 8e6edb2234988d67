#include "frontend/clients/listener.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/sockets/endpoint.h"
#include "common/sockets/listening.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RETRY_MS = 100 };

/* One listening socket; libuv may hold on to it for a turn after its end. */
typedef struct {
    uv_poll_t poll;
    listener_t *listener;
    listening_socket_t socket;
} listener_socket_t;

struct listener {
    listener_settings_t settings; /* without the endpoint's text */
    listening_t how;              /* its sockets listen */
    address_t address;
    struct addrinfo *addresses; /* of the host, looked up once; NULL for "*" */
    listener_socket_t *sockets[LIMIT_LISTENER_ADDRESSES];
    size_t socket_count; /* sockets in use */
    size_t handles;      /* libuv handles not yet closed */
    uv_timer_t retry;    /* runs while `waiting` */
    bool waiting;        /* for resources: the sockets are not polled */
    bool ended;          /* listener_close was called */
};

static void on_acceptable(uv_poll_t *poll, int outcome, int events);

static void poll_all(listener_t *self)
{
    self->waiting = false;
    for (size_t i = 0; i < self->socket_count; i++) {
        uv_poll_start(&self->sockets[i]->poll, UV_READABLE, on_acceptable);
    }
}

static void on_retry(uv_timer_t *timer)
{
    poll_all(timer->data);
}

/* Without a pause accept(2) would fail again at once, and the level-triggered poll call again. */
static void wait_for_resources(listener_t *self, int error)
{
    log_event(self->settings.log, LOG_ACCEPT_FAILED, NULL,
              "cannot accept clients: %s; trying again each %d ms", strerror(error), RETRY_MS);
    ++*self->settings.pauses;
    self->waiting = true;
    for (size_t i = 0; i < self->socket_count; i++) {
        uv_poll_stop(&self->sockets[i]->poll);
    }
    uv_timer_start(&self->retry, on_retry, RETRY_MS, 0);
}

/* Whether accept(2) may succeed with the next connection; if not, the process lacks something. */
static bool is_passing(int error)
{
    return error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM;
}

/* The kernel's call. accept4(3) is ZeroMQ's in a process that has a node, and does not tell what is
 * lacking (node/security/accept4.h). */
static int accept_client(int listening, struct sockaddr_storage *ret_address)
{
    socklen_t size = sizeof *ret_address;
    return (int)syscall(SYS_accept4, listening, ret_address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Accepts up to `most` clients; `wanted`: there is one. Returns 0, or the errno that tells what the
 * process lacks. */
static int accept_some(listener_t *self, int listening, int most, bool wanted)
{
    for (int i = 0; i < most; i++) {
        struct sockaddr_storage address = {0};
        if (!self->settings.has_room(self->settings.argument, i == 0 && wanted)) {
            return i == 0 ? EMFILE : 0; /* whether another one waits is not known yet */
        }
        int file = accept_client(listening, &address);
        if (file >= 0) {
            self->settings.accepted(self->settings.argument, file, (struct sockaddr *)&address);
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
    const listener_socket_t *socket = poll->data;
    (void)events;
    int error = outcome != 0 ? 0
                             : accept_some(socket->listener, socket->socket.file,
                                           LIMIT_ACCEPTS_PER_TURN, true);
    if (error != 0) {
        wait_for_resources(socket->listener, error);
    }
}

void listener_retry(listener_t *self)
{
    if (self->waiting) {
        uv_timer_stop(&self->retry);
        poll_all(self);
    }
}

static void add_socket(listener_t *self, const listening_socket_t *socket)
{
    listener_socket_t *added = memory_new(sizeof *added);
    self->sockets[self->socket_count++] = added;
    added->listener = self;
    added->socket = *socket;
    uv_poll_init(self->settings.loop, &added->poll, socket->file);
    added->poll.data = added;
    self->handles++;
}

/* Opens a socket for each address, passing over absent ones. Returns 0, or the errno of a
 * refusal. */
static int open_addresses(listener_t *self)
{
    int absent = 0;
    for (const struct addrinfo *address = self->addresses;
         address != NULL && self->socket_count < LIMIT_LISTENER_ADDRESSES;
         address = address->ai_next) {
        listening_socket_t socket;
        if (listening_open(&self->how, address, &socket)) {
            add_socket(self, &socket);
        } else if (listening_is_absent(errno)) {
            absent = errno;
        } else {
            return errno;
        }
    }
    return self->socket_count > 0 ? 0 : absent;
}

static int open_everywhere(listener_t *self)
{
    listening_socket_t socket;
    if (!listening_open_everywhere(&self->how, self->address.port, &socket)) {
        return errno;
    }
    add_socket(self, &socket);
    return 0;
}

static void free_if_done(listener_t *self)
{
    if (self->handles == 0 && self->ended) {
        if (self->addresses != NULL) {
            freeaddrinfo(self->addresses);
        }
        free(self);
    }
}

static void on_socket_closed(uv_handle_t *handle)
{
    listener_socket_t *socket = handle->data;
    listener_t *self = socket->listener;
    free(socket);
    self->handles--;
    free_if_done(self);
}

static void on_timer_closed(uv_handle_t *handle)
{
    listener_t *self = handle->data;
    self->handles--;
    free_if_done(self);
}

static void close_sockets(listener_t *self)
{
    for (size_t i = 0; i < self->socket_count; i++) {
        listener_socket_t *socket = self->sockets[i];
        uv_poll_stop(&socket->poll);
        uv_close((uv_handle_t *)&socket->poll, on_socket_closed);
        listening_close(&socket->socket);
    }
    self->socket_count = 0;
    self->waiting = false;
    uv_timer_stop(&self->retry);
}

bool listener_is_open(const listener_t *self)
{
    return self->socket_count > 0;
}

status_t listener_open(listener_t *self)
{
    int error = self->addresses != NULL ? open_addresses(self) : open_everywhere(self);
    if (error != 0) {
        close_sockets(self);
        errno = error;
        return STATUS_SYSTEM;
    }
    self->how.at_once = true; /* not only the start waits for it any more */
    poll_all(self);
    return STATUS_OK;
}

void listener_shut(listener_t *self)
{
    for (size_t i = 0; i < self->socket_count; i++) {
        (void)accept_some(self, self->sockets[i]->socket.file, LIMIT_ACCEPT_QUEUE, false);
    }
    close_sockets(self);
}

void listener_close(listener_t **self_p)
{
    listener_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    *self_p = NULL;
    close_sockets(self);
    self->ended = true;
    uv_close((uv_handle_t *)&self->retry, on_timer_closed);
}

/* Reads the endpoint and looks its host up. Returns NULL, or what is wrong. */
static const char *look_up(listener_t *self, const char *text)
{
    endpoint_t endpoint;
    if (endpoint_parse(text, &endpoint) != STATUS_OK || endpoint.kind != ENDPOINT_TCP) {
        return "not tcp://host:port";
    }
    self->address = endpoint.address;
    if (strcmp(self->address.host, "*") == 0) {
        return NULL;
    }
    int outcome = address_resolve(&self->address, AI_PASSIVE, &self->addresses);
    return outcome != 0 ? gai_strerror(outcome) : NULL;
}

listener_t *listener_new(const listener_settings_t *settings, const char **ret_problem)
{
    listener_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->settings.endpoint = NULL;
    /* Front-ends of one member share a port. */
    self->how = (listening_t){.queue = LIMIT_ACCEPT_QUEUE, .tenant = settings->tenant};
    uv_timer_init(settings->loop, &self->retry);
    self->retry.data = self;
    self->handles = 1;
    *ret_problem = look_up(self, settings->endpoint);
    if (*ret_problem != NULL) {
        listener_close(&self);
    }
    return self;
}
