/* Bytes come in, in parts of any size; records go out. A file begins with the mark of a record, or
 * with the time of a line: which of them, decides its form. What is neither is skipped up to the
 * next mark or line, and told once for each run of such bytes, before the record behind it. So a
 * record that broke off, when the power or the disk failed, costs itself alone. */
#include "deploy/herdctl/traffic/traffic.h"

#include <assert.h>

enum {
    /* The longest line: 256 KiB of escaped bytes, and what stands before them. */
    LINE_SIZE = 4 * LIMIT_LINE_SIZE + 4096,
    BYTES_SIZE = LINE_SIZE + HERDCTL_TRAFFIC_PART, /* more than a record may have */
};

static_assert((int)LOG_RECORD_SIZE < (int)LINE_SIZE, "a record fits");

void herdctl_traffic_reader_init(herdctl_traffic_reader_t *self)
{
    *self = (herdctl_traffic_reader_t){0};
    buffer_init(&self->bytes, BYTES_SIZE);
    buffer_init(&self->plain, LINE_SIZE);
}

void herdctl_traffic_reader_done(herdctl_traffic_reader_t *self)
{
    buffer_done(&self->bytes);
    buffer_done(&self->plain);
}

void herdctl_traffic_reader_restart(herdctl_traffic_reader_t *self)
{
    herdctl_traffic_reader_done(self);
    herdctl_traffic_reader_init(self);
}

char *herdctl_traffic_reader_room(herdctl_traffic_reader_t *self)
{
    self->offset += self->taken;
    buffer_consume(&self->bytes, self->taken);
    self->taken = 0;
    status_t status = buffer_reserve(&self->bytes, HERDCTL_TRAFFIC_PART);
    assert(status == STATUS_OK); /* at most LINE_SIZE bytes wait for more */
    return self->bytes.data + self->bytes.size;
}

static text_t rest_of(const herdctl_traffic_reader_t *self)
{
    return text_after(buffer_text(&self->bytes), self->taken);
}

static void skip(herdctl_traffic_reader_t *self, size_t size)
{
    if (self->skipped == 0) {
        self->skipped_offset = self->offset + self->taken;
    }
    self->skipped += size;
    self->taken += size;
}

/* Tells what was skipped. */
static herdctl_traffic_step_t tell(herdctl_traffic_reader_t *self, herdctl_traffic_step_t step,
                                   herdctl_traffic_place_t *ret_place)
{
    *ret_place = (herdctl_traffic_place_t){self->skipped_offset, self->skipped};
    self->skipped = 0;
    return step;
}

/* Bytes before the next LF that follows the first byte; all if there is none. */
static size_t to_line_feed(text_t text)
{
    const char *found = text.size > 1 ? memchr(text.data + 1, '\n', text.size - 1) : NULL;
    return found != NULL ? (size_t)(found - text.data) : text.size;
}

/* Finds the form, and skips what stands before the first record or line. False: more bytes are
 * wanted, or there are no more. */
static bool find_form(herdctl_traffic_reader_t *self, bool at_end)
{
    while (self->form == HERDCTL_TRAFFIC_UNKNOWN) {
        text_t rest = rest_of(self);
        log_record_t record;
        size_t size;
        bool at_line = rest.size > 0 && rest.data[0] == '\n';
        text_t line = at_line ? text_after(rest, 1) : rest;
        bool short_line = line.size < HERDCTL_TRAFFIC_TIME_SIZE;
        if (rest.size == 0 || (short_line && !at_end)) {
            return false;
        }
        if (at_line && rest.size >= LOG_RECORD_MARK_SIZE &&
            log_record_read(rest, &record, &size) != LOG_RECORD_NONE) {
            self->form = HERDCTL_TRAFFIC_RECORDS;
        } else if (herdctl_traffic_lines_begin(line)) {
            skip(self, at_line ? 1 : 0);
            self->form = HERDCTL_TRAFFIC_LINES;
        } else {
            skip(self, to_line_feed(rest));
        }
    }
    return true;
}

static bool is_word(text_t text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= 0x20 || text.data[i] >= 0x7f) {
            return false;
        }
    }
    return text.size > 0;
}

/* "Goloman/frontend" */
static bool take_source(herdctl_traffic_reader_t *self, text_t source)
{
    text_t program = source;
    text_t member;
    bool valid = is_word(source) && text_take_until(&program, '/', &member) && member.size > 0 &&
                 is_word(program) && memchr(program.data, '/', program.size) == NULL &&
                 source.size <= sizeof self->source;
    if (valid) {
        text_copy(source, self->source);
        self->source_size = source.size;
    }
    return valid;
}

