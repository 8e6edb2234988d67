/* Places from a file: loading, searching, hostile files (node/places/local.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/places/sphere.h"
#include "node/places/fault.h"
#include "node/places/local.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROW(id, name, latitude, longitude)                                                         \
    id "\t" name "\t\t\t" latitude "\t" longitude "\tP\tPPL\tUS\t\tCA\t\t\t\t0\t\t\t\t"

static const places_local_query_t at_ucla = {
    .latitude_deg = 34.068930, .longitude_deg = -118.445127, .radius_m = 10000, .maximum = 20};

/* A new file with these bytes; the caller unlinks and frees the path. */
static char *file_of(text_t text)
{
    char *path = memory_copy_text("/tmp/herd-places-XXXXXX", 23);
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text.data, text.size), text.size);
    close(file);
    return path;
}

static status_t open_text(text_t text, places_local_t **ret_places)
{
    char *path = file_of(text);
    status_t status = places_local_open(path, GEONAMES_ALL_CLASSES, ret_places);
    unlink(path);
    free(path);
    return status;
}

static void files_without_places_are_refused(void **state)
{
    (void)state;
    places_local_t *places = NULL;
    assert_int_equal(places_local_open("/nonexistent/file", GEONAMES_ALL_CLASSES, &places),
                     STATUS_NOT_FOUND);
    assert_int_equal(places_local_open("/dev/null/file", GEONAMES_ALL_CLASSES, &places),
                     STATUS_NOT_FOUND);
    assert_int_equal(places_local_open("/dev/null", GEONAMES_ALL_CLASSES, &places), STATUS_INVALID);
    assert_int_equal(places_local_open("/tmp", GEONAMES_ALL_CLASSES, &places), STATUS_INVALID);
    assert_int_equal(open_text(TEXT(""), &places), STATUS_INVALID);
    assert_int_equal(open_text(TEXT("\n\n\n"), &places), STATUS_INVALID);
    assert_int_equal(open_text(TEXT("one\ttwo\n"), &places), STATUS_INVALID);
    assert_null(places);
    places_local_close(&places);
}

static void a_file_beyond_4_gib_is_refused(void **state)
{
    (void)state;
    places_local_t *places = NULL;
    char *path = file_of(TEXT(ROW("1", "A", "1", "1") "\n"));
    assert_int_equal(truncate(path, INT64_C(4294967296)), 0); /* a hole: takes no space */
    assert_int_equal(places_local_open(path, GEONAMES_ALL_CLASSES, &places), STATUS_TOO_LONG);
    assert_null(places);
    unlink(path);
    free(path);
}

