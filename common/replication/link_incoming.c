/* The neighbour's records to us: HELLO and DATA; what we answer: WANT, ACK, NAK, RESET, REFUSED.
 * COMPARE, LEAVES and AUDIT are in link_compare.c.
 *
 * HELLO opens a session. Our checkpoint says how far we have processed which generation of the
 * neighbour's list; from it, and from what HELLO says of generation, parent and tail, follows what
 * we need (R8, B2): the entries behind the checkpoint; those behind the last tail at which we were
 * level with the parent; or all we lack of a list that we do not know, for which we compare digests
 * (R13) or take the whole list, one neighbour's at a time (R11). A HELLO of another herd is
 * refused; one that shows that our own connection leads nowhere has it made anew (B9).
 *
 * DATA is merged line by line (B4) and moves the checkpoint to its last index. One that begins
 * beyond the checkpoint shows a gap: nothing of it is merged, and NAK asks for the rest, once for
 * each gap (B6). One of a session, generation or life of ours that is over is answered RESET (B7).
 * ACK tells the checkpoint, once for all the DATA of a turn; a little later, and for several turns,
 * if the sender said that it can wait (B5).
 *
 * What is to be answered is kept as flags: link_next_answer makes one message of each. So a burst
 * of DATA has one ACK. No answer is kept for a second try: a neighbour that misses one repeats what
 * it sent, at the latest over a new connection (B8). */
#include "common/replication/link_parts.h"

/* A connection that is not up gets this long before a HELLO has it made anew, and twice as long
 * after each time that it did not come up. Otherwise two neighbours far from each other, whose
 * HELLOs cross, would undo each other's connections for ever. */
static const int64_t reconnect_pause_ns = 200 * TIMESTAMP_NS_PER_MS;
/* If the neighbour whose list we take sends nothing for so long, the next one has its turn. */
static const int64_t filler_stalls_after_ns = 1 * TIMESTAMP_NS_PER_S;
/* How often those that wait hear that we are there: more often than dead_after (B8). */
static const int64_t still_there_ns = 1 * TIMESTAMP_NS_PER_S;
/* A HELLO may have waited for its connection as long as its sender waits for an answer (B8): for so
 * long its clock may have stood when it came. */
static const int64_t hello_delay_ns = 5 * TIMESTAMP_NS_PER_S;
/* DATA so long after COMPARE shows that this was lost: who compares sends no DATA (B11). */
static const int64_t compare_lost_after_ns = 5 * TIMESTAMP_NS_PER_S;
/* 200 ms doubled so often is more than dead_after, after which B8 makes it anew anyway. */
enum { RECONNECT_DOUBLINGS = 5 };
/* How long an ACK is held back (B5); it leaves with the next turn after that, a tick at the
 * latest. */
static const int64_t late_ack_ns = 20 * TIMESTAMP_NS_PER_MS;

/* B9: whether a HELLO of this generation shows that our connection leads nowhere: it goes to an
 * earlier life of the neighbour, or was made so long ago that it should be up by now. */
static bool connection_is_stale(const link_t *self, const generation_t *generation,
                                int64_t steady_ns)
{
    const link_outgoing_t *out = &self->out;
    if (!RULE(RENEW) || self->kind != LINK_NEIGHBOURS) {
        return false;
    }
    if (out->state == LINK_STATE_UP) {
        /* However young it is: a generation ends only once, so this cannot go on for ever. */
        return !generation_equal(&out->peer_generation, generation);
    }
    return steady_ns - out->since_ns >= reconnect_pause_ns << out->remade;
}

/* What a HELLO says. */
typedef struct {
    text_t herd;
    generation_t generation;
    uint64_t tail;
    int64_t clock_ns;
    int64_t clock_difference_ns; /* its clock minus ours */
    uint64_t records;            /* UINT64_MAX: it does not say */
    bool has_parent;
    link_checkpoint_t parent; /* see link_identity_t */
} hello_t;

/* 0123456789abcdef0123456789abcdef 4711 */
static bool parse_parent(text_t value, link_checkpoint_t *ret_parent)
{
    text_t generation;
    return text_take_until(&value, ' ', &generation) &&
           generation_parse(generation, &ret_parent->generation) &&
           text_to_u64(value, UINT64_MAX, &ret_parent->index);
}

