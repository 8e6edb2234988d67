#include "common/places/row.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { NUMBER_BITS = 7, NUMBER_MORE = 0x80, NUMBER_BYTES_MAX = 10, COUNTRY_SIZE = 2 };

/* The part of a row that always has the same size. */
typedef struct {
    int32_t latitude_e7;  /* 1e-7 degree */
    int32_t longitude_e7; /* 1e-7 degree */
    char class;           /* a letter, or a space */
    uint8_t code_size;    /* bytes */
    uint8_t country_size; /* bytes */
    uint8_t admin1_size;  /* bytes */
    uint16_t name_size;   /* bytes */
} __attribute__((packed)) fixed_t;

static_assert(sizeof(fixed_t) == PLACES_ROW_FIXED_SIZE, "as the header says");

static char *write_number(uint64_t value, char *out)
{
    while (value >= NUMBER_MORE) {
        *out++ = (char)(value | NUMBER_MORE);
        value >>= NUMBER_BITS;
    }
    *out++ = (char)value;
    return out;
}

size_t places_row_write(const geonames_row_t *row, char *out)
{
    const fixed_t fixed = {.latitude_e7 = row->latitude_e7,
                           .longitude_e7 = row->longitude_e7,
                           .class = row->feature_class,
                           .code_size = (uint8_t)row->feature_code.size,
                           .country_size = (uint8_t)row->country.size,
                           .admin1_size = (uint8_t)row->admin1.size,
                           .name_size = (uint16_t)row->name.size};
    char *end = write_number(row->population, write_number(row->id, out));
    memcpy(end, &fixed, sizeof fixed);
    end = text_copy(row->feature_code, end + sizeof fixed);
    end = text_copy(row->country, end);
    end = text_copy(row->admin1, end);
    end = text_copy(row->name, end);
    return (size_t)(end - out);
}

static bool take_number(text_t *rest, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < rest->size && i < NUMBER_BYTES_MAX; i++) {
        unsigned char byte = (unsigned char)rest->data[i];
        value |= (uint64_t)(byte & ~NUMBER_MORE) << (i * NUMBER_BITS);
        if (byte < NUMBER_MORE) {
            *rest = text_after(*rest, i + 1);
            *ret_value = value;
            return value <= INT64_MAX;
        }
    }
    return false;
}

static text_t take_text(text_t *rest, size_t size)
{
    text_t text = text_first(*rest, size);
    *rest = text_after(*rest, size);
    return text;
}

/* Whether it is as geonames.h promises, and there are enough bytes for its texts. */
static bool is_possible(const fixed_t *fixed, size_t texts_size)
{
    size_t size = (size_t)fixed->code_size + fixed->country_size + fixed->admin1_size;
    return fixed->latitude_e7 >= -900000000 && fixed->latitude_e7 <= 900000000 &&
           fixed->longitude_e7 >= -1800000000 && fixed->longitude_e7 <= 1800000000 &&
           fixed->code_size <= GEONAMES_CODE_SIZE && fixed->admin1_size <= GEONAMES_ADMIN1_SIZE &&
           (fixed->country_size == 0 || fixed->country_size == COUNTRY_SIZE) &&
           fixed->name_size > 0 && fixed->name_size <= GEONAMES_NAME_SIZE &&
           size + fixed->name_size <= texts_size;
}

/* A row: id 5368361, population 0, 34.05223 -118.24368, class P, the sizes 5 2 2 11, then "PPLA2",
 * "US", "CA", "Los Angeles". */
status_t places_row_take(text_t *rest, geonames_row_t *ret_row)
{
    text_t left = *rest;
    geonames_row_t row = {0};
    fixed_t fixed;
    if (!take_number(&left, &row.id) || !take_number(&left, &row.population) ||
        left.size < sizeof fixed) {
        return STATUS_INVALID;
    }
    memcpy(&fixed, left.data, sizeof fixed);
    left = text_after(left, sizeof fixed);
    if (!is_possible(&fixed, left.size)) {
        return STATUS_INVALID;
    }
    row.latitude_e7 = fixed.latitude_e7;
    row.longitude_e7 = fixed.longitude_e7;
    row.feature_class = fixed.class;
    row.feature_code = take_text(&left, fixed.code_size);
    row.country = take_text(&left, fixed.country_size);
    row.admin1 = take_text(&left, fixed.admin1_size);
    row.name = take_text(&left, fixed.name_size);
    *rest = left;
    *ret_row = row;
    return STATUS_OK;
}
