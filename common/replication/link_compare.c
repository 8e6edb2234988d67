/* Which records differ, by the digest, and audits: COMPARE, LEAVES, AUDIT.
 *
 * A receiver that cannot resume (R8) and has many records itself does not take the whole list: it
 * begins a comparison (R13, B11). As soon as the store's digest is complete, COMPARE shows the
 * sender the sums of our 256 nodes; or, if the HELLO told us a root equal to ours, WANT says at
 * once that nothing is missing. The sender notes its tail, then answers with LEAVES: the 256 leaves
 * of each node that differs from its own, 64 KiB a message, until all nodes are covered (B12). A
 * LEAVES that is lost begins the comparison anew. When the last one has come, WANT names the leaves
 * that differ (B13), and the sender goes through its list from the beginning: up to the noted tail
 * it sends only entries in these leaves, whatever their marks say, behind it what it always sends.
 * Whatever changed while leaves were read has an index beyond the noted tail, so nothing is missed.
 *
 * On a link that is quiet and level both ways, the Trickle timer has the sender send AUDIT with its
 * root (R15, B14). The receiver decides when its own digest is complete and nothing has changed
 * since: equal roots end it, others begin a comparison. What such a repair brings is counted and
 * reported, because no rule explains how it came to be missing.
 *
 * While the digest is not complete, link_wants_digest makes the owner of the store compute it:
 * nothing here waits. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/replication/link_parts.h"

#include <assert.h>
#include <stdlib.h>

static const int64_t quiet_ns = 1 * TIMESTAMP_NS_PER_S;

enum {
    LEAF_DIGITS = 4, /* hex, of a leaf's number */
    /* A node's line in LEAVES: its number and its leaves, a space before each, LF. */
    NODE_LINE_SIZE = 3 + DIGEST_NODE_LEAVES * (1 + DIGEST_SUM_SIZE) + 1,
};

static bool leaf_is_set(const link_leaves_t *leaves, unsigned leaf)
{
    return (leaves->bits[leaf / 64] >> leaf % 64 & 1) != 0;
}

static void set_leaf(link_leaves_t *leaves, unsigned leaf)
{
    leaves->count += leaf_is_set(leaves, leaf) ? 0 : 1;
    leaves->bits[leaf / 64] |= UINT64_C(1) << leaf % 64;
}

/* The receiver */

bool link_compare_pays(const link_t *self, uint64_t records)
{
    uint64_t count = store_count(self->store);
    return records > LINK_COMPARE_RECORDS_MIN && count >= records / LINK_COMPARE_RATIO_MAX;
}

void link_compare_start(link_t *self, bool of_audit)
{
    link_incoming_t *in = &self->in;
    link_compare_stop(self);
    in->compare_number++;
    in->leaves = memory_new(sizeof *in->leaves);
    in->compare_due = true;
    in->of_audit = of_audit;
    in->next_node = 0;
    in->compared_tail = UINT64_MAX;
}

void link_compare_stop(link_t *self)
{
    link_incoming_t *in = &self->in;
    in->compare_due = in->comparing = false;
    free(in->leaves);
    in->leaves = NULL;
}

/* Has WANT due, since `index` of the neighbour's list, at which we are level with it. */
static void want_since(link_t *self, uint64_t index)
{
    link_incoming_t *in = &self->in;
    in->known = true;
    in->checkpoint = in->level = index;
    in->from_start = false;
    in->want_due = true;
}

/* B11 */
bool link_write_compare(link_t *self)
{
    link_incoming_t *in = &self->in;
    const digest_t *digest = store_digest(self->store);
    if (!in->compare_due || digest == NULL) {
        return false;
    }
    if (!in->of_audit && in->has_root && digest_sum_equal(in->root, digest_root(digest))) {
        link_compare_stop(self);
        want_since(self, in->tail);
        return false;
    }
    in->compare_due = false;
    in->comparing = true;
    self->counters.comparisons++;
    link_start_message(self, in->session);
    link_put(&self->header, " %llu", (unsigned long long)in->compare_number);
    for (unsigned node = 0; node < DIGEST_NODES; node++) {
        link_put_sum(&self->body, digest_node(digest, node));
        link_put_text(&self->body, TEXT("\n"));
    }
    return true;
}

