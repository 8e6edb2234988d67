#include "node/requests/frontends.h"

#include "common/base/memory.h"
#include "common/protocol/message.h"
#include "common/protocol/record.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

const report_key_t frontends_figure_keys[FRONTENDS_FIGURES] = {
#define FRONTENDS_KEY(name) [FRONTENDS_##name] = REPORT_KEY_##name,
    FRONTENDS_FIGURE_MAP(FRONTENDS_KEY)
#undef FRONTENDS_KEY
};

struct frontends {
    frontend_link_t slots[LIMIT_FRONTENDS];
    size_t used; /* slots that were ever in use */
    size_t count;
    uint32_t serial; /* the newest given out */
    frontend_totals_t totals;
};

frontends_t *frontends_new(void)
{
    return memory_new(sizeof(frontends_t));
}

void frontends_destroy(frontends_t **self_p)
{
    frontends_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->used; i++) {
        if (self->slots[i].present) {
            buffer_done(&self->slots[i].replies);
        }
    }
    free(self);
    *self_p = NULL;
}

frontend_link_t *frontends_next(frontends_t *self, size_t *slot)
{
    while (*slot < self->used) {
        frontend_link_t *frontend = &self->slots[(*slot)++];
        if (frontend->present) {
            return frontend;
        }
    }
    return NULL;
}

frontend_link_t *frontends_find(frontends_t *self, text_t routing_id)
{
    size_t slot = 0;
    frontend_link_t *frontend;
    while ((frontend = frontends_next(self, &slot)) != NULL) {
        if (text_equal(frontends_routing_id(frontend), routing_id)) {
            return frontend;
        }
    }
    return NULL;
}

frontend_link_t *frontends_at(frontends_t *self, size_t slot, uint32_t serial)
{
    bool same =
        slot < self->used && self->slots[slot].present && self->slots[slot].serial == serial;
    return same ? &self->slots[slot] : NULL;
}

size_t frontends_slot(const frontends_t *self, const frontend_link_t *frontend)
{
    return (size_t)(frontend - self->slots);
}

frontend_link_t *frontends_add(frontends_t *self, text_t routing_id, uint64_t session)
{
    frontend_link_t *frontend = frontends_find(self, routing_id);
    if (frontend != NULL) {
        frontends_remove(self, frontend);
    }
    size_t slot = 0;
    while (slot < self->used && self->slots[slot].present) {
        slot++;
    }
    if (slot == LIMIT_FRONTENDS || routing_id.size > FRONTENDS_ROUTING_ID_SIZE) {
        return NULL;
    }
    frontend = &self->slots[slot];
    *frontend = (frontend_link_t){.present = true,
                                  .serial = ++self->serial,
                                  .routing_id_size = routing_id.size,
                                  .session = session};
    memcpy(frontend->routing_id, routing_id.data, routing_id.size);
    buffer_init(&frontend->replies, LIMIT_BODY_SIZE);
    self->used = slot == self->used ? slot + 1 : self->used;
    self->count++;
    return frontend;
}

void frontends_remove(frontends_t *self, frontend_link_t *frontend)
{
    buffer_done(&frontend->replies);
    frontend->present = false;
    self->count--;
}

void frontends_write_label(text_t body, const char *key, char *label)
{
    text_t name;
    uint64_t pid;
    if (!message_value(body, key, &name) || !record_name_is_valid(name)) {
        name = TEXT("?");
    }
    if (!message_number(body, "pid", INT32_MAX, &pid)) {
        pid = 0;
    }
    snprintf(label, FRONTENDS_LABEL_SIZE, "%.*s/%llu", (int)name.size, name.data,
             (unsigned long long)pid);
}

void frontends_introduce(frontend_link_t *frontend, text_t body)
{
    uint64_t since_ns;
    text_t program;
    frontends_write_label(body, "frontend", frontend->label);
    frontend->is_web =
        message_value(body, "program", &program) && text_equal(program, TEXT("herd-web"));
    frontend->since_ns = message_number(body, "since", INT64_MAX, &since_ns) ? since_ns : 0;
}

/* The figure of that key, 0 if it was never given. */
static uint64_t figure(const frontend_link_t *frontend, report_key_t key)
{
    size_t i = 0;
    while (frontends_figure_keys[i] != key) {
        i++;
        assert(i < FRONTENDS_FIGURES); /* FRONTEND_TOTALS_MAP names keys of FRONTENDS_FIGURE_MAP */
    }
    return frontend->figures[i];
}

static void add_totals(frontends_t *self, const frontend_link_t *frontend)
{
    frontend_totals_value_t values[FRONTEND_TOTALS];
    for (size_t i = 0; i < FRONTEND_TOTALS; i++) {
        const frontend_totals_keys_t *keys = &frontend_totals_keys[i];
        values[i] = (frontend_totals_value_t){.count = figure(frontend, keys->count),
                                              .last_ns = figure(frontend, keys->last)};
    }
    frontend_totals_take(&self->totals, frontend->label, frontend->since_ns, values);
}

void frontends_take_figures(frontends_t *self, frontend_link_t *frontend, text_t body)
{
    uint64_t value;
    if (message_number(body, "clients", LIMIT_CONNECTIONS, &value)) {
        frontend->clients = value;
    }
    for (size_t i = 0; i < FRONTENDS_FIGURES; i++) {
        const char *key = report_keys_text(frontends_figure_keys[i]);
        if (message_number(body, key, INT64_MAX, &value)) {
            frontend->given[i] = true;
            frontend->figures[i] = value;
        }
    }
    add_totals(self, frontend);
}

const frontend_totals_value_t *frontends_totals(const frontends_t *self)
{
    return self->totals.all;
}

size_t frontends_count(const frontends_t *self)
{
    return self->count;
}

size_t frontends_webs(const frontends_t *self)
{
    size_t webs = 0;
    for (size_t i = 0; i < self->used; i++) {
        webs += self->slots[i].present && self->slots[i].is_web;
    }
    return webs;
}

uint64_t frontends_clients(const frontends_t *self)
{
    uint64_t clients = 0;
    for (size_t i = 0; i < self->used; i++) {
        clients += self->slots[i].present ? self->slots[i].clients : 0;
    }
    return clients;
}
