/* AT records: their order, answer and bus line (common/protocol/record.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/protocol/record.h"
#include "tests/support/records.h"

#include <stdio.h>
#include <stdlib.h>

#define CLARK_ANSWER                                                                               \
    "AT Clark +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503"

#define FORGET_LINE "FORGET Clark +0.263873386 kiwi.cs.ucla.edu 1621464827.959498503"

static const record_t clark = {
    .client = {"kiwi.cs.ucla.edu", 16},
    .position = {"+34.068930-118.445127", 21},
    .client_time = {"1621464827.959498503", 20},
    .origin = {"Clark", 5},
    .client_time_ns = INT64_C(1621464827959498503),
    .receipt_time_ns = INT64_C(1621464828223371889),
    .order_time_ns = INT64_C(1621464827959498503),
};

/* Numbers that are the same in each run (xorshift64, Marsaglia 2003). */
static uint64_t next_number(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static bool records_equal(const record_t *one, const record_t *other)
{
    return text_equal(one->client, other->client) && text_equal(one->position, other->position) &&
           text_equal(one->client_time, other->client_time) &&
           text_equal(one->origin, other->origin) && one->client_time_ns == other->client_time_ns &&
           one->receipt_time_ns == other->receipt_time_ns &&
           one->order_time_ns == other->order_time_ns;
}

static void the_answer_is_that_of_the_protocol(void **state)
{
    (void)state;
    buffer_t out;
    buffer_init(&out, 1000);
    assert_int_equal(record_append_answer(&clark, &out), STATUS_OK);
    assert_text_equal(buffer_text(&out), CLARK_ANSWER "\n");
    /* record_write_answer writes the same line. */
    char sent[sizeof CLARK_ANSWER "\n"];
    assert_int_equal(record_answer_size(&clark), out.size);
    assert_ptr_equal(record_write_answer(&clark, sent), sent + out.size);
    assert_memory_equal(sent, out.data, out.size);
    /* D1: a client whose clock is ahead; appended behind what is there. */
    record_t ahead = clark;
    ahead.receipt_time_ns = clark.client_time_ns - 1;
    assert_int_equal(record_append_answer(&ahead, &out), STATUS_OK);
    assert_text_equal(buffer_text(&out),
                      CLARK_ANSWER "\nAT Clark -0.000000001 kiwi.cs.ucla.edu +34.068930-118.445127 "
                                   "1621464827.959498503\n");
    buffer_done(&out);
}

static void the_bus_line_ends_with_the_order_time(void **state)
{
    (void)state;
    buffer_t out;
    buffer_init(&out, 1000);
    assert_int_equal(record_append_bus_line(&clark, &out), STATUS_OK);
    assert_text_equal(buffer_text(&out), CLARK_ANSWER " =\n");
    buffer_clear(&out);
    record_t ahead = clark;
    ahead.order_time_ns--;
    assert_int_equal(record_append_bus_line(&ahead, &out), STATUS_OK);
    assert_text_equal(buffer_text(&out), CLARK_ANSWER " 1621464827959498502\n");
    buffer_clear(&out);
    ahead.order_time_ns = INT64_MIN;
    assert_int_equal(record_append_bus_line(&ahead, &out), STATUS_OK);
    assert_text_equal(buffer_text(&out), CLARK_ANSWER " -9223372036854775808\n");
    buffer_done(&out);
}

static void a_full_buffer_takes_no_part_of_a_line(void **state)
{
    (void)state;
    for (size_t maximum = 0; maximum < sizeof CLARK_ANSWER + 40; maximum++) {
        buffer_t out;
        buffer_init(&out, maximum);
        if (record_append_answer(&clark, &out) == STATUS_OK) {
            assert_text_equal(buffer_text(&out), CLARK_ANSWER "\n");
        } else {
            assert_true(maximum < sizeof CLARK_ANSWER + 40 - 1);
            assert_int_equal(out.size, 0);
        }
        buffer_clear(&out);
        if (record_append_bus_line(&clark, &out) == STATUS_OK) {
            assert_text_equal(buffer_text(&out), CLARK_ANSWER " =\n");
        } else {
            assert_int_equal(out.size, 0);
        }
        buffer_done(&out);
    }
}

static void the_order_time_is_capped_by_the_receipt(void **state)
{
    (void)state;
    assert_true(record_order_time(100, 50, 60) == 100);
    assert_true(record_order_time(110, 50, 60) == 110);
    assert_true(record_order_time(111, 50, 60) == 110);
    assert_true(record_order_time(INT64_MAX, 50, 60) == 110);
    assert_true(record_order_time(5, 50, 0) == 5);
    assert_true(record_order_time(51, 50, 0) == 50);
    assert_true(record_order_time(INT64_MAX, INT64_MAX, 60) == INT64_MAX);
    assert_true(record_order_time(7, INT64_MAX, INT64_MAX) == 7);
}

/* R3: the fields decide in this order, each before all that follow it. */
static void fields_decide_in_their_order(void **state)
{
    (void)state;
    enum { FIELDS = 6 };
    record_t later[FIELDS];
    for (size_t i = 0; i < FIELDS; i++) {
        later[i] = clark;
    }
    later[0].order_time_ns++;
    later[1].receipt_time_ns++;
    later[2].origin = TEXT("Clarke");
    later[3].client_time_ns++;
    later[4].position = TEXT("+34.068930-118.445128");
    later[5].client_time = TEXT("1621464827.9594985030");
    for (size_t i = 0; i < FIELDS; i++) {
        assert_true(record_compare(&later[i], &clark) > 0);
        assert_true(record_compare(&clark, &later[i]) < 0);
        for (size_t j = i + 1; j < FIELDS; j++) {
            assert_true(record_compare(&later[i], &later[j]) > 0);
            assert_true(record_compare(&later[j], &later[i]) < 0);
        }
    }
    assert_int_equal(record_compare(&clark, &clark), 0);
}

/* Times far apart must not be subtracted to be compared. */
static void extreme_times_compare(void **state)
{
    (void)state;
    record_t early = clark;
    record_t late = clark;
    early.order_time_ns = INT64_MIN;
    late.order_time_ns = INT64_MAX;
    assert_true(record_compare(&early, &late) < 0);
    assert_true(record_compare(&late, &early) > 0);
    early.order_time_ns = late.order_time_ns = 0;
    early.receipt_time_ns = -2;
    late.receipt_time_ns = INT64_MAX;
    assert_true(record_compare(&early, &late) < 0);
}

/* Few values for each field, so that many records differ in one field or in no field. */
static record_t few_valued_record(uint64_t *seed)
{
    static const char *const positions[] = {"+1-1", "+1-10", "+1.0-1", "-1-1"};
    static const char *const times[] = {"5", "5.0", "5.00", "05"};
    static const char *const origins[] = {"Hands", "Hand", "Wilkes", "goloman"};
    static const int64_t order_times[] = {1, 2, INT64_MIN, INT64_MAX};
    return (record_t){
        .client = TEXT("kiwi"),
        .position = text_of(positions[next_number(seed) % 4]),
        .client_time = text_of(times[next_number(seed) % 4]),
        .origin = text_of(origins[next_number(seed) % 4]),
        .client_time_ns = 5 * TIMESTAMP_NS_PER_S,
        .receipt_time_ns = (int64_t)(next_number(seed) % 2),
        .order_time_ns = order_times[next_number(seed) % 4],
    };
}

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static void the_order_is_total(void **state)
{
    (void)state;
    enum { RECORDS = 120 };
    record_t records[RECORDS];
    uint64_t seed = 20260301;
    unsigned equals = 0;
    for (size_t i = 0; i < RECORDS; i++) {
        records[i] = few_valued_record(&seed);
    }
    for (size_t i = 0; i < RECORDS; i++) {
        for (size_t j = 0; j < RECORDS; j++) {
            int order = record_compare(&records[i], &records[j]);
            assert_int_equal(sign(order), -sign(record_compare(&records[j], &records[i])));
            assert_int_equal(order == 0, records_equal(&records[i], &records[j]));
            equals += order == 0 && i != j ? 1 : 0;
            for (size_t k = 0; order <= 0 && k < RECORDS; k++) {
                bool chain = record_compare(&records[j], &records[k]) <= 0;
                assert_true(!chain || record_compare(&records[i], &records[k]) <= 0);
            }
        }
    }
    assert_true(equals > 0);
}

static void bus_line_of(const record_t *record, buffer_t *out, text_t *ret_line)
{
    buffer_clear(out);
    assert_int_equal(record_append_bus_line(record, out), STATUS_OK);
    assert_true(out->data[out->size - 1] == '\n');
    *ret_line = text_first(buffer_text(out), out->size - 1);
}

/* A record as origins make them; its texts stand in `room`. */
static record_t any_record(uint64_t *seed, buffer_t *room)
{
    static const int64_t leads[] = {0, 1, 1000000000, INT64_C(10000000000)};
    int64_t client_time_ns = (int64_t)(next_number(seed) >> (1 + next_number(seed) % 63));
    int64_t receipt_time_ns = next_number(seed) % 2 == 0
                                  ? (int64_t)(next_number(seed) >> (1 + next_number(seed) % 63))
                                  : client_time_ns ^ (int64_t)(next_number(seed) % 16);
    buffer_clear(room);
    assert_int_equal(buffer_reserve(room, 400), STATUS_OK);
    size_t client_size = 1 + next_number(seed) % 100;
    for (size_t i = 0; i < client_size; i++) {
        room->data[i] = (char)(next_number(seed) % 256);
        if (room->data[i] == '\n' || text_is_space(room->data[i])) {
            room->data[i] = '_';
        }
    }
    char *time_text = room->data + client_size;
    int time_size = snprintf(time_text, 100, "%lld.%09lld%.*s",
                             (long long)(client_time_ns / TIMESTAMP_NS_PER_S),
                             (long long)(client_time_ns % TIMESTAMP_NS_PER_S),
                             (int)(next_number(seed) % 10), "123456789");
    char *position_text = time_text + time_size;
    int position_size =
        snprintf(position_text, 100, "%+d.%03d%+d%s", (int)(next_number(seed) % 179) - 89,
                 (int)(next_number(seed) % 1000), (int)(next_number(seed) % 359) - 179,
                 next_number(seed) % 2 == 0 ? "" : "+12CRSx/");
    return (record_t){
        .client = {room->data, client_size},
        .position = {position_text, (size_t)position_size},
        .client_time = {time_text, (size_t)time_size},
        .origin = text_first(TEXT("Goloman_7.b-Welsh"), 1 + next_number(seed) % 17),
        .client_time_ns = client_time_ns,
        .receipt_time_ns = receipt_time_ns,
        .order_time_ns =
            record_order_time(client_time_ns, receipt_time_ns, leads[next_number(seed) % 4]),
    };
}

static void bus_lines_read_back(void **state)
{
    (void)state;
    buffer_t room;
    buffer_t first;
    buffer_t second;
    buffer_init(&room, 1000);
    buffer_init(&first, LIMIT_RECORD_LINE_SIZE);
    buffer_init(&second, LIMIT_RECORD_LINE_SIZE);
    uint64_t seed = 11490;
    unsigned capped = 0;
    for (unsigned i = 0; i < 20000; i++) {
        record_t record = any_record(&seed, &room);
        record_t back;
        text_t line;
        text_t again;
        bus_line_of(&record, &first, &line);
        assert_int_equal(record_parse_bus_line(line, &back), STATUS_OK);
        assert_true(records_equal(&record, &back));
        assert_int_equal(record_compare(&record, &back), 0);
        bus_line_of(&back, &second, &again);
        assert_true(text_equal(line, again));
        capped += record.order_time_ns < record.client_time_ns ? 1 : 0;
    }
    /* Both forms of the order time were among them. */
    assert_true(capped > 1000 && capped < 19000);
    buffer_done(&room);
    buffer_done(&first);
    buffer_done(&second);
}

static const struct {
    const char *line;
    status_t status;
} bus_line_cases[] = {
    {CLARK_ANSWER " =", STATUS_OK},
    {CLARK_ANSWER " 1621464827959498502", STATUS_OK},
    {CLARK_ANSWER " 0", STATUS_OK},
    {CLARK_ANSWER " -5", STATUS_OK},
    {"AT a -1.000000000 k +1-1 1 =", STATUS_OK},
    {"AT a +0.000000000 k +1-1 9223372036.854775807 =", STATUS_OK},
    {"AT a +9223372036.854775807 k +1-1 0 =", STATUS_OK},
    {"AT a -9223372036.854775807 k +1-1 0 =", STATUS_OK},
    {"AT 0 +0.000000000 \x01\xff +1-1 0 =", STATUS_OK},
    {"AT a23456789012345678901234567890123456789012345678901234567890123 +0.000000000 k +1-1 "
     "0 =",
     STATUS_OK},
    {FORGET_LINE " =", STATUS_OK},
    {CLARK_ANSWER " = 1", STATUS_OK},
    {CLARK_ANSWER " 5 9223372036854775807", STATUS_OK},
    {FORGET_LINE " 1621464827959498502", STATUS_OK},
    {"FORGET a +0.000000000 k 0 -5", STATUS_OK},
    {"FORGET a -1.000000000 \x01\xff 1 =", STATUS_OK},
    /* tombstones: each field missing or surplus, then bad */
    {"FORGET", STATUS_INVALID},
    {FORGET_LINE, STATUS_INVALID},
    {FORGET_LINE " = =", STATUS_INVALID},
    {"FORGET Clark +0.000000000 kiwi +1-1 5 =", STATUS_INVALID},
    {"FORGET Clark +0.000000000 5 =", STATUS_INVALID},
    {"FORGET Clark kiwi 5 =", STATUS_INVALID},
    {"FORGET +0.000000000 kiwi 5 =", STATUS_INVALID},
    {"forget Clark +0.000000000 kiwi 5 =", STATUS_INVALID},
    {"FORGETS Clark +0.000000000 kiwi 5 =", STATUS_INVALID},
    {"AT Clark +0.000000000 kiwi 5 =", STATUS_INVALID},
    {"FORGET _Clark +0.000000000 kiwi 5 =", STATUS_INVALID},
    {"FORGET Clark 0.000000000 kiwi 5 =", STATUS_OUT_OF_RANGE},
    {"FORGET Clark +9223372036.854775807 kiwi 0.000000001 =", STATUS_OUT_OF_RANGE},
    {"FORGET Clark +0.000000000 kiwi -5 =", STATUS_OUT_OF_RANGE},
    {"FORGET Clark +0.000000000 kiwi +1-1 =", STATUS_OUT_OF_RANGE},
    {FORGET_LINE " 1621464827959498503", STATUS_OUT_OF_RANGE},
    {FORGET_LINE " x", STATUS_OUT_OF_RANGE},
    /* fields missing or surplus */
    {"", STATUS_INVALID},
    {" ", STATUS_INVALID},
    {"AT", STATUS_INVALID},
    {CLARK_ANSWER, STATUS_INVALID},
    {CLARK_ANSWER " = =", STATUS_INVALID},
    {CLARK_ANSWER " = x", STATUS_INVALID},
    /* era: from 1 on; a tombstone's is its order time */
    {CLARK_ANSWER " = 0", STATUS_INVALID},
    {CLARK_ANSWER " = -1", STATUS_INVALID},
    {CLARK_ANSWER " = 9223372036854775808", STATUS_INVALID},
    {CLARK_ANSWER " = 1 1", STATUS_INVALID},
    {FORGET_LINE " = 1", STATUS_INVALID},
    {"AT Clark kiwi +1-1 5 =", STATUS_INVALID},
    {"AT +0.000000000 kiwi +1-1 5 =", STATUS_INVALID},
    {"AT Clark +0.000000000 +1-1 5 =", STATUS_INVALID},
    {"AT Clark +0.000000000 kiwi 5 =", STATUS_INVALID},
    {"AT Clark +0.000000000 kiwi +1-1 =", STATUS_INVALID},
    {"Clark +0.000000000 kiwi +1-1 5 =", STATUS_INVALID},
    /* name, origin, position */
    {"at Clark +0.000000000 kiwi +1-1 5 =", STATUS_INVALID},
    {"ATT Clark +0.000000000 kiwi +1-1 5 =", STATUS_INVALID},
    {"IAMAT Clark +0.000000000 kiwi +1-1 5 =", STATUS_INVALID},
    {"AT _Clark +0.000000000 kiwi +1-1 5 =", STATUS_INVALID},
    {"AT Cl/ark +0.000000000 kiwi +1-1 5 =", STATUS_INVALID},
    {"AT Cl\xe4rk +0.000000000 kiwi +1-1 5 =", STATUS_INVALID},
    {"AT a234567890123456789012345678901234567890123456789012345678901234 +0.000000000 k "
     "+1-1 0 =",
     STATUS_INVALID},
    {"AT Clark +0.000000000 kiwi +91-1 5 =", STATUS_INVALID},
    {"AT Clark +0.000000000 kiwi 1-1 5 =", STATUS_INVALID},
    {"AT Clark +0.000000000 kiwi +1-1+1 5 =", STATUS_INVALID},
    /* difference */
    {"AT Clark 0.000000000 kiwi +1-1 5 =", STATUS_OUT_OF_RANGE},
    {"AT Clark -0.000000000 kiwi +1-1 5 =", STATUS_OUT_OF_RANGE},
    {"AT Clark +00.000000000 kiwi +1-1 5 =", STATUS_OUT_OF_RANGE},
    {"AT Clark +0.00000000 kiwi +1-1 5 =", STATUS_OUT_OF_RANGE},
    {"AT Clark +0.0000000000 kiwi +1-1 5 =", STATUS_OUT_OF_RANGE},
    {"AT Clark +0 kiwi +1-1 5 =", STATUS_OUT_OF_RANGE},
    {"AT Clark +9223372036.854775808 kiwi +1-1 0 =", STATUS_OUT_OF_RANGE},
    {"AT Clark +9223372036.854775807 kiwi +1-1 0.000000001 =", STATUS_OUT_OF_RANGE},
    {"AT Clark +0.000000001 kiwi +1-1 9223372036.854775807 =", STATUS_OUT_OF_RANGE},
    /* client time */
    {"AT Clark +0.000000000 kiwi +1-1 -5 =", STATUS_OUT_OF_RANGE},
    {"AT Clark +0.000000000 kiwi +1-1 5. =", STATUS_OUT_OF_RANGE},
    {"AT Clark +0.000000000 kiwi +1-1 1e3 =", STATUS_OUT_OF_RANGE},
    {"AT Clark +0.000000000 kiwi +1-1 9223372036.854775808 =", STATUS_OUT_OF_RANGE},
    /* order time: less than the client time if it is a number */
    {CLARK_ANSWER " 1621464827959498503", STATUS_OUT_OF_RANGE},
    {CLARK_ANSWER " 1621464827959498504", STATUS_OUT_OF_RANGE},
    {CLARK_ANSWER " 9223372036854775808", STATUS_OUT_OF_RANGE},
    {CLARK_ANSWER " -9223372036854775809", STATUS_OUT_OF_RANGE},
    {CLARK_ANSWER " +5", STATUS_OUT_OF_RANGE},
    {CLARK_ANSWER " 5.0", STATUS_OUT_OF_RANGE},
    {CLARK_ANSWER " ==", STATUS_OUT_OF_RANGE},
    {CLARK_ANSWER " -", STATUS_OUT_OF_RANGE},
    {CLARK_ANSWER " x", STATUS_OUT_OF_RANGE},
};

static void bad_bus_lines_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bus_line_cases); i++) {
        record_t record = {.client_time_ns = -7};
        status_t status = record_parse_bus_line(text_of(bus_line_cases[i].line), &record);
        if (status != bus_line_cases[i].status) {
            fail_msg("%s: %s", status_text(status), bus_line_cases[i].line);
        }
        assert_true(status == STATUS_OK || record.client_time_ns == -7);
    }
    record_t record;
    assert_int_equal(record_parse_bus_line((text_t){0}, &record), STATUS_INVALID);
    assert_int_equal(record_parse_bus_line(TEXT(CLARK_ANSWER " =\0"), &record),
                     STATUS_OUT_OF_RANGE);
}

