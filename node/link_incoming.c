/* The neighbour's records to us: HELLO, DATA; what we answer: WANT, ACK, NAK, RESET, REFUSED. */
#include "node/link_parts.h"

/* A connection that is not up gets this long before a HELLO has it made anew, and twice as long each time that it did not
 * come up: two neighbours far from each other, whose HELLOs cross, would else undo each other's connections for ever. */
static const int64_t reconnect_pause_ns = 200 * TIMESTAMP_NS_PER_MS;
/* 200 ms doubled so often is more than dead_after, when B8 makes it anew anyway. */
enum { RECONNECT_DOUBLINGS = 5 };

/* B9: whether a HELLO of this generation shows that our connection leads nowhere: it goes to an earlier life of the
 * neighbour, or was made long enough ago to be up by now if it could. */
static bool connection_is_stale(const link_t *self, const generation_t *generation,
                                int64_t steady_ns)
{
    const link_outgoing_t *out = &self->out;
    if (out->state == LINK_STATE_UP) {
        /* However young: a generation ends but once, so this cannot go on and on. */
        return !generation_equal(&out->peer_generation, generation);
    }
    return steady_ns - out->since_ns >= reconnect_pause_ns << out->remade;
}

/* B1, B2, at the receiver */
static link_event_t take_hello(link_t *self, uint64_t session, text_t body, int64_t now_ns,
                               int64_t steady_ns)
{
    link_incoming_t *in = &self->in;
    text_t herd;
    text_t name;
    generation_t generation;
    uint64_t tail;
    text_t clock_text;
    int64_t clock_ns;
    int64_t difference_ns;
    if (!message_has_version(body) || !message_value(body, "herd", &herd) ||
        !message_value(body, "name", &name) || !link_read_generation(body, &generation) ||
        !message_number(body, "tail", UINT64_MAX, &tail) ||
        !message_value(body, "clock", &clock_text) || !text_to_i64(clock_text, &clock_ns) ||
        __builtin_sub_overflow(clock_ns, now_ns, &difference_ns) ||
        !text_equal(name, text_of(self->neighbour))) {
        return link_bad_message(self);
    }
    in->session = session;
    if (!text_equal(herd, text_of(self->herd))) {
        in->open = false;
        in->refuse_due = true;
        return LINK_HERD_DIFFERS;
    }
    self->counters.clock_difference_ns = difference_ns;
    bool resumes =
        in->known && generation_equal(&in->generation, &generation) && in->checkpoint <= tail;
    in->from_start = !resumes;
    in->checkpoint = resumes ? in->checkpoint : 0;
    in->known = in->open = in->want_due = true;
    in->generation = generation;
    in->tail = tail;
    in->nak_sent = in->nak_due = in->ack_due = false;
    if (!connection_is_stale(self, &generation, steady_ns)) {
        return LINK_OPENED;
    }
    bool in_vain = self->out.state != LINK_STATE_UP && self->out.remade < RECONNECT_DOUBLINGS;
    self->out.remade += in_vain ? 1 : 0;
    return LINK_RESTARTED;
}

/* R6: the neighbour has what it sends us, as long as it is the one that our records go to. One that has started
 * anew since then has not what its earlier life sent, however late that comes. */
static uint32_t mark_of_sender(const link_t *self)
{
    bool same =
        self->out.peer_known && generation_equal(&self->in.generation, &self->out.peer_generation);
    return same ? self->mark : 0;
}

/* B4: each line by itself. */
static void merge_records(link_t *self, text_t body)
{
    link_counters_t *counters = &self->counters;
    uint32_t mark = mark_of_sender(self);
    text_t line;
    while (text_take_line(&body, &line)) {
        record_t record;
        counters->received++;
        if (record_parse_bus_line(line, &record) != STATUS_OK) {
            counters->refused++;
            continue;
        }
        switch (store_merge(self->store, &record, mark)) {
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
    generation_t generation;
    uint64_t previous; /* index */
    uint64_t last;     /* index */
} data_header_t;

static bool parse_data_header(text_t header, data_header_t *ret_header)
{
    text_t session;
    text_t generation;
    text_t previous;
    return text_take_until(&header, ' ', &session) && text_take_until(&header, ' ', &generation) &&
           text_take_until(&header, ' ', &previous) &&
           text_to_u64(session, UINT64_MAX, &ret_header->session) &&
           generation_parse(generation, &ret_header->generation) &&
           text_to_u64(previous, UINT64_MAX, &ret_header->previous) &&
           text_to_u64(header, UINT64_MAX, &ret_header->last) &&
           ret_header->previous <= ret_header->last;
}

static link_event_t take_data(link_t *self, const message_t *message)
{
    link_incoming_t *in = &self->in;
    data_header_t header;
    if (!parse_data_header(message->header, &header)) {
        return link_bad_message(self);
    }
    if (!in->open || header.session != in->session ||
        !generation_equal(&in->generation, &header.generation)) {
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
            return link_bad_message(self);
        }
        return take_hello(self, session, message->body, now_ns, steady_ns);
    case MESSAGE_DATA: return take_data(self, message);
    default: return link_bad_message(self);
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
    link_start_message(self, self->in.session);
    link_put(&self->body, "version %d\ngeneration %.*s\n", MESSAGE_VERSION, GENERATION_SIZE,
             self->generation.hex);
    if (self->in.from_start) {
        link_put(&self->body, "since none\n");
    } else {
        link_put(&self->body, "since %llu\n", (unsigned long long)self->in.checkpoint);
    }
}

static void write_checkpoint(link_t *self)
{
    link_start_message(self, self->in.session);
    link_put(&self->header, " %llu", (unsigned long long)self->in.checkpoint);
}

bool link_next_answer(link_t *self, message_t *ret_message)
{
    link_incoming_t *in = &self->in;
    message_type_t type;
    if (take_due(&in->reset_due)) {
        link_start_message(self, in->reset_session);
        type = MESSAGE_RESET;
    } else if (take_due(&in->refuse_due)) {
        link_start_message(self, in->session);
        link_put(&self->body, "this member is of herd %s\n", self->herd);
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
    *ret_message = link_message_of(self, type);
    return true;
}
