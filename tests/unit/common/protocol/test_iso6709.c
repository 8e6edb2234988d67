/* Positions (common/protocol/iso6709.h; client-protocol.md, P rules). */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/protocol/iso6709.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Degrees from degrees, minutes and seconds, the obvious way. */
#define DMS(degrees, minutes, seconds) ((degrees) + (minutes) / 60.0 + (seconds) / 3600.0)

/* What iso6709_parse takes is valid, and nothing else. */
static bool parse(text_t text, iso6709_position_t *ret_position)
{
    bool taken = iso6709_parse(text, ret_position);
    assert_int_equal(iso6709_is_valid(text), taken);
    return taken;
}

static void assert_taken(const char *text, double latitude_deg, double longitude_deg)
{
    iso6709_position_t position = {0};
    if (!parse(text_of(text), &position)) {
        fail_msg("refused: %s", text);
    }
    if (fabs(position.latitude_deg - latitude_deg) > 1e-12 ||
        fabs(position.longitude_deg - longitude_deg) > 1e-12) {
        fail_msg("%s is not %.15g %.15g", text, position.latitude_deg, position.longitude_deg);
    }
}

static void assert_refused(const char *text)
{
    iso6709_position_t position = {.latitude_deg = 7, .longitude_deg = 8};
    if (parse(text_of(text), &position)) {
        fail_msg("taken: %s", text);
    }
    assert_true(position.latitude_deg == 7 && position.longitude_deg == 8);
}

static void good_positions_have_their_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double latitude_deg;
        double longitude_deg;
    } cases[] = {
        {"+34.068930-118.445127", 34.068930, -118.445127},
        {"+12-118", 12, -118},
        {"+0.5-0.12", 0.5, -0.12},
        {"+0+0", 0, 0},
        {"-0-0", 0, 0},
        {"-00-000", 0, 0},
        {"+1-1", 1, -1},
        {"+01-01", 1, -1},
        {"+27.5916+086.5640", 27.5916, 86.5640},
        {"-33.8688+151.2093", -33.8688, 151.2093},
        /* P3: minutes, seconds, each number on its own. */
        {"+3404.1358-11826.7076", DMS(34, 4.1358, 0), -DMS(118, 26.7076, 0)},
        {"+340408.15-1182642.46", DMS(34, 4, 8.15), -DMS(118, 26, 42.46)},
        {"+3404-11826", DMS(34, 4, 0), -DMS(118, 26, 0)},
        {"+340408-1182642", DMS(34, 4, 8), -DMS(118, 26, 42)},
        {"-0030+00030", -0.5, 0.5},
        {"-000030+0000030", -30 / 3600.0, 30 / 3600.0},
        {"+3404.5-118", DMS(34, 4.5, 0), -118},
        {"+34-11826.5", 34, -DMS(118, 26.5, 0)},
        {"+340408-118.5", DMS(34, 4, 8), -118.5},
        {"+3404-1182642", DMS(34, 4, 0), -DMS(118, 26, 42)},
        {"+1-1182642.5", 1, -DMS(118, 26, 42.5)},
        /* P4 at its edges. */
        {"+90+180", 90, 180},
        {"-90-180", -90, -180},
        {"+90.0-180.000", 90, -180},
        {"+90.000000000000000000000000+180.000000000000000000000000", 90, 180},
        {"+9000+18000", 90, 180},
        {"+900000-1800000", 90, -180},
        {"+900000.00-1800000.00", 90, -180},
        {"+89.999999999999+179.999999999999", 89.999999999999, 179.999999999999},
        {"+8959.999+17959.999", DMS(89, 59.999, 0), DMS(179, 59.999, 0)},
        {"+895959.999-1795959.999", DMS(89, 59, 59.999), -DMS(179, 59, 59.999)},
        {"+0059.999+00059.999", DMS(0, 59.999, 0), DMS(0, 59.999, 0)},
        {"+0.000000000000000000001+0.1234567890123456789012345", 0, 0.1234567890123456789},
        {"+0.999999999999999999999-0.999999999999999999999", 1, -1},
        /* P5: the complete form. */
        {"+34-118/", 34, -118},
        {"+34.5-118.5+10/", 34.5, -118.5},
        {"+34.5-118.5-10.25/", 34.5, -118.5},
        {"+34-118+123456789012345678901234567890.5/", 34, -118},
        {"+27.5916+086.5640+8850CRSWGS_84/", 27.5916, 86.5640},
        {"+27.5916+086.5640CRSWGS_84/", 27.5916, 86.5640},
        {"+34-118CRSx/", 34, -118},
        {"+34-118CRSCRS/", 34, -118},
        {"+34-118CRS+1/", 34, -118},
        {"+34-118CRS\x01\xff\xc3\xa4/", 34, -118},
        {"+340408-1182642+10CRSepsg:4326/", DMS(34, 4, 8), -DMS(118, 26, 42)},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_taken(cases[i].text, cases[i].latitude_deg, cases[i].longitude_deg);
    }
}

