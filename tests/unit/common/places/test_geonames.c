/* Rows of GeoNames and their types (common/places/geonames.h). */
#include "tests/support/cmocka_herd.h"

#include "common/places/geonames.h"

#include <stdio.h>
#include <stdlib.h>

#define LOS_ANGELES                                                                                \
    "5368361\tLos Angeles\tLos Angeles\tLA,Los Angeles\t34.05223\t-118.24368\tP\tPPLA2\tUS\t\tCA"  \
    "\t037\t\t\t3971883\t89\t96\tAmerica/Los_Angeles\t2019-09-19"

/* A row with these columns and the rest as in a bare one. */
static text_t row_of(char *out, size_t size, const char *id, const char *latitude,
                     const char *longitude)
{
    int length = snprintf(out, size, "%s\tName\t\t\t%s\t%s\tS\tSCH\tUS\t\tCA\t\t\t\t0\t\t\t\t", id,
                          latitude, longitude);
    return (text_t){.data = out, .size = (size_t)length};
}

static void a_full_row_is_taken_apart(void **state)
{
    (void)state;
    geonames_row_t row;
    assert_int_equal(geonames_parse_row(TEXT(LOS_ANGELES), &row), STATUS_OK);
    assert_int_equal(row.id, 5368361);
    assert_text_equal(row.name, "Los Angeles");
    assert_int_equal(row.latitude_e7, 340522300);
    assert_int_equal(row.longitude_e7, -1182436800);
    assert_int_equal(row.feature_class, 'P');
    assert_text_equal(row.feature_code, "PPLA2");
    assert_text_equal(row.country, "US");
    assert_text_equal(row.admin1, "CA");
    assert_int_equal(row.population, 3971883);
    assert_int_equal(geonames_parse_row(TEXT(LOS_ANGELES "\r"), &row), STATUS_OK);
}

static void a_bare_row_will_do(void **state)
{
    (void)state;
    geonames_row_t row;
    assert_int_equal(geonames_parse_row(TEXT("1\t\xff\t\t\t0\t0\t\t\t\t\t\t\t\t\t\t\t\t\t"), &row),
                     STATUS_OK);
    assert_text_equal(row.name, "\xff");
    assert_int_equal(row.feature_class, ' ');
    assert_int_equal(row.country.size, 0);
    assert_int_equal(row.population, 0);
}

static void coordinates_keep_seven_decimals(void **state)
{
    (void)state;
    static const struct {
        const char *latitude;
        const char *longitude;
        int32_t latitude_e7;
        int32_t longitude_e7;
    } cases[] = {
        {"90", "180", 900000000, 1800000000},
        {"-90.0", "-180.000", -900000000, -1800000000},
        {"+1.5", "0", 15000000, 0},
        {"0.0000001", "-0.0000001", 1, -1},
        {"0.00000005", "-0.00000005", 1, -1},
        {"0.00000004", "0.99999995", 0, 10000000},
        {"007.25", "1.123456749999999999999999", 72500000, 11234567},
        {"-0", "-0.0", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        geonames_row_t row;
        assert_int_equal(
            geonames_parse_row(
                row_of(text, sizeof text, "1", cases[i].latitude, cases[i].longitude), &row),
            STATUS_OK);
        assert_int_equal(row.latitude_e7, cases[i].latitude_e7);
        assert_int_equal(row.longitude_e7, cases[i].longitude_e7);
    }
}

static void bad_numbers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        const char *latitude;
        const char *longitude;
        status_t status;
    } cases[] = {
        {"", "1", "1", STATUS_INVALID},
        {"x", "1", "1", STATUS_INVALID},
        {"-1", "1", "1", STATUS_INVALID},
        {"9223372036854775808", "1", "1", STATUS_INVALID},
        {"1", "", "1", STATUS_INVALID},
        {"1", "1", "", STATUS_INVALID},
        {"1", "-", "1", STATUS_INVALID},
        {"1", ".5", "1", STATUS_INVALID},
        {"1", "5.", "1", STATUS_INVALID},
        {"1", "1.2.3", "1", STATUS_INVALID},
        {"1", "1e1", "1", STATUS_INVALID},
        {"1", "+-1", "1", STATUS_INVALID},
        {"1", " 1", "1", STATUS_INVALID},
        {"1", "1,5", "1", STATUS_INVALID},
        {"1", "nan", "1", STATUS_INVALID},
        {"1", "90.0000001", "1", STATUS_OUT_OF_RANGE},
        {"1", "90.00000005", "1", STATUS_OUT_OF_RANGE},
        {"1", "-91", "1", STATUS_OUT_OF_RANGE},
        {"1", "1", "180.0000001", STATUS_OUT_OF_RANGE},
        {"1", "1", "-181", STATUS_OUT_OF_RANGE},
        {"1", "1", "18446744073709551615", STATUS_OUT_OF_RANGE},
        {"1", "1", "18446744073709551616", STATUS_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        geonames_row_t row = {.id = 77};
        assert_int_equal(geonames_parse_row(row_of(text, sizeof text, cases[i].id,
                                                   cases[i].latitude, cases[i].longitude),
                                            &row),
                         cases[i].status);
        assert_int_equal(row.id, 77);
    }
}