static bool parse_hello(const link_t *self, text_t body, int64_t now_ns, hello_t *hello)
{
    text_t name;
    text_t value;
    if (!message_has_version(body) || !message_value(body, "herd", &hello->herd) ||
        !message_value(body, "name", &name) || !text_equal(name, text_of(self->neighbour)) ||
        !link_read_generation(body, &hello->generation) ||
        !message_number(body, "tail", UINT64_MAX, &hello->tail) ||
        !message_value(body, "clock", &value) || !text_to_i64(value, &hello->clock_ns) ||
        __builtin_sub_overflow(hello->clock_ns, now_ns, &hello->clock_difference_ns)) {
        return false;
    }
    if (!message_number(body, "records", UINT64_MAX, &hello->records)) {
        hello->records = UINT64_MAX;
    }
    hello->has_parent = message_value(body, "parent", &value);
    return !hello->has_parent || parse_parent(value, &hello->parent);
}

/* R8: the point in its list up to which nothing is missing here; its generation is not set. False
 * if there is none. */
static bool find_resumption(const link_t *self, const hello_t *hello,
                            link_checkpoint_t *ret_resumption)
{
    const link_incoming_t *in = &self->in;
    if (!in->known || in->checkpoint < in->repair_until) {
        return false;
    }
    if (generation_equal(&in->generation, &hello->generation) || !RULE(CHECKPOINT_GENERATION)) {
        *ret_resumption = (link_checkpoint_t){.index = in->checkpoint, .level = in->level};
        return in->checkpoint <= hello->tail;
    }
    if (self->kind == LINK_OF_FOLLOWER && RULE(FOLLOWER_PARENT)) {
        return false; /* R20: what the node has lost must go here, too */
    }
    if (!hello->has_parent || !generation_equal(&in->generation, &hello->parent.generation)) {
        return false;
    }
    /* What it recovered is its list of an earlier moment, up to the tail of that moment. When we
     * were level with it, we had all of its list of such a moment. A mere checkpoint is not enough:
     * a record may have moved behind it before we passed, and stand at its old index again. */
    uint64_t level = RULE(PARENT_LEVEL) ? in->level : in->checkpoint;
    uint64_t recovered = hello->parent.index;
    uint64_t since = level < recovered || !RULE(PARENT_TAIL) ? level : recovered;
    *ret_resumption = (link_checkpoint_t){.index = since, .level = since};
    return since <= hello->tail;
}

/* Opens the session of this HELLO; what was under way in the one before is forgotten. */
static void open_session(link_incoming_t *in, const hello_t *hello)
{
    in->open = true;
    in->generation = hello->generation;
    in->tail = hello->tail;
    in->records = hello->records;
    in->waits = in->fed = false;
    in->repair_until = 0;
    in->of_audit = in->audit_due = in->nak_sent = false;
    link_forget_answers(in);
}

/* Whether another neighbour's whole list is coming in. */
static bool another_fills(const link_t *self, int64_t steady_ns)
{
    const link_t *filler = self->group != NULL ? self->group->filler : NULL;
    if (filler == NULL || filler == self) {
        return false;
    }
    const link_incoming_t *in = &filler->in;
    return in->open && in->known && in->checkpoint < in->tail &&
           steady_ns - in->fed_ns < filler_stalls_after_ns;
}

/* We do not know its list, but how to compare: COMPARE is due, or WANT for the whole list, or
 * nothing yet (B2, B11, R11). */
static void ask_for_unknown_list(link_t *self, int64_t steady_ns)
{
    link_incoming_t *in = &self->in;
    in->waits = false;
    in->known = false;
    if (link_compare_pays(self, in->records)) {
        link_compare_start(self, false);
    } else if (in->records > LINK_COMPARE_RECORDS_MIN && another_fills(self, steady_ns)) {
        in->waits = in->ack_due = true;
        in->waited_ns = steady_ns;
    } else {
        in->known = in->want_due = true;
        in->fed_ns = steady_ns;
        if (self->group != NULL) {
            self->group->filler = self;
        }
    }
}

/* When the list of the other neighbour is here, or does not come, it is this one's turn. Until then
 * it hears that we are there. */
static void go_on_waiting(link_t *self, int64_t steady_ns)
{
    link_incoming_t *in = &self->in;
    if (!another_fills(self, steady_ns)) {
        ask_for_unknown_list(self, steady_ns);
    } else if (steady_ns - in->waited_ns >= still_there_ns) {
        in->waited_ns = steady_ns;
        in->ack_due = true;
    }
}

