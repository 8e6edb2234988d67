/* Which records differ, by the digest; audits; resuming from a parent; what is held
 * (common/replication/link.h, R7, R12 to R15, R18). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/link_pair.h"

#include "common/base/limits.h"

#include <stdio.h>

enum { MANY = 5000 };

/* `one` begins a new life with the records that it has: the other does not know its list. */
static void begin_new_life(char generation)
{
    memset(pair.one.generation.hex, generation, GENERATION_SIZE);
    pair_make_link(&pair.one, "Other", "herd");
    memset(pair.carried, 0, sizeof pair.carried);
    pair.carried_bytes = 0;
}

/* Both have the same MANY records and one more; `one` has a new list, and no complete digest. */
static void fill_both(void)
{
    pair_fill(&pair.one, MANY, "1");
    pair_connect();
    pair_put(&pair.one, "late", "1");
    pair_carry(&pair.one, &pair.other);
    assert_int_equal(store_count(pair.other.store), MANY + 1);
    begin_new_life('c');
}

static void carry_both(void)
{
    pair_carry(&pair.one, &pair.other);
    pair_carry(&pair.other, &pair.one);
}

static void an_empty_member_takes_the_whole_list(void **state)
{
    (void)state;
    pair_fill(&pair.one, MANY, "1");
    link_connected(pair.one.link, pair.now_ns);
    pair_carry(&pair.one, &pair.other);
    assert_int_equal(store_count(pair.other.store), MANY);
    assert_int_equal(pair.carried[MESSAGE_COMPARE], 0);
}

static void so_does_one_that_has_very_little(void **state)
{
    (void)state;
    pair_fill(&pair.one, MANY, "1");
    pair_put(&pair.other, "its-own", "1");
    link_connected(pair.one.link, pair.now_ns);
    pair_carry(&pair.one, &pair.other);
    assert_int_equal(store_count(pair.other.store), MANY + 1);
    assert_int_equal(pair.carried[MESSAGE_COMPARE], 0);
}

static void equal_stores_find_out_by_their_roots(void **state)
{
    (void)state;
    fill_both();
    assert_true(store_digest_step(pair.one.store, SIZE_MAX));
    pair_connect();
    assert_true(link_is_up(pair.one.link));
    assert_int_equal(link_counters(pair.one.link)->sent, 0);
    assert_int_equal(pair.carried[MESSAGE_COMPARE], 0);
    /* They go on from there. */
    pair_put(&pair.one, "kiwi", "1");
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "kiwi", "1"));
    assert_int_equal(link_counters(pair.one.link)->sent, 1);
}

static void or_by_their_nodes_where_the_root_was_not_known_yet(void **state)
{
    (void)state;
    fill_both();
    pair_connect();
    assert_true(link_is_up(pair.one.link));
    assert_int_equal(link_counters(pair.one.link)->sent, 0);
    assert_int_equal(pair.carried[MESSAGE_COMPARE], 1);
    assert_int_equal(pair.carried[MESSAGE_LEAVES], 1);
}

static void only_what_differs_is_sent(void **state)
{
    (void)state;
    fill_both();
    pair_fill(&pair.one, 10, "2");
    pair_put(&pair.one, "newcomer", "1");
    pair_connect();
    assert_true(pair_has(&pair.other, "client9", "2"));
    assert_true(pair_has(&pair.other, "newcomer", "1"));
    assert_true(link_is_level(pair.one.link));
    /* A leaf in thirteen has a second record in it. */
    assert_in_range(link_counters(pair.one.link)->sent, 11, 15);
    assert_in_range(pair.carried_bytes, 11 * 256 * 33, 20 * 256 * 33);
}

static void so_it_is_where_almost_all_leaves_differ(void **state)
{
    (void)state;
    fill_both();
    pair_fill(&pair.one, MANY, "2");
    pair_connect();
    assert_true(pair_has(&pair.other, "client4999", "2"));
    assert_true(link_is_level(pair.one.link));
    assert_int_equal(link_counters(pair.one.link)->sent, MANY);
}

