/* A body is read twice (docs/decisions/0018). jansson decides whether it is good; it calls itself
 * for each bracket, so the levels are counted first. What passed is walked token by token. A token
 * is a mark, a string, or a run of other bytes; a value is one token, or everything from a bracket
 * to the one that closes it. Nothing is decoded or copied. */
#include "node/places/json_read.h"

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

status_t json_read_check(text_t text, size_t maximum, text_t *ret_value)
{
    if (text.size > maximum) {
        return STATUS_TOO_LONG;
    }
    /* jansson loses a zero byte behind a number (stream_unget); JSON has none anywhere. */
    if (text.size == 0 || memchr(text.data, '\0', text.size) != NULL) {
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
