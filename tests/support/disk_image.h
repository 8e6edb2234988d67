/* disk_image.h - what a disk may hold after a loss of power, by the trace of a program's writes.
 *
 * At some moment of the trace (disk_trace.h) the power goes. What was synced is there. Of each page
 * that was written since, the disk has the old content, the new one, one between, or a mixture of
 * sectors. Of each folder it has a first part of the changes of its names, at least those that were
 * synced. Names and files are independent.
 *
 * Owner: the test. Threads: one. What cannot be done fails the test.
 */
#ifndef HERD_TESTS_SUPPORT_DISK_IMAGE_H
#define HERD_TESTS_SUPPORT_DISK_IMAGE_H

#include "common/base/text.h"
#include "tests/support/disk_trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct disk_image disk_image_t;

/* Which syncs are believed: all; none with fsync(2) and fdatasync(2), as if LMDB had been opened
 * with NOSYNC; none with O_DSYNC, as with NOMETASYNC. */
typedef enum { DISK_IMAGE_SYNCED, DISK_IMAGE_NO_SYNC, DISK_IMAGE_NO_META_SYNC } disk_image_syncs_t;

/* Reads a trace; a last record that was cut off, because its program was killed, leaves the file.
 * Caller frees with disk_image_destroy. */
disk_image_t *disk_image_new(const char *trace);
void disk_image_destroy(disk_image_t **self_p);

/* Records of the trace; the kind and the payload of one, borrowed as long as it lives. */
size_t disk_image_count(const disk_image_t *self);
trace_kind_t disk_image_kind(const disk_image_t *self, size_t at, text_t *ret_payload);

/* A loss of power (open value struct; everything is borrowed for the call). */
typedef struct {
    size_t moment; /* so many records have happened */
    disk_image_syncs_t syncs;
    const char *root; /* the path, in the trace, of the folder in which the watched one is */
    const char *to;   /* the folder to make with what may be in that one; it must not exist */
    uint64_t *random; /* of all that is possible this chooses; it is changed */
} disk_image_loss_t;

/* Makes the folder. */
void disk_image_write(disk_image_t *self, const disk_image_loss_t *loss);

#endif
