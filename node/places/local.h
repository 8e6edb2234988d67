/* local.h - places from a file on this machine: a dump in GeoNames' 19-column format (geonames.h),
 * or what `herdctl places import` made of one (file.h). Both give the same answers.
 *
 * Owner: whoever opens it. Threads: one at a time.
 * The file is mapped into memory read-only and stays on disk. Each row of a dump is checked once,
 * at the start, and 12 bytes of it are indexed (kdtree.h); rows in another form are skipped and
 * counted. An imported file has its index in it, and is only read through once for its checksums.
 *
 * The file should not be written to while it is open; replace it by renaming another over it. Size
 * and times only hint at a change: whether it still is what was opened, its content says
 * (places_local_verify). Bytes that are gone in the middle of a search do not harm (fault.h).
 */
#ifndef HERD_NODE_PLACES_LOCAL_H
#define HERD_NODE_PLACES_LOCAL_H

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/places/geonames.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

typedef struct places_local places_local_t;

/* A place found (open value struct). */
typedef struct {
    geonames_row_t row; /* borrows from the file: valid until the next call */
    double distance_m;  /* from the position asked about, along the surface */
    uint32_t offset;    /* bytes from the start of the dump, or of the imported rows, to the row */
} places_local_hit_t;

/* What to look for (open value struct). */
typedef struct {
    double latitude_deg;  /* -90 .. 90 */
    double longitude_deg; /* -180 .. 180 */
    double radius_m;      /* >= 0; a place at exactly this distance is within it */
    size_t maximum;       /* most places wanted, 0 .. LIMIT_RESULTS */
} places_local_query_t;

/* How the loading went (open value struct). */
typedef struct {
    bool imported;        /* the file is an imported one */
    size_t row_count;     /* rows that can be found */
    size_t other_count;   /* rows of other classes than those wanted */
    size_t skipped_count; /* rows of a dump in another form than expected, without empty lines */
    size_t first_skipped; /* the line, from 1, of the first of them; 0: none */
    size_t index_size;    /* bytes, of memory or of the mapped file */
} places_local_load_t;

/* Maps `path`, and indexes its rows of `classes` unless an import did. STATUS_NOT_FOUND if there is
 * no such file, STATUS_SYSTEM (errno set) if it cannot be read, STATUS_TOO_LONG for a dump beyond
 * LIMIT_PLACES_FILE_SIZE, STATUS_VERSION and STATUS_DAMAGED as from places_file_read,
 * STATUS_INVALID if it is not a plain file or has no usable row. Caller ends it with
 * places_local_close. */
status_t places_local_open(const char *path, geonames_classes_t classes,
                           places_local_t **ret_self) STATUS_MUST_USE;

/* Unmaps the file, frees the index, clears the pointer; NULL is fine. */
void places_local_close(places_local_t **self_p);

/* How the loading went; borrowed. */
const places_local_load_t *places_local_load(const places_local_t *self);

/* Which file it is, as fstat(2) saw it when it was opened, or last verified; borrowed. */
const struct stat *places_local_state(const places_local_t *self);

/* Whether size and time of the last writing are still the same; and whether the time of the last
 * change is, too, which cannot be set back, but changes with name, owner and mode as well. */
bool places_local_is_untouched(const places_local_t *self);
bool places_local_is_untouched_at_all(const places_local_t *self);

/* Reads the file through, and compares its content with what was opened (XXH3, 64 bits). If that is
 * the same, its new times are those to go by. False: it was written to, and is of no use. */
bool places_local_verify(places_local_t *self);

/* Writes the nearest places to `ret_hits` (room for `query->maximum`), nearest first, equally near
 * ones in the order of the file, and their number to `ret_count`. STATUS_INVALID, with nothing
 * written, if the file was touched since it was opened, or verified. */
status_t places_local_nearest(places_local_t *self, const places_local_query_t *query,
                              places_local_hit_t *ret_hits, size_t *ret_count) STATUS_MUST_USE;

/* Appends the answer to `query` (answer.h). STATUS_INVALID, with nothing appended, if the file was
 * touched; STATUS_FULL if it would pass the buffer's maximum. */
status_t places_local_answer(places_local_t *self, const places_local_query_t *query,
                             buffer_t *buffer) STATUS_MUST_USE;

#endif
