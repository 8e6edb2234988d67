/* Front-ends that come and go and tell figures, in any order. An input is steps, each up to a zero
 * byte: "+" or "-" and a routing id, LF, and what a PING of that front-end says. */
#include "node/requests/frontends.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Those that are present are as many as is said, and so are their clients. */
static void check_all(frontends_t *self)
{
    size_t slot = 0;
    size_t count = 0;
    uint64_t clients = 0;
    frontend_link_t *frontend;
    while ((frontend = frontends_next(self, &slot)) != NULL) {
        assert(frontends_at(self, frontends_slot(self, frontend), frontend->serial) == frontend);
        assert(frontend->clients <= LIMIT_CONNECTIONS);
        for (size_t i = 0; i < FRONTENDS_FIGURES; i++) {
            assert(frontend->figures[i] <= (frontend->given[i] ? INT64_MAX : 0));
        }
        clients += frontend->clients;
        count++;
    }
    assert(count == frontends_count(self) && count <= LIMIT_FRONTENDS);
    assert(clients == frontends_clients(self));
}

/* A new session: what was said of the old one is gone, and who asks for the old one gets none. */
static frontend_link_t *add(frontends_t *self, text_t id)
{
    frontend_link_t *old = frontends_find(self, id);
    size_t slot = old != NULL ? frontends_slot(self, old) : 0;
    uint32_t serial = old != NULL ? old->serial : 0;
    size_t before = frontends_count(self);
    frontend_link_t *frontend = frontends_add(self, id, 7);
    if (frontend == NULL) {
        assert(id.size > FRONTENDS_ROUTING_ID_SIZE || before == LIMIT_FRONTENDS);
        return NULL;
    }
    assert(frontends_find(self, id) == frontend && frontend->clients == 0);
    assert(frontend->session == 7 && frontend->serial > serial);
    assert(old == NULL || frontends_at(self, slot, serial) == NULL);
    assert(frontends_count(self) == before + (old == NULL ? 1 : 0));
    return frontend;
}

/* A total never falls, and rises by no more than what was told. */
static void check_total(frontends_t *self, frontend_totals_value_t before, uint64_t told)
{
    const frontend_totals_value_t *total = &frontends_totals(self)[FRONTEND_TOTALS_TURNED_AWAY];
    assert(total->count >= before.count && total->last_ns >= before.last_ns);
    assert(total->count - before.count <= told && total->count <= INT64_MAX);
}

static void take(frontends_t *self, text_t step)
{
    text_t id;
    if (!text_take_until(&step, '\n', &id) || id.size == 0) {
        return;
    }
    char what = id.data[0];
    id = text_after(id, 1);
    frontend_link_t *frontend = what == '+' ? add(self, id) : frontends_find(self, id);
    if (frontend != NULL && what == '-') {
        frontends_remove(self, frontend);
        assert(frontends_find(self, id) == NULL);
    } else if (frontend != NULL) {
        frontend_totals_value_t before = frontends_totals(self)[FRONTEND_TOTALS_TURNED_AWAY];
        frontends_introduce(frontend, step);
        frontends_take_figures(self, frontend, step);
        check_total(self, before, frontend->figures[FRONTENDS_TURNED_AWAY]);
    }
}

static void remove_all(frontends_t *self)
{
    size_t slot = 0;
    frontend_link_t *frontend;
    while ((frontend = frontends_next(self, &slot)) != NULL) {
        frontends_remove(self, frontend);
    }
    assert(frontends_count(self) == 0 && frontends_clients(self) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static frontends_t *self; /* emptied between inputs: it is large */
    text_t rest = {.data = (const char *)data, .size = size};
    text_t step;
    if (self == NULL) {
        self = frontends_new();
    }
    while (text_take_until(&rest, '\0', &step)) {
        take(self, step);
    }
    check_all(self);
    remove_all(self);
    return 0;
}
