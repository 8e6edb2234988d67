/* Records, questions and removals in any order at a store, against a plain list of what it must
 * hold. An input is lines, each a letter and what it is about: "m" merge a bus line, "u" one that a
 * client sends, "f" forget a client, "e" expire and "p" purge what is older than a time in seconds.
 * At the end it lists, serves and digests just these; and another store, which was sent every other
 * record, comes to agree with it, whatever was forgotten. */
#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/store/store.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENTS_MAX = 24 };

/* What the store must hold; the texts of records are in the input, or constant. */
typedef struct {
    store_t *store;
    store_t *other; /* was sent every other record; without expiry */
    size_t sent;    /* records */
    bool expires;
    store_cursor_t cursor; /* from the start */
    record_t records[CLIENTS_MAX];
    char times[CLIENTS_MAX][TIMESTAMP_SIZE]; /* the texts of those of tombstones */
    size_t count;
    int64_t horizon_ns; /* older ones are neither served nor taken */
} scene_t;

static record_t *find(scene_t *self, text_t client)
{
    for (size_t i = 0; i < self->count; i++) {
        if (text_equal(self->records[i].client, client)) {
            return &self->records[i];
        }
    }
    return NULL;
}

/* R17: an update of an earlier era that outlives the beginning of this one is of this one. */
static void raise_era(record_t *record, int64_t era_ns)
{
    if (record->era_ns < era_ns && record_outlives(record, era_ns)) {
        record->era_ns = era_ns;
    }
}

/* What must come of it; puts into the list what the store must hold then. */
static store_outcome_t expect(scene_t *self, record_t record)
{
    record_t *known = find(self, record.client);
    if (record_age_from(&record) < self->horizon_ns) {
        return STORE_EXPIRED;
    }
    if (known == NULL && self->count == CLIENTS_MAX) {
        return STORE_FULL;
    }
    if (known == NULL) {
        self->records[self->count++] = record;
        return STORE_NEWER;
    }
    int64_t known_era_ns = known->era_ns;
    raise_era(&record, known_era_ns);
    raise_era(known, record.era_ns);
    int order = record_compare_eras(&record, known);
    if (order > 0) {
        *known = record;
    }
    bool changed = order > 0 || known->era_ns != known_era_ns;
    return changed ? STORE_NEWER : order == 0 ? STORE_SAME : STORE_OLDER;
}

static void merge(scene_t *self, text_t line)
{
    record_t record;
    if (record_parse_bus_line(line, &record) != STATUS_OK) {
        return;
    }
    store_outcome_t outcome = store_merge(self->store, &record, 0);
    store_outcome_t expected = expect(self, record);
    assert(outcome == expected);
    if (self->sent++ % 2 == 0) {
        (void)store_merge(self->other, &record, 0);
    }
}

/* One that a client sends is taken, unless the client itself calls it older than what is known; or
 * it is too old, or there is no room. */
static void update(scene_t *self, text_t line)
{
    record_t record;
    if (record_parse_bus_line(line, &record) != STATUS_OK || record_is_tombstone(&record)) {
        return;
    }
    record.era_ns = 0;
    const record_t *known = find(self, record.client);
    bool is_later = known != NULL &&
                    (record_is_tombstone(known) ? record.order_time_ns != known->order_time_ns - 1
                                                : record.client_time_ns > known->client_time_ns);
    store_outcome_t outcome = store_update(self->store, &record);
    store_outcome_t expected = expect(self, record);
    assert(outcome == expected);
    assert(!is_later || outcome == STORE_NEWER || outcome == STORE_EXPIRED);
}

/* The tombstone outbids what was there. */
static void forget(scene_t *self, text_t client)
{
    record_t *known = find(self, client);
    bool forgotten = store_forget(self->store, client, TEXT("Goloman"), TIMESTAMP_NS_PER_S);
    record_t found;
    if (known == NULL || record_is_tombstone(known)) {
        assert(!forgotten);
        return;
    }
    bool is_there = store_find_any(self->store, client, &found);
    assert(is_there && record_is_tombstone(&found) == forgotten);
    if (forgotten) {
        assert(record_compare_eras(&found, known) > 0 && !record_outlives(known, found.era_ns));
        char *time = self->times[known - self->records];
        assert(found.client_time.size <= TIMESTAMP_SIZE);
        text_copy(found.client_time, time);
        found.client_time.data = time;
        found.client = known->client;
        found.origin = TEXT("Goloman");
        *known = found;
    }
}

static void expire(scene_t *self, int64_t horizon_ns)
{
    self->horizon_ns = horizon_ns;
    self->expires = true;
    store_set_horizon(self->store, horizon_ns, horizon_ns);
}

/* Takes a record out of the list, with the text of its time. */
static void drop(scene_t *self, size_t index)
{
    size_t last = --self->count;
    self->records[index] = self->records[last];
    if (self->records[index].client_time.data == self->times[last]) {
        memcpy(self->times[index], self->times[last], TIMESTAMP_SIZE);
        self->records[index].client_time.data = self->times[index];
    }
}

