#include "common/geojson/coordinates.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>

enum {
    LATITUDE_DIGITS = 2, /* before the point, of degrees without minutes */
    LONGITUDE_DIGITS = 3,
    ALTITUDE_DIGITS = 65536, /* as many as there are */
};

/* Cuts a sign and the number behind it off a valid position. */
static text_t take_number(text_t *rest)
{
    size_t size = 1;
    while (size < rest->size && (text_is_digit(rest->data[size]) || rest->data[size] == '.')) {
        size++;
    }
    text_t number = text_first(*rest, size);
    *rest = text_after(*rest, size);
    return number;
}

/* "+07.5" as "7.5": the number that JSON has (RFC 8259, section 6). False if it has minutes. */
static bool is_degrees(text_t *number, size_t digits_max)
{
    size_t digits = 0;
    while (digits + 1 < number->size && text_is_digit(number->data[digits + 1])) {
        digits++;
    }
    if (digits > digits_max) {
        return false;
    }
    *number = text_after(*number, 1);
    while (number->size > 1 && number->data[0] == '0' && text_is_digit(number->data[1])) {
        *number = text_after(*number, 1);
    }
    return true;
}

/* The digits that the client sent; of minutes and seconds, degrees to 0.1 mm. */
static text_t number_of(text_t number, size_t digits_max, double degrees,
                        char out[COORDINATES_SIZE])
{
    if (is_degrees(&number, digits_max)) {
        return number;
    }
    int size = snprintf(out, COORDINATES_SIZE, "%.9f", degrees < 0 ? -degrees : degrees);
    assert(size > 0 && size < COORDINATES_SIZE);
    return (text_t){.data = out, .size = (size_t)size};
}

static char *put_degrees(text_t part, size_t digits_max, double degrees, char *out)
{
    char number[COORDINATES_SIZE];
    if (part.data[0] == '-') {
        *out++ = '-';
    }
    return text_copy(number_of(part, digits_max, degrees, number), out);
}

/* +27.5916+086.5640+8850CRSWGS_84/ */
bool coordinates_read(text_t position, coordinates_t *ret_coordinates)
{
    coordinates_t self = {0};
    if (!iso6709_parse(position, &self.degrees)) {
        return false;
    }
    self.latitude = take_number(&position);
    self.longitude = take_number(&position);
    if (position.size > 0 && (position.data[0] == '+' || position.data[0] == '-')) {
        self.altitude = take_number(&position);
    }
    *ret_coordinates = self;
    return true;
}

coordinates_t coordinates_of(text_t position)
{
    coordinates_t self;
    bool valid = coordinates_read(position, &self);
    assert(valid); /* record_check, command_parse */
    return self;
}

char *coordinates_put_latitude(const coordinates_t *self, char *out)
{
    return put_degrees(self->latitude, LATITUDE_DIGITS, self->degrees.latitude_deg, out);
}

char *coordinates_put_longitude(const coordinates_t *self, char *out)
{
    return put_degrees(self->longitude, LONGITUDE_DIGITS, self->degrees.longitude_deg, out);
}

char *coordinates_put_altitude(const coordinates_t *self, char *out)
{
    return put_degrees(self->altitude, ALTITUDE_DIGITS, 0, out);
}
