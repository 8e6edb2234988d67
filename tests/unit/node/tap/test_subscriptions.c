/* subscriptions: what a tap's subscribers want, from whatever they send. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "node/tap/subscriptions.h"
#include "tests/support/cmocka_herd.h"

#include <stdio.h>
#include <stdlib.h>

#define BIT(kind) PUBLICATION_BIT(PUBLICATION_##kind)

/* Literals: what a XPUB delivers. */
#define SUBSCRIBE(prefix) TEXT("\x01" prefix)
#define CANCEL(prefix)    TEXT("\x00" prefix)

static subscriptions_outcome_t subscribe(subscriptions_t *self, unsigned number, size_t size)
{
    char *message = memory_new(size + 1);
    char digits[16];
    int count = snprintf(digits, sizeof digits, "%08u", number);
    message[0] = 1;
    memset(message + 1, 'x', size);
    memcpy(message + 1, digits, (size_t)count);
    subscriptions_outcome_t outcome =
        subscriptions_take(self, (text_t){.data = message, .size = size + 1});
    free(message);
    return outcome;
}

/* What is appended to an empty meta frame. */
static void expect_counts(subscriptions_t *self, text_t topic, const char *counts)
{
    buffer_t meta;
    buffer_init(&meta, LIMIT_TAP_META_SIZE);
    assert_true(subscriptions_match(self, topic) == (counts[0] != '\0'));
    subscriptions_number(self, topic, &meta);
    assert_text_equal(buffer_text(&meta), counts);
    buffer_done(&meta);
}

static void kinds_follow_the_subscriptions(void **state)
{
    (void)state;
    subscriptions_t *self = subscriptions_new();
    assert_int_equal(subscriptions_kinds(self), 0);
    assert_int_equal(subscriptions_take(self, SUBSCRIBE("in/Hands/")), SUBSCRIPTIONS_OPENED);
    assert_int_equal(subscriptions_take(self, SUBSCRIBE("re")), SUBSCRIPTIONS_OPENED);
    assert_int_equal(subscriptions_take(self, SUBSCRIBE("nothing")), SUBSCRIPTIONS_OPENED);
    assert_int_equal(subscriptions_kinds(self), BIT(IN) | BIT(REQUEST) | BIT(REPLY));
    assert_int_equal(subscriptions_count(self), 3);
    assert_int_equal(subscriptions_take(self, CANCEL("re")), SUBSCRIPTIONS_CLOSED);
    assert_int_equal(subscriptions_kinds(self), BIT(IN));
    assert_int_equal(subscriptions_take(self, SUBSCRIBE("")), SUBSCRIPTIONS_OPENED);
    assert_int_equal(subscriptions_kinds(self), PUBLICATION_ALL);
    subscriptions_clear(self);
    assert_int_equal(subscriptions_kinds(self), 0);
    assert_int_equal(subscriptions_count(self), 0);
    subscriptions_destroy(&self);
    subscriptions_destroy(&self);
}

/* T5 */
static void each_subscription_has_its_own_count(void **state)
{
    (void)state;
    subscriptions_t *self = subscriptions_new();
    (void)subscriptions_take(self, SUBSCRIBE(""));
    (void)subscriptions_take(self, SUBSCRIBE("in/Hands/"));
    (void)subscriptions_take(self, SUBSCRIBE("apply/kiwi"));
    expect_counts(self, TEXT("in/Hands/DATA"), " 0.1.1 9.2.1");
    expect_counts(self, TEXT("in/Holiday/DATA"), " 0.1.2");
    expect_counts(self, TEXT("in/Hands/DATA"), " 0.1.3 9.2.2");
    expect_counts(self, TEXT("apply/kiwi2"), " 0.1.4 10.3.1");
    expect_counts(self, TEXT("apply/kiw"), " 0.1.5");
    subscriptions_destroy(&self);
}

/* T5: a subscription that ended does not go on where it was. */
static void a_new_opening_counts_anew(void **state)
{
    (void)state;
    subscriptions_t *self = subscriptions_new();
    (void)subscriptions_take(self, SUBSCRIBE("in/"));
    expect_counts(self, TEXT("in/A/ACK"), " 3.1.1");
    (void)subscriptions_take(self, CANCEL("in/"));
    expect_counts(self, TEXT("in/A/ACK"), "");
    (void)subscriptions_take(self, SUBSCRIBE("in/"));
    expect_counts(self, TEXT("in/A/ACK"), " 3.2.1");
    subscriptions_clear(self);
    (void)subscriptions_take(self, SUBSCRIBE("in/"));
    expect_counts(self, TEXT("in/A/ACK"), " 3.3.1");
    subscriptions_destroy(&self);
}

