/* file.h - the layout of an imported file of places: what `herdctl places import` makes of a dump.
 *
 * Owner: values; what was read borrows the file's bytes, mapped as a rule. Threads: any.
 * Shape, numbers in the byte order of the machine that imported:
 *   header   PLACES_FILE_HEADER_SIZE bytes: places_file_header_t, then zeros
 *   rows     one place after another (row.h), in the order of the source
 *   zeros    up to a multiple of PLACES_FILE_ALIGNMENT
 *   points   kdtree_point_t for each row, as kdtree_build left them; `value` is the row's offset
 *            from the start of the rows, so equally near places come in the order of the source
 * Two numbers, the size of the rows and their count, say where everything is; no offset is stored,
 * so none can be wrong. Checksums are XXH3 of 64 bits (https://github.com/Cyan4973/xxHash, v0.8).
 *
 * The file is foreign: whatever its bytes, reading fails no assertion and stays within bounds.
 */
#ifndef HERD_COMMON_PLACES_FILE_H
#define HERD_COMMON_PLACES_FILE_H

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/places/geonames.h"
#include "common/places/kdtree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PLACES_FILE_HEADER_SIZE = 4096, /* bytes; a page, so that the rows begin with one */
    PLACES_FILE_ALIGNMENT = 8,      /* bytes, of the points */
    PLACES_FILE_SOURCE_SIZE = 256,  /* bytes of the source's name with its zero */
    PLACES_FILE_VERSION = 1,
};

/* The first bytes of the file. A dump never begins like this: its rows begin with a digit. */
#define PLACES_FILE_MAGIC      "herdplac"
#define PLACES_FILE_BYTE_ORDER UINT32_C(0x01020304)

/* The header as it stands in the file (open value struct). */
typedef struct {
    char magic[8];          /* PLACES_FILE_MAGIC, without a zero */
    uint32_t byte_order;    /* PLACES_FILE_BYTE_ORDER */
    uint32_t version;       /* PLACES_FILE_VERSION */
    uint64_t row_count;     /* places, 1 or more */
    uint64_t rows_size;     /* bytes, at most LIMIT_PLACES_ROWS_SIZE */
    uint64_t rows_hash;     /* of the rows */
    uint64_t points_hash;   /* of the points */
    uint64_t skipped_count; /* rows of the source in another form than expected */
    uint64_t other_count;   /* rows of the source left out because of their class */
    uint64_t source_size;   /* bytes read from the source */
    int64_t source_time_s;  /* POSIX: when the source was written; 0: unknown */
    int64_t import_time_s;  /* POSIX: when this file was made */
    uint64_t class_counts[GEONAMES_CLASS_BITS]; /* rows by class (geonames_class_bit) */
    char source[PLACES_FILE_SOURCE_SIZE];       /* name of the source, without its folder */
    uint64_t header_hash;                       /* of all before it */
} places_file_header_t;

/* A file that was read (open value struct). */
typedef struct {
    places_file_header_t header;  /* copy; `source` ends in a zero */
    text_t rows;                  /* header.rows_size bytes */
    const kdtree_point_t *points; /* header.row_count, in range, each `value` within `rows` */
} places_file_t;

/* Whether the bytes begin as an imported file does, whole or not. */
bool places_file_is(text_t file);

/* The classes that rows of the file have. */
geonames_classes_t places_file_classes(const places_file_header_t *header);

/* Bytes from the start of the file to the points, and of the whole file, for `rows_size` <=
 * LIMIT_PLACES_ROWS_SIZE and `row_count` <= `rows_size`. */
uint64_t places_file_points_offset(uint64_t rows_size);
uint64_t places_file_size(uint64_t rows_size, uint64_t row_count);

/* What header_hash has to be. */
uint64_t places_file_hash(const places_file_header_t *header);

/* Takes header, rows and points apart; reads each byte once. `file` is aligned to
 * PLACES_FILE_ALIGNMENT (asserted). STATUS_INVALID if it is not an imported file, STATUS_VERSION if
 * it has another version or byte order, STATUS_DAMAGED if a checksum or size is wrong, or a point
 * out of range. */
status_t places_file_read(text_t file, places_file_t *ret_self) STATUS_MUST_USE;

/* The header alone, from the first PLACES_FILE_HEADER_SIZE bytes or more of a file of `file_size`
 * bytes. Fails as places_file_read does. */
status_t places_file_read_header(text_t start, uint64_t file_size,
                                 places_file_header_t *ret_header) STATUS_MUST_USE;

#endif
