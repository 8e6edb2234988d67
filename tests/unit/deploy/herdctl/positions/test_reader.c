/* Objects and rows as updates (deploy/herdctl/positions/reader.h): good ones and their bad
 * neighbours. */
#include "tests/support/cmocka_herd.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "deploy/herdctl/positions/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
    *state = positions_reader_new();
    return 0;
}

static int tear_down(void **state)
{
    positions_reader_t *reader = *state;
    positions_reader_destroy(&reader);
    positions_reader_destroy(&reader);
    return 0;
}

static void expect_update(const positions_update_t *update, const char *client,
                          const char *position, const char *time)
{
    assert_true(text_equal(update->client, text_of(client)));
    assert_true(text_equal(update->position, text_of(position)));
    assert_true(text_equal(update->client_time, text_of(time)));
}

static void expect_object(positions_reader_t *reader, const char *object, const char *client,
                          const char *position, const char *time)
{
    positions_update_t update;
    if (positions_reader_take_object(reader, text_of(object), &update) != STATUS_OK) {
        fail_msg("%s: %s", object, positions_reader_problem(reader));
    }
    expect_update(&update, client, position, time);
}

static void expect_bad_object(positions_reader_t *reader, const char *object, const char *problem)
{
    positions_update_t update;
    assert_int_equal(positions_reader_take_object(reader, text_of(object), &update),
                     STATUS_INVALID);
    if (strstr(positions_reader_problem(reader), problem) == NULL) {
        fail_msg("%s: %s", object, positions_reader_problem(reader));
    }
}

static void objects(void **state)
{
    positions_reader_t *reader = *state;
    expect_object(reader, "{\"client\":\"kiwi\",\"position\":\"+34.06-118.44\",\"time\":\"1.5\"}",
                  "kiwi", "+34.06-118.44", "1.5");
    expect_object(reader, "{\"time\":7,\"lat\":34.5,\"lon\":-118,\"client\":\"a\",\"x\":[{}]}", "a",
                  "+34.5-118", "7");
    expect_object(reader,
                  "{\"time\":\"07.50\",\"latitude\":\"07.50\",\"longitude\":\"+8\","
                  "\"client\":\"a\",\"position\":\"\"}",
                  "a", "+07.50+8", "07.50");
    expect_object(reader, "{\"client\":\"a\",\"time\":1621464827.25,\"lat\":0,\"lon\":-0.0}", "a",
                  "+0-0", "1621464827.250000");
    expect_object(reader, "{\"client\":\"a\",\"time\":0,\"lat\":1e-7,\"lon\":1.8e2}", "a",
                  "+0.000000100000000+180", "0");
    expect_object(reader, "{\"client\":\"\\\\xff\\\\x5cx\\u00eb\",\"time\":0,\"lat\":1,\"lon\":2}",
                  "\xff\\x\xc3\xab", "+1+2", "0");
    /* The position counts where there is one. */
    expect_object(reader, "{\"client\":\"a\",\"time\":0,\"lat\":99,\"position\":\"+1+2\"}", "a",
                  "+1+2", "0");
}

static void bad_objects(void **state)
{
    positions_reader_t *reader = *state;
    expect_bad_object(reader, "", "malformed JSON");
    expect_bad_object(reader, "{\"client\":\"a\",", "malformed JSON");
    expect_bad_object(reader, "{\"client\":\"\xff\"}", "malformed JSON");
    expect_bad_object(reader, "[1]", "no object");
    expect_bad_object(reader, "{}", "no \"client\"");
    expect_bad_object(reader, "{\"client\":3,\"time\":{}}", "no \"time\"");
    expect_bad_object(reader, "{\"client\":null,\"time\":1}", "no \"client\"");
    expect_bad_object(reader, "{\"client\":\"\",\"time\":1,\"lat\":1,\"lon\":2}", "no ID");
    expect_bad_object(reader, "{\"client\":\"a b\",\"time\":1,\"lat\":1,\"lon\":2}", "no ID");
    expect_bad_object(reader, "{\"client\":\"a\\nb\",\"time\":1,\"lat\":1,\"lon\":2}", "no ID");
    expect_bad_object(reader, "{\"client\":\"a\\\\x0a\",\"time\":1,\"lat\":1,\"lon\":2}", "no ID");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":-1,\"lat\":1,\"lon\":2}", "no time");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":1e30,\"lat\":1,\"lon\":2}", "no time");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":\"\",\"lat\":1,\"lon\":2}", "no time");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":\"1 2\",\"lat\":1,\"lon\":2}", "no time");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":1}", "no latitude");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":1,\"lat\":90.5,\"lon\":2}",
                      "no latitude: \"90.5\"");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":1,\"lat\":1}", "no longitude");
    /* As ISO 6709 that would be 180 degrees. */
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":1,\"lat\":1,\"lon\":18000}",
                      "no longitude");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":1,\"lat\":\"nan\",\"lon\":1}",
                      "no latitude");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":1,\"lat\":\"0x1\",\"lon\":1}",
                      "no latitude");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":1,\"lat\":\"1-\",\"lon\":1}",
                      "no latitude");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":1,\"position\":\"1,2\"}",
                      "no position: \"1,2\"");
    expect_bad_object(reader, "{\"client\":\"a\",\"time\":1,\"position\":\"+1+2CRSa b/\"}",
                      "no position");
}