/* B2 */
static void answer_hello(link_t *self, const hello_t *hello, text_t body, int64_t steady_ns)
{
    link_incoming_t *in = &self->in;
    link_checkpoint_t resumption = {0};
    text_t root;
    bool resumes = find_resumption(self, hello, &resumption);
    link_compare_stop(self);
    open_session(in, hello);
    in->checkpoint = resumes ? resumption.index : 0;
    in->level = resumes ? resumption.level : 0;
    in->from_start = !resumes;
    if (resumes || !link_says_digest(body)) {
        in->known = in->want_due = true;
        return;
    }
    in->has_root = message_value(body, "root", &root) && digest_sum_parse(root, &in->root);
    ask_for_unknown_list(self, steady_ns);
}

/* B9: whether our own connection is to be made anew. */
static link_event_t judge_connection(link_t *self, int64_t steady_ns)
{
    if (!connection_is_stale(self, &self->in.generation, steady_ns)) {
        return LINK_OPENED;
    }
    bool in_vain = self->out.state != LINK_STATE_UP && self->out.remade < RECONNECT_DOUBLINGS;
    self->out.remade += in_vain && RULE(RENEW_PAUSE) ? 1 : 0;
    return LINK_RESTARTED;
}

/* No sender opens a session twice: this HELLO came before, and has been answered. A comparison
 * begun once more could wait for ever: if its COMPARE is lost, the sender, which is up already,
 * does not ask again. */
static bool is_repeated(const link_incoming_t *in, uint64_t session, const hello_t *hello)
{
    return in->open && session == in->session &&
           generation_equal(&in->generation, &hello->generation);
}

/* B1, at the receiver */
static link_event_t take_hello(link_t *self, uint64_t session, text_t body, int64_t now_ns,
                               int64_t steady_ns)
{
    link_incoming_t *in = &self->in;
    hello_t hello;
    if (!parse_hello(self, body, now_ns, &hello)) {
        return link_bad_message(self);
    }
    if (is_repeated(in, session, &hello)) {
        return LINK_NOTHING;
    }
    in->session = session;
    if (!text_equal(hello.herd, text_of(self->herd))) {
        in->open = false;
        in->refuse_due = true;
        return LINK_HERD_DIFFERS;
    }
    self->counters.clock_difference_ns = hello.clock_difference_ns;
    /* R19: a first measurement, before records come */
    offset_take(&self->clock, hello.clock_ns, steady_ns - hello_delay_ns, steady_ns);
    answer_hello(self, &hello, body, steady_ns);
    return judge_connection(self, steady_ns);
}

/* R6: the neighbour has what it sends us, as long as our records go to that same life of it. A
 * later life does not have what an earlier one sent, however late that comes. */
static uint32_t mark_of_sender(const link_t *self)
{
    bool same =
        self->out.peer_known && generation_equal(&self->in.generation, &self->out.peer_generation);
    return same && RULE(MARK_SENDER) ? self->mark : 0;
}

/* Takes the next records of `body`, at most STORE_FETCH_BATCH, and has their memory fetched: while
 * one is parsed, that of those before it arrives. Returns the count. */
static size_t take_batch(link_t *self, text_t *body, record_t *records)
{
    uint32_t hashes[STORE_FETCH_BATCH];
    size_t count = 0;
    text_t line;
    while (count < STORE_FETCH_BATCH && text_take_line(body, &line)) {
        self->counters.received++;
        if (record_parse_bus_line(line, &records[count]) != STATUS_OK) {
            self->counters.refused++;
            continue;
        }
        hashes[count] = store_fetch_begin(self->store, records[count].client);
        count++;
    }
    store_fetch_end(self->store, hashes, count);
    if (self->sink != NULL && self->sink->coming != NULL) {
        self->sink->coming(self->sink->argument, hashes, count);
    }
    return count;
}

static inline store_outcome_t take_record(link_t *self, const record_t *record, uint32_t mark)
{
    const link_sink_t *sink = self->sink;
    return sink == NULL ? store_merge(self->store, record, mark)
                        : sink->take(sink->argument, record);
}

/* B4: each line by itself. */
static void merge_records(link_t *self, text_t body)
{
    link_counters_t *counters = &self->counters;
    uint32_t mark = mark_of_sender(self);
    record_t records[STORE_FETCH_BATCH];
    size_t count;
    while ((count = take_batch(self, &body, records)) > 0) {
        for (size_t i = 0; i < count; i++) {
            switch (take_record(self, &records[i], mark)) {
            case STORE_NEWER: counters->newer++; break;
            case STORE_SAME: counters->same++; break;
            case STORE_OLDER: counters->older++; break;
            case STORE_EXPIRED: counters->expired++; break;
            case STORE_FULL:
                counters->refused++;
                self->in.lacking = true;
                break;
            }
        }
    }
}

