#include "common/json/decimal.h"

enum {
    EXPONENT_MAX = 100000000, /* more than any text has digits; greater ones count as this */
    UNIT_DIGITS = 19,         /* of the greatest number of units */
};

/* A number taken apart: digits with a point somewhere, times ten to a power. */
typedef struct {
    bool negative;
    text_t whole;     /* digits before the point */
    text_t fraction;  /* behind it */
    int64_t exponent; /* behind the E */
} parts_t;

static text_t take_digits(text_t *rest)
{
    size_t size = 0;
    while (size < rest->size && text_is_digit(rest->data[size])) {
        size++;
    }
    text_t digits = text_first(*rest, size);
    *rest = text_after(*rest, size);
    return digits;
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
    text_t digits = take_digits(rest);
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
    if (parts.whole.size == 0 || (parts.whole.size > 1 && parts.whole.data[0] == '0')) {
        return false;
    }
    if (take_byte(&text, '.')) {
        parts.fraction = take_digits(&text);
        if (parts.fraction.size == 0) {
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
    const char *digit = i < parts->whole.size ? &parts->whole.data[i]
                                              : &parts->fraction.data[i - parts->whole.size];
    return (unsigned)(*digit - '0');
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

/* Takes the first `kept` digits as the units; what is behind them decides how they are rounded. */
static status_t round_digits(const parts_t *parts, int64_t kept, decimal_t *ret_decimal)
{
    decimal_t decimal = {0};
    size_t count = parts->whole.size + parts->fraction.size;
    bool up = false;
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
    for (int64_t i = (int64_t)count; i < kept && decimal.floor > 0; i++) {
        if (!append_digit(&decimal.floor, 0)) {
            return STATUS_OUT_OF_RANGE;
        }
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
    return round_digits(&parts, (int64_t)parts.whole.size + parts.exponent + decimals, ret_decimal);
}

char *decimal_write(uint64_t units, unsigned decimals, unsigned digits, char *out)
{
    char text[UNIT_DIGITS + DECIMAL_SIZE];
    size_t width = decimals + digits;
    uint64_t left = units;
    size_t count = 1;
    while (left >= 10) {
        left /= 10;
        count++;
    }
    width = count > width ? count : width;
    text_write_digits(units, width, text);
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