/* Rounds of the table, until one finds nothing. */
static void purge(scene_t *self, int64_t kept_from_ns)
{
    size_t purged = 0;
    size_t now;
    self->expires = true;
    do {
        now = store_purge(self->store, kept_from_ns, store_slot_count(self->store));
        purged += now;
    } while (now > 0);
    for (size_t i = self->count; i-- > 0;) {
        if (record_age_from(&self->records[i]) < kept_from_ns) {
            drop(self, i);
            purged--;
        }
    }
    assert(purged == 0);
}

static void take(scene_t *self, text_t line)
{
    uint64_t seconds;
    text_t rest = text_after(line, 1);
    bool has_time = text_to_u64(rest, 1 << 30, &seconds);
    switch (line.data[0]) {
    case 'm': merge(self, rest); break;
    case 'u': update(self, rest); break;
    case 'f': forget(self, rest); break;
    case 'e': expire(self, has_time ? (int64_t)seconds * TIMESTAMP_NS_PER_S : INT64_MIN); break;
    case 'p': purge(self, has_time ? (int64_t)seconds * TIMESTAMP_NS_PER_S : INT64_MIN); break;
    default: break;
    }
    assert(store_count(self->store) == self->count);
}

/* The cursor passes each record once, in the order of the changes. */
static void check_list(scene_t *self)
{
    store_entry_t entry;
    uint64_t index = 0;
    size_t seen = 0;
    while (store_cursor_peek(&self->cursor, &entry)) {
        const record_t *record = find(self, entry.record.client);
        assert(record != NULL && record_compare(record, &entry.record) == 0 && entry.index > index);
        index = entry.index;
        seen++;
        store_cursor_advance(&self->cursor);
    }
    assert(seen == self->count && index <= store_tail(self->store));
}

/* Each record is served, unless it is too old or a tombstone; the digest is that of the list. */
static void check_records(scene_t *self)
{
    static digest_t *digest; /* empty between inputs: it is large */
    record_t found;
    if (digest == NULL) {
        digest = digest_new();
    }
    for (size_t i = 0; i < self->count; i++) {
        const record_t *record = &self->records[i];
        bool served = store_find(self->store, record->client, &found);
        assert(served ==
               (record_age_from(record) >= self->horizon_ns && !record_is_tombstone(record)));
        digest_add(digest, record);
    }
    bool complete = store_digest_step(self->store, SIZE_MAX);
    assert(complete);
    assert(digest_sum_equal(digest_root(store_digest(self->store)), digest_root(digest)));
    for (size_t i = 0; i < self->count; i++) {
        digest_subtract(digest, &self->records[i]);
    }
}

/* Gives each record of one store to the other, as a link does. */
static size_t send_all(store_t *from, store_t *to)
{
    store_cursor_t cursor;
    store_entry_t entry;
    buffer_t line;
    size_t newer = 0;
    buffer_init(&line, LIMIT_RECORD_LINE_SIZE);
    store_cursor_open(from, &cursor);
    for (store_cursor_seek(&cursor, 0); store_cursor_peek(&cursor, &entry);
         store_cursor_advance(&cursor)) {
        record_t record;
        buffer_clear(&line);
        status_t status = record_append_bus_line(&entry.record, &line);
        assert(status == STATUS_OK);
        status = record_parse_bus_line(text_first(buffer_text(&line), line.size - 1), &record);
        assert(status == STATUS_OK);
        newer += store_merge(to, &record, 0) == STORE_NEWER ? 1 : 0;
    }
    store_cursor_close(&cursor);
    buffer_done(&line);
    return newer;
}

/* There and back, and once more there: then neither has anything new for the other. */
static void check_agreement(scene_t *self)
{
    store_limit_clients(self->store, SIZE_MAX);
    send_all(self->store, self->other);
    send_all(self->other, self->store);
    send_all(self->store, self->other);
    size_t newer = send_all(self->other, self->store);
    assert(newer == 0 && store_count(self->store) == store_count(self->other));
    bool complete =
        store_digest_step(self->store, SIZE_MAX) && store_digest_step(self->other, SIZE_MAX);
    assert(complete && digest_sum_equal(digest_root(store_digest(self->store)),
                                        digest_root(store_digest(self->other))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static scene_t self;
    text_t rest = {.data = (const char *)data, .size = size};
    text_t line;
    self.count = 0;
    self.horizon_ns = INT64_MIN;
    self.sent = 0;
    self.expires = false;
    self.store = store_new(CLIENTS_MAX, 1);
    self.other = store_new(SIZE_MAX, 1);
    store_cursor_open(self.store, &self.cursor);
    while (text_take_until(&rest, '\n', &line)) {
        if (line.size > 0) {
            take(&self, line);
        }
    }
    check_list(&self);
    check_records(&self);
    store_cursor_close(&self.cursor);
    if (!self.expires) {
        check_agreement(&self);
    }
    store_destroy(&self.store);
    store_destroy(&self.other);
    return 0;
}
