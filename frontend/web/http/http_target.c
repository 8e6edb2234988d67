#include "frontend/web/http/http_target.h"

#include <string.h>

bool http_target_segment(text_t *path, text_t *ret_segment)
{
    if (path->size == 0 || path->data[0] != '/') {
        return false;
    }
    text_t rest = text_after(*path, 1);
    const char *slash = rest.size > 0 ? memchr(rest.data, '/', rest.size) : NULL;
    size_t size = slash != NULL ? (size_t)(slash - rest.data) : rest.size;
    *ret_segment = text_first(rest, size);
    *path = text_after(rest, size);
    return true;
}

bool http_target_parameter(text_t *query, text_t *ret_name, text_t *ret_value)
{
    text_t part;
    if (!text_take_until(query, '&', &part)) {
        return false;
    }
    const char *equals = part.size > 0 ? memchr(part.data, '=', part.size) : NULL;
    size_t size = equals != NULL ? (size_t)(equals - part.data) : part.size;
    *ret_name = text_first(part, size);
    *ret_value = equals != NULL ? text_after(part, size + 1) : (text_t){0};
    return true;
}

/* -1: it is no digit. */
static int digit_of(char byte)
{
    if (text_is_digit(byte)) {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + 10;
    }
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* The byte that "%41" at the front of `text` means; -1: it is malformed. */
static int escaped(text_t text)
{
    if (text.size < 3) {
        return -1;
    }
    int high = digit_of(text.data[1]);
    int low = digit_of(text.data[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool http_target_decode(text_t encoded, bool form, buffer_t *out)
{
    if (encoded.size == 0) {
        return true;
    }
    if (buffer_reserve(out, encoded.size) != STATUS_OK) {
        return false;
    }
    char *at = out->data + out->size;
    const char *start = at;
    while (encoded.size > 0) {
        char byte = encoded.data[0];
        size_t size = 1;
        if (byte == '%') {
            int meant = escaped(encoded);
            if (meant < 0) {
                return false;
            }
            byte = (char)meant;
            size = 3;
        } else if (byte == '+' && form) {
            byte = ' ';
        }
        *at++ = byte;
        encoded = text_after(encoded, size);
    }
    buffer_commit(out, (size_t)(at - start));
    return true;
}

static bool is_unreserved(char byte)
{
    return text_is_alphanumeric(byte) || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

bool http_target_encode(text_t text, buffer_t *out)
{
    static const char digits[] = "0123456789ABCDEF";
    if (buffer_reserve(out, 3 * text.size) != STATUS_OK) {
        return false;
    }
    char *at = out->data + out->size;
    const char *start = at;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (is_unreserved((char)byte)) {
            *at++ = (char)byte;
        } else {
            *at++ = '%';
            *at++ = digits[byte >> 4];
            *at++ = digits[byte & 15];
        }
    }
    buffer_commit(out, (size_t)(at - start));
    return true;
}