static void what_the_other_has_more_is_no_concern_of_the_sender(void **state)
{
    (void)state;
    fill_both();
    pair_put(&pair.other, "client7", "3");
    pair_connect();
    assert_true(pair_has(&pair.other, "client7", "3"));
    assert_true(pair_has(&pair.one, "client7", "3"));
    assert_in_range(link_counters(pair.one.link)->sent, 1, 3);
}

/* Carries one message of the sender, of that type. */
static void carry_one(message_type_t type)
{
    message_t message;
    while (link_wants_digest(pair.one.link, pair.now_ns)) {
        store_digest_step(pair.one.store, SIZE_MAX);
    }
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, type);
    link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
    link_sent(pair.one.link, pair.now_ns);
}

/* Carries the answers of the other to `one`. */
static void carry_back(void)
{
    while (link_wants_digest(pair.other.link, pair.now_ns)) {
        store_digest_step(pair.other.store, SIZE_MAX);
    }
    assert_true(pair_carry_answers(&pair.other, &pair.one));
}

/* R13: the tail was fixed before the leaves were read: what changed since then is not lost. */
static void changes_during_a_comparison_are_not_lost(void **state)
{
    (void)state;
    fill_both();
    pair_put(&pair.one, "client0", "2");
    link_connected(pair.one.link, pair.now_ns);
    carry_one(MESSAGE_HELLO);
    pair_put(&pair.one, "client1", "2");
    carry_back();
    pair_put(&pair.one, "client2", "2");
    carry_one(MESSAGE_LEAVES);
    pair_put(&pair.one, "client3", "2");
    carry_back();
    pair_put(&pair.one, "client4", "2");
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "client1", "2"));
    assert_true(pair_has(&pair.other, "client2", "2"));
    assert_true(pair_has(&pair.other, "client3", "2"));
    assert_true(pair_has(&pair.other, "client4", "2"));
    assert_in_range(link_counters(pair.one.link)->sent, 5, 9);
}

/* The connection broke and came back by itself: only the receiver can tell that leaves are
 * missing. */
static void leaves_that_are_lost_are_compared_again(void **state)
{
    (void)state;
    message_t message;
    fill_both();
    pair_fill(&pair.one, 100, "2");
    link_connected(pair.one.link, pair.now_ns);
    carry_one(MESSAGE_HELLO);
    carry_back();
    while (link_wants_digest(pair.one.link, pair.now_ns)) {
        store_digest_step(pair.one.store, SIZE_MAX);
    }
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_LEAVES);
    link_sent(pair.one.link, pair.now_ns); /* and never arrives */
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "client0", "2"));
    assert_true(pair_has(&pair.other, "client99", "2"));
    assert_true(link_is_level(pair.one.link));
}

/* R14: a repair that is cut off is no point to resume from. */
static void an_unfinished_repair_is_no_place_to_resume_from(void **state)
{
    (void)state;
    fill_both();
    pair_fill(&pair.one, 2000, "2");
    link_connected(pair.one.link, pair.now_ns);
    carry_one(MESSAGE_HELLO);
    carry_back();
    while (!link_is_up(pair.one.link)) {
        carry_one(MESSAGE_LEAVES);
        carry_back();
    }
    link_checkpoint_t checkpoint;
    carry_one(MESSAGE_DATA);
    assert_false(link_checkpoint(pair.other.link, &checkpoint));
    pair_reconnect();
    pair_connect();
    assert_true(pair_has(&pair.other, "client0", "2"));
    assert_true(pair_has(&pair.other, "client1999", "2"));
    assert_true(link_checkpoint(pair.other.link, &checkpoint));
    assert_int_equal(checkpoint.index, store_tail(pair.one.store));
    assert_in_range(link_counters(pair.one.link)->sent, 2000, 3500);
}

