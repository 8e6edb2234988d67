/* One link, both ends in one process, messages carried by hand (common/replication/link.h). */
#include "common/replication/link.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/link_pair.h"
#include "tests/support/records.h"

#include <stdio.h>
#include <stdlib.h>

static void records_flow_when_the_link_is_up(void **state)
{
    (void)state;
    pair_put(&pair.one, "early", "1");
    assert_false(link_is_up(pair.one.link));
    pair_connect();
    assert_true(link_is_up(pair.one.link));
    assert_true(pair_has(&pair.other, "early", "1"));
    pair_put(&pair.one, "late", "1");
    assert_false(link_is_level(pair.one.link));
    assert_int_equal(link_lag(pair.one.link), 1);
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "late", "1"));
    assert_true(link_is_level(pair.one.link));
    assert_int_equal(link_lag(pair.one.link), 0);
    assert_int_equal(link_counters(pair.one.link)->sent, 2);
    assert_int_equal(link_counters(pair.other.link)->newer, 2);
}

static void what_came_from_the_neighbour_is_not_sent_back(void **state)
{
    (void)state;
    pair_connect();
    pair_put(&pair.one, "kiwi", "1");
    pair_carry(&pair.one, &pair.other);
    pair_carry(&pair.other, &pair.one);
    assert_int_equal(link_counters(pair.one.link)->received, 0);
    /* But the next change is. */
    pair_put(&pair.other, "kiwi", "2");
    pair_carry(&pair.other, &pair.one);
    assert_true(pair_has(&pair.one, "kiwi", "2"));
    assert_int_equal(link_counters(pair.one.link)->received, 1);
}

static void a_reconnected_neighbour_gets_only_what_it_missed(void **state)
{
    (void)state;
    pair_fill(&pair.one, 5000, "1");
    assert_int_equal(link_fill_left(pair.one.link), 0);
    pair_connect();
    assert_int_equal(store_count(pair.other.store), 5000);
    assert_int_equal(link_fill_left(pair.one.link), 0);
    pair_reconnect();
    pair_fill(&pair.one, 10, "2");
    pair_connect();
    assert_true(pair_has(&pair.other, "client9", "2"));
    assert_int_equal(link_counters(pair.one.link)->sent, 5010);
}

/* The neighbour forgot everything: marks of its earlier life must not keep its records from it. */
static void a_restarted_neighbour_gets_everything_back(void **state)
{
    (void)state;
    pair_connect();
    pair_put(&pair.other, "its-own", "1");
    pair_put(&pair.one, "ours", "1");
    pair_carry(&pair.other, &pair.one);
    pair_carry(&pair.one, &pair.other);
    pair_stop_end(&pair.other);
    pair_start_end(&pair.other, "Other", "One", 'c');
    pair_reconnect();
    pair_connect();
    assert_true(pair_has(&pair.other, "its-own", "1"));
    assert_true(pair_has(&pair.other, "ours", "1"));
}

/* Records of its earlier life were still on their way when its next life asked for ours. */
static void what_an_earlier_life_sent_is_sent_to_the_next(void **state)
{
    (void)state;
    pair_kept_t kept;
    message_t message;
    pair_connect();
    pair_put(&pair.other, "its-own", "1");
    assert_true(link_next(pair.other.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_DATA);
    pair_keep(&message, &kept);
    pair_stop_end(&pair.other);
    pair_start_end(&pair.other, "Other", "One", 'c');
    link_disconnected(pair.one.link, pair.now_ns);
    link_connected(pair.one.link, pair.now_ns);
    pair_carry(&pair.one, &pair.other);
    assert_true(link_is_up(pair.one.link));
    assert_int_equal(link_take(pair.one.link, &message, pair.now_ns, pair.now_ns), LINK_NOTHING);
    assert_true(pair_has(&pair.one, "its-own", "1"));
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "its-own", "1"));
}

