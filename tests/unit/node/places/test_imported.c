/* A dump, an imported file of it, and a look at every row give the same answers, bit for bit
 * (node/places/local.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/places/sphere.h"
#include "common/places/writer.h"
#include "node/places/local.h"
#include "tests/support/dump.h"
#include "tests/support/workspace.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { ROWS = 6000, QUERIES = 1000 };

/* Rows as text and taken apart, and the files made of them. */
typedef struct {
    char *folder;
    char *dump_path;
    char *imported_path;
    buffer_t text;        /* the dump */
    geonames_row_t *rows; /* ROWS; borrow from `text` */
    dump_t *dump;
} world_t;

/* Rows that break indexes: at the poles, on and near the antimeridian, many at one position. */
static void add_hard_row(world_t *self, size_t number)
{
    static const char *const positions[] = {"90\t0",
                                            "90\t-180",
                                            "-90\t12.5",
                                            "89.99999\t77",
                                            "-89.99999\t-103",
                                            "-16.8\t180",
                                            "-16.8\t-180",
                                            "-16.80001\t180",
                                            "-16.8\t179.99999",
                                            "-16.8\t-179.99999",
                                            "34.068\t-118.4",
                                            "34.068\t-118.4",
                                            "34.0680001\t-118.4",
                                            "0\t0",
                                            "0\t-0.0000001"};
    const size_t position_count = sizeof positions / sizeof positions[0];
    static const char *const features[] = {"P\tPPL", "S\tSCH", "T\tMT", "H\tLK", "\t", "z\tX"};
    assert_int_equal(buffer_format(&self->text, "%zu\tHard %zu\t\t\t%s\t%s\t\t\t\t\t\t\t\t\t\t\t\n",
                                   1 + number % 500, number,
                                   positions[dump_random(self->dump, position_count)],
                                   features[dump_random(self->dump, 6)]),
                     STATUS_OK);
}

static void make_text(world_t *self)
{
    char row[DUMP_ROW_SIZE];
    buffer_init(&self->text, (size_t)ROWS * DUMP_ROW_SIZE);
    for (size_t i = 0; i < ROWS; i++) {
        if (i % 3 == 0) {
            add_hard_row(self, i);
        } else {
            size_t size = dump_row(self->dump, row);
            assert_int_equal(buffer_append(&self->text, row, size), STATUS_OK);
        }
    }
}

static void import(world_t *self)
{
    places_writer_t *writer = NULL;
    text_t rest = buffer_text(&self->text);
    text_t line;
    self->rows = memory_new_array(ROWS, sizeof *self->rows);
    assert_int_equal(places_writer_open(self->imported_path, &writer), STATUS_OK);
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(text_take_line(&rest, &line));
        assert_int_equal(geonames_parse_row(line, &self->rows[i]), STATUS_OK);
        assert_int_equal(places_writer_add(writer, &self->rows[i]), STATUS_OK);
    }
    assert_int_equal(places_writer_finish(writer, &(places_writer_source_t){.name = "dump"}),
                     STATUS_OK);
    assert_int_equal(places_writer_replace(writer), STATUS_OK);
    places_writer_close(&writer);
}

static int set_up(void **state)
{
    world_t *self = memory_new(sizeof *self);
    *state = self;
    self->folder = workspace_new();
    self->dump_path = workspace_path(self->folder, "dump.txt");
    self->imported_path = workspace_path(self->folder, "dump.herd");
    self->dump = dump_new(20261121);
    make_text(self);
    workspace_write(self->dump_path, buffer_text(&self->text));
    import(self);
    return 0;
}

static int tear_down(void **state)
{
    world_t *self = *state;
    buffer_done(&self->text);
    free(self->dump);
    free(self->rows);
    free(self->imported_path);
    free(self->dump_path);
    free(self->folder);
    free(self);
    return 0;
}

static places_local_t *open_places(const char *path, const char *classes)
{
    places_local_t *places = NULL;
    geonames_classes_t set = 0;
    assert_int_equal(geonames_parse_classes(text_of(classes), &set), STATUS_OK);
    assert_int_equal(places_local_open(path, set, &places), STATUS_OK);
    return places;
}

/* Near a row or on one; sometimes the radius just reaches another. */
static places_local_query_t random_query(const world_t *self)
{
    static const double radii_m[] = {0, 0.01, 1000, 10000, 50000, 2e6, 2.1e7};
    dump_t *dump = self->dump;
    const geonames_row_t *near = &self->rows[dump_random(dump, ROWS)];
    const geonames_row_t *edge = &self->rows[dump_random(dump, ROWS)];
    double shift = dump_random(dump, 2) == 0 ? 0 : (double)dump_random(dump, 200000) / 1e6 - 0.1;
    places_local_query_t query = {
        .latitude_deg = fmin(fmax(near->latitude_e7 / 1e7 + shift, -90), 90),
        .longitude_deg = fmin(fmax(near->longitude_e7 / 1e7 - shift, -180), 180),
        .radius_m = radii_m[dump_random(dump, 7)],
        .maximum = dump_random(dump, LIMIT_RESULTS + 1)};
    if (dump_random(dump, 4) == 0) {
        sphere_position_t from = sphere_position(query.latitude_deg, query.longitude_deg);
        double radius_m =
            sphere_distance_m(sphere_haversine(&from, edge->latitude_e7, edge->longitude_e7));
        query.radius_m = dump_random(dump, 2) == 0 ? radius_m : nextafter(radius_m, 0);
    }
    return query;
}