static void bad_rows_are_skipped_and_counted(void **state)
{
    (void)state;
    places_local_t *places = NULL;
    assert_int_equal(
        open_text(TEXT("\n" ROW("1", "A", "34",
                                "-118") "\r\n"
                                        "garbage\n" ROW("2", "B", "91", "-118") "\n\n" ROW(
                                            "3", "C", "34.001", "-118")),
                  &places),
        STATUS_OK);
    const places_local_load_t *load = places_local_load(places);
    assert_int_equal(load->row_count, 2);
    assert_int_equal(load->skipped_count, 2);
    assert_int_equal(load->first_skipped, 3);
    assert_int_equal(load->index_size, 24);
    places_local_hit_t hits[20];
    size_t count = 0;
    places_local_query_t query = {
        .latitude_deg = 34, .longitude_deg = -118, .radius_m = 1000, .maximum = 20};
    assert_int_equal(places_local_nearest(places, &query, hits, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_text_equal(hits[0].row.name, "A");
    assert_int_equal(hits[0].offset, 1);
    assert_true(hits[0].distance_m < 1e-9);
    assert_text_equal(hits[1].row.name, "C");
    assert_true(hits[1].distance_m > 111 && hits[1].distance_m < 111.3);
    places_local_close(&places);
}

static void a_row_that_is_too_long_is_skipped(void **state)
{
    (void)state;
    const size_t size = LIMIT_PLACE_ROW_SIZE + 200;
    char *text = memory_new(size);
    char *end = text + snprintf(text, size, "1\tLong\t\t");
    const char *tail = "\t1\t1\tP\tPPL\tUS\t\tCA\t\t\t\t0\t\t\t\t\n" ROW("2", "Short", "1", "1");
    const size_t tail_size = strlen(tail);
    size_t names_size =
        LIMIT_PLACE_ROW_SIZE - (size_t)(end - text) - (size_t)(strchr(tail, '\n') - tail);
    for (size_t more = 0; more < 2; more++) {
        memset(end, 'n', names_size + more);
        memcpy(end + names_size + more, tail, tail_size);
        places_local_t *places = NULL;
        text_t all = {.data = text, .size = (size_t)(end - text) + names_size + more + tail_size};
        assert_int_equal(open_text(all, &places), STATUS_OK);
        assert_int_equal(places_local_load(places)->row_count, more == 0 ? 2 : 1);
        assert_int_equal(places_local_load(places)->skipped_count, more);
        places_local_close(&places);
    }
    free(text);
}

/* Hundreds of rows at one position come in the order of the file, and none if 0 are wanted. */
static void equal_places_come_in_the_order_of_the_file(void **state)
{
    (void)state;
    char *text = memory_new(100000);
    size_t size = 0;
    for (int i = 0; i < 300; i++) {
        size += (size_t)snprintf(text + size, 200, ROW("%d", "Twin", "34.0689", "-118.4451") "\n",
                                 1000 - i);
    }
    places_local_t *places = NULL;
    assert_int_equal(open_text((text_t){.data = text, .size = size}, &places), STATUS_OK);
    places_local_hit_t hits[20];
    size_t count = 77;
    for (size_t wanted = 0; wanted <= 20; wanted++) {
        places_local_query_t query = at_ucla;
        query.maximum = wanted;
        assert_int_equal(places_local_nearest(places, &query, hits, &count), STATUS_OK);
        assert_int_equal(count, wanted);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(hits[i].row.id, 1000 - i);
        }
    }
    places_local_close(&places);
    free(text);
}

static void a_file_that_is_written_to_is_not_trusted(void **state)
{
    (void)state;
    char *path = file_of(TEXT(ROW("1", "A", "34.06", "-118.44") "\n"));
    places_local_t *places = NULL;
    assert_int_equal(places_local_open(path, GEONAMES_ALL_CLASSES, &places), STATUS_OK);
    places_local_hit_t hits[20];
    size_t count = 77;
    assert_int_equal(places_local_nearest(places, &at_ucla, hits, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(truncate(path, 5), 0);
    count = 77;
    assert_int_equal(places_local_nearest(places, &at_ucla, hits, &count), STATUS_INVALID);
    assert_int_equal(count, 77);
    buffer_t buffer;
    buffer_init(&buffer, LIMIT_BODY_SIZE);
    assert_int_equal(places_local_answer(places, &at_ucla, &buffer), STATUS_INVALID);
    assert_int_equal(buffer.size, 0);
    assert_false(places_local_verify(places));
    buffer_done(&buffer);
    places_local_close(&places);
    unlink(path);
    free(path);
}

/* K10: what a file is, its content says. */
static void a_file_that_is_touched_goes_on(void **state)
{
    (void)state;
    char *path = file_of(TEXT(ROW("1", "A", "34.06", "-118.44") "\n"));
    places_local_t *places = NULL;
    places_local_hit_t hits[20];
    size_t count = 0;
    assert_int_equal(places_local_open(path, GEONAMES_ALL_CLASSES, &places), STATUS_OK);
    assert_true(places_local_is_untouched_at_all(places));
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 2}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_false(places_local_is_untouched(places));
    assert_int_equal(places_local_nearest(places, &at_ucla, hits, &count), STATUS_INVALID);
    assert_true(places_local_verify(places));
    assert_true(places_local_is_untouched_at_all(places));
    assert_int_equal(places_local_nearest(places, &at_ucla, hits, &count), STATUS_OK);
    assert_int_equal(count, 1);
    places_local_close(&places);
    unlink(path);
    free(path);
}

/* What is mapped is gone in the middle of the reading. */
static void read_all(void *argument)
{
    const text_t *text = argument;
    uint64_t sum = 0;
    for (size_t i = 0; i < text->size; i += 4096) {
        sum += (unsigned char)text->data[i];
    }
    assert_true(sum < UINT64_MAX);
}

/* The thread sanitizer takes a handler that was left by a jump for one that still runs. */
#ifdef __SANITIZE_THREAD__
enum { FAULTS = 1 };
#else
enum { FAULTS = 3 };
#endif

static void bytes_that_are_gone_do_not_end_us(void **state)
{
    (void)state;
    enum { SIZE = 65536 };
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), SIZE), 0);
    char *data = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fileno(file), 0);
    assert_true(data != MAP_FAILED);
    text_t text = {.data = data, .size = SIZE};
    fault_init(); /* cmocka has a handler of its own */
    for (int i = 0; i < FAULTS; i++) {
        assert_true(fault_catch(read_all, &text));
        assert_int_equal(ftruncate(fileno(file), 4096), 0);
        assert_false(fault_catch(read_all, &text));
        assert_int_equal(ftruncate(fileno(file), SIZE), 0);
    }
    munmap(data, SIZE);
    assert_int_equal(fclose(file), 0);
}