/* One second of heartbeats, both ways. */
static link_event_t pass_second(void)
{
    message_t message;
    link_event_t found = LINK_NOTHING;
    pair.now_ns += SECOND;
    for (bool any = true; any;) {
        any = pair_carry_answers(&pair.other, &pair.one);
        while (link_next(pair.one.link, pair.now_ns, pair.now_ns, &message)) {
            pair.carried[message.type]++;
            link_event_t event = link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
            found = event == LINK_REPAIRED ? event : found;
            link_sent(pair.one.link, pair.now_ns);
            any = true;
        }
        any = (link_wants_digest(pair.one.link, pair.now_ns) &&
               store_digest_step(pair.one.store, SIZE_MAX)) ||
              (link_wants_digest(pair.other.link, pair.now_ns) &&
               store_digest_step(pair.other.store, SIZE_MAX)) ||
              any;
    }
    pair_carry(&pair.other, &pair.one);
    return found;
}

/* The receiver resumed its life, but lost the checkpoint; the HELLO of the session comes again, and
 * COMPARE is lost. The sender is up: it hears that the receiver is there, and does not open
 * anew. */
static void a_compare_that_is_lost_is_sent_again(void **state)
{
    (void)state;
    message_t message;
    pair_kept_t kept;
    pair_fill(&pair.one, MANY, "1");
    link_connected(pair.one.link, pair.now_ns);
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    pair_keep(&message, &kept);
    link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
    link_sent(pair.one.link, pair.now_ns);
    pair_carry(&pair.one, &pair.other);
    pair_make_link(&pair.other, "One", "herd");
    link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
    assert_true(store_digest_step(pair.other.store, SIZE_MAX));
    assert_true(link_next_answer(pair.other.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_COMPARE);
    memset(pair.carried, 0, sizeof pair.carried);
    for (int i = 0; i < 4; i++) {
        pass_second();
    }
    assert_int_equal(pair.carried[MESSAGE_COMPARE], 0);
    assert_false(link_has_caught_up(pair.other.link));
    pass_second();
    assert_int_equal(pair.carried[MESSAGE_COMPARE], 1);
    assert_true(link_has_caught_up(pair.other.link));
    assert_true(link_is_level(pair.one.link));
}

static void quiet_neighbours_audit_each_other_ever_less_often(void **state)
{
    (void)state;
    pair_fill(&pair.one, 100, "1");
    pair_connect();
    memset(pair.carried, 0, sizeof pair.carried);
    for (int second = 0; second < 30; second++) {
        assert_int_equal(pass_second(), LINK_NOTHING);
    }
    uint64_t audits = link_counters(pair.one.link)->audits + link_counters(pair.other.link)->audits;
    assert_in_range(audits, 1, 2);
    for (int second = 0; second < 2 * 3600; second++) {
        pass_second();
    }
    audits = link_counters(pair.one.link)->audits + link_counters(pair.other.link)->audits;
    assert_in_range(audits, 7, 22); /* 30 s doubled seven times is an hour */
    assert_int_equal(pair.carried[MESSAGE_COMPARE], 0);
}

static void a_silent_loss_is_found_and_repaired(void **state)
{
    (void)state;
    pair_put(&pair.one, "old", "1");
    pair_fill(&pair.one, 100, "2");
    pair_connect();
    /* It loses a record that it has processed, and no one notices. */
    assert_int_equal(store_purge(pair.other.store, 2 * SECOND, 2048), 1);
    assert_false(pair_has(&pair.other, "old", "1"));
    link_event_t event = LINK_NOTHING;
    for (int second = 0; second < 60 && event == LINK_NOTHING; second++) {
        event = pass_second();
    }
    assert_int_equal(event, LINK_REPAIRED);
    assert_true(pair_has(&pair.other, "old", "1"));
    assert_int_equal(link_counters(pair.other.link)->repaired, 1);
    /* One leaf. */
    assert_in_range(link_counters(pair.one.link)->sent, 102, 104);
    assert_true(link_is_up(pair.one.link));
}

/* The mark says that the neighbour has the record, because it came from there. */
static void a_neighbour_that_lost_its_own_record_gets_it_back(void **state)
{
    (void)state;
    pair_fill(&pair.one, 100, "2");
    pair_put(&pair.other, "its-own", "1");
    pair_connect();
    carry_both();
    assert_true(pair_has(&pair.one, "its-own", "1"));
    assert_int_equal(store_purge(pair.other.store, 2 * SECOND, 2048), 1);
    for (int second = 0; second < 60; second++) {
        pass_second();
    }
    assert_true(pair_has(&pair.other, "its-own", "1"));
}

/* R7: the list of the new life goes on from where that of the old one was recovered up to. */
static void recover(uint64_t tail)
{
    store_t *recovered = store_new(100000, 1);
    store_cursor_t cursor;
    store_entry_t entry;
    store_cursor_open(pair.one.store, &cursor);
    store_cursor_seek(&cursor, 0);
    while (store_cursor_peek(&cursor, &entry) && entry.index <= tail) {
        assert_int_equal(store_restore(recovered, &entry.record, entry.index), STORE_NEWER);
        store_cursor_advance(&cursor);
    }
    store_restore_tail(recovered, tail);
    store_cursor_close(&cursor);
    generation_t old = pair.one.generation;
    pair_stop_end(&pair.one);
    memset(pair.one.generation.hex, 'd', GENERATION_SIZE);
    pair.one.store = recovered;
    pair.one.has_parent = true;
    pair.one.parent = (link_checkpoint_t){.generation = old, .index = tail};
    pair_make_link(&pair.one, "Other", "herd");
    assert_int_equal(store_tail(recovered), tail);
}

static void a_recovered_member_goes_on_from_its_parent(void **state)
{
    (void)state;
    pair_fill(&pair.one, MANY, "1");
    pair_connect();
    recover(MANY);
    pair_put(&pair.one, "kiwi", "1");
    pair_connect();
    assert_true(pair_has(&pair.other, "kiwi", "1"));
    assert_int_equal(link_counters(pair.one.link)->sent, 1);
}

/* The neighbour has processed more than was recovered: beyond that, the lists differ. */
static void what_was_not_recovered_is_not_resumed_from(void **state)
{
    (void)state;
    pair_fill(&pair.one, MANY, "1");
    pair_connect();
    recover(MANY - 10);
    pair_put(&pair.one, "kiwi", "1");
    pair_put(&pair.one, "kakapo", "1");
    pair_connect();
    assert_true(pair_has(&pair.other, "kiwi", "1"));
    assert_true(pair_has(&pair.other, "kakapo", "1"));
    assert_int_equal(link_counters(pair.one.link)->sent, 2);
    /* It gets back what it had lost. */
    assert_int_equal(store_count(pair.one.store), MANY + 2);
}

static void a_checkpoint_that_was_kept_is_resumed_from(void **state)
{
    (void)state;
    link_checkpoint_t checkpoint;
    assert_false(link_checkpoint(pair.other.link, &checkpoint));
    pair_fill(&pair.one, MANY, "1");
    pair_connect();
    assert_true(link_checkpoint(pair.other.link, &checkpoint));
    assert_int_equal(checkpoint.index, MANY);
    pair_make_link(&pair.other, "One", "herd");
    link_restore(pair.other.link, &checkpoint);
    pair_put(&pair.one, "kiwi", "1");
    pair_reconnect();
    pair_connect();
    assert_true(pair_has(&pair.other, "kiwi", "1"));
    assert_int_equal(link_counters(pair.one.link)->sent, MANY + 1);
}

/* R18 */
static void what_is_acknowledged_at_the_tail_is_held(void **state)
{
    (void)state;
    pair_connect();
    pair_put(&pair.one, "kiwi", "1");
    assert_int_equal(link_held(pair.one.link), 0);
    carry_one(MESSAGE_DATA);
    assert_int_equal(link_held(pair.one.link), 0);
    carry_back();
    assert_int_equal(link_held(pair.one.link), 1);
}

/* It moved to the tail before it was sent: an acknowledgement of its first index says nothing. */
static void a_record_that_moved_on_is_not_held_before_it_is_sent(void **state)
{
    (void)state;
    message_t message;
    pair_connect();
    pair_put(&pair.one, "kiwi", "1");
    for (int i = 0; i < 2000; i++) {
        char client[24];
        snprintf(client, sizeof client, "filler%d", i);
        pair_put(&pair.one, client, "1");
    }
    pair_put(&pair.one, "kiwi", "2"); /* the update of index 1 is now at the tail */
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
    link_sent(pair.one.link, pair.now_ns);
    carry_back();
    assert_false(pair_has(&pair.other, "kiwi", "2"));
    assert_int_equal(link_held(pair.one.link), 0);
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.other, "kiwi", "2"));
    assert_int_equal(link_held(pair.one.link), store_tail(pair.one.store));
}