/* 7 0123456789abcdef0123456789abcdef ...     (256 sums: the leaves of node 7) */
static bool parse_node(text_t line, unsigned *ret_node, digest_sum_t leaves[DIGEST_NODE_LEAVES])
{
    text_t part;
    uint64_t node;
    if (!text_take_until(&line, ' ', &part) || !text_to_u64(part, DIGEST_NODES - 1, &node)) {
        return false;
    }
    for (unsigned i = 0; i < DIGEST_NODE_LEAVES; i++) {
        if (!text_take_until(&line, ' ', &part) || !digest_sum_parse(part, &leaves[i])) {
            return false;
        }
    }
    *ret_node = (unsigned)node;
    return line.size == 0;
}

/* Notes which leaves differ from ours as it is now. False if malformed. */
static bool note_leaves(link_t *self, text_t body)
{
    digest_sum_t theirs[DIGEST_NODE_LEAVES];
    text_t line;
    unsigned node;
    /* It was complete when COMPARE was sent: only what came since is left to be counted. */
    bool complete = store_digest_step(self->store, SIZE_MAX);
    assert(complete);
    const digest_t *digest = store_digest(self->store);
    while (text_take_line(&body, &line)) {
        if (!parse_node(line, &node, theirs)) {
            return false;
        }
        for (unsigned i = 0; i < DIGEST_NODE_LEAVES; i++) {
            unsigned leaf = node * DIGEST_NODE_LEAVES + i;
            if (!digest_sum_equal(theirs[i], digest_leaf(digest, leaf))) {
                set_leaf(self->in.leaves, leaf);
            }
        }
    }
    return true;
}

/* All nodes are covered: asks for what differs. */
static void finish_compare(link_t *self)
{
    link_incoming_t *in = &self->in;
    in->comparing = false;
    if (in->leaves->count == 0) {
        link_compare_stop(self);
        want_since(self, in->compared_tail);
        return;
    }
    in->known = in->from_start = in->want_due = true;
    in->checkpoint = in->level = 0;
    /* Records behind what was processed when the AUDIT came are not missing: they are on their
     * way. */
    in->repair_until =
        in->of_audit && in->audited < in->compared_tail ? in->audited : in->compared_tail;
    in->repaired = 0;
}

/* 4711 1 982 0 16     (session number tail from to) */
typedef struct {
    uint64_t session;
    uint64_t number; /* of the COMPARE that it answers */
    uint64_t tail;   /* the sender's, before any leaf was read */
    uint64_t from;   /* node */
    uint64_t to;     /* node, behind the last that is covered */
} leaves_header_t;

static bool parse_leaves_header(text_t header, leaves_header_t *ret_header)
{
    text_t session;
    text_t number;
    text_t tail;
    text_t from;
    return text_take_until(&header, ' ', &session) && text_take_until(&header, ' ', &number) &&
           text_take_until(&header, ' ', &tail) && text_take_until(&header, ' ', &from) &&
           text_to_u64(session, UINT64_MAX, &ret_header->session) &&
           text_to_u64(number, UINT64_MAX, &ret_header->number) &&
           text_to_u64(tail, UINT64_MAX, &ret_header->tail) &&
           text_to_u64(from, DIGEST_NODES, &ret_header->from) &&
           text_to_u64(header, DIGEST_NODES, &ret_header->to) && ret_header->from < ret_header->to;
}

/* B7: whether that session is open; if not, RESET is due. */
static bool is_open(link_incoming_t *in, uint64_t session)
{
    bool open = in->open && session == in->session;
    if (!open) {
        in->reset_due = true;
        in->reset_session = session;
    }
    return open;
}

/* B12, at the receiver */
link_event_t link_take_leaves(link_t *self, const message_t *message)
{
    link_incoming_t *in = &self->in;
    leaves_header_t header;
    if (!parse_leaves_header(message->header, &header)) {
        return link_bad_message(self);
    }
    if (!is_open(in, header.session)) {
        return LINK_NOTHING;
    }
    if (!in->comparing) {
        /* Of a comparison that is over here: the sender still waits for WANT. */
        if (in->known && !in->compare_due && !in->want_due) {
            in->from_start = false;
            in->want_due = true;
        }
        return LINK_NOTHING;
    }
    if (RULE(COMPARE_NUMBER) &&
        (header.number != in->compare_number || header.from < in->next_node)) {
        return LINK_NOTHING; /* of an earlier one, or come twice */
    }
    if (header.from != in->next_node && RULE(LEAVES_IN_ORDER)) {
        link_compare_start(self, in->of_audit); /* one was lost */
        return LINK_NOTHING;
    }
    if (!note_leaves(self, message->body)) {
        return link_bad_message(self);
    }
    in->next_node = (unsigned)header.to;
    in->compared_tail = header.tail < in->compared_tail ? header.tail : in->compared_tail;
    if (in->next_node == DIGEST_NODES) {
        finish_compare(self);
    } else {
        in->ack_due = true; /* the sender hears that we are there */
    }
    return LINK_NOTHING;
}