/* Looks at every row and keeps the nearest, in order, in `ret_rows`. */
static size_t brute_force(const world_t *self, const char *classes,
                          const places_local_query_t *query, size_t *ret_rows)
{
    double haversines[LIMIT_RESULTS + 1];
    size_t count = 0;
    geonames_classes_t set = 0;
    assert_int_equal(geonames_parse_classes(text_of(classes), &set), STATUS_OK);
    sphere_position_t from = sphere_position(query->latitude_deg, query->longitude_deg);
    for (size_t i = 0; i < ROWS; i++) {
        const geonames_row_t *row = &self->rows[i];
        double haversine = sphere_haversine(&from, row->latitude_e7, row->longitude_e7);
        if (!geonames_has_class(set, row->feature_class) ||
            sphere_distance_m(haversine) > query->radius_m) {
            continue;
        }
        size_t at = count;
        for (; at > 0 && haversine < haversines[at - 1]; at--) {
            haversines[at] = haversines[at - 1];
            ret_rows[at] = ret_rows[at - 1];
        }
        haversines[at] = haversine;
        ret_rows[at] = i;
        count += count < query->maximum ? 1 : 0;
    }
    return count;
}

static void assert_hits(const world_t *self, const size_t *expected, size_t count,
                        const places_local_query_t *query, places_local_t *places)
{
    places_local_hit_t hits[LIMIT_RESULTS];
    size_t hit_count = 77;
    sphere_position_t from = sphere_position(query->latitude_deg, query->longitude_deg);
    assert_int_equal(places_local_nearest(places, query, hits, &hit_count), STATUS_OK);
    assert_int_equal(hit_count, count);
    for (size_t i = 0; i < count; i++) {
        const geonames_row_t *row = &self->rows[expected[i]];
        double distance_m =
            sphere_distance_m(sphere_haversine(&from, row->latitude_e7, row->longitude_e7));
        assert_memory_equal(&hits[i].distance_m, &distance_m, sizeof distance_m);
        assert_true(hits[i].row.id == row->id && text_equal(hits[i].row.name, row->name));
    }
}

static void assert_same_json(const places_local_query_t *query, places_local_t *one,
                             places_local_t *other)
{
    buffer_t first;
    buffer_t second;
    buffer_init(&first, LIMIT_BODY_SIZE);
    buffer_init(&second, LIMIT_BODY_SIZE);
    assert_int_equal(places_local_answer(one, query, &first), STATUS_OK);
    assert_int_equal(places_local_answer(other, query, &second), STATUS_OK);
    assert_true(text_equal(buffer_text(&first), buffer_text(&second)));
    buffer_done(&second);
    buffer_done(&first);
}

static void all_three_agree(void **state)
{
    const world_t *self = *state;
    static const char *const filters[] = {"", "P", "PSTH", "AHLPRSTUV"};
    for (size_t i = 0; i < 4; i++) {
        places_local_t *dump = open_places(self->dump_path, filters[i]);
        places_local_t *imported = open_places(self->imported_path, filters[i]);
        const places_local_load_t *load = places_local_load(imported);
        assert_true(load->imported && !places_local_load(dump)->imported);
        assert_int_equal(load->row_count, places_local_load(dump)->row_count);
        assert_int_equal(load->other_count, places_local_load(dump)->other_count);
        assert_true(load->index_size <= 24 * load->row_count);
        for (size_t j = 0; j < QUERIES; j++) {
            places_local_query_t query = random_query(self);
            size_t expected[LIMIT_RESULTS + 1];
            size_t count = query.maximum > 0 ? brute_force(self, filters[i], &query, expected) : 0;
            assert_hits(self, expected, count, &query, dump);
            assert_hits(self, expected, count, &query, imported);
            assert_same_json(&query, dump, imported);
        }
        places_local_close(&imported);
        places_local_close(&dump);
    }
}

static void a_filter_that_leaves_nothing_is_refused(void **state)
{
    const world_t *self = *state;
    geonames_classes_t set = 0;
    places_local_t *places = NULL;
    assert_int_equal(geonames_parse_classes(TEXT("UR"), &set), STATUS_OK);
    assert_int_equal(places_local_open(self->dump_path, set, &places), STATUS_INVALID);
    assert_int_equal(places_local_open(self->imported_path, set, &places), STATUS_INVALID);
    assert_null(places);
}

