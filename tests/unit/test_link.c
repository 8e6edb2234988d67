/* One link, both ends in one process, messages carried by hand (node/link.h). */
#include "node/link.h"

#include "common/limits.h"
#include "common/memory.h"
#include "common/timestamp.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/records.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND TIMESTAMP_NS_PER_S

/* A member with a single neighbour. */
typedef struct {
    const char *name;
    generation_t generation;
    store_t *store;
    link_t *link;
} end_t;

/* Two members; `now_ns` is the time of everything. */
typedef struct {
    end_t one;
    end_t other;
    int64_t now_ns;
    unsigned data_messages; /* DATA that was carried */
    unsigned naks;
} pair_t;

static pair_t pair;

static void make_link(end_t *end, const char *neighbour, const char *herd)
{
    link_identity_t identity = {.herd = text_of(herd),
                                .member = text_of(end->name),
                                .neighbour = text_of(neighbour),
                                .generation = end->generation,
                                .mark = 3};
    link_destroy(&end->link);
    end->link = link_new(&identity, end->store);
    link_disconnected(end->link, pair.now_ns);
}

static void start_end(end_t *end, const char *name, const char *neighbour, char generation)
{
    end->name = name;
    memset(end->generation.hex, generation, GENERATION_SIZE);
    end->store = store_new(100000, 1);
    make_link(end, neighbour, "herd");
}

static int open_pair(void **state)
{
    (void)state;
    memset(&pair, 0, sizeof pair);
    pair.now_ns = 1000 * SECOND;
    start_end(&pair.one, "One", "Other", 'a');
    start_end(&pair.other, "Other", "One", 'b');
    return 0;
}

static void stop_end(end_t *end)
{
    link_destroy(&end->link);
    store_destroy(&end->store);
}

static int close_pair(void **state)
{
    (void)state;
    stop_end(&pair.one);
    stop_end(&pair.other);
    return 0;
}

/* Carries all answers of `receiver` back to `sender`. */
static bool carry_answers(end_t *receiver, end_t *sender)
{
    message_t message;
    bool any = false;
    while (link_next_answer(receiver->link, &message)) {
        any = true;
        pair.naks += message.type == MESSAGE_NAK ? 1 : 0;
        link_take_answer(sender->link, &message, pair.now_ns);
    }
    return any;
}

/* Carries what `sender` has to say, and the answers, until it is silent. */
static void carry(end_t *sender, end_t *receiver)
{
    message_t message;
    bool any = true;
    while (any) {
        any = false;
        while (link_next(sender->link, pair.now_ns, pair.now_ns, &message)) {
            any = true;
            pair.data_messages += message.type == MESSAGE_DATA ? 1 : 0;
            link_take(receiver->link, &message, pair.now_ns, pair.now_ns);
            link_sent(sender->link, pair.now_ns);
        }
        any = carry_answers(receiver, sender) || any;
    }
}

static void connect_both(void)
{
    link_connected(pair.one.link, pair.now_ns);
    link_connected(pair.other.link, pair.now_ns);
    carry(&pair.one, &pair.other);
    carry(&pair.other, &pair.one);
}

static void put(end_t *end, const char *client, const char *time)
{
    record_t record = record_for_test(client, time, end->name, 1);
    assert_int_equal(store_merge(end->store, &record, 0), STORE_NEWER);
}

static bool has(const end_t *end, const char *client, const char *time)
{
    record_t record;
    return store_find(end->store, text_of(client), &record) &&
           text_equal(record.client_time, text_of(time));
}

static void records_flow_when_the_link_is_up(void **state)
{
    (void)state;
    put(&pair.one, "early", "1");
    assert_false(link_is_up(pair.one.link));
    connect_both();
    assert_true(link_is_up(pair.one.link));
    assert_true(has(&pair.other, "early", "1"));
    put(&pair.one, "late", "1");
    assert_false(link_is_level(pair.one.link));
    assert_int_equal(link_lag(pair.one.link), 1);
    carry(&pair.one, &pair.other);
    assert_true(has(&pair.other, "late", "1"));
    assert_true(link_is_level(pair.one.link));
    assert_int_equal(link_lag(pair.one.link), 0);
    assert_int_equal(link_counters(pair.one.link)->sent, 2);
    assert_int_equal(link_counters(pair.other.link)->newer, 2);
}