/* What came from the neighbour is not sent back: the tail is reached without a message, and held
 * at once. */
static void what_came_from_the_neighbour_is_held_without_a_message(void **state)
{
    (void)state;
    message_t message;
    pair_connect();
    pair_put(&pair.other, "kiwi", "1");
    pair_carry(&pair.other, &pair.one);
    assert_false(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(link_held(pair.one.link), 1);
    /* Behind a message that is under way: held with its acknowledgement, not before. */
    pair_put(&pair.one, "emu", "1");
    carry_one(MESSAGE_DATA);
    pair_put(&pair.other, "kiwi", "2");
    pair_carry(&pair.other, &pair.one);
    assert_false(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(link_held(pair.one.link), 1);
    carry_back();
    assert_int_equal(link_held(pair.one.link), 3);
}

/* R11: two neighbours, One and Third, with the same records; Other has none, and a link to each. */
typedef struct {
    link_group_t group;
    pair_end_t third;
    pair_end_t other; /* its link to Third; the store is pair.other's */
} trio_t;

static void open_trio(trio_t *trio)
{
    memset(trio, 0, sizeof *trio);
    pair_fill(&pair.one, MANY, "1");
    pair.other.group = &trio->group;
    pair_make_link(&pair.other, "One", "herd");
    pair_start_end(&trio->third, "Third", "Other", 'e');
    trio->third.name = pair.one.name; /* the origin of the records */
    pair_fill(&trio->third, MANY, "1");
    trio->other = pair.other;
    trio->other.link = NULL;
    pair_make_link(&trio->other, "Third", "herd");
    assert_int_equal(pair_say_hello(&pair.one, &pair.other), LINK_OPENED);
    assert_int_equal(pair_say_hello(&trio->third, &trio->other), LINK_OPENED);
}

static void close_trio(trio_t *trio)
{
    link_destroy(&trio->other.link);
    pair_stop_end(&trio->third);
    link_destroy(&pair.other.link);
    pair.other.group = NULL;
    pair_make_link(&pair.other, "One", "herd");
}

static message_type_t next_answer(link_t *link)
{
    message_t message;
    return link_next_answer(link, pair.now_ns, pair.now_ns, &message) ? message.type
                                                                      : MESSAGE_TYPES;
}

static void an_empty_member_takes_one_list_at_a_time(void **state)
{
    (void)state;
    trio_t trio;
    open_trio(&trio);
    assert_int_equal(next_answer(trio.other.link), MESSAGE_ACK); /* it waits */
    assert_int_equal(next_answer(trio.other.link), MESSAGE_TYPES);
    carry_back();
    carry_one(MESSAGE_DATA);
    pair.now_ns += SECOND;
    carry_one(MESSAGE_DATA);
    assert_int_equal(next_answer(trio.other.link), MESSAGE_ACK); /* and again */
    assert_false(link_has_caught_up(trio.other.link));
    pair_carry(&pair.one, &pair.other);
    assert_int_equal(store_count(pair.other.store), MANY);
    /* Now it is Third's turn: it has nothing more. */
    pair_carry(&trio.third, &trio.other);
    assert_true(link_is_up(trio.third.link));
    assert_true(link_has_caught_up(trio.other.link));
    assert_int_equal(link_counters(trio.third.link)->sent, 0);
    assert_int_equal(link_counters(trio.third.link)->bad_messages, 0);
    close_trio(&trio);
}

static void one_that_sends_nothing_loses_its_turn(void **state)
{
    (void)state;
    trio_t trio;
    open_trio(&trio);
    assert_int_equal(next_answer(trio.other.link), MESSAGE_ACK);
    pair.now_ns += SECOND - 1;
    assert_int_equal(next_answer(trio.other.link), MESSAGE_TYPES);
    pair.now_ns += 1;
    assert_int_equal(next_answer(trio.other.link), MESSAGE_WANT);
    close_trio(&trio);
}

static void one_that_goes_leaves_its_turn_to_the_next(void **state)
{
    (void)state;
    trio_t trio;
    open_trio(&trio);
    assert_int_equal(next_answer(trio.other.link), MESSAGE_ACK);
    link_destroy(&pair.other.link);
    assert_int_equal(next_answer(trio.other.link), MESSAGE_WANT);
    close_trio(&trio);
}

static void malformed_messages_are_counted_and_dropped(void **state)
{
    (void)state;
    static const pair_message_t cases[] = {
        {MESSAGE_LEAVES, "", ""},
        {MESSAGE_LEAVES, "1", ""},
        {MESSAGE_LEAVES, "1 0 0", ""},
        {MESSAGE_LEAVES, "1 0 0 256", ""},
        {MESSAGE_LEAVES, "1 1 0 0 257", ""},
        {MESSAGE_LEAVES, "1 1 0 5 5", ""},
        {MESSAGE_LEAVES, "1 1 0 5 4", ""},
        {MESSAGE_LEAVES, "1 1 0 0 256", "256 0\n"},
        {MESSAGE_LEAVES, "1 1 0 0 256", "0\n"},
        {MESSAGE_LEAVES, "1 1 0 0 256", "0 0123456789abcdef0123456789abcdef\n"},
        {MESSAGE_LEAVES, "1 1 0 0 256", "x\n"},
        {MESSAGE_AUDIT, "", ""},
        {MESSAGE_AUDIT, "1 0", ""},
        {MESSAGE_AUDIT, "1 0", "root 0\n"},
        {MESSAGE_AUDIT, "1 0", "root 0123456789ABCDEF0123456789abcdef\n"},
        {MESSAGE_AUDIT, "1 x", "root 0123456789abcdef0123456789abcdef\n"},
    };
    fill_both();
    link_connected(pair.one.link, pair.now_ns);
    carry_one(MESSAGE_HELLO);
    carry_back();
    pair_expect_bad(cases, ARRAY_COUNT(cases));
    /* The comparison goes on. */
    pair_carry(&pair.one, &pair.other);
    assert_true(link_is_level(pair.one.link));
}

static void malformed_answers_are_counted_and_dropped(void **state)
{
    (void)state;
    static const struct {
        message_type_t type;
        const char *body;
    } cases[] = {
        {MESSAGE_COMPARE, ""},
        {MESSAGE_COMPARE, "0123456789abcdef0123456789abcdef\n"},
        {MESSAGE_COMPARE, "x\n"},
        {MESSAGE_WANT, "version 1\ngeneration bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nsince none\n"
                       "leaves 0000\n"},
        {MESSAGE_WANT, "version 1\ngeneration bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nsince none\n"
                       "compared 99999\nleaves 0000\n"},
        {MESSAGE_WANT, "version 1\ngeneration bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nsince none\n"
                       "compared 1\nleaves 000\n"},
        {MESSAGE_WANT, "version 1\ngeneration bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nsince none\n"
                       "compared 1\nleaves 0000 00g0\n"},
        {MESSAGE_WANT, "version 1\ngeneration bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nsince none\n"
                       "compared 1\nleaves 0000 12345\n"},
    };
    const size_t count = sizeof cases / sizeof cases[0];
    fill_both();
    link_connected(pair.one.link, pair.now_ns);
    carry_one(MESSAGE_HELLO);
    for (size_t i = 0; i < count; i++) {
        message_t message = {
            .type = cases[i].type, .header = TEXT("1"), .body = text_of(cases[i].body)};
        assert_int_equal(link_take_answer(pair.one.link, &message, pair.now_ns), LINK_BAD);
    }
    assert_int_equal(link_counters(pair.one.link)->bad_messages, count);
    carry_back();
    pair_carry(&pair.one, &pair.other);
    assert_true(link_is_level(pair.one.link));
}

/* An earlier build of HERD/1 knows no digest: whole lists go both ways. */
static void a_neighbour_without_digest_gets_the_whole_list(void **state)
{
    (void)state;
    fill_both();
    message_t hello = {.type = MESSAGE_HELLO,
                       .header = TEXT("7"),
                       .body = TEXT("versions 1\nherd herd\nname One\ngeneration "
                                    "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee\ntail 5000\nclock 0\n")};
    message_t answer;
    link_take(pair.other.link, &hello, pair.now_ns, pair.now_ns);
    assert_true(link_next_answer(pair.other.link, pair.now_ns, pair.now_ns, &answer));
    assert_int_equal(answer.type, MESSAGE_WANT);
    text_t since;
    assert_true(message_value(answer.body, "since", &since));
    assert_text_equal(since, "none");
}

#define compare_test(name) cmocka_unit_test_setup_teardown(name, pair_open, pair_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        compare_test(an_empty_member_takes_the_whole_list),
        compare_test(so_does_one_that_has_very_little),
        compare_test(equal_stores_find_out_by_their_roots),
        compare_test(or_by_their_nodes_where_the_root_was_not_known_yet),
        compare_test(only_what_differs_is_sent),
        compare_test(so_it_is_where_almost_all_leaves_differ),
        compare_test(what_the_other_has_more_is_no_concern_of_the_sender),
        compare_test(changes_during_a_comparison_are_not_lost),
        compare_test(leaves_that_are_lost_are_compared_again),
        compare_test(a_compare_that_is_lost_is_sent_again),
        compare_test(an_unfinished_repair_is_no_place_to_resume_from),
        compare_test(quiet_neighbours_audit_each_other_ever_less_often),
        compare_test(a_silent_loss_is_found_and_repaired),
        compare_test(a_neighbour_that_lost_its_own_record_gets_it_back),
        compare_test(a_recovered_member_goes_on_from_its_parent),
        compare_test(what_was_not_recovered_is_not_resumed_from),
        compare_test(a_checkpoint_that_was_kept_is_resumed_from),
        compare_test(what_is_acknowledged_at_the_tail_is_held),
        compare_test(what_came_from_the_neighbour_is_held_without_a_message),
        compare_test(a_record_that_moved_on_is_not_held_before_it_is_sent),
        compare_test(an_empty_member_takes_one_list_at_a_time),
        compare_test(one_that_sends_nothing_loses_its_turn),
        compare_test(one_that_goes_leaves_its_turn_to_the_next),
        compare_test(malformed_messages_are_counted_and_dropped),
        compare_test(malformed_answers_are_counted_and_dropped),
        compare_test(a_neighbour_without_digest_gets_the_whole_list),
    };
    return cmocka_run_group_tests_name("link_compare", tests, NULL, NULL);
}
