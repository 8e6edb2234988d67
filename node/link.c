#include "node/link.h"

#include "common/limits.h"
#include "common/memory.h"
#include "common/timestamp.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    WINDOW =
        8, /* DATA messages that may be unacknowledged: more only makes a slow link's values staler */
    REASON_SIZE = 128,
};

static const int64_t heartbeat_ns = 1 * TIMESTAMP_NS_PER_S;
static const int64_t dead_after_ns = 5 * TIMESTAMP_NS_PER_S;
/* A HELLO is not answered by a new connection of ours more often than this. */
static const int64_t reconnect_pause_ns = 200 * TIMESTAMP_NS_PER_MS;

/* 128 random bits, in hex. */
typedef struct {
    char hex[LINK_GENERATION_SIZE];
} generation_t;

typedef enum {
    STATE_DOWN,    /* no connection */
    STATE_HELLO,   /* connected: HELLO is to be sent */
    STATE_OPENING, /* HELLO sent, WANT awaited */
    STATE_UP,      /* WANT received: DATA flows */
} state_t;

/* Our records to the neighbour. */
typedef struct {
    state_t state;
    uint64_t session;        /* of the newest HELLO */
    store_cursor_t cursor;   /* what was put into messages */
    uint64_t told;           /* `last` of the newest DATA sent */
    uint64_t acknowledged;   /* index up to which it has processed our list */
    uint64_t marks_from;     /* marks of entries up to this index are not to be believed (R6) */
    uint64_t window[WINDOW]; /* `last` of each DATA that is not acknowledged, oldest first */
    unsigned window_used;
    bool peer_known; /* peer_generation is set */
    generation_t peer_generation;
    int64_t since_ns;         /* steady: when the connection was made or last changed state */
    int64_t heard_ns;         /* steady: last valid answer, or since_ns */
    int64_t sent_ns;          /* steady: last message */
    uint64_t pending_last;    /* `last` of the message that link_next gave out */
    uint64_t pending_records; /* records in it */
    message_type_t pending_type;
} outgoing_t;

/* The neighbour's records to us. */
typedef struct {
    bool known;              /* generation and checkpoint are set */
    generation_t generation; /* of the list that was processed ... */
    uint64_t checkpoint;     /* ... up to here */
    bool open;               /* session is set */
    uint64_t session;
    uint64_t tail;          /* of its list when it said HELLO */
    bool from_start;        /* WANT none */
    uint64_t reset_session; /* to answer RESET for */
    bool nak_sent;          /* for the present gap */
    bool want_due;
    bool refuse_due;
    bool reset_due;
    bool nak_due;
    bool ack_due;
} incoming_t;

struct link {
    store_t *store;
    char *herd;
    char *member;
    char *neighbour;
    generation_t generation; /* ours */
    uint32_t mark;           /* bit, 0 for none */
    outgoing_t out;
    incoming_t in;
    link_counters_t counters;
    char reason[REASON_SIZE]; /* of the last REFUSED */
    size_t reason_size;
    buffer_t header; /* of the message given out last */
    buffer_t body;
};

static text_t generation_text(const generation_t *generation)
{
    return (text_t){.data = generation->hex, .size = LINK_GENERATION_SIZE};
}

static bool generation_equal(const generation_t *generation, text_t text)
{
    return text_equal(generation_text(generation), text);
}

static bool generation_parse(text_t text, generation_t *ret_generation)
{
    if (text.size != LINK_GENERATION_SIZE) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        bool hex = text_is_digit(text.data[i]) || (text.data[i] >= 'a' && text.data[i] <= 'f');
        if (!hex) {
            return false;
        }
    }
    memcpy(ret_generation->hex, text.data, LINK_GENERATION_SIZE);
    return true;
}

link_t *link_new(const link_identity_t *identity, store_t *store)
{
    link_t *self = memory_new(sizeof *self);
    bool valid = generation_parse(identity->generation, &self->generation);
    assert(valid);
    self->store = store;
    self->herd = memory_copy_text(identity->herd.data, identity->herd.size);
    self->member = memory_copy_text(identity->member.data, identity->member.size);
    self->neighbour = memory_copy_text(identity->neighbour.data, identity->neighbour.size);
    self->mark = identity->mark < LIMIT_MARKED_NEIGHBOURS ? UINT32_C(1) << identity->mark : 0;
    store_cursor_open(store, &self->out.cursor);
    buffer_init(&self->header, LIMIT_HEADER_SIZE);
    buffer_init(&self->body, LIMIT_BODY_SIZE);
    return self;
}

