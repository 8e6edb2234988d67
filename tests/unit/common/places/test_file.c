/* Imported files of places: written, read, hostile (common/places/file.h, writer.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/places/file.h"
#include "common/places/row.h"
#include "common/places/writer.h"
#include "tests/support/workspace.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { ROWS = 100 };

static const places_writer_source_t source = {.name = "US.txt",
                                              .skipped_count = 3,
                                              .other_count = 5,
                                              .size = 1234567,
                                              .time_s = 1700000000,
                                              .import_time_s = 1700000001};

/* A folder, and the file to be made in it. */
typedef struct {
    char *folder;
    char *path;
} target_t;

static int set_up(void **state)
{
    target_t *self = memory_new(sizeof *self);
    self->folder = workspace_new();
    self->path = workspace_path(self->folder, "places.herd");
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    target_t *self = *state;
    free(self->path);
    free(self->folder);
    free(self);
    return 0;
}

static geonames_row_t row_of(size_t number)
{
    static const char classes[] = "PPSTH ";
    return (geonames_row_t){.id = number,
                            .name = TEXT("A name"),
                            .latitude_e7 = (int32_t)(number * 7919 % ROWS) * 1000000,
                            .longitude_e7 = (int32_t)(number * 104729 % ROWS) * -1000000,
                            .feature_class = classes[number % 6],
                            .country = TEXT("US")};
}

static void write_rows(const char *path, size_t count)
{
    places_writer_t *writer = NULL;
    assert_int_equal(places_writer_open(path, &writer), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        geonames_row_t row = row_of(i);
        assert_int_equal(places_writer_add(writer, &row), STATUS_OK);
    }
    assert_int_equal(places_writer_finish(writer, &source), STATUS_OK);
    assert_int_equal(places_writer_replace(writer), STATUS_OK);
    places_writer_close(&writer);
    assert_null(writer);
}

/* Files of the folder. */
static size_t file_count(const target_t *self)
{
    DIR *folder = opendir(self->folder);
    assert_non_null(folder);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    closedir(folder);
    return count;
}

/* A whole file of ROWS rows; caller frees with free(). */
static char *whole_file(const target_t *self, size_t *ret_size)
{
    write_rows(self->path, ROWS);
    char *bytes = workspace_read(self->path, ret_size);
    assert_non_null(bytes);
    return bytes;
}

static void what_is_written_is_read(void **state)
{
    size_t size = 0;
    char *bytes = whole_file(*state, &size);
    places_file_t file;
    assert_int_equal(places_file_read((text_t){.data = bytes, .size = size}, &file), STATUS_OK);
    assert_int_equal(file.header.row_count, ROWS);
    assert_int_equal(file.header.skipped_count, 3);
    assert_int_equal(file.header.other_count, 5);
    assert_int_equal(file.header.source_size, 1234567);
    assert_int_equal(file.header.source_time_s, 1700000000);
    assert_true(file.header.import_time_s == 1700000001);
    assert_string_equal(file.header.source, "US.txt");
    assert_int_equal(file.header.class_counts[geonames_class_bit('P')], 34);
    assert_int_equal(file.header.class_counts[geonames_class_bit(' ')], 16);
    geonames_classes_t classes = places_file_classes(&file.header);
    assert_true(geonames_has_class(classes, 'T') && geonames_has_class(classes, ' '));
    assert_false(geonames_has_class(classes, 'A'));
    text_t rest = file.rows;
    for (size_t i = 0; i < ROWS; i++) {
        geonames_row_t row;
        assert_int_equal(places_row_take(&rest, &row), STATUS_OK);
        assert_int_equal(row.id, i);
    }
    assert_int_equal(rest.size, 0);
    for (size_t i = 0; i < ROWS; i++) {
        geonames_row_t row;
        rest = text_after(file.rows, file.points[i].value);
        assert_int_equal(places_row_take(&rest, &row), STATUS_OK);
        assert_int_equal(row.latitude_e7, file.points[i].latitude_e7);
        assert_int_equal(row.longitude_e7, file.points[i].longitude_e7);
    }
    free(bytes);
}

static void one_row_is_enough_and_none_is_not(void **state)
{
    target_t *self = *state;
    write_rows(self->path, 1);
    places_writer_t *writer = NULL;
    assert_int_equal(places_writer_open(self->path, &writer), STATUS_OK);
    assert_int_equal(places_writer_finish(writer, &source), STATUS_NOT_FOUND);
    places_writer_close(&writer);
    assert_int_equal(file_count(self), 1);
}