static void a_new_generation_asks_for_a_new_connection(void **state)
{
    (void)state;
    pair_connect();
    pair_stop_end(&pair.other);
    pair_start_end(&pair.other, "Other", "One", 'c');
    /* However short its first life was. */
    assert_int_equal(pair_say_hello(&pair.other, &pair.one), LINK_RESTARTED);
    /* Not for each HELLO of a flood. */
    link_disconnected(pair.one.link, pair.now_ns);
    link_disconnected(pair.other.link, pair.now_ns);
    assert_int_equal(pair_say_hello(&pair.other, &pair.one), LINK_OPENED);
}

static void a_connection_that_does_not_come_up_is_made_anew_at_a_hello(void **state)
{
    (void)state;
    pair.now_ns += SECOND / 10;
    assert_int_equal(pair_say_hello(&pair.other, &pair.one), LINK_OPENED);
    link_disconnected(pair.other.link, pair.now_ns);
    pair.now_ns += SECOND;
    assert_int_equal(pair_say_hello(&pair.other, &pair.one), LINK_RESTARTED);
}

/* Both start at the same instant; a message takes a third of a second. */
static void crossing_hellos_do_not_undo_each_other_for_ever(void **state)
{
    (void)state;
    pair_end_t *ends[] = {&pair.one, &pair.other};
    unsigned rounds = 0;
    bool remade = true;
    while (remade && ++rounds < 10) {
        message_t hellos[2];
        remade = false;
        for (int i = 0; i < 2; i++) {
            link_connected(ends[i]->link, pair.now_ns);
            assert_true(link_next(ends[i]->link, pair.now_ns, pair.now_ns, &hellos[i]));
            link_sent(ends[i]->link, pair.now_ns);
        }
        pair.now_ns += SECOND / 3;
        for (int i = 0; i < 2; i++) {
            link_event_t event = link_take(ends[1 - i]->link, &hellos[i], pair.now_ns, pair.now_ns);
            if (event == LINK_RESTARTED) {
                remade = true;
                link_disconnected(ends[1 - i]->link, pair.now_ns);
            }
        }
    }
    assert_int_equal(rounds, 2);
}

/* As in a herd that is restarted member by member: the next heartbeat would be too late. */
static void a_new_generation_is_noticed_however_soon_it_comes(void **state)
{
    (void)state;
    pair_connect();
    pair_stop_end(&pair.other);
    pair_start_end(&pair.other, "Other", "One", 'c');
    assert_int_equal(pair_say_hello(&pair.other, &pair.one), LINK_RESTARTED);
}

static void a_hello_of_the_same_life_leaves_the_connection_alone(void **state)
{
    (void)state;
    pair_connect();
    pair.now_ns += SECOND;
    link_disconnected(pair.other.link, pair.now_ns);
    assert_int_equal(pair_say_hello(&pair.other, &pair.one), LINK_OPENED);
}

static void a_gap_is_asked_for_again_once(void **state)
{
    (void)state;
    message_t message;
    pair_connect();
    pair_put(&pair.one, "lost", "1");
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    link_sent(pair.one.link, pair.now_ns); /* and never arrives */
    pair.carried[MESSAGE_NAK] = 0;
    for (int i = 0; i < 3; i++) {
        pair_put(&pair.one, i == 0 ? "x" : i == 1 ? "y" : "z", "1");
        assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
        link_event_t event = link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
        assert_int_equal(event, i == 0 ? LINK_GAP : LINK_NOTHING);
        link_sent(pair.one.link, pair.now_ns);
    }
    assert_false(pair_has(&pair.other, "x", "1"));
    pair_carry_answers(&pair.other, &pair.one);
    assert_int_equal(pair.carried[MESSAGE_NAK], 1);
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "lost", "1"));
    assert_true(pair_has(&pair.other, "z", "1"));
    assert_true(link_is_level(pair.one.link));
}