static const char *const bad_positions[] = {
    /* P1, P2: form */
    "",
    "+",
    "-",
    "+34",
    "+34.5",
    "34-118",
    "+34118",
    "+34.068930118.445127",
    "34.0-118.0",
    "+34-",
    "+34+",
    "+-118",
    "++34-118",
    "+34--118",
    "+34-+118",
    "+34.-118",
    "+34-118.",
    "+.5-118",
    "+34-.5",
    "+34..5-118",
    "+34.5.5-118",
    "+34-118.5.5",
    "+34,5-118,5",
    " +34-118",
    "+34-118 ",
    "+34 -118",
    "+3a-118",
    "+34-1a8",
    "+34.1a-118",
    "+34-118.4a",
    "+34-118x",
    "+1e1-118",
    "+nan-118",
    "+inf-inf",
    "34N118W",
    "+34\xb0-118\xb0",
    "-118",
    "\xb1+34-118",
    /* P3: digits */
    "+123-118",
    "+12345-118",
    "+1234567-118",
    "+12345678-118",
    "+34-1234",
    "+34-123456",
    "+34-12345678",
    "+34-123456789",
    "+034-118",
    "+34-0118",
    "+00034-118",
    "+034.5-118.5",
    "+00000000000034-118",
    "+34-00000000000118",
    "+34.5-0118.5",
    /* P4: limits */
    "+91-118",
    "+99-118",
    "-91-118",
    "+90.000001-118",
    "+90.1+0",
    "-90.1+0",
    "+90.00000000000000000001+0",
    "-90.00000000000000000000000000000000000001+0",
    "+34-181",
    "+34+999",
    "+34+180.1",
    "+34-180.000001",
    "+0+180.00000000000000000000000001",
    "+9001-118",
    "+900001-118",
    "+9000.1-118",
    "+900000.1-118",
    "+900000.0000000000000000000001+0",
    "+9100-118",
    "+910000-118",
    "+34-18001",
    "+34-1800001",
    "+34-18000.1",
    "+34-1800000.1",
    "+34+18100",
    "+34+1810000",
    "+3460-118",
    "+3460.0-118",
    "+3499-118",
    "+34-11860",
    "+34-11899",
    "+346000-118",
    "+340060-118",
    "+340060.0-118",
    "+340099-118",
    "+34-1186000",
    "+34-1180060",
    "+34-1180099.5",
    "+8960+0",
    "+895960+0",
    "+0+17960",
    /* P5: what follows */
    "+34-118+10",
    "+34-118-10.5",
    "+34-118+10.5+11/",
    "+34-118+10+",
    "+34-118+/",
    "+34-118+10./",
    "+34-118+.5/",
    "+34-118//",
    "+34-118/ ",
    "+34-118/x",
    "+34-118+10/x",
    "+34-118+10//",
    "+34-118CRS/",
    "+34-118CRS",
    "+34-118CRSWGS_84",
    "+34-118+10CRSWGS_84",
    "+34-118+10CRS/",
    "+34-118CRSa/b/",
    "+34-118CRS//",
    "+34-118CRSa//",
    "+34-118CRSWGS_84/x",
    "+34-118C/",
    "+34-118CR/",
    "+34-118CRX1/",
    "+34-118crsx/",
    "+34-118CRSx+10/x",
    "/",
    "+34/",
    "+34-118.5x/",
    "/+34-118",
    "+34-118 /",
};

static void bad_positions_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad_positions); i++) {
        assert_refused(bad_positions[i]);
    }
}

/* P3: each count of digits from 1 to 8, on either axis, alone and with decimals. */
static void the_number_of_digits_tells_the_form(void **state)
{
    (void)state;
    static const bool latitude_counts[] = {[1] = true, [2] = true, [4] = true, [6] = true};
    static const bool longitude_counts[] = {
        [1] = true, [2] = true, [3] = true, [5] = true, [7] = true};
    static const char *const decimals[] = {"", ".0", ".5", ".123456789012345678901234567890"};
    for (unsigned count = 1; count <= 8; count++) {
        for (size_t i = 0; i < ARRAY_COUNT(decimals); i++) {
            char text[64];
            iso6709_position_t position;
            snprintf(text, sizeof text, "+%.*s%s-1", (int)count, "01010101", decimals[i]);
            bool good = count < ARRAY_COUNT(latitude_counts) && latitude_counts[count];
            assert_int_equal(parse(text_of(text), &position), good);
            snprintf(text, sizeof text, "-1+%.*s%s", (int)count, "01010101", decimals[i]);
            good = count < ARRAY_COUNT(longitude_counts) && longitude_counts[count];
            assert_int_equal(parse(text_of(text), &position), good);
        }
    }
}

