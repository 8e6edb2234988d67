/* Who may speak to a node.
 *
 * Three things come in. ZeroMQ asks by ZAP, once for each connection, whether the key that it has
 * proven may come in: the guard looks for its holder in the ring (security.h), and the holder's
 * role must be one of the socket's domain; a front-end must be the member's own (K1, K2). Each
 * message is checked again, because its key may have been revoked since, and a member may use no
 * routing id but its own (K4). A reload of the keys (K6) ends all connections to a domain if a role
 * that may use it has lost a key: ZeroMQ cannot end a single one (K7). If an operator waits for
 * what the reload did, those to requests end a little later: the key that was revoked may be the
 * operator's own. What comes by it meanwhile has no effect.
 *
 * Out goes yes or no; peers are not told why (K3). Refusals are counted and logged, with the peer's
 * address and its key or user. An accepted key is logged once for each address. */
#include "node/security/guard.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/sockets/connections.h"
#include "common/sockets/endpoint.h"
#include "common/sockets/holder.h"
#include "common/sockets/sockets.h"
#include "common/sockets/transport.h"
#include "node/security/handshakes.h"
#include "node/security/zap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ZAP_ENDPOINT "inproc://zeromq.zap.01" /* of rfc.zeromq.org/spec/27 */

enum {
    SEEN_SIZE = 512, /* of one of `seen` */
    /* For the files of Unix sockets: so often it is looked whether they are there. */
    LOOK_EVERY_MS = 1000,
};

struct guard {
    const config_t *config;
    const config_member_t *member;
    log_t *log;
    security_t *security;     /* NULL without keys */
    void *zap;                /* REP; NULL without keys */
    handshakes_t *handshakes; /* of all sockets that are bound */
    zhashx_t *seen;           /* acceptances that were logged, at most LIMIT_KEYS_SEEN */
    uint64_t refused;         /* connections and messages */
    const char *endpoints[ROLES_DOMAIN_COUNT]; /* by domain; NULL: not bound */
    void *sockets[ROLES_DOMAIN_COUNT];         /* the same; borrowed; NULL: closed */
    local_socket_t locals[ROLES_DOMAIN_COUNT]; /* the files of Unix sockets */
    bool missing[ROLES_DOMAIN_COUNT];          /* such a file is gone, and not made anew yet */
    bool handed[ROLES_DOMAIN_COUNT];           /* its connections are accepted outside of ZeroMQ */
    guard_listener_fn *renewed;                /* is given their new listener; NULL: no one */
    void *renewed_argument;
    int64_t looked_ns;       /* steady: when they were looked at last */
    int64_t cut_requests_ns; /* steady: when connections to requests are cut; 0: not to be */
};

static void log_problem(void *argument, const char *problem)
{
    log_event(argument, LOG_KEY_UNUSABLE, NULL, "%s", problem);
}

/* What a start without keys says. */
static void log_open_herd(const guard_t *self)
{
    if (self->config->security == CONFIG_SECURITY_NONE) {
        log_event(self->log, LOG_UNPROTECTED, NULL,
                  "security = \"none\": whoever reaches bus, requests or tap may read and change "
                  "every record");
    }
}

static status_t open_keys(guard_t *self)
{
    security_settings_t settings = {.folder = self->config->keys,
                                    .role = ROLES_MEMBER,
                                    .name = self->member->name,
                                    .problem = log_problem,
                                    .argument = self->log};
    status_t status = security_open(&settings, &self->security);
    if (status != STATUS_OK || self->security == NULL) {
        return status;
    }
    self->zap = sockets_open(zsys_init(), ZMQ_REP);
    if (self->zap == NULL || zmq_bind(self->zap, ZAP_ENDPOINT) != 0) {
        log_event(self->log, LOG_BIND_FAILED, NULL, "cannot bind %s: %s; the start ends here",
                  ZAP_ENDPOINT, zmq_strerror(zmq_errno()));
        return STATUS_IN_USE;
    }
    return STATUS_OK;
}