static void a_message_that_did_not_leave_is_made_again(void **state)
{
    (void)state;
    message_t message;
    pair_connect();
    pair_put(&pair.one, "a", "1");
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    link_unsent(pair.one.link);
    pair_put(&pair.one, "a", "2");
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "a", "2"));
    assert_int_equal(link_counters(pair.other.link)->received, 1);
}

static void an_unknown_session_is_reset_and_opens_anew(void **state)
{
    (void)state;
    message_t message;
    pair_connect();
    pair_make_link(&pair.other, "One", "herd"); /* it forgot the session, not its store */
    pair_put(&pair.one, "kiwi", "1");
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
    link_sent(pair.one.link, pair.now_ns);
    assert_false(pair_has(&pair.other, "kiwi", "1"));
    assert_true(link_next_answer(pair.other.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_RESET);
    assert_int_equal(link_take_answer(pair.one.link, &message, pair.now_ns), LINK_RESET);
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "kiwi", "1"));
}

static void another_herd_is_refused(void **state)
{
    (void)state;
    message_t message;
    pair_make_link(&pair.one, "Other", "flock");
    pair_put(&pair.one, "kiwi", "1");
    assert_int_equal(pair_say_hello(&pair.one, &pair.other), LINK_HERD_DIFFERS);
    assert_true(link_next_answer(pair.other.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_REFUSED);
    assert_int_equal(link_take_answer(pair.one.link, &message, pair.now_ns), LINK_REFUSED);
    assert_text_equal(link_reason(pair.one.link), "this member is of herd herd");
    assert_false(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_false(pair_has(&pair.other, "kiwi", "1"));
}

static void silence_is_noticed(void **state)
{
    (void)state;
    message_t message;
    pair_connect();
    pair.now_ns += SECOND;
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_DATA);
    assert_int_equal(message.body.size, 0); /* the heartbeat */
    link_sent(pair.one.link, pair.now_ns);
    pair.now_ns += 4 * SECOND;
    assert_false(link_is_dead(pair.one.link, pair.now_ns));
    pair.now_ns += 1;
    assert_true(link_is_dead(pair.one.link, pair.now_ns));
}

static void the_window_bounds_what_is_under_way(void **state)
{
    (void)state;
    message_t message;
    pair_connect();
    pair_fill(&pair.one, 20000, "1");
    unsigned under_way = 0;
    while (link_next(pair.one.link, pair.now_ns, pair.now_ns, &message)) {
        assert_true(message.body.size < 65536 + 300);
        link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
        link_sent(pair.one.link, pair.now_ns);
        under_way++;
    }
    assert_int_equal(under_way, 8);
    assert_false(link_is_due(pair.one.link, pair.now_ns));
    pair_carry_answers(&pair.other, &pair.one); /* one ACK for all of them */
    pair_carry(&pair.one, &pair.other);
    assert_int_equal(store_count(pair.other.store), 20000);
}

static void a_value_that_changes_while_it_waits_is_sent_once(void **state)
{
    (void)state;
    char time[16];
    pair_connect();
    for (int i = 1; i <= 1000; i++) {
        snprintf(time, sizeof time, "%d", i);
        pair_put(&pair.one, "kiwi", time);
    }
    assert_int_equal(link_lag(pair.one.link), 1);
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "kiwi", "1000"));
    assert_int_equal(link_counters(pair.other.link)->received, 1);
}

static void malformed_records_cost_only_themselves(void **state)
{
    (void)state;
    pair_connect();
    message_t message = {
        .type = MESSAGE_DATA,
        .header = TEXT("1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0 7"),
        .body = TEXT("AT One +1.000000000 good +1+1 1 =\n"
                     "AT One +1.000000000 bad +1 1 =\n"
                     "garbage\n\n\xff\n"
                     "AT One +1.000000000 fine +1+1 1 =\n"
                     "AT One +1.000000000 no-line-feed +1+1 1 ="),
    };
    assert_int_equal(link_take(pair.other.link, &message, pair.now_ns, pair.now_ns), LINK_NOTHING);
    assert_int_equal(store_count(pair.other.store), 2);
    assert_int_equal(link_counters(pair.other.link)->refused, 4);
    assert_int_equal(link_counters(pair.other.link)->newer, 2);
}

