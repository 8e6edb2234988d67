#include "common/json/quote.h"

#include "common/base/digits.h"

#include <stdbool.h>

static bool is_tail(unsigned char byte)
{
    return (byte & 0xc0U) == 0x80;
}

/* The size of the printable character that begins at `at`, of `left` bytes: UTF-8 by the table of
 * RFC 3629, section 4, without U+0000 to U+001F and U+007F to U+009F. 0: it is none. */
static size_t character_size(const unsigned char *at, size_t left)
{
    unsigned char first = at[0];
    if (first < 0x80) {
        return first >= 0x20 && first != 0x7f ? 1 : 0;
    }
    unsigned char second = left > 1 ? at[1] : 0;
    if (!is_tail(second)) {
        return 0;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return first > 0xc2 || second >= 0xa0 ? 2 : 0;
    }
    if (left < 3 || !is_tail(at[2])) {
        return 0;
    }
    if ((first & 0xf0U) == 0xe0) {
        bool is_long = first == 0xe0 && second < 0xa0;
        bool is_surrogate = first == 0xed && second >= 0xa0;
        return is_long || is_surrogate ? 0 : 3;
    }
    if (left < 4 || !is_tail(at[3]) || first < 0xf0 || first > 0xf4) {
        return 0;
    }
    bool is_outside = (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
    return is_outside ? 0 : 4;
}

/* `slash`: what a backslash is in this kind of text. */
static char *escape(unsigned char byte, text_t slash, char *out)
{
    out = text_copy(slash, out);
    *out++ = 'x';
    text_write_hex(byte, 2, out);
    return out + 2;
}

/* Copies the text; a backslash, and what is not printable, becomes an escape, and a quotation mark
 * `mark`. */
static char *write(text_t text, text_t slash, text_t mark, char *out)
{
    for (size_t i = 0; i < text.size;) {
        const char *at = text.data + i;
        size_t size = character_size((const unsigned char *)at, text.size - i);
        if (size == 0 || *at == '\\') {
            out = escape((unsigned char)*at, slash, out);
            i++;
        } else if (*at == '"') {
            out = text_copy(mark, out);
            i++;
        } else {
            out = text_copy((text_t){.data = at, .size = size}, out);
            i += size;
        }
    }
    return out;
}

/* Not 0 if one of eight bytes is that one. */
static inline uint64_t has_byte(uint64_t bytes, char byte)
{
    uint64_t others = bytes ^ DIGITS_EACH((unsigned char)byte);
    return (others - DIGITS_EACH(1)) & ~others & DIGITS_EACH(0x80);
}

/* Whether eight bytes are printable ASCII but space, quotation mark, comma and backslash. */
static inline bool are_plain(uint64_t bytes)
{
    uint64_t controls = (bytes - DIGITS_EACH(' ' + 1)) & DIGITS_EACH(0x80);
    uint64_t others = (bytes | (bytes + DIGITS_EACH(1))) & DIGITS_EACH(0x80); /* 0x7f and beyond */
    return (controls | others | has_byte(bytes, '"') | has_byte(bytes, ',') |
            has_byte(bytes, '\\')) == 0;
}

/* Nearly all texts need nothing. The last bytes are looked at with those before them, if there are
 * eight. */
static bool is_plain(text_t text)
{
    const text_set_t plain = {.low = TEXT_SET_ONE('!') | TEXT_SET_RUN('#', '+') |
                                     TEXT_SET_RUN('-', '?'),
                              .high = TEXT_SET_RUN('@', '[') | TEXT_SET_RUN(']', '~')};
    size_t i = 0;
    if (text.size >= 8) {
        while (text.size - i >= 8 && are_plain(digits_load(text.data + i))) {
            i += 8;
        }
        return text.size - i < 8 && are_plain(digits_load(text.data + text.size - 8));
    }
    while (i < text.size && text_set_has(plain, text.data[i])) {
        i++;
    }
    return i == text.size;
}

char *quote_json(text_t text, char *out)
{
    if (is_plain(text)) {
        return text_copy(text, out);
    }
    return write(text, TEXT("\\\\"), TEXT("\\\""), out);
}

void quote_put_json(sheet_t *sheet, text_t text)
{
    char *start = sheet_reserve(sheet, QUOTE_SIZE * text.size + 2);
    if (start != NULL) {
        *start = '"';
        char *end = quote_json(text, start + 1);
        *end++ = '"';
        buffer_commit(sheet->out, (size_t)(end - start));
    }
}

char *quote_csv(text_t text, char *out)
{
    if (is_plain(text)) {
        return text_copy(text, out);
    }
    bool in_quotes =
        memchr(text.data, ',', text.size) != NULL || memchr(text.data, '"', text.size) != NULL;
    if (in_quotes) {
        *out++ = '"';
    }
    out = write(text, TEXT("\\"), TEXT("\"\""), out);
    if (in_quotes) {
        *out++ = '"';
    }
    return out;
}