/* Every whole degree, and every minute and second of one of them. */
static void ranges_are_those_of_the_protocol(void **state)
{
    (void)state;
    char text[64];
    for (unsigned degrees = 0; degrees <= 999; degrees++) {
        iso6709_position_t position;
        snprintf(text, sizeof text, "+1-%u", degrees);
        assert_int_equal(parse(text_of(text), &position), degrees <= 180);
        if (degrees < 100) {
            snprintf(text, sizeof text, "-%u+1", degrees);
            assert_int_equal(parse(text_of(text), &position), degrees <= 90);
        }
    }
    for (unsigned unit = 0; unit <= 99; unit++) {
        static const char *const forms[] = {"+12%02u-118",     "+12-118%02u",    "+12%02u30-118",
                                            "+12-118%02u30",   "+1230%02u-118",  "+12-11830%02u",
                                            "+12%02u.999-118", "+12-118%02u.999"};
        const double latitudes[] = {DMS(12, unit, 0),    12, DMS(12, unit, 30),        12,
                                    DMS(12, 30.0, unit), 12, DMS(12, unit + 0.999, 0), 12};
        for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
            iso6709_position_t position;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(text, sizeof text, forms[i], unit);
#pragma GCC diagnostic pop
            assert_int_equal(parse(text_of(text), &position), unit < 60);
            assert_true(unit >= 60 || fabs(position.latitude_deg - latitudes[i]) <= 1e-12);
        }
    }
}

/* Millionths of a degree over both axes, against what the numbers say. */
static void degrees_are_exact_to_a_trillionth(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= 90000000; i += 89989) {
        char text[64];
        unsigned east = 2 * i;
        snprintf(text, sizeof text, "-%02u.%06u+%03u.%06u", i / 1000000, i % 1000000,
                 east / 1000000, east % 1000000);
        assert_taken(text, -(double)i / 1e6, (double)east / 1e6);
    }
}

static void a_zero_byte_is_no_part_of_a_number(void **state)
{
    (void)state;
    iso6709_position_t position;
    assert_false(parse(TEXT("+34-118\0"), &position));
    assert_false(parse(TEXT("+34\0-118"), &position));
    assert_false(parse(TEXT("\0+34-118"), &position));
    assert_false(parse(TEXT("+34-118\0/"), &position));
    assert_true(parse(TEXT("+34-118CRS\0/"), &position));
    assert_false(parse((text_t){0}, &position));
}

/* Each prefix of a complete position, from a block that ends where the prefix does. */
static void only_the_bytes_of_the_text_are_read(void **state)
{
    (void)state;
    const text_t whole = TEXT("+27.5916+086.5640+8850.5CRSWGS_84/");
    for (size_t size = 1; size <= whole.size; size++) {
        char *block = malloc(size);
        assert_non_null(block);
        memcpy(block, whole.data, size);
        iso6709_position_t position;
        bool without_tail = size >= sizeof "+27.5916+0" - 1 &&
                            size <= sizeof "+27.5916+086.5640" - 1 &&
                            size != sizeof "+27.5916+086." - 1;
        assert_int_equal(parse((text_t){.data = block, .size = size}, &position),
                         without_tail || size == whole.size);
        free(block);
    }
}

static void very_long_positions_are_read(void **state)
{
    (void)state;
    enum { SIZE = 65536 };
    char *digits = memory_new(SIZE);
    iso6709_position_t position;
    text_t text = {.data = digits, .size = SIZE};
    memset(digits, '0', SIZE);
    text_copy(TEXT("+90-180."), digits);
    assert_true(parse(text, &position));
    digits[SIZE - 1] = '1';
    assert_false(parse(text, &position));
    digits[SIZE - 1] = '0';
    text_copy(TEXT("+90-1800"), digits);
    assert_false(parse(text, &position));
    free(digits);
}

/* Each byte at each index of a usual position, and each beginning of it. */
static void any_byte_anywhere_is_valid_or_not(void **state)
{
    (void)state;
    static const char *const texts[] = {"+34.068930-118.445127", "-89.9+179.99999999999",
                                        "+90.0-180.00000", "+9.1+17.2"};
    iso6709_position_t position;
    unsigned taken = 0;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        for (size_t at = 0; at <= strlen(texts[i]); at++) {
            (void)parse((text_t){.data = texts[i], .size = at}, &position);
            for (unsigned byte = 0; byte < 256; byte++) {
                char text[32] = "";
                text_copy(text_of(texts[i]), text);
                text[at] = (char)byte;
                size_t size = strlen(texts[i]) + (text[strlen(texts[i])] != '\0' ? 1 : 0);
                taken += parse((text_t){.data = text, .size = size}, &position);
            }
        }
    }
    assert_in_range(taken, 400, 600); /* of some 18,000 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_byte_anywhere_is_valid_or_not),
        cmocka_unit_test(good_positions_have_their_value),
        cmocka_unit_test(bad_positions_are_refused),
        cmocka_unit_test(the_number_of_digits_tells_the_form),
        cmocka_unit_test(ranges_are_those_of_the_protocol),
        cmocka_unit_test(degrees_are_exact_to_a_trillionth),
        cmocka_unit_test(a_zero_byte_is_no_part_of_a_number),
        cmocka_unit_test(only_the_bytes_of_the_text_are_read),
        cmocka_unit_test(very_long_positions_are_read),
    };
    return cmocka_run_group_tests_name("iso6709", tests, NULL, NULL);
}
