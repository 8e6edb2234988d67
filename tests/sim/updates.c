#include "tests/sim/updates.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    POSITION_SIZE = 8, /* "+41+007", terminated */
    TIME_SIZE = 40,    /* "1772000000.1234567897000000042" */
    CLIENT_OFFSET = 5, /* where the digits of a client's number begin in its name */
    NUMBER_SIZE = 9,   /* digits of the number at the end of a time text */
    /* Few, so that updates of one instant may have the same. */
    POSITIONS = 3,
    /* Max clock lead of the members, the default. */
    CLOCK_LEAD_MS = 10000,
};

typedef struct {
    record_t record; /* its texts are the next three, and the name of the origin */
    size_t client;   /* number */
    char name[UPDATES_CLIENT_SIZE];
    char position[POSITION_SIZE];
    char time[TIME_SIZE];
    update_number_t earlier; /* of a tombstone: the one of its client before it */
    update_number_t raised;  /* of an update: the last that it is in a later era */
} item_t;

/* An update in a later era than it was made in. */
typedef struct {
    record_t record;         /* its texts are those of `origin` */
    update_number_t origin;  /* as it was made */
    update_number_t earlier; /* another era of it, or UPDATES_NONE */
} raised_t;

struct updates {
    item_t *items; /* update n is items[n - 1] */
    size_t count;
    size_t maximum;
    raised_t *raised; /* n is raised[n - maximum - 1] */
    size_t raised_count;
    size_t raised_capacity; /* allocated */
    size_t client_count;
    update_number_t *tombstones; /* by client: the last, or UPDATES_NONE */
};

updates_t *updates_new(size_t maximum, size_t client_count)
{
    assert(maximum <= UPDATES_MAX);
    updates_t *self = memory_new(sizeof *self);
    self->items = memory_new_array(maximum + 1, sizeof(item_t));
    self->tombstones = memory_new_array(client_count, sizeof(update_number_t));
    self->maximum = maximum;
    self->client_count = client_count;
    return self;
}

void updates_destroy(updates_t **self_p)
{
    updates_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    free(self->items);
    free(self->raised);
    free(self->tombstones);
    free(self);
    *self_p = NULL;
}

text_t updates_client_name(size_t client, char name[UPDATES_CLIENT_SIZE])
{
    snprintf(name, UPDATES_CLIENT_SIZE, "phone%zu", client);
    return text_of(name);
}

/* Nine decimals, one more by chance, so that the order of texts is not that of the updates, and the
 * number. */
static text_t write_time(int64_t time_ns, size_t number, random_t *random, char out[TIME_SIZE])
{
    snprintf(out, TIME_SIZE, "%lld.%09lld%u%0*u", (long long)(time_ns / TIMESTAMP_NS_PER_S),
             (long long)(time_ns % TIMESTAMP_NS_PER_S), (unsigned)random_below(random, 10),
             NUMBER_SIZE, (unsigned)number);
    return text_of(out);
}

update_number_t updates_make(updates_t *self, const update_t *update, random_t *random)
{
    assert(self->count < self->maximum && update->client < self->client_count);
    item_t *item = &self->items[self->count++];
    item->client = update->client;
    snprintf(item->position, POSITION_SIZE, "+%02u+007", (unsigned)random_below(random, POSITIONS));
    item->record = (record_t){
        .client = updates_client_name(update->client, item->name),
        .position = text_of(item->position),
        .client_time = write_time(update->client_time_ns, self->count, random, item->time),
        .origin = update->origin,
        .client_time_ns = update->client_time_ns,
        .receipt_time_ns = update->receipt_time_ns,
        .order_time_ns = record_order_time(update->client_time_ns, update->receipt_time_ns,
                                           CLOCK_LEAD_MS * TIMESTAMP_NS_PER_MS),
    };
    return (update_number_t)self->count;
}

update_number_t updates_add_tombstone(updates_t *self, size_t client, text_t origin,
                                      const record_t *tombstone)
{
    assert(self->count < self->maximum && client < self->client_count);
    item_t *item = &self->items[self->count++];
    item->client = client;
    item->earlier = self->tombstones[client];
    item->record = *tombstone;
    item->record.client = updates_client_name(client, item->name);
    item->record.origin = origin;
    item->record.position = (text_t){.data = item->position};
    assert(tombstone->client_time.size < sizeof item->time);
    text_copy(tombstone->client_time, item->time);
    item->record.client_time.data = item->time;
    self->tombstones[client] = (update_number_t)self->count;
    return self->tombstones[client];
}

void updates_settle(updates_t *self, update_number_t number, const record_t *record)
{
    record_t *made = &self->items[number - 1].record;
    made->receipt_time_ns = record->receipt_time_ns;
    made->order_time_ns = record->order_time_ns;
    made->era_ns = record->era_ns;
}

static const raised_t *find_raised(const updates_t *self, update_number_t number)
{
    return number > self->maximum ? &self->raised[number - self->maximum - 1] : NULL;
}

