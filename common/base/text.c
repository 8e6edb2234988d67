#include "common/base/text.h"

#include "common/base/digits.h"

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

/* A mask whose lowest 0x80 marks the first of eight bytes that is ' ' or below; 0 if there is none.
 * A borrow spoils only bytes behind it. */
static inline uint64_t find_control(uint64_t bytes)
{
    return (bytes - DIGITS_EACH(' ' + 1)) & ~bytes & DIGITS_EACH(0x80);
}

/* The end of the field that begins at `at`; takes eight bytes at a time while there are eight. */
static inline const char *field_end(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t found = find_control(digits_load(at));
        if (found == 0) {
            at += 8;
            continue;
        }
        at += (unsigned)__builtin_ctzll(found) / 8;
        if (text_is_space(*at)) {
            return at;
        }
        at++;
    }
    while (at < end && !text_is_space(*at)) {
        at++;
    }
    return at;
}

/* The next field at `*at`, which is then behind it. */
static inline bool next_field(const char **at, const char *end, text_t *ret_field)
{
    const char *start = *at;
    while (start < end && text_is_space(*start)) {
        start++;
    }
    *at = field_end(start, end);
    if (*at == start) {
        return false;
    }
    *ret_field = (text_t){.data = start, .size = (size_t)(*at - start)};
    return true;
}

bool text_take_field(text_t *rest, text_t *ret_field)
{
    const char *end = text_end(*rest);
    const char *at = rest->data;
    bool found = next_field(&at, end, ret_field);
    *rest = (text_t){.data = at, .size = (size_t)(end - at)};
    return found;
}

const char *text_field_end(const char *at, const char *end)
{
    return field_end(at, end);
}

size_t text_cut_fields(text_t text, size_t maximum, text_t *ret_fields)
{
    const char *end = text_end(text);
    const char *at = text.data;
    size_t count = 0;
    while (count < maximum && next_field(&at, end, &ret_fields[count])) {
        count++;
    }
    return count;
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

/* The number of any count of digits; false past UINT64_MAX. */
static bool long_number(const char *digits, size_t count, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(digits[i] - '0'), &value)) {
            return false;
        }
    }
    *ret_value = value;
    return true;
}

/* `value` is what digits_take read of `digits`; a long run is read once more. */
static inline bool check_number(text_t digits, uint64_t value, uint64_t maximum,
                                uint64_t *ret_value)
{
    if (digits.size == 0 ||
        (digits.size > DIGITS_MAX && !long_number(digits.data, digits.size, &value)) ||
        value > maximum) {
        return false;
    }
    *ret_value = value;
    return true;
}

/* What nearly all numbers are: fewer than eight digits, with eight bytes to read. False for any
 * other, good or bad. */
static inline bool take_short(text_t *rest, char separator, uint64_t maximum, uint64_t *ret_value)
{
    if (rest->size < 8) {
        return false;
    }
    uint64_t bytes = digits_load(rest->data);
    unsigned bits = digits_size(bytes);
    if (bits == 0 || bits == 64 || (char)(bytes >> bits) != separator) {
        return false;
    }
    uint64_t value = digits_join(bytes << (64 - bits));
    if (value > maximum) {
        return false;
    }
    *ret_value = value;
    *rest = (text_t){.data = rest->data + bits / 8 + 1, .size = rest->size - bits / 8 - 1};
    return true;
}

/* Any other. A call of its own: so take_short needs no registers to be saved. */
static __attribute__((noinline)) bool take_any(text_t *rest, char separator, uint64_t maximum,
                                               uint64_t *ret_value)
{
    uint64_t value;
    const char *end = text_end(*rest);
    const char *at = digits_take(rest->data, end, &value);
    text_t digits = {.data = rest->data, .size = (size_t)(at - rest->data)};
    if (at == end || *at != separator || digits.size > TEXT_NUMBER_SIZE ||
        !check_number(digits, value, maximum, ret_value)) {
        return false;
    }
    *rest = (text_t){.data = at + 1, .size = (size_t)(end - at - 1)};
    return true;
}

