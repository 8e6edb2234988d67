/* The known word nearest to an unknown one (common/base/spelling.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/spelling.h"

static void a_distance_counts_changes_of_a_byte(void **state)
{
    (void)state;
    const struct {
        const char *one;
        const char *other;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"traffic", "traffic", 0},
        {"Traffic", "tRAFFIC", 0},
        {"", "abc", 3},
        {"trafic", "traffic", 1},
        {"trraffic", "traffic", 1},
        {"traffix", "traffic", 1},
        {"rtaffic", "traffic", 2},
        {"kitten", "sitting", 3},
        {"abc", "xyz", 3},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        text_t one = text_of(cases[i].one);
        text_t other = text_of(cases[i].other);
        assert_int_equal(spelling_distance(one, other), cases[i].distance);
        assert_int_equal(spelling_distance(other, one), cases[i].distance);
    }
}

static void a_long_word_is_like_no_other(void **state)
{
    (void)state;
    char word[SPELLING_SIZE + 1];
    memset(word, 'a', sizeof word);
    text_t longest = {.data = word, .size = SPELLING_SIZE};
    text_t longer = {.data = word, .size = SPELLING_SIZE + 1};
    assert_int_equal(spelling_distance(longest, longest), 0);
    assert_true(spelling_distance(longer, longest) == SIZE_MAX);
    assert_true(spelling_distance(longest, longer) == SIZE_MAX);
    assert_true(spelling_distance(longer, longer) == SIZE_MAX);
}

static void the_nearest_word_wins(void **state)
{
    (void)state;
    spelling_t spelling = {.word = TEXT("trafic")};
    spelling_consider(&spelling, "requests");
    assert_null(spelling.nearest);
    spelling_consider(&spelling, "tropic"); /* 2 of 6 bytes */
    assert_string_equal(spelling.nearest, "tropic");
    spelling_consider(&spelling, "traffic");
    assert_string_equal(spelling.nearest, "traffic");
    spelling_consider(&spelling, "frafic"); /* as near: the first stays */
    assert_string_equal(spelling.nearest, "traffic");
}

/* At most a third of the known word, rounded up. */
static void a_word_may_differ_in_a_third(void **state)
{
    (void)state;
    const struct {
        const char *word;
        const char *known;
        bool near;
    } cases[] = {
        {"x", "a", true},     {"xy", "a", false},     {"axy", "abc", false},
        {"abx", "abc", true}, {"xxcd", "abcd", true}, {"xxxd", "abcd", false},
        {"", "a", true},      {"", "abc", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        spelling_t spelling = {.word = text_of(cases[i].word)};
        spelling_consider(&spelling, cases[i].known);
        assert_true((spelling.nearest != NULL) == cases[i].near);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_distance_counts_changes_of_a_byte),
        cmocka_unit_test(a_long_word_is_like_no_other),
        cmocka_unit_test(the_nearest_word_wins),
        cmocka_unit_test(a_word_may_differ_in_a_third),
    };
    return cmocka_run_group_tests_name("spelling", tests, NULL, NULL);
}
