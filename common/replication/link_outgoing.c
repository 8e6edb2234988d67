/* Our records to the neighbour: HELLO and DATA; what it answers: WANT, ACK, NAK, RESET, REFUSED.
 * COMPARE, LEAVES and AUDIT are in link_compare.c.
 *
 * Our half of the link is down until its connection takes messages; then HELLO opens a session
 * (B1), and WANT says from which index of our list on the neighbour needs it (B2): the cursor goes
 * there, and the link is up. From now on link_next makes DATA of what lies behind the cursor, in
 * the order of last change, less the entries that the neighbour's marks say it has (R6): up to a
 * batch each, while fewer than LINK_WINDOW are unacknowledged (R9). A slow neighbour thus finds the
 * newest record of each client at its turn, and no queue grows.
 *
 * `told` follows the messages that have left. A message that the pipe did not take puts the cursor
 * back to it; NAK puts both back to the gap (B6). ACK moves `acknowledged`, and `held` if the
 * acknowledged DATA was made at the tail (R18). When nothing was sent for a second, an empty DATA
 * shows that we are there (B8); without any answer for five seconds the link is dead, and its owner
 * makes the connection anew. RESET leads back to HELLO, on the same connection (B7). From COMPARE
 * until the next WANT, LEAVES go out instead of DATA. A WANT of another generation of the neighbour
 * voids all marks up to the tail: what its earlier life had is gone. */
#include "common/base/limits.h"
#include "common/replication/link_parts.h"

#include <assert.h>

static const int64_t heartbeat_ns = 1 * TIMESTAMP_NS_PER_S;
static const int64_t probe_each_ns = 1 * TIMESTAMP_NS_PER_S;
static const int64_t dead_after_ns = 5 * TIMESTAMP_NS_PER_S;

void link_await_acks(link_t *self, bool awaited)
{
    self->out.awaited = awaited;
}

void link_disconnected(link_t *self, int64_t steady_ns)
{
    link_compare_end(self);
    link_enter_state(self, LINK_STATE_DOWN, steady_ns);
}

void link_connected(link_t *self, int64_t steady_ns)
{
    if (self->out.state == LINK_STATE_DOWN) {
        link_enter_state(self, LINK_STATE_HELLO, steady_ns);
    }
}

bool link_is_dead(const link_t *self, int64_t steady_ns)
{
    return steady_ns - self->out.heard_ns > dead_after_ns && RULE(DEAD_AFTER);
}

/* B1 */
static void write_hello(link_t *self, int64_t now_ns)
{
    const digest_t *digest = store_digest(self->store);
    self->out.announced = store_tail(self->store);
    link_start_message(self, self->out.session + 1);
    link_put(&self->body, "versions %d\nherd %s\nname %s\n", MESSAGE_VERSION, self->herd,
             self->member);
    link_put(&self->body, "generation %.*s\ntail %llu\nclock %lld\nrecords %zu\ndigest %s\n",
             GENERATION_SIZE, self->generation.hex, (unsigned long long)self->out.announced,
             (long long)now_ns, store_count(self->store), LINK_DIGEST_NAME);
    if (self->has_parent) {
        link_put(&self->body, "parent %.*s %llu\n", GENERATION_SIZE, self->parent.generation.hex,
                 (unsigned long long)self->parent.index);
    }
    if (digest != NULL) {
        link_put_text(&self->body, TEXT("root "));
        link_put_sum(&self->body, digest_root(digest));
        link_put_text(&self->body, TEXT("\n"));
    }
}

/* Whether the entries that a repair asked for end before this one. Their DATA ends there, and is
 * sent even if it is empty, so that the receiver can tell what was missing from what is new
 * (R15). */
static bool ends_repair(const link_outgoing_t *out, const store_entry_t *entry)
{
    return out->leaves != NULL && out->told < out->leaves_until && entry->index > out->leaves_until;
}

/* R18: the cursor came to the tail over entries that the neighbour has, which no DATA will tell. It
 * holds all of the list when it has acknowledged the newest DATA, or already if none is under
 * way. */
static void note_silent_tail(link_outgoing_t *out, uint64_t tail)
{
    uint64_t *level = out->window_used > 0 ? &out->window[out->window_used - 1].level : &out->held;
    *level = tail > *level ? tail : *level;
}

/* R6: what the neighbour has is passed without reading it. Returns the count. */
static size_t pass_marked(link_t *self, size_t max)
{
    link_outgoing_t *out = &self->out;
    return out->leaves == NULL
               ? store_cursor_pass_marked(&out->cursor, self->mark, out->marks_from, max)
               : 0;
}

void link_pass_run(link_t *self)
{
    link_outgoing_t *out = &self->out;
    if (out->state == LINK_STATE_UP && !out->comparing && out->leaves == NULL &&
        store_cursor_pass_run(&out->cursor, self->mark, out->marks_from)) {
        note_silent_tail(out, store_tail(self->store));
    }
}