status_t guard_new(const config_t *config, const config_member_t *member, log_t *log,
                   guard_t **ret_self)
{
    guard_t *self = memory_new(sizeof *self);
    self->config = config;
    self->member = member;
    self->log = log;
    self->seen = zhashx_new();
    log_open_herd(self);
    status_t status = open_keys(self);
    if (status != STATUS_OK) {
        guard_destroy(&self);
        return status;
    }
    self->handshakes = handshakes_new(log, self->security != NULL);
    *ret_self = self;
    return STATUS_OK;
}

void guard_destroy(guard_t **self_p)
{
    guard_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    handshakes_destroy(&self->handshakes);
    sockets_close(&self->zap);
    security_close(&self->security);
    zhashx_destroy(&self->seen);
    free(self);
    *self_p = NULL;
}

status_t guard_bind(guard_t *self, void *socket, roles_domain_t domain, const char *endpoint)
{
    handshakes_watch(self->handshakes, socket, domain);
    self->endpoints[domain] = endpoint;
    status_t status = security_serve(self->security, socket, domain);
    if (status == STATUS_OK) {
        status = sockets_bind(socket, endpoint, &self->locals[domain]);
    }
    self->sockets[domain] = status == STATUS_OK ? socket : NULL;
    return status;
}

/* ZeroMQ takes one end of a pair for a listener (accept4.h). */
static status_t bind_handed(guard_t *self, void *socket, roles_domain_t domain,
                            const char *endpoint, int *ret_sender)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
        return STATUS_SYSTEM;
    }
    status_t status = sockets_bind_file(socket, endpoint, pair[1]);
    if (status != STATUS_OK) {
        int error = errno;
        close(pair[0]);
        errno = error;
        return status;
    }
    *ret_sender = pair[0];
    self->sockets[domain] = socket;
    self->handed[domain] = true;
    return STATUS_OK;
}

