/* At the start a file is mapped, and an index of 12 bytes a place is made of it, or found in it:
 *
 *   a dump            Each row is parsed once. The places of the wanted classes are indexed, and
 *                     their index is made a tree.
 *   an imported file  It has its tree; checksums and ranges are checked. Only if it has places of
 *                     classes that are not wanted, a tree of the others is made as for a dump.
 *
 * A question is a search of the tree for the nearest points. The row of each is then read from the
 * mapped file and written as a result. The file is not ours, so two things are checked again for
 * each question: that it was not written to since it was opened, and that the row of a point is
 * still a row, at the point's position. Otherwise the answer is an error; nothing is guessed. */
#include "node/places/local.h"

#include "common/base/files.h"
#include "common/base/memory.h"
#include "common/places/file.h"
#include "common/places/kdtree.h"
#include "common/places/row.h"
#include "common/places/sphere.h"
#include "node/places/answer.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* CC BY 4.0, section 3(a)(1): who made it, the licence, links to both. */
#define ATTRIBUTION                                                                                \
    "Places by <a href=\"https://www.geonames.org/\">GeoNames</a>, licensed under "                \
    "<a href=\"https://creativecommons.org/licenses/by/4.0/\">CC BY 4.0</a>"

#define PLACE_ID_PREFIX "geonames:"

enum {
    FIRST_POINT_CAPACITY = 4096,
    PLACE_ID_SIZE = sizeof PLACE_ID_PREFIX - 1 + TEXT_NUMBER_SIZE,
    VICINITY_SIZE = GEONAMES_ADMIN1_SIZE + 4, /* "<admin1>, <country>" */
};

struct places_local {
    int file;                    /* -1: none; kept to see whether it was written to */
    struct stat opened;          /* the file as it was mapped */
    text_t text;                 /* the mapped file */
    text_t rows;                 /* the part of it that `value` of a point is an offset in */
    const kdtree_point_t *index; /* load.row_count points: `points`, or in the mapped file */
    kdtree_point_t *points;      /* allocated; NULL if the index is in the file */
    size_t capacity;             /* points allocated, while loading */
    geonames_classes_t classes;  /* of the rows wanted */
    places_local_load_t load;
};

static status_t map_file(places_local_t *self, const char *path)
{
    status_t status = files_open_plain(path, &self->file, &self->opened);
    if (status != STATUS_OK) {
        /* Behind a file that is no folder there is no file either. */
        return status == STATUS_SYSTEM && errno == ENOTDIR ? STATUS_NOT_FOUND : status;
    }
    size_t size = (size_t)self->opened.st_size;
    if (size == 0) {
        return STATUS_INVALID;
    }
    char *data = mmap(NULL, size, PROT_READ, MAP_SHARED, self->file, 0);
    if (data == MAP_FAILED) {
        return STATUS_SYSTEM;
    }
    self->text = (text_t){.data = data, .size = size};
    return STATUS_OK;
}

/* Adds the row to the index if its class is wanted. */
static void add_point(places_local_t *self, const geonames_row_t *row, size_t offset)
{
    if (!geonames_has_class(self->classes, row->feature_class)) {
        self->load.other_count++;
        return;
    }
    if (self->load.row_count == self->capacity) {
        self->capacity = self->capacity > 0 ? 2 * self->capacity : FIRST_POINT_CAPACITY;
        self->points = memory_resize(self->points, self->capacity * sizeof *self->points);
    }
    self->points[self->load.row_count++] = (kdtree_point_t){.latitude_e7 = row->latitude_e7,
                                                            .longitude_e7 = row->longitude_e7,
                                                            .value = (uint32_t)offset};
}

/* Cuts the next row off, with its LF; the last one may lack that. */
static bool take_row(text_t *rest, text_t *ret_row)
{
    return text_take_line(rest, ret_row) || text_take_until(rest, '\n', ret_row);
}