/* B3: fills the body from the cursor on. False if there is nothing to tell. */
static bool write_records(link_t *self)
{
    link_outgoing_t *out = &self->out;
    buffer_clear(&self->body);
    out->pending_records = 0;
    store_entry_t entry;
    bool repair_ends = false;
    for (size_t passed = pass_marked(self, LINK_ENTRIES_PER_DATA);
         passed < LINK_ENTRIES_PER_DATA && self->body.size < self->batch_size &&
         store_cursor_peek(&out->cursor, &entry);
         passed++) {
        if (ends_repair(out, &entry)) {
            store_cursor_skip(&out->cursor, out->leaves_until);
            repair_ends = true;
            break;
        }
        if (entry.index > out->passed && link_is_wanted(self, &entry)) {
            if (entry.record.era_ns != 0 && !out->peer_knows_eras) {
                entry.record.era_ns = 0;
            }
            status_t status = record_append_bus_line(&entry.record, &self->body);
            assert(status == STATUS_OK); /* a batch and one line are less than LIMIT_BODY_SIZE */
            out->pending_records++;
            store_cursor_advance(&out->cursor);
        } else {
            store_cursor_advance(&out->cursor);
            passed += pass_marked(self, LINK_ENTRIES_PER_DATA - passed);
        }
    }
    uint64_t tail = store_tail(self->store);
    bool at_tail = store_cursor_is_at_tail(&out->cursor);
    if (at_tail && RULE(PURGED_TAIL)) {
        /* An entry that was removed at the end of the list leaves no gap that the receiver would
         * wait for (R16). */
        store_cursor_skip(&out->cursor, tail);
    }
    uint64_t index = store_cursor_index(&out->cursor);
    out->pending.last = index > out->told ? index : out->told;
    out->pending.level = at_tail ? tail : 0;
    bool told = self->body.size > 0 || repair_ends;
    if (!told && at_tail) {
        note_silent_tail(out, tail);
    }
    return told;
}

/* R19: once a second, of a neighbour that knows how to answer. */
static bool probe_is_due(const link_t *self, int64_t steady_ns)
{
    const link_outgoing_t *out = &self->out;
    return self->kind != LINK_TO_FOLLOWER && out->peer_knows_eras &&
           steady_ns - out->probe_ns[out->probe % LINK_PROBES] >= probe_each_ns;
}

/* F4: a follower lets records expire by our time. */
static void write_horizon(link_t *self)
{
    int64_t served_from_ns;
    int64_t taken_from_ns;
    store_horizon(self->store, &served_from_ns, &taken_from_ns);
    link_put(&self->header, " expiry %lld %lld", (long long)served_from_ns,
             (long long)taken_from_ns);
}

/* B5: nothing waits for its ACK, neither a promise nor a clock nor room in the window. */
static bool may_be_late(const link_t *self)
{
    const link_outgoing_t *out = &self->out;
    return self->kind != LINK_TO_FOLLOWER && out->peer_acks_late && !out->awaited &&
           !out->pending_probes && out->window_used < LINK_LATE_DATA;
}

static void write_data_header(link_t *self, int64_t steady_ns)
{
    link_outgoing_t *out = &self->out;
    buffer_clear(&self->header);
    link_put(&self->header, "%llu %.*s %llu %llu", (unsigned long long)out->session,
             GENERATION_SIZE, self->generation.hex, (unsigned long long)out->told,
             (unsigned long long)out->pending.last);
    out->pending_probes = probe_is_due(self, steady_ns);
    if (out->peer_compares) {
        link_put(&self->header, " %.*s%s%s", GENERATION_SIZE, out->peer_generation.hex,
                 out->pending.level > 0 ? " level" : "", may_be_late(self) ? " late" : "");
    }
    if (out->pending_probes) {
        link_put(&self->header, " probe %llu", (unsigned long long)out->probe + 1);
    }
    if (self->kind == LINK_TO_FOLLOWER) {
        write_horizon(self);
    }
}

static bool has_room(const link_outgoing_t *out)
{
    return out->window_used < LINK_WINDOW;
}

/* Whether it is time for a DATA that says no more than that we are there (R10). */
static bool heartbeat_is_due(const link_outgoing_t *out, int64_t steady_ns)
{
    return steady_ns - out->sent_ns >= heartbeat_ns;
}

/* Whether a DATA is due even if nothing is in it: as a heartbeat; or because the neighbour, which
 * turned out to have everything up to the tail in HELLO, waits to hear so. */
static bool must_tell(const link_outgoing_t *out, int64_t steady_ns)
{
    return heartbeat_is_due(out, steady_ns) ||
           (out->told < out->announced && store_cursor_is_at_tail(&out->cursor));
}