/* What a journal is told of a list of which a record found no room: nothing. */
static void without_room_there_is_no_checkpoint(void **state)
{
    (void)state;
    link_checkpoint_t checkpoint;
    pair_connect();
    message_t message = {.type = MESSAGE_DATA,
                         .header = TEXT("1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0 1"),
                         .body = TEXT("AT One +1.000000000 one +1+1 1 =\n")};
    assert_int_equal(link_take(pair.other.link, &message, pair.now_ns, pair.now_ns), LINK_NOTHING);
    assert_true(link_checkpoint(pair.other.link, &checkpoint));
    assert_true(checkpoint.index == 1);
    store_limit_clients(pair.other.store, 1);
    message.header = TEXT("1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1 2");
    message.body = TEXT("AT One +1.000000000 two +1+1 1 =\n");
    assert_int_equal(link_take(pair.other.link, &message, pair.now_ns, pair.now_ns), LINK_NOTHING);
    assert_int_equal(link_counters(pair.other.link)->refused, 1);
    assert_false(link_checkpoint(pair.other.link, &checkpoint));
}

/* Records that only a store would choke on: each field as long as it can be, by itself. */
static void records_too_long_for_a_store_are_refused(void **state)
{
    (void)state;
    pair_connect();
    buffer_t body;
    buffer_init(&body, LIMIT_BODY_SIZE);
    assert_int_equal(
        buffer_format(&body, "AT One +1.000000000 %0*d +1+1 1 =\n", LIMIT_LINE_SIZE, 0), STATUS_OK);
    assert_int_equal(
        buffer_format(&body, "AT One +1.000000000 %0*d +1+1 1 =\n", LIMIT_LINE_SIZE - 6, 0),
        STATUS_OK);
    message_t message = {.type = MESSAGE_DATA,
                         .header = TEXT("1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0 2"),
                         .body = buffer_text(&body)};
    assert_int_equal(link_take(pair.other.link, &message, pair.now_ns, pair.now_ns), LINK_NOTHING);
    assert_int_equal(link_counters(pair.other.link)->refused, 1);
    assert_int_equal(link_counters(pair.other.link)->newer, 1);
    buffer_done(&body);
}

static void malformed_messages_are_counted_and_dropped(void **state)
{
    (void)state;
    static const pair_message_t cases[] = {
        {MESSAGE_HELLO, "", ""},
        {MESSAGE_HELLO, "1", ""},
        {MESSAGE_HELLO, "1 2", "versions 1\n"},
        {MESSAGE_HELLO, "1",
         "versions 2\nherd herd\nname One\ngeneration aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\ntail 0\n"
         "clock 0\n"},
        {MESSAGE_HELLO, "1",
         "versions 1\nherd herd\nname Two\ngeneration aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\ntail 0\n"
         "clock 0\n"},
        {MESSAGE_HELLO, "1",
         "versions 1\nherd herd\nname One\ngeneration AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\ntail 0\n"
         "clock 0\n"},
        {MESSAGE_HELLO, "1", "versions 1\nherd herd\nname One\ngeneration aaaa\ntail 0\nclock 0\n"},
        {MESSAGE_HELLO, "1",
         "versions 1\nherd herd\nname One\ngeneration aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\ntail -1\n"
         "clock 0\n"},
        {MESSAGE_HELLO, "1",
         "versions 1\nherd herd\nname One\ngeneration aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\ntail 0\n"
         "clock -9223372036854775808\n"},
        {MESSAGE_DATA, "", ""},
        {MESSAGE_DATA, "1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0", ""},
        {MESSAGE_DATA, "1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 2 1", ""},
        {MESSAGE_DATA, "1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0 1 1", ""},
        {MESSAGE_ACK, "1 1", ""},
        {MESSAGE_REQUEST, "1", "1 1 1 IAMAT a +1+1 1\n"},
    };
    pair_connect();
    pair_expect_bad(cases, ARRAY_COUNT(cases));
    assert_int_equal(store_count(pair.other.store), 0);
}

