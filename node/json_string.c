#include "node/json_string.h"

#include <stdbool.h>

/* U+FFFD. */
#define REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the well-formed character at the front of `text` (not empty), 0 where there is none; then
 * `ret_bad_size` is what one U+FFFD stands for. */
static size_t character_size(text_t text, size_t *ret_bad_size)
{
    const unsigned char *byte = (const unsigned char *)text.data;
    unsigned char low =
        0x80; /* range of the second byte: no overlong forms, surrogates, beyond 10FFFF */
    unsigned char high = 0xbf;
    size_t size = 0;
    *ret_bad_size = 1;
    if (byte[0] < 0x80) {
        return 1;
    }
    if (byte[0] >= 0xc2 && byte[0] <= 0xdf) {
        size = 2;
    } else if (byte[0] >= 0xe0 && byte[0] <= 0xef) {
        size = 3;
        low = byte[0] == 0xe0 ? 0xa0 : low;
        high = byte[0] == 0xed ? 0x9f : high;
    } else if (byte[0] >= 0xf0 && byte[0] <= 0xf4) {
        size = 4;
        low = byte[0] == 0xf0 ? 0x90 : low;
        high = byte[0] == 0xf4 ? 0x8f : high;
    } else {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if (i >= text.size || byte[i] < low || byte[i] > high) {
            *ret_bad_size = i;
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return size;
}

static bool is_plain(char byte)
{
    return (unsigned char)byte >= 0x20 && byte != '"' && byte != '\\';
}

static status_t append_escaped(buffer_t *buffer, char byte)
{
    switch (byte) {
    case '"': return buffer_append(buffer, "\\\"", 2);
    case '\\': return buffer_append(buffer, "\\\\", 2);
    case '\n': return buffer_append(buffer, "\\n", 2);
    case '\r': return buffer_append(buffer, "\\r", 2);
    case '\t': return buffer_append(buffer, "\\t", 2);
    default: return buffer_format(buffer, "\\u%04x", (unsigned)(unsigned char)byte);
    }
}

status_t json_string_append(buffer_t *buffer, text_t text)
{
    status_t status = buffer_append(buffer, "\"", 1);
    while (status == STATUS_OK && text.size > 0) {
        size_t bad_size = 1;
        size_t plain = 0;
        while (plain < text.size && is_plain(text.data[plain])) {
            size_t size = character_size(text_after(text, plain), &bad_size);
            if (size == 0) {
                break;
            }
            plain += size;
        }
        if (plain > 0) {
            status = buffer_append(buffer, text.data, plain);
            text = text_after(text, plain);
        } else if (is_plain(text.data[0])) {
            status = buffer_append(buffer, REPLACEMENT, sizeof REPLACEMENT - 1);
            text = text_after(text, bad_size);
        } else {
            status = append_escaped(buffer, text.data[0]);
            text = text_after(text, 1);
        }
    }
    return status == STATUS_OK ? buffer_append(buffer, "\"", 1) : status;
}
