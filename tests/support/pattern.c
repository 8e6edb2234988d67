#include "tests/support/pattern.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DECIMALS = 9, /* of a difference */
    INDENT = 3,   /* spaces a level */
    SAMPLE_SIZE = 160,
};

typedef struct {
    text_t whole; /* the answer */
    size_t at;    /* bytes of it that have matched */
    char *reason;
    size_t reason_size;
} match_t;

static bool refuse(match_t *self, const char *why)
{
    char sample[SAMPLE_SIZE];
    text_escape(text_after(self->whole, self->at), sample, sizeof sample);
    snprintf(self->reason, self->reason_size, "at byte %zu: %s; there is \"%s\"", self->at, why,
             sample);
    return false;
}

/* +0.263873386 */
static bool match_difference(match_t *self)
{
    text_t rest = text_after(self->whole, self->at);
    size_t size = 0;
    if (rest.size == 0 || (rest.data[0] != '+' && rest.data[0] != '-')) {
        return refuse(self, "expected a signed difference");
    }
    size++;
    while (size < rest.size && text_is_digit(rest.data[size])) {
        size++;
    }
    size_t point = size;
    if (point == 1 || point == rest.size || rest.data[point] != '.') {
        return refuse(self, "expected digits and a point in the difference");
    }
    size++;
    while (size < rest.size && text_is_digit(rest.data[size])) {
        size++;
    }
    if (size - point - 1 != DECIMALS) {
        return refuse(self, "expected nine decimals in the difference");
    }
    self->at += size;
    return true;
}

static bool match_literal(match_t *self, text_t literal)
{
    text_t rest = text_after(self->whole, self->at);
    size_t same = 0;
    while (same < literal.size && same < rest.size && literal.data[same] == rest.data[same]) {
        same++;
    }
    self->at += same;
    if (same == literal.size) {
        return true;
    }
    char sample[SAMPLE_SIZE / 2];
    char why[SAMPLE_SIZE];
    text_escape(text_after(literal, same), sample, sizeof sample);
    snprintf(why, sizeof why, "expected \"%s\"", sample);
    return refuse(self, why);
}

static bool match_line(match_t *self, text_t argument)
{
    uint64_t number = 0;
    text_t rest = self->whole;
    text_t line = {0};
    if (!text_to_u64(argument, UINT32_MAX, &number) || number == 0) {
        return refuse(self, "the pattern's {line N} has no number");
    }
    for (uint64_t i = 0; i < number; i++) {
        if (!text_take_line(&rest, &line)) {
            return refuse(self, "there is no such line before");
        }
    }
    return match_literal(self, line);
}

/* Bytes before the first two LFs in a row; `text.size` if there are none. */
static size_t object_size(text_t text)
{
    for (size_t i = 0; i + 1 < text.size; i++) {
        if (text.data[i] == '\n' && text.data[i + 1] == '\n') {
            return i;
        }
    }
    return text.size;
}

typedef struct {
    size_t depth;   /* of objects and arrays that are open */
    size_t members; /* colons outside strings on this line */
    bool in_string;
} layout_t;

/* Follows one line; `escaped` bytes of a string are skipped in pairs. */
static void follow_line(layout_t *self, text_t line)
{
    self->members = 0;
    for (size_t i = 0; i < line.size; i++) {
        char byte = line.data[i];
        if (self->in_string) {
            i += byte == '\\';
            self->in_string = byte != '"';
            continue;
        }
        self->in_string = byte == '"';
        self->members += byte == ':';
        self->depth += byte == '{' || byte == '[';
        self->depth -= (byte == '}' || byte == ']') && self->depth > 0;
    }
}

static size_t indentation(text_t line)
{
    size_t count = 0;
    while (count < line.size && line.data[count] == ' ') {
        count++;
    }
    return count;
}

static bool has_layout(match_t *self, text_t object)
{
    layout_t layout = {0};
    text_t line;
    while (text_take_until(&object, '\n', &line)) {
        size_t indent = indentation(line);
        bool closes = indent < line.size && (line.data[indent] == '}' || line.data[indent] == ']');
        size_t level = layout.depth - (closes && layout.depth > 0);
        if (indent != INDENT * level) {
            return refuse(self, "a line of the JSON is not indented by three spaces a level");
        }
        follow_line(&layout, line);
        if (layout.members > 1) {
            return refuse(self, "the JSON has two members on one line");
        }
    }
    return true;
}

/* "OK 3": the status and the count of results; "" means any. */
static bool has_content(match_t *self, const json_t *object, text_t argument)
{
    const char *status = json_string_value(json_object_get(object, "status"));
    const json_t *results = json_object_get(object, "results");
    if (status == NULL || !json_is_array(results) ||
        !json_is_array(json_object_get(object, "html_attributions"))) {
        return refuse(self, "the JSON lacks html_attributions, results or status");
    }
    text_t expected;
    uint64_t count = 0;
    if (!text_take_field(&argument, &expected)) {
        return true;
    }
    if (!text_equal(expected, text_of(status))) {
        return refuse(self, "the JSON has another status");
    }
    text_t digits;
    if (!text_take_field(&argument, &digits) || !text_to_u64(digits, UINT32_MAX, &count)) {
        return refuse(self, "the pattern's {json STATUS COUNT} has no count");
    }
    return json_array_size(results) == count ||
           refuse(self, "the JSON has another number of results");
}

static bool match_json(match_t *self, text_t argument)
{
    text_t object = text_after(self->whole, self->at);
    object = text_first(object, object_size(object));
    json_error_t error;
    json_t *parsed = json_loadb(object.data, object.size, JSON_REJECT_DUPLICATES, &error);
    if (parsed == NULL) {
        return refuse(self, error.text);
    }
    bool matches = json_is_object(parsed) ? has_content(self, parsed, argument)
                                          : refuse(self, "expected a JSON object");
    json_decref(parsed);
    if (!matches || !has_layout(self, object)) {
        return false;
    }
    self->at += object.size;
    return match_literal(self, TEXT("\n"));
}

static bool match_placeholder(match_t *self, text_t name)
{
    text_t argument = name;
    text_t word;
    if (!text_take_field(&argument, &word)) {
        return refuse(self, "the pattern has an empty placeholder");
    }
    if (text_equal(word, TEXT("difference"))) {
        return match_difference(self);
    }
    if (text_equal(word, TEXT("line"))) {
        text_t number = {0};
        (void)text_take_field(&argument, &number);
        return match_line(self, number);
    }
    if (text_equal(word, TEXT("json"))) {
        return match_json(self, argument);
    }
    return refuse(self, "the pattern has an unknown placeholder");
}

bool pattern_match(text_t pattern, text_t answer, char *reason, size_t reason_size)
{
    match_t self = {.whole = answer, .reason_size = reason_size};
    self.reason = reason;
    text_t literal;
    text_t name;
    while (text_take_until(&pattern, '{', &literal)) {
        bool is_last = literal.data + literal.size == pattern.data;
        if (!match_literal(&self, literal)) {
            return false;
        }
        if (is_last) {
            break;
        }
        if (!text_take_until(&pattern, '}', &name)) {
            return refuse(&self, "the pattern ends in a brace");
        }
        if (!match_placeholder(&self, name)) {
            return false;
        }
    }
    return self.at == answer.size || refuse(&self, "expected the end");
}