/* A tombstone has everything except a position. What comes back is what was sent; in the order it
 * is one record among others. */
static void a_tombstone_has_no_position(void **state)
{
    (void)state;
    record_t tombstone = clark;
    tombstone.position = (text_t){0};
    assert_true(record_is_tombstone(&tombstone));
    assert_false(record_is_tombstone(&clark));
    buffer_t out;
    text_t line;
    record_t back;
    buffer_init(&out, 1000);
    bus_line_of(&tombstone, &out, &line);
    assert_text_equal(line, FORGET_LINE " =");
    assert_int_equal(record_parse_bus_line(line, &back), STATUS_OK);
    assert_true(record_is_tombstone(&back));
    assert_true(records_equal(&tombstone, &back));
    tombstone.order_time_ns = -5;
    bus_line_of(&tombstone, &out, &line);
    assert_text_equal(line, FORGET_LINE " -5");
    assert_int_equal(record_parse_bus_line(line, &back), STATUS_OK);
    assert_true(records_equal(&tombstone, &back));
    buffer_done(&out);
    /* All else equal, it is the lesser: the order is total over both kinds. */
    tombstone = clark;
    tombstone.position = (text_t){0};
    assert_true(record_compare(&tombstone, &clark) < 0);
    assert_true(record_compare(&clark, &tombstone) > 0);
    assert_int_equal(record_compare(&tombstone, &tombstone), 0);
    tombstone.order_time_ns++;
    assert_true(record_compare(&tombstone, &clark) > 0);
}

