#include "frontend/web/geo/moment.h"

#include "common/base/timestamp.h"

enum {
    YEAR,
    MONTH,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    PARTS,
    YEAR_MIN = 1970, /* of what timestamp_parse_iso8601 reads */
    YEAR_MAX = 2261,
    DECIMALS_MAX = 9,
};

/* A time as it is written. */
typedef struct {
    uint64_t parts[PARTS];
    size_t count;        /* parts that are there */
    int64_t fraction_ns; /* of a second */
    int64_t unit_ns;     /* of the last digit; a month has its own length */
    int64_t offset_ns;   /* of its zone */
    bool has_zone;
} moment_t;

static bool take_digits(text_t *rest, size_t digits, uint64_t *ret_number)
{
    if (rest->size < digits || !text_to_u64(text_first(*rest, digits), UINT64_MAX, ret_number)) {
        return false;
    }
    *rest = text_after(*rest, digits);
    return true;
}

/* Takes "2026-11-27T05:00:00", or less of it. */
static bool take_parts(text_t *rest, moment_t *self)
{
    static const char separators[] = "--T::"; /* in front of each but the first */
    static const int64_t units_s[PARTS] = {0, 0, 86400, 3600, 60, 1};
    if (!take_digits(rest, 4, &self->parts[YEAR])) {
        return false;
    }
    for (self->count = MONTH; self->count < PARTS; self->count++) {
        char separator = separators[self->count - 1];
        bool follows =
            rest->size > 0 && (rest->data[0] == separator ||
                               (self->count == HOUR && rest->data[0] == 't')); /* RFC 3339, 5.6 */
        if (!follows) {
            break;
        }
        *rest = text_after(*rest, 1);
        if (!take_digits(rest, 2, &self->parts[self->count])) {
            return false;
        }
    }
    self->unit_ns = units_s[self->count - 1] * TIMESTAMP_NS_PER_S;
    return self->count > MONTH;
}

/* Takes ".25". */
static bool take_fraction(text_t *rest, moment_t *self)
{
    size_t digits = 0;
    if (self->count < PARTS || rest->size == 0 || rest->data[0] != '.') {
        return true;
    }
    *rest = text_after(*rest, 1);
    for (; digits < rest->size && text_is_digit(rest->data[digits]); digits++) {
        if (digits < DECIMALS_MAX) {
            self->unit_ns /= 10;
            self->fraction_ns += (rest->data[digits] - '0') * self->unit_ns;
        }
    }
    *rest = text_after(*rest, digits);
    return digits > 0;
}

bool moment_read_offset(text_t text, int64_t *ret_offset_ns)
{
    uint64_t hours;
    uint64_t minutes;
    if (text.size != MOMENT_OFFSET_SIZE || (text.data[0] != '+' && text.data[0] != '-') ||
        text.data[3] != ':' ||
        !text_to_u64((text_t){.data = text.data + 1, .size = 2}, 23, &hours) ||
        !text_to_u64((text_t){.data = text.data + 4, .size = 2}, 59, &minutes)) {
        return false;
    }
    int64_t offset_ns = (int64_t)(hours * 60 + minutes) * 60 * TIMESTAMP_NS_PER_S;
    *ret_offset_ns = text.data[0] == '-' ? -offset_ns : offset_ns;
    return true;
}

/* Takes "Z" or "+02:00". */
static bool take_zone(text_t *rest, moment_t *self)
{
    self->has_zone = rest->size > 0;
    if (!self->has_zone) {
        return true;
    }
    bool is_utc = rest->size == 1 && (rest->data[0] == 'Z' || rest->data[0] == 'z');
    return is_utc || moment_read_offset(*rest, &self->offset_ns);
}

static bool is_leap_year(uint64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The first nanosecond of these parts, in UTC; false: the calendar has no such day. */
static bool find_start(const uint64_t parts[PARTS], int64_t *ret_time_ns)
{
    char text[] = "1970-01-01T00:00:00Z";
    uint64_t year = parts[YEAR];
    bool early = year < YEAR_MIN;
    bool late = year > YEAR_MAX;
    if (early || late) { /* of these only the days are to be right */
        year = is_leap_year(year) ? 2000 : 2001;
    }
    text_write_digits(year, 4, text);
    for (size_t i = MONTH; i < PARTS; i++) {
        text_write_digits(parts[i], 2, text + 2 + 3 * i);
    }
    if (!timestamp_parse_iso8601((text_t){.data = text, .size = sizeof text - 1}, ret_time_ns)) {
        return false;
    }
    *ret_time_ns = early ? -1 : late ? INT64_MAX : *ret_time_ns;
    return true;
}

/* The span, of which the parts are known. */
static bool find_span(const moment_t *self, moment_span_t *ret_span)
{
    int64_t from_ns;
    int64_t behind_ns; /* of a month, the start of the next one */
    if (!find_start(self->parts, &from_ns)) {
        return false;
    }
    if (from_ns == -1 || from_ns == INT64_MAX) {
        *ret_span = (moment_span_t){from_ns, from_ns};
        return true;
    }
    from_ns += self->fraction_ns - self->offset_ns;
    behind_ns = from_ns + self->unit_ns;
    if (self->unit_ns == 0) {
        uint64_t next[PARTS] = {self->parts[YEAR], self->parts[MONTH] + 1, 1};
        if (next[MONTH] > 12) {
            next[YEAR]++;
            next[MONTH] = 1;
        }
        (void)find_start(next, &behind_ns); /* there is one */
    }
    ret_span->from_ns = from_ns < 0 ? -1 : from_ns;
    ret_span->to_ns = behind_ns <= 0 ? -1 : behind_ns - 1;
    return true;
}

static bool read(text_t text, moment_t *ret_moment)
{
    moment_t self = {.parts = {[MONTH] = 1, [DAY] = 1}};
    if (!take_parts(&text, &self) || !take_fraction(&text, &self) || !take_zone(&text, &self)) {
        return false;
    }
    *ret_moment = self;
    return true;
}

bool moment_read(text_t text, moment_span_t *ret_span)
{
    moment_t self;
    if (!read(text, &self)) {
        return false;
    }
    bool is_date = self.count == DAY + 1 && !self.has_zone;
    bool is_time = self.count == PARTS && self.has_zone;
    return (is_date || is_time) && find_span(&self, ret_span);
}

bool moment_read_short(text_t text, moment_span_t *ret_span)
{
    moment_t self;
    return read(text, &self) && (!self.has_zone || self.count > HOUR) && find_span(&self, ret_span);
}

/* One end of an interval. */
static bool read_end(text_t text, moment_span_t *ret_span)
{
    if (text.size == 0 || text_equal(text, TEXT(".."))) {
        *ret_span = (moment_span_t){INT64_MIN, INT64_MAX};
        return true;
    }
    return moment_read(text, ret_span);
}

bool moment_read_interval(text_t text, moment_span_t *ret_span)
{
    moment_span_t first;
    moment_span_t last;
    size_t size = 0;
    while (size < text.size && text.data[size] != '/') {
        size++;
    }
    if (size == text.size) {
        return moment_read(text, ret_span);
    }
    if (!read_end(text_first(text, size), &first) || !read_end(text_after(text, size + 1), &last) ||
        first.from_ns > last.to_ns) {
        return false;
    }
    *ret_span = (moment_span_t){first.from_ns, last.to_ns};
    return true;
}