static void what_is_no_subscription_changes_nothing(void **state)
{
    (void)state;
    subscriptions_t *self = subscriptions_new();
    assert_int_equal(subscriptions_take(self, SUBSCRIBE("in/")), SUBSCRIPTIONS_OPENED);
    assert_int_equal(subscriptions_take(self, TEXT("")), SUBSCRIPTIONS_IGNORED);
    assert_int_equal(subscriptions_take(self, TEXT("\x02in/")), SUBSCRIPTIONS_IGNORED);
    assert_int_equal(subscriptions_take(self, TEXT("1out/")), SUBSCRIPTIONS_IGNORED);
    assert_int_equal(subscriptions_take(self, TEXT("\xff")), SUBSCRIPTIONS_IGNORED);
    assert_int_equal(subscriptions_take(self, SUBSCRIBE("in/")), SUBSCRIPTIONS_IGNORED);
    assert_int_equal(subscriptions_take(self, CANCEL("out/")), SUBSCRIPTIONS_IGNORED);
    assert_int_equal(subscriptions_take(self, CANCEL("")), SUBSCRIPTIONS_IGNORED);
    assert_int_equal(subscriptions_count(self), 1);
    expect_counts(self, TEXT("in/A/ACK"), " 3.1.1");
    subscriptions_destroy(&self);
}

/* T8 */
static void prefixes_have_a_longest(void **state)
{
    (void)state;
    subscriptions_t *self = subscriptions_new();
    assert_int_equal(subscribe(self, 1, LIMIT_TAP_PREFIX_SIZE), SUBSCRIPTIONS_OPENED);
    assert_int_equal(subscribe(self, 2, LIMIT_TAP_PREFIX_SIZE + 1), SUBSCRIPTIONS_IGNORED);
    assert_int_equal(subscriptions_count(self), 1);
    subscriptions_destroy(&self);
}

static void there_are_so_many_at_most(void **state)
{
    (void)state;
    subscriptions_t *self = subscriptions_new();
    for (unsigned i = 0; i < LIMIT_TAP_SUBSCRIPTIONS; i++) {
        assert_int_equal(subscribe(self, i, 8), SUBSCRIPTIONS_OPENED);
    }
    assert_int_equal(subscribe(self, LIMIT_TAP_SUBSCRIPTIONS, 8), SUBSCRIPTIONS_FULL);
    assert_int_equal(subscriptions_count(self), LIMIT_TAP_SUBSCRIPTIONS);
    assert_int_equal(subscriptions_take(self, TEXT("\x00"
                                                   "00000007")),
                     SUBSCRIPTIONS_CLOSED);
    assert_int_equal(subscribe(self, LIMIT_TAP_SUBSCRIPTIONS, 8), SUBSCRIPTIONS_OPENED);
    subscriptions_destroy(&self);
}

/* Those that are ignored take memory of ZeroMQ's all the same. */
static void long_ones_count_by_their_bytes(void **state)
{
    (void)state;
    enum { SIZE = 2048 };
    subscriptions_t *self = subscriptions_new();
    for (unsigned i = 0; i < LIMIT_TAP_SUBSCRIPTIONS_SIZE / SIZE; i++) {
        assert_int_equal(subscribe(self, i, SIZE), SUBSCRIPTIONS_IGNORED);
    }
    assert_int_equal(subscribe(self, SIZE, SIZE), SUBSCRIPTIONS_FULL);
    assert_int_equal(subscriptions_take(self, SUBSCRIBE("a")), SUBSCRIPTIONS_FULL);
    char message[SIZE + 1];
    memset(message, 'x', sizeof message);
    memcpy(message,
           "\0"
           "00000000",
           9);
    assert_int_equal(subscriptions_take(self, (text_t){.data = message, .size = sizeof message}),
                     SUBSCRIPTIONS_IGNORED);
    assert_int_equal(subscriptions_take(self, SUBSCRIBE("a")), SUBSCRIPTIONS_OPENED);
    subscriptions_destroy(&self);
}