/* The message to send while the link is up: records, a heartbeat, or an audit. */
static bool write_next(link_t *self, int64_t steady_ns)
{
    link_outgoing_t *out = &self->out;
    if (has_room(out) && (!store_cursor_is_at_tail(&out->cursor) || must_tell(out, steady_ns)) &&
        (write_records(self) || must_tell(out, steady_ns))) {
        write_data_header(self, steady_ns);
        out->pending_type = MESSAGE_DATA;
        return true;
    }
    if (link_audit_is_due(self, steady_ns) && store_digest(self->store) != NULL) {
        link_write_audit(self);
        out->pending_type = MESSAGE_AUDIT;
        return true;
    }
    return false;
}

bool link_next(link_t *self, int64_t now_ns, int64_t steady_ns, message_t *ret_message)
{
    link_outgoing_t *out = &self->out;
    if (out->state == LINK_STATE_HELLO) {
        write_hello(self, now_ns);
        out->pending_type = MESSAGE_HELLO;
    } else if (out->comparing) {
        if (!link_write_node_leaves(self)) {
            return false;
        }
        out->pending_type = MESSAGE_LEAVES;
    } else if (out->state != LINK_STATE_UP || !write_next(self, steady_ns)) {
        return false;
    }
    *ret_message = link_message_of(self, out->pending_type);
    return true;
}

static void data_was_sent(link_t *self, int64_t steady_ns)
{
    link_outgoing_t *out = &self->out;
    out->told = out->pending.last;
    out->window[out->window_used++] = out->pending;
    if (out->pending_probes) {
        out->probe_ns[++out->probe % LINK_PROBES] = steady_ns;
    }
    self->counters.sent += out->pending_records;
    if (!RULE(HELD_IS_ACKNOWLEDGED)) {
        out->held = store_tail(self->store);
    }
    if (out->pending_records > 0) {
        out->busy_ns = steady_ns;
    }
}

void link_sent(link_t *self, int64_t steady_ns)
{
    link_outgoing_t *out = &self->out;
    out->sent_ns = steady_ns;
    switch (out->pending_type) {
    case MESSAGE_HELLO:
        out->session++;
        link_enter_state(self, LINK_STATE_OPENING, steady_ns);
        break;
    case MESSAGE_LEAVES: out->next_node = out->pending_node; break;
    case MESSAGE_AUDIT:
        trickle_sent(&out->trickle);
        self->counters.audits++;
        break;
    default: data_was_sent(self, steady_ns); break;
    }
}

/* Puts the cursor behind all entries up to `index`. A follower may ask for that whenever it likes:
 * from far back its cursor starts at the beginning of the list, and passes what it has in steps. */
static void seek(link_t *self, uint64_t index)
{
    size_t steps = self->kind == LINK_TO_FOLLOWER ? LINK_FOLLOWER_STEPS : SIZE_MAX;
    bool near = store_cursor_seek_near(&self->out.cursor, index, steps);
    self->out.passed = near ? 0 : index;
}

void link_unsent(link_t *self)
{
    /* What was passed without a record need not be passed again. */
    if (self->out.pending_type == MESSAGE_DATA && self->out.pending_records > 0 &&
        RULE(UNSENT_REWINDS)) {
        seek(self, self->out.told);
    }
}

bool link_is_due(link_t *self, int64_t steady_ns)
{
    const link_outgoing_t *out = &self->out;
    if (out->comparing) {
        return out->next_node < DIGEST_NODES &&
               (out->compare_begun || store_digest(self->store) != NULL);
    }
    if (out->state != LINK_STATE_UP) {
        return out->state == LINK_STATE_HELLO;
    }
    return (has_room(out) &&
            (!store_cursor_is_at_tail(&out->cursor) || must_tell(out, steady_ns))) ||
           (link_audit_is_due(self, steady_ns) && store_digest(self->store) != NULL);
}

static void void_marks(link_t *self)
{
    self->out.marks_from = RULE(MARKS_GENERATION) ? store_tail(self->store) : 0;
}

/* R6: what an earlier life of the neighbour had, this one need not have. */
static void note_peer_generation(link_t *self, const generation_t *generation)
{
    link_outgoing_t *out = &self->out;
    if (!out->peer_known || !generation_equal(&out->peer_generation, generation)) {
        out->peer_known = true;
        out->peer_generation = *generation;
        void_marks(self);
    }
}

static void move_cursor(link_t *self, uint64_t index)
{
    seek(self, index);
    self->out.told = index;
    self->out.window_used = 0;
}

/* B2, B13, at the sender. A `since` beyond our tail contradicts B2: it is dropped, and silence (B8)
 * opens the session anew. */