/* It is dropped as a whole: even its session number has no effect (bus-protocol.md, M3). */
static void a_malformed_hello_leaves_the_session_alone(void **state)
{
    (void)state;
    message_t hello = {
        .type = MESSAGE_HELLO,
        .header = TEXT("99"),
        .body = TEXT("versions 1\nherd herd\nname One\ngeneration "
                     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\ntail 0\nclock -9223372036854775808\n"),
    };
    pair_connect();
    assert_int_equal(link_take(pair.other.link, &hello, pair.now_ns, pair.now_ns), LINK_BAD);
    pair_put(&pair.one, "kiwi", "1");
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "kiwi", "1"));
    assert_int_equal(link_counters(pair.one.link)->bad_messages, 0);
    assert_true(link_is_level(pair.one.link));
    message_t message;
    pair.now_ns += SECOND;
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_DATA); /* no new HELLO was needed */
    assert_true(message.header.size > 2 && memcmp(message.header.data, "1 ", 2) == 0);
}

/* The network brings a HELLO again, after more was processed than its sender had then. */
static void a_repeated_hello_changes_nothing(void **state)
{
    (void)state;
    pair_kept_t kept;
    message_t hello;
    message_t answer;
    link_checkpoint_t checkpoint;
    pair_fill(&pair.one, 20, "1");
    pair_fill(&pair.other, 20, "0");
    link_connected(pair.one.link, pair.now_ns);
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &hello));
    pair_keep(&hello, &kept);
    assert_int_equal(link_take(pair.other.link, &hello, pair.now_ns, pair.now_ns), LINK_OPENED);
    link_sent(pair.one.link, pair.now_ns);
    assert_true(store_digest_step(pair.one.store, SIZE_MAX));
    assert_true(store_digest_step(pair.other.store, SIZE_MAX));
    pair_carry_answers(&pair.other, &pair.one);
    pair_carry(&pair.one, &pair.other);
    pair_put(&pair.one, "late", "1");
    pair_carry(&pair.one, &pair.other);
    assert_true(link_has_caught_up(pair.other.link));
    assert_int_equal(link_take(pair.other.link, &hello, pair.now_ns, pair.now_ns), LINK_NOTHING);
    assert_false(link_next_answer(pair.other.link, pair.now_ns, pair.now_ns, &answer));
    assert_true(link_has_caught_up(pair.other.link));
    assert_true(link_checkpoint(pair.other.link, &checkpoint));
    assert_int_equal(checkpoint.index, store_tail(pair.one.store));
}

/* Over a satellite the answer to one heartbeat comes after the next has left. */
static void a_heartbeat_under_way_leaves_the_link_level(void **state)
{
    (void)state;
    message_t message;
    pair_put(&pair.one, "kiwi", "1");
    pair_connect();
    pair.now_ns += SECOND;
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    link_sent(pair.one.link, pair.now_ns);
    assert_int_equal(message.type, MESSAGE_DATA);
    assert_true(link_is_level(pair.one.link));
    pair_put(&pair.one, "kiwi", "2");
    assert_false(link_is_level(pair.one.link));
}