static void what_came_from_the_neighbour_is_not_sent_back(void **state)
{
    (void)state;
    connect_both();
    put(&pair.one, "kiwi", "1");
    carry(&pair.one, &pair.other);
    carry(&pair.other, &pair.one);
    assert_int_equal(link_counters(pair.one.link)->received, 0);
    /* But the next change is. */
    put(&pair.other, "kiwi", "2");
    carry(&pair.other, &pair.one);
    assert_true(has(&pair.one, "kiwi", "2"));
    assert_int_equal(link_counters(pair.one.link)->received, 1);
}

static void fill(end_t *end, int count, const char *time)
{
    char client[24];
    for (int i = 0; i < count; i++) {
        snprintf(client, sizeof client, "client%d", i);
        put(end, client, time);
    }
}

static void reconnect_both(void)
{
    pair.now_ns += SECOND;
    link_disconnected(pair.one.link, pair.now_ns);
    link_disconnected(pair.other.link, pair.now_ns);
}

static void a_reconnected_neighbour_gets_only_what_it_missed(void **state)
{
    (void)state;
    fill(&pair.one, 5000, "1");
    connect_both();
    assert_int_equal(store_count(pair.other.store), 5000);
    reconnect_both();
    fill(&pair.one, 10, "2");
    connect_both();
    assert_true(has(&pair.other, "client9", "2"));
    assert_int_equal(link_counters(pair.one.link)->sent, 5010);
}

/* The neighbour forgot everything: marks of its earlier life must not keep its own records from it. */
static void a_restarted_neighbour_gets_everything_back(void **state)
{
    (void)state;
    connect_both();
    put(&pair.other, "its-own", "1");
    put(&pair.one, "ours", "1");
    carry(&pair.other, &pair.one);
    carry(&pair.one, &pair.other);
    stop_end(&pair.other);
    start_end(&pair.other, "Other", "One", 'c');
    reconnect_both();
    connect_both();
    assert_true(has(&pair.other, "its-own", "1"));
    assert_true(has(&pair.other, "ours", "1"));
}