static void other_shapes_are_refused(void **state)
{
    (void)state;
    geonames_row_t row;
    static const char *const rows[] = {
        "",
        "\t",
        "no tabs at all",
        "1\tName\t\t\t1\t1\tS\tSCH\tUS\t\tCA\t\t\t\t0\t\t\t",     /* 18 columns */
        "1\tName\t\t\t1\t1\tS\tSCH\tUS\t\tCA\t\t\t\t0\t\t\t\t\t", /* 20 columns */
        "1\t\t\t\t1\t1\tS\tSCH\tUS\t\tCA\t\t\t\t0\t\t\t\t",       /* no name */
        "1\tName\t\t\t1\t1\tSS\tSCH\tUS\t\tCA\t\t\t\t0\t\t\t\t",  /* class of two letters */
        "1\tName\t\t\t1\t1\t5\tSCH\tUS\t\tCA\t\t\t\t0\t\t\t\t",   /* class not a letter */
        "1\tName\t\t\t1\t1\tS\tSCH\tUSA\t\tCA\t\t\t\t0\t\t\t\t",  /* country of three letters */
        "1\tName\t\t\t1\t1\tS\tSCH\t\"\"\t\tCA\t\t\t\t0\t\t\t\t", /* country not letters */
        "1\tName\t\t\t1\t1\tS\tSCH\tUS\t\tCA\t\t\t\t-1\t\t\t\t",  /* population below zero */
        "geonameid\tname\t\t\tlat\tlon\tS\tSCH\tUS\t\tCA\t\t\t\t0\t\t\t\t",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(geonames_parse_row(text_of(rows[i]), &row), STATUS_INVALID);
    }
    assert_int_equal(geonames_parse_row((text_t){0}, &row), STATUS_INVALID);
}

/* A row whose name and admin1 have these sizes. */
static status_t parse_sizes(size_t name_size, size_t code_size, size_t admin1_size)
{
    char name[GEONAMES_NAME_SIZE + 1];
    char text[2 * GEONAMES_NAME_SIZE];
    memset(name, 'n', sizeof name);
    int size =
        snprintf(text, sizeof text, "1\t%.*s\t\t\t1\t1\tS\t%.*s\tUS\t\t%.*s\t\t\t\t0\t\t\t\t",
                 (int)name_size, name, (int)code_size, name, (int)admin1_size, name);
    geonames_row_t row;
    return geonames_parse_row((text_t){.data = text, .size = (size_t)size}, &row);
}

static void columns_have_a_longest_size(void **state)
{
    (void)state;
    assert_int_equal(parse_sizes(GEONAMES_NAME_SIZE, GEONAMES_CODE_SIZE, GEONAMES_ADMIN1_SIZE),
                     STATUS_OK);
    assert_int_equal(parse_sizes(GEONAMES_NAME_SIZE + 1, 1, 1), STATUS_TOO_LONG);
    assert_int_equal(parse_sizes(1, GEONAMES_CODE_SIZE + 1, 1), STATUS_TOO_LONG);
    assert_int_equal(parse_sizes(1, 1, GEONAMES_ADMIN1_SIZE + 1), STATUS_TOO_LONG);
}

/* Every front part of a good row is read within its bounds, as sanitizers see, and refused until
 * the last tab is there. */
static void cut_rows_are_refused(void **state)
{
    (void)state;
    const char *whole = LOS_ANGELES;
    size_t last_tab = (size_t)(strrchr(whole, '\t') - whole);
    for (size_t size = 0; size <= last_tab; size++) {
        char *copy = malloc(size > 0 ? size : 1);
        memcpy(copy, whole, size);
        geonames_row_t row;
        assert_int_equal(geonames_parse_row((text_t){.data = copy, .size = size}, &row),
                         STATUS_INVALID);
        free(copy);
    }
}

