/* Any bytes as an imported file of places: read as they are, and once more as its rows and points,
 * with a good header and checksums, which chance would not find; then searched, and each row
 * taken. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/places/file.h"
#include "common/places/row.h"

#include <assert.h>
#include <stdlib.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(text_t rest)
{
    geonames_row_t row;
    if (places_row_take(&rest, &row) == STATUS_OK) {
        assert(row.latitude_e7 >= -900000000 && row.latitude_e7 <= 900000000);
        assert(row.longitude_e7 >= -1800000000 && row.longitude_e7 <= 1800000000);
        assert(row.name.size > 0 && row.name.size <= GEONAMES_NAME_SIZE);
        assert(row.feature_code.size <= GEONAMES_CODE_SIZE);
        assert(row.admin1.size <= GEONAMES_ADMIN1_SIZE);
        assert(geonames_types(row.feature_class, row.feature_code)->count > 0);
    }
}

static void search(const places_file_t *file, const kdtree_query_t *query)
{
    kdtree_hit_t hits[LIMIT_RESULTS];
    size_t count = kdtree_nearest(file->points, file->header.row_count, query, LIMIT_RESULTS, hits);
    assert(count <= LIMIT_RESULTS && count <= file->header.row_count);
    for (size_t i = 0; i < count; i++) {
        check_row(text_after(file->rows, hits[i].point.value));
    }
}

static void use(text_t bytes)
{
    places_file_t file;
    if (places_file_read(bytes, &file) != STATUS_OK) {
        return;
    }
    const kdtree_query_t queries[] = {
        {.latitude_deg = 34.07, .longitude_deg = -118.44, .radius_m = 50000},
        {.latitude_deg = 90, .longitude_deg = 180, .radius_m = 2.1e7},
        {.latitude_deg = -16.8, .longitude_deg = -180, .radius_m = 2e6}};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        search(&file, &queries[i]);
    }
    text_t rest = file.rows;
    geonames_row_t row;
    while (places_row_take(&rest, &row) == STATUS_OK) {
        check_row(rest);
    }
}

/* Coordinates and offsets in range, in an order that need not be that of a tree. */
static void clamp_points(kdtree_point_t *points, size_t count, uint32_t rows_size)
{
    for (size_t i = 0; i < count; i++) {
        points[i].latitude_e7 %= 900000001;
        points[i].longitude_e7 %= 1800000001;
        points[i].value %= rows_size;
    }
}

/* A file of these rows, and of the points that the reader allows; caller frees with free(). */
static text_t file_of(text_t rows, text_t points)
{
    size_t most = rows.size / PLACES_ROW_SIZE_MIN;
    size_t count = points.size / sizeof(kdtree_point_t);
    count = count < most ? count : most;
    size_t size = places_file_size(rows.size, count);
    char *bytes = memory_new(size);
    kdtree_point_t *to = (void *)(bytes + places_file_points_offset(rows.size));
    text_copy(rows, bytes + PLACES_FILE_HEADER_SIZE);
    text_copy(text_first(points, count * sizeof *to), (char *)to);
    clamp_points(to, count, (uint32_t)rows.size);
    places_file_header_t header = {.byte_order = PLACES_FILE_BYTE_ORDER,
                                   .version = PLACES_FILE_VERSION,
                                   .row_count = count,
                                   .rows_size = rows.size};
    memcpy(header.magic, PLACES_FILE_MAGIC, sizeof header.magic);
    header.rows_hash = XXH3_64bits(bytes + PLACES_FILE_HEADER_SIZE, rows.size);
    header.points_hash = XXH3_64bits(to, count * sizeof *to);
    header.header_hash = places_file_hash(&header);
    memcpy(bytes, &header, sizeof header);
    return (text_t){.data = bytes, .size = size};
}

/* Once more: two bytes for the size of the rows, the rows, the points. */
static void use_as_parts(text_t input)
{
    uint16_t rows_size;
    if (input.size < sizeof rows_size) {
        return;
    }
    memcpy(&rows_size, input.data, sizeof rows_size);
    input = text_after(input, sizeof rows_size);
    text_t rows = text_first(input, rows_size);
    text_t file = file_of(rows, text_after(input, rows.size));
    use(file);
    free((void *)(uintptr_t)file.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *aligned = memory_copy_text((const char *)data, size);
    text_t input = {.data = aligned, .size = size};
    use(input);
    use_as_parts(input);
    free(aligned);
    return 0;
}