/* The era stands behind the order time, decides before all times, and does not change the
 * answer. */
static void an_era_comes_before_all_times(void **state)
{
    (void)state;
    record_t later = clark;
    record_t tombstone = clark;
    record_t back;
    buffer_t out;
    text_t line;
    buffer_init(&out, 1000);
    later.era_ns = 7;
    bus_line_of(&later, &out, &line);
    assert_text_equal(line, CLARK_ANSWER " = 7");
    assert_int_equal(record_parse_bus_line(line, &back), STATUS_OK);
    assert_true(records_equal(&later, &back) && back.era_ns == 7);
    buffer_clear(&out);
    assert_int_equal(record_append_answer(&later, &out), STATUS_OK);
    assert_text_equal(buffer_text(&out), CLARK_ANSWER "\n");
    buffer_done(&out);
    later.order_time_ns = later.client_time_ns = 1;
    assert_true(record_compare(&later, &clark) < 0);
    assert_true(record_compare_eras(&later, &clark) > 0);
    assert_true(record_compare_eras(&clark, &later) < 0);
    assert_int_equal(record_compare_eras(&later, &later), 0);
    /* A tombstone begins the era that is its order time, and is the least of it. */
    tombstone.position = (text_t){0};
    tombstone.order_time_ns = tombstone.client_time_ns = tombstone.era_ns = 8;
    assert_true(tombstone.era_ns == 8 && later.era_ns == 7 && clark.era_ns == 0);
    assert_true(record_compare_eras(&tombstone, &later) > 0);
    later.era_ns = 8;
    assert_true(record_compare_eras(&tombstone, &later) < 0);
    assert_true(record_compare_eras(&later, &tombstone) > 0);
    /* Even one from before 1970. */
    assert_true(record_era_from(-5) == 1 && record_era_from(5) == 5);
    assert_true(record_age_from(&later) == 8 && record_age_from(&clark) == clark.order_time_ns);
    assert_true(record_outlives(&clark, clark.order_time_ns - 1));
    assert_false(record_outlives(&clark, clark.order_time_ns));
    assert_false(record_outlives(&tombstone, -6));
}