/* Until the new file is renamed, the old one is there and whole. */
static void a_file_is_replaced_whole(void **state)
{
    target_t *self = *state;
    workspace_write(self->path, TEXT("old"));
    places_writer_t *writer = NULL;
    assert_int_equal(places_writer_open(self->path, &writer), STATUS_OK);
    geonames_row_t row = row_of(1);
    assert_int_equal(places_writer_add(writer, &row), STATUS_OK);
    assert_int_equal(places_writer_finish(writer, &source), STATUS_OK);
    size_t size = 0;
    char *bytes = workspace_read(self->path, &size);
    assert_string_equal(bytes, "old");
    free(bytes);
    assert_int_equal(places_writer_replace(writer), STATUS_OK);
    places_writer_close(&writer);
    bytes = workspace_read(self->path, &size);
    assert_true(places_file_is((text_t){.data = bytes, .size = size}));
    free(bytes);
    assert_int_equal(file_count(self), 1);
}

static void a_file_that_is_given_up_leaves_nothing(void **state)
{
    target_t *self = *state;
    for (int stage = 0; stage < 3; stage++) {
        places_writer_t *writer = NULL;
        assert_int_equal(places_writer_open(self->path, &writer), STATUS_OK);
        assert_int_equal(file_count(self), 1);
        geonames_row_t row = row_of(1);
        if (stage > 0) {
            assert_int_equal(places_writer_add(writer, &row), STATUS_OK);
        }
        if (stage > 1) {
            assert_int_equal(places_writer_finish(writer, &source), STATUS_OK);
        }
        places_writer_close(&writer);
        assert_int_equal(file_count(self), 0);
    }
}

static void a_path_that_cannot_be_written_is_reported(void **state)
{
    target_t *self = *state;
    places_writer_t *writer = NULL;
    errno = 0;
    assert_int_equal(places_writer_open("/nonexistent/places", &writer), STATUS_SYSTEM);
    assert_int_equal(errno, ENOENT);
    assert_null(writer);
    assert_int_equal(mkdir(self->path, 0700), 0);
    geonames_row_t row = row_of(1);
    assert_int_equal(places_writer_open(self->path, &writer), STATUS_OK);
    assert_int_equal(places_writer_add(writer, &row), STATUS_OK);
    assert_int_equal(places_writer_finish(writer, &source), STATUS_OK);
    assert_int_equal(places_writer_replace(writer), STATUS_SYSTEM);
    assert_int_equal(errno, EISDIR);
    places_writer_close(&writer);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(file_count(self), 1);
}

/* ---- hostile files ---- */

static status_t read_bytes(const char *bytes, size_t size)
{
    /* A copy of just this size: a sanitizer sees reading behind it. */
    char *copy = memory_new(size + 1);
    memcpy(copy, bytes, size);
    copy = memory_resize(copy, size > 0 ? size : 1);
    places_file_t file;
    status_t status = places_file_read((text_t){.data = copy, .size = size}, &file);
    free(copy);
    return status;
}

static void a_file_that_is_cut_off_is_refused(void **state)
{
    size_t size = 0;
    char *bytes = whole_file(*state, &size);
    size_t points = places_file_points_offset(((places_file_header_t *)(void *)bytes)->rows_size);
    const size_t sizes[] = {8,          sizeof(places_file_header_t) - 1,
                            4095,       4096,
                            4097,       points - 1,
                            points,     points + 1,
                            points + 8, size - 12,
                            size - 1,   size + 1};
    assert_int_equal(read_bytes(bytes, size), STATUS_OK);
    assert_int_equal(read_bytes(bytes, 0), STATUS_INVALID);
    assert_int_equal(read_bytes(bytes, 7), STATUS_INVALID);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(read_bytes(bytes, sizes[i]), STATUS_DAMAGED);
    }
    free(bytes);
}

/* A wrong bit anywhere in header, rows or points is noticed. */
static void a_wrong_bit_is_noticed(void **state)
{
    size_t size = 0;
    char *bytes = whole_file(*state, &size);
    const places_file_header_t *header = (const void *)bytes;
    size_t points = places_file_points_offset(header->rows_size);
    for (size_t at = 0; at < size; at++) {
        bool used = at < sizeof *header ||
                    (at >= PLACES_FILE_HEADER_SIZE &&
                     (at < PLACES_FILE_HEADER_SIZE + header->rows_size || at >= points));
        if (used) {
            bytes[at] ^= 0x10;
            assert_int_not_equal(read_bytes(bytes, size), STATUS_OK);
            bytes[at] ^= 0x10;
        }
    }
    free(bytes);
}

/* A hostile header, with the right checksum. */
static status_t read_with(const char *bytes, size_t size, const places_file_header_t *header)
{
    char *copy = memory_new(size);
    memcpy(copy, bytes, size);
    places_file_header_t sealed = *header;
    sealed.header_hash = places_file_hash(&sealed);
    memcpy(copy, &sealed, sizeof sealed);
    status_t status = read_bytes(copy, size);
    free(copy);
    return status;
}

