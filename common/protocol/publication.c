#include "common/protocol/publication.h"

#include "common/base/sheet.h"

#include <assert.h>

static const text_t kind_texts[PUBLICATION_KINDS] = {
#define PUBLICATION_TEXT(name, text)                                                               \
    [PUBLICATION_##name] = {.data = (text), .size = sizeof(text) - 1},
    PUBLICATION_KIND_MAP(PUBLICATION_TEXT)
#undef PUBLICATION_TEXT
};

const char *publication_kind_text(publication_kind_t kind)
{
    assert((unsigned)kind < PUBLICATION_KINDS);
    return kind_texts[kind].data;
}

bool publication_kind_parse(text_t text, publication_kind_t *ret_kind)
{
    for (unsigned i = 0; i < PUBLICATION_KINDS; i++) {
        if (text_equal(text, kind_texts[i])) {
            *ret_kind = (publication_kind_t)i;
            return true;
        }
    }
    return false;
}

unsigned publication_kinds(text_t prefix)
{
    unsigned kinds = 0;
    text_t rest = prefix;
    text_t first = {0};
    (void)text_take_until(&rest, '/', &first);
    bool whole = first.size < prefix.size; /* there was a '/' */
    for (unsigned i = 0; i < PUBLICATION_KINDS; i++) {
        bool fits = whole ? text_equal(first, kind_texts[i])
                          : text_equal(first, text_first(kind_texts[i], first.size));
        kinds |= fits ? PUBLICATION_BIT(i) : 0;
    }
    return kinds;
}

status_t publication_write_topic(publication_kind_t kind, text_t peer, const char *type,
                                 buffer_t *out)
{
    buffer_clear(out);
    sheet_t sheet = sheet_begin(out);
    sheet_put(&sheet, kind_texts[kind]);
    sheet_put_byte(&sheet, '/');
    sheet_put(&sheet, peer);
    if (type[0] != '\0') {
        sheet_put_byte(&sheet, '/');
        sheet_put_string(&sheet, type);
    }
    return sheet_end(&sheet);
}

status_t publication_write_meta(text_t member, int64_t time_ns, text_t session, buffer_t *out)
{
    char time[TEXT_NUMBER_SIZE];
    buffer_clear(out);
    sheet_t sheet = sheet_begin(out);
    sheet_put(&sheet, member);
    sheet_put_byte(&sheet, ' ');
    sheet_put(&sheet, (text_t){.data = time, .size = text_write_i64(time_ns, time)});
    sheet_put_byte(&sheet, ' ');
    sheet_put(&sheet, session);
    return sheet_end(&sheet);
}

status_t publication_append_count(const publication_count_t *count, buffer_t *out)
{
    sheet_t sheet = sheet_begin(out);
    sheet_put_byte(&sheet, ' ');
    sheet_put_u64(&sheet, count->length);
    sheet_put_byte(&sheet, '.');
    sheet_put_u64(&sheet, count->opening);
    sheet_put_byte(&sheet, '.');
    sheet_put_u64(&sheet, count->number);
    return sheet_end(&sheet);
}

/* in/Hands/DATA        request/Goloman:4711/REQUEST
 * apply/kiwi.cs.ucla.edu                the client may contain slashes
 * tap/6f1c */
static bool parse_topic(text_t topic, publication_t *self)
{
    text_t kind;
    if (!text_take_until(&topic, '/', &kind) || !publication_kind_parse(kind, &self->kind)) {
        return false;
    }
    self->type = (text_t){0};
    self->peer = topic;
    if (self->kind == PUBLICATION_APPLY || self->kind == PUBLICATION_TAP) {
        return true;
    }
    bool has_peer = text_take_until(&topic, '/', &self->peer);
    self->type = topic;
    return has_peer && self->type.size > 0;
}

/* Goloman 1621464827959498503 4a7ae4bc31f5ee23 0.3.17 3.1.4 */
static bool parse_meta(text_t meta, publication_t *self)
{
    text_t time;
    bool parsed = text_take_until(&meta, ' ', &self->member) &&
                  text_take_until(&meta, ' ', &time) && text_to_i64(time, &self->time_ns) &&
                  text_take_until(&meta, ' ', &self->session);
    self->counts = meta;
    return parsed && self->member.size > 0 && self->session.size > 0;
}

status_t publication_parse(text_t topic, text_t meta, publication_t *ret_self)
{
    publication_t parsed = {0};
    if (!parse_topic(topic, &parsed) || !parse_meta(meta, &parsed)) {
        return STATUS_INVALID;
    }
    *ret_self = parsed;
    return STATUS_OK;
}

/* 3.1.4 */
static bool parse_count(text_t text, publication_count_t *ret_count)
{
    text_t length;
    text_t opening;
    return text_take_until(&text, '.', &length) && text_take_until(&text, '.', &opening) &&
           text_to_u64(length, UINT64_MAX, &ret_count->length) &&
           text_to_u64(opening, UINT64_MAX, &ret_count->opening) &&
           text_to_u64(text, UINT64_MAX, &ret_count->number);
}

bool publication_take_count(text_t *counts, publication_count_t *ret_count)
{
    text_t part;
    while (text_take_until(counts, ' ', &part)) {
        publication_count_t count;
        if (parse_count(part, &count)) {
            *ret_count = count;
            return true;
        }
    }
    return false;
}