void link_destroy(link_t **self_p)
{
    link_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    store_cursor_close(&self->out.cursor);
    buffer_done(&self->header);
    buffer_done(&self->body);
    free(self->herd);
    free(self->member);
    free(self->neighbour);
    free(self);
    *self_p = NULL;
}

/* ---- sending half ---- */

static void enter_state(link_t *self, state_t state, int64_t steady_ns)
{
    self->out.state = state;
    self->out.since_ns = steady_ns;
    self->out.heard_ns = steady_ns;
}

void link_disconnected(link_t *self, int64_t steady_ns)
{
    enter_state(self, STATE_DOWN, steady_ns);
}

void link_connected(link_t *self, int64_t steady_ns)
{
    if (self->out.state == STATE_DOWN) {
        enter_state(self, STATE_HELLO, steady_ns);
    }
}

bool link_is_dead(const link_t *self, int64_t steady_ns)
{
    return steady_ns - self->out.heard_ns > dead_after_ns;
}

/* Writes into a buffer whose maximum the caller has made large enough. */
static void put(buffer_t *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(buffer_t *out, const char *format, ...)
{
    char text[LIMIT_HEADER_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    assert(size >= 0 && (size_t)size < sizeof text);
    status_t status = buffer_append(out, text, (size_t)size);
    assert(status == STATUS_OK);
}

static message_t message_of(link_t *self, message_type_t type)
{
    return (message_t){
        .type = type, .header = buffer_text(&self->header), .body = buffer_text(&self->body)};
}

static void start_message(link_t *self, uint64_t session)
{
    buffer_clear(&self->header);
    buffer_clear(&self->body);
    put(&self->header, "%llu", (unsigned long long)session);
}

/* B1 */
static void write_hello(link_t *self, int64_t now_ns)
{
    start_message(self, self->out.session + 1);
    put(&self->body, "versions %d\nherd %s\nname %s\n", MESSAGE_VERSION, self->herd, self->member);
    put(&self->body, "generation %.*s\ntail %llu\nclock %lld\n", LINK_GENERATION_SIZE,
        self->generation.hex, (unsigned long long)store_tail(self->store), (long long)now_ns);
}

/* B3: fills the body from the cursor on. False where there is nothing to send. */
static bool write_records(link_t *self)
{
    outgoing_t *out = &self->out;
    buffer_clear(&self->body);
    out->pending_records = 0;
    store_entry_t entry;
    while (self->body.size < LIMIT_BATCH_SIZE && store_cursor_peek(&out->cursor, &entry)) {
        bool marked = (entry.marks & self->mark) != 0 && entry.index > out->marks_from;
        if (!marked) {
            status_t status = record_append_bus_line(&entry.record, &self->body);
            assert(status == STATUS_OK); /* a batch and one line are less than LIMIT_BODY_SIZE */
            out->pending_records++;
        }
        store_cursor_advance(&out->cursor);
    }
    out->pending_last = out->cursor.index;
    return self->body.size > 0;
}

static void write_data_header(link_t *self)
{
    buffer_clear(&self->header);
    put(&self->header, "%llu %.*s %llu %llu", (unsigned long long)self->out.session,
        LINK_GENERATION_SIZE, self->generation.hex, (unsigned long long)self->out.told,
        (unsigned long long)self->out.pending_last);
}

bool link_next(link_t *self, int64_t now_ns, int64_t steady_ns, message_t *ret_message)
{
    outgoing_t *out = &self->out;
    if (out->state == STATE_HELLO) {
        write_hello(self, now_ns);
        out->pending_type = MESSAGE_HELLO;
    } else if (out->state == STATE_UP) {
        if (!link_is_due(self, steady_ns) ||
            (!write_records(self) && steady_ns - out->sent_ns < heartbeat_ns)) {
            return false;
        }
        write_data_header(self);
        out->pending_type = MESSAGE_DATA;
    } else {
        return false;
    }
    *ret_message = message_of(self, out->pending_type);
    return true;
}

void link_sent(link_t *self, int64_t steady_ns)
{
    outgoing_t *out = &self->out;
    out->sent_ns = steady_ns;
    if (out->pending_type == MESSAGE_HELLO) {
        out->session++;
        enter_state(self, STATE_OPENING, steady_ns);
        return;
    }
    out->told = out->pending_last;
    out->window[out->window_used++] = out->told;
    self->counters.sent += out->pending_records;
}

void link_unsent(link_t *self)
{
    if (self->out.pending_type == MESSAGE_DATA) {
        store_cursor_seek(&self->out.cursor, self->out.told);
    }
}

bool link_is_due(const link_t *self, int64_t steady_ns)
{
    const outgoing_t *out = &self->out;
    bool something = out->cursor.next != SLAB_NONE || steady_ns - out->sent_ns >= heartbeat_ns;
    return out->state == STATE_HELLO ||
           (out->state == STATE_UP && out->window_used < WINDOW && something);
}

/* R6: what an earlier start of the neighbour had, this one need not have. */
static void note_peer_generation(link_t *self, const generation_t *generation)
{
    outgoing_t *out = &self->out;
    if (!out->peer_known || !generation_equal(&out->peer_generation, generation_text(generation))) {
        out->peer_known = true;
        out->peer_generation = *generation;
        out->marks_from = store_tail(self->store);
    }
}

static void move_cursor(link_t *self, uint64_t index)
{
    store_cursor_seek(&self->out.cursor, index);
    self->out.told = index;
    self->out.window_used = 0;
}

/* The value of `key` in a body of "key value" lines (M5); false where it is not there. */
static bool body_value(text_t body, const char *key, text_t *ret_value)
{
    text_t line;
    while (text_take_line(&body, &line)) {
        text_t name;
        if (text_take_until(&line, ' ', &name) && text_equal(name, text_of(key))) {
            *ret_value = line;
            return true;
        }
    }
    return false;
}

static bool body_number(text_t body, const char *key, uint64_t *ret_value)
{
    text_t value;
    return body_value(body, key, &value) && text_to_u64(value, UINT64_MAX, ret_value);
}

static bool body_generation(text_t body, generation_t *ret_generation)
{
    text_t value;
    return body_value(body, "generation", &value) && generation_parse(value, ret_generation);
}

static link_event_t bad_message(link_t *self)
{
    self->counters.bad_messages++;
    return LINK_BAD;
}

/* B2, at the sender. A `since` that our list never had is one of another life: all of it then. */
static link_event_t take_want(link_t *self, text_t body)
{
    uint64_t version;
    generation_t generation;
    text_t since_text;
    uint64_t since = 0;
    bool valid =
        self->out.state == STATE_OPENING && body_number(body, "version", &version) &&
        version == MESSAGE_VERSION && body_generation(body, &generation) &&
        body_value(body, "since", &since_text) &&
        (text_equal(since_text, TEXT("none")) || text_to_u64(since_text, UINT64_MAX, &since));
    if (!valid || since > store_tail(self->store)) {
        return bad_message(self);
    }
    note_peer_generation(self, &generation);
    self->out.state = STATE_UP;
    self->out.acknowledged = since;
    move_cursor(self, since);
    return LINK_UP;
}

/* B5, at the sender */
static link_event_t take_ack(link_t *self, uint64_t index)
{
    outgoing_t *out = &self->out;
    if (out->state != STATE_UP || index > out->told) {
        return bad_message(self);
    }
    if (index > out->acknowledged) {
        out->acknowledged = index;
    }
    unsigned done = 0;
    while (done < out->window_used && out->window[done] <= index) {
        done++;
    }
    out->window_used -= done;
    memmove(out->window, out->window + done, out->window_used * sizeof out->window[0]);
    return LINK_NOTHING;
}

/* B6, at the sender */
static link_event_t take_nak(link_t *self, uint64_t index)
{
    if (self->out.state != STATE_UP || index > self->out.told) {
        return bad_message(self);
    }
    move_cursor(self, index);
    return LINK_GAP;
}

static link_event_t take_refused(link_t *self, text_t body)
{
    text_t reason = {0};
    text_take_line(&body, &reason);
    reason = text_first(reason, sizeof self->reason);
    if (reason.size > 0) {
        memcpy(self->reason, reason.data, reason.size);
    }
    self->reason_size = reason.size;
    return LINK_REFUSED;
}

link_event_t link_take_answer(link_t *self, const message_t *message, int64_t steady_ns)
{
    text_t header = message->header;
    text_t session_text;
    uint64_t session;
    uint64_t index = 0;
    if (!text_take_until(&header, ' ', &session_text) ||
        !text_to_u64(session_text, UINT64_MAX, &session) || session != self->out.session ||
        self->out.state < STATE_OPENING ||
        (header.size > 0 && !text_to_u64(header, UINT64_MAX, &index))) {
        return bad_message(self); /* B10 */
    }
    self->out.heard_ns = steady_ns;
    switch (message->type) {
    case MESSAGE_WANT: return take_want(self, message->body);
    case MESSAGE_ACK: return take_ack(self, index);
    case MESSAGE_NAK: return take_nak(self, index);
    case MESSAGE_RESET: enter_state(self, STATE_HELLO, steady_ns); return LINK_RESET; /* B7 */
    case MESSAGE_REFUSED: return take_refused(self, message->body);
    default: return bad_message(self);
    }
}

/* ---- receiving half ---- */

/* B9: whether a HELLO of this generation shows that our connection leads nowhere. */
static bool connection_is_stale(const link_t *self, const generation_t *generation,
                                int64_t steady_ns)
{
    const outgoing_t *out = &self->out;
    bool level = out->state == STATE_UP && out->peer_known &&
                 generation_equal(&out->peer_generation, generation_text(generation));
    return !level && steady_ns - out->since_ns >= reconnect_pause_ns;
}

static bool speaks_our_version(text_t body)
{
    text_t versions;
    text_t version;
    if (!body_value(body, "versions", &versions)) {
        return false;
    }
    while (text_take_until(&versions, ' ', &version)) {
        uint64_t number;
        if (text_to_u64(version, UINT64_MAX, &number) && number == MESSAGE_VERSION) {
            return true;
        }
    }
    return false;
}

/* B1, B2, at the receiver */
static link_event_t take_hello(link_t *self, uint64_t session, text_t body, int64_t now_ns,
                               int64_t steady_ns)
{
    incoming_t *in = &self->in;
    text_t herd;
    text_t name;
    generation_t generation;
    uint64_t tail;
    text_t clock_text;
    int64_t clock_ns;
    if (!speaks_our_version(body) || !body_value(body, "herd", &herd) ||
        !body_value(body, "name", &name) || !body_generation(body, &generation) ||
        !body_number(body, "tail", &tail) || !body_value(body, "clock", &clock_text) ||
        !text_to_i64(clock_text, &clock_ns) || !text_equal(name, text_of(self->neighbour))) {
        return bad_message(self);
    }
    in->session = session;
    if (!text_equal(herd, text_of(self->herd))) {
        in->open = false;
        in->refuse_due = true;
        return LINK_HERD_DIFFERS;
    }
    if (__builtin_sub_overflow(clock_ns, now_ns, &self->counters.clock_difference_ns)) {
        return bad_message(self);
    }
    bool resumes = in->known && generation_equal(&in->generation, generation_text(&generation)) &&
                   in->checkpoint <= tail;
    in->from_start = !resumes;
    in->checkpoint = resumes ? in->checkpoint : 0;
    in->known = in->open = in->want_due = true;
    in->generation = generation;
    in->tail = tail;
    in->nak_sent = in->nak_due = in->ack_due = false;
    return connection_is_stale(self, &generation, steady_ns) ? LINK_RESTARTED : LINK_OPENED;
}

/* B4: each line by itself. */
static void merge_records(link_t *self, text_t body)
{
    link_counters_t *counters = &self->counters;
    text_t line;
    while (text_take_line(&body, &line)) {
        record_t record;
        counters->received++;
        if (record_parse_bus_line(line, &record) != STATUS_OK) {
            counters->refused++;
            continue;
        }
        switch (store_merge(self->store, &record, self->mark)) {
        case STORE_NEWER: counters->newer++; break;
        case STORE_SAME: counters->same++; break;
        case STORE_OLDER: counters->older++; break;
        case STORE_FULL: counters->refused++; break;
        }
    }
}

/* session generation prev last */
typedef struct {
    uint64_t session;
    text_t generation;
    uint64_t previous; /* index */
    uint64_t last;     /* index */
} data_header_t;

static bool parse_data_header(text_t header, data_header_t *ret_header)
{
    text_t session;
    text_t previous;
    return text_take_until(&header, ' ', &session) &&
           text_take_until(&header, ' ', &ret_header->generation) &&
           text_take_until(&header, ' ', &previous) &&
           text_to_u64(session, UINT64_MAX, &ret_header->session) &&
           text_to_u64(previous, UINT64_MAX, &ret_header->previous) &&
           text_to_u64(header, UINT64_MAX, &ret_header->last) &&
           ret_header->previous <= ret_header->last;
}

static link_event_t take_data(link_t *self, const message_t *message)
{
    incoming_t *in = &self->in;
    data_header_t header;
    if (!parse_data_header(message->header, &header)) {
        return bad_message(self);
    }
    if (!in->open || header.session != in->session ||
        !generation_equal(&in->generation, header.generation)) {
        in->reset_due = true; /* B7 */
        in->reset_session = header.session;
        return LINK_NOTHING;
    }
    if (header.previous > in->checkpoint) {
        bool first = !in->nak_sent; /* B6 */
        in->nak_due = in->nak_due || first;
        in->nak_sent = true;
        self->counters.gaps += first ? 1 : 0;
        return first ? LINK_GAP : LINK_NOTHING;
    }
    merge_records(self, message->body);
    in->nak_sent = false;
    in->checkpoint = header.last > in->checkpoint ? header.last : in->checkpoint;
    in->ack_due = true;
    return LINK_NOTHING;
}

link_event_t link_take(link_t *self, const message_t *message, int64_t now_ns, int64_t steady_ns)
{
    uint64_t session;
    switch (message->type) {
    case MESSAGE_HELLO:
        if (!text_to_u64(message->header, UINT64_MAX, &session)) {
            return bad_message(self);
        }
        return take_hello(self, session, message->body, now_ns, steady_ns);
    case MESSAGE_DATA: return take_data(self, message);
    default: return bad_message(self);
    }
}

static bool take_due(bool *due)
{
    bool was_due = *due;
    *due = false;
    return was_due;
}

static void write_want(link_t *self)
{
    start_message(self, self->in.session);
    put(&self->body, "version %d\ngeneration %.*s\n", MESSAGE_VERSION, LINK_GENERATION_SIZE,
        self->generation.hex);
    if (self->in.from_start) {
        put(&self->body, "since none\n");
    } else {
        put(&self->body, "since %llu\n", (unsigned long long)self->in.checkpoint);
    }
}

static void write_checkpoint(link_t *self)
{
    start_message(self, self->in.session);
    put(&self->header, " %llu", (unsigned long long)self->in.checkpoint);
}

bool link_next_answer(link_t *self, message_t *ret_message)
{
    incoming_t *in = &self->in;
    message_type_t type;
    if (take_due(&in->reset_due)) {
        start_message(self, in->reset_session);
        type = MESSAGE_RESET;
    } else if (take_due(&in->refuse_due)) {
        start_message(self, in->session);
        put(&self->body, "this member is of herd %s\n", self->herd);
        type = MESSAGE_REFUSED;
    } else if (take_due(&in->want_due)) {
        write_want(self);
        type = MESSAGE_WANT;
    } else if (take_due(&in->nak_due)) {
        write_checkpoint(self);
        type = MESSAGE_NAK;
    } else if (take_due(&in->ack_due)) {
        write_checkpoint(self);
        type = MESSAGE_ACK;
    } else {
        return false;
    }
    *ret_message = message_of(self, type);
    return true;
}

/* ---- what others want to know ---- */

bool link_is_up(const link_t *self)
{
    return self->out.state == STATE_UP;
}

bool link_is_down(const link_t *self)
{
    return self->out.state == STATE_DOWN;
}

bool link_is_level(const link_t *self)
{
    return self->out.state == STATE_UP && self->out.cursor.next == SLAB_NONE &&
           self->out.window_used == 0;
}

bool link_has_heard(const link_t *self)
{
    return self->in.open;
}

bool link_has_caught_up(const link_t *self)
{
    return self->in.open && self->in.checkpoint >= self->in.tail;
}

uint64_t link_lag(const link_t *self)
{
    uint64_t tail = store_tail(self->store);
    return tail > self->out.acknowledged ? tail - self->out.acknowledged : 0;
}

const link_counters_t *link_counters(const link_t *self)
{
    return &self->counters;
}

text_t link_reason(const link_t *self)
{
    return (text_t){.data = self->reason, .size = self->reason_size};
}
