/* Endpoints of all members against each other.
 *
 * In come the members as read; out go findings. Two endpoints clash if two sockets of one machine
 * would bind the same port or the same path. Which members share a machine the file does not say,
 * so it is inferred from their bus: members may share one unless both have a bus on an address that
 * others can reach, and these differ. A port of the kernel's ephemeral range is a warning, except
 * for clients, to whom no member connects. Without keys every endpoint but those of clients must be
 * out of reach of other machines (docs/security.md).
 */
#include "common/config/members.h"

#include "common/base/limits.h"
#include "common/sockets/endpoint.h"

#include <string.h>

enum {
    /* Linux hands out ports from here on to connections (ip_local_port_range, ip(7)): one that
     * connects to a member that is down can be given that member's very port, connect to itself and
     * keep it taken. */
    CONFIG_EPHEMERAL_PORT = 32768,
    /* clients, bus, requests and tap of one member */
    CONFIG_ENDPOINTS_OF_MEMBER = LIMIT_LISTENERS + 3,
};

/* One endpoint of one member. */
typedef struct {
    endpoint_t endpoint;
    const config_draft_t *draft; /* whose */
    const char *key;             /* "clients", "bus", ... */
    unsigned line;
} config_listener_t;

/* All of them. */
typedef struct {
    config_listener_t *listeners;
    size_t count;
} config_listeners_t;

static void config_listeners_add(config_listeners_t *self, const config_draft_t *draft,
                                 const char *key, const char *text)
{
    config_listener_t *listener = &self->listeners[self->count];
    if (text == NULL || endpoint_parse(text, &listener->endpoint) != STATUS_OK) {
        return; /* absent, or reported already */
    }
    listener->draft = draft;
    listener->key = key;
    listener->line = config_members_line(draft, key);
    self->count++;
}

static void config_listeners_collect(config_listeners_t *self, const config_drafts_t *drafts)
{
    for (size_t i = 0; i < drafts->count; i++) {
        const config_draft_t *draft = &drafts->drafts[i];
        for (size_t j = 0; j < draft->member.client_count; j++) {
            config_listeners_add(self, draft, "clients", draft->member.clients[j]);
        }
        config_listeners_add(self, draft, "requests", draft->member.requests);
        config_listeners_add(self, draft, "bus", draft->member.bus);
        config_listeners_add(self, draft, "tap", draft->member.tap);
    }
}

static bool config_is_loopback(const endpoint_t *endpoint)
{
    return endpoint->kind == ENDPOINT_IPC || strncmp(endpoint->address.host, "127.", 4) == 0 ||
           strcmp(endpoint->address.host, "::1") == 0;
}

/* Whether two members may be on one machine: neither says otherwise by the host of its bus. */
static bool config_may_share_machine(const config_draft_t *one, const config_draft_t *other)
{
    endpoint_t one_bus;
    endpoint_t other_bus;
    if (one == other || one->member.bus == NULL || other->member.bus == NULL ||
        endpoint_parse(one->member.bus, &one_bus) != STATUS_OK ||
        endpoint_parse(other->member.bus, &other_bus) != STATUS_OK) {
        return true;
    }
    return config_is_loopback(&one_bus) || config_is_loopback(&other_bus) ||
           strcmp(one_bus.address.host, other_bus.address.host) == 0;
}

static bool config_listeners_clash(const config_listener_t *one, const config_listener_t *other)
{
    const endpoint_t *first = &one->endpoint;
    const endpoint_t *second = &other->endpoint;
    if (first->kind != second->kind || first->address.port != second->address.port) {
        return false;
    }
    if (first->kind == ENDPOINT_IPC) {
        return strcmp(first->path, second->path) == 0 &&
               config_may_share_machine(one->draft, other->draft);
    }
    bool same_host = strcmp(first->address.host, second->address.host) == 0;
    bool any_host = strcmp(first->address.host, "*") == 0 || strcmp(second->address.host, "*") == 0;
    if (same_host && !any_host && !config_is_loopback(first)) {
        return true;
    }
    return (same_host || any_host) && config_may_share_machine(one->draft, other->draft);
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

static void config_listener_warn(const config_reader_t *reader, const config_listener_t *self)
{
    if (self->endpoint.address.port >= CONFIG_EPHEMERAL_PORT && strcmp(self->key, "clients") != 0) {
        config_findings_warning(
            reader->findings, self->line,
            "\"%s\" has port %u; use one below %d, or a connection of this machine may be "
            "given that port while the member is down",
            self->key, self->endpoint.address.port, CONFIG_EPHEMERAL_PORT);
    }
}

void config_endpoints_check(const config_reader_t *reader, const config_drafts_t *drafts)
{
    size_t capacity = drafts->count * CONFIG_ENDPOINTS_OF_MEMBER + 1;
    config_listeners_t listeners = {
        .listeners = arena_take(reader->arena, capacity * sizeof(config_listener_t)),
    };
    config_listeners_collect(&listeners, drafts);
    for (size_t i = 0; i < listeners.count; i++) {
        config_listeners_compare(reader, &listeners, i);
        config_listener_warn(reader, &listeners.listeners[i]);
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