/* A topic can match one prefix of each length: the counts of all of them fit into a meta frame. */
static void a_topic_with_all_prefixes_fits(void **state)
{
    (void)state;
    subscriptions_t *self = subscriptions_new();
    char topic[LIMIT_TAP_PREFIX_SIZE + 1];
    buffer_t meta;
    topic[0] = 1;
    memset(topic + 1, 'x', sizeof topic - 1);
    for (size_t size = 0; size <= LIMIT_TAP_PREFIX_SIZE; size++) {
        assert_int_equal(subscriptions_take(self, (text_t){.data = topic, .size = size + 1}),
                         SUBSCRIPTIONS_OPENED);
    }
    buffer_init(&meta, LIMIT_TAP_META_SIZE);
    subscriptions_number(self, (text_t){.data = topic + 1, .size = sizeof topic - 1}, &meta);
    text_t counts = buffer_text(&meta);
    publication_count_t count;
    size_t found = 0;
    while (publication_take_count(&counts, &count)) {
        assert_int_equal(count.length, found);
        found++;
    }
    assert_int_equal(found, LIMIT_TAP_PREFIX_SIZE + 1);
    buffer_done(&meta);
    subscriptions_destroy(&self);
}

/* T5: what is left out is missing in the count of each prefix that it matches, and of no other. */
static void what_is_left_out_shows_in_the_counts(void **state)
{
    (void)state;
    subscriptions_t *self = subscriptions_new();
    (void)subscriptions_take(self, SUBSCRIBE("apply/"));
    (void)subscriptions_take(self, SUBSCRIBE("apply/kiwi"));
    (void)subscriptions_take(self, SUBSCRIBE("in/"));
    assert_true(subscriptions_leave_out(self, TEXT("apply/kiwi")));
    assert_true(subscriptions_leave_out(self, TEXT("apply/emu")));
    assert_false(subscriptions_leave_out(self, TEXT("out/Hands/DATA")));
    expect_counts(self, TEXT("apply/kiwi"), " 6.1.3 10.2.2");
    expect_counts(self, TEXT("in/Hands/DATA"), " 3.3.1");
    subscriptions_destroy(&self);
}

static void write_prefix(unsigned number, char *out, size_t size)
{
    snprintf(out, size, "%cp%u/%.*s", 1, number, (int)(number % 90),
             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
             "xxxxxxx");
}

/* A full table, of which every third prefix goes and comes again: each is found, or not, all the
 * time. */
static void each_of_many_is_found(void **state)
{
    (void)state;
    subscriptions_t *self = subscriptions_new();
    char message[160];
    for (unsigned i = 0; i < LIMIT_TAP_SUBSCRIPTIONS; i++) {
        write_prefix(i, message, sizeof message);
        assert_int_equal(subscriptions_take(self, text_of(message)), SUBSCRIPTIONS_OPENED);
    }
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = round; i < LIMIT_TAP_SUBSCRIPTIONS; i += 3) {
            write_prefix(i, message, sizeof message);
            message[0] = 0;
            text_t close = {.data = message, .size = 1 + strlen(message + 1)};
            assert_int_equal(subscriptions_take(self, close), SUBSCRIPTIONS_CLOSED);
            assert_int_equal(subscriptions_take(self, close), SUBSCRIPTIONS_IGNORED);
        }
        for (unsigned i = 0; i < LIMIT_TAP_SUBSCRIPTIONS; i++) {
            write_prefix(i, message, sizeof message);
            assert_true(subscriptions_match(self, text_of(message + 1)) == (i % 3 != round));
        }
        for (unsigned i = round; i < LIMIT_TAP_SUBSCRIPTIONS; i += 3) {
            write_prefix(i, message, sizeof message);
            assert_int_equal(subscriptions_take(self, text_of(message)), SUBSCRIPTIONS_OPENED);
        }
    }
    assert_int_equal(subscriptions_count(self), LIMIT_TAP_SUBSCRIPTIONS);
    subscriptions_destroy(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_follow_the_subscriptions),
        cmocka_unit_test(what_is_left_out_shows_in_the_counts),
        cmocka_unit_test(each_of_many_is_found),
        cmocka_unit_test(each_subscription_has_its_own_count),
        cmocka_unit_test(a_new_opening_counts_anew),
        cmocka_unit_test(what_is_no_subscription_changes_nothing),
        cmocka_unit_test(prefixes_have_a_longest),
        cmocka_unit_test(there_are_so_many_at_most),
        cmocka_unit_test(long_ones_count_by_their_bytes),
        cmocka_unit_test(a_topic_with_all_prefixes_fits),
    };
    return cmocka_run_group_tests_name("subscriptions", tests, NULL, NULL);
}