/* The same size and time, but another row: noticed when the row is read. */
static void a_row_that_moved_is_not_shown(void **state)
{
    (void)state;
    char *path = file_of(TEXT(ROW("1", "A", "34.06", "-118.44") "\n"));
    places_local_t *places = NULL;
    struct stat before;
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(places_local_open(path, GEONAMES_ALL_CLASSES, &places), STATUS_OK);
    int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, ROW("1", "A", "35.06", "-118.44"), 12, 0), 12);
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    assert_int_equal(futimens(file, times), 0);
    close(file);
    places_local_hit_t hits[20];
    size_t count = 0;
    assert_int_equal(places_local_nearest(places, &at_ucla, hits, &count), STATUS_INVALID);
    places_local_close(&places);
    unlink(path);
    free(path);
}

/* ---- the file we ship ---- */

static places_local_t *cities;

static int open_cities(void **state)
{
    (void)state;
    return places_local_open(HERD_SOURCE_DIR "/deploy/places/cities.tsv", GEONAMES_ALL_CLASSES,
                             &cities) != STATUS_OK;
}

static int close_cities(void **state)
{
    (void)state;
    places_local_close(&cities);
    return 0;
}

static bool has_name(const places_local_hit_t *hits, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(hits[i].row.name, text_of(name))) {
            return true;
        }
    }
    return false;
}

static void the_shipped_file_is_whole(void **state)
{
    (void)state;
    const places_local_load_t *load = places_local_load(cities);
    assert_int_equal(load->row_count, 135233);
    assert_int_equal(load->skipped_count, 0);
    assert_true(load->index_size <= 24 * load->row_count);
}

static void places_around_ucla(void **state)
{
    (void)state;
    places_local_hit_t hits[20];
    size_t count = 0;
    assert_int_equal(places_local_nearest(cities, &at_ucla, hits, &count), STATUS_OK);
    assert_true(count >= 5);
    assert_text_equal(hits[0].row.name, "Westwood");
    assert_true(has_name(hits, count, "Beverly Hills"));
    assert_true(has_name(hits, count, "Santa Monica"));
    assert_false(has_name(hits, count, "Los Angeles")); /* its centre is 18 km away */
    for (size_t i = 0; i < count; i++) {
        assert_true(hits[i].distance_m <= 10000);
        assert_true(i == 0 || hits[i - 1].distance_m <= hits[i].distance_m);
    }
}

static void well_known_places_are_where_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double latitude_deg;
        double longitude_deg;
    } cases[] = {{"Los Angeles", 34.05, -118.24}, {"Tokyo", 35.69, 139.69},
                 {"London", 51.51, -0.13},        {"Sydney", -33.87, 151.21},
                 {"Nairobi", -1.28, 36.82},       {"Suva", -18.14, 178.44},
                 {"Longyearbyen", 78.22, 15.63},  {"Ushuaia", -54.81, -68.31}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        places_local_query_t query = {.latitude_deg = cases[i].latitude_deg,
                                      .longitude_deg = cases[i].longitude_deg,
                                      .radius_m = 5000,
                                      .maximum = 20};
        places_local_hit_t hits[20];
        size_t count = 0;
        assert_int_equal(places_local_nearest(cities, &query, hits, &count), STATUS_OK);
        assert_true(has_name(hits, count, cases[i].name));
    }
}

/* Taveuni (Fiji) lies on the antimeridian: places beyond it are found from each side. */
static void places_across_the_antimeridian(void **state)
{
    (void)state;
    for (int east = 0; east < 2; east++) {
        places_local_query_t query = {.latitude_deg = -16.8,
                                      .longitude_deg = east ? 180 : -180,
                                      .radius_m = 2e6,
                                      .maximum = 20};
        places_local_hit_t hits[20];
        size_t count = 0;
        assert_int_equal(places_local_nearest(cities, &query, hits, &count), STATUS_OK);
        assert_int_equal(count, 20);
        bool has_west = false;
        bool has_east = false;
        for (size_t i = 0; i < count; i++) {
            has_west = has_west || hits[i].row.longitude_e7 > 0;
            has_east = has_east || hits[i].row.longitude_e7 < 0;
        }
        assert_true(has_west && has_east);
    }
}

