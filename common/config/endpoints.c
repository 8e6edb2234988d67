/* Endpoints of all members against each other.
 *
 * In come the members as read; out go findings. Two endpoints clash if two sockets of one machine
 * would bind the same port or the same path, whatever the spelling: [::1] is [0::1], localhost is
 * both loopback addresses, run/x is ./run/x. Host names are compared as names, and looked up by no
 * one here; at the start the kernel knows. Which members share a machine the file does not say, so
 * it is inferred from their bus: members may share one unless both have a bus on an address that
 * others can reach, and these differ. What all machines have, 0.0.0.0 or loopback, clashes on one
 * machine only. A bus is an address that others connect to, so 0.0.0.0 is none. A port of the
 * kernel's ephemeral range is a warning, except for clients, to whom no member connects. Without
 * keys every endpoint but those of clients must be out of reach of other machines
 * (docs/security.md).
 */
#include "common/config/members.h"

#include "common/base/limits.h"
#include "common/config/ephemeral.h"
#include "common/sockets/endpoint.h"

#include <string.h>

enum {
    /* clients, web, bus, requests and tap of one member */
    CONFIG_ENDPOINTS_OF_MEMBER = 2 * LIMIT_LISTENERS + 3,
};

/* One endpoint of one member. */
typedef struct {
    endpoint_t endpoint;
    const config_draft_t *draft; /* whose */
    const char *key;             /* "clients", "bus", ... */
    unsigned line;
    const char *path; /* ipc: without links and dots */
    address_point_t points[ADDRESS_POINTS_MAX];
    size_t point_count; /* 0: a host name */
} config_listener_t;

/* All of them. */
typedef struct {
    config_listener_t *listeners;
    size_t count;
} config_listeners_t;

/* Whether clients connect there, not members. */
static bool config_is_for_clients(const char *key)
{
    return strcmp(key, "clients") == 0 || strcmp(key, "web") == 0;
}

static void config_listener_locate(const config_reader_t *reader, config_listener_t *self)
{
    char path[ENDPOINT_PATH_SIZE];
    bool for_clients = config_is_for_clients(self->key);
    const char *host = self->endpoint.address.host;
    if (self->endpoint.kind == ENDPOINT_IPC) {
        endpoint_real_path(&self->endpoint, path);
        self->path = arena_copy_text(reader->arena, path, strlen(path));
        return;
    }
    self->point_count = address_points(&self->endpoint.address, self->points);
    for (size_t i = 0; i < self->point_count; i++) {
        /* A front-end's [::] takes no IPv4; ZeroMQ's does, and so does "*". */
        self->points[i].v6_only = for_clients && strcmp(host, "*") != 0;
    }
}

/* Each of them is one member's `key`; absent, or reported already: none. */
static void config_listeners_add(const config_reader_t *reader, config_listeners_t *self,
                                 const config_draft_t *draft, const char *key, const char *text)
{
    config_listener_t *listener = &self->listeners[self->count];
    if (text == NULL || endpoint_parse(text, &listener->endpoint) != STATUS_OK) {
        return;
    }
    listener->draft = draft;
    listener->key = key;
    listener->line = config_members_line(draft, key);
    config_listener_locate(reader, listener);
    self->count++;
}

static void config_listeners_collect(const config_reader_t *reader, config_listeners_t *self,
                                     const config_drafts_t *drafts)
{
    for (size_t i = 0; i < drafts->count; i++) {
        const config_draft_t *draft = &drafts->drafts[i];
        for (size_t j = 0; j < draft->member.client_count; j++) {
            config_listeners_add(reader, self, draft, "clients", draft->member.clients[j]);
        }
        for (size_t j = 0; j < draft->member.web_count; j++) {
            config_listeners_add(reader, self, draft, "web", draft->member.web[j]);
        }
        config_listeners_add(reader, self, draft, "requests", draft->member.requests);
        config_listeners_add(reader, self, draft, "bus", draft->member.bus);
        config_listeners_add(reader, self, draft, "tap", draft->member.tap);
    }
}