/* 4711 0123456789abcdef0123456789abcdef 980 982     (session generation prev last)
 * 4711 0123... 980 982 fedc... level                (... receiver "level")
 * 4711 0123... 980 982 fedc... level late           (... "late")
 * 4711 0123... 980 982 fedc... level probe 17       (... "probe" number)
 * 4711 0123... 980 982 fedc... level expiry 7 5     (... "expiry" served taken: to a follower) */
typedef struct {
    uint64_t session;
    generation_t generation;
    uint64_t previous; /* index */
    uint64_t last;     /* index */
    bool has_receiver;
    generation_t receiver; /* ours, as the sender has it from our WANT */
    bool level;            /* `last` was the tail of the list */
    bool late;             /* its ACK is not waited for (B5) */
    bool has_probe;
    uint64_t probe; /* our clock is asked for (R19) */
    bool has_expiry;
    int64_t served_from_ns; /* see store_set_horizon */
    int64_t taken_from_ns;
} data_header_t;

/* Cuts `expected` off the front of the header if `word`, its first word, is that. */
static bool take_word(text_t *header, text_t *word, text_t expected)
{
    if (!text_equal(*word, expected)) {
        return false;
    }
    *word = (text_t){0};
    text_take_until(header, ' ', word);
    return true;
}

/* What may stand behind the receiver. */
static bool parse_data_options(text_t header, data_header_t *ret_header)
{
    text_t word = {0};
    text_take_until(&header, ' ', &word);
    ret_header->level = take_word(&header, &word, TEXT("level"));
    ret_header->late = take_word(&header, &word, TEXT("late"));
    ret_header->has_expiry = text_equal(word, TEXT("expiry"));
    if (ret_header->has_expiry) {
        return text_take_until(&header, ' ', &word) &&
               text_to_i64(word, &ret_header->served_from_ns) &&
               text_to_i64(header, &ret_header->taken_from_ns);
    }
    ret_header->has_probe = text_equal(word, TEXT("probe"));
    return (ret_header->has_probe && text_to_u64(header, UINT64_MAX, &ret_header->probe)) ||
           (!ret_header->has_probe && word.size == 0 && header.size == 0);
}

static bool parse_data_header(text_t header, data_header_t *ret_header)
{
    text_t session;
    text_t generation;
    text_t previous;
    text_t last;
    if (!text_take_until(&header, ' ', &session) || !text_take_until(&header, ' ', &generation) ||
        !text_take_until(&header, ' ', &previous) || !text_take_until(&header, ' ', &last)) {
        return false;
    }
    text_t receiver;
    ret_header->has_receiver = text_take_until(&header, ' ', &receiver);
    return (!ret_header->has_receiver || generation_parse(receiver, &ret_header->receiver)) &&
           parse_data_options(header, ret_header) &&
           text_to_u64(session, UINT64_MAX, &ret_header->session) &&
           generation_parse(generation, &ret_header->generation) &&
           text_to_u64(previous, UINT64_MAX, &ret_header->previous) &&
           text_to_u64(last, UINT64_MAX, &ret_header->last) &&
           ret_header->previous <= ret_header->last;
}

/* Counts what a repair brought; reports it when the repair is over (R15). */
static link_event_t advance_checkpoint(link_incoming_t *in, uint64_t last,
                                       link_counters_t *counters, uint64_t newer)
{
    bool repairs = in->checkpoint < in->repair_until;
    if (repairs && in->of_audit) {
        in->repaired += newer;
        counters->repaired += newer;
    }
    in->checkpoint = last > in->checkpoint ? last : in->checkpoint;
    bool over = repairs && in->checkpoint >= in->repair_until;
    return over && in->of_audit && in->repaired > 0 ? LINK_REPAIRED : LINK_NOTHING;
}

/* Whether it is of the session that is open, and meant for this life of ours. Otherwise, after a
 * HELLO that came late, to our next life, the sender would go on from what our earlier one had
 * (R6). */
static bool is_of_session(const link_t *self, const data_header_t *header)
{
    const link_incoming_t *in = &self->in;
    if (!in->open ||
        (header->has_receiver && !generation_equal(&header->receiver, &self->generation))) {
        return false;
    }
    return !RULE(DATA_SESSION) || (header->session == in->session &&
                                   generation_equal(&in->generation, &header->generation));
}

/* R20: what was processed already may be older by now than what came behind it: false. */
static bool take_horizon(link_t *self, const data_header_t *header)
{
    if (header->previous < self->in.checkpoint) {
        return false;
    }
    if (header->has_expiry) {
        store_set_horizon(self->store, header->served_from_ns, header->taken_from_ns);
    }
    return true;
}

