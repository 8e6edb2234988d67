#include "frontend/web/geo/fix_plain.h"

#include "common/base/digits.h"

enum {
    BODY_SIZE_MAX = 256,
    WHOLE_DIGITS_MAX = 18, /* before the point: within 64 bits */
};

/* Where a pass stands; what `take_...` do not find they leave. */
typedef struct {
    const char *at;
    const char *end;
} pass_t;

static void skip_space(pass_t *self)
{
    while (self->at < self->end &&
           (*self->at == ' ' || *self->at == '\t' || *self->at == '\n' || *self->at == '\r')) {
        self->at++;
    }
}

static bool take_byte(pass_t *self, char byte)
{
    skip_space(self);
    bool found = self->at < self->end && *self->at == byte;
    self->at += found;
    return found;
}

/* Returns how many there are. */
static size_t skip_digits(pass_t *self)
{
    const char *begin = self->at;
    self->at = digits_skip(begin, begin, self->end);
    return (size_t)(self->at - begin);
}

/* RFC 8259, section 6, without an exponent. */
static bool take_number(pass_t *self, text_t *ret_number)
{
    skip_space(self);
    const char *begin = self->at;
    self->at += self->at < self->end && *self->at == '-';
    const char *first = self->at;
    size_t digits = skip_digits(self);
    if (digits == 0 || digits > WHOLE_DIGITS_MAX || (*first == '0' && digits > 1)) {
        return false;
    }
    if (self->at < self->end && *self->at == '.') {
        self->at++;
        if (skip_digits(self) == 0) {
            return false;
        }
    }
    *ret_number = (text_t){.data = begin, .size = (size_t)(self->at - begin)};
    return true;
}

/* The value that a name stands for, if it has none yet. */
static text_t *find_value(fix_values_t *values, text_t name)
{
    text_t *value = NULL;
    if (text_equal(name, TEXT("lat"))) {
        value = &values->latitude;
    } else if (text_equal(name, TEXT("lon"))) {
        value = &values->longitude;
    } else if (text_equal(name, TEXT("time"))) {
        value = &values->time;
    } else if (text_equal(name, TEXT("altitude"))) {
        value = &values->altitude;
    }
    return value != NULL && value->size == 0 ? value : NULL;
}

static bool take_member(pass_t *self, fix_values_t *values)
{
    if (!take_byte(self, '"')) {
        return false;
    }
    const char *begin = self->at;
    while (self->at < self->end && *self->at >= 'a' && *self->at <= 'z') {
        self->at++;
    }
    const text_t name = {.data = begin, .size = (size_t)(self->at - begin)};
    text_t *value = find_value(values, name);
    return value != NULL && self->at < self->end && *self->at++ == '"' && take_byte(self, ':') &&
           take_number(self, value);
}

bool fix_plain_read(text_t body, fix_values_t *ret_values)
{
    fix_values_t values = {0};
    if (body.size == 0 || body.size > BODY_SIZE_MAX) {
        return false;
    }
    pass_t pass = {.at = body.data, .end = body.data + body.size};
    if (!take_byte(&pass, '{')) {
        return false;
    }
    do {
        if (!take_member(&pass, &values)) {
            return false;
        }
    } while (take_byte(&pass, ','));
    if (!take_byte(&pass, '}')) {
        return false;
    }
    skip_space(&pass);
    if (pass.at != pass.end) {
        return false;
    }
    *ret_values = values;
    return true;
}
