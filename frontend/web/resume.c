#include "frontend/web/resume.h"

resume_t resume_from(copy_t *copy, const past_t *past, uint64_t index)
{
    return (resume_t){.copy = copy, .past = past, .index = index, .list = past_list(past, index)};
}

bool resume_is_known(const resume_t *self, uint32_t number)
{
    return self->index > 0 && copy_changed_at(self->copy, number) <= self->list;
}

/* Who departed, or came without the list. */
static bool doubt_past(const resume_t *self, text_t client, told_t *told)
{
    size_t count = past_count(self->past, self->index);
    if (!past_reaches(self->past, self->index)) {
        return false;
    }
    while (count > 0) {
        past_client_t one = past_at(self->past, --count);
        if ((client.size == 0 || text_equal(one.name, client)) &&
            told_doubt(told, one.client) != STATUS_OK) {
            return false;
        }
    }
    return true;
}

/* Who changed, and is not in view, since it is not in the set as the others are. */
static bool doubt_listed(const resume_t *self, told_t *told)
{
    copy_changes_t changes;
    copy_change_t change;
    bool fits = true;
    size_t steps = told_count(told) + TOLD_DOUBTS_MAX; /* more do not fit */
    if (!copy_changes_open(self->copy, self->list, steps, &changes)) {
        return false;
    }
    while (fits && copy_changes_next(&changes, &change)) {
        const told_client_t client = {.handle = change.number,
                                      .serial = copy_serial(self->copy, change.number)};
        fits = told_doubt(told, client) == STATUS_OK;
    }
    copy_changes_close(&changes);
    return fits;
}

bool resume_doubts(const resume_t *self, text_t client, told_t *told)
{
    return doubt_past(self, client, told) && (client.size > 0 || doubt_listed(self, told));
}
