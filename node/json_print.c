#include "node/json_print.h"

#include "node/json_read.h"
#include "node/json_string.h"

json_print_t json_print_to(buffer_t *buffer)
{
    return (json_print_t){.buffer = buffer, .status = STATUS_OK};
}

void json_print_raw(json_print_t *self, text_t text)
{
    if (self->status == STATUS_OK) {
        self->status = buffer_append(self->buffer, text.data, text.size);
    }
}

void json_print_string(json_print_t *self, text_t text)
{
    if (self->status == STATUS_OK) {
        self->status = json_string_append(self->buffer, text);
    }
}

static void print_byte(json_print_t *self, char byte)
{
    json_print_raw(self, (text_t){.data = &byte, .size = 1});
}

static void print_line_start(json_print_t *self)
{
    print_byte(self, '\n');
    for (unsigned i = 0; i < self->level; i++) {
        json_print_raw(self, TEXT("   "));
    }
}

void json_print_next(json_print_t *self)
{
    if (self->has_elements) {
        print_byte(self, ',');
    }
    print_line_start(self);
    self->has_elements = true;
}

void json_print_name(json_print_t *self, text_t name)
{
    json_print_next(self);
    json_print_string(self, name);
    json_print_raw(self, TEXT(" : "));
}

void json_print_open(json_print_t *self, char bracket)
{
    print_byte(self, bracket);
    self->level++;
    self->has_elements = false;
}

void json_print_close(json_print_t *self, char bracket)
{
    self->level -= self->level > 0 ? 1 : 0;
    if (self->has_elements) {
        print_line_start(self);
    }
    print_byte(self, bracket);
    self->has_elements = true; /* of the one around it: what was just closed */
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