static void index_dump(places_local_t *self)
{
    text_t rest = self->rows;
    text_t line;
    geonames_row_t row;
    for (size_t number = 1; take_row(&rest, &line); number++) {
        if (line.size == 0) {
            continue;
        }
        if (geonames_parse_row(line, &row) == STATUS_OK) {
            add_point(self, &row, (size_t)(line.data - self->rows.data));
        } else if (self->load.skipped_count++ == 0) {
            self->load.first_skipped = number;
        }
    }
}

/* For an imported file that has rows of other classes, too. */
static void index_imported(places_local_t *self)
{
    text_t rest = self->rows;
    geonames_row_t row;
    size_t offset = 0;
    while (places_row_take(&rest, &row) == STATUS_OK) {
        add_point(self, &row, offset);
        offset = self->rows.size - rest.size;
    }
}

static status_t build_index(places_local_t *self)
{
    if (self->load.row_count == 0) {
        return STATUS_INVALID;
    }
    self->points = memory_resize(self->points, self->load.row_count * sizeof *self->points);
    kdtree_build(self->points, self->load.row_count);
    self->index = self->points;
    return STATUS_OK;
}

static status_t load_dump(places_local_t *self)
{
    if (self->text.size > LIMIT_PLACES_FILE_SIZE) {
        return STATUS_TOO_LONG;
    }
    self->rows = self->text;
    index_dump(self);
    return build_index(self);
}

static status_t load_imported(places_local_t *self)
{
    places_file_t file;
    status_t status = places_file_read(self->text, &file);
    if (status != STATUS_OK) {
        return status;
    }
    self->rows = file.rows;
    self->load.imported = true;
    if ((places_file_classes(&file.header) & ~self->classes) != 0) {
        index_imported(self);
        return build_index(self);
    }
    self->load.row_count = file.header.row_count;
    self->index = file.points;
    return STATUS_OK;
}

static status_t load_file(places_local_t *self)
{
    /* Advice only: if it is not taken, loading is slower. */
    (void)madvise((void *)(uintptr_t)self->text.data, self->text.size, MADV_SEQUENTIAL);
    status_t status = places_file_is(self->text) ? load_imported(self) : load_dump(self);
    (void)madvise((void *)(uintptr_t)self->text.data, self->text.size, MADV_RANDOM);
    self->load.index_size = self->load.row_count * sizeof *self->index;
    return status;
}

status_t places_local_open(const char *path, geonames_classes_t classes, places_local_t **ret_self)
{
    places_local_t *self = memory_new(sizeof *self);
    self->file = -1;
    self->classes = classes;
    status_t status = map_file(self, path);
    if (status == STATUS_OK) {
        status = load_file(self);
    }
    if (status != STATUS_OK) {
        int error = errno;
        places_local_close(&self);
        errno = error;
        return status;
    }
    *ret_self = self;
    return STATUS_OK;
}

void places_local_close(places_local_t **self_p)
{
    places_local_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->text.data != NULL) {
        munmap((void *)(uintptr_t)self->text.data, self->text.size);
    }
    if (self->file >= 0) {
        close(self->file);
    }
    free(self->points);
    free(self);
    *self_p = NULL;
}

const places_local_load_t *places_local_load(const places_local_t *self)
{
    return &self->load;
}

static bool is_as_opened(const places_local_t *self)
{
    struct stat now;
    return fstat(self->file, &now) == 0 && now.st_size == self->opened.st_size &&
           now.st_mtim.tv_sec == self->opened.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == self->opened.st_mtim.tv_nsec;
}

static status_t read_line(text_t text, geonames_row_t *ret_row)
{
    text_t rest = text_first(text, LIMIT_PLACE_ROW_SIZE + 1);
    text_t line;
    return take_row(&rest, &line) ? geonames_parse_row(line, ret_row) : STATUS_INVALID;
}

/* The row of a point. Both were good when the file was opened, and may have changed since: the
 * points of an imported file, too, lie in the mapped file. */
static status_t read_row(const places_local_t *self, const kdtree_point_t *point,
                         geonames_row_t *ret_row)
{
    if (point->value >= self->rows.size) {
        return STATUS_INVALID;
    }
    text_t rest = text_after(self->rows, point->value);
    geonames_row_t row;
    status_t status = self->load.imported ? places_row_take(&rest, &row) : read_line(rest, &row);
    if (status != STATUS_OK || row.latitude_e7 != point->latitude_e7 ||
        row.longitude_e7 != point->longitude_e7) {
        return STATUS_INVALID;
    }
    *ret_row = row;
    return STATUS_OK;
}

