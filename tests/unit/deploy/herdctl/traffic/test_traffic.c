/* Logs of traffic out of bytes (deploy/herdctl/traffic/traffic.h): both forms, in parts of any
 * size, damaged, cut off, foreign; and which of it is wanted. */
#include "tests/support/cmocka_herd.h"

#include "deploy/herdctl/traffic/traffic.h"

#include <stdio.h>

/* What a reader said of some bytes: one letter a step, and the lines. */
typedef struct {
    char steps[64];
    char lines[4096];
    uint64_t offset; /* of the last place */
    uint64_t size;
} said_t;

static const log_record_t beginning = {.kind = LOG_BEGINNING, .peer = {"Clark/frontend", 14}};
static const log_record_t received = {.kind = LOG_RECEIVED,
                                      .time_ns = INT64_C(1772366400250000000),
                                      .peer = {"127.0.0.1:5#7", 13},
                                      .line = {"WHATSAT kiwi 10 5", 17}};

static void append(buffer_t *out, const log_record_t *record)
{
    assert_int_equal(log_record_append(record, out), STATUS_OK);
}

static void take_all(herdctl_traffic_reader_t *reader, bool at_end, said_t *said)
{
    static const char letters[] = "iMstnj";
    herdctl_traffic_item_t item;
    herdctl_traffic_place_t place;
    herdctl_traffic_step_t step;
    while ((step = herdctl_traffic_reader_take(reader, at_end, &item, &place)) !=
           HERDCTL_TRAFFIC_MORE) {
        size_t count = strlen(said->steps);
        assert_true(count + 1 < sizeof said->steps);
        said->steps[count] = letters[step];
        if (step == HERDCTL_TRAFFIC_ITEM) {
            size_t size = strlen(said->lines);
            snprintf(said->lines + size, sizeof said->lines - size, "%d %.*s/%.*s %.*s %.*s;",
                     (int)item.record.kind, (int)item.member.size, item.member.data,
                     (int)item.program.size, item.program.data, (int)item.record.peer.size,
                     item.record.peer.data, (int)item.record.line.size, item.record.line.data);
        } else {
            said->offset = place.offset;
            said->size = place.size;
        }
        if (step == HERDCTL_TRAFFIC_JSON) {
            return;
        }
    }
}

/* Reads the bytes in parts of that size. */
static said_t read_in_parts(text_t bytes, size_t part)
{
    herdctl_traffic_reader_t reader;
    said_t said = {0};
    herdctl_traffic_reader_init(&reader);
    while (bytes.size > 0 && strchr(said.steps, 'j') == NULL) {
        text_t some = text_first(bytes, part);
        text_copy(some, herdctl_traffic_reader_room(&reader));
        buffer_commit(&reader.bytes, some.size);
        bytes = text_after(bytes, some.size);
        take_all(&reader, false, &said);
    }
    if (strchr(said.steps, 'j') == NULL) {
        take_all(&reader, true, &said);
    }
    herdctl_traffic_reader_done(&reader);
    return said;
}

/* However the bytes come, the reader says this. */
static void expect(text_t bytes, const char *steps, const char *lines)
{
    static const size_t parts[] = {1, 7, 30, HERDCTL_TRAFFIC_PART};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        said_t said = read_in_parts(bytes, parts[i]);
        assert_string_equal(said.steps, steps);
        assert_string_equal(said.lines, lines);
    }
}

#define RECEIVED "1 Clark/frontend 127.0.0.1:5#7 WHATSAT kiwi 10 5;"

static void records_are_read(void **state)
{
    (void)state;
    buffer_t bytes;
    buffer_init(&bytes, 65536);
    expect(buffer_text(&bytes), "", "");
    append(&bytes, &beginning);
    expect(buffer_text(&bytes), "", "");
    append(&bytes, &received);
    append(&bytes, &beginning);
    append(&bytes, &received);
    expect(buffer_text(&bytes), "ii", RECEIVED RECEIVED);
    /* Without their beginning, as behind `tail -c`. */
    buffer_clear(&bytes);
    append(&bytes, &received);
    expect(buffer_text(&bytes), "i", "1 -/- 127.0.0.1:5#7 WHATSAT kiwi 10 5;");
    buffer_done(&bytes);
}

static void what_is_no_record_is_told_once(void **state)
{
    (void)state;
    buffer_t bytes;
    buffer_init(&bytes, 65536);
    assert_int_equal(buffer_append(&bytes, "gar\nbage", 8), STATUS_OK);
    append(&bytes, &beginning);
    append(&bytes, &received);
    size_t whole = bytes.size;
    append(&bytes, &received);
    bytes.data[whole + 30] ^= 1; /* damage */
    append(&bytes, &received);
    size_t torn = bytes.size;
    append(&bytes, &received);
    expect(buffer_text(&bytes), "sisii", RECEIVED RECEIVED RECEIVED);
    said_t said = read_in_parts(text_first(buffer_text(&bytes), torn + 20), 11);
    assert_string_equal(said.steps, "sisit");
    assert_int_equal(said.offset, torn);
    assert_int_equal(said.size, 20);
    said = read_in_parts(text_first(buffer_text(&bytes), 8), 3);
    assert_string_equal(said.steps, "s");
    assert_int_equal(said.offset, 0);
    assert_int_equal(said.size, 8);
    buffer_done(&bytes);
}

