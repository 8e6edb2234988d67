#include "node/places_answer.h"

#include "node/json_string.h"

#include <stdbool.h>

/* The text being written. After the first append that did not fit, nothing more is appended. */
typedef struct {
    buffer_t *buffer;
    status_t status;   /* of the first append that failed, else STATUS_OK */
    unsigned level;    /* objects and arrays that are open */
    bool has_elements; /* the innermost open one has an element */
} writer_t;

static void write_text(writer_t *self, text_t text)
{
    if (self->status == STATUS_OK) {
        self->status = buffer_append(self->buffer, text.data, text.size);
    }
}

static void write_string(writer_t *self, text_t text)
{
    if (self->status == STATUS_OK) {
        self->status = json_string_append(self->buffer, text);
    }
}

static void write_line_start(writer_t *self)
{
    write_text(self, TEXT("\n"));
    for (unsigned i = 0; i < self->level; i++) {
        write_text(self, TEXT("   "));
    }
}

/* Begins the next element of what is open: a comma where one came before, and a line of its own. */
static void write_next(writer_t *self)
{
    if (self->has_elements) {
        write_text(self, TEXT(","));
    }
    write_line_start(self);
    self->has_elements = true;
}

/* The same, with the name of the member. */
static void write_name(writer_t *self, text_t name)
{
    write_next(self);
    write_string(self, name);
    write_text(self, TEXT(" : "));
}

static void write_open(writer_t *self, text_t bracket)
{
    write_text(self, bracket);
    self->level++;
    self->has_elements = false;
}

static void write_close(writer_t *self, text_t bracket)
{
    self->level--;
    if (self->has_elements) {
        write_line_start(self);
    }
    write_text(self, bracket);
    self->has_elements = true; /* of the one around it: what was just closed */
}

/* Degrees with the decimals they have, but one at least: 340689300 is 34.06893, 340000000 is 34.0. */
static void write_degrees(writer_t *self, int32_t value_e7)
{
    uint64_t magnitude = value_e7 < 0 ? 0 - (uint64_t)value_e7 : (uint64_t)value_e7;
    char text[TEXT_NUMBER_SIZE + 2 + 7];
    size_t size = 0;
    if (value_e7 < 0) {
        text[size++] = '-';
    }
    size += text_write_u64(magnitude / 10000000, text + size);
    text[size++] = '.';
    uint64_t decimals = magnitude % 10000000;
    uint64_t place = 1000000;
    do {
        text[size++] = (char)('0' + decimals / place);
        decimals %= place;
        place /= 10;
    } while (decimals > 0);
    write_text(self, (text_t){.data = text, .size = size});
}

static void write_geometry(writer_t *self, const places_result_t *result)
{
    write_name(self, TEXT("geometry"));
    write_open(self, TEXT("{"));
    write_name(self, TEXT("location"));
    write_open(self, TEXT("{"));
    write_name(self, TEXT("lat"));
    write_degrees(self, result->latitude_e7);
    write_name(self, TEXT("lng"));
    write_degrees(self, result->longitude_e7);
    write_close(self, TEXT("}"));
    write_close(self, TEXT("}"));
}

static void write_result(writer_t *self, const places_result_t *result)
{
    write_next(self);
    write_open(self, TEXT("{"));
    write_geometry(self, result);
    write_name(self, TEXT("name"));
    write_string(self, result->name);
    write_name(self, TEXT("place_id"));
    write_string(self, result->place_id);
    write_name(self, TEXT("types"));
    write_open(self, TEXT("["));
    for (size_t i = 0; i < result->type_count; i++) {
        write_next(self);
        write_string(self, text_of(result->types[i]));
    }
    write_close(self, TEXT("]"));
    write_name(self, TEXT("vicinity"));
    write_string(self, result->vicinity);
    write_close(self, TEXT("}"));
}

static const char *status_name(places_status_t status)
{
    static const char *const names[] = {
#define PLACES_STATUS_NAME(name) #name,
        PLACES_STATUS_MAP(PLACES_STATUS_NAME)
#undef PLACES_STATUS_NAME
    };
    return names[status];
}

static void write_answer(writer_t *self, const places_answer_t *answer)
{
    write_open(self, TEXT("{"));
    if (answer->error_message.size > 0) {
        write_name(self, TEXT("error_message"));
        write_string(self, answer->error_message);
    }
    write_name(self, TEXT("html_attributions"));
    write_open(self, TEXT("["));
    if (answer->html_attribution.size > 0) {
        write_next(self);
        write_string(self, answer->html_attribution);
    }
    write_close(self, TEXT("]"));
    write_name(self, TEXT("results"));
    write_open(self, TEXT("["));
    for (size_t i = 0; i < answer->result_count; i++) {
        write_result(self, &answer->results[i]);
    }
    write_close(self, TEXT("]"));
    write_name(self, TEXT("status"));
    write_string(self, text_of(status_name(answer->status)));
    write_close(self, TEXT("}"));
    write_text(self, TEXT("\n\n"));
}

status_t places_answer_write(const places_answer_t *answer, buffer_t *buffer)
{
    size_t size_before = buffer->size;
    writer_t writer = {.buffer = buffer, .status = STATUS_OK};
    write_answer(&writer, answer);
    if (writer.status != STATUS_OK) {
        buffer->size = size_before;
    }
    return writer.status;
}