static void features(void **state)
{
    positions_reader_t *reader = *state;
    expect_object(reader,
                  "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\","
                  "\"coordinates\":[-118.5,34.25,7]},"
                  "\"properties\":{\"client\":\"a\",\"time\":\"1\"}}",
                  "a", "+34.25-118.5", "1");
    expect_object(reader,
                  "{\"geometry\":null,"
                  "\"properties\":{\"client\":\"a\",\"time\":\"1\",\"position\":\"+1+2\"}}",
                  "a", "+1+2", "1");
    expect_bad_object(reader,
                      "{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[1,2]},"
                      "\"properties\":{\"client\":\"a\",\"time\":\"1\"}}",
                      "no latitude");
    expect_bad_object(reader,
                      "{\"geometry\":{\"type\":\"Point\",\"coordinates\":[181,2]},"
                      "\"properties\":{\"client\":\"a\",\"time\":\"1\"}}",
                      "no longitude");
    expect_bad_object(reader,
                      "{\"geometry\":{\"type\":\"Point\",\"coordinates\":7},"
                      "\"properties\":[]}",
                      "no \"client\"");
}

static void expect_row(positions_reader_t *reader, const char *row, const char *client,
                       const char *position, const char *time)
{
    positions_update_t update;
    if (positions_reader_take_row(reader, text_of(row), &update) != STATUS_OK) {
        fail_msg("%s: %s", row, positions_reader_problem(reader));
    }
    expect_update(&update, client, position, time);
}

static void expect_bad_row(positions_reader_t *reader, const char *row, const char *problem)
{
    positions_update_t update;
    assert_int_equal(positions_reader_take_row(reader, text_of(row), &update), STATUS_INVALID);
    if (strstr(positions_reader_problem(reader), problem) == NULL) {
        fail_msg("%s: %s", row, positions_reader_problem(reader));
    }
}

static void rows(void **state)
{
    positions_reader_t *reader = *state;
    assert_int_equal(
        positions_reader_take_header(reader, TEXT("x,client,\"time\",lat,lon,position,time")),
        STATUS_OK);
    expect_row(reader, ",a,1.5,34.50,-118,,9", "a", "+34.50-118", "1.5");
    expect_row(reader, "\"a\nb\",\"a,\"\"b\",1,,,+1+2,", "a,\"b", "+1+2", "1");
    expect_row(reader, "1,\\xff\\,1,,,+1+2,", "\xff\\", "+1+2", "1");
    expect_bad_row(reader, "", "1 fields; the header has 7");
    expect_bad_row(reader, ",a,1,1,2,", "6 fields");
    expect_bad_row(reader, ",a,1,1,2,,,", "8 fields");
    expect_bad_row(reader, ",a\"b,1,1,2,,", "quotation mark");
    expect_bad_row(reader, ",\"a,1,1,2,,", "quotation mark");
    expect_bad_row(reader, ",\"a\"b,1,1,2,,", "quotation mark");
    expect_bad_row(reader, ",,1,1,2,,", "no ID");
    expect_bad_row(reader, ",a,1,,2,,", "no latitude");
}

static void headers(void **state)
{
    positions_reader_t *reader = *state;
    static const char *const bad[] = {
        "",
        "client",
        "client,time",
        "client,time,lat",
        "client,time,lon",
        "time,position",
        "client,position",
        "Client,time,position",
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_int_equal(positions_reader_take_header(reader, text_of(bad[i])), STATUS_INVALID);
        assert_non_null(strstr(positions_reader_problem(reader), "a header with"));
    }
    assert_int_equal(positions_reader_take_header(reader, TEXT("cl\"ient")), STATUS_INVALID);
    assert_int_equal(positions_reader_take_header(reader, TEXT("client,time,position")), STATUS_OK);
    enum { MANY = 300 };
    char many[MANY + 1];
    memset(many, ',', MANY);
    many[MANY] = '\0';
    assert_int_equal(positions_reader_take_header(reader, text_of(many)), STATUS_INVALID);
    assert_string_equal(positions_reader_problem(reader), "too many columns");
}

/* An ID of `size` bytes that all need an escape. */
static status_t take_long(positions_reader_t *reader, size_t size, positions_update_t *ret_update)
{
    char *row = memory_new(TEXT_ESCAPED_SIZE * size + 1);
    for (size_t i = 0; i < size; i++) {
        memcpy(row + TEXT_ESCAPED_SIZE * i, "\\xff", TEXT_ESCAPED_SIZE);
    }
    buffer_t line;
    buffer_init(&line, SIZE_MAX / 2);
    assert_int_equal(buffer_format(&line, "%s,+1+2,7", row), STATUS_OK);
    status_t status = positions_reader_take_row(reader, buffer_text(&line), ret_update);
    buffer_done(&line);
    free(row);
    return status;
}

static void the_longest_line(void **state)
{
    positions_reader_t *reader = *state;
    positions_update_t update;
    size_t longest = LIMIT_LINE_SIZE - 1 - strlen("IAMAT  +1+2 7");
    assert_int_equal(positions_reader_take_header(reader, TEXT("client,position,time")), STATUS_OK);
    assert_int_equal(take_long(reader, longest, &update), STATUS_OK);
    assert_int_equal(update.client.size, longest);
    assert_int_equal(take_long(reader, longest + 1, &update), STATUS_INVALID);
    assert_int_equal(take_long(reader, 10 * longest, &update), STATUS_INVALID);
    assert_string_equal(positions_reader_problem(reader), "longer than a client's line may be");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(objects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_objects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(features, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_longest_line, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("positions_reader", tests, NULL, NULL);
}
