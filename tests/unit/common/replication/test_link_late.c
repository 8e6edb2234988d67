/* What comes late over a link: acknowledgements that may (B5), and audits that did (B14). */
#include "common/replication/link.h"

#include "common/base/timestamp.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/link_pair.h"

#include <stdio.h>
#include <string.h>

enum { HELD_NS = 20 * TIMESTAMP_NS_PER_MS };

/* Both links are up, and `one` waits for no acknowledgement. */
static void connect_without_promises(void)
{
    pair_connect();
    link_await_acks(pair.one.link, false);
}

/* Sends one DATA with a new record to `other`; its header is in `header`, with a zero. */
static void send_record(const char *client, char header[LIMIT_HEADER_SIZE])
{
    message_t message;
    pair_put(&pair.one, client, "1");
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_DATA);
    snprintf(header, LIMIT_HEADER_SIZE, "%.*s", (int)message.header.size, message.header.data);
    link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
    link_sent(pair.one.link, pair.now_ns);
    assert_true(pair_has(&pair.other, client, "1"));
}

static bool says(const char *header, const char *word)
{
    return strstr(header, word) != NULL;
}

static void an_ack_that_is_not_awaited_is_held_back(void **state)
{
    (void)state;
    char header[LIMIT_HEADER_SIZE];
    connect_without_promises();
    send_record("probed", header); /* the first one of a second asks for the clock */
    assert_true(says(header, " probe ") && !says(header, " late"));
    assert_true(pair_carry_answers(&pair.other, &pair.one));
    send_record("kiwi", header);
    assert_true(says(header, " level late"));
    pair.now_ns += HELD_NS - 1;
    assert_false(pair_carry_answers(&pair.other, &pair.one));
    assert_false(link_is_level(pair.one.link));
    pair.now_ns++;
    assert_true(pair_carry_answers(&pair.other, &pair.one));
    assert_true(link_is_level(pair.one.link));
    assert_false(pair_carry_answers(&pair.other, &pair.one));
}

/* The third DATA under way is acknowledged at once, with all before it: the window never fills
 * up. */
static void few_are_held_back(void **state)
{
    (void)state;
    char header[LIMIT_HEADER_SIZE];
    connect_without_promises();
    send_record("probed", header);
    pair_carry_answers(&pair.other, &pair.one);
    send_record("one", header);
    send_record("two", header);
    assert_true(says(header, " late"));
    assert_int_equal(link_unacknowledged(pair.one.link), 2);
    send_record("three", header);
    assert_false(says(header, " late"));
    memset(pair.carried, 0, sizeof pair.carried);
    assert_true(pair_carry_answers(&pair.other, &pair.one));
    assert_int_equal(pair.carried[MESSAGE_ACK], 1);
    assert_true(link_is_level(pair.one.link));
    pair.now_ns += HELD_NS;
    assert_false(pair_carry_answers(&pair.other, &pair.one));
}

/* With `acknowledge = "peers N"`, and what was held back before it was set with the next. */
static void what_a_promise_waits_for_is_acknowledged_at_once(void **state)
{
    (void)state;
    char header[LIMIT_HEADER_SIZE];
    connect_without_promises();
    send_record("probed", header);
    pair_carry_answers(&pair.other, &pair.one);
    send_record("before", header);
    link_await_acks(pair.one.link, true);
    send_record("promised", header);
    assert_false(says(header, " late"));
    assert_true(pair_carry_answers(&pair.other, &pair.one));
    assert_int_equal(link_held(pair.one.link), store_tail(pair.one.store));
}