status_t places_local_nearest(places_local_t *self, const places_local_query_t *query,
                              places_local_hit_t *ret_hits, size_t *ret_count)
{
    assert(query->maximum <= LIMIT_RESULTS);
    kdtree_hit_t found[LIMIT_RESULTS];
    places_local_hit_t hits[LIMIT_RESULTS];
    const kdtree_query_t where = {.latitude_deg = query->latitude_deg,
                                  .longitude_deg = query->longitude_deg,
                                  .radius_m = query->radius_m};
    if (!is_as_opened(self)) {
        return STATUS_INVALID;
    }
    size_t count = kdtree_nearest(self->index, self->load.row_count, &where, query->maximum, found);
    for (size_t i = 0; i < count; i++) {
        hits[i].distance_m = sphere_distance_m(found[i].haversine);
        hits[i].offset = found[i].point.value;
        if (read_row(self, &found[i].point, &hits[i].row) != STATUS_OK) {
            return STATUS_INVALID;
        }
    }
    if (count > 0) {
        memcpy(ret_hits, hits, count * sizeof *hits);
    }
    *ret_count = count;
    return STATUS_OK;
}

/* Texts of one result that are not in the file as they are written. */
typedef struct {
    char place_id[PLACE_ID_SIZE];
    char vicinity[VICINITY_SIZE];
} result_texts_t;

static text_t write_place_id(uint64_t id, char *out)
{
    size_t prefix_size = sizeof PLACE_ID_PREFIX - 1;
    memcpy(out, PLACE_ID_PREFIX, prefix_size);
    return (text_t){.data = out, .size = prefix_size + text_write_u64(id, out + prefix_size)};
}

/* "CA, US", or what there is of it. The code of a division means something only within its country;
 * "00" says that there is none. */
static text_t write_vicinity(const geonames_row_t *row, char *out)
{
    if (row->country.size == 0 || row->admin1.size == 0 || text_equal(row->admin1, TEXT("00"))) {
        return row->country;
    }
    memcpy(out, row->admin1.data, row->admin1.size);
    size_t size = row->admin1.size;
    out[size++] = ',';
    out[size++] = ' ';
    memcpy(out + size, row->country.data, row->country.size);
    return (text_t){.data = out, .size = size + row->country.size};
}

static places_result_t result_of(const geonames_row_t *row, result_texts_t *texts)
{
    const geonames_types_t *types = geonames_types(row->feature_class, row->feature_code);
    return (places_result_t){.latitude_e7 = row->latitude_e7,
                             .longitude_e7 = row->longitude_e7,
                             .name = row->name,
                             .place_id = write_place_id(row->id, texts->place_id),
                             .types = types->names,
                             .type_count = types->count,
                             .vicinity = write_vicinity(row, texts->vicinity)};
}

status_t places_local_answer(places_local_t *self, const places_local_query_t *query,
                             buffer_t *buffer)
{
    places_local_hit_t hits[LIMIT_RESULTS];
    places_result_t results[LIMIT_RESULTS];
    result_texts_t texts[LIMIT_RESULTS];
    size_t count = 0;
    if (places_local_nearest(self, query, hits, &count) != STATUS_OK) {
        const places_answer_t trouble = {
            .status = PLACES_STATUS_UNKNOWN_ERROR,
            .error_message = TEXT("The file of places was written to while it was in use.")};
        return places_answer_write(&trouble, buffer);
    }
    for (size_t i = 0; i < count; i++) {
        results[i] = result_of(&hits[i].row, &texts[i]);
    }
    const places_answer_t answer = {.status =
                                        count > 0 ? PLACES_STATUS_OK : PLACES_STATUS_ZERO_RESULTS,
                                    .html_attribution = count > 0 ? TEXT(ATTRIBUTION) : TEXT(""),
                                    .results = results,
                                    .result_count = count};
    return places_answer_write(&answer, buffer);
}
