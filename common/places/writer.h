/* writer.h - makes an imported file of places (file.h), whole or not at all.
 *
 * Owner: whoever opens it. Threads: one.
 * Rows go to a file of another name in the folder of the wanted one as they are added, 12 bytes of each stay in
 * memory. Only a file that is finished and on the disk is renamed to the wanted name, over what was there: who has
 * that open, keeps it.
 */
#ifndef HERD_COMMON_PLACES_WRITER_H
#define HERD_COMMON_PLACES_WRITER_H

#include "common/base/status.h"
#include "common/places/file.h"
#include "common/places/geonames.h"

#include <stdint.h>

typedef struct places_writer places_writer_t;

/* What the header tells of the source (open value struct). */
typedef struct {
    const char *name;       /* without its folder; cut at PLACES_FILE_SOURCE_SIZE - 1 bytes */
    uint64_t skipped_count; /* rows that were not in the expected form */
    uint64_t other_count;   /* rows left out for their class */
    uint64_t size;          /* bytes */
    int64_t time_s;         /* POSIX; 0: not known */
    int64_t import_time_s;  /* POSIX: now */
} places_writer_source_t;

/* Creates the file that is to become `path` (copied). STATUS_SYSTEM (errno set) where it cannot. Caller ends it with
 * places_writer_close. */
status_t places_writer_open(const char *path, places_writer_t **ret_self) STATUS_MUST_USE;

/* Adds a row as geonames_parse_row gives it. STATUS_FULL past LIMIT_PLACES_ROWS_SIZE, STATUS_SYSTEM (errno set)
 * where it cannot be written; the file can then only be closed. */
status_t places_writer_add(places_writer_t *self, const geonames_row_t *row) STATUS_MUST_USE;

/* Builds the tree of the rows that were added and completes the file, still under its other name. STATUS_NOT_FOUND
 * where there are none, STATUS_SYSTEM (errno set) where it cannot be written. */
status_t places_writer_finish(places_writer_t *self,
                              const places_writer_source_t *source) STATUS_MUST_USE;

/* Renames the finished file to `path`. STATUS_SYSTEM (errno set) where that is not possible. */
status_t places_writer_replace(places_writer_t *self) STATUS_MUST_USE;

/* The header of the finished file; borrowed. */
const places_file_header_t *places_writer_header(const places_writer_t *self);

/* Removes the file unless it was renamed, frees, clears the pointer; NULL is fine. errno stays as it is. */
void places_writer_close(places_writer_t **self_p);

#endif