update_number_t updates_origin(const updates_t *self, update_number_t number)
{
    const raised_t *raised = find_raised(self, number);
    return raised != NULL ? raised->origin : number;
}

const record_t *updates_record(const updates_t *self, update_number_t number)
{
    const raised_t *raised = find_raised(self, number);
    return raised != NULL ? &raised->record : &self->items[number - 1].record;
}

size_t updates_client(const updates_t *self, update_number_t number)
{
    return self->items[updates_origin(self, number) - 1].client;
}

/* Byte for byte, except for the era. */
static bool is_same(const record_t *one, const record_t *other)
{
    return text_equal(one->client, other->client) && text_equal(one->position, other->position) &&
           text_equal(one->client_time, other->client_time) &&
           text_equal(one->origin, other->origin) && one->client_time_ns == other->client_time_ns &&
           one->receipt_time_ns == other->receipt_time_ns &&
           one->order_time_ns == other->order_time_ns;
}

/* R17: a tombstone begins an era. */
static int64_t era_of(const record_t *record)
{
    return record->position.size == 0 ? record->order_time_ns : record->era_ns;
}

/* R3 and R17 once more: what the checks know must not come from the code that they check. */
static bool is_greater(const record_t *one, const record_t *other)
{
    if (era_of(one) != era_of(other)) {
        return era_of(one) > era_of(other);
    }
    if ((one->position.size == 0) != (other->position.size == 0)) {
        return other->position.size == 0;
    }
    if (one->order_time_ns != other->order_time_ns) {
        return one->order_time_ns > other->order_time_ns;
    }
    if (one->receipt_time_ns != other->receipt_time_ns) {
        return one->receipt_time_ns > other->receipt_time_ns;
    }
    if (!text_equal(one->origin, other->origin)) {
        return text_compare(one->origin, other->origin) > 0;
    }
    if (one->client_time_ns != other->client_time_ns) {
        return one->client_time_ns > other->client_time_ns;
    }
    if (!text_equal(one->position, other->position)) {
        return text_compare(one->position, other->position) > 0;
    }
    return text_compare(one->client_time, other->client_time) > 0;
}

/* "phone7" */
static update_number_t find_tombstone(const updates_t *self, const record_t *record)
{
    uint64_t client;
    if (!text_to_u64(text_after(record->client, CLIENT_OFFSET), self->client_count - 1, &client)) {
        return UPDATES_NONE;
    }
    update_number_t number = self->tombstones[client];
    while (number != UPDATES_NONE && !is_same(&self->items[number - 1].record, record)) {
        number = self->items[number - 1].earlier;
    }
    return number;
}

/* The update in the later era of `record`. It has that rightly if it was not known when the era
 * began: everything known then had an earlier order time. */
static update_number_t find_in_era(updates_t *self, update_number_t origin, const record_t *record)
{
    item_t *item = &self->items[origin - 1];
    update_number_t number = item->raised;
    while (number != UPDATES_NONE) {
        const raised_t *raised = find_raised(self, number);
        if (raised->record.era_ns == record->era_ns) {
            return number;
        }
        number = raised->earlier;
    }
    if (record->era_ns < item->record.era_ns || record->order_time_ns <= record->era_ns) {
        return UPDATES_NONE;
    }
    if (self->raised_count == self->raised_capacity) {
        self->raised_capacity = 2 * self->raised_capacity + 64;
        self->raised = memory_resize(self->raised, self->raised_capacity * sizeof(raised_t));
    }
    raised_t *raised = &self->raised[self->raised_count++];
    *raised = (raised_t){.record = item->record, .origin = origin, .earlier = item->raised};
    raised->record.era_ns = record->era_ns;
    item->raised = (update_number_t)(self->maximum + self->raised_count);
    return item->raised;
}

update_number_t updates_find(updates_t *self, const record_t *record)
{
    uint64_t number;
    if (record_is_tombstone(record)) {
        return find_tombstone(self, record);
    }
    text_t time = record->client_time;
    if (time.size < NUMBER_SIZE ||
        !text_to_u64(text_after(time, time.size - NUMBER_SIZE), self->count, &number) ||
        number == 0) {
        return UPDATES_NONE;
    }
    const record_t *made = &self->items[number - 1].record;
    if (!is_same(made, record)) {
        return UPDATES_NONE;
    }
    return made->era_ns == record->era_ns ? (update_number_t)number
                                          : find_in_era(self, (update_number_t)number, record);
}

update_number_t updates_greater(const updates_t *self, update_number_t one, update_number_t other)
{
    if (one == UPDATES_NONE || other == UPDATES_NONE) {
        return one == UPDATES_NONE ? other : one;
    }
    return is_greater(updates_record(self, other), updates_record(self, one)) ? other : one;
}

size_t updates_count(const updates_t *self)
{
    return self->count;
}

size_t updates_room(const updates_t *self)
{
    return self->maximum - self->count;
}

size_t updates_client_count(const updates_t *self)
{
    return self->client_count;
}
