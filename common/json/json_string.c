#include "common/json/json_string.h"

/* U+FFFD. */
#define REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the character at the front of `text` (not empty). 0 if it is malformed; `ret_bad_size`
 * is then the number of bytes that one U+FFFD replaces. */
static size_t character_size(text_t text, size_t *ret_bad_size)
{
    const unsigned char *byte = (const unsigned char *)text.data;
    /* The second byte's range: no overlong forms, no surrogates, nothing beyond 10FFFF. */
    unsigned char low = 0x80;
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

/* Whether eight bytes are all ASCII and plain. */
static bool are_plain(const char *bytes)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    /* A byte's highest bit is set if it was less than what is subtracted, or is not ASCII. */
    uint64_t quote = (word ^ each * '"') - each;
    uint64_t backslash = (word ^ each * '\\') - each;
    return (((word - each * 0x20) | quote | backslash | word) & each << 7) == 0;
}

/* Bytes at the front of `text` that need no escape; `ret_bad_size` as from character_size. */
static size_t plain_size(text_t text, size_t *ret_bad_size)
{
    size_t plain = 0;
    *ret_bad_size = 1;
    while (text.size - plain >= sizeof(uint64_t) && are_plain(text.data + plain)) {
        plain += sizeof(uint64_t);
    }
    while (plain < text.size && is_plain(text.data[plain])) {
        if ((unsigned char)text.data[plain] < 0x80) {
            plain++; /* mostly */
            continue;
        }
        size_t size = character_size(text_after(text, plain), ret_bad_size);
        if (size == 0) {
            break;
        }
        plain += size;
    }
    return plain;
}

/* Appends a text that needs no escapes, with its quotation marks. */
static void put_plain(sheet_t *sheet, text_t text)
{
    char *out = sheet_reserve(sheet, text.size + 2);
    if (out != NULL) {
        *out = '"';
        out = text_copy(text, out + 1);
        *out = '"';
        buffer_commit(sheet->out, text.size + 2);
    }
}

static void put_escaped(sheet_t *sheet, char byte)
{
    switch (byte) {
    case '"': sheet_put(sheet, TEXT("\\\"")); break;
    case '\\': sheet_put(sheet, TEXT("\\\\")); break;
    case '\n': sheet_put(sheet, TEXT("\\n")); break;
    case '\r': sheet_put(sheet, TEXT("\\r")); break;
    case '\t': sheet_put(sheet, TEXT("\\t")); break;
    default: sheet_format(sheet, "\\u%04x", (unsigned)(unsigned char)byte); break;
    }
}

void json_string_put(sheet_t *sheet, text_t text)
{
    size_t bad_size;
    size_t plain = plain_size(text, &bad_size);
    if (plain == text.size) {
        put_plain(sheet, text);
        return;
    }
    sheet_put_byte(sheet, '"');
    while (text.size > 0) {
        if (plain > 0) {
            sheet_put(sheet, text_first(text, plain));
            text = text_after(text, plain);
        } else if (is_plain(text.data[0])) {
            sheet_put(sheet, TEXT(REPLACEMENT));
            text = text_after(text, bad_size);
        } else {
            put_escaped(sheet, text.data[0]);
            text = text_after(text, 1);
        }
        plain = plain_size(text, &bad_size);
    }
    sheet_put_byte(sheet, '"');
}

bool json_string_is_utf8(text_t text)
{
    size_t bad_size;
    while (text.size > 0) {
        size_t size = character_size(text, &bad_size);
        if (size == 0) {
            return false;
        }
        text = text_after(text, size);
    }
    return true;
}
