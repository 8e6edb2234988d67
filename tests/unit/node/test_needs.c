/* What a node needs, and what it keeps (node/needs.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "node/needs.h"

#include <limits.h>

enum { TEXT_SIZE = 160 };

static size_t files(size_t neighbours, config_places_t places, size_t concurrent, char *out)
{
    const config_t config = {.places = places, .provider.max_concurrent = concurrent};
    const config_member_t member = {.neighbour_count = neighbours};
    return needs_files(&config, &member, out, TEXT_SIZE);
}

static void each_neighbour_and_request_counts(void **state)
{
    (void)state;
    char text[TEXT_SIZE];
    assert_int_equal(files(0, CONFIG_PLACES_NONE, 8, text), LIMIT_FILES_MIN);
    assert_int_equal(files(0, CONFIG_PLACES_LOCAL, 8, text), LIMIT_FILES_MIN);
    assert_int_equal(files(18, CONFIG_PLACES_NONE, 8, text), 154);
    assert_string_equal(text, "64, and 5 for each of 18 neighbours");
    assert_int_equal(files(2, CONFIG_PLACES_OVERPASS, 8, text), 64 + 10 + 16);
    assert_string_equal(
        text, "64, and 5 for each of 2 neighbours, and 2 for each of 8 requests for places");
    const config_t config = {.places = CONFIG_PLACES_GOOGLE, .provider.max_concurrent = 8};
    const config_member_t member = {.neighbour_count = 1};
    for (size_t size = 0; size < TEXT_SIZE; size++) {
        memset(text, 'x', sizeof text);
        assert_int_equal(needs_files(&config, &member, text, size), 64 + 5 + 16);
        assert_true(size == 0 || memchr(text, '\0', size) != NULL);
        assert_true(size == TEXT_SIZE || text[size] == 'x');
    }
}

static void a_front_end_in_the_same_process_counts(void **state)
{
    (void)state;
    char text[TEXT_SIZE];
    const config_t config = {.places = CONFIG_PLACES_NONE};
    const config_member_t member = {.neighbour_count = 3};
    assert_int_equal(needs_files_in_one(&config, &member, text, sizeof text), 64 + 32 + 15);
    assert_string_equal(text, "64, 32 for the front-end, and 5 for each of 3 neighbours");
    assert_int_equal(needs_reckon(&config, &member, true, text, sizeof text), 64 + 32 + 15);
    assert_int_equal(needs_reckon(&config, &member, false, text, sizeof text), 64 + 15);
}

static void a_quarter_is_kept_or_what_there_is(void **state)
{
    (void)state;
    assert_int_equal(needs_ceiling(64, 64), 48);
    assert_int_equal(needs_ceiling(154, 154), 138);
    assert_int_equal(needs_ceiling(160, 154), 138);
    assert_int_equal(needs_ceiling(256, 154), 192);
    assert_int_equal(needs_ceiling(65536, 154), 49152);
    assert_int_equal(needs_ceiling(UINT64_MAX, 64), INT_MAX);
    /* Fewer than are needed, which only a test allows. */
    assert_int_equal(needs_ceiling(40, 64), 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_neighbour_and_request_counts),
        cmocka_unit_test(a_front_end_in_the_same_process_counts),
        cmocka_unit_test(a_quarter_is_kept_or_what_there_is),
    };
    return cmocka_run_group_tests_name("needs", tests, NULL, NULL);
}
