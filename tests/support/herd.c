#include "tests/support/herd.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/herd_parts.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>

herd_entry_t *herd_find(herd_t *self, const char *name)
{
    for (size_t i = 0; i < self->member_count; i++) {
        if (strcmp(self->members[i].name, name) == 0) {
            return &self->members[i];
        }
    }
    fail_msg("no member %s", name);
    return NULL;
}

static char *output_path(const herd_t *self, const char *member, const char *program)
{
    char name[128];
    snprintf(name, sizeof name, "%s-%s.out", member, program);
    return workspace_path(self->folder, name);
}

static void set_member(herd_t *self, size_t number, const char *name, bool tcp_requests)
{
    herd_entry_t *member = &self->members[number];
    *member = (herd_entry_t){.name = memory_copy_text(name, strlen(name)),
                             .clients_port = port_pool_take(self->ports),
                             .bus_port = port_pool_take(self->ports),
                             .tap_port = port_pool_take(self->ports),
                             .requests_port = tcp_requests ? port_pool_take(self->ports) : 0,
                             .bus_address = "127.0.0.1",
                             .node_output = output_path(self, name, "node"),
                             .frontend_output = output_path(self, name, "frontend")};
    if (self->lan != NULL) {
        lan_address(number, member->bus_address);
    }
    /* What the herd file has by default. A Unix socket is reached from any network namespace. */
    int size = tcp_requests
                   ? asprintf(&member->requests, "tcp://127.0.0.1:%u", member->requests_port)
                   : asprintf(&member->requests, "ipc://%s/run/%s.requests", self->folder, name);
    if (size < 0 || asprintf(&member->tap, "tcp://127.0.0.1:%u", (unsigned)member->tap_port) < 0) {
        abort();
    }
}

static void make_keys(herd_t *self)
{
    static const char *const of_operator[] = {"keygen", "--role", "operator", "anna", NULL};
    const char *of_members[HERD_CONTROL_ARGUMENTS_MAX + 1] = {"keygen"};
    assert_true(self->member_count < HERD_CONTROL_ARGUMENTS_MAX);
    for (size_t i = 0; i < self->member_count; i++) {
        of_members[1 + i] = self->members[i].name;
    }
    assert_int_equal(herd_control(self, of_members, NULL), 0);
    assert_int_equal(herd_control(self, of_operator, NULL), 0);
}

herd_t *herd_new(const herd_options_t *options)
{
    herd_t *self = memory_new(sizeof *self);
    self->folder = workspace_new();
    self->file = workspace_path(self->folder, "herd.cfg");
    self->ports = port_pool_new();
    self->members = memory_new_array(options->member_count, sizeof *self->members);
    self->member_count = options->member_count;
    self->frontend_max_files = options->frontend_max_files;
    self->node_max_files = options->node_max_files;
    self->lan = options->separate ? lan_new(options->member_count) : NULL;
    for (size_t i = 0; i < self->member_count; i++) {
        set_member(self, i, options->members[i].name, options->tcp_requests);
    }
    herd_write_file(self, options);
    if (options->keys) {
        make_keys(self);
    }
    return self;
}

herd_t *herd_new_single(void)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    return herd_new(&(herd_options_t){.members = members, .member_count = 1});
}

herd_t *herd_new_sample(void)
{
    static const herd_member_t members[] = {
        {.name = "Goloman", .neighbours = "Hands Holiday Wilkes"},
        {.name = "Hands", .neighbours = "Goloman Wilkes"},
        {.name = "Holiday", .neighbours = "Goloman Welsh Wilkes"},
        {.name = "Welsh", .neighbours = "Holiday"},
        {.name = "Wilkes", .neighbours = "Goloman Hands Holiday"},
    };
    return herd_new(&(herd_options_t){.members = members,
                                      .member_count = sizeof members / sizeof members[0],
                                      .local_places = true});
}

static void free_member(herd_entry_t *member)
{
    process_destroy(&member->frontend);
    process_destroy(&member->node);
    free(member->name);
    free(member->requests);
    free(member->tap);
    free(member->node_output);
    free(member->frontend_output);
}

void herd_rewrite(herd_t *self, const herd_options_t *options)
{
    size_t count = options->member_count;
    assert_null(self->lan);
    while (self->member_count > count) {
        herd_entry_t *member = &self->members[--self->member_count];
        assert_null(member->node);
        assert_null(member->frontend);
        free_member(member);
    }
    self->members = memory_resize(self->members, count * sizeof *self->members);
    for (size_t i = 0; i < count; i++) {
        if (i < self->member_count) {
            assert_string_equal(self->members[i].name, options->members[i].name);
        } else {
            set_member(self, i, options->members[i].name, options->tcp_requests);
        }
    }
    self->member_count = count;
    herd_write_file(self, options);
}

void herd_move_bus(herd_t *self, const char *member)
{
    herd_find(self, member)->bus_port = port_pool_take(self->ports);
}

void herd_destroy(herd_t **self_p)
{
    herd_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->member_count; i++) {
        free_member(&self->members[i]);
    }
    for (size_t i = 0; i < self->kept_count; i++) {
        free(self->kept[i]);
    }
    lan_destroy(&self->lan);
    port_pool_destroy(&self->ports);
    free(self->kept);
    free(self->members);
    free(self->file);
    free(self->folder);
    free(self);
    *self_p = NULL;
}

process_t *herd_node(herd_t *self, const char *member)
{
    return herd_find(self, member)->node;
}

process_t *herd_frontend(herd_t *self, const char *member)
{
    herd_entry_t *entry = herd_find(self, member);
    return herd_is_of_singles() ? entry->node : entry->frontend;
}

size_t herd_member_count(const herd_t *self)
{
    return self->member_count;
}

const char *herd_member_name(const herd_t *self, size_t index)
{
    return self->members[index].name;
}

size_t herd_number(herd_t *self, const char *member)
{
    return (size_t)(herd_find(self, member) - self->members);
}

const char *herd_tap(herd_t *self, const char *member)
{
    return herd_find(self, member)->tap;
}

const char *herd_requests(herd_t *self, const char *member)
{
    return herd_find(self, member)->requests;
}

herd_ports_t herd_node_ports(herd_t *self, const char *member_name)
{
    const herd_entry_t *member = herd_find(self, member_name);
    return (herd_ports_t){member->bus_port, member->requests_port, member->tap_port};
}

uint16_t herd_port(herd_t *self, const char *member)
{
    return herd_find(self, member)->clients_port;
}

const char *herd_folder(const herd_t *self)
{
    return self->folder;
}

const char *herd_file(const herd_t *self)
{
    return self->file;
}

lan_t *herd_lan(const herd_t *self)
{
    return self->lan;
}

void herd_set_way(herd_t *self, const char *from, const char *to, const lan_way_t *way)
{
    lan_set_way(self->lan, herd_number(self, from), herd_number(self, to), way);
}

void herd_set_link(herd_t *self, const char *one, const char *other, const lan_way_t *way)
{
    herd_set_way(self, one, other, way);
    herd_set_way(self, other, one, way);
}

void herd_set_links(herd_t *self, const lan_way_t *way)
{
    for (size_t from = 0; from < self->member_count; from++) {
        for (size_t to = 0; to < self->member_count; to++) {
            lan_set_way(self->lan, from, to, way);
        }
    }
}