/* One candidate of the brute force. */
typedef struct {
    double haversine;
    uint32_t offset;
} candidate_t;

static int compare_candidates(const void *one_p, const void *other_p)
{
    const candidate_t *one = one_p;
    const candidate_t *other = other_p;
    if (one->haversine < other->haversine || one->haversine > other->haversine) {
        return one->haversine < other->haversine ? -1 : 1;
    }
    return one->offset < other->offset ? -1 : one->offset > other->offset;
}

/* Reads all rows of the shipped file, independently of the index. */
static candidate_t *all_candidates(const geonames_row_t *rows, const uint32_t *offsets,
                                   size_t count, const places_local_query_t *query)
{
    candidate_t *all = memory_new_array(count, sizeof *all);
    sphere_position_t from = sphere_position(query->latitude_deg, query->longitude_deg);
    for (size_t i = 0; i < count; i++) {
        all[i] = (candidate_t){
            .haversine = sphere_haversine(&from, rows[i].latitude_e7, rows[i].longitude_e7),
            .offset = offsets[i]};
    }
    qsort(all, count, sizeof *all, compare_candidates);
    return all;
}

static void assert_as_brute_force(const geonames_row_t *rows, const uint32_t *offsets, size_t count,
                                  const places_local_query_t *query)
{
    candidate_t *all = all_candidates(rows, offsets, count, query);
    places_local_hit_t hits[20];
    size_t hit_count = 0;
    assert_int_equal(places_local_nearest(cities, query, hits, &hit_count), STATUS_OK);
    for (size_t i = 0; i < hit_count; i++) {
        double distance_m = sphere_distance_m(all[i].haversine);
        assert_int_equal(hits[i].offset, all[i].offset);
        assert_memory_equal(&hits[i].distance_m, &distance_m, sizeof distance_m);
    }
    assert_true(hit_count == query->maximum ||
                sphere_distance_m(all[hit_count].haversine) > query->radius_m);
    free(all);
}

static void the_shipped_file_answers_as_brute_force_does(void **state)
{
    (void)state;
    static const double positions[][2] = {{34.068930, -118.445127},
                                          {51.5, -0.1},
                                          {-16.8, 180},
                                          {-16.8, -180},
                                          {90, 0},
                                          {-90, 77},
                                          {65, -169},
                                          {0, 0},
                                          {-45, 170.3},
                                          {64.7, 177.5},
                                          {89.9, -179.9},
                                          {35.6, 139.7}};
    static const double radii_m[] = {10000, 50000, 3e6};
    const size_t count = places_local_load(cities)->row_count;
    FILE *file = fopen(HERD_SOURCE_DIR "/deploy/places/cities.tsv", "r");
    assert_non_null(file);
    geonames_row_t *rows = memory_new_array(count, sizeof *rows);
    uint32_t *offsets = memory_new_array(count, sizeof *offsets);
    char line[4096];
    uint32_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        assert_non_null(fgets(line, sizeof line, file));
        size_t size = strlen(line);
        assert_int_equal(geonames_parse_row((text_t){.data = line, .size = size - 1}, &rows[i]),
                         STATUS_OK);
        offsets[i] = offset;
        offset += (uint32_t)size;
    }
    fclose(file);
    for (size_t i = 0; i < sizeof positions / sizeof positions[0]; i++) {
        places_local_query_t query = {.latitude_deg = positions[i][0],
                                      .longitude_deg = positions[i][1],
                                      .radius_m = radii_m[i % 3],
                                      .maximum = i % 2 == 0 ? 20 : 5};
        assert_as_brute_force(rows, offsets, count, &query);
    }
    free(offsets);
    free(rows);
}

