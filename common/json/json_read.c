/* A body is read twice (docs/decisions/0018). jansson decides whether it is good; it calls itself
 * for each bracket, so the levels are counted first. What passed is walked token by token. A token
 * is a mark, a string, or a run of other bytes; a value is one token, or everything from a bracket
 * to the one that closes it. Nothing is decoded or copied.
 *
 * Where jansson does not take the whole, the body may still be cut into its parts, and jansson
 * asked for each: one odd place costs itself only (K4). For that its brackets must match, and
 * commas and colons must stand where they belong, down to the elements of the arrays that are its
 * members. */
#include "common/json/json_read.h"

#include "common/base/limits.h"

#include <jansson.h>
#include <stdlib.h>

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_mark(char byte)
{
    return byte == '{' || byte == '}' || byte == '[' || byte == ']' || byte == ',' || byte == ':';
}

/* Bytes of the string at the front of `text`, quotation marks included; all of `text` if the string
 * does not end. */
static size_t string_size(text_t text)
{
    size_t size = 1;
    while (size < text.size && text.data[size] != '"') {
        size += text.data[size] == '\\' ? 2 : 1;
    }
    return size < text.size ? size + 1 : text.size;
}

static size_t word_size(text_t text)
{
    size_t size = 1;
    while (size < text.size && !is_space(text.data[size]) && !is_mark(text.data[size]) &&
           text.data[size] != '"') {
        size++;
    }
    return size;
}

bool json_read_token(text_t *rest, text_t *ret_token)
{
    while (rest->size > 0 && is_space(rest->data[0])) {
        *rest = text_after(*rest, 1);
    }
    if (rest->size == 0) {
        return false;
    }
    size_t size = 1;
    if (rest->data[0] == '"') {
        size = string_size(*rest);
    } else if (!is_mark(rest->data[0])) {
        size = word_size(*rest);
    }
    *ret_token = text_first(*rest, size);
    *rest = text_after(*rest, size);
    return true;
}

/* +1 for an opening bracket, -1 for a closing one, otherwise 0. */
static int level_step(char byte)
{
    if (byte == '{' || byte == '[') {
        return 1;
    }
    return byte == '}' || byte == ']' ? -1 : 0;
}

/* Whether brackets are at most LIMIT_JSON_DEPTH deep: jansson's stack grows with them. */
static bool is_shallow(text_t text)
{
    text_t token;
    int level = 0;
    while (json_read_token(&text, &token)) {
        level += level_step(token.data[0]);
        if (level > LIMIT_JSON_DEPTH) {
            return false;
        }
    }
    return true;
}

/* Cuts the value at the front of `rest` off, with everything in it. */
static bool take_value(text_t *rest, text_t *ret_value)
{
    text_t token;
    if (!json_read_token(rest, &token)) {
        return false;
    }
    const char *begin = token.data;
    int level = level_step(token.data[0]);
    while (level > 0 && json_read_token(rest, &token)) {
        level += level_step(token.data[0]);
    }
    *ret_value = (text_t){.data = begin, .size = (size_t)(token.data + token.size - begin)};
    return level == 0;
}

/* jansson loses a zero byte behind a number (stream_unget); JSON has none anywhere. */
static bool has_text(text_t text)
{
    return text.size > 0 && memchr(text.data, '\0', text.size) == NULL;
}

status_t json_read_check(text_t text, size_t maximum, text_t *ret_value)
{
    if (text.size > maximum) {
        return STATUS_TOO_LONG;
    }
    if (!has_text(text)) {
        return STATUS_INVALID;
    }
    if (!is_shallow(text)) {
        return STATUS_OUT_OF_RANGE;
    }
    json_t *json = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    bool valid = json != NULL;
    json_decref(json);
    return valid && take_value(&text, ret_value) ? STATUS_OK : STATUS_INVALID;
}

bool json_read_is_sound(text_t value)
{
    if (!has_text(value) || !is_shallow(value)) {
        return false;
    }
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY;
    json_t *json = json_loadb(value.data, value.size, flags, NULL);
    bool sound = json != NULL;
    json_decref(json);
    return sound;
}

/* Whether each bracket is closed by one of its kind. Beyond the levels that a bit is kept for, the
 * kinds are not looked at: what is that deep is dropped as too deep. */
static bool is_balanced(text_t text)
{
    enum { LEVELS = 64 };
    uint64_t are_arrays = 0; /* bit n: what is open at level n */
    size_t level = 0;
    text_t token;
    while (json_read_token(&text, &token)) {
        int step = level_step(token.data[0]);
        bool is_array = token.data[0] == '[' || token.data[0] == ']';
        if (step > 0 && level < LEVELS) {
            are_arrays &= ~(UINT64_C(1) << level);
            are_arrays |= (uint64_t)is_array << level;
        }
        if (step < 0 && (level == 0 || (level <= LEVELS &&
                                        (are_arrays >> (level - 1) & 1) != (uint64_t)is_array))) {
            return false;
        }
        level = step > 0 ? level + 1 : level - (step < 0 ? 1 : 0);
    }
    return level == 0;
}

/* Cuts a value and the comma behind it off. False if it is no value, or something else follows;
 * `ret_more`: there was a comma. */
