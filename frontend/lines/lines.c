#include "frontend/lines/lines.h"

#include "common/base/limits.h"

#include <assert.h>

/* Offset of the first LF in `text`; its size if there is none. */
static size_t find_lf(text_t text)
{
    const char *lf = text.size > 0 ? memchr(text.data, '\n', text.size) : NULL;
    return lf != NULL ? (size_t)(lf - text.data) : text.size;
}

void lines_init(lines_t *self, size_t max_line)
{
    *self = (lines_t){.max_line = max_line};
    /* An unfinished line of max_line bytes, its CR, and one read that is put off. */
    buffer_init(&self->kept, max_line + 1 + LIMIT_READ_SIZE);
}

void lines_done(lines_t *self)
{
    buffer_done(&self->kept);
    self->start = self->searched = 0;
}

/* Gives out `line`, the bytes before an LF. */
static lines_outcome_t give(const lines_t *self, text_t line, text_t *ret_line)
{
    if (line.size > 0 && line.data[line.size - 1] == '\r') {
        line.size--;
    }
    *ret_line = line;
    return line.size <= self->max_line ? LINES_LINE : LINES_TOO_LONG;
}

/* Whether an unfinished line is too long already; one byte past the maximum may be its CR. */
static bool is_hopeless(const lines_t *self, text_t unfinished)
{
    return unfinished.size > self->max_line + 1 ||
           (unfinished.size == self->max_line + 1 && unfinished.data[self->max_line] != '\r');
}

/* Forgets what was given out: what waits then begins at the front. */
static void compact(lines_t *self)
{
    buffer_consume(&self->kept, self->start);
    self->searched -= self->start;
    self->start = 0;
}

static void keep(lines_t *self, text_t bytes)
{
    compact(self);
    /* All callers bound what they add; the buffer's maximum is the sum. */
    status_t status = buffer_append(&self->kept, bytes.data, bytes.size);
    assert(status == STATUS_OK);
}

/* Cuts a whole line off the bytes that wait; false if they hold no LF. */
static bool take_kept(lines_t *self, text_t *ret_before_lf)
{
    text_t unsearched = text_after(buffer_text(&self->kept), self->searched);
    size_t lf = find_lf(unsearched);
    if (lf == unsearched.size) {
        self->searched = self->kept.size;
        return false;
    }
    size_t end = self->searched + lf;
    *ret_before_lf = (text_t){.data = self->kept.data + self->start, .size = end - self->start};
    self->start = self->searched = end + 1;
    return true;
}

/* The bytes that wait have no LF: the first one in `chunk` ends their line. */
static lines_outcome_t take_across(lines_t *self, text_t *chunk, text_t *ret_line)
{
    size_t lf = find_lf(*chunk);
    size_t room = self->max_line + 2 - lines_waiting(self);
    keep(self, text_first(*chunk, lf < room ? lf : room));
    text_t unfinished = buffer_text(&self->kept);
    self->searched = unfinished.size;
    if (is_hopeless(self, unfinished)) {
        *ret_line = unfinished;
        return LINES_TOO_LONG;
    }
    if (lf == chunk->size) {
        *chunk = text_after(*chunk, lf);
        return LINES_NONE;
    }
    *chunk = text_after(*chunk, lf + 1);
    self->start = self->searched = self->kept.size;
    return give(self, unfinished, ret_line);
}

lines_outcome_t lines_take(lines_t *self, text_t *chunk, text_t *ret_line)
{
    text_t line;
    if (lines_waiting(self) > 0) {
        if (take_kept(self, &line)) {
            return give(self, line, ret_line);
        }
        text_t unfinished = text_after(buffer_text(&self->kept), self->start);
        if (is_hopeless(self, unfinished)) {
            *ret_line = unfinished;
            return LINES_TOO_LONG;
        }
        return take_across(self, chunk, ret_line);
    }
    buffer_clear(&self->kept);
    self->start = self->searched = 0;
    size_t lf = find_lf(*chunk);
    line = text_first(*chunk, lf);
    if (lf < chunk->size) {
        *chunk = text_after(*chunk, lf + 1);
        return give(self, line, ret_line);
    }
    if (is_hopeless(self, line)) {
        *ret_line = line;
        return LINES_TOO_LONG;
    }
    keep(self, line);
    self->searched = self->kept.size;
    *chunk = text_after(*chunk, lf);
    return LINES_NONE;
}

void lines_keep(lines_t *self, text_t chunk)
{
    assert(chunk.size <= LIMIT_READ_SIZE);
    keep(self, chunk);
}

lines_outcome_t lines_take_last(lines_t *self, text_t *ret_line)
{
    *ret_line = text_after(buffer_text(&self->kept), self->start);
    self->start = self->searched = self->kept.size;
    if (ret_line->size == 0) {
        return LINES_NONE;
    }
    return ret_line->size <= self->max_line ? LINES_LINE : LINES_TOO_LONG;
}
