/* One place in an imported file (common/places/row.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/places/row.h"

#include <stdlib.h>

static const geonames_row_t los_angeles = {.id = 5368361,
                                           .name = {.data = "Los Angeles", .size = 11},
                                           .latitude_e7 = 340522300,
                                           .longitude_e7 = -1182436800,
                                           .feature_class = 'P',
                                           .feature_code = {.data = "PPLA2", .size = 5},
                                           .country = {.data = "US", .size = 2},
                                           .admin1 = {.data = "CA", .size = 2},
                                           .population = 3971883};

static void assert_same_row(const geonames_row_t *one, const geonames_row_t *other)
{
    assert_true(one->id == other->id && one->population == other->population);
    assert_int_equal(one->latitude_e7, other->latitude_e7);
    assert_int_equal(one->longitude_e7, other->longitude_e7);
    assert_int_equal(one->feature_class, other->feature_class);
    assert_true(text_equal(one->name, other->name));
    assert_true(text_equal(one->feature_code, other->feature_code));
    assert_true(text_equal(one->country, other->country));
    assert_true(text_equal(one->admin1, other->admin1));
}

static void assert_comes_back(const geonames_row_t *row)
{
    char bytes[PLACES_ROW_SIZE + 1];
    geonames_row_t taken;
    size_t size = places_row_write(row, bytes);
    assert_in_range(size, PLACES_ROW_SIZE_MIN, PLACES_ROW_SIZE);
    text_t rest = {.data = bytes, .size = size + 1};
    assert_int_equal(places_row_take(&rest, &taken), STATUS_OK);
    assert_int_equal(rest.size, 1);
    assert_same_row(row, &taken);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX};
    assert_comes_back(&los_angeles);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        geonames_row_t row = los_angeles;
        row.id = numbers[i];
        row.population = numbers[7 - i];
        assert_comes_back(&row);
    }
}

static void the_shortest_and_the_longest(void **state)
{
    (void)state;
    char *text = memory_new(GEONAMES_NAME_SIZE);
    geonames_row_t row = {.name = TEXT("A"), .feature_class = ' '};
    char bytes[PLACES_ROW_SIZE];
    assert_int_equal(places_row_write(&row, bytes), PLACES_ROW_SIZE_MIN);
    assert_comes_back(&row);
    row = (geonames_row_t){.id = INT64_MAX,
                           .name = {.data = text, .size = GEONAMES_NAME_SIZE},
                           .latitude_e7 = -900000000,
                           .longitude_e7 = 1800000000,
                           .feature_class = 'z',
                           .feature_code = {.data = text, .size = GEONAMES_CODE_SIZE},
                           .country = TEXT("ZZ"),
                           .admin1 = {.data = text, .size = GEONAMES_ADMIN1_SIZE},
                           .population = INT64_MAX};
    assert_comes_back(&row);
    free(text);
}

/* A row without its last bytes is refused, however many are missing. */
static void a_row_that_is_cut_off_is_refused(void **state)
{
    (void)state;
    char bytes[PLACES_ROW_SIZE];
    size_t size = places_row_write(&los_angeles, bytes);
    for (size_t left = 0; left < size; left++) {
        char *copy = memory_copy_text(bytes, left); /* a sanitizer sees reading behind it */
        text_t rest = {.data = copy, .size = left};
        geonames_row_t row = {.id = 77};
        assert_int_equal(places_row_take(&rest, &row), STATUS_INVALID);
        assert_int_equal(rest.size, left);
        assert_int_equal(row.id, 77);
        free(copy);
    }
}

/* Changes bytes of the fixed part, which follows the two numbers of 1 byte each. */
static void rows_that_no_dump_has_are_refused(void **state)
{
    (void)state;
    enum { NUMBERS = 2, LATITUDE = NUMBERS, LONGITUDE = 6, CODE = 11, COUNTRY, ADMIN1, NAME };
    static const struct {
        size_t at;
        const char *bytes;
        size_t size;
    } cases[] = {
        {LATITUDE, "\x01\xe9\xa4\x35", 4}, /* 90.0000001 on little-endian machines... */
        {LATITUDE, "\x7f\x7f\x7f\x7f", 4}, /* ...and on any */
        {LATITUDE, "\x80\x80\x80\x80", 4},
        {LONGITUDE, "\x7f\x7f\x7f\x7f", 4},
        {LONGITUDE, "\x80\x80\x80\x80", 4},
        {CODE, "\x0b", 1},
        {COUNTRY, "\x01", 1},
        {COUNTRY, "\x03", 1},
        {ADMIN1, "\x51", 1},
        {NAME, "\0\0", 2},
        {NAME, "\xff\xff", 2},
        {NAME, "\x04\x04", 2},
        {0, "\xff", 1},
    };
    geonames_row_t row = {.name = TEXT("A"), .feature_class = 'P'};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char bytes[PLACES_ROW_SIZE] = {0};
        size_t size = places_row_write(&row, bytes);
        assert_int_equal(size, PLACES_ROW_SIZE_MIN);
        memcpy(bytes + cases[i].at, cases[i].bytes, cases[i].size);
        geonames_row_t taken;
        text_t rest = {.data = bytes, .size = sizeof bytes};
        assert_int_equal(places_row_take(&rest, &taken), STATUS_INVALID);
    }
}

static void numbers_beyond_63_bits_are_refused(void **state)
{
    (void)state;
    char bytes[64] = {0};
    memset(bytes, 0xff, 9);
    bytes[9] = 1; /* 2^64 - 1 */
    text_t rest = {.data = bytes, .size = sizeof bytes};
    geonames_row_t row;
    assert_int_equal(places_row_take(&rest, &row), STATUS_INVALID);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(places_row_take(&rest, &row), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_shortest_and_the_longest),
        cmocka_unit_test(a_row_that_is_cut_off_is_refused),
        cmocka_unit_test(rows_that_no_dump_has_are_refused),
        cmocka_unit_test(numbers_beyond_63_bits_are_refused),
    };
    return cmocka_run_group_tests_name("places_row", tests, NULL, NULL);
}