static void sizes_that_are_lies_are_refused(void **state)
{
    size_t size = 0;
    char *bytes = whole_file(*state, &size);
    const places_file_header_t good = *(const places_file_header_t *)(void *)bytes;
    assert_int_equal(read_with(bytes, size, &good), STATUS_OK);
    const uint64_t lies[] = {0,
                             1,
                             ROWS - 1,
                             ROWS + 1,
                             good.rows_size - 1,
                             good.rows_size + 1,
                             size,
                             LIMIT_PLACES_ROWS_SIZE,
                             UINT64_C(1) << 32,
                             UINT64_MAX / 12,
                             UINT64_MAX / 12 + 1 + ROWS, /* times 12, it wraps round */
                             UINT64_MAX - PLACES_FILE_HEADER_SIZE,
                             UINT64_MAX};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        places_file_header_t header = good;
        header.row_count = lies[i];
        assert_int_equal(read_with(bytes, size, &header), STATUS_DAMAGED);
        header = good;
        header.rows_size = lies[i];
        assert_int_equal(read_with(bytes, size, &header), STATUS_DAMAGED);
        header.row_count = lies[i];
        assert_int_equal(read_with(bytes, size, &header), STATUS_DAMAGED);
    }
    free(bytes);
}

static void other_fields_that_are_wrong_are_refused(void **state)
{
    size_t size = 0;
    char *bytes = whole_file(*state, &size);
    const places_file_header_t good = *(const places_file_header_t *)(void *)bytes;
    places_file_header_t header = good;
    header.byte_order = UINT32_C(0x04030201);
    assert_int_equal(read_with(bytes, size, &header), STATUS_VERSION);
    header = good;
    header.version++;
    assert_int_equal(read_with(bytes, size, &header), STATUS_VERSION);
    header.version = 0;
    assert_int_equal(read_with(bytes, size, &header), STATUS_VERSION);
    header = good;
    header.magic[7] = 'k';
    assert_int_equal(read_with(bytes, size, &header), STATUS_INVALID);
    header = good;
    header.rows_hash++;
    assert_int_equal(read_with(bytes, size, &header), STATUS_DAMAGED);
    header = good;
    header.points_hash++;
    assert_int_equal(read_with(bytes, size, &header), STATUS_DAMAGED);
    header = good;
    memset(header.source, 'x', sizeof header.source);
    assert_int_equal(read_with(bytes, size, &header), STATUS_DAMAGED);
    /* What is only shown to people may be anything. */
    header = good;
    header.skipped_count = header.other_count = header.source_size = UINT64_MAX;
    header.source_time_s = header.import_time_s = INT64_MIN;
    memset(header.class_counts, 0xff, sizeof header.class_counts);
    assert_int_equal(read_with(bytes, size, &header), STATUS_OK);
    free(bytes);
}

static void points_out_of_range_are_refused(void **state)
{
    size_t size = 0;
    char *bytes = whole_file(*state, &size);
    places_file_header_t header = *(const places_file_header_t *)(void *)bytes;
    kdtree_point_t *points = (void *)(bytes + places_file_points_offset(header.rows_size));
    const kdtree_point_t kept = points[ROWS - 1];
    const kdtree_point_t bad[] = {{.latitude_e7 = 900000001},
                                  {.latitude_e7 = -900000001},
                                  {.longitude_e7 = 1800000001},
                                  {.longitude_e7 = -1800000001},
                                  {.latitude_e7 = INT32_MIN},
                                  {.longitude_e7 = INT32_MAX},
                                  {.value = (uint32_t)header.rows_size},
                                  {.value = UINT32_MAX}};
    const kdtree_point_t edge = {.latitude_e7 = -900000000,
                                 .longitude_e7 = 1800000000,
                                 .value = (uint32_t)header.rows_size - 1};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        points[ROWS - 1] = bad[i];
        header.points_hash = XXH3_64bits(points, ROWS * sizeof *points);
        assert_int_equal(read_with(bytes, size, &header), STATUS_DAMAGED);
    }
    points[ROWS - 1] = edge;
    header.points_hash = XXH3_64bits(points, ROWS * sizeof *points);
    assert_int_equal(read_with(bytes, size, &header), STATUS_OK);
    points[ROWS - 1] = kept;
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_row_is_enough_and_none_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_is_replaced_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_given_up_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_path_that_cannot_be_written_is_reported, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_cut_off_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_bit_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sizes_that_are_lies_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_fields_that_are_wrong_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(points_out_of_range_are_refused, set_up, tear_down),
    };
    return workspace_finish(cmocka_run_group_tests_name("places_file", tests, NULL, NULL));
}
