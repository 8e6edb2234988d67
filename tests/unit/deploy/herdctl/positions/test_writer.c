/* Records as jsonl, CSV and GeoJSON (deploy/herdctl/positions/writer.h). */
#include "tests/support/cmocka_herd.h"

#include "deploy/herdctl/positions/writer.h"

#include <stdio.h>

static record_t record_of(text_t client, const char *position, const char *time, int64_t time_ns)
{
    return (record_t){.client = client,
                      .position = text_of(position),
                      .client_time = text_of(time),
                      .origin = TEXT("Clark"),
                      .client_time_ns = time_ns,
                      .receipt_time_ns = time_ns + 263873386,
                      .order_time_ns = time_ns};
}

static void expect(positions_format_t format, const record_t *records, size_t count,
                   const char *expected)
{
    buffer_t out;
    buffer_init(&out, (size_t)3 * POSITIONS_WRITER_SIZE);
    positions_writer_t writer = positions_writer_begin(format, &out);
    for (size_t i = 0; i < count; i++) {
        positions_writer_add(&writer, &records[i], &out);
    }
    positions_writer_end(&writer, &out);
    assert_int_equal(writer.count, count);
    assert_int_equal(buffer_append(&out, "", 1), STATUS_OK);
    assert_string_equal(out.data, expected);
    buffer_done(&out);
}

#define KIWI_TIME    "1621464827.959498503"
#define KIWI_TIME_NS INT64_C(1621464827959498503)

static record_t kiwi(void)
{
    return record_of(TEXT("kiwi"), "+34.068930-118.445127", KIWI_TIME, KIWI_TIME_NS);
}

static void a_record_in_each_format(void **state)
{
    (void)state;
    record_t record = kiwi();
    expect(POSITIONS_JSONL, &record, 1,
           "{\"client\":\"kiwi\",\"latitude\":34.068930,\"longitude\":-118.445127,"
           "\"position\":\"+34.068930-118.445127\",\"time\":\"1621464827.959498503\","
           "\"utc\":\"2021-05-19T22:53:47.959Z\",\"server\":\"Clark\","
           "\"difference\":\"+0.263873386\"}\n");
    expect(POSITIONS_CSV, &record, 1,
           "client,latitude,longitude,position,time,utc,server,difference\r\n"
           "kiwi,34.068930,-118.445127,+34.068930-118.445127,1621464827.959498503,"
           "2021-05-19T22:53:47.959Z,Clark,+0.263873386\r\n");
    expect(POSITIONS_GEOJSON, &record, 1,
           "{\"type\":\"FeatureCollection\",\"features\":[\n"
           "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\","
           "\"coordinates\":[-118.445127,34.068930]},\"properties\":{\"client\":\"kiwi\","
           "\"position\":\"+34.068930-118.445127\",\"time\":\"1621464827.959498503\","
           "\"utc\":\"2021-05-19T22:53:47.959Z\",\"server\":\"Clark\","
           "\"difference\":\"+0.263873386\"}}\n]}\n");
}

static void no_record_and_two(void **state)
{
    (void)state;
    record_t record = record_of(TEXT("a"), "+0-0", "0", 0);
    record_t two[] = {record, record};
    expect(POSITIONS_JSONL, NULL, 0, "");
    expect(POSITIONS_CSV, NULL, 0,
           "client,latitude,longitude,position,time,utc,server,difference\r\n");
    expect(POSITIONS_GEOJSON, NULL, 0, "{\"type\":\"FeatureCollection\",\"features\":[\n]}\n");
#define ZERO                                                                                       \
    "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[-0,0]},"              \
    "\"properties\":{\"client\":\"a\",\"position\":\"+0-0\",\"time\":\"0\","                       \
    "\"utc\":\"1970-01-01T00:00:00.000Z\",\"server\":\"Clark\",\"difference\":\"+0.263873386\"}}"
    expect(POSITIONS_GEOJSON, two, 2,
           "{\"type\":\"FeatureCollection\",\"features\":[\n" ZERO ",\n" ZERO "\n]}\n");
}

/* The row of CSV up to the time. */
static void expect_row(text_t client, const char *position, const char *row)
{
    char expected[512];
    record_t record = record_of(client, position, "0", 0);
    snprintf(expected, sizeof expected,
             "client,latitude,longitude,position,time,utc,server,difference\r\n"
             "%s,0,1970-01-01T00:00:00.000Z,Clark,+0.263873386\r\n",
             row);
    expect(POSITIONS_CSV, &record, 1, expected);
}