static void the_answer_names_its_source(void **state)
{
    (void)state;
    places_local_query_t query = at_ucla;
    query.maximum = 1;
    buffer_t buffer;
    buffer_init(&buffer, LIMIT_BODY_SIZE);
    assert_int_equal(places_local_answer(cities, &query, &buffer), STATUS_OK);
    assert_text_equal(
        buffer_text(&buffer),
        "{\n"
        "   \"html_attributions\" : [\n"
        "      \"Places by <a href=\\\"https://www.geonames.org/\\\">GeoNames</a>, licensed under "
        "<a href=\\\"https://creativecommons.org/licenses/by/4.0/\\\">CC BY 4.0</a>\"\n"
        "   ],\n"
        "   \"results\" : [\n"
        "      {\n"
        "         \"geometry\" : {\n"
        "            \"location\" : {\n"
        "               \"lat\" : 34.05612,\n"
        "               \"lng\" : -118.43063\n"
        "            }\n"
        "         },\n"
        "         \"name\" : \"Westwood\",\n"
        "         \"place_id\" : \"geonames:5408522\",\n"
        "         \"types\" : [\n"
        "            \"neighborhood\",\n"
        "            \"political\"\n"
        "         ],\n"
        "         \"vicinity\" : \"CA, US\"\n"
        "      }\n"
        "   ],\n"
        "   \"status\" : \"OK\"\n"
        "}\n\n");
    buffer_clear(&buffer);
    query = (places_local_query_t){
        .latitude_deg = -80, .longitude_deg = -150, .radius_m = 50000, .maximum = 20};
    assert_int_equal(places_local_answer(cities, &query, &buffer), STATUS_OK);
    assert_text_equal(buffer_text(&buffer), "{\n"
                                            "   \"html_attributions\" : [],\n"
                                            "   \"results\" : [],\n"
                                            "   \"status\" : \"ZERO_RESULTS\"\n"
                                            "}\n\n");
    buffer_done(&buffer);
}

/* The text that follows `"vicinity" : ` in the answer of a file with this one row. */
static void assert_vicinity(const char *row, const char *expected)
{
    places_local_t *places = NULL;
    assert_int_equal(open_text(text_of(row), &places), STATUS_OK);
    buffer_t buffer;
    buffer_init(&buffer, LIMIT_BODY_SIZE);
    places_local_query_t query = {.radius_m = 1, .maximum = 1};
    assert_int_equal(places_local_answer(places, &query, &buffer), STATUS_OK);
    json_t *json = json_loadb(buffer.data, buffer.size, 0, NULL);
    json_t *result = json_array_get(json_object_get(json, "results"), 0);
    assert_string_equal(json_string_value(json_object_get(result, "vicinity")), expected);
    json_decref(json);
    buffer_done(&buffer);
    places_local_close(&places);
}

static void the_vicinity_is_what_there_is(void **state)
{
    (void)state;
    assert_vicinity("1\tA\t\t\t0\t0\tP\tPPL\tUS\t\tCA\t\t\t\t0\t\t\t\t", "CA, US");
    assert_vicinity("1\tA\t\t\t0\t0\tP\tPPL\tUS\t\t\t\t\t\t0\t\t\t\t", "US");
    assert_vicinity("1\tA\t\t\t0\t0\tP\tPPL\tUS\t\t00\t\t\t\t0\t\t\t\t", "US");
    assert_vicinity("1\tA\t\t\t0\t0\tP\tPPL\t\t\tCA\t\t\t\t0\t\t\t\t", "");
    assert_vicinity("1\tA\t\t\t0\t0\tP\tPPL\t\t\t\t\t\t\t0\t\t\t\t", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_are_gone_do_not_end_us),
        cmocka_unit_test(files_without_places_are_refused),
        cmocka_unit_test(a_file_beyond_4_gib_is_refused),
        cmocka_unit_test(bad_rows_are_skipped_and_counted),
        cmocka_unit_test(a_row_that_is_too_long_is_skipped),
        cmocka_unit_test(equal_places_come_in_the_order_of_the_file),
        cmocka_unit_test(a_file_that_is_written_to_is_not_trusted),
        cmocka_unit_test(a_file_that_is_touched_goes_on),
        cmocka_unit_test(a_row_that_moved_is_not_shown),
        cmocka_unit_test(the_vicinity_is_what_there_is),
        cmocka_unit_test(the_shipped_file_is_whole),
        cmocka_unit_test(places_around_ucla),
        cmocka_unit_test(well_known_places_are_where_they_are),
        cmocka_unit_test(places_across_the_antimeridian),
        cmocka_unit_test(the_shipped_file_answers_as_brute_force_does),
        cmocka_unit_test(the_answer_names_its_source),
    };
    return cmocka_run_group_tests_name("places_local", tests, open_cities, close_cities);
}
