#include "common/base/timestamp.h"

#include "common/base/digits.h"

enum { DECIMALS = 9 };

/* Reads 1 or more decimals and nothing else as nanoseconds; the first DECIMALS count. */
static bool parse_decimals(const char *at, const char *end, uint64_t *ret_fraction_ns)
{
    static const uint32_t powers[DECIMALS + 1] = {1,      10,      100,      1000,      10000,
                                                  100000, 1000000, 10000000, 100000000, 1000000000};
    uint64_t fraction_ns;
    if (at == end || digits_take(at, end, &fraction_ns) != end) {
        return false;
    }
    size_t count = (size_t)(end - at);
    if (count > DECIMALS) {
        count = DECIMALS;
        digits_take(at, at + count, &fraction_ns);
    }
    *ret_fraction_ns = fraction_ns * powers[DECIMALS - count];
    return true;
}

/* What most clients send, e.g. 1621464827.959498503: ten digits, a point and nine decimals, which
 * may be more than an int64_t. False for any other text, good or bad. */
static inline bool parse_usual(text_t text, uint64_t *ret_time_ns)
{
    enum { SECONDS = 10, SIZE = SECONDS + 1 + DECIMALS };
    if (text.size != SIZE) {
        return false;
    }
    const char *at = text.data;
    uint64_t seconds = digits_load(at);
    uint64_t decimals = digits_load(at + SECONDS + 1);
    if ((digits_others(seconds) | digits_others(decimals)) != 0 || at[SECONDS] != '.' ||
        !text_is_digit(at[8]) || !text_is_digit(at[9]) || !text_is_digit(at[SIZE - 1])) {
        return false;
    }
    seconds = digits_join(seconds) * 100 + (uint64_t)(at[8] - '0') * 10 + (uint64_t)(at[9] - '0');
    decimals = digits_join(decimals) * 10 + (uint64_t)(at[SIZE - 1] - '0');
    *ret_time_ns = seconds * (uint64_t)TIMESTAMP_NS_PER_S + decimals;
    return true;
}

/* Any other text. */
static bool parse_any(text_t text, uint64_t *ret_time_ns)
{
    const uint64_t maximum = (uint64_t)(INT64_MAX / TIMESTAMP_NS_PER_S);
    const char *end = text_end(text);
    uint64_t seconds;
    uint64_t fraction_ns = 0;
    const char *point = digits_take(text.data, end, &seconds);
    size_t digits = (size_t)(point - text.data);
    if (digits > DIGITS_MAX && !text_to_u64(text_first(text, digits), maximum, &seconds)) {
        return false;
    }
    if (digits == 0 || seconds > maximum ||
        (point < end && (*point != '.' || !parse_decimals(point + 1, end, &fraction_ns)))) {
        return false;
    }
    *ret_time_ns = seconds * (uint64_t)TIMESTAMP_NS_PER_S + fraction_ns;
    return true;
}

bool timestamp_parse(text_t text, int64_t *ret_time_ns)
{
    uint64_t time_ns;
    if ((!parse_usual(text, &time_ns) && !parse_any(text, &time_ns)) ||
        time_ns > (uint64_t)INT64_MAX) {
        return false;
    }
    *ret_time_ns = (int64_t)time_ns;
    return true;
}

/* Writes seconds, point and nine decimals; returns the size written. */
static size_t write_seconds(uint64_t magnitude_ns, char *out)
{
    uint64_t fraction = magnitude_ns % (uint64_t)TIMESTAMP_NS_PER_S;
    size_t size = text_write_u64(magnitude_ns / (uint64_t)TIMESTAMP_NS_PER_S, out);
    out[size] = '.';
    text_write_digits(fraction, DECIMALS, out + size + 1);
    return size + 1 + DECIMALS;
}

size_t timestamp_write(int64_t time_ns, char *out)
{
    return write_seconds((uint64_t)time_ns, out);
}

size_t timestamp_write_difference(int64_t difference_ns, char *out)
{
    out[0] = difference_ns < 0 ? '-' : '+';
    return 1 +
           write_seconds(difference_ns < 0 ? 0 - (uint64_t)difference_ns : (uint64_t)difference_ns,
                         out + 1);
}

size_t timestamp_difference_size(int64_t difference_ns)
{
    uint64_t magnitude_ns =
        difference_ns < 0 ? 0 - (uint64_t)difference_ns : (uint64_t)difference_ns;
    size_t size = 1 + 1 + 1 + DECIMALS;
    for (uint64_t s = magnitude_ns / (uint64_t)TIMESTAMP_NS_PER_S; s >= 10; s /= 10) {
        size++;
    }
    return size;
}