static void degrees_are_the_digits_that_the_client_sent(void **state)
{
    (void)state;
    expect_row(TEXT("a"), "+07.50-008.00", "a,7.50,-8.00,+07.50-008.00");
    expect_row(TEXT("a"), "-00.0+000", "a,-0.0,0,-00.0+000");
    expect_row(TEXT("a"), "+90-180", "a,90,-180,+90-180");
    expect_row(TEXT("a"), "+3404.1358-11826.7076",
               "a,34.068930000,-118.445126667,+3404.1358-11826.7076");
    expect_row(TEXT("a"), "-340408.15-1182642.46",
               "a,-34.068930556,-118.445127778,-340408.15-1182642.46");
    expect_row(TEXT("a"), "+27.5916+086.5640+8850CRSWGS_84/",
               "a,27.5916,86.5640,+27.5916+086.5640+8850CRSWGS_84/");
    expect_row(TEXT("a"), "+1+2CRSa,\xff/", "a,1,2,\"+1+2CRSa,\\xff/\"");
}

static void ids_are_any_bytes(void **state)
{
    (void)state;
    expect_row(TEXT("Zo\xc3\xab"), "+1+2", "Zo\xc3\xab,1,2,+1+2");
    expect_row(TEXT("a,b"), "+1+2", "\"a,b\",1,2,+1+2");
    expect_row(TEXT("a\"b"), "+1+2", "\"a\"\"b\",1,2,+1+2");
    expect_row(TEXT("a\\b\\x41"), "+1+2", "a\\x5cb\\x5cx41,1,2,+1+2");
    expect_row(TEXT("\0\x01\x7f"), "+1+2", "\\x00\\x01\\x7f,1,2,+1+2");
    /* C1 controls; cut short; too long; a surrogate; beyond U+10FFFF; a lone tail. */
    expect_row(TEXT("\xc2\x85"), "+1+2", "\\xc2\\x85,1,2,+1+2");
    expect_row(TEXT("\xc2\xa0\xdf\xbf"), "+1+2", "\xc2\xa0\xdf\xbf,1,2,+1+2");
    expect_row(TEXT("\xe2\x82"), "+1+2", "\\xe2\\x82,1,2,+1+2");
    expect_row(TEXT("\xe2\x82\xac"), "+1+2", "\xe2\x82\xac,1,2,+1+2");
    expect_row(TEXT("\xc0\xaf\xe0\x9f\xbf"), "+1+2", "\\xc0\\xaf\\xe0\\x9f\\xbf,1,2,+1+2");
    expect_row(TEXT("\xed\xa0\x80"), "+1+2", "\\xed\\xa0\\x80,1,2,+1+2");
    expect_row(TEXT("\xf0\x9f\x90\x91"), "+1+2", "\xf0\x9f\x90\x91,1,2,+1+2");
    expect_row(TEXT("\xf4\x90\x80\x80"), "+1+2", "\\xf4\\x90\\x80\\x80,1,2,+1+2");
    expect_row(TEXT("\xf0\x8f\xbf\xbf"), "+1+2", "\\xf0\\x8f\\xbf\\xbf,1,2,+1+2");
    expect_row(TEXT("\xbf\xf0\x9f\x90"), "+1+2", "\\xbf\\xf0\\x9f\\x90,1,2,+1+2");
}

static void json_doubles_what_it_must(void **state)
{
    (void)state;
    record_t record = record_of(TEXT("a\"\\,\xff/"), "+1+2", "0", 0);
    expect(POSITIONS_JSONL, &record, 1,
           "{\"client\":\"a\\\"\\\\x5c,\\\\xff/\",\"latitude\":1,\"longitude\":2,"
           "\"position\":\"+1+2\",\"time\":\"0\",\"utc\":\"1970-01-01T00:00:00.000Z\","
           "\"server\":\"Clark\",\"difference\":\"+0.263873386\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_in_each_format),
        cmocka_unit_test(no_record_and_two),
        cmocka_unit_test(degrees_are_the_digits_that_the_client_sent),
        cmocka_unit_test(ids_are_any_bytes),
        cmocka_unit_test(json_doubles_what_it_must),
    };
    return cmocka_run_group_tests_name("positions_writer", tests, NULL, NULL);
}
