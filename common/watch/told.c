/* A client of the set is one of:
 *
 *   new      waits; the watcher does not know it        told_settle: it enters, or goes unheard of
 *   known    the watcher was told that it is in view    a mark makes it wait: it moves, or leaves
 *   left     the watcher was told that it left          a mark makes it wait: it enters again, or
 *                                                       still has left
 *
 * Those that wait are chained in the order of the changes that made them wait, and each has the
 * index of that change. So all that changed before the first one's is told: that minus 1 is what an
 * event may say (told_index). When a client is settled it keeps the index: the watcher has surely
 * received the event if it names an index that is not less (told_resume). Those that left are
 * chained too, the oldest first: it goes where room is needed.
 *
 * While a watcher that came back is learnt anew (told_begin with a base), it may know whoever is
 * not in the set yet: such a client is known to it, and its last event may be lost. Those that
 * changed since and are elsewhere are in doubt: as the others, but they take no room of the view's
 * until they are settled. */
#include "common/watch/told.h"

#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>

#define NONE UINT32_MAX

enum {
    ENTRIES_MIN = 4,
    BUCKETS = 2, /* to an entry that there is room for */
};

typedef enum { NEW, KNOWN, LEFT } state_t;

typedef struct {
    uint64_t index; /* of the change it waits for, or was settled for */
    told_client_t client;
    uint32_t next; /* in its chain; NONE */
    uint32_t previous;
    uint8_t state;     /* state_t */
    bool is_waiting;   /* in the chain of those that wait */
    bool is_unchanged; /* it waits only because the view changed */
    bool is_repeated;  /* it waits because its last event may be lost */
    bool is_doubt;     /* it waits, and takes no room */
} entry_t;

typedef struct {
    uint32_t first;
    uint32_t last;
    uint32_t count;
} chain_t;

/* Of an idle watcher this is all that there is, so counts are no larger than TOLD_MAX asks. */
struct told {
    entry_t *entries;  /* without gaps */
    uint32_t *buckets; /* open addressing: places of entries, plus 1; 0: free */
    uint32_t maximum;
    uint32_t count;
    uint32_t capacity; /* of `entries`, a power of two; 0: none, and no buckets */
    chain_t waiting;   /* by index */
    chain_t left;      /* by index */
    uint32_t known;
    uint32_t doubts;
    bool is_scanning;
    bool is_cut;
    uint64_t base;      /* while scanning: the watcher knows who changed no later; 0: no one */
    uint64_t floor;     /* what events say while scanning */
    uint64_t forgotten; /* the latest index of a client that left and was forgotten */
};

told_t *told_new(size_t maximum)
{
    assert(maximum > 0 && maximum <= TOLD_MAX);
    told_t *self = memory_new(sizeof *self);
    self->maximum = (uint32_t)maximum;
    self->waiting = (chain_t){.first = NONE, .last = NONE};
    self->left = self->waiting;
    return self;
}

void told_destroy(told_t **self_p)
{
    if (*self_p != NULL) {
        free((*self_p)->entries);
        free((*self_p)->buckets);
        free(*self_p);
        *self_p = NULL;
    }
}

/* Chains */

static void chain_append(told_t *self, chain_t *chain, uint32_t place)
{
    self->entries[place].previous = chain->last;
    self->entries[place].next = NONE;
    if (chain->last == NONE) {
        chain->first = place;
    } else {
        self->entries[chain->last].next = place;
    }
    chain->last = place;
    chain->count++;
}

static void chain_prepend(told_t *self, chain_t *chain, uint32_t place)
{
    self->entries[place].previous = NONE;
    self->entries[place].next = chain->first;
    if (chain->first == NONE) {
        chain->last = place;
    } else {
        self->entries[chain->first].previous = place;
    }
    chain->first = place;
    chain->count++;
}

static void chain_take_out(told_t *self, chain_t *chain, uint32_t place)
{
    const entry_t *entry = &self->entries[place];
    if (entry->previous == NONE) {
        chain->first = entry->next;
    } else {
        self->entries[entry->previous].next = entry->next;
    }
    if (entry->next == NONE) {
        chain->last = entry->previous;
    } else {
        self->entries[entry->next].previous = entry->previous;
    }
    chain->count--;
}

/* The chain that an entry is in; NULL if none. */
static chain_t *chain_of(told_t *self, const entry_t *entry)
{
    return entry->is_waiting ? &self->waiting : (entry->state == LEFT ? &self->left : NULL);
}

/* The table */