/* D2: each difference has one text, so "-0.000000000" and "+01.000000000" are refused. */
bool timestamp_parse_difference(text_t text, int64_t *ret_difference_ns)
{
    enum { SIZE_MIN = 1 + 1 + 1 + DECIMALS };
    if (text.size < SIZE_MIN || (text.data[0] != '+' && text.data[0] != '-') ||
        text.data[text.size - DECIMALS - 1] != '.' ||
        (text.data[1] == '0' && text.size > SIZE_MIN)) {
        return false;
    }
    bool negative = text.data[0] == '-';
    int64_t magnitude_ns;
    if (!timestamp_parse(text_after(text, 1), &magnitude_ns) || (negative && magnitude_ns == 0)) {
        return false;
    }
    *ret_difference_ns = negative ? -magnitude_ns : magnitude_ns;
    return true;
}

/* The civil date of a day counted from 1970-01-01 (proleptic Gregorian calendar). Counting years
 * from March makes the leap day the last of its year, and 400 years always have 146,097 days. */
static void civil_date(int64_t day, unsigned *ret_year, unsigned *ret_month, unsigned *ret_day)
{
    const int64_t days_per_era = 146097;
    int64_t shifted = day + 719468; /* days since 0000-03-01 */
    int64_t era = shifted / days_per_era;
    int64_t day_of_era = shifted % days_per_era;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *ret_day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *ret_month = (unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *ret_year = (unsigned)(year_of_era + era * 400 + (*ret_month <= 2 ? 1 : 0));
}

void timestamp_write_iso8601(int64_t time_ns, char *out)
{
    int64_t ms = time_ns > 0 ? time_ns / TIMESTAMP_NS_PER_MS : 0;
    unsigned year;
    unsigned month;
    unsigned day;
    civil_date(ms / 86400000, &year, &month, &day);
    unsigned ms_of_day = (unsigned)(ms % 86400000);
    memcpy(out, "0000-00-00T00:00:00.000Z", TIMESTAMP_ISO8601_SIZE);
    text_write_digits(year, 4, out);
    text_write_digits(month, 2, out + 5);
    text_write_digits(day, 2, out + 8);
    text_write_digits(ms_of_day / 3600000, 2, out + 11);
    text_write_digits(ms_of_day / 60000 % 60, 2, out + 14);
    text_write_digits(ms_of_day / 1000 % 60, 2, out + 17);
    text_write_digits(ms_of_day % 1000, 3, out + 20);
}

/* The day, counted from 1970-01-01, of a civil date: the inverse of civil_date. */
static int64_t day_of(uint64_t year, uint64_t month, uint64_t day)
{
    int64_t shifted_year = (int64_t)year - (month <= 2 ? 1 : 0);
    int64_t era = shifted_year / 400;
    int64_t year_of_era = shifted_year % 400;
    int64_t month_from_march = (int64_t)(month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + (int64_t)day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

/* Cuts a number of exactly `digits` digits and the separator behind it off the front of `rest`. */
static bool take_number(text_t *rest, size_t digits, char separator, uint64_t *ret_number)
{
    text_t text = text_first(*rest, digits);
    bool taken = rest->size > digits && rest->data[digits] == separator &&
                 text_to_u64(text, UINT64_MAX, ret_number);
    *rest = taken ? text_after(*rest, digits + 1) : *rest;
    return taken;
}

bool timestamp_parse_iso8601(text_t text, int64_t *ret_time_ns)
{
    uint64_t year;
    uint64_t month;
    uint64_t day;
    uint64_t hour;
    uint64_t minute;
    unsigned civil[3];
    int64_t seconds_ns;
    text_t rest = text;
    if (!take_number(&rest, 4, '-', &year) || !take_number(&rest, 2, '-', &month) ||
        !take_number(&rest, 2, 'T', &day) || !take_number(&rest, 2, ':', &hour) ||
        !take_number(&rest, 2, ':', &minute)) {
        return false;
    }
    /* "00Z", "00.250Z": the seconds are read as a time of their own. */
    bool ends = rest.size >= 3 && rest.data[rest.size - 1] == 'Z' &&
                (rest.size == 3 || rest.data[2] == '.') && rest.size <= 13;
    if (!ends || !timestamp_parse(text_first(rest, rest.size - 1), &seconds_ns) || year < 1970 ||
        month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        seconds_ns >= 60 * TIMESTAMP_NS_PER_S) {
        return false;
    }
    int64_t days = day_of(year, month, day);
    civil_date(days, &civil[0], &civil[1], &civil[2]);
    int64_t minutes = days * 1440 + (int64_t)(hour * 60 + minute);
    int64_t time_ns;
    bool fits = !__builtin_mul_overflow(minutes, 60 * TIMESTAMP_NS_PER_S, &time_ns) &&
                !__builtin_add_overflow(time_ns, seconds_ns, &time_ns);
    if (civil[2] != day || !fits) { /* there is no 30th of February */
        return false;
    }
    *ret_time_ns = time_ns;
    return true;
}