/* B13, at the receiver */
void link_write_leaves(link_t *self)
{
    link_incoming_t *in = &self->in;
    link_put(&self->body, "compared %llu\nleaves", (unsigned long long)in->repair_until);
    for (unsigned leaf = 0; leaf < DIGEST_LEAVES; leaf++) {
        if (leaf_is_set(in->leaves, leaf)) {
            char text[1 + LEAF_DIGITS] = {' '};
            text_write_hex(leaf, LEAF_DIGITS, text + 1);
            link_put_text(&self->body, (text_t){.data = text, .size = sizeof text});
        }
    }
    link_put_text(&self->body, TEXT("\n"));
}

/* 4711 982     (session tail) */
static bool parse_audit_header(text_t header, uint64_t *ret_session, uint64_t *ret_tail)
{
    text_t session;
    return text_take_until(&header, ' ', &session) &&
           text_to_u64(session, UINT64_MAX, ret_session) &&
           text_to_u64(header, UINT64_MAX, ret_tail);
}

/* Whether the neighbour had summed up exactly what we have processed. If its tail is behind that,
 * its AUDIT came late, and says nothing of now. */
static bool is_of_now(const link_incoming_t *in, uint64_t tail)
{
    return in->checkpoint == tail || (in->checkpoint > tail && !RULE(AUDIT_TAIL));
}

/* B14, at the receiver. The roots need not be equal unless nothing is under way, either way. */
link_event_t link_take_audit(link_t *self, const message_t *message, int64_t steady_ns)
{
    link_incoming_t *in = &self->in;
    uint64_t session;
    uint64_t tail;
    text_t root_text;
    digest_sum_t root;
    if (!parse_audit_header(message->header, &session, &tail) ||
        !message_value(message->body, "root", &root_text) || !digest_sum_parse(root_text, &root)) {
        return link_bad_message(self);
    }
    if (!is_open(in, session)) {
        return LINK_NOTHING;
    }
    in->ack_due = true;
    if (in->known && is_of_now(in, tail) && in->checkpoint >= in->repair_until &&
        !in->compare_due && (self->kind == LINK_OF_FOLLOWER || link_is_level(self))) {
        in->audit_due = in->has_root = true;
        in->root = root;
        in->audit_tail = store_tail(self->store);
        in->audit_ns = steady_ns;
    }
    return LINK_NOTHING;
}

void link_finish_audit(link_t *self)
{
    link_incoming_t *in = &self->in;
    const digest_t *digest = store_digest(self->store);
    if (!in->audit_due || digest == NULL) {
        return;
    }
    in->audit_due = false;
    if (in->audit_tail != store_tail(self->store)) {
        return; /* something changed meanwhile: the next audit decides */
    }
    if (digest_sum_equal(in->root, digest_root(digest))) {
        trickle_consistent(&self->out.trickle);
    } else {
        trickle_inconsistent(&self->out.trickle, in->audit_ns);
        in->audited = in->checkpoint;
        link_compare_start(self, true);
    }
}

/* The sender */

static bool parse_nodes(text_t body, digest_sum_t nodes[DIGEST_NODES])
{
    text_t line;
    for (unsigned node = 0; node < DIGEST_NODES; node++) {
        if (!text_take_line(&body, &line) || !digest_sum_parse(line, &nodes[node])) {
            return false;
        }
    }
    return body.size == 0;
}

/* B11, at the sender */
link_event_t link_take_compare(link_t *self, uint64_t number, text_t body, int64_t steady_ns)
{
    link_outgoing_t *out = &self->out;
    digest_sum_t nodes[DIGEST_NODES];
    if (!parse_nodes(body, nodes)) {
        return link_bad_message(self);
    }
    if (out->peer_nodes == NULL) {
        out->peer_nodes = memory_new(sizeof nodes);
    }
    memcpy(out->peer_nodes, nodes, sizeof nodes);
    out->comparing = true;
    out->compare_begun = false;
    out->compare_number = number;
    out->next_node = 0;
    trickle_inconsistent(&out->trickle, steady_ns);
    return LINK_NOTHING;
}

void link_compare_end(link_t *self)
{
    link_outgoing_t *out = &self->out;
    out->comparing = false;
    free(out->peer_nodes);
    out->peer_nodes = NULL;
}

