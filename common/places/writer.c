#include "common/places/writer.h"

#include "common/base/entropy.h"
#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/places/kdtree.h"
#include "common/places/row.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { BUFFER_SIZE = 262144, FIRST_POINT_CAPACITY = 4096 };

struct places_writer {
    char *path;             /* the wanted name */
    char *written_path;     /* the name until then */
    int file;               /* -1: none, or closed */
    bool made;              /* the file is there, under one name or the other */
    bool replaced;          /* the file has the wanted name */
    char *buffer;           /* BUFFER_SIZE bytes, for what is not written yet */
    size_t buffer_size;     /* bytes of it in use */
    XXH3_state_t *hash;     /* of the rows so far */
    kdtree_point_t *points; /* header.row_count of them */
    size_t capacity;        /* points allocated */
    places_file_header_t header;
};

/* In the same folder, because a rename cannot leave its file system; random, so that two imports do
 * not write to one file. */
static char *other_name(const char *path)
{
    char *name = NULL;
    int size = asprintf(&name, "%s.%016" PRIx64, path, entropy_number());
    assert(size > 0);
    return name;
}

static status_t write_all(int file, const void *data, size_t size)
{
    return files_write(file, (text_t){.data = data, .size = size}).size == 0 ? STATUS_OK
                                                                             : STATUS_SYSTEM;
}

static status_t write_buffer(places_writer_t *self)
{
    status_t status = write_all(self->file, self->buffer, self->buffer_size);
    self->buffer_size = 0;
    return status;
}

status_t places_writer_open(const char *path, places_writer_t **ret_self)
{
    places_writer_t *self = memory_new(sizeof *self);
    self->path = memory_copy_text(path, strlen(path));
    self->written_path = other_name(path);
    self->buffer = memory_new(BUFFER_SIZE);
    self->hash = XXH3_createState();
    assert(self->hash != NULL);
    XXH3_64bits_reset(self->hash);
    self->file = open(self->written_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    /* The header comes last: until then nothing takes this for an imported file. */
    self->made = self->file >= 0;
    if (!self->made || lseek(self->file, PLACES_FILE_HEADER_SIZE, SEEK_SET) < 0) {
        places_writer_close(&self);
        return STATUS_SYSTEM;
    }
    *ret_self = self;
    return STATUS_OK;
}

static void add_point(places_writer_t *self, const geonames_row_t *row)
{
    places_file_header_t *header = &self->header;
    if (header->row_count == self->capacity) {
        self->capacity = self->capacity > 0 ? 2 * self->capacity : FIRST_POINT_CAPACITY;
        self->points = memory_resize(self->points, self->capacity * sizeof *self->points);
    }
    self->points[header->row_count++] = (kdtree_point_t){.latitude_e7 = row->latitude_e7,
                                                         .longitude_e7 = row->longitude_e7,
                                                         .value = (uint32_t)header->rows_size};
    header->class_counts[geonames_class_bit(row->feature_class)]++;
}

status_t places_writer_add(places_writer_t *self, const geonames_row_t *row)
{
    if (self->buffer_size > BUFFER_SIZE - PLACES_ROW_SIZE && write_buffer(self) != STATUS_OK) {
        return STATUS_SYSTEM;
    }
    char *out = self->buffer + self->buffer_size;
    size_t size = places_row_write(row, out);
    if (size > LIMIT_PLACES_ROWS_SIZE - self->header.rows_size) {
        return STATUS_FULL;
    }
    add_point(self, row);
    XXH3_64bits_update(self->hash, out, size);
    self->header.rows_size += size;
    self->buffer_size += size;
    return STATUS_OK;
}

static void complete_header(places_writer_t *self, const places_writer_source_t *source)
{
    places_file_header_t *header = &self->header;
    memcpy(header->magic, PLACES_FILE_MAGIC, sizeof header->magic);
    header->byte_order = PLACES_FILE_BYTE_ORDER;
    header->version = PLACES_FILE_VERSION;
    header->rows_hash = XXH3_64bits_digest(self->hash);
    header->points_hash = XXH3_64bits(self->points, header->row_count * sizeof *self->points);
    header->skipped_count = source->skipped_count;
    header->other_count = source->other_count;
    header->source_size = source->size;
    header->source_time_s = source->time_s;
    header->import_time_s = source->import_time_s;
    text_copy(text_first(text_of(source->name), sizeof header->source - 1), header->source);
    header->header_hash = places_file_hash(header);
}

/* Linux closes it even if an error is returned. */
static int close_file(places_writer_t *self)
{
    int file = self->file;
    self->file = -1;
    return close(file);
}

status_t places_writer_finish(places_writer_t *self, const places_writer_source_t *source)
{
    uint64_t row_count = self->header.row_count;
    if (row_count == 0) {
        return STATUS_NOT_FOUND;
    }
    kdtree_build(self->points, row_count);
    complete_header(self, source);
    off_t points_offset = (off_t)places_file_points_offset(self->header.rows_size);
    bool good =
        write_buffer(self) == STATUS_OK &&
        lseek(self->file, points_offset, SEEK_SET) == points_offset &&
        write_all(self->file, self->points, row_count * sizeof *self->points) == STATUS_OK &&
        lseek(self->file, 0, SEEK_SET) == 0 &&
        write_all(self->file, &self->header, sizeof self->header) == STATUS_OK &&
        fsync(self->file) == 0 && close_file(self) == 0;
    return good ? STATUS_OK : STATUS_SYSTEM;
}

status_t places_writer_replace(places_writer_t *self)
{
    if (rename(self->written_path, self->path) != 0) {
        return STATUS_SYSTEM;
    }
    self->replaced = true;
    return STATUS_OK;
}

const places_file_header_t *places_writer_header(const places_writer_t *self)
{
    return &self->header;
}

void places_writer_close(places_writer_t **self_p)
{
    places_writer_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    int error = errno;
    if (self->file >= 0) {
        (void)close_file(self);
    }
    if (self->made && !self->replaced) {
        unlink(self->written_path);
    }
    XXH3_freeState(self->hash);
    free(self->points);
    free(self->buffer);
    free(self->written_path);
    free(self->path);
    free(self);
    *self_p = NULL;
    errno = error;
}