static bool config_is_loopback(const endpoint_t *endpoint)
{
    return endpoint->kind == ENDPOINT_IPC || address_is_loopback(&endpoint->address);
}

/* Whether two endpoints have one address among theirs. */
static bool config_hosts_meet(const config_listener_t *one, const config_listener_t *other)
{
    if (one->point_count == 0 && other->point_count == 0) {
        return address_same_name(&one->endpoint.address, &other->endpoint.address);
    }
    for (size_t i = 0; i < one->point_count; i++) {
        for (size_t j = 0; j < other->point_count; j++) {
            if (address_points_overlap(&one->points[i], &other->points[j])) {
                return true;
            }
        }
    }
    /* A name is one of the machine's addresses. */
    return (one->point_count == 0 && address_is_everywhere(&other->endpoint.address)) ||
           (other->point_count == 0 && address_is_everywhere(&one->endpoint.address));
}

/* Whether other machines may have the address too. */
static bool config_is_of_each_machine(const endpoint_t *endpoint)
{
    return config_is_loopback(endpoint) || address_is_everywhere(&endpoint->address) ||
           address_is_link_local(&endpoint->address);
}

/* Whether two members may be on one machine: neither says otherwise by the host of its bus. */
static bool config_may_share_machine(const config_draft_t *one, const config_draft_t *other)
{
    endpoint_t one_bus;
    endpoint_t other_bus;
    address_point_t points[2][ADDRESS_POINTS_MAX];
    if (one == other || one->member.bus == NULL || other->member.bus == NULL ||
        endpoint_parse(one->member.bus, &one_bus) != STATUS_OK ||
        endpoint_parse(other->member.bus, &other_bus) != STATUS_OK) {
        return true;
    }
    if (config_is_of_each_machine(&one_bus) || config_is_of_each_machine(&other_bus)) {
        return true;
    }
    one_bus.address.port = other_bus.address.port;
    return address_points(&one_bus.address, points[0]) == 1 &&
           address_points(&other_bus.address, points[1]) == 1 &&
           address_points_overlap(&points[0][0], &points[1][0]);
}

static bool config_listeners_clash(const config_listener_t *one, const config_listener_t *other)
{
    const endpoint_t *first = &one->endpoint;
    const endpoint_t *second = &other->endpoint;
    if (first->kind != second->kind || first->address.port != second->address.port) {
        return false;
    }
    if (first->kind == ENDPOINT_IPC) {
        return strcmp(one->path, other->path) == 0 &&
               config_may_share_machine(one->draft, other->draft);
    }
    if (!config_hosts_meet(one, other)) {
        return false;
    }
    return !(config_is_of_each_machine(first) || config_is_of_each_machine(second)) ||
           config_may_share_machine(one->draft, other->draft);
}

static void config_listeners_compare(const config_reader_t *reader, const config_listeners_t *self,
                                     size_t index)
{
    const config_listener_t *one = &self->listeners[index];
    for (size_t i = 0; i < index; i++) {
        const config_listener_t *other = &self->listeners[i];
        if (!config_listeners_clash(one, other)) {
            continue;
        }
        bool ipc = one->endpoint.kind == ENDPOINT_IPC;
        const char *what = ipc ? config_findings_shown(reader->findings, one->endpoint.path)
                               : arena_format(reader->arena, "port %u", one->endpoint.address.port);
        config_findings_error(
            reader->findings, one->line > other->line ? one->line : other->line,
            "%s is taken twice: \"%s\" of %s (line %u) and \"%s\" of %s (line %u)", what,
            other->key, other->draft->member.name, other->line, one->key, one->draft->member.name,
            one->line);
        return;
    }
}

static void config_listener_warn(const config_reader_t *reader, const config_listener_t *self,
                                 const ephemeral_t *ephemeral)
{
    uint16_t port = self->endpoint.address.port;
    if (self->endpoint.kind != ENDPOINT_TCP || config_is_for_clients(self->key)) {
        return;
    }
    if (port >= EPHEMERAL_FIRST) {
        config_findings_warning(
            reader->findings, self->line,
            "\"%s\" has port %u; use one below %d, or a connection of this machine may be "
            "given that port while the member is down",
            self->key, port, EPHEMERAL_FIRST);
    } else if (ephemeral_has(ephemeral, port)) {
        config_findings_warning(
            reader->findings, self->line,
            "\"%s\" has port %u, which a connection of this machine may be given while the member "
            "is down (net.ipv4.ip_local_port_range from %u to %u); reserve it "
            "(net.ipv4.ip_local_reserved_ports)",
            self->key, port, ephemeral->first, ephemeral->last);
    }
}