static link_event_t take_want(link_t *self, text_t body, int64_t steady_ns)
{
    link_outgoing_t *out = &self->out;
    uint64_t version;
    generation_t generation;
    text_t since_text;
    text_t said;
    uint64_t since = 0;
    bool valid =
        (out->state == LINK_STATE_OPENING || out->comparing) &&
        message_number(body, "version", UINT64_MAX, &version) && version == MESSAGE_VERSION &&
        link_read_generation(body, &generation) && message_value(body, "since", &since_text) &&
        (text_equal(since_text, TEXT("none")) || text_to_u64(since_text, UINT64_MAX, &since));
    if (!valid || since > store_tail(self->store) || !link_take_wanted_leaves(self, body)) {
        return link_bad_message(self);
    }
    bool opens = out->state == LINK_STATE_OPENING;
    if (out->comparing && since > 0 && !RULE(COMPARED_TAIL)) {
        since = store_tail(self->store);
    }
    link_compare_end(self);
    note_peer_generation(self, &generation);
    if (text_equal(since_text, TEXT("none")) && out->leaves == NULL) {
        void_marks(self); /* it may have purged what it had (R16) */
    }
    out->state = LINK_STATE_UP;
    out->remade = 0;
    out->acknowledged = since;
    out->peer_compares = link_says_digest(body);
    out->peer_knows_eras = message_value(body, "eras", &said);
    out->peer_acks_late = message_value(body, "late", &said);
    move_cursor(self, since);
    if (opens) {
        trickle_start(&out->trickle, steady_ns);
    }
    return opens ? LINK_UP : LINK_NOTHING;
}

/* R19: the neighbour read its clock when that probe had come, so after it had left. */
static void take_clock_of_ack(link_t *self, text_t body, int64_t steady_ns)
{
    const link_outgoing_t *out = &self->out;
    text_t value;
    int64_t clock_ns;
    uint64_t probe;
    if (message_value(body, "clock", &value) && text_to_i64(value, &clock_ns) &&
        message_number(body, "probe", out->probe, &probe) && probe > 0 &&
        out->probe - probe < LINK_PROBES) {
        offset_take(&self->clock, clock_ns, out->probe_ns[probe % LINK_PROBES], steady_ns);
    }
}

/* B5, at the sender */
static link_event_t take_ack(link_t *self, uint64_t index)
{
    link_outgoing_t *out = &self->out;
    if (out->comparing || out->state == LINK_STATE_OPENING) {
        return LINK_NOTHING; /* it only says that the neighbour is there */
    }
    if (out->state != LINK_STATE_UP || index > out->told) {
        return link_bad_message(self);
    }
    if (index > out->acknowledged) {
        out->acknowledged = index;
    }
    unsigned done = 0;
    while (done < out->window_used && out->window[done].last <= index) {
        const link_sent_t *sent = &out->window[done++];
        uint64_t level = RULE(HELD_AT_TAIL) ? sent->level : sent->last;
        out->held = level > out->held ? level : out->held; /* R18 */
    }
    if (out->leaves != NULL && index >= out->leaves_until) {
        link_drop_leaves(self);
    }
    out->window_used -= done;
    memmove(out->window, out->window + done, out->window_used * sizeof out->window[0]);
    return LINK_NOTHING;
}

/* B6, at the sender */
static link_event_t take_nak(link_t *self, uint64_t index)
{
    if (self->out.state != LINK_STATE_UP || self->out.comparing || index > self->out.told) {
        return link_bad_message(self);
    }
    if (RULE(NAK_REWINDS)) {
        move_cursor(self, index);
    }
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
        !text_to_u64(session_text, UINT64_MAX, &session) ||
        (session != self->out.session && RULE(ANSWER_SESSION)) ||
        self->out.state < LINK_STATE_OPENING ||
        (header.size > 0 && !text_to_u64(header, UINT64_MAX, &index))) {
        return link_bad_message(self); /* B10 */
    }
    self->out.heard_ns = steady_ns;
    switch (message->type) {
    case MESSAGE_WANT: return take_want(self, message->body, steady_ns);
    case MESSAGE_COMPARE: return link_take_compare(self, index, message->body, steady_ns);
    case MESSAGE_ACK:
        if (message->body.size > 0) {
            take_clock_of_ack(self, message->body, steady_ns);
        }
        return take_ack(self, index);
    case MESSAGE_NAK: return take_nak(self, index);
    case MESSAGE_RESET:
        link_compare_end(self);
        link_enter_state(self, LINK_STATE_HELLO, steady_ns);
        return LINK_RESET; /* B7 */
    case MESSAGE_REFUSED:
        return self->kind == LINK_TO_FOLLOWER ? link_bad_message(self)
                                              : take_refused(self, message->body);
    default: return link_bad_message(self);
    }
}
