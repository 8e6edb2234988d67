/* writer.h - makes an imported file of places (file.h), whole or not at all.
 *
 * Owner: whoever opens it. Threads: one.
 * Rows are written as they are added, to a file of another name in the folder of the wanted one; 12
 * bytes of each stay in memory. Only when that file is finished and on the disk is it renamed to
 * the wanted name. A file of that name is replaced; whoever has it open keeps the old one.
 */
#ifndef HERD_COMMON_PLACES_WRITER_H
#define HERD_COMMON_PLACES_WRITER_H

#include "common/base/status.h"
#include "common/places/file.h"
#include "common/places/geonames.h"

#include <stdint.h>

typedef struct places_writer places_writer_t;

/* What the header says of the source (open value struct). */
typedef struct {
    const char *name;       /* without its folder; cut at PLACES_FILE_SOURCE_SIZE - 1 bytes */
    uint64_t skipped_count; /* rows in another form than expected */
    uint64_t other_count;   /* rows left out because of their class */
    uint64_t size;          /* bytes */
    int64_t time_s;         /* POSIX; 0: unknown */
    int64_t import_time_s;  /* POSIX: now */
} places_writer_source_t;

/* Creates the file that will become `path` (copied). STATUS_SYSTEM (errno set) if that fails.
 * Caller ends it with places_writer_close. */
status_t places_writer_open(const char *path, places_writer_t **ret_self) STATUS_MUST_USE;

/* Adds a row as geonames_parse_row gives it. STATUS_FULL past LIMIT_PLACES_ROWS_SIZE, STATUS_SYSTEM
 * (errno set) if it cannot be written; the writer can then only be closed. */
status_t places_writer_add(places_writer_t *self, const geonames_row_t *row) STATUS_MUST_USE;

/* Builds the tree of the added rows and completes the file, still under its other name.
 * STATUS_NOT_FOUND if there are no rows, STATUS_SYSTEM (errno set) if it cannot be written. */
status_t places_writer_finish(places_writer_t *self,
                              const places_writer_source_t *source) STATUS_MUST_USE;

/* Renames the finished file to `path`. STATUS_SYSTEM (errno set) if that fails. */
status_t places_writer_replace(places_writer_t *self) STATUS_MUST_USE;

/* The header of the finished file; borrowed. */
const places_file_header_t *places_writer_header(const places_writer_t *self);

/* Removes the file unless it was renamed, frees, clears the pointer; NULL is fine. Keeps errno. */
void places_writer_close(places_writer_t **self_p);

#endif