static size_t bucket_mask(const told_t *self)
{
    return (size_t)BUCKETS * self->capacity - 1;
}

static size_t home_of(const told_t *self, uint32_t handle)
{
    return (size_t)((handle * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & bucket_mask(self);
}

/* The bucket of a client, or the free one where it would be. */
static size_t bucket_of(const told_t *self, uint32_t handle)
{
    size_t bucket = home_of(self, handle);
    while (self->buckets[bucket] != 0 &&
           self->entries[self->buckets[bucket] - 1].client.handle != handle) {
        bucket = (bucket + 1) & bucket_mask(self);
    }
    return bucket;
}

static uint32_t find(const told_t *self, uint32_t handle)
{
    return self->capacity == 0 ? NONE : self->buckets[bucket_of(self, handle)] - 1;
}

/* Makes room for so many entries, which is no less than there are. */
static void resize(told_t *self, uint32_t capacity)
{
    self->capacity = capacity;
    self->entries = memory_resize(self->entries, capacity * sizeof *self->entries);
    free(self->buckets);
    self->buckets = memory_new_array((size_t)BUCKETS * capacity, sizeof *self->buckets);
    for (uint32_t i = 0; i < self->count; i++) {
        self->buckets[bucket_of(self, self->entries[i].client.handle)] = i + 1;
    }
}

static void free_bucket(told_t *self, size_t gap)
{
    const size_t mask = bucket_mask(self);
    self->buckets[gap] = 0;
    for (size_t i = (gap + 1) & mask; self->buckets[i] != 0; i = (i + 1) & mask) {
        size_t home = home_of(self, self->entries[self->buckets[i] - 1].client.handle);
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            self->buckets[gap] = self->buckets[i];
            self->buckets[i] = 0;
            gap = i;
        }
    }
}

/* Gives memory back where most of it is unused. */
static void shrink(told_t *self)
{
    if (self->count == 0) {
        free(self->entries);
        free(self->buckets);
        self->entries = NULL;
        self->buckets = NULL;
        self->capacity = 0;
    } else if (self->capacity > ENTRIES_MIN && self->count <= self->capacity / 4) {
        resize(self, self->capacity / 2);
    }
}

static void remove_entry(told_t *self, uint32_t place)
{
    entry_t *entry = &self->entries[place];
    chain_t *chain = chain_of(self, entry);
    uint32_t last = self->count - 1;
    if (chain != NULL) {
        chain_take_out(self, chain, place);
    }
    self->known -= entry->state == KNOWN;
    self->doubts -= entry->is_doubt;
    free_bucket(self, bucket_of(self, entry->client.handle));
    if (place != last) { /* the last one fills its place */
        self->buckets[bucket_of(self, self->entries[last].client.handle)] = place + 1;
        *entry = self->entries[last];
        chain = chain_of(self, entry);
        if (chain != NULL) {
            *(entry->previous == NONE ? &chain->first : &self->entries[entry->previous].next) =
                place;
            *(entry->next == NONE ? &chain->last : &self->entries[entry->next].previous) = place;
        }
    }
    self->count--;
    shrink(self);
}

/* Forgets one that left. */
static void forget(told_t *self, uint32_t place)
{
    uint64_t index = self->entries[place].index;
    self->forgotten = index > self->forgotten ? index : self->forgotten;
    remove_entry(self, place);
}

/* Adds a client in no chain, whatever room there is. */
static uint32_t append_entry(told_t *self, told_client_t client, state_t state, uint64_t index)
{
    if (self->count == self->capacity) {
        resize(self, self->capacity == 0 ? ENTRIES_MIN : 2 * self->capacity);
    }
    uint32_t place = self->count++;
    self->entries[place] = (entry_t){.client = client, .index = index, .state = (uint8_t)state};
    self->buckets[bucket_of(self, client.handle)] = place + 1;
    self->known += state == KNOWN;
    return place;
}

/* The same; NONE if there is no room. */
static uint32_t add_entry(told_t *self, told_client_t client, state_t state, uint64_t index)
{
    if (self->count - self->doubts >= self->maximum && self->left.count > 0) {
        forget(self, self->left.first);
    }
    if (self->count - self->doubts >= self->maximum) {
        self->is_cut = true;
        return NONE;
    }
    return append_entry(self, client, state, index);
}

/* The states */

static void set_state(told_t *self, entry_t *entry, state_t state)
{
    self->known -= entry->state == KNOWN;
    self->known += state == KNOWN;
    entry->state = (uint8_t)state;
}

/* Finds a client, and lets another one go that had its handle before. STATUS_NOT_FOUND: a place is
 * still to be made. */
static status_t look_up(told_t *self, told_client_t client, uint32_t *ret_place)
{
    uint32_t place = find(self, client.handle);
    if (place == NONE) {
        return STATUS_NOT_FOUND;
    }
    entry_t *entry = &self->entries[place];
    if (entry->client.serial == client.serial) {
        *ret_place = place;
        return STATUS_OK;
    }
    if (entry->state == KNOWN || entry->is_repeated) {
        return STATUS_DAMAGED; /* the watcher has to hear that it left */
    }
    if (entry->state == LEFT) {
        forget(self, place);
    } else {
        remove_entry(self, place);
    }
    return STATUS_NOT_FOUND;
}

static void begin(told_t *self, uint64_t base, uint64_t floor)
{
    self->base = base;
    self->floor = floor;
    self->is_scanning = true;
    self->is_cut = false;
}

void told_begin(told_t *self, uint64_t base, uint64_t tail)
{
    assert(self->count == 0);
    self->forgotten = tail;
    begin(self, base, base);
}

/* A client that the watcher does not know, or not any more, waits before all that changed later. */
static void wait_first(told_t *self, uint32_t place, uint64_t index)
{
    self->entries[place].index = index;
    self->entries[place].is_waiting = true;
    chain_prepend(self, &self->waiting, place);
}

status_t told_scan(told_t *self, told_client_t client, uint64_t index)
{
    uint32_t place;
    status_t status = look_up(self, client, &place);
    if (status == STATUS_DAMAGED || (status == STATUS_OK && self->entries[place].state != LEFT)) {
        return status; /* known, or about to be */
    }
    if (status == STATUS_OK) {
        if (!self->entries[place].is_waiting) { /* it is back, and no mark has said so */
            chain_take_out(self, &self->left, place);
            wait_first(self, place, self->floor + 1);
        }
        return STATUS_OK;
    }
    bool is_known = index <= self->base;
    place = add_entry(self, client, self->base > 0 ? KNOWN : NEW, index);
    if (place == NONE) {
        return STATUS_FULL;
    }
    if (!is_known) {
        self->entries[place].is_repeated = self->base > 0;
        wait_first(self, place, self->floor + 1);
    }
    return STATUS_OK;
}

status_t told_doubt(told_t *self, told_client_t client)
{
    uint32_t place;
    assert(self->is_scanning && self->base > 0);
    status_t status = look_up(self, client, &place);
    if (status == STATUS_NOT_FOUND) {
        if (self->doubts == TOLD_DOUBTS_MAX) {
            return STATUS_FULL;
        }
        place = append_entry(self, client, KNOWN, self->base);
        self->entries[place].is_doubt = true;
        self->doubts++;
        status = STATUS_OK;
    }
    if (status == STATUS_OK) {
        entry_t *entry = &self->entries[place];
        entry->is_repeated = true;
        if (!entry->is_waiting) {
            if (entry->state == LEFT) {
                chain_take_out(self, &self->left, place);
            }
            wait_first(self, place, self->floor + 1);
        }
    }
    return status;
}

void told_end(told_t *self)
{
    self->is_scanning = false;
    self->base = 0;
}

static void wait_last(told_t *self, uint32_t place, uint64_t index)
{
    self->entries[place].index = index;
    self->entries[place].is_waiting = true;
    chain_append(self, &self->waiting, place);
}

status_t told_mark(told_t *self, told_client_t client, bool is_in, uint64_t index)
{
    uint32_t place;
    status_t status = look_up(self, client, &place);
    if (status == STATUS_DAMAGED) {
        return status;
    }
    if (status != STATUS_OK) {
        if (!is_in && self->base == 0) {
            return STATUS_OK; /* it came and went unheard of */
        }
        place = add_entry(self, client, self->base > 0 ? KNOWN : NEW, index);
        if (place == NONE) {
            return STATUS_FULL;
        }
        self->entries[place].is_repeated = self->base > 0;
    }
    entry_t *entry = &self->entries[place];
    entry->is_unchanged = false;
    if (!is_in && entry->state == NEW) {
        remove_entry(self, place);
    } else if (!entry->is_waiting && (is_in || entry->state == KNOWN)) {
        if (entry->state == LEFT) {
            chain_take_out(self, &self->left, place);
        }
        wait_last(self, place, index);
    }
    return STATUS_OK;
}

/* All come before the first event of a later index: that is of the new view alone. */
void told_recheck(told_t *self, uint64_t tail)
{
    begin(self, 0, told_index(self, tail));
    for (uint32_t i = 0; i < self->count; i++) {
        entry_t *entry = &self->entries[i];
        /* Who waits already may have changed where the last view was not. */
        entry->is_unchanged = entry->state == KNOWN && !entry->is_waiting;
        if (entry->is_unchanged) {
            wait_first(self, i, self->floor + 1);
        } else if (entry->is_waiting) {
            entry->index = self->floor + 1;
        }
    }
}

/* Makes those wait again whose last event may be lost. Of those that wait it is not known. */
static void repeat(told_t *self, uint64_t index)
{
    for (uint32_t i = 0; i < self->count; i++) {
        entry_t *entry = &self->entries[i];
        if (entry->state == NEW || (!entry->is_waiting && entry->index <= index)) {
            continue;
        }
        entry->is_repeated = true;
        if (entry->is_waiting) {
            continue;
        }
        if (entry->state == LEFT) {
            chain_take_out(self, &self->left, i);
        }
        wait_first(self, i, index + 1);
    }
}

bool told_resume(told_t *self, uint64_t index)
{
    bool was_said = self->waiting.count == 0 || index < self->entries[self->waiting.first].index;
    if (index == 0 || index < self->forgotten || !was_said) {
        return false;
    }
    repeat(self, index);
    return true;
}

void told_forget_left(told_t *self, uint64_t index)
{
    while (self->left.count > 0) {
        assert(self->entries != NULL); /* where a chain has someone */
        if (self->entries[self->left.first].index > index) {
            break;
        }
        forget(self, self->left.first);
    }
}

bool told_next(const told_t *self, told_client_t *ret_client)
{
    if (self->waiting.count == 0) {
        return false;
    }
    *ret_client = self->entries[self->waiting.first].client;
    return true;
}

/* What a client's being in the view, or not, means to the watcher. */
static told_event_t event_of(const entry_t *entry, bool is_in)
{
    bool is_known = entry->state == KNOWN;
    if (!is_in) {
        return is_known || entry->is_repeated ? TOLD_LEAVE : TOLD_NOTHING;
    }
    if (!is_known || entry->is_repeated) {
        return TOLD_ENTER;
    }
    return entry->is_unchanged ? TOLD_NOTHING : TOLD_MOVE;
}

/* A client that was in doubt takes room from now on; false: there is none for one in view. */
static bool take_room(told_t *self)
{
    if (self->count - self->doubts > self->maximum && self->left.count > 0) {
        forget(self, self->left.first);
    }
    return self->count - self->doubts <= self->maximum;
}

told_event_t told_settle(told_t *self, bool is_in)
{
    assert(self->waiting.count > 0);
    if (self->entries[self->waiting.first].is_doubt) {
        self->entries[self->waiting.first].is_doubt = false;
        self->doubts--;
        if (!take_room(self) && is_in) {
            self->is_cut = true; /* it is left out, as in a new set */
            is_in = false;
        }
    }
    assert(self->entries != NULL); /* where a chain has someone */
    uint32_t place = self->waiting.first;
    entry_t *entry = &self->entries[place];
    told_event_t event = event_of(entry, is_in);
    if (!is_in && entry->state == NEW) {
        remove_entry(self, place);
        return event;
    }
    chain_take_out(self, &self->waiting, place);
    entry->is_waiting = false;
    entry->is_unchanged = false;
    entry->is_repeated = false;
    set_state(self, entry, is_in ? KNOWN : LEFT);
    if (!is_in) {
        chain_append(self, &self->left, place);
        (void)take_room(self);
    }
    return event;
}

uint64_t told_index(const told_t *self, uint64_t tail)
{
    uint64_t index = self->waiting.count > 0 ? self->entries[self->waiting.first].index - 1 : tail;
    return self->is_scanning && index > self->floor ? self->floor : index;
}

bool told_is_cut(const told_t *self)
{
    return self->is_cut;
}

bool told_knows(const told_t *self, told_client_t client)
{
    uint32_t place = find(self, client.handle);
    return place != NONE && self->entries[place].client.serial == client.serial &&
           self->entries[place].state == KNOWN;
}

size_t told_count(const told_t *self)
{
    return self->known;
}

size_t told_waiting(const told_t *self)
{
    return self->waiting.count;
}

size_t told_memory(const told_t *self)
{
    return sizeof *self + self->capacity * sizeof *self->entries +
           self->capacity * (size_t)BUCKETS * sizeof *self->buckets;
}
