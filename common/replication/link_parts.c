#include "common/replication/link_parts.h"

#include "common/base/limits.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

void link_enter_state(link_t *self, link_state_t state, int64_t steady_ns)
{
    self->out.state = state;
    self->out.since_ns = steady_ns;
    self->out.heard_ns = steady_ns;
}

bool link_is_level(const link_t *self)
{
    /* An empty window is not required: if an answer takes longer than a second, a heartbeat is
     * always under way. */
    return self->out.state == LINK_STATE_UP && store_cursor_is_at_tail(&self->out.cursor) &&
           self->out.acknowledged == self->out.told;
}

void link_start_message(link_t *self, uint64_t session)
{
    buffer_clear(&self->header);
    buffer_clear(&self->body);
    link_put(&self->header, "%llu", (unsigned long long)session);
}

void link_put_text(buffer_t *out, text_t text)
{
    status_t status = buffer_append(out, text.data, text.size);
    assert(status == STATUS_OK);
}

void link_put_sum(buffer_t *out, digest_sum_t sum)
{
    char text[DIGEST_SUM_SIZE];
    digest_sum_write(sum, text);
    link_put_text(out, (text_t){.data = text, .size = sizeof text});
}

void link_put(buffer_t *out, const char *format, ...)
{
    char text[LIMIT_HEADER_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    assert(size >= 0 && (size_t)size < sizeof text);
    link_put_text(out, (text_t){.data = text, .size = (size_t)size});
}

message_t link_message_of(link_t *self, message_type_t type)
{
    return (message_t){
        .type = type, .header = buffer_text(&self->header), .body = buffer_text(&self->body)};
}

link_event_t link_bad_message(link_t *self)
{
    self->counters.bad_messages++;
    return LINK_BAD;
}

void link_forget_answers(link_incoming_t *in)
{
    in->want_due = in->nak_due = false;
    in->ack_due = in->ack_late = in->clock_due = false;
}

bool link_read_generation(text_t body, generation_t *ret_generation)
{
    text_t value;
    return message_value(body, "generation", &value) && generation_parse(value, ret_generation);
}

bool link_says_digest(text_t body)
{
    text_t name;
    return message_value(body, "digest", &name) && text_equal(name, TEXT(LINK_DIGEST_NAME));
}