/* What would steer a terminal, or stand for another member, is no record. */
static void names_of_a_record_are_words(void **state)
{
    (void)state;
    static const char *const sources[] = {"",      "Clark", "/frontend", "Clark/",
                                          "a/b/c", "a b/c", "a/\x1b[2J"};
    buffer_t bytes;
    buffer_init(&bytes, 65536);
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        log_record_t record = beginning;
        record.peer = text_of(sources[i]);
        buffer_clear(&bytes);
        append(&bytes, &beginning);
        append(&bytes, &record);
        append(&bytes, &received);
        expect(buffer_text(&bytes), "si", RECEIVED);
        record = received;
        record.peer = text_of(i == 0 ? "" : "\x1b[2J");
        buffer_clear(&bytes);
        append(&bytes, &record);
        expect(buffer_text(&bytes), "s", "");
    }
    buffer_done(&bytes);
}

#define TIME "2026-03-01T12:00:00.250Z "

static void lines_are_read(void **state)
{
    (void)state;
    static const char text[] = TIME "info    Clark/frontend - started: started\n" TIME
                                    "<       Clark/frontend 127.0.0.1:5#7 WHATSAT kiwi 10 5\n" TIME
                                    ">       Clark/frontend 127.0.0.1:5#7 ? \\x5cx41\n" TIME
                                    "<       Clark/frontend 127.0.0.1:5#7 \n" TIME
                                    "info    Clark/frontend 127.0.0.1:5#7 client-left: client "
                                    "left: done\n" TIME "info    Clark/node - client-came\n";
    expect(text_of(text), "iiii",
           RECEIVED "2 Clark/frontend 127.0.0.1:5#7 ? \\x41;1 Clark/frontend 127.0.0.1:5#7 ;"
                    "4 Clark/frontend 127.0.0.1:5#7 client left: done;");
    expect(TEXT("half a line\n" TIME "<       A/node B AT B\nno line\n" TIME "<       A/node B"),
           "sis", "1 A/node B AT B;");
    expect(TEXT("{\"time\":\"2026\"}\n"), "j", "");
    expect(TEXT("herd\n    name = \"x\"\n"), "s", "");
}

/* A record of a later version is told, and those behind it are read. */
static void later_versions_are_told(void **state)
{
    (void)state;
    buffer_t bytes;
    buffer_init(&bytes, 65536);
    log_record_t record = received;
    record.kind = LOG_KINDS;
    append(&bytes, &beginning);
    append(&bytes, &record);
    append(&bytes, &received);
    expect(buffer_text(&bytes), "ni", RECEIVED);
    buffer_done(&bytes);
}

static bool wants(herdctl_traffic_filter_t *filter, log_kind_t kind, const char *line)
{
    return herdctl_traffic_filter_wants(
        filter, &(log_record_t){.kind = kind, .time_ns = 5, .line = text_of(line)});
}

static void the_filter_knows_clients(void **state)
{
    (void)state;
    herdctl_traffic_filter_t filter = {.since_ns = INT64_MIN,
                                       .until_ns = INT64_MAX,
                                       .kinds = ~0U,
                                       .has_client = true,
                                       .client = TEXT("kiwi")};
    assert_true(wants(&filter, LOG_ANSWERED, "AT A +1 kiwi +1-1 1"));
    assert_true(wants(&filter, LOG_RECEIVED, "IAMAT  kiwi +1-1 1"));
    assert_true(wants(&filter, LOG_RECEIVED, "WHATSAT kiwi 1 1"));
    assert_true(wants(&filter, LOG_ANSWERED, "? WHATSAT kiwi 1 1"));
    assert_true(wants(&filter, LOG_ANSWERED, "AT A +1 kiwi +1-1 1"));
    assert_true(wants(&filter, LOG_ANSWERED, "(and 5 bytes of JSON)"));
    assert_false(wants(&filter, LOG_ANSWERED, "AT A +1 kiwi2 +1-1 1"));
    assert_false(wants(&filter, LOG_ANSWERED, "(and 5 bytes of JSON)"));
    assert_false(wants(&filter, LOG_RECEIVED, "IAMAT kiwi +1-1 x"));
    assert_false(wants(&filter, LOG_RECEIVED, "AT"));
    assert_false(wants(&filter, LOG_RECEIVED, ""));
    assert_false(wants(&filter, LOG_CAME, "client came"));
    filter.has_client = false;
    assert_true(wants(&filter, LOG_CAME, "client came"));
    filter.kinds = 1U << LOG_LEFT;
    assert_false(wants(&filter, LOG_CAME, "client came"));
    filter.kinds = ~0U;
    filter.since_ns = 5;
    filter.until_ns = 6;
    assert_true(wants(&filter, LOG_CAME, ""));
    filter.until_ns = 5;
    assert_false(wants(&filter, LOG_CAME, ""));
    filter.since_ns = 6;
    assert_false(wants(&filter, LOG_CAME, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read),
        cmocka_unit_test(what_is_no_record_is_told_once),
        cmocka_unit_test(names_of_a_record_are_words),
        cmocka_unit_test(lines_are_read),
        cmocka_unit_test(later_versions_are_told),
        cmocka_unit_test(the_filter_knows_clients),
    };
    return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