bool text_take_u64(text_t *rest, char separator, uint64_t maximum, uint64_t *ret_value)
{
    return take_short(rest, separator, maximum, ret_value) ||
           take_any(rest, separator, maximum, ret_value);
}

bool text_to_u64(text_t text, uint64_t maximum, uint64_t *ret_value)
{
    uint64_t value;
    const char *end = text_end(text);
    return text.size > 0 && digits_take(text.data, end, &value) == end &&
           check_number(text, value, maximum, ret_value);
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
        if (!text_is_hex(byte)) {
            return false;
        }
        value = value << 4 | (uint64_t)(text_is_digit(byte) ? byte - '0' : byte - 'a' + 10);
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

/* "00" to "99" */
#define TEN(tens)                                                                                  \
    tens "0" tens "1" tens "2" tens "3" tens "4" tens "5" tens "6" tens "7" tens "8" tens "9"
static const char digit_pairs[] =
    TEN("0") TEN("1") TEN("2") TEN("3") TEN("4") TEN("5") TEN("6") TEN("7") TEN("8") TEN("9");
#undef TEN

static inline void put_pair(unsigned pair, char *out)
{
    memcpy(out, digit_pairs + (size_t)pair * 2, 2);
}

void text_write_digits(uint64_t value, size_t count, char *out)
{
    while (count >= 4) { /* a division of 64 bits costs more than two of 32 */
        unsigned four = (unsigned)(value % 10000);
        count -= 4;
        put_pair(four / 100, out + count);
        put_pair(four % 100, out + count + 2);
        value /= 10000;
    }
    if (count >= 2) {
        count -= 2;
        put_pair((unsigned)(value % 100), out + count);
        value /= 100;
    }
    if (count > 0) {
        out[0] = (char)('0' + value % 10);
    }
}

static size_t decimal_size(uint64_t value)
{
    static const uint64_t powers[] = {
        0,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        UINT64_C(10000000000000000000),
    };
    /* `bits` bits make bits * log10(2) digits or one more; log10(2) is about 1233 / 4096. */
    size_t bits = 64 - (size_t)__builtin_clzll(value | 1);
    size_t size = bits * 1233 >> 12;
    return size + (value >= powers[size] ? 1 : 0);
}

size_t text_write_u64(uint64_t value, char *out)
{
    size_t size = decimal_size(value);
    text_write_digits(value, size, out);
    return size;
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
    assert(out_size > 0);
    size_t used = 0;
    size_t cut = 0; /* bytes to keep if the text must end in dots */
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
            text_write_hex(byte, 2, out + used);
            used += 2;
        }
        if (used + 3 < out_size) {
            cut = used;
        }
    }
    out[used] = '\0';
}

/* The value of a hex digit in either case; -1: none. */
static int hex_value(char digit)
{
    if (text_is_digit(digit)) {
        return digit - '0';
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return text_is_hex(digit) ? digit - 'a' + 10 : -1;
}

/* The byte that an escape, \xHH, at the start of the text stands for. */
static bool take_escape(text_t text, char *ret_byte)
{
    if (text.size < TEXT_ESCAPED_SIZE || text.data[0] != '\\' || text.data[1] != 'x') {
        return false;
    }
    int high = hex_value(text.data[2]);
    int low = hex_value(text.data[3]);
    if (high < 0 || low < 0) {
        return false;
    }
    *ret_byte = (char)(high * 16 + low);
    return true;
}

size_t text_unescape(text_t text, char *out)
{
    size_t size = 0;
    while (text.size > 0) {
        size_t taken = 1;
        out[size] = text.data[0];
        if (take_escape(text, &out[size])) {
            taken = TEXT_ESCAPED_SIZE;
        }
        text = text_after(text, taken);
        size++;
    }
    return size;
}