static void set_source(const herdctl_traffic_reader_t *self, herdctl_traffic_item_t *item)
{
    item->program = (text_t){.data = self->source, .size = self->source_size};
    if (self->source_size == 0) {
        item->member = item->program = TEXT("-");
    } else {
        (void)text_take_until(&item->program, '/', &item->member);
    }
}

/* What is left is the beginning of a record or line, or nothing: at the end of the file it is told,
 * with what was skipped before it. */
static herdctl_traffic_step_t end(herdctl_traffic_reader_t *self, bool at_end,
                                  herdctl_traffic_place_t *ret_place)
{
    size_t left = rest_of(self).size;
    bool torn = left > 0 && self->skipped == 0;
    if (!at_end || (left == 0 && self->skipped == 0)) {
        return HERDCTL_TRAFFIC_MORE;
    }
    skip(self, left);
    return tell(self, torn ? HERDCTL_TRAFFIC_TORN : HERDCTL_TRAFFIC_SKIPPED, ret_place);
}

/* [RECORDS] */
static herdctl_traffic_step_t take_record(herdctl_traffic_reader_t *self, bool at_end,
                                          herdctl_traffic_item_t *ret_item,
                                          herdctl_traffic_place_t *ret_place)
{
    size_t size;
    log_record_found_t found;
    log_record_t record;
    for (;;) {
        found = log_record_read(rest_of(self), &record, &size);
        bool beginning = found == LOG_RECORD_WHOLE && record.kind == LOG_BEGINNING;
        bool valid = found != LOG_RECORD_WHOLE ||
                     (beginning ? take_source(self, record.peer) : is_word(record.peer));
        if (found == LOG_RECORD_NONE || !valid) {
            skip(self, size);
        } else if (beginning && self->skipped == 0) {
            self->taken += size;
        } else {
            break;
        }
    }
    if (found == LOG_RECORD_PARTIAL) {
        return end(self, at_end, ret_place);
    }
    if (self->skipped > 0) {
        return tell(self, HERDCTL_TRAFFIC_SKIPPED, ret_place);
    }
    if (found == LOG_RECORD_NEWER) {
        *ret_place = (herdctl_traffic_place_t){self->offset + self->taken, size};
        self->taken += size;
        return HERDCTL_TRAFFIC_NEWER;
    }
    self->taken += size;
    ret_item->record = record;
    set_source(self, ret_item);
    return HERDCTL_TRAFFIC_ITEM;
}

/* [LINES] */
static herdctl_traffic_step_t take_line(herdctl_traffic_reader_t *self, bool at_end,
                                        herdctl_traffic_item_t *ret_item,
                                        herdctl_traffic_place_t *ret_place)
{
    text_t line;
    text_t rest = rest_of(self);
    herdctl_traffic_line_t kind = HERDCTL_TRAFFIC_NEITHER;
    while (kind != HERDCTL_TRAFFIC_LINE && text_take_line(&rest, &line)) {
        kind = herdctl_traffic_lines_parse(line, &self->plain, ret_item);
        if (kind != HERDCTL_TRAFFIC_NEITHER && self->skipped > 0) {
            return tell(self, HERDCTL_TRAFFIC_SKIPPED, ret_place);
        }
        if (kind == HERDCTL_TRAFFIC_NEITHER) {
            skip(self, line.size + 1);
        } else {
            self->taken += line.size + 1;
        }
    }
    if (kind == HERDCTL_TRAFFIC_LINE) {
        return HERDCTL_TRAFFIC_ITEM;
    }
    if (rest.size > LINE_SIZE) {
        skip(self, rest.size);
    }
    return end(self, at_end, ret_place);
}

herdctl_traffic_step_t herdctl_traffic_reader_take(herdctl_traffic_reader_t *self, bool at_end,
                                                   herdctl_traffic_item_t *ret_item,
                                                   herdctl_traffic_place_t *ret_place)
{
    bool first = self->form == HERDCTL_TRAFFIC_UNKNOWN && self->offset + self->taken == 0;
    if (first && self->bytes.size > 0 && self->bytes.data[0] == '{') {
        *ret_place = (herdctl_traffic_place_t){0};
        return HERDCTL_TRAFFIC_JSON;
    }
    if (!find_form(self, at_end)) {
        return at_end && self->skipped > 0 ? tell(self, HERDCTL_TRAFFIC_SKIPPED, ret_place)
                                           : HERDCTL_TRAFFIC_MORE;
    }
    return self->form == HERDCTL_TRAFFIC_RECORDS ? take_record(self, at_end, ret_item, ret_place)
                                                 : take_line(self, at_end, ret_item, ret_place);
}