/* B5 */
static void note_ack(link_incoming_t *in, bool late, int64_t steady_ns)
{
    if (!late) {
        in->ack_due = true;
    } else if (!in->ack_late) {
        in->ack_late = true;
        in->late_ns = steady_ns;
    }
}

static link_event_t take_data(link_t *self, const message_t *message, int64_t steady_ns)
{
    link_incoming_t *in = &self->in;
    data_header_t header = {0};
    if (!parse_data_header(message->header, &header)) {
        return link_bad_message(self);
    }
    if (!is_of_session(self, &header)) {
        in->reset_due = true; /* B7 */
        in->reset_session = header.session;
        return LINK_NOTHING;
    }
    if (in->comparing && steady_ns - in->compare_ns >= compare_lost_after_ns) {
        link_compare_start(self, in->of_audit);
    }
    if (header.previous > in->checkpoint && RULE(NAK)) {
        bool first = !in->nak_sent; /* B6 */
        in->nak_due = in->nak_due || first;
        in->nak_sent = true;
        self->counters.gaps += first ? 1 : 0;
        return first ? LINK_GAP : LINK_NOTHING;
    }
    if (self->kind == LINK_OF_FOLLOWER && !take_horizon(self, &header)) {
        in->ack_due = true;
        return LINK_NOTHING;
    }
    uint64_t newer = self->counters.newer;
    in->fed_ns = steady_ns;
    merge_records(self, message->body);
    link_pass_run(self);
    if (header.level && header.last > in->level) {
        in->level = header.last;
    }
    in->nak_sent = false;
    in->fed = true;
    note_ack(in, header.late, steady_ns);
    if (header.has_probe) {
        in->clock_due = true;
        in->probe = header.probe;
    }
    if (message->body.size > 0) {
        self->out.busy_ns = steady_ns;
    }
    return advance_checkpoint(in, header.last, &self->counters, self->counters.newer - newer);
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
    case MESSAGE_DATA: return take_data(self, message, steady_ns);
    case MESSAGE_LEAVES: return link_take_leaves(self, message);
    case MESSAGE_AUDIT: return link_take_audit(self, message, steady_ns);
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
    link_incoming_t *in = &self->in;
    link_start_message(self, in->session);
    link_put(&self->body, "version %d\ngeneration %.*s\ndigest %s\neras 1\nlate 1\n",
             MESSAGE_VERSION, GENERATION_SIZE, self->generation.hex, LINK_DIGEST_NAME);
    if (in->from_start) {
        link_put(&self->body, "since none\n");
    } else {
        link_put(&self->body, "since %llu\n", (unsigned long long)in->checkpoint);
    }
    if (self->sink != NULL && in->from_start) {
        self->sink->asked(self->sink->argument, in->leaves != NULL ? in->leaves->bits : NULL);
    }
    if (in->leaves != NULL) {
        link_write_leaves(self);
        link_compare_stop(self);
    }
}

/* R19 */
static void write_clock(link_t *self, int64_t now_ns)
{
    if (take_due(&self->in.clock_due) && RULE(CLOCK_IS_TOLD)) {
        link_put(&self->body, "clock %lld\nprobe %llu\n", (long long)now_ns,
                 (unsigned long long)self->in.probe);
    }
}

static void write_checkpoint(link_t *self)
{
    link_start_message(self, self->in.session);
    link_put(&self->header, " %llu", (unsigned long long)self->in.checkpoint);
}

/* B5 */
static bool take_ack_due(link_incoming_t *in, int64_t steady_ns)
{
    bool due = in->ack_due || (in->ack_late && steady_ns - in->late_ns >= late_ack_ns);
    if (due) {
        in->ack_due = in->ack_late = false;
    }
    return due;
}

bool link_next_answer(link_t *self, int64_t now_ns, int64_t steady_ns, message_t *ret_message)
{
    link_incoming_t *in = &self->in;
    message_type_t type;
    link_finish_audit(self);
    if (in->waits) {
        go_on_waiting(self, steady_ns);
    }
    if (link_write_compare(self)) {
        in->compare_ns = steady_ns;
        type = MESSAGE_COMPARE;
    } else if (take_due(&in->reset_due)) {
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
    } else if (take_ack_due(in, steady_ns)) {
        write_checkpoint(self);
        write_clock(self, now_ns);
        type = MESSAGE_ACK;
    } else {
        return false;
    }
    *ret_message = link_message_of(self, type);
    return true;
}