status_t guard_bind_local(guard_t *self, void *socket, roles_domain_t domain, const char *endpoint,
                          guard_local_t *ret_local)
{
    endpoint_t parsed;
    guard_local_t local;
    handshakes_watch(self->handshakes, socket, domain);
    self->endpoints[domain] = endpoint;
    status_t status = endpoint_parse(endpoint, &parsed);
    if (status == STATUS_OK) {
        status = local_socket_listen(parsed.path, &local.listener, &self->locals[domain]);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = bind_handed(self, socket, domain, endpoint, &local.sender);
    if (status != STATUS_OK) {
        int error = errno;
        close(local.listener);
        local_socket_remove(&self->locals[domain]);
        errno = error;
        return status;
    }
    *ret_local = local;
    return STATUS_OK;
}

void guard_tell_listener(guard_t *self, guard_listener_fn *renewed, void *argument)
{
    self->renewed = renewed;
    self->renewed_argument = argument;
}

void guard_note_failed(guard_t *self, const char *peer, const char *reason)
{
    handshakes_note_failed(self->handshakes, ROLES_DOMAIN_REQUESTS, peer, reason);
}

void guard_note_cut(guard_t *self, const char *peer, uint64_t size, const char *reason)
{
    handshakes_note_cut(self->handshakes, ROLES_DOMAIN_REQUESTS, peer, size, reason);
}

void guard_note_turned_away(guard_t *self, bool crowded)
{
    handshakes_note_turned_away(self->handshakes, ROLES_DOMAIN_REQUESTS, crowded);
}

void guard_close(guard_t *self, void **socket_p)
{
    if (*socket_p == NULL) {
        return;
    }
    handshakes_leave(*socket_p);
    for (unsigned domain = 0; domain < ROLES_DOMAIN_COUNT; domain++) {
        if (self->sockets[domain] == *socket_p) {
            local_socket_remove(&self->locals[domain]);
            self->sockets[domain] = NULL;
            self->missing[domain] = false;
            self->handed[domain] = false;
        }
    }
    sockets_close(socket_p);
}

const security_t *guard_security(const guard_t *self)
{
    return self->security;
}

void *guard_socket(const guard_t *self)
{
    return self->zap;
}

/* K2: why a holder may not speak there; NULL if it may. */
static const char *objection(const guard_t *self, roles_domain_t domain,
                             const security_holder_t *holder)
{
    if (!roles_admit(domain, holder->role)) {
        return "such a key is not for this socket";
    }
    if (holder->role == ROLES_FRONT_END && strcmp(holder->name, self->member->name) != 0) {
        return "it is the front-end of another member";
    }
    return NULL;
}

/* K3: a public key is no secret, and shows whose it is once its file is found. */
static void log_stranger(guard_t *self, const zap_request_t *request, const char *address)
{
    self->refused++;
    log_event(self->log, LOG_KEY_REFUSED, LOG_ABOUT(address, LOG_TEXT("key", request->key)),
              "%s: refused: nobody here has its key, %s", roles_domain_text(request->domain),
              request->key);
}

/* The part of an address that stays the same from one connection to the next. For a Unix socket
 * ZeroMQ gives user, group and process, "localhost:1000:1000:4711", and each run of herdctl is
 * another process. */
static text_t lasting_part(const char *address)
{
    text_t local = TEXT("localhost:");
    text_t whole = text_of(address);
    bool is_local = text_equal(text_first(whole, local.size), local);
    return is_local ? text_first(whole, (size_t)(strrchr(address, ':') - address)) : whole;
}

/* Once for each address; from the beginning when there are too many of them. */
static void log_accepted(guard_t *self, const zap_request_t *request, const char *user,
                         const char *address)
{
    char seen[SEEN_SIZE];
    text_t lasting = lasting_part(address);
    snprintf(seen, sizeof seen, "%s %s %.*s", roles_domain_text(request->domain), user,
             (int)lasting.size, lasting.data);
    if (zhashx_size(self->seen) == LIMIT_KEYS_SEEN) {
        zhashx_purge(self->seen);
    }
    if (zhashx_insert(self->seen, seen, self) == 0) {
        log_event(self->log, LOG_KEY_ACCEPTED, LOG_ABOUT(user, LOG_TEXT("address", address)),
                  "%s: came from %s with its key", roles_domain_text(request->domain), address);
    }
}

static void log_holder(guard_t *self, const zap_request_t *request, const char *address,
                       const security_holder_t *holder, const char *reason)
{
    char user[ZAP_USER_SIZE];
    zap_write_user(holder, user);
    if (reason == NULL) {
        log_accepted(self, request, user, address);
        return;
    }
    self->refused++;
    log_event(self->log, LOG_KEY_REFUSED, LOG_ABOUT(user, LOG_TEXT("address", address)),
              "%s: refused, from %s: %s", roles_domain_text(request->domain), address, reason);
}

/* Answers one question of ZAP (K1, K2). */
static zmsg_t *decide(guard_t *self, zmsg_t *question)
{
    zap_request_t request;
    text_t id;
    if (zap_read(question, &request, &id) != STATUS_OK) {
        self->refused++;
        log_event(self->log, LOG_KEY_REFUSED, NULL,
                  "refused: ZeroMQ asks in a form that is not known");
        return zap_refuse(id);
    }
    char address[LIMIT_LOG_SAMPLE];
    text_escape(request.address, address, sizeof address);
    const security_holder_t *holder = security_find(self->security, text_of(request.key));
    if (holder == NULL) {
        log_stranger(self, &request, address);
        return zap_refuse(id);
    }
    const char *reason = objection(self, request.domain, holder);
    log_holder(self, &request, address, holder, reason);
    return reason == NULL ? zap_accept(id, holder) : zap_refuse(id);
}

void guard_answer(guard_t *self)
{
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN && transport_ready(guard_socket(self), ZMQ_POLLIN);
         i++) {
        zmsg_t *question = zmsg_recv(self->zap);
        if (question == NULL) {
            return;
        }
        zmsg_t *reply = decide(self, question);
        zmsg_send(&reply, self->zap);
        zmsg_destroy(&reply); /* if it was not sent */
        zmsg_destroy(&question);
    }
}

