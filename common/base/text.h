/* text.h - slices of bytes and the bounded cursor that all foreign text is parsed with.
 *
 * Owner: a text_t borrows; it never owns. Threads: values only, any thread.
 * Bytes are bytes: nothing here knows an encoding, and a zero byte is a byte like another. Only
 * text_escape writes a terminating zero.
 */
#ifndef HERD_COMMON_BASE_TEXT_H
#define HERD_COMMON_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Open value struct: `size` bytes from `data` on, not zero-terminated. */
typedef struct {
    const char *data; /* may be NULL if size is 0 */
    size_t size;      /* bytes */
} text_t;

/* A literal as a text_t, e.g. TEXT("IAMAT"). */
#define TEXT(literal) ((text_t){.data = "" literal, .size = sizeof(literal) - 1})

/* Most bytes of a number: the digits of the largest uint64_t, or a sign and those of an int64_t. */
enum { TEXT_NUMBER_SIZE = 20 };

/* The text of a zero-terminated string (not NULL); borrows it. */
static inline text_t text_of(const char *string)
{
    return (text_t){.data = string, .size = strlen(string)};
}

/* A literal is best the second: then its size is one to the compiler. */
static inline bool text_equal(text_t one, text_t other)
{
    return one.size == other.size &&
           (other.size == 0 || memcmp(one.data, other.data, other.size) == 0);
}

/* Compares the bytes as unsigned numbers; a prefix comes before what it begins: < 0, 0, > 0. */
int text_compare(text_t one, text_t other);

/* The first `size` bytes, or all if there are fewer. */
static inline text_t text_first(text_t text, size_t size)
{
    return (text_t){.data = text.data, .size = size < text.size ? size : text.size};
}

/* What is left behind the first `count` (<= size) bytes. */
static inline text_t text_after(text_t text, size_t count)
{
    return (text_t){.data = text.size > 0 ? text.data + count : text.data,
                    .size = text.size - count};
}

/* The byte behind the last one; NULL if the text has no data, because NULL takes no offset, not
 * even 0. */
static inline const char *text_end(text_t text)
{
    return text.size > 0 ? text.data + text.size : text.data;
}

/* White space of the client protocol (client-protocol.md, L2): space, tab, CR, FF, VT; not LF. */
static inline bool text_is_space(char byte)
{
    const uint64_t spaces = UINT64_C(1) << ' ' | 1U << '\t' | 1U << '\r' | 1U << '\f' | 1U << '\v';
    return (unsigned char)byte <= ' ' && (spaces >> byte & 1) != 0;
}

static inline bool text_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* An ASCII letter. */
static inline bool text_is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static inline bool text_is_alphanumeric(char byte)
{
    return text_is_letter(byte) || text_is_digit(byte);
}

/* A set of ASCII characters, one bit for each (open value struct). */
typedef struct {
    uint64_t low;  /* those below 64, '@' */
    uint64_t high; /* from there on */
} text_set_t;

/* The bits of the characters from `first` to `last`, which are of one half. */
#define TEXT_SET_RUN(first, last) (UINT64_MAX >> (63 - ((last) - (first))) << ((first)&63))
#define TEXT_SET_ONE(character)   TEXT_SET_RUN(character, character)

static inline bool text_set_has(text_set_t set, char byte)
{
    unsigned char number = (unsigned char)byte;
    return number < 128 && ((number < 64 ? set.low : set.high) >> (number & 63U) & 1) != 0;
}

/* A lower-case hex digit. */
static inline bool text_is_hex(char byte)
{
    return text_is_digit(byte) || (byte >= 'a' && byte <= 'f');
}

/* Skips white space and cuts the next field, a run of other bytes, off the front of `rest`. False
 * if only white space is left. */
bool text_take_field(text_t *rest, text_t *ret_field);

/* The byte behind the last one of the field at `at`: the first white space there, or `end`. */
const char *text_field_end(const char *at, const char *end);

/* Cuts a text into its fields, `maximum` at most; returns their count. */
size_t text_cut_fields(text_t text, size_t maximum, text_t *ret_fields);

/* Cuts the next line, the bytes before the next LF, and that LF off the front of `rest`. False if
 * no LF is left. */
bool text_take_line(text_t *rest, text_t *ret_line);

/* Cuts the bytes before the next `separator`, and the separator, off the front of `rest`; all of
 * `rest` if it has no separator. False if `rest` is empty. */
bool text_take_until(text_t *rest, char separator, text_t *ret_part);

/* Cuts a number of 1 to TEXT_NUMBER_SIZE decimal digits, 0 .. `maximum`, and the `separator` behind
 * it off the front of `rest`. False for anything else. */
bool text_take_u64(text_t *rest, char separator, uint64_t maximum, uint64_t *ret_value);

/* Reads a text of 1 or more decimal digits and nothing else, 0 .. `maximum`. False for anything
 * else. */
bool text_to_u64(text_t text, uint64_t maximum, uint64_t *ret_value);

/* The same with an optional '-' in front, within int64_t. */
bool text_to_i64(text_t text, int64_t *ret_value);

/* Reads a text of 1 to 16 lower-case hex digits and nothing else. False for anything else. */
bool text_from_hex(text_t text, uint64_t *ret_value);

/* Copies the bytes of `text` to `out`, which has room for them. Returns the end of the copy. */
static inline char *text_copy(text_t text, char *out)
{
    if (text.size > 0) { /* memcpy takes no NULL */
        memcpy(out, text.data, text.size);
    }
    return out + text.size;
}

/* Writes the last `digits` (1 .. 16) hex digits of `value`, lower-case. */
void text_write_hex(uint64_t value, size_t digits, char *out);

/* Writes `value` in decimal to `out` (TEXT_NUMBER_SIZE bytes). Returns the size written. */
size_t text_write_u64(uint64_t value, char *out);

/* The same with a '-' in front of a negative value. */
size_t text_write_i64(int64_t value, char *out);

/* Writes the last `count` (1 or more) decimal digits of `value`, with leading zeros. */
void text_write_digits(uint64_t value, size_t count, char *out);

enum { TEXT_ESCAPED_SIZE = 4 }; /* bytes that text_escape makes of one, at most: \x1b */

/* Writes `text` and a zero to `out` (`out_size` > 0 bytes), safe for logs and terminals: each byte
 * that is not printable ASCII, and the backslash, becomes \xHH. A text that does not fit is cut and
 * ends in "...". */
void text_escape(text_t text, char *out, size_t out_size);

/* Writes the text of which text_escape made such a one to `out` (as many bytes as `text` has, no
 * zero): \xHH becomes a byte again, with digits in either case. Other backslashes stay. Returns the
 * bytes written. */
size_t text_unescape(text_t text, char *out);

#endif