static void malformed_answers_are_counted_and_dropped(void **state)
{
    (void)state;
    static const struct {
        message_type_t type;
        const char *header;
        const char *body;
    } cases[] = {
        {MESSAGE_ACK, "", ""},    {MESSAGE_ACK, "1 99", ""},   {MESSAGE_ACK, "2 0", ""},
        {MESSAGE_ACK, "1 x", ""}, {MESSAGE_NAK, "1 99", ""},   {MESSAGE_RESET, "7", ""},
        {MESSAGE_WANT, "1", ""},  {MESSAGE_HELLO, "1", "x\n"}, {MESSAGE_ACK, "1 1 1", ""},
    };
    const size_t count = sizeof cases / sizeof cases[0];
    pair_connect();
    for (size_t i = 0; i < count; i++) {
        message_t message = {.type = cases[i].type,
                             .header = text_of(cases[i].header),
                             .body = text_of(cases[i].body)};
        assert_int_equal(link_take_answer(pair.one.link, &message, pair.now_ns), LINK_BAD);
    }
    assert_int_equal(link_counters(pair.one.link)->bad_messages, count);
    pair_put(&pair.one, "still", "1");
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "still", "1"));
}

static void catching_up_is_known(void **state)
{
    (void)state;
    message_t message;
    pair_put(&pair.one, "kiwi", "1");
    assert_false(link_has_heard(pair.other.link));
    assert_int_equal(pair_say_hello(&pair.one, &pair.other), LINK_OPENED);
    assert_true(link_has_heard(pair.other.link));
    assert_false(link_has_caught_up(pair.other.link));
    /* A neighbour that answers our HELLO is there, even if it has not said its own yet. */
    assert_false(link_has_heard(pair.one.link));
    pair_carry_answers(&pair.other, &pair.one);
    assert_true(link_has_heard(pair.one.link));
    assert_false(link_has_caught_up(pair.one.link));
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
    assert_true(link_has_caught_up(pair.other.link));
}

/* It has everything already, from others: it is told at once, not with the next heartbeat (R11). */
static void one_that_needs_nothing_is_told_so_at_once(void **state)
{
    (void)state;
    message_t message;
    record_t record = record_for_test("kiwi", "1", "Third", 1);
    pair_connect();
    pair_reconnect();
    assert_int_equal(store_merge(pair.one.store, &record, 0), STORE_NEWER);
    assert_int_equal(pair_say_hello(&pair.one, &pair.other), LINK_OPENED);
    assert_int_equal(store_merge(pair.other.store, &record, 0), STORE_NEWER);
    pair_carry_answers(&pair.other, &pair.one);
    link_connected(pair.other.link, pair.now_ns);
    pair_carry(&pair.other, &pair.one);
    assert_int_equal(link_counters(pair.one.link)->same, 1);
    assert_false(link_has_caught_up(pair.other.link));
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_DATA);
    assert_int_equal(message.body.size, 0);
    link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
    link_sent(pair.one.link, pair.now_ns);
    assert_true(link_has_caught_up(pair.other.link));
    assert_false(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
}

/* The HELLO of a session comes again, to the next life of the neighbour, which lost its own
 * record. */
static void repeat_hello_to_next_life(void)
{
    pair_kept_t kept;
    message_t hello;
    link_connected(pair.one.link, pair.now_ns);
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &hello));
    pair_keep(&hello, &kept);
    link_take(pair.other.link, &hello, pair.now_ns, pair.now_ns);
    link_sent(pair.one.link, pair.now_ns);
    pair_carry_answers(&pair.other, &pair.one);
    link_connected(pair.other.link, pair.now_ns);
    pair_put(&pair.other, "its-own", "1");
    pair_carry(&pair.other, &pair.one);
    pair_carry(&pair.one, &pair.other);
    pair_stop_end(&pair.other);
    pair_start_end(&pair.other, "Other", "One", 'c');
    assert_int_equal(link_take(pair.other.link, &hello, pair.now_ns, pair.now_ns), LINK_OPENED);
}