void guard_note(guard_t *self, roles_domain_t domain, const transport_inbound_t *inbound,
                const security_holder_t *holder, const char *problem)
{
    char user[ZAP_USER_SIZE];
    char address[LIMIT_LOG_SAMPLE];
    text_escape(transport_property(inbound, "Peer-Address"), address, sizeof address);
    if (holder != NULL) {
        zap_write_user(holder, user);
    } else {
        /* The user that it was when it came in, in our own words (zap_accept). */
        text_escape(transport_property(inbound, "User-Id"), user, sizeof user);
    }
    self->refused++;
    log_event(self->log, LOG_KEY_MISUSED, LOG_ABOUT(user, LOG_TEXT("address", address)),
              "%s: message dropped, from %s: %s", roles_domain_text(domain), address, problem);
}

/* K4: ids that a ROUTER gives begin with a zero (zmq_socket(3)); others are the peer's choice. */
static bool has_foreign_name(const security_holder_t *holder, text_t routing_id)
{
    return routing_id.size > 0 && routing_id.data[0] != '\0' &&
           !text_equal(routing_id, text_of(holder->name));
}

/* On the bus the node says whose a message is (guard_know). */
static void note_delivery(const guard_t *self, roles_domain_t domain,
                          const transport_inbound_t *inbound, bool named)
{
    if (domain != ROLES_DOMAIN_BUS) {
        handshakes_delivered(self->handshakes, transport_source(inbound), named);
    }
}

void guard_know(guard_t *self, const transport_inbound_t *inbound, int *newest)
{
    int file = transport_source(inbound);
    handshakes_delivered(self->handshakes, file, newest != NULL);
    if (newest == NULL) {
        handshakes_forget(self->handshakes, file);
    } else if (*newest != file) {
        handshakes_forget(self->handshakes, *newest);
        *newest = file;
    }
}

bool guard_admits(guard_t *self, roles_domain_t domain, const transport_inbound_t *inbound,
                  const security_holder_t **ret_holder)
{
    *ret_holder = NULL;
    if (self->security == NULL) {
        note_delivery(self, domain, inbound, false);
        return true;
    }
    const security_holder_t *holder =
        security_find(self->security, transport_property(inbound, ZAP_KEY_PROPERTY));
    const char *problem = NULL;
    if (holder == NULL) {
        problem = "its key is not, or no longer, accepted here";
    } else if (domain == ROLES_DOMAIN_BUS && has_foreign_name(holder, inbound->peer)) {
        problem = "its routing id is another's name";
    } else {
        problem = objection(self, domain, holder);
    }
    if (problem != NULL) {
        handshakes_delivered(self->handshakes, transport_source(inbound), false);
        guard_note(self, domain, inbound, holder, problem);
        return false;
    }
    note_delivery(self, domain, inbound, true);
    *ret_holder = holder;
    return true;
}

static void cut_domain(const guard_t *self, roles_domain_t domain)
{
    size_t count;
    const char *name = roles_domain_text(domain);
    if (connections_cut(self->endpoints[domain], &count) == STATUS_OK) {
        log_event(self->log, LOG_CONNECTIONS_CUT, NULL,
                  "%s: %zu connections are cut, for a key was revoked; who has another comes back",
                  name, count);
    } else {
        log_event(self->log, LOG_CUT_FAILED, NULL,
                  "%s: a key was revoked, but connections that it has opened cannot be found (%s); "
                  "they go on until the node is restarted",
                  name, strerror(errno));
    }
}

/* Whether a role that may use the domain has lost a key. */
static bool has_revoked(const security_changes_t *changes, roles_domain_t domain)
{
    bool found = false;
    for (unsigned role = 0; role < ROLES_COUNT && !found; role++) {
        found = changes->revoked[role] && roles_admit(domain, (roles_role_t)role);
    }
    return found;
}

