#include "common/replication/link.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/replication/link_parts.h"

#include <assert.h>
#include <stdlib.h>

static_assert(LIMIT_MARKED_NEIGHBOURS < 64, "link_group_t has a bit for each mark");

unsigned link_group_take_mark(link_group_t *self)
{
    unsigned mark = 0;
    while (mark < LIMIT_MARKED_NEIGHBOURS && (self->marks >> mark & 1) != 0) {
        mark++;
    }
    if (mark < LIMIT_MARKED_NEIGHBOURS) {
        self->marks |= UINT64_C(1) << mark;
    }
    return mark;
}

void link_group_give_mark(link_group_t *self, unsigned mark)
{
    if (mark < LIMIT_MARKED_NEIGHBOURS) {
        self->marks &= ~(UINT64_C(1) << mark);
    }
}

link_t *link_new(const link_identity_t *identity, store_t *store)
{
    link_t *self = memory_new(sizeof *self);
    self->kind = identity->kind;
    self->sink = identity->sink;
    self->generation = identity->generation;
    self->has_parent = identity->has_parent;
    self->parent = identity->parent;
    self->batch_size = identity->batch_size > 0 ? identity->batch_size : LIMIT_BATCH_SIZE;
    self->out.session = identity->first_session;
    trickle_init(&self->out.trickle, identity->first_session + identity->mark);
    self->store = store;
    self->group = identity->group;
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
    if (self->group != NULL && self->group->filler == self) {
        self->group->filler = NULL;
    }
    store_cursor_close(&self->out.cursor);
    link_compare_stop(self);
    link_compare_end(self);
    link_drop_leaves(self);
    buffer_done(&self->header);
    buffer_done(&self->body);
    free(self->herd);
    free(self->member);
    free(self->neighbour);
    free(self);
    *self_p = NULL;
}

bool link_is_up(const link_t *self)
{
    return self->out.state == LINK_STATE_UP;
}

bool link_is_down(const link_t *self)
{
    return self->out.state == LINK_STATE_DOWN;
}

uint64_t link_held(const link_t *self)
{
    return self->out.held;
}

bool link_checkpoint(const link_t *self, link_checkpoint_t *ret_checkpoint)
{
    const link_incoming_t *in = &self->in;
    if (!in->known || in->lacking || in->checkpoint < in->repair_until) {
        return false;
    }
    *ret_checkpoint = (link_checkpoint_t){
        .generation = in->generation, .index = in->checkpoint, .level = in->level};
    return true;
}

void link_restore(link_t *self, const link_checkpoint_t *checkpoint)
{
    self->in.known = true;
    self->in.generation = checkpoint->generation;
    self->in.checkpoint = checkpoint->index;
    self->in.level = checkpoint->level;
}

bool link_wants_digest(link_t *self, int64_t steady_ns)
{
    const link_outgoing_t *out = &self->out;
    const link_incoming_t *in = &self->in;
    bool wanted = in->compare_due || in->audit_due || (out->comparing && !out->compare_begun) ||
                  link_audit_is_due(self, steady_ns);
    return wanted && store_digest(self->store) == NULL;
}

bool link_has_heard(const link_t *self)
{
    return self->in.open || self->out.state == LINK_STATE_UP;
}

bool link_has_caught_up(const link_t *self)
{
    const link_incoming_t *in = &self->in;
    return in->open && in->known && in->checkpoint >= in->tail;
}

bool link_has_resumed(const link_t *self)
{
    const link_incoming_t *in = &self->in;
    return in->open && in->known && !in->from_start && !in->compare_due;
}

bool link_has_all(const link_t *self)
{
    const link_incoming_t *in = &self->in;
    return link_has_caught_up(self) && !in->compare_due && !in->comparing && !in->want_due &&
           in->fed && in->checkpoint >= in->repair_until && in->level >= in->checkpoint;
}

bool link_is_repaired(const link_t *self)
{
    const link_incoming_t *in = &self->in;
    return link_has_caught_up(self) && in->checkpoint >= in->repair_until;
}

uint64_t link_behind(const link_t *self)
{
    const link_incoming_t *in = &self->in;
    uint64_t checkpoint = in->known ? in->checkpoint : 0;
    uint64_t beyond = in->open && in->tail > checkpoint ? in->tail - checkpoint : 0;
    return beyond < in->records ? beyond : in->records;
}

link_checkpoint_t link_position(const link_t *self)
{
    const link_incoming_t *in = &self->in;
    return (link_checkpoint_t){.generation = in->generation,
                               .index = in->known ? in->checkpoint : 0,
                               .level = in->known ? in->level : 0};
}

void link_lost(link_t *self)
{
    link_compare_stop(self);
    self->in.open = false;
    link_forget_answers(&self->in);
    self->in.compare_due = self->in.audit_due = false;
    self->in.reset_due = self->in.refuse_due = false;
}

const offset_t *link_clock(const link_t *self)
{
    return &self->clock;
}

void link_compare_anew(link_t *self)
{
    link_incoming_t *in = &self->in;
    if (!RULE(COMPARE_AFTER_LEAD)) {
        return;
    }
    link_compare_stop(self);
    in->known = in->waits = false;
    link_forget_answers(in);
    if (in->open) {
        in->open = false;
        in->reset_due = true;
        in->reset_session = in->session;
    }
}

uint64_t link_lag(const link_t *self)
{
    /* An entry that changes again leaves its old index unused: no list has more entries than
     * clients. */
    uint64_t count = store_count(self->store);
    uint64_t tail = store_tail(self->store);
    uint64_t beyond = tail > self->out.acknowledged ? tail - self->out.acknowledged : 0;
    return beyond < count ? beyond : count;
}

unsigned link_unacknowledged(const link_t *self)
{
    return self->out.window_used;
}

uint64_t link_fill_left(const link_t *self)
{
    const link_outgoing_t *out = &self->out;
    bool fills = out->state == LINK_STATE_UP && out->told < out->announced;
    uint64_t left = fills ? out->announced - out->told : 0;
    uint64_t count = store_count(self->store);
    return left < count ? left : count;
}

const link_counters_t *link_counters(const link_t *self)
{
    return &self->counters;
}

text_t link_reason(const link_t *self)
{
    return (text_t){.data = self->reason, .size = self->reason_size};
}