static bool take_item(text_t *rest, text_t *ret_value, bool *ret_more)
{
    text_t token;
    if (!take_value(rest, ret_value) || ret_value->data[0] == ',' || ret_value->data[0] == ':') {
        return false;
    }
    *ret_more = json_read_token(rest, &token);
    return !*ret_more || token.data[0] == ',';
}

static bool is_empty(text_t inside)
{
    text_t token;
    return !json_read_token(&inside, &token);
}

static bool divides_into_elements(text_t array)
{
    text_t rest = json_read_inside(array);
    text_t value;
    bool more = !is_empty(rest);
    while (more) {
        if (!take_item(&rest, &value, &more)) {
            return false;
        }
    }
    return true;
}

static bool divides_into_members(text_t object)
{
    text_t rest = json_read_inside(object);
    text_t name;
    text_t colon;
    text_t value;
    bool more = !is_empty(rest);
    while (more) {
        if (!json_read_token(&rest, &name) || !json_read_is_string(name) ||
            !json_read_token(&rest, &colon) || colon.data[0] != ':' ||
            !take_item(&rest, &value, &more) ||
            (json_read_is_array(value) && !divides_into_elements(value))) {
            return false;
        }
    }
    return true;
}

status_t json_read_open(text_t text, size_t maximum, json_read_body_t *ret_body)
{
    const text_t mark = TEXT("\xef\xbb\xbf"); /* RFC 8259, 8.1: may be ignored */
    if (text_equal(text_first(text, mark.size), mark)) {
        text = text_after(text, mark.size);
    }
    json_read_body_t body = {0};
    status_t status = json_read_check(text, maximum, &body.value);
    body.is_sound = status == STATUS_OK;
    if (status == STATUS_TOO_LONG || !has_text(text)) {
        return status;
    }
    bool divides = body.is_sound || (is_balanced(text) && take_value(&text, &body.value) &&
                                     is_empty(text) && divides_into_members(body.value));
    if (!divides || !json_read_is_object(body.value)) {
        return STATUS_INVALID;
    }
    *ret_body = body;
    return STATUS_OK;
}

text_t json_read_inside(text_t value)
{
    if (!json_read_is_object(value) && !json_read_is_array(value)) {
        return (text_t){0};
    }
    return text_first(text_after(value, 1), value.size - 2);
}

text_t json_read_string(text_t value)
{
    return json_read_is_string(value) ? text_first(text_after(value, 1), value.size - 2)
                                      : (text_t){0};
}

bool json_read_element(text_t *rest, text_t *ret_value)
{
    text_t comma;
    if (!take_value(rest, ret_value)) {
        return false;
    }
    json_read_token(rest, &comma);
    return true;
}

bool json_read_member(text_t *rest, text_t *ret_name, text_t *ret_value)
{
    text_t name;
    text_t colon;
    if (!json_read_token(rest, &name) || !json_read_is_string(name) ||
        !json_read_token(rest, &colon)) {
        return false;
    }
    *ret_name = json_read_string(name);
    return json_read_element(rest, ret_value);
}

bool json_read_find(text_t object, text_t name, text_t *ret_value)
{
    if (!json_read_is_object(object)) {
        return false;
    }
    text_t rest = json_read_inside(object);
    text_t found;
    text_t value;
    while (json_read_member(&rest, &found, &value)) {
        if (text_equal(found, name)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

size_t json_read_count(text_t object, text_t name)
{
    text_t rest = json_read_is_object(object) ? json_read_inside(object) : (text_t){0};
    text_t found;
    text_t value;
    size_t count = 0;
    while (json_read_member(&rest, &found, &value)) {
        count += text_equal(found, name) ? 1 : 0;
    }
    return count;
}

bool json_read_decode(text_t value, buffer_t *out)
{
    json_t *json = json_read_is_string(value)
                       ? json_loadb(value.data, value.size, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL)
                       : NULL;
    bool decoded = json_is_string(json);
    if (decoded) {
        size_t room = out->maximum - out->size;
        size_t size = json_string_length(json);
        status_t status = buffer_append(out, json_string_value(json), size < room ? size : room);
        decoded = status == STATUS_OK;
    }
    json_decref(json);
    return decoded;
}

bool json_read_name_is(text_t found, text_t name)
{
    if (memchr(found.data, '\\', found.size) == NULL) {
        return text_equal(found, name);
    }
    /* The quotation marks stand around it (json_read_member). */
    text_t whole = {.data = found.data - 1, .size = found.size + 2};
    buffer_t meant;
    buffer_init(&meant, name.size + 1); /* one more, to see that it is longer */
    bool is = json_read_decode(whole, &meant) && text_equal(buffer_text(&meant), name);
    buffer_done(&meant);
    return is;
}

bool json_read_find_in(text_t object, text_t outer, text_t inner, text_t *ret_value)
{
    text_t value;
    return json_read_find(object, outer, &value) && json_read_find(value, inner, ret_value);
}

bool json_read_double(text_t value, double *ret_number)
{
    char digits[JSON_READ_NUMBER_SIZE + 1];
    if (!json_read_is_number(value) || value.size > JSON_READ_NUMBER_SIZE) {
        return false;
    }
    *text_copy(value, digits) = '\0';
    char *end;
    double number = strtod(digits, &end);
    if (end != digits + value.size) {
        return false;
    }
    *ret_number = number;
    return true;
}
