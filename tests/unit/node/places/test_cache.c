/* Answers that are kept for a while (node/places/cache.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "node/places/cache.h"

#include <stdlib.h>

enum { LIFETIME = 100 };

static const places_spot_t spot = {
    .latitude_e4 = 340689, .longitude_e4 = -1184451, .radius_km = 10, .result_count = 5};

static void answers_are_kept_for_their_time(void **state)
{
    (void)state;
    places_cache_t *answers = places_cache_new(LIFETIME);
    text_t text;
    assert_false(places_cache_get(answers, &spot, 1, &text));
    places_cache_put(answers, &spot, TEXT("one"), 1);
    places_spot_t other = spot;
    other.radius_km++;
    assert_false(places_cache_get(answers, &other, 1, &text));
    assert_true(places_cache_get(answers, &spot, LIFETIME, &text));
    assert_text_equal(text, "one");
    places_cache_put(answers, &spot, TEXT("two"), 50);
    assert_true(places_cache_get(answers, &spot, 49 + LIFETIME, &text));
    assert_text_equal(text, "two");
    assert_int_equal(places_cache_size(answers), 3);
    assert_false(places_cache_get(answers, &spot, 50 + LIFETIME, &text));
    assert_int_equal(places_cache_size(answers), 0);
    places_cache_destroy(&answers);
    assert_null(answers);
    places_cache_destroy(&answers);
}

static void large_answers_are_not_kept(void **state)
{
    (void)state;
    places_cache_t *answers = places_cache_new(LIFETIME);
    text_t text;
    char *data = memory_new(LIMIT_KEPT_ANSWER_SIZE + 1);
    places_cache_put(answers, &spot, (text_t){.data = data, .size = LIMIT_KEPT_ANSWER_SIZE + 1}, 1);
    assert_false(places_cache_get(answers, &spot, 1, &text));
    places_cache_put(answers, &spot, (text_t){.data = data, .size = LIMIT_KEPT_ANSWER_SIZE}, 1);
    assert_true(places_cache_get(answers, &spot, 1, &text));
    free(data);
    places_cache_destroy(&answers);
}

/* Far more than there is room for: the newest is always there, and the memory is bounded. */
static void old_answers_make_room(void **state)
{
    (void)state;
    enum { MANY = 10 * LIMIT_KEPT_ANSWERS };
    places_cache_t *answers = places_cache_new(INT32_MAX);
    text_t text;
    for (int32_t i = 0; i < MANY; i++) {
        places_spot_t each = {.latitude_e4 = i};
        places_cache_put(answers, &each, (text_t){.data = (const char *)&i, .size = sizeof i},
                         i + 1);
        assert_true(places_cache_get(answers, &each, i + 1, &text));
        assert_memory_equal(text.data, &i, sizeof i);
    }
    assert_int_equal(places_cache_size(answers), LIMIT_KEPT_ANSWERS * sizeof(int32_t));
    places_cache_destroy(&answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_kept_for_their_time),
        cmocka_unit_test(large_answers_are_not_kept),
        cmocka_unit_test(old_answers_make_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