/* Records of the earlier life that were still on their way when the next one asked for ours. */
static void what_an_earlier_life_sent_is_sent_to_the_next(void **state)
{
    (void)state;
    char header[LIMIT_HEADER_SIZE];
    char body[LIMIT_HEADER_SIZE];
    message_t message;
    connect_both();
    put(&pair.other, "its-own", "1");
    assert_true(link_next(pair.other.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_DATA);
    message.header.size = (size_t)(text_copy(message.header, header) - header);
    message.body.size = (size_t)(text_copy(message.body, body) - body);
    message.header.data = header;
    message.body.data = body;
    stop_end(&pair.other);
    start_end(&pair.other, "Other", "One", 'c');
    link_disconnected(pair.one.link, pair.now_ns);
    link_connected(pair.one.link, pair.now_ns);
    carry(&pair.one, &pair.other);
    assert_true(link_is_up(pair.one.link));
    assert_int_equal(link_take(pair.one.link, &message, pair.now_ns, pair.now_ns), LINK_NOTHING);
    assert_true(has(&pair.one, "its-own", "1"));
    carry(&pair.one, &pair.other);
    assert_true(has(&pair.other, "its-own", "1"));
}

static link_event_t say_hello(end_t *sender, end_t *receiver)
{
    message_t message;
    link_connected(sender->link, pair.now_ns);
    assert_true(link_next(sender->link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_HELLO);
    link_event_t event = link_take(receiver->link, &message, pair.now_ns, pair.now_ns);
    link_sent(sender->link, pair.now_ns);
    return event;
}

static void a_new_generation_asks_for_a_new_connection(void **state)
{
    (void)state;
    connect_both();
    stop_end(&pair.other);
    start_end(&pair.other, "Other", "One", 'c');
    /* However short its first life was. */
    assert_int_equal(say_hello(&pair.other, &pair.one), LINK_RESTARTED);
    /* Not for each HELLO of a flood of them. */
    link_disconnected(pair.one.link, pair.now_ns);
    link_disconnected(pair.other.link, pair.now_ns);
    assert_int_equal(say_hello(&pair.other, &pair.one), LINK_OPENED);
}

static void a_connection_that_does_not_come_up_is_made_anew_at_a_hello(void **state)
{
    (void)state;
    pair.now_ns += SECOND / 10;
    assert_int_equal(say_hello(&pair.other, &pair.one), LINK_OPENED);
    link_disconnected(pair.other.link, pair.now_ns);
    pair.now_ns += SECOND;
    assert_int_equal(say_hello(&pair.other, &pair.one), LINK_RESTARTED);
}

/* Both start at the same instant, a third of a second from each other. */
static void crossing_hellos_do_not_undo_each_other_for_ever(void **state)
{
    (void)state;
    end_t *ends[] = {&pair.one, &pair.other};
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

/* As in a herd that is restarted member by member: waiting for the next heartbeat would be too late. */
static void a_new_generation_is_noticed_however_soon_it_comes(void **state)
{
    (void)state;
    connect_both();
    stop_end(&pair.other);
    start_end(&pair.other, "Other", "One", 'c');
    assert_int_equal(say_hello(&pair.other, &pair.one), LINK_RESTARTED);
}

static void a_hello_of_the_same_life_leaves_the_connection_alone(void **state)
{
    (void)state;
    connect_both();
    pair.now_ns += SECOND;
    link_disconnected(pair.other.link, pair.now_ns);
    assert_int_equal(say_hello(&pair.other, &pair.one), LINK_OPENED);
}

static void a_gap_is_asked_for_again_once(void **state)
{
    (void)state;
    message_t message;
    connect_both();
    put(&pair.one, "lost", "1");
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    link_sent(pair.one.link, pair.now_ns); /* and never arrives */
    pair.naks = 0;
    for (int i = 0; i < 3; i++) {
        put(&pair.one, i == 0 ? "x" : i == 1 ? "y" : "z", "1");
        assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
        link_event_t event = link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
        assert_int_equal(event, i == 0 ? LINK_GAP : LINK_NOTHING);
        link_sent(pair.one.link, pair.now_ns);
    }
    assert_false(has(&pair.other, "x", "1"));
    carry_answers(&pair.other, &pair.one);
    assert_int_equal(pair.naks, 1);
    carry(&pair.one, &pair.other);
    assert_true(has(&pair.other, "lost", "1"));
    assert_true(has(&pair.other, "z", "1"));
    assert_true(link_is_level(pair.one.link));
}

static void a_message_that_did_not_leave_is_made_again(void **state)
{
    (void)state;
    message_t message;
    connect_both();
    put(&pair.one, "a", "1");
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    link_unsent(pair.one.link);
    put(&pair.one, "a", "2");
    carry(&pair.one, &pair.other);
    assert_true(has(&pair.other, "a", "2"));
    assert_int_equal(link_counters(pair.other.link)->received, 1);
}

static void an_unknown_session_is_reset_and_opens_anew(void **state)
{
    (void)state;
    message_t message;
    connect_both();
    make_link(&pair.other, "One", "herd"); /* it forgot the session, not its store */
    put(&pair.one, "kiwi", "1");
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
    link_sent(pair.one.link, pair.now_ns);
    assert_false(has(&pair.other, "kiwi", "1"));
    assert_true(link_next_answer(pair.other.link, &message));
    assert_int_equal(message.type, MESSAGE_RESET);
    assert_int_equal(link_take_answer(pair.one.link, &message, pair.now_ns), LINK_RESET);
    carry(&pair.one, &pair.other);
    assert_true(has(&pair.other, "kiwi", "1"));
}

static void another_herd_is_refused(void **state)
{
    (void)state;
    message_t message;
    make_link(&pair.one, "Other", "flock");
    put(&pair.one, "kiwi", "1");
    assert_int_equal(say_hello(&pair.one, &pair.other), LINK_HERD_DIFFERS);
    assert_true(link_next_answer(pair.other.link, &message));
    assert_int_equal(message.type, MESSAGE_REFUSED);
    assert_int_equal(link_take_answer(pair.one.link, &message, pair.now_ns), LINK_REFUSED);
    assert_text_equal(link_reason(pair.one.link), "this member is of herd herd");
    assert_false(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_false(has(&pair.other, "kiwi", "1"));
}

static void silence_is_noticed(void **state)
{
    (void)state;
    message_t message;
    connect_both();
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
    connect_both();
    fill(&pair.one, 20000, "1");
    unsigned under_way = 0;
    while (link_next(pair.one.link, pair.now_ns, pair.now_ns, &message)) {
        assert_true(message.body.size < 65536 + 300);
        link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
        link_sent(pair.one.link, pair.now_ns);
        under_way++;
    }
    assert_int_equal(under_way, 8);
    assert_false(link_is_due(pair.one.link, pair.now_ns));
    carry_answers(&pair.other, &pair.one); /* one ACK for all of them */
    carry(&pair.one, &pair.other);
    assert_int_equal(store_count(pair.other.store), 20000);
}

static void a_value_that_changes_while_it_waits_is_sent_once(void **state)
{
    (void)state;
    char time[16];
    connect_both();
    for (int i = 1; i <= 1000; i++) {
        snprintf(time, sizeof time, "%d", i);
        put(&pair.one, "kiwi", time);
    }
    assert_int_equal(link_lag(pair.one.link), 1);
    carry(&pair.one, &pair.other);
    assert_true(has(&pair.other, "kiwi", "1000"));
    assert_int_equal(link_counters(pair.other.link)->received, 1);
}

static void malformed_records_cost_only_themselves(void **state)
{
    (void)state;
    connect_both();
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

/* A record that only a store would choke on: fields as long as they may be, each by itself. */
static void records_too_long_for_a_store_are_refused(void **state)
{
    (void)state;
    connect_both();
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
    static const struct {
        message_type_t type;
        const char *header;
        const char *body;
    } cases[] = {
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
    const size_t count = sizeof cases / sizeof cases[0];
    connect_both();
    for (size_t i = 0; i < count; i++) {
        message_t message = {.type = cases[i].type,
                             .header = text_of(cases[i].header),
                             .body = text_of(cases[i].body)};
        link_event_t event = link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
        assert_int_equal(event, LINK_BAD);
    }
    assert_int_equal(link_counters(pair.other.link)->bad_messages, count);
    assert_int_equal(store_count(pair.other.store), 0);
}

/* It is dropped whole: not even its session number stays (bus-protocol.md, M3). */
static void a_malformed_hello_leaves_the_session_alone(void **state)
{
    (void)state;
    message_t hello = {
        .type = MESSAGE_HELLO,
        .header = TEXT("99"),
        .body = TEXT("versions 1\nherd herd\nname One\ngeneration "
                     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\ntail 0\nclock -9223372036854775808\n"),
    };
    connect_both();
    assert_int_equal(link_take(pair.other.link, &hello, pair.now_ns, pair.now_ns), LINK_BAD);
    put(&pair.one, "kiwi", "1");
    carry(&pair.one, &pair.other);
    assert_true(has(&pair.other, "kiwi", "1"));
    assert_int_equal(link_counters(pair.one.link)->bad_messages, 0);
    assert_true(link_is_level(pair.one.link));
    message_t message;
    pair.now_ns += SECOND;
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_DATA); /* no new HELLO was needed */
    assert_true(message.header.size > 2 && memcmp(message.header.data, "1 ", 2) == 0);
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
    connect_both();
    for (size_t i = 0; i < count; i++) {
        message_t message = {.type = cases[i].type,
                             .header = text_of(cases[i].header),
                             .body = text_of(cases[i].body)};
        assert_int_equal(link_take_answer(pair.one.link, &message, pair.now_ns), LINK_BAD);
    }
    assert_int_equal(link_counters(pair.one.link)->bad_messages, count);
    put(&pair.one, "still", "1");
    carry(&pair.one, &pair.other);
    assert_true(has(&pair.other, "still", "1"));
}

static void catching_up_is_known(void **state)
{
    (void)state;
    message_t message;
    put(&pair.one, "kiwi", "1");
    assert_false(link_has_heard(pair.other.link));
    assert_int_equal(say_hello(&pair.one, &pair.other), LINK_OPENED);
    assert_true(link_has_heard(pair.other.link));
    assert_false(link_has_caught_up(pair.other.link));
    /* One that answers our HELLO is there, though it has not said its own yet. */
    assert_false(link_has_heard(pair.one.link));
    carry_answers(&pair.other, &pair.one);
    assert_true(link_has_heard(pair.one.link));
    assert_false(link_has_caught_up(pair.one.link));
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
    assert_true(link_has_caught_up(pair.other.link));
}

#define link_test(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

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
        link_test(records_too_long_for_a_store_are_refused),
        link_test(malformed_messages_are_counted_and_dropped),
        link_test(a_malformed_hello_leaves_the_session_alone),
        link_test(malformed_answers_are_counted_and_dropped),
        link_test(catching_up_is_known),
    };
    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