/* The longest line of a client makes a line that the bus takes; a longer one is refused, whichever
 * of its fields is too long. */
static void bus_lines_have_a_longest(void **state)
{
    (void)state;
    char *digits = memory_new(LIMIT_RECORD_LINE_SIZE);
    memset(digits, '1', LIMIT_RECORD_LINE_SIZE);
    text_copy(TEXT("5."), digits);
    record_t record = clark;
    record.origin = TEXT("a23456789012345678901234567890123456789012345678901234567890123");
    record.receipt_time_ns = INT64_MAX;
    record.order_time_ns--;
    buffer_t out;
    text_t line;
    record_t back;
    buffer_init(&out, (size_t)2 * LIMIT_RECORD_LINE_SIZE);
    size_t others_size = record.position.size + record.client_time.size;
    record.client = (text_t){.data = digits, .size = LIMIT_LINE_SIZE - 1 - others_size};
    bus_line_of(&record, &out, &line);
    assert_true(line.size <= LIMIT_RECORD_LINE_SIZE);
    assert_int_equal(record_parse_bus_line(line, &back), STATUS_OK);
    record.client.size++;
    bus_line_of(&record, &out, &line);
    assert_true(line.size <= LIMIT_RECORD_LINE_SIZE);
    assert_int_equal(record_parse_bus_line(line, &back), STATUS_TOO_LONG);
    record = clark;
    record.client_time_ns = record.order_time_ns = INT64_C(5111111111);
    others_size = record.position.size + record.client.size;
    record.client_time = (text_t){.data = digits, .size = LIMIT_LINE_SIZE - 1 - others_size};
    bus_line_of(&record, &out, &line);
    assert_int_equal(record_parse_bus_line(line, &back), STATUS_OK);
    record.client_time.size++;
    bus_line_of(&record, &out, &line);
    assert_int_equal(record_parse_bus_line(line, &back), STATUS_TOO_LONG);
    record.client_time.size = LIMIT_RECORD_LINE_SIZE;
    bus_line_of(&record, &out, &line);
    assert_int_equal(record_parse_bus_line(line, &back), STATUS_TOO_LONG);
    buffer_done(&out);
    free(digits);
}