/* ZeroMQ cannot end the connection of one peer, so all connections to the socket end. */
void guard_cut_revoked(guard_t *self, const security_changes_t *changes, int64_t spare_ms)
{
    for (unsigned domain = 0; domain < ROLES_DOMAIN_COUNT; domain++) {
        if (self->endpoints[domain] == NULL || !has_revoked(changes, (roles_domain_t)domain)) {
            continue;
        }
        if (domain == ROLES_DOMAIN_REQUESTS && spare_ms > 0) {
            self->cut_requests_ns = clock_steady_ns() + spare_ms * TIMESTAMP_NS_PER_MS;
        } else {
            cut_domain(self, (roles_domain_t)domain);
        }
    }
}

/* The file of a Unix socket at which connections are accepted outside of ZeroMQ; those that are
 * open stay. */
static status_t listen_again(guard_t *self, local_socket_t *local)
{
    int listener;
    local_socket_t again;
    local_socket_make_folder(local);
    status_t status = local_socket_listen(local->path, &listener, &again);
    if (status == STATUS_OK) {
        *local = again;
        self->renewed(self->renewed_argument, listener);
    }
    return status;
}

/* The file of a Unix socket is all that others find it by. */
static void make_anew(guard_t *self, roles_domain_t domain)
{
    local_socket_t *local = &self->locals[domain];
    const log_about_t *about =
        LOG_ABOUT(roles_domain_text(domain), LOG_TEXT("endpoint", self->endpoints[domain]));
    status_t status =
        self->handed[domain] && self->renewed != NULL
            ? listen_again(self, local)
            : sockets_bind_again(self->sockets[domain], self->endpoints[domain], local);
    if (status == STATUS_OK) {
        self->missing[domain] = false;
        log_event(self->log, LOG_SOCKET_MISSING, about,
                  "the file of its Unix socket, %s, was gone, and is made anew%s", local->path,
                  self->handed[domain] ? "" : "; its peers connect again");
        return;
    }
    char reason[HOLDER_SIZE];
    holder_explain(errno, self->endpoints[domain], reason);
    self->missing[domain] = true;
    log_event(self->log, LOG_SOCKET_MISSING, about,
              "the file of its Unix socket, %s, is gone, and cannot be made anew: %s; trying each "
              "second",
              local->path, reason);
}

static void look_for_files(guard_t *self)
{
    for (unsigned domain = 0; domain < ROLES_DOMAIN_COUNT; domain++) {
        if (self->sockets[domain] != NULL && !local_socket_is_there(&self->locals[domain])) {
            make_anew(self, (roles_domain_t)domain);
        }
    }
}

size_t guard_sockets_missing(const guard_t *self)
{
    size_t count = 0;
    for (unsigned domain = 0; domain < ROLES_DOMAIN_COUNT; domain++) {
        count += self->missing[domain] ? 1 : 0;
    }
    return count;
}

void guard_tick(guard_t *self, int64_t steady_ns)
{
    if (steady_ns - self->looked_ns >= LOOK_EVERY_MS * TIMESTAMP_NS_PER_MS) {
        self->looked_ns = steady_ns;
        look_for_files(self);
    }
    if (self->cut_requests_ns != 0 && steady_ns >= self->cut_requests_ns) {
        self->cut_requests_ns = 0;
        cut_domain(self, ROLES_DOMAIN_REQUESTS);
    }
}

status_t guard_reload(guard_t *self, const guard_listener_t *listener,
                      security_changes_t *ret_changes)
{
    *ret_changes = (security_changes_t){0};
    if (self->security == NULL) {
        return STATUS_OK;
    }
    security_tell_changes(self->security, listener->change, listener->argument);
    status_t status =
        security_reload(self->security, listener->problem, listener->argument, ret_changes);
    security_tell_changes(self->security, NULL, NULL);
    return status;
}

uint64_t guard_refused(const guard_t *self)
{
    return self->refused + handshakes_failed(self->handshakes) + handshakes_cut(self->handshakes) +
           handshakes_turned_away(self->handshakes);
}

uint64_t guard_keys_refused(const guard_t *self)
{
    return self->refused;
}

uint64_t guard_connections_cut(const guard_t *self)
{
    return handshakes_cut(self->handshakes);
}

uint64_t guard_connections_refused(const guard_t *self)
{
    return handshakes_turned_away(self->handshakes);
}
