#include "common/json/decimal.h"

#include "common/base/digits.h"

enum { EXPONENT_MAX = 100000000 }; /* more than any text has digits; greater ones count as this */

/* Digits, and the number that they make: right, if there are at most DIGITS_MAX. */
typedef struct {
    text_t text;
    uint64_t value;
} run_t;

/* A number taken apart: digits with a point somewhere, times ten to a power. */
typedef struct {
    bool negative;
    run_t whole;      /* digits before the point */
    run_t fraction;   /* behind it */
    int64_t exponent; /* behind the E */
} parts_t;

static run_t take_digits(text_t *rest)
{
    run_t run;
    const char *end = digits_take(rest->data, text_end(*rest), &run.value);
    run.text = text_first(*rest, (size_t)(end - rest->data));
    *rest = text_after(*rest, run.text.size);
    return run;
}

static bool take_byte(text_t *rest, char byte)
{
    bool is_there = rest->size > 0 && rest->data[0] == byte;
    *rest = text_after(*rest, is_there);
    return is_there;
}

/* +12, -4 */
static bool take_exponent(text_t *rest, int64_t *ret_exponent)
{
    bool negative = take_byte(rest, '-');
    if (!negative) {
        (void)take_byte(rest, '+');
    }
    text_t digits = take_digits(rest).text;
    int64_t exponent = 0;
    for (size_t i = 0; i < digits.size && exponent < EXPONENT_MAX; i++) {
        exponent = exponent * 10 + (digits.data[i] - '0');
    }
    *ret_exponent = negative ? -exponent : exponent;
    return digits.size > 0;
}

/* -118.445127, 5.0E-4 */
static bool take_apart(text_t text, parts_t *ret_parts)
{
    parts_t parts = {.negative = take_byte(&text, '-')};
    parts.whole = take_digits(&text);
    text_t whole = parts.whole.text;
    if (whole.size == 0 || (whole.size > 1 && whole.data[0] == '0')) {
        return false;
    }
    if (take_byte(&text, '.')) {
        parts.fraction = take_digits(&text);
        if (parts.fraction.text.size == 0) {
            return false;
        }
    }
    bool has_exponent = take_byte(&text, 'e') || take_byte(&text, 'E');
    if (has_exponent && !take_exponent(&text, &parts.exponent)) {
        return false;
    }
    *ret_parts = parts;
    return text.size == 0;
}

static unsigned digit_at(const parts_t *parts, size_t i)
{
    text_t whole = parts->whole.text;
    return (unsigned)(i < whole.size ? whole.data[i] : parts->fraction.text.data[i - whole.size]) -
           '0';
}

static bool append_digit(uint64_t *units, unsigned digit)
{
    uint64_t more;
    if (__builtin_mul_overflow(*units, UINT64_C(10), &more) ||
        __builtin_add_overflow(more, digit, &more)) {
        return false;
    }
    *units = more;
    return true;
}

/* Puts zeros behind the units; false: they are too many. */
static bool append_zeros(uint64_t *units, int64_t count)
{
    for (int64_t i = 0; *units > 0 && i < count; i++) {
        if (!append_digit(units, 0)) {
            return false;
        }
    }
    return true;
}

/* What nearly all numbers are: no more than DIGITS_MAX digits, all of which are kept. */
static status_t join_digits(const parts_t *parts, int64_t zeros, decimal_t *ret_decimal)
{
    uint64_t units = parts->whole.value;
    bool fits = append_zeros(&units, (int64_t)parts->fraction.text.size);
    units += parts->fraction.value;
    if (!fits || !append_zeros(&units, zeros) || units > INT64_MAX) {
        return STATUS_OUT_OF_RANGE;
    }
    *ret_decimal =
        (decimal_t){.units = units, .floor = units, .negative = parts->negative && units > 0};
    return STATUS_OK;
}

/* Takes the first `kept` digits as the units; what is behind them decides how they are rounded. */
static status_t round_digits(const parts_t *parts, int64_t kept, decimal_t *ret_decimal)
{
    decimal_t decimal = {0};
    size_t count = parts->whole.text.size + parts->fraction.text.size;
    bool up = false;
    if (count <= DIGITS_MAX && (int64_t)count <= kept) {
        return join_digits(parts, kept - (int64_t)count, ret_decimal);
    }
    for (size_t i = 0; i < count; i++) {
        unsigned digit = digit_at(parts, i);
        if ((int64_t)i < kept) {
            if (!append_digit(&decimal.floor, digit)) {
                return STATUS_OUT_OF_RANGE;
            }
            continue;
        }
        up = up || ((int64_t)i == kept && digit >= 5);
        decimal.beyond = decimal.beyond || digit > 0;
    }
    if (!append_zeros(&decimal.floor, kept - (int64_t)count)) {
        return STATUS_OUT_OF_RANGE;
    }
    decimal.units = decimal.floor + up;
    decimal.negative = parts->negative && decimal.units > 0;
    *ret_decimal = decimal;
    return decimal.units <= INT64_MAX ? STATUS_OK : STATUS_OUT_OF_RANGE;
}

status_t decimal_read(text_t text, unsigned decimals, decimal_t *ret_decimal)
{
    parts_t parts;
    if (!take_apart(text, &parts)) {
        return STATUS_INVALID;
    }
    return round_digits(&parts, (int64_t)parts.whole.text.size + parts.exponent + decimals,
                        ret_decimal);
}

char *decimal_write(uint64_t units, unsigned decimals, unsigned digits, char *out)
{
    char room[DECIMAL_SIZE + TEXT_NUMBER_SIZE];
    size_t width = decimals + digits;
    memset(room, '0', DECIMAL_SIZE);
    size_t count = text_write_u64(units, room + DECIMAL_SIZE);
    width = count > width ? count : width;
    const char *text = room + DECIMAL_SIZE + count - width;
    size_t end = width;
    while (end > width - decimals && text[end - 1] == '0') {
        end--;
    }
    size_t whole = width - decimals;
    out = text_copy((text_t){.data = text, .size = whole}, out);
    if (end > whole) {
        *out++ = '.';
        out = text_copy((text_t){.data = text + whole, .size = end - whole}, out);
    }
    return out;
}
