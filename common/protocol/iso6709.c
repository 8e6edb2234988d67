#include "common/protocol/iso6709.h"

#include "common/base/digits.h"

/* Decimals that are read: more than a double tells apart, fewer than overflow 64 bits. */
enum { DECIMALS = 18 };

/* A signed decimal as it stands in the text. */
typedef struct {
    bool negative;
    bool beyond;            /* some decimal is not 0, even behind those that are read */
    size_t whole_size;      /* digits before the point */
    uint64_t whole;         /* their value, if they are no more than DIGITS_MAX */
    uint64_t fraction;      /* the first decimals as a number ... */
    unsigned decimal_count; /* ... and how many these are, 0 .. DECIMALS */
} decimal_t;

/* The same by its parts. */
typedef struct {
    decimal_t decimal;
    unsigned degrees;
    unsigned minutes; /* 0 without */
    unsigned seconds; /* 0 without */
    bool has_minutes;
    bool has_seconds;
} angle_t;

/* What tells latitude and longitude apart. */
typedef struct {
    size_t degree_digits; /* digits of the degrees if minutes follow: 2 or 3 */
    unsigned limit_deg;   /* largest magnitude */
    unsigned limit_lead;  /* the number of its first two digits */
} axis_t;

static const axis_t latitude = {.degree_digits = 2, .limit_deg = 90, .limit_lead = 90};
static const axis_t longitude = {.degree_digits = 3, .limit_deg = 180, .limit_lead = 18};

/* `digits` have the value `fraction`, unless they are too many for it. */
static void set_decimals(decimal_t *decimal, text_t digits, uint64_t fraction)
{
    decimal->decimal_count = (unsigned)digits.size;
    decimal->fraction = fraction;
    decimal->beyond = fraction != 0;
    if (digits.size > DECIMALS) {
        decimal->decimal_count = DECIMALS;
        digits_take(digits.data, digits.data + DECIMALS, &decimal->fraction);
        decimal->beyond = false;
        for (size_t i = 0; i < digits.size; i++) {
            decimal->beyond = decimal->beyond || digits.data[i] != '0';
        }
    }
}

/* P2: a sign, digits, and optionally a point with digits behind it. */
static bool take_decimal(text_t *rest, decimal_t *ret_decimal)
{
    if (rest->size == 0 || (rest->data[0] != '+' && rest->data[0] != '-')) {
        return false;
    }
    const char *whole = rest->data + 1;
    const char *end = text_end(*rest);
    decimal_t decimal = {.negative = rest->data[0] == '-'};
    const char *at = digits_take(whole, end, &decimal.whole);
    decimal.whole_size = (size_t)(at - whole);
    if (decimal.whole_size == 0) {
        return false;
    }
    if (at < end && *at == '.') {
        const char *decimals = at + 1;
        uint64_t fraction;
        at = digits_take(decimals, end, &fraction);
        if (at == decimals) {
            return false;
        }
        set_decimals(&decimal, (text_t){.data = decimals, .size = (size_t)(at - decimals)},
                     fraction);
    }
    *rest = (text_t){.data = at, .size = (size_t)(end - at)};
    *ret_decimal = decimal;
    return true;
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
static bool split_angle(const decimal_t *decimal, const axis_t *axis, angle_t *ret_angle)
{
    size_t count = decimal->whole_size;
    bool has_seconds = count == axis->degree_digits + 4;
    bool has_minutes = has_seconds || count == axis->degree_digits + 2;
    if (count > axis->degree_digits && !has_minutes) {
        return false;
    }
    unsigned whole = (unsigned)decimal->whole;
    angle_t angle = {.decimal = *decimal, .has_minutes = has_minutes, .has_seconds = has_seconds};
    if (has_seconds) {
        angle.seconds = whole % 100;
        whole /= 100;
    }
    if (has_minutes) {
        angle.minutes = whole % 100;
        whole /= 100;
    }
    angle.degrees = whole;
    bool beyond = angle.minutes > 0 || angle.seconds > 0 || decimal->beyond;
    if (angle.minutes >= 60 || angle.seconds >= 60 || angle.degrees > axis->limit_deg ||
        (angle.degrees == axis->limit_deg && beyond)) {
        return false;
    }
    *ret_angle = angle;
    return true;
}

static double angle_degrees(const angle_t *angle)
{
    double fraction = fraction_value(&angle->decimal);
    double magnitude = angle->degrees;
    if (angle->has_seconds) {
        magnitude += angle->minutes / 60.0 + (angle->seconds + fraction) / 3600.0;
    } else if (angle->has_minutes) {
        magnitude += (angle->minutes + fraction) / 60.0;
    } else {
        magnitude += fraction;
    }
    return angle->decimal.negative ? -magnitude : magnitude;
}

/* P5: behind latitude and longitude there is nothing, or an altitude, a CRS and the closing "/". */
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

/* Takes the whole of `text` apart; no degrees are computed yet. */
static bool split(text_t text, angle_t *ret_latitude, angle_t *ret_longitude)
{
    decimal_t first;
    decimal_t second;
    return take_decimal(&text, &first) && take_decimal(&text, &second) && tail_is_valid(text) &&
           split_angle(&first, &latitude, ret_latitude) &&
           split_angle(&second, &longitude, ret_longitude);
}

/* Whether `count` digits (1 .. degree_digits) are degrees below the limit: fewer digits than it has
 * always are; of as many, the first two tell, for it ends in 0 behind them. */
static inline bool is_below(const char *digits, size_t count, const axis_t *axis)
{
    return count < axis->degree_digits ||
           (unsigned)(digits[0] - '0') * 10 + (unsigned)(digits[1] - '0') < axis->limit_lead;
}

/* What nearly all clients write is a sign, whole degrees below the limit, a point and decimals,
 * which is valid whatever the decimals are. Returns the byte behind it; NULL if anything else, good
 * or bad, stands at `at`, in a text that begins at `begin`. */
static inline const char *skip_degrees(const char *begin, const char *at, const char *end,
                                       const axis_t *axis)
{
    if (end - at < 9 || (*at != '+' && *at != '-')) {
        return NULL;
    }
    const char *whole = at + 1;
    uint64_t bytes = digits_load(whole);
    unsigned bits = digits_size(bytes);
    size_t count = bits / 8;
    if (count == 0 || count > axis->degree_digits || (char)(bytes >> bits) != '.' ||
        !is_below(whole, count, axis)) {
        return NULL;
    }
    const char *decimals = whole + count + 1;
    at = digits_skip(begin, decimals, end);
    return at > decimals ? at : NULL;
}

const char *iso6709_skip_usual(const char *begin, const char *at, const char *end)
{
    at = skip_degrees(begin, at, end, &latitude);
    return at != NULL ? skip_degrees(begin, at, end, &longitude) : NULL;
}

bool iso6709_is_valid(text_t text)
{
    const char *end = text_end(text);
    angle_t angles[2];
    if (text.size > 0 && iso6709_skip_usual(text.data, text.data, end) == end) {
        return true;
    }
    return split(text, &angles[0], &angles[1]);
}

bool iso6709_parse(text_t text, iso6709_position_t *ret_position)
{
    angle_t angles[2];
    if (!split(text, &angles[0], &angles[1])) {
        return false;
    }
    *ret_position = (iso6709_position_t){.latitude_deg = angle_degrees(&angles[0]),
                                         .longitude_deg = angle_degrees(&angles[1])};
    return true;
}