/* A member of before: its WANT does not say that it knows the word. */
static void who_does_not_know_it_is_not_told(void **state)
{
    (void)state;
    message_t message;
    link_await_acks(pair.one.link, false);
    pair_say_hello(&pair.one, &pair.other);
    assert_true(link_next_answer(pair.other.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_WANT);
    message.body = TEXT("version 1\ngeneration bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"
                        "digest xxh3-128\nsince none\n");
    assert_int_equal(link_take_answer(pair.one.link, &message, pair.now_ns), LINK_UP);
    char header[LIMIT_HEADER_SIZE];
    send_record("kiwi", header);
    assert_true(says(header, " level") && !says(header, " late"));
    assert_true(pair_carry_answers(&pair.other, &pair.one));
}

/* `other` holds an ACK back. */
static void hold_back(void)
{
    char header[LIMIT_HEADER_SIZE];
    connect_without_promises();
    send_record("probed", header);
    pair_carry_answers(&pair.other, &pair.one);
    send_record("kiwi", header);
    assert_true(says(header, " late"));
    memset(pair.carried, 0, sizeof pair.carried);
}

static void what_is_held_back_ends_with_the_connection(void **state)
{
    (void)state;
    hold_back();
    link_lost(pair.other.link);
    pair.now_ns += HELD_NS;
    assert_false(pair_carry_answers(&pair.other, &pair.one));
}

/* R16: RESET is all that it says of a session which it has opened anew. */
static void what_is_held_back_ends_with_its_session(void **state)
{
    (void)state;
    hold_back();
    link_compare_anew(pair.other.link);
    pair.now_ns += HELD_NS;
    assert_true(pair_carry_answers(&pair.other, &pair.one));
    assert_int_equal(pair.carried[MESSAGE_RESET], 1);
    assert_int_equal(pair.carried[MESSAGE_ACK], 0);
}

/* Whether an AUDIT of that tail, with a root that is not that of `other`, has it compare. */
static bool audit_has_it_compare(const char *session, uint64_t tail)
{
    char header[LIMIT_HEADER_SIZE];
    snprintf(header, sizeof header, "%s %llu", session, (unsigned long long)tail);
    message_t message = {.type = MESSAGE_AUDIT,
                         .header = text_of(header),
                         .body = TEXT("root 0123456789abcdef0123456789abcdef\n")};
    assert_int_equal(link_take(pair.other.link, &message, pair.now_ns, pair.now_ns), LINK_NOTHING);
    assert_true(store_digest_step(pair.other.store, SIZE_MAX));
    bool compares = false;
    while (link_next_answer(pair.other.link, pair.now_ns, pair.now_ns, &message)) {
        compares = compares || message.type == MESSAGE_COMPARE;
    }
    return compares;
}

static void an_audit_that_comes_late_decides_nothing(void **state)
{
    (void)state;
    char session[LIMIT_HEADER_SIZE];
    pair_connect();
    send_record("kiwi", session);
    session[strcspn(session, " ")] = '\0';
    pair_carry_answers(&pair.other, &pair.one);
    pair_carry(&pair.other, &pair.one); /* it has nothing to send either */
    uint64_t tail = store_tail(pair.one.store);
    assert_false(audit_has_it_compare(session, tail - 1));
    assert_false(audit_has_it_compare(session, tail + 1)); /* its DATA is still under way */
    assert_true(audit_has_it_compare(session, tail));
}

/* Answers of `other`; a record comes to `one` before it hears of a comparison. */
static void carry_answers_with_news(bool *ret_news)
{
    message_t message;
    while (link_next_answer(pair.other.link, pair.now_ns, pair.now_ns, &message)) {
        if (message.type == MESSAGE_COMPARE && !*ret_news) {
            pair_put(&pair.one, "news", "2");
            *ret_news = true;
        }
        link_take_answer(pair.one.link, &message, pair.now_ns);
    }
}

/* R15: only what was missing when the AUDIT was made. */
static void what_comes_while_an_audit_compares_is_not_counted(void **state)
{
    (void)state;
    bool news = false;
    pair_put(&pair.one, "old", "1");
    pair_fill(&pair.one, 100, "2");
    pair_connect();
    assert_int_equal(store_purge(pair.other.store, 2 * SECOND, 2048), 1);
    for (int second = 0; second < 60 && !pair_has(&pair.other, "old", "1"); second++) {
        message_t message;
        pair.now_ns += SECOND;
        for (int turn = 0; turn < 20; turn++) {
            carry_answers_with_news(&news);
            (void)store_digest_step(pair.one.store, SIZE_MAX);
            (void)store_digest_step(pair.other.store, SIZE_MAX);
            while (link_next(pair.one.link, pair.now_ns, pair.now_ns, &message)) {
                link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
                link_sent(pair.one.link, pair.now_ns);
            }
        }
        pair_carry(&pair.other, &pair.one);
    }
    assert_true(news);
    assert_true(pair_has(&pair.other, "old", "1"));
    assert_true(pair_has(&pair.other, "news", "2"));
    assert_int_equal(link_counters(pair.other.link)->repaired, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_ack_that_is_not_awaited_is_held_back, pair_open,
                                        pair_close),
        cmocka_unit_test_setup_teardown(few_are_held_back, pair_open, pair_close),
        cmocka_unit_test_setup_teardown(what_a_promise_waits_for_is_acknowledged_at_once, pair_open,
                                        pair_close),
        cmocka_unit_test_setup_teardown(who_does_not_know_it_is_not_told, pair_open, pair_close),
        cmocka_unit_test_setup_teardown(what_is_held_back_ends_with_the_connection, pair_open,
                                        pair_close),
        cmocka_unit_test_setup_teardown(what_is_held_back_ends_with_its_session, pair_open,
                                        pair_close),
        cmocka_unit_test_setup_teardown(an_audit_that_comes_late_decides_nothing, pair_open,
                                        pair_close),
        cmocka_unit_test_setup_teardown(what_comes_while_an_audit_compares_is_not_counted,
                                        pair_open, pair_close),
    };
    return cmocka_run_group_tests_name("link_late", tests, NULL, NULL);
}