static void names_are_letters_digits_and_marks(void **state)
{
    (void)state;
    static const char *const good[] = {
        "Goloman", "a",
        "Z",       "0",
        "9lives",  "a_b-c.d",
        "a.",      "a-",
        "azAZ09",  "a23456789012345678901234567890123456789012345678901234567890123",
    };
    static const char *const bad[] = {
        "",
        "_a",
        "-a",
        ".a",
        ".",
        "a b",
        "a/b",
        "a:b",
        "a@b",
        "a[b",
        "a`b",
        "a{b",
        "a\\b",
        "a\n",
        "\xc3\xa4",
        "a\xff",
        "a234567890123456789012345678901234567890123456789012345678901234",
    };
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        assert_true(record_name_is_valid(text_of(good[i])));
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_false(record_name_is_valid(text_of(bad[i])));
    }
    assert_false(record_name_is_valid(TEXT("a\0")));
}

/* A record in another form than a line: what passes is a line, and the other way round. */
static void checking_is_as_parsing(void **state)
{
    (void)state;
    const record_t good = record_for_test("kiwi", "100.5", "Clark", 7);
    record_t record = good;
    record.client_time_ns = 0;
    assert_int_equal(record_check(&record), STATUS_OK);
    assert_true(record.client_time_ns == good.client_time_ns);
    record.position = (text_t){0};
    assert_int_equal(record_check(&record), STATUS_OK);
    static const text_t clients[] = {{0},           {"", 0},       {"ki wi", 5}, {" kiwi", 5},
                                     {"kiwi\t", 5}, {"kiwi\n", 5}, {"ki\nwi", 5}};
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
        record = good;
        record.client = clients[i];
        assert_int_equal(record_check(&record), STATUS_INVALID);
    }
    record = good;
    record.origin = TEXT("-");
    assert_int_equal(record_check(&record), STATUS_INVALID);
    record = good;
    record.position = TEXT("here");
    assert_int_equal(record_check(&record), STATUS_INVALID);
    record = good;
    record.client_time = TEXT("noon");
    assert_int_equal(record_check(&record), STATUS_OUT_OF_RANGE);
    record = good;
    record.order_time_ns++;
    assert_int_equal(record_check(&record), STATUS_OUT_OF_RANGE);
    record = good;
    record.receipt_time_ns = INT64_MIN;
    assert_int_equal(record_check(&record), STATUS_OUT_OF_RANGE);
    static char id[LIMIT_LINE_SIZE];
    memset(id, 'x', sizeof id);
    record = good;
    record.client = (text_t){.data = id, .size = sizeof id - 26};
    assert_int_equal(record_check(&record), STATUS_TOO_LONG);
    record.client.size--;
    assert_int_equal(record_check(&record), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checking_is_as_parsing),
        cmocka_unit_test(the_answer_is_that_of_the_protocol),
        cmocka_unit_test(the_bus_line_ends_with_the_order_time),
        cmocka_unit_test(a_full_buffer_takes_no_part_of_a_line),
        cmocka_unit_test(the_order_time_is_capped_by_the_receipt),
        cmocka_unit_test(fields_decide_in_their_order),
        cmocka_unit_test(extreme_times_compare),
        cmocka_unit_test(the_order_is_total),
        cmocka_unit_test(bus_lines_read_back),
        cmocka_unit_test(bad_bus_lines_are_refused),
        cmocka_unit_test(a_tombstone_has_no_position),
        cmocka_unit_test(an_era_comes_before_all_times),
        cmocka_unit_test(bus_lines_have_a_longest),
        cmocka_unit_test(names_are_letters_digits_and_marks),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
