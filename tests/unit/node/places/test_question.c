/* The text of a request, piece by piece (node/places/question.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "node/places/question.h"

static void degrees_are_short(void **state)
{
    (void)state;
    static const struct {
        double degrees;
        const char *text;
    } cases[] = {{0, "0.0"},
                 {-0.5, "-0.5"},
                 {180, "180.0"},
                 {34.06893, "34.06893"},
                 {-118.4451270123, "-118.445127"},
                 {1e-9, "0.0"},
                 {89.99999999, "90.0"}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        buffer_t out;
        buffer_init(&out, 64);
        sheet_t sheet = sheet_begin(&out);
        places_question_put_degrees(&sheet, cases[i].degrees);
        assert_int_equal(sheet_end(&sheet), STATUS_OK);
        assert_text_equal(buffer_text(&out), cases[i].text);
        buffer_done(&out);
    }
}

static void other_bytes_are_percent_encoded(void **state)
{
    (void)state;
    buffer_t out;
    buffer_init(&out, 64);
    sheet_t sheet = sheet_begin(&out);
    places_question_put_percent(&sheet, TEXT(""));
    places_question_put_percent(&sheet, TEXT("aZ09-._~"));
    places_question_put_percent(&sheet, TEXT(" %&+/\0\xff"));
    assert_int_equal(sheet_end(&sheet), STATUS_OK);
    assert_text_equal(buffer_text(&out), "aZ09-._~%20%25%26%2B%2F%00%FF");
    buffer_done(&out);
}

static void fill(sheet_t *sheet, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        sheet_put_byte(sheet, 'x');
    }
}

static void each_text_has_a_longest_size(void **state)
{
    (void)state;
    for (size_t which = 0; which < 3; which++) {
        for (size_t more = 0; more < 2; more++) {
            places_question_t question;
            places_question_init(&question);
            sheet_t *const sheets[] = {&question.url, &question.headers, &question.body};
            size_t zero = which == 0 ? 1 : 0; /* behind the URL */
            fill(sheets[which], LIMIT_PLACES_QUESTION_SIZE - zero + more);
            assert_int_equal(places_question_end(&question), more > 0 ? STATUS_FULL : STATUS_OK);
            places_question_done(&question);
        }
    }
}

static void an_ended_question_has_its_three_texts(void **state)
{
    (void)state;
    places_question_t question;
    places_question_init(&question);
    sheet_put(&question.url, TEXT("https://example.org"));
    sheet_put(&question.headers, TEXT("X-One: 1\n"));
    assert_int_equal(places_question_end(&question), STATUS_OK);
    assert_string_equal(places_question_url(&question), "https://example.org");
    assert_text_equal(places_question_headers(&question), "X-One: 1\n");
    assert_int_equal(places_question_body(&question).size, 0);
    places_question_done(&question);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(degrees_are_short),
        cmocka_unit_test(other_bytes_are_percent_encoded),
        cmocka_unit_test(each_text_has_a_longest_size),
        cmocka_unit_test(an_ended_question_has_its_three_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