/* Whoever has the file open keeps it, whatever takes its name. */
static void a_file_that_is_replaced_goes_on(void **state)
{
    world_t *self = *state;
    places_local_t *kept = open_places(self->imported_path, "");
    places_writer_t *writer = NULL;
    assert_int_equal(places_writer_open(self->imported_path, &writer), STATUS_OK);
    assert_int_equal(places_writer_add(writer, &self->rows[0]), STATUS_OK);
    assert_int_equal(places_writer_finish(writer, &(places_writer_source_t){.name = "one"}),
                     STATUS_OK);
    assert_int_equal(places_writer_replace(writer), STATUS_OK);
    places_writer_close(&writer);
    for (size_t i = 0; i < 100; i++) {
        places_local_query_t query = random_query(self);
        size_t expected[LIMIT_RESULTS + 1];
        size_t count = query.maximum > 0 ? brute_force(self, "", &query, expected) : 0;
        assert_hits(self, expected, count, &query, kept);
    }
    places_local_close(&kept);
    kept = open_places(self->imported_path, "");
    assert_int_equal(places_local_load(kept)->row_count, 1);
    places_local_close(&kept);
}

/* Its index is overwritten and the time put back: an offset beyond the file is not followed. */
static void an_index_that_changed_is_not_followed(void **state)
{
    const world_t *self = *state;
    size_t size = 0;
    char *bytes = workspace_read(self->imported_path, &size);
    const places_file_header_t *header = (const void *)bytes;
    size_t offset = places_file_points_offset(header->rows_size);
    kdtree_point_t *points = (void *)(bytes + offset);
    struct stat before;
    assert_int_equal(stat(self->imported_path, &before), 0);
    places_local_t *places = open_places(self->imported_path, "");
    for (size_t i = 0; i < header->row_count; i++) {
        points[i].value = (uint32_t)(i % 2 == 0 ? header->rows_size : UINT32_MAX);
    }
    int file = open(self->imported_path, O_WRONLY);
    assert_int_equal(pwrite(file, points, size - offset, (off_t)offset), size - offset);
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    assert_int_equal(futimens(file, times), 0);
    close(file);
    const places_local_query_t query = {.latitude_deg = self->rows[1].latitude_e7 / 1e7,
                                        .longitude_deg = self->rows[1].longitude_e7 / 1e7,
                                        .radius_m = 50000,
                                        .maximum = 5};
    places_local_hit_t hits[LIMIT_RESULTS];
    size_t count = 0;
    assert_int_equal(places_local_nearest(places, &query, hits, &count), STATUS_INVALID);
    places_local_close(&places);
    free(bytes);
}

static void a_file_that_is_written_to_is_not_trusted(void **state)
{
    const world_t *self = *state;
    places_local_t *places = open_places(self->imported_path, "");
    places_local_query_t query = random_query(self);
    places_local_hit_t hits[LIMIT_RESULTS];
    size_t count = 0;
    assert_int_equal(truncate(self->imported_path, 100), 0);
    assert_int_equal(places_local_nearest(places, &query, hits, &count), STATUS_INVALID);
    places_local_close(&places);
    assert_int_equal(places_local_open(self->imported_path, GEONAMES_ALL_CLASSES, &places),
                     STATUS_DAMAGED);
    int file = open(self->imported_path, O_WRONLY);
    assert_int_equal(pwrite(file, "\1\2\3\4\5", 5, 8), 5);
    assert_int_equal(ftruncate(file, 5000), 0);
    close(file);
    assert_int_equal(places_local_open(self->imported_path, GEONAMES_ALL_CLASSES, &places),
                     STATUS_VERSION);
    assert_null(places);
}

/* Made by hand, with the right checksums, but its points lead to the middle of rows. */
static void a_file_that_lies_is_not_shown(void **state)
{
    const world_t *self = *state;
    size_t size = 0;
    char *bytes = workspace_read(self->imported_path, &size);
    places_file_header_t *header = (void *)bytes;
    kdtree_point_t *points = (void *)(bytes + places_file_points_offset(header->rows_size));
    for (size_t i = 0; i < header->row_count; i++) {
        points[i].value = (points[i].value + 8) % (uint32_t)header->rows_size;
    }
    header->points_hash = XXH3_64bits(points, header->row_count * sizeof *points);
    header->header_hash = places_file_hash(header);
    workspace_write(self->imported_path, (text_t){.data = bytes, .size = size});
    places_local_t *places = open_places(self->imported_path, "");
    for (size_t i = 0; i < 1000; i++) {
        places_local_query_t query = random_query(self);
        places_local_hit_t hits[LIMIT_RESULTS];
        size_t count = 0;
        status_t status = places_local_nearest(places, &query, hits, &count);
        assert_true(status == STATUS_INVALID || (status == STATUS_OK && count == 0));
    }
    places_local_close(&places);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_three_agree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_filter_that_leaves_nothing_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_replaced_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_lies_is_not_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_index_that_changed_is_not_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_written_to_is_not_trusted, set_up,
                                        tear_down),
    };
    return workspace_finish(cmocka_run_group_tests_name("places_imported", tests, NULL, NULL));
}