/* Others connect to bus, requests and tap. */
static void config_listener_check_host(const config_reader_t *reader, const config_listener_t *self,
                                       bool alone)
{
    bool is_bus = strcmp(self->key, "bus") == 0;
    const char *host = config_findings_shown(reader->findings, self->endpoint.address.host);
    if (self->endpoint.kind != ENDPOINT_TCP || config_is_for_clients(self->key) ||
        !address_is_everywhere(&self->endpoint.address)) {
        return;
    }
    if (is_bus && !alone) {
        config_findings_error(
            reader->findings, self->line,
            "\"bus\" of %s must be the address at which its neighbours reach it: %s is no "
            "address to connect to, at each machine it means that machine itself",
            self->draft->member.name, host);
        return;
    }
    config_findings_warning(
        reader->findings, self->line,
        "\"%s\" of %s: %s is no address to connect to from another machine, where it means that "
        "machine itself; give the address at which others reach it",
        self->key, self->draft->member.name, host);
}

void config_endpoints_check(const config_reader_t *reader, const config_drafts_t *drafts,
                            bool local)
{
    size_t capacity = drafts->count * CONFIG_ENDPOINTS_OF_MEMBER + 1;
    config_listeners_t listeners = {
        .listeners = arena_take(reader->arena, capacity * sizeof(config_listener_t)),
    };
    ephemeral_t ephemeral;
    ephemeral_read(&ephemeral);
    config_listeners_collect(reader, &listeners, drafts);
    for (size_t i = 0; i < listeners.count; i++) {
        config_listeners_compare(reader, &listeners, i);
        config_listener_warn(reader, &listeners.listeners[i], &ephemeral);
        if (!local) {
            config_listener_check_host(reader, &listeners.listeners[i], drafts->count == 1);
        }
    }
}

static void config_endpoint_check_local(const config_reader_t *reader, const config_draft_t *draft,
                                        const char *key, const char *text)
{
    endpoint_t endpoint;
    if (text == NULL || endpoint_parse(text, &endpoint) != STATUS_OK ||
        config_is_loopback(&endpoint)) {
        return; /* absent, reported already, or right */
    }
    config_findings_error(
        reader->findings, config_members_line(draft, key),
        "\"%s\" of %s would be open to other machines without keys; make some (herdctl "
        "keygen) and name their folder (keys), or say security = \"none\"",
        key, draft->member.name);
}

void config_endpoints_check_local(const config_reader_t *reader, const config_drafts_t *drafts)
{
    for (size_t i = 0; i < drafts->count; i++) {
        const config_draft_t *draft = &drafts->drafts[i];
        config_endpoint_check_local(reader, draft, "requests", draft->member.requests);
        config_endpoint_check_local(reader, draft, "bus", draft->member.bus);
        config_endpoint_check_local(reader, draft, "tap", draft->member.tap);
    }
}

void config_endpoints_check_web(const config_reader_t *reader, const config_drafts_t *drafts)
{
    for (size_t i = 0; i < drafts->count; i++) {
        const config_draft_t *draft = &drafts->drafts[i];
        for (size_t j = 0; j < draft->member.web_count; j++) {
            endpoint_t endpoint;
            if (endpoint_parse(draft->member.web[j], &endpoint) == STATUS_OK &&
                !config_is_loopback(&endpoint)) {
                config_findings_error(
                    reader->findings, config_members_line(draft, "web"),
                    "\"web\" of %s would be open to other machines: whoever reaches it may move "
                    "and see every client; use 127.0.0.1, [::1] or localhost, or say web_security "
                    "= \"none\"",
                    draft->member.name);
            }
        }
    }
}
