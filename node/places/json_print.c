#include "node/places/json_print.h"

#include "common/json/json_read.h"
#include "common/json/json_string.h"

/* Spaces a level. */
enum { INDENT = 3 };

json_print_t json_print_begin(buffer_t *buffer)
{
    return (json_print_t){.sheet = sheet_begin(buffer)};
}

status_t json_print_end(json_print_t *self)
{
    return sheet_end(&self->sheet);
}

json_print_mark_t json_print_mark(const json_print_t *self)
{
    return (json_print_mark_t){.printer = *self, .size = self->sheet.out->size};
}

void json_print_go_back(json_print_t *self, const json_print_mark_t *mark)
{
    *self = mark->printer;
    self->sheet.out->size = mark->size;
}

bool json_print_has_room(const json_print_t *self, size_t size)
{
    const buffer_t *out = self->sheet.out;
    return self->sheet.status == STATUS_OK && size <= out->maximum - out->size;
}

void json_print_raw(json_print_t *self, text_t text)
{
    sheet_put(&self->sheet, text);
}

void json_print_string(json_print_t *self, text_t text)
{
    json_string_put(&self->sheet, text);
}

/* Counts what was written up to `end` after sheet_reserve. */
static void put_done(json_print_t *self, const char *end)
{
    buffer_t *out = self->sheet.out;
    out->size = (size_t)(end - out->data);
}

/* Bytes of a new line up to its first word. */
static size_t line_start_size(const json_print_t *self)
{
    return 1 + (size_t)INDENT * self->level;
}

/* Bytes in front of an element. */
static size_t next_size(const json_print_t *self)
{
    return (self->has_elements ? 1 : 0) + line_start_size(self);
}

static char *write_line_start(const json_print_t *self, char *out)
{
    size_t indent = (size_t)INDENT * self->level;
    *out = '\n';
    memset(out + 1, ' ', indent);
    return out + 1 + indent;
}

static char *write_next(json_print_t *self, char *out)
{
    if (self->has_elements) {
        *out++ = ',';
    }
    self->has_elements = true;
    return write_line_start(self, out);
}

void json_print_next(json_print_t *self)
{
    char *out = sheet_reserve(&self->sheet, next_size(self));
    if (out != NULL) {
        put_done(self, write_next(self, out));
    }
}

void json_print_name(json_print_t *self, text_t name)
{
    char *out = sheet_reserve(&self->sheet, next_size(self) + sizeof "\"\" : " - 1 + name.size);
    if (out != NULL) {
        out = write_next(self, out);
        *out = '"';
        out = text_copy(name, out + 1);
        put_done(self, text_copy(TEXT("\" : "), out));
    }
}

void json_print_open(json_print_t *self, char bracket)
{
    char *out = sheet_reserve(&self->sheet, 1);
    if (out != NULL) {
        *out = bracket;
        put_done(self, out + 1);
    }
    self->level++;
    self->has_elements = false;
}

void json_print_close(json_print_t *self, char bracket)
{
    self->level -= self->level > 0 ? 1 : 0;
    char *out = sheet_reserve(&self->sheet, (self->has_elements ? line_start_size(self) : 0) + 1);
    if (out != NULL) {
        if (self->has_elements) {
            out = write_line_start(self, out);
        }
        *out = bracket;
        put_done(self, out + 1);
    }
    self->has_elements = true; /* the one around it has what was just closed */
}

void json_print_value(json_print_t *self, text_t json)
{
    text_t token;
    bool starts_line = false; /* an element or a name comes next */
    while (json_read_token(&json, &token)) {
        char first = token.data[0];
        if (first == '}' || first == ']') {
            json_print_close(self, first);
            starts_line = false;
            continue;
        }
        if (first == ',') {
            starts_line = true;
            continue;
        }
        if (first == ':') {
            json_print_raw(self, TEXT(" : "));
            continue;
        }
        if (starts_line) {
            json_print_next(self);
        }
        starts_line = first == '{' || first == '[';
        if (starts_line) {
            json_print_open(self, first);
        } else {
            json_print_raw(self, token);
        }
    }
}
