/* JSON text, found and laid out anew byte for byte (common/json/json_read.h, json_print.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/json/json_read.h"
#include "node/places/json_print.h"

#include <stdlib.h>

enum { ROOM = 4096 };

static void assert_printed(const char *json, const char *expected)
{
    buffer_t buffer;
    buffer_init(&buffer, ROOM);
    text_t value;
    assert_int_equal(json_read_check(text_of(json), ROOM, &value), STATUS_OK);
    json_print_t printer = json_print_begin(&buffer);
    json_print_value(&printer, value);
    assert_int_equal(json_print_end(&printer), STATUS_OK);
    assert_text_equal(buffer_text(&buffer), expected);
    buffer_done(&buffer);
}

static void values_are_laid_out_and_left_alone(void **state)
{
    (void)state;
    assert_printed("{}", "{}");
    assert_printed(" [ ] ", "[]");
    assert_printed("[[],{},[ [] ]]", "[\n   [],\n   {},\n   [\n      []\n   ]\n]");
    assert_printed("[34.0689, -0.0, 1E5,1e-05 ,0.10000000000000000001,9007199254740993]",
                   "[\n   34.0689,\n   -0.0,\n   1E5,\n   1e-05,\n   0.10000000000000000001,\n"
                   "   9007199254740993\n]");
    assert_printed("{\"z\":true,\n\n\"a\" :null,\"\\u0041\\n{,:\\\"\\\\\":\"\\/\xc3\xa9,]\"}",
                   "{\n   \"z\" : true,\n   \"a\" : null,\n"
                   "   \"\\u0041\\n{,:\\\"\\\\\" : \"\\/\xc3\xa9,]\"\n}");
}

static void what_does_not_fit_says_so(void **state)
{
    (void)state;
    buffer_t buffer;
    buffer_init(&buffer, 8);
    json_print_t printer = json_print_begin(&buffer);
    json_print_value(&printer, TEXT("[1234567]"));
    assert_int_equal(json_print_end(&printer), STATUS_FULL);
    buffer_done(&buffer);
}

static void members_and_elements_are_found(void **state)
{
    (void)state;
    text_t object = TEXT(" { \"a\" : {\"b\":[1,{\"c\":2},\"]\"]}, \"d\":-1.50 }");
    text_t value;
    object = text_after(object, 1);
    assert_true(json_read_find(object, TEXT("d"), &value));
    assert_text_equal(value, "-1.50");
    assert_false(json_read_find(object, TEXT("b"), &value));
    assert_false(json_read_find(value, TEXT("b"), &value));
    assert_true(json_read_find_in(object, TEXT("a"), TEXT("b"), &value));
    text_t rest = json_read_inside(value);
    static const char *const elements[] = {"1", "{\"c\":2}", "\"]\""};
    for (size_t i = 0; i < ARRAY_COUNT(elements); i++) {
        assert_true(json_read_element(&rest, &value));
        assert_text_equal(value, elements[i]);
    }
    assert_false(json_read_element(&rest, &value));
    assert_text_equal(json_read_string(TEXT("\"a\\\"b\"")), "a\\\"b");
    assert_int_equal(json_read_string(TEXT("12")).size, 0);
    assert_int_equal(json_read_inside(TEXT("12")).size, 0);
}

static void numbers_have_values(void **state)
{
    (void)state;
    double number = 0;
    assert_true(json_read_double(TEXT("-118.4451270"), &number));
    assert_true(number == -118.445127);
    assert_false(json_read_double(TEXT("\"1\""), &number));
    assert_false(json_read_double(TEXT("true"), &number));
    assert_false(json_read_double(TEXT(""), &number));
    assert_false(json_read_double(TEXT("1x"), &number));
    char digits[JSON_READ_NUMBER_SIZE + 1];
    memset(digits, '1', sizeof digits);
    assert_true(json_read_double((text_t){.data = digits, .size = sizeof digits - 1}, &number));
    assert_false(json_read_double((text_t){.data = digits, .size = sizeof digits}, &number));
}

static void what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "1",
                                        "\"x\"",
                                        "null",
                                        "{",
                                        "{\"a\":1",
                                        "[1,]",
                                        "{\"a\":1,}",
                                        "[1] x",
                                        "[1][2]",
                                        "[\"a]",
                                        "[\"a\\\"]",
                                        "[nul]",
                                        "[01]",
                                        "[1.]",
                                        "[+1]",
                                        "[NaN]",
                                        "[1e999]",
                                        "[\"\xff\"]",
                                        "[\"\xc3\"]",
                                        "[\"\\ud800\"]",
                                        "{\"a\":1,\"a\":2}",
                                        "[\"\n\"]",
                                        "[123456789012345678901234567890]",
                                        "<html>",
                                        "{'a':1}"};
    text_t value;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        assert_int_equal(json_read_check(text_of(texts[i]), ROOM, &value), STATUS_INVALID);
    }
    assert_int_equal(json_read_check(TEXT(" [1]\n"), 5, &value), STATUS_OK);
    assert_int_equal(json_read_check(TEXT("[1]"), 2, &value), STATUS_TOO_LONG);
    assert_text_equal(value, "[1]");
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char text[2 * (LIMIT_JSON_DEPTH + 1)];
    memset(text, '[', LIMIT_JSON_DEPTH);
    memset(text + LIMIT_JSON_DEPTH, ']', LIMIT_JSON_DEPTH);
    text_t value;
    text_t json = {.data = text, .size = (size_t)2 * LIMIT_JSON_DEPTH};
    assert_int_equal(json_read_check(json, ROOM, &value), STATUS_OK);
    memset(text, '[', LIMIT_JSON_DEPTH + 1);
    memset(text + LIMIT_JSON_DEPTH + 1, ']', LIMIT_JSON_DEPTH + 1);
    json.size = sizeof text;
    assert_int_equal(json_read_check(json, ROOM, &value), STATUS_OUT_OF_RANGE);
    enum { HUGE_SIZE = 1 << 20 };
    char *brackets = memory_new(HUGE_SIZE);
    memset(brackets, '[', HUGE_SIZE);
    json = (text_t){.data = brackets, .size = HUGE_SIZE};
    assert_int_equal(json_read_check(json, HUGE_SIZE, &value), STATUS_OUT_OF_RANGE);
    free(brackets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_laid_out_and_left_alone),
        cmocka_unit_test(what_does_not_fit_says_so),
        cmocka_unit_test(members_and_elements_are_found),
        cmocka_unit_test(numbers_have_values),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
