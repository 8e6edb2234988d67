#include "common/places/file.h"

#include "common/base/limits.h"
#include "common/places/row.h"
#include "common/places/sphere.h"

#include <assert.h>
#include <string.h>
#include <xxhash.h>

static_assert(sizeof(places_file_header_t) <= PLACES_FILE_HEADER_SIZE, "the header has room");
static_assert(sizeof(kdtree_point_t) == 12, "points stand in the file as in memory");

bool places_file_is(text_t file)
{
    const text_t magic = TEXT(PLACES_FILE_MAGIC);
    return text_equal(text_first(file, magic.size), magic);
}

geonames_classes_t places_file_classes(const places_file_header_t *header)
{
    geonames_classes_t classes = 0;
    for (size_t i = 0; i < GEONAMES_CLASS_BITS; i++) {
        classes |= (geonames_classes_t)(header->class_counts[i] > 0) << i;
    }
    return classes;
}

uint64_t places_file_points_offset(uint64_t rows_size)
{
    uint64_t end = PLACES_FILE_HEADER_SIZE + rows_size;
    return (end + PLACES_FILE_ALIGNMENT - 1) / PLACES_FILE_ALIGNMENT * PLACES_FILE_ALIGNMENT;
}

uint64_t places_file_size(uint64_t rows_size, uint64_t row_count)
{
    return places_file_points_offset(rows_size) + row_count * sizeof(kdtree_point_t);
}

uint64_t places_file_hash(const places_file_header_t *header)
{
    return XXH3_64bits(header, offsetof(places_file_header_t, header_hash));
}

status_t places_file_read_header(text_t start, uint64_t file_size, places_file_header_t *ret_header)
{
    if (!places_file_is(start)) {
        return STATUS_INVALID;
    }
    if (start.size < PLACES_FILE_HEADER_SIZE) {
        return STATUS_DAMAGED;
    }
    places_file_header_t header;
    memcpy(&header, start.data, sizeof header);
    if (header.byte_order != PLACES_FILE_BYTE_ORDER || header.version != PLACES_FILE_VERSION) {
        return STATUS_VERSION;
    }
    /* The counts are bounded before anything is computed from them. */
    if (header.header_hash != places_file_hash(&header) ||
        header.rows_size > LIMIT_PLACES_ROWS_SIZE || header.row_count == 0 ||
        header.row_count > header.rows_size / PLACES_ROW_SIZE_MIN ||
        file_size != places_file_size(header.rows_size, header.row_count) ||
        memchr(header.source, '\0', sizeof header.source) == NULL) {
        return STATUS_DAMAGED;
    }
    *ret_header = header;
    return STATUS_OK;
}

/* The search relies on ranges. It does not rely on the order: a wrong one only hides points. */
static bool are_in_range(const kdtree_point_t *points, size_t count, uint64_t rows_size)
{
    const int32_t half_turn = (int32_t)SPHERE_HALF_TURN_E7;
    bool in_range = true;
    for (size_t i = 0; i < count; i++) {
        const kdtree_point_t *point = &points[i];
        in_range &= point->latitude_e7 >= -half_turn / 2 && point->latitude_e7 <= half_turn / 2 &&
                    point->longitude_e7 >= -half_turn && point->longitude_e7 <= half_turn &&
                    point->value < rows_size;
    }
    return in_range;
}

status_t places_file_read(text_t file, places_file_t *ret_self)
{
    assert((uintptr_t)file.data % PLACES_FILE_ALIGNMENT == 0);
    places_file_t self;
    status_t status = places_file_read_header(file, file.size, &self.header);
    if (status != STATUS_OK) {
        return status;
    }
    self.rows = text_first(text_after(file, PLACES_FILE_HEADER_SIZE), self.header.rows_size);
    text_t points = text_after(file, places_file_points_offset(self.header.rows_size));
    self.points = (const kdtree_point_t *)(const void *)points.data;
    if (XXH3_64bits(self.rows.data, self.rows.size) != self.header.rows_hash ||
        XXH3_64bits(points.data, points.size) != self.header.points_hash ||
        !are_in_range(self.points, self.header.row_count, self.header.rows_size)) {
        return STATUS_DAMAGED;
    }
    *ret_self = self;
    return STATUS_OK;
}
