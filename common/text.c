#include "common/text.h"

#include <assert.h>

int text_compare(text_t one, text_t other)
{
    size_t common_size = one.size < other.size ? one.size : other.size;
    int order = common_size > 0 ? memcmp(one.data, other.data, common_size) : 0;
    if (order != 0) {
        return order;
    }
    return (one.size > other.size) - (one.size < other.size);
}

bool text_take_field(text_t *rest, text_t *ret_field)
{
    if (rest->size == 0) {
        return false;
    }
    const char *end = rest->data + rest->size;
    const char *start = rest->data;
    while (start < end && text_is_space(*start)) {
        start++;
    }
    const char *stop = start;
    while (stop < end && !text_is_space(*stop)) {
        stop++;
    }
    *rest = (text_t){.data = stop, .size = (size_t)(end - stop)};
    if (stop == start) {
        return false;
    }
    *ret_field = (text_t){.data = start, .size = (size_t)(stop - start)};
    return true;
}

bool text_take_line(text_t *rest, text_t *ret_line)
{
    const char *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    if (end == NULL) {
        return false;
    }
    *ret_line = (text_t){.data = rest->data, .size = (size_t)(end - rest->data)};
    *rest = text_after(*rest, ret_line->size + 1);
    return true;
}

bool text_take_until(text_t *rest, char separator, text_t *ret_part)
{
    if (rest->size == 0) {
        return false;
    }
    const char *end = memchr(rest->data, separator, rest->size);
    size_t size = end != NULL ? (size_t)(end - rest->data) : rest->size;
    *ret_part = (text_t){.data = rest->data, .size = size};
    *rest = text_after(*rest, end != NULL ? size + 1 : size);
    return true;
}

bool text_to_u64(text_t text, uint64_t maximum, uint64_t *ret_value)
{
    if (text.size == 0) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (!text_is_digit(text.data[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.data[i] - '0'), &value)) {
            return false;
        }
    }
    if (value > maximum) {
        return false;
    }
    *ret_value = value;
    return true;
}

bool text_to_i64(text_t text, int64_t *ret_value)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    uint64_t magnitude;
    uint64_t maximum = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    if (!text_to_u64(negative ? text_after(text, 1) : text, maximum, &magnitude)) {
        return false;
    }
    *ret_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool text_from_hex(text_t text, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (text.size == 0 || text.size > 16) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        bool letter = byte >= 'a' && byte <= 'f';
        if (!letter && !text_is_digit(byte)) {
            return false;
        }
        value = value << 4 | (uint64_t)(letter ? byte - 'a' + 10 : byte - '0');
    }
    *ret_value = value;
    return true;
}

void text_write_hex(uint64_t value, size_t digits, char *out)
{
    for (size_t i = digits; i > 0; i--) {
        out[i - 1] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
}

size_t text_write_u64(uint64_t value, char *out)
{
    char digits[TEXT_NUMBER_SIZE];
    size_t start = sizeof digits;
    do {
        digits[--start] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    memcpy(out, digits + start, sizeof digits - start);
    return sizeof digits - start;
}

size_t text_write_i64(int64_t value, char *out)
{
    if (value >= 0) {
        return text_write_u64((uint64_t)value, out);
    }
    out[0] = '-';
    return 1 + text_write_u64(0 - (uint64_t)value, out + 1);
}

void text_escape(text_t text, char *out, size_t out_size)
{
    static const char hex[] = "0123456789abcdef";
    assert(out_size > 0);
    size_t used = 0;
    size_t cut = 0; /* bytes to keep where the text must end in dots */
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool plain = byte >= 0x20 && byte < 0x7f && byte != '\\';
        if (used + (plain ? 1 : 4) >= out_size) {
            size_t dots = out_size - 1 - cut < 3 ? out_size - 1 - cut : 3;
            memcpy(out + cut, "...", dots);
            used = cut + dots;
            break;
        }
        if (plain) {
            out[used++] = (char)byte;
        } else {
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = hex[byte >> 4];
            out[used++] = hex[byte & 15];
        }
        if (used + 3 < out_size) {
            cut = used;
        }
    }
    out[used] = '\0';
}
