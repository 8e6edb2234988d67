/* At the start a file is mapped, and an index of 12 bytes a place is made of it, or found in it:
 *
 *   a dump            Each row is parsed once. The places of the wanted classes are indexed, and
 *                     their index is made a tree.
 *   an imported file  It has its tree; checksums and ranges are checked. Only if it has places of
 *                     classes that are not wanted, a tree of the others is made as for a dump.
 *
 * A question is a search of the tree for the nearest points. The row of each is then read from the
 * mapped file and written as a result. The file is not ours, so two things are checked again for
 * each question: that it was not touched since it was opened, and that the row of a point is still
 * a row, at the point's position. Otherwise there is no answer; nothing is guessed. A file that was
 * touched is verified by its content: an imported file has its checksums in it, that of a dump is
 * made when it is opened. All that reads the mapped bytes runs within fault_catch. */
#include "node/places/local.h"

#include "common/base/files.h"
#include "common/base/memory.h"
#include "common/places/file.h"
#include "common/places/kdtree.h"
#include "common/places/row.h"
#include "common/places/sphere.h"
#include "node/places/answer.h"
#include "node/places/fault.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

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
    uint64_t hash;               /* of the content: of a dump, or of an imported file's header */
    status_t status;             /* of the loading, verifying or answering that is under way */
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

/* What tells this content from another. The header of an imported file has the checksums of all
 * else in it, and places_file_read has compared those. */
static uint64_t content_hash(const places_local_t *self)
{
    return XXH3_64bits(self->text.data,
                       self->load.imported ? PLACES_FILE_HEADER_SIZE : self->text.size);
}

static status_t load_file(places_local_t *self)
{
    /* Advice only: if it is not taken, loading is slower. */
    (void)madvise((void *)(uintptr_t)self->text.data, self->text.size, MADV_SEQUENTIAL);
    status_t status = places_file_is(self->text) ? load_imported(self) : load_dump(self);
    (void)madvise((void *)(uintptr_t)self->text.data, self->text.size, MADV_RANDOM);
    self->load.index_size = self->load.row_count * sizeof *self->index;
    self->hash = status == STATUS_OK ? content_hash(self) : 0;
    return status;
}

/* A fault_fn. */
static void load(void *argument)
{
    places_local_t *self = argument;
    self->status = load_file(self);
}

status_t places_local_open(const char *path, geonames_classes_t classes, places_local_t **ret_self)
{
    places_local_t *self = memory_new(sizeof *self);
    fault_init();
    self->file = -1;
    self->classes = classes;
    status_t status = map_file(self, path);
    if (status == STATUS_OK) {
        /* It shrinks while it is read: somebody writes to it. */
        status = fault_catch(load, self) ? self->status : STATUS_DAMAGED;
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

const struct stat *places_local_state(const places_local_t *self)
{
    return &self->opened;
}

static bool are_same_times(const struct timespec *one, const struct timespec *other)
{
    return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

bool places_local_is_untouched(const places_local_t *self)
{
    struct stat now;
    return fstat(self->file, &now) == 0 && now.st_size == self->opened.st_size &&
           are_same_times(&now.st_mtim, &self->opened.st_mtim);
}

bool places_local_is_untouched_at_all(const places_local_t *self)
{
    struct stat now;
    return places_local_is_untouched(self) && fstat(self->file, &now) == 0 &&
           are_same_times(&now.st_ctim, &self->opened.st_ctim);
}

static status_t compare_content(const places_local_t *self)
{
    places_file_t file;
    status_t status = self->load.imported ? places_file_read(self->text, &file) : STATUS_OK;
    return status == STATUS_OK && content_hash(self) == self->hash ? STATUS_OK : STATUS_DAMAGED;
}

/* A fault_fn. */
static void verify(void *argument)
{
    places_local_t *self = argument;
    self->status = compare_content(self);
}

bool places_local_verify(places_local_t *self)
{
    struct stat now; /* before the reading: what is written behind it shows next time */
    if (fstat(self->file, &now) != 0 || now.st_size != self->opened.st_size ||
        !fault_catch(verify, self) || self->status != STATUS_OK) {
        return false;
    }
    self->opened = now;
    return true;
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

static status_t find_nearest(places_local_t *self, const places_local_query_t *query,
                             places_local_hit_t *ret_hits, size_t *ret_count)
{
    kdtree_hit_t found[LIMIT_RESULTS];
    places_local_hit_t hits[LIMIT_RESULTS];
    const kdtree_query_t where = {.latitude_deg = query->latitude_deg,
                                  .longitude_deg = query->longitude_deg,
                                  .radius_m = query->radius_m};
    if (!places_local_is_untouched(self)) {
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

/* One search, for a fault_fn. */
typedef struct {
    places_local_t *local;
    const places_local_query_t *query;
    places_local_hit_t *hits; /* of places_local_nearest, and how many were found */
    size_t count;
    buffer_t *buffer; /* of places_local_answer */
    status_t status;
} search_t;

static void search(void *argument)
{
    search_t *self = argument;
    self->status = find_nearest(self->local, self->query, self->hits, &self->count);
}

status_t places_local_nearest(places_local_t *self, const places_local_query_t *query,
                              places_local_hit_t *ret_hits, size_t *ret_count)
{
    assert(query->maximum <= LIMIT_RESULTS);
    search_t under_way = {.local = self, .query = query, .hits = ret_hits};
    if (!fault_catch(search, &under_way)) {
        return STATUS_INVALID;
    }
    if (under_way.status == STATUS_OK) {
        *ret_count = under_way.count;
    }
    return under_way.status;
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

static status_t write_answer(const search_t *search)
{
    places_local_hit_t hits[LIMIT_RESULTS];
    places_result_t results[LIMIT_RESULTS];
    result_texts_t texts[LIMIT_RESULTS];
    size_t count = 0;
    if (find_nearest(search->local, search->query, hits, &count) != STATUS_OK) {
        return STATUS_INVALID;
    }
    for (size_t i = 0; i < count; i++) {
        results[i] = result_of(&hits[i].row, &texts[i]);
    }
    const places_answer_t answer = {.status =
                                        count > 0 ? PLACES_STATUS_OK : PLACES_STATUS_ZERO_RESULTS,
                                    .html_attribution = count > 0 ? TEXT(ATTRIBUTION) : TEXT(""),
                                    .results = results,
                                    .result_count = count};
    return places_answer_write(&answer, search->buffer);
}

/* A fault_fn: names are copied from the mapped file to the last. */
static void answer(void *argument)
{
    search_t *self = argument;
    self->status = write_answer(self);
}

status_t places_local_answer(places_local_t *self, const places_local_query_t *query,
                             buffer_t *buffer)
{
    assert(query->maximum <= LIMIT_RESULTS);
    size_t size_before = buffer->size;
    search_t under_way = {.local = self, .query = query, .buffer = buffer};
    if (!fault_catch(answer, &under_way)) {
        buffer->size = size_before;
        return STATUS_INVALID;
    }
    return under_way.status;
}
