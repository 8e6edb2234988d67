/* geonames.h - one row of a GeoNames dump, and Google's place types for GeoNames' feature codes.
 *
 * Owner: values; a parsed row borrows the text it was parsed from. Threads: any.
 * Source of the format (19 columns, tab-separated, UTF-8):
 * https://download.geonames.org/export/dump/readme.txt; of the codes:
 * https://www.geonames.org/export/codes.html; of the types:
 * https://developers.google.com/maps/documentation/places/web-service/legacy/supported_types.
 */
#ifndef HERD_COMMON_PLACES_GEONAMES_H
#define HERD_COMMON_PLACES_GEONAMES_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest columns, in bytes. The format gives characters: 200 for a name, 20 for admin1, 10 for
 * a feature code; a character of UTF-8 has at most four bytes. */
enum { GEONAMES_NAME_SIZE = 800, GEONAMES_ADMIN1_SIZE = 80, GEONAMES_CODE_SIZE = 10 };
/* Types of one place. */
enum { GEONAMES_TYPES_MAX = 4 };

/* The feature classes that GeoNames has. */
#define GEONAMES_CLASSES "AHLPRSTUV"

/* A set of feature classes: bit n stands for the letter 'A' + n, the last bit for no class. */
typedef uint64_t geonames_classes_t;
#define GEONAMES_ALL_CLASSES UINT64_MAX
enum { GEONAMES_CLASS_BITS = 64 };

/* What the herd uses of a row (open value struct). Texts are bytes as they are in the file. */
typedef struct {
    uint64_t id;          /* geonameid */
    text_t name;          /* 1 .. GEONAMES_NAME_SIZE bytes, meant to be UTF-8 */
    int32_t latitude_e7;  /* 1e-7 degree, -90e7 .. 90e7, WGS 84 */
    int32_t longitude_e7; /* 1e-7 degree, -180e7 .. 180e7 */
    char feature_class;   /* a letter, meant to be one of GEONAMES_CLASSES; a space: none */
    text_t feature_code;  /* 0 .. GEONAMES_CODE_SIZE bytes, e.g. "PPLA2" */
    text_t country;       /* ISO 3166-1 alpha-2, or empty */
    text_t admin1;        /* first administrative division, 0 .. GEONAMES_ADMIN1_SIZE bytes */
    uint64_t population;  /* 0: unknown */
} geonames_row_t;

/* Place types as Google names them, the most telling first (open value struct). */
typedef struct {
    const char *names[GEONAMES_TYPES_MAX]; /* the first `count` are set; static texts */
    size_t count;                          /* 1 .. GEONAMES_TYPES_MAX */
} geonames_types_t;

/* Parses one row without its LF; ignores a CR at its end. Coordinates are rounded to seven
 * decimals. STATUS_INVALID unless there are 19 columns of the expected forms, STATUS_OUT_OF_RANGE
 * for a coordinate or number beyond its range, STATUS_TOO_LONG for a column beyond its size, or a
 * row beyond LIMIT_PLACE_ROW_SIZE. */
status_t geonames_parse_row(text_t row, geonames_row_t *ret_row) STATUS_MUST_USE;

/* The bit of a class in a set, 0 .. GEONAMES_CLASS_BITS - 1: the last, if it is not a letter. */
unsigned geonames_class_bit(char feature_class);

/* Whether a row of that class is in the set. */
static inline bool geonames_has_class(geonames_classes_t classes, char feature_class)
{
    return (classes >> geonames_class_bit(feature_class) & 1) != 0;
}

/* A set from its letters, e.g. "PSTH"; an empty text is the set of all rows. STATUS_INVALID unless
 * it is made of letters of GEONAMES_CLASSES, each at most once. */
status_t geonames_parse_classes(text_t text, geonames_classes_t *ret_classes) STATUS_MUST_USE;

/* The types of a feature: by its code, otherwise by its class, otherwise a point of interest. */
const geonames_types_t *geonames_types(char feature_class, text_t feature_code);

#endif