/* The sender takes it for the life before, which had that record. */
static void data_for_an_earlier_life_is_not_taken(void **state)
{
    (void)state;
    message_t message;
    repeat_hello_to_next_life();
    assert_true(
        link_next_answer(pair.other.link, pair.now_ns, pair.now_ns, &message)); /* WANT: lost */
    pair_put(&pair.one, "kiwi", "1");
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "its-own", "1"));
    assert_true(pair_has(&pair.other, "kiwi", "1"));
}

/* Or WANT comes too late: DATA was on its way already. */
static void nor_before_its_want_has_come(void **state)
{
    (void)state;
    message_t message;
    repeat_hello_to_next_life();
    pair_put(&pair.one, "kiwi", "1");
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
    link_sent(pair.one.link, pair.now_ns);
    assert_false(pair_has(&pair.other, "kiwi", "1"));
    pair_carry_answers(&pair.other, &pair.one);
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "its-own", "1"));
    assert_true(pair_has(&pair.other, "kiwi", "1"));
}

#define link_test(name) cmocka_unit_test_setup_teardown(name, pair_open, pair_close)

/* R6: each link has a mark of its own while there are any; one that is given back serves again. */
static void marks_are_given_out_and_taken_back(void **state)
{
    (void)state;
    link_group_t group = {0};
    for (unsigned i = 0; i < LIMIT_MARKED_NEIGHBOURS; i++) {
        assert_int_equal(link_group_take_mark(&group), i);
    }
    assert_int_equal(link_group_take_mark(&group), LIMIT_MARKED_NEIGHBOURS);
    link_group_give_mark(&group, LIMIT_MARKED_NEIGHBOURS); /* not a mark: no effect */
    assert_int_equal(link_group_take_mark(&group), LIMIT_MARKED_NEIGHBOURS);
    link_group_give_mark(&group, 5);
    link_group_give_mark(&group, LIMIT_MARKED_NEIGHBOURS - 1);
    assert_int_equal(link_group_take_mark(&group), 5);
    assert_int_equal(link_group_take_mark(&group), LIMIT_MARKED_NEIGHBOURS - 1);
    assert_int_equal(link_group_take_mark(&group), LIMIT_MARKED_NEIGHBOURS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        link_test(records_flow_when_the_link_is_up),
        link_test(what_came_from_the_neighbour_is_not_sent_back),
        link_test(a_reconnected_neighbour_gets_only_what_it_missed),
        link_test(a_restarted_neighbour_gets_everything_back),
        link_test(what_an_earlier_life_sent_is_sent_to_the_next),
        link_test(a_new_generation_asks_for_a_new_connection),
        link_test(a_connection_that_does_not_come_up_is_made_anew_at_a_hello),
        link_test(crossing_hellos_do_not_undo_each_other_for_ever),
        link_test(a_new_generation_is_noticed_however_soon_it_comes),
        link_test(a_hello_of_the_same_life_leaves_the_connection_alone),
        link_test(a_gap_is_asked_for_again_once),
        link_test(a_message_that_did_not_leave_is_made_again),
        link_test(an_unknown_session_is_reset_and_opens_anew),
        link_test(another_herd_is_refused),
        link_test(silence_is_noticed),
        link_test(the_window_bounds_what_is_under_way),
        link_test(a_value_that_changes_while_it_waits_is_sent_once),
        link_test(malformed_records_cost_only_themselves),
        link_test(without_room_there_is_no_checkpoint),
        link_test(records_too_long_for_a_store_are_refused),
        link_test(malformed_messages_are_counted_and_dropped),
        link_test(a_malformed_hello_leaves_the_session_alone),
        link_test(a_repeated_hello_changes_nothing),
        link_test(a_heartbeat_under_way_leaves_the_link_level),
        link_test(malformed_answers_are_counted_and_dropped),
        link_test(catching_up_is_known),
        link_test(one_that_needs_nothing_is_told_so_at_once),
        link_test(data_for_an_earlier_life_is_not_taken),
        link_test(nor_before_its_want_has_come),
        cmocka_unit_test(marks_are_given_out_and_taken_back),
    };
    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
