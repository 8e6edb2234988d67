#include "common/iso6709.h"

/* Decimals that are read: more than a double tells apart, fewer than overflow 64 bits. */
enum { DECIMALS = 18 };

/* A signed decimal as it stands in the text. */
typedef struct {
    bool negative;
    bool beyond;            /* some decimal is not 0, also past those that are read */
    text_t whole;           /* digits before the point */
    uint64_t fraction;      /* the first decimals as a number... */
    unsigned decimal_count; /* ...and how many these are, 0 .. DECIMALS */
} decimal_t;

/* What tells latitude and longitude apart. */
typedef struct {
    size_t degree_digits; /* digits of the degrees where minutes follow: 2 or 3 */
    unsigned limit_deg;   /* largest magnitude */
} axis_t;

static const axis_t latitude = {.degree_digits = 2, .limit_deg = 90};
static const axis_t longitude = {.degree_digits = 3, .limit_deg = 180};

/* Digits from `at` on; the byte behind them. */
static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && text_is_digit(*at)) {
        at++;
    }
    return at;
}

static void read_decimals(const char *at, const char *end, decimal_t *decimal)
{
    const char *stop = end - at > DECIMALS ? at + DECIMALS : end;
    decimal->decimal_count = (unsigned)(stop - at);
    for (; at < stop; at++) {
        decimal->fraction = decimal->fraction * 10 + (uint64_t)(*at - '0');
    }
    decimal->beyond = decimal->fraction != 0;
    for (; at < end; at++) {
        decimal->beyond = decimal->beyond || *at != '0';
    }
}

/* P2: a sign, digits, and optionally a point with digits behind it. */
static bool take_decimal(text_t *rest, decimal_t *ret_decimal)
{
    if (rest->size == 0 || (rest->data[0] != '+' && rest->data[0] != '-')) {
        return false;
    }
    const char *end = rest->data + rest->size;
    const char *whole = rest->data + 1;
    const char *at = skip_digits(whole, end);
    decimal_t decimal = {.negative = rest->data[0] == '-',
                         .whole = {.data = whole, .size = (size_t)(at - whole)}};
    if (decimal.whole.size == 0) {
        return false;
    }
    if (at < end && *at == '.') {
        const char *decimals = at + 1;
        at = skip_digits(decimals, end);
        if (at == decimals) {
            return false;
        }
        read_decimals(decimals, at, &decimal);
    }
    *rest = (text_t){.data = at, .size = (size_t)(end - at)};
    *ret_decimal = decimal;
    return true;
}

static unsigned digits_value(const char *digits, size_t count)
{
    unsigned value = 0;
    for (size_t i = 0; i < count; i++) {
        value = value * 10 + (unsigned)(digits[i] - '0');
    }
    return value;
}

/* The fraction of the last unit, 0 <= fraction <= 1. */
static double fraction_value(const decimal_t *decimal)
{
    static const double powers[DECIMALS + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                1e14, 1e15, 1e16, 1e17, 1e18};
    return (double)decimal->fraction / powers[decimal->decimal_count];
}

/* P3, P4: degrees, minutes and seconds from the number of digits, and their ranges. */
static bool decimal_to_degrees(const decimal_t *decimal, const axis_t *axis, double *ret_degrees)
{
    const char *digits = decimal->whole.data;
    size_t count = decimal->whole.size;
    bool has_minutes = count == axis->degree_digits + 2 || count == axis->degree_digits + 4;
    bool has_seconds = count == axis->degree_digits + 4;
    if (count > axis->degree_digits && !has_minutes) {
        return false;
    }
    size_t degree_digits = has_minutes ? axis->degree_digits : count;
    unsigned degrees = digits_value(digits, degree_digits);
    unsigned minutes = has_minutes ? digits_value(digits + degree_digits, 2) : 0;
    unsigned seconds = has_seconds ? digits_value(digits + degree_digits + 2, 2) : 0;
    bool beyond = minutes > 0 || seconds > 0 || decimal->beyond;
    if (minutes >= 60 || seconds >= 60 || degrees > axis->limit_deg ||
        (degrees == axis->limit_deg && beyond)) {
        return false;
    }
    double fraction = fraction_value(decimal);
    double magnitude = degrees;
    if (has_seconds) {
        magnitude += minutes / 60.0 + (seconds + fraction) / 3600.0;
    } else if (has_minutes) {
        magnitude += (minutes + fraction) / 60.0;
    } else {
        magnitude += fraction;
    }
    *ret_degrees = decimal->negative ? -magnitude : magnitude;
    return true;
}

/* P5: what may follow latitude and longitude: nothing, or an altitude, a CRS and the closing "/". */
static bool tail_is_valid(text_t rest)
{
    if (rest.size == 0) {
        return true;
    }
    decimal_t altitude;
    if (rest.data[0] != 'C' && rest.data[0] != '/' && !take_decimal(&rest, &altitude)) {
        return false;
    }
    if (rest.size > 4 && memcmp(rest.data, "CRS", 3) == 0) {
        const char *slash = memchr(rest.data, '/', rest.size);
        if (slash == NULL || slash == rest.data + 3) {
            return false;
        }
        rest = text_after(rest, (size_t)(slash - rest.data));
    }
    return rest.size == 1 && rest.data[0] == '/';
}

bool iso6709_parse(text_t text, iso6709_position_t *ret_position)
{
    decimal_t first;
    decimal_t second;
    iso6709_position_t position;
    if (!take_decimal(&text, &first) || !take_decimal(&text, &second) || !tail_is_valid(text) ||
        !decimal_to_degrees(&first, &latitude, &position.latitude_deg) ||
        !decimal_to_degrees(&second, &longitude, &position.longitude_deg)) {
        return false;
    }
    *ret_position = position;
    return true;
}