static void types_follow_the_feature(void **state)
{
    (void)state;
    static const struct {
        char feature_class;
        const char *code;
        const char *types; /* joined by spaces */
    } cases[] = {
        {'P', "PPL", "locality political"},
        {'P', "PPLC", "locality political"},
        {'P', "PPLA3", "locality political"},
        {'P', "STLMT", "locality political"},
        {'P', "", "locality political"},
        {'P', "PPLX", "neighborhood political"},
        {'A', "ADM1", "administrative_area_level_1 political"},
        {'A', "ADM2", "administrative_area_level_2 political"},
        {'A', "PCLI", "country political"},
        {'A', "ADMD", "political"},
        {'S', "SCH", "school point_of_interest establishment"},
        {'S', "CH", "church place_of_worship point_of_interest establishment"},
        {'S', "HTL", "lodging point_of_interest establishment"},
        {'S', "HSP", "hospital point_of_interest establishment"},
        {'S', "AIRP", "airport point_of_interest establishment"},
        {'S', "ZZZ", "point_of_interest establishment"},
        {'L', "PRK", "park point_of_interest establishment"},
        {'L', "LCTY", "point_of_interest establishment"},
        {'T', "MT", "natural_feature establishment"},
        {'H', "LK", "natural_feature establishment"},
        {'R', "RD", "route"},
        {'R', "TNL", "point_of_interest establishment"},
        {' ', "", "point_of_interest establishment"},
        {'P', "PPLXXXXXXX", "locality political"},
        {'s', "SCH", "point_of_interest establishment"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const geonames_types_t *types =
            geonames_types(cases[i].feature_class, text_of(cases[i].code));
        char joined[128] = "";
        for (size_t j = 0; j < types->count; j++) {
            size_t used = strlen(joined);
            snprintf(joined + used, sizeof joined - used, "%s%s", j > 0 ? " " : "",
                     types->names[j]);
        }
        assert_string_equal(joined, cases[i].types);
    }
}

static void sets_of_classes(void **state)
{
    (void)state;
    geonames_classes_t classes = 1;
    assert_int_equal(geonames_parse_classes(TEXT("PS"), &classes), STATUS_OK);
    assert_true(geonames_has_class(classes, 'P') && geonames_has_class(classes, 'S'));
    assert_false(geonames_has_class(classes, 'T') || geonames_has_class(classes, 'p') ||
                 geonames_has_class(classes, ' '));
    assert_int_equal(geonames_parse_classes(TEXT(GEONAMES_CLASSES), &classes), STATUS_OK);
    assert_false(geonames_has_class(classes, ' '));
    assert_int_equal(geonames_parse_classes(TEXT(""), &classes), STATUS_OK);
    assert_true(classes == GEONAMES_ALL_CLASSES);
    static const char *const bad[] = {"p", "B", "P,S", "PP", "PSP", " ", "P ", "\xd0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(geonames_parse_classes(text_of(bad[i]), &classes), STATUS_INVALID);
        assert_true(classes == GEONAMES_ALL_CLASSES);
    }
}

static void each_class_has_a_bit_of_its_own(void **state)
{
    (void)state;
    const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ";
    geonames_classes_t seen = 0;
    for (const char *letter = letters; *letter != '\0'; letter++) {
        assert_false(geonames_has_class(seen, *letter));
        seen |= UINT64_C(1) << geonames_class_bit(*letter);
    }
    for (int byte = -128; byte < 128; byte++) {
        assert_true(geonames_class_bit((char)byte) < GEONAMES_CLASS_BITS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_row_is_taken_apart),
        cmocka_unit_test(a_bare_row_will_do),
        cmocka_unit_test(coordinates_keep_seven_decimals),
        cmocka_unit_test(bad_numbers_are_refused),
        cmocka_unit_test(other_shapes_are_refused),
        cmocka_unit_test(columns_have_a_longest_size),
        cmocka_unit_test(cut_rows_are_refused),
        cmocka_unit_test(types_follow_the_feature),
        cmocka_unit_test(sets_of_classes),
        cmocka_unit_test(each_class_has_a_bit_of_its_own),
    };
    return cmocka_run_group_tests_name("geonames", tests, NULL, NULL);
}