static void put_node(link_t *self, const digest_t *digest, unsigned node)
{
    status_t status = buffer_reserve(&self->body, NODE_LINE_SIZE);
    assert(status == STATUS_OK); /* a batch and one line are less than LIMIT_BODY_SIZE */
    link_put(&self->body, "%u", node);
    for (unsigned i = 0; i < DIGEST_NODE_LEAVES; i++) {
        link_put_text(&self->body, TEXT(" "));
        link_put_sum(&self->body, digest_leaf(digest, node * DIGEST_NODE_LEAVES + i));
    }
    link_put_text(&self->body, TEXT("\n"));
}

/* B12, at the sender */
bool link_write_node_leaves(link_t *self)
{
    link_outgoing_t *out = &self->out;
    if (out->next_node == DIGEST_NODES ||
        (!out->compare_begun && store_digest(self->store) == NULL)) {
        return false;
    }
    /* It was complete for the first message: only what came since is left to be counted. */
    bool complete = store_digest_step(self->store, SIZE_MAX);
    assert(complete);
    const digest_t *digest = store_digest(self->store);
    if (!out->compare_begun) {
        out->compare_begun = true;
        out->compare_tail = store_tail(self->store);
    }
    link_start_message(self, out->session);
    unsigned node = out->next_node;
    for (; node < DIGEST_NODES && self->body.size < self->batch_size; node++) {
        if (!digest_sum_equal(digest_node(digest, node), out->peer_nodes[node])) {
            put_node(self, digest, node);
        }
    }
    link_put(&self->header, " %llu %llu %u %u", (unsigned long long)out->compare_number,
             (unsigned long long)out->compare_tail, out->next_node, node);
    out->pending_node = node;
    return true;
}

void link_drop_leaves(link_t *self)
{
    free(self->out.leaves);
    self->out.leaves = NULL;
}

/* 0007     (four lower-case hex digits) */
static bool parse_leaf(text_t text, unsigned *ret_leaf)
{
    uint64_t leaf;
    if (text.size != LEAF_DIGITS || !text_from_hex(text, &leaf)) {
        return false;
    }
    *ret_leaf = (unsigned)leaf;
    return true;
}

/* B13, at the sender
 * compared 4711
 * leaves 0007 1a2b */
bool link_take_wanted_leaves(link_t *self, text_t body)
{
    link_outgoing_t *out = &self->out;
    text_t rest;
    text_t part;
    uint64_t until;
    link_drop_leaves(self);
    if (!message_value(body, "leaves", &rest)) {
        return true;
    }
    link_leaves_t *leaves = memory_new(sizeof *leaves);
    bool valid = message_number(body, "compared", store_tail(self->store), &until);
    while (valid && text_take_until(&rest, ' ', &part)) {
        unsigned leaf;
        valid = parse_leaf(part, &leaf);
        if (valid) {
            set_leaf(leaves, leaf);
        }
    }
    if (!valid) {
        free(leaves);
        return false;
    }
    out->leaves = leaves;
    out->leaves_until = RULE(COMPARED_TAIL) ? until : store_tail(self->store);
    return true;
}

bool link_is_wanted(const link_t *self, const store_entry_t *entry)
{
    const link_outgoing_t *out = &self->out;
    if (out->leaves != NULL && entry->index <= out->leaves_until) {
        /* Whatever the marks say: the digest has shown that the neighbour lacks something there. */
        return leaf_is_set(out->leaves, digest_leaf_of(entry->record.client)) &&
               (RULE(LEAVES_IGNORE_MARKS) || (entry->marks & self->mark) == 0);
    }
    return (entry->marks & self->mark) == 0 || entry->index <= out->marks_from;
}

bool link_audit_is_due(link_t *self, int64_t steady_ns)
{
    link_outgoing_t *out = &self->out;
    return RULE(AUDIT) && out->peer_compares && link_is_level(self) &&
           steady_ns - out->busy_ns >= quiet_ns && trickle_is_due(&out->trickle, steady_ns);
}

/* B14, at the sender */
void link_write_audit(link_t *self)
{
    link_outgoing_t *out = &self->out;
    link_start_message(self, out->session);
    link_put(&self->header, " %llu", (unsigned long long)store_tail(self->store));
    link_put_text(&self->body, TEXT("root "));
    link_put_sum(&self->body, digest_root(store_digest(self->store)));
    link_put_text(&self->body, TEXT("\n"));
}
