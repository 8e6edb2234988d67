/* A copy of what a node knows (common/copy/copy.h), fed by the link of a node in the same process:
 * replication.md, R20. */
#include "common/copy/copy.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/records.h"

#include <stdio.h>

#define SECOND TIMESTAMP_NS_PER_S

enum { NOBODY = 999, CLIENTS_MAX = 1000 };

/* The node, the copy, and what the watcher was told. */
static struct {
    store_t *store;
    link_t *link;
    copy_t *copy;
    char generation;
    int64_t now_ns;
    bool cut; /* what the node sends is lost */
    unsigned carried[MESSAGE_TYPES];
    unsigned came;    /* calls of `changed` for new clients */
    unsigned changed; /* other calls of it */
    unsigned removed;
    bool seen[CLIENTS_MAX]; /* by number: the watcher knows it */
    char last_removed[64];
} scene;

static void on_changed(void *argument, uint32_t number, const record_t *record, bool known)
{
    (void)argument;
    record_t read;
    assert_true(number < CLIENTS_MAX);
    assert_true(scene.seen[number] == known);
    scene.seen[number] = true;
    scene.came += known ? 0 : 1;
    scene.changed += known ? 1 : 0;
    assert_true(record->position.size > 0);
    assert_true(copy_read(scene.copy, number, &read));
    assert_true(text_equal(read.client_time, record->client_time));
}

static void on_removed(void *argument, uint32_t number, text_t client)
{
    (void)argument;
    record_t read;
    assert_true(scene.seen[number]);
    scene.seen[number] = false;
    scene.removed++;
    snprintf(scene.last_removed, sizeof scene.last_removed, "%.*s", (int)client.size, client.data);
    assert_false(copy_read(scene.copy, number, &read));
}

static generation_t generation_of(char digit)
{
    generation_t generation;
    memset(generation.hex, digit, GENERATION_SIZE);
    return generation;
}

/* A life of the node: its list is empty unless `keeps`. */
static void start_node(char digit, bool keeps)
{
    const link_identity_t identity = {.kind = LINK_TO_FOLLOWER,
                                      .herd = TEXT("herd"),
                                      .member = TEXT("Node"),
                                      .neighbour = TEXT("web"),
                                      .generation = generation_of(digit),
                                      .mark = LIMIT_MARKED_NEIGHBOURS,
                                      .first_session = 1000 * (uint64_t)digit};
    link_destroy(&scene.link);
    if (!keeps) {
        store_destroy(&scene.store);
        scene.store = store_new(CLIENTS_MAX, 1);
    }
    scene.link = link_new(&identity, scene.store);
    link_disconnected(scene.link, scene.now_ns);
}

/* In the place of the one before, for the web of the herd: it follows the node. */
static void make_copy(copy_settings_t settings)
{
    settings.herd = TEXT("herd");
    settings.follower = TEXT("web");
    settings.life = generation_of('f');
    copy_destroy(&scene.copy);
    scene.copy = copy_new(&settings);
    copy_follow(scene.copy, TEXT("Node"));
}

static int open_scene(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof scene);
    scene.now_ns = 1000 * SECOND;
    start_node('a', false);
    make_copy((copy_settings_t){
        .max_clients = CLIENTS_MAX, .seed = 2, .changed = on_changed, .removed = on_removed});
    return 0;
}

static int close_scene(void **state)
{
    (void)state;
    link_destroy(&scene.link);
    store_destroy(&scene.store);
    copy_destroy(&scene.copy);
    return 0;
}

static void put(const char *client, const char *time)
{
    record_t record = record_for_test(client, time, "Node", 1000);
    (void)store_merge(scene.store, &record, 0);
}

/* Carries what the copy answers. */
static bool carry_answers(void)
{
    message_t answer;
    bool any = false;
    while (copy_step(scene.copy, scene.now_ns)) {
    }
    while (copy_next_answer(scene.copy, scene.now_ns, scene.now_ns, &answer)) {
        any = true;
        scene.carried[answer.type]++;
        assert_int_not_equal(link_take_answer(scene.link, &answer, scene.now_ns), LINK_BAD);
    }
    return any;
}

/* Carries all, until both are silent. */
static void carry(void)
{
    message_t message;
    bool any = true;
    while (any) {
        any = false;
        while (link_wants_digest(scene.link, scene.now_ns)) {
            (void)store_digest_step(scene.store, SIZE_MAX);
        }
        while (link_next(scene.link, scene.now_ns, scene.now_ns, &message)) {
            any = true;
            scene.carried[message.type]++;
            link_sent(scene.link, scene.now_ns);
            if (!scene.cut) {
                assert_int_not_equal(copy_take(scene.copy, &message, scene.now_ns, scene.now_ns),
                                     LINK_BAD);
            }
        }
        any = carry_answers() || any || link_is_due(scene.link, scene.now_ns);
    }
}

/* A new connection, to the node as it is. */
static void open_link(void)
{
    copy_lost(scene.copy);
    memset(scene.carried, 0, sizeof scene.carried);
    link_disconnected(scene.link, scene.now_ns);
    link_connected(scene.link, scene.now_ns);
    carry();
}

static void wait_seconds(int seconds)
{
    for (int i = 0; i < seconds; i++) {
        scene.now_ns += SECOND;
        carry();
        for (int tick = 0; tick < 25; tick++) {
            (void)carry_answers();
        }
    }
}

/* What the copy has is what the node has, to the byte; what it serves, the watcher knows. */
static void expect_equal(void)
{
    while (copy_digest(scene.copy) == NULL) {
        (void)copy_step(scene.copy, scene.now_ns);
    }
    (void)store_digest_step(scene.store, SIZE_MAX);
    assert_true(digest_sum_equal(digest_root(copy_digest(scene.copy)),
                                 digest_root(store_digest(scene.store))));
    size_t seen = 0;
    for (uint32_t number = 0; number < CLIENTS_MAX; number++) {
        record_t record;
        assert_true(copy_read(scene.copy, number, &record) == scene.seen[number]);
        seen += scene.seen[number] ? 1 : 0;
    }
    assert_int_equal(copy_state(scene.copy).served, seen);
}

static uint32_t number_of(const char *client)
{
    uint32_t number;
    record_t record;
    return copy_find(scene.copy, text_of(client), &number, &record) ? number : NOBODY;
}

static bool has(const char *client, const char *time)
{
    uint32_t number;
    record_t record;
    return copy_find(scene.copy, text_of(client), &number, &record) &&
           text_equal(record.client_time, text_of(time));
}

static void fill(int count, const char *time)
{
    for (int i = 0; i < count; i++) {
        char client[24];
        snprintf(client, sizeof client, "client%d", i);
        put(client, time);
    }
}

static void changes_come_under_numbers_that_stay(void **state)
{
    (void)state;
    assert_false(copy_state(scene.copy).open);
    fill(100, "5");
    open_link();
    assert_true(copy_state(scene.copy).open);
    assert_true(copy_state(scene.copy).current);
    assert_int_equal(scene.came, 100);
    uint32_t number = number_of("client7");
    uint32_t serial = copy_serial(scene.copy, number);
    put("client7", "6");
    put("client7", "7");
    carry();
    assert_int_equal(scene.changed, 1);
    assert_int_equal(number_of("client7"), number);
    assert_int_equal(copy_serial(scene.copy, number), serial);
    assert_true(has("client7", "7"));
    expect_equal();
}

/* A longer time needs another block of the store. */
static void a_number_outlives_its_records_place(void **state)
{
    (void)state;
    fill(10, "5");
    open_link();
    uint32_t number = number_of("client3");
    put("client3", "6.000000001000000000000000000000000000000000000000000000000000000000000000001");
    carry();
    assert_int_equal(number_of("client3"), number);
    put("client3", "7");
    put("client4", "7");
    carry();
    assert_true(has("client3", "7"));
    assert_true(has("client4", "7"));
    expect_equal();
}

static void it_resumes_in_the_same_life(void **state)
{
    (void)state;
    fill(500, "5");
    open_link();
    put("client1", "6");
    put("fresh", "6");
    unsigned known = scene.came + scene.changed;
    open_link();
    assert_int_equal(scene.came + scene.changed - known, 2);
    assert_int_equal(scene.carried[MESSAGE_COMPARE], 0);
    assert_int_equal(copy_state(scene.copy).received, 502);
    expect_equal();
}

static void what_is_forgotten_is_removed(void **state)
{
    (void)state;
    fill(3, "5");
    open_link();
    assert_true(store_forget(scene.store, TEXT("client1"), TEXT("Node"), scene.now_ns));
    carry();
    assert_int_equal(scene.removed, 1);
    assert_string_equal(scene.last_removed, "client1");
    assert_int_equal(number_of("client1"), NOBODY);
    assert_int_equal(copy_state(scene.copy).served, 2);
    put("client1", "4"); /* of the first era: it loses */
    carry();
    assert_int_equal(number_of("client1"), NOBODY);
    expect_equal();
}

/* R20: a node that has lost what it had sent is copied as it is. */
static void a_life_that_knows_less_is_copied(void **state)
{
    (void)state;
    fill(100, "5");
    put("only-then", "5");
    put("newer-then", "9");
    open_link();
    uint32_t number = number_of("newer-then");
    start_node('b', false);
    fill(100, "5");
    put("newer-then", "5");
    put("only-now", "5");
    assert_true(copy_state(scene.copy).open);
    copy_lost(scene.copy);
    assert_false(copy_state(scene.copy).current);
    assert_true(has("only-then", "5")); /* it can be read meanwhile */
    open_link();
    assert_int_equal(scene.carried[MESSAGE_COMPARE], 1);
    assert_string_equal(scene.last_removed, "only-then");
    assert_int_equal(scene.removed, 1);
    assert_true(has("newer-then", "5"));
    assert_int_equal(number_of("newer-then"), number);
    assert_true(has("only-now", "5"));
    assert_int_equal(copy_state(scene.copy).dropped, 1);
    assert_true(copy_state(scene.copy).current);
    expect_equal();
}

/* Not even for a moment does the copy lack what has moved on at the node meanwhile. */
static void what_moves_on_during_a_repair_is_not_removed(void **state)
{
    (void)state;
    fill(300, "5");
    open_link();
    start_node('b', false);
    fill(300, "4");
    copy_lost(scene.copy);
    link_connected(scene.link, scene.now_ns);
    message_t message;
    for (int round = 0; round < 400; round++) {
        char client[24];
        snprintf(client, sizeof client, "client%d", (round * 7) % 300);
        put(client, round % 2 == 0 ? "4.5" : "4.6");
        (void)store_digest_step(scene.store, SIZE_MAX);
        if (link_next(scene.link, scene.now_ns, scene.now_ns, &message)) {
            link_sent(scene.link, scene.now_ns);
            assert_int_not_equal(copy_take(scene.copy, &message, scene.now_ns, scene.now_ns),
                                 LINK_BAD);
        }
        (void)carry_answers();
    }
    carry();
    assert_int_equal(scene.removed, 0);
    expect_equal();
}

static void an_empty_node_empties_the_copy(void **state)
{
    (void)state;
    fill(30, "5");
    open_link();
    start_node('b', false);
    open_link();
    wait_seconds(2);
    assert_int_equal(scene.removed, 30);
    assert_int_equal(copy_state(scene.copy).served, 0);
    expect_equal();
}

/* A repair that is cut off begins anew; what it was about to drop is not dropped before. */
static void a_repair_that_is_cut_off_drops_nothing(void **state)
{
    (void)state;
    fill(200, "5");
    put("only-then", "5");
    open_link();
    start_node('b', false);
    fill(200, "6");
    copy_lost(scene.copy);
    link_connected(scene.link, scene.now_ns);
    scene.cut = true;
    carry();
    scene.cut = false;
    assert_int_equal(scene.removed, 0);
    open_link();
    assert_int_equal(scene.removed, 1);
    assert_string_equal(scene.last_removed, "only-then");
    expect_equal();
}

static void another_member_is_compared_with(void **state)
{
    (void)state;
    fill(200, "5");
    open_link();
    uint32_t number = number_of("client9");
    copy_follow(scene.copy, TEXT("Node"));
    put("client9", "6");
    open_link();
    assert_int_equal(scene.carried[MESSAGE_COMPARE], 1);
    assert_true(copy_state(scene.copy).received < 210);
    assert_int_equal(number_of("client9"), number);
    assert_int_equal(scene.removed, 0);
    expect_equal();
}

static void an_equal_member_sends_nothing(void **state)
{
    (void)state;
    fill(200, "5");
    open_link();
    (void)store_digest_step(scene.store, SIZE_MAX);
    start_node('b', true);
    open_link();
    assert_int_equal(scene.carried[MESSAGE_COMPARE], 0);
    assert_int_equal(copy_state(scene.copy).received, 200);
    assert_true(copy_state(scene.copy).current);
    expect_equal();
}

/* R16: by the time of the node. */
static void what_expires_is_removed(void **state)
{
    (void)state;
    fill(50, "1000");
    put("older", "990");
    open_link();
    uint32_t number = number_of("older");
    store_set_horizon(scene.store, 995 * SECOND, 990 * SECOND);
    wait_seconds(2);
    assert_int_equal(scene.removed, 1);
    assert_int_equal(number_of("older"), NOBODY);
    expect_equal(); /* both have it still */
    store_set_horizon(scene.store, 998 * SECOND, 995 * SECOND);
    assert_int_equal(store_purge(scene.store, 992 * SECOND, store_slot_count(scene.store)), 1);
    wait_seconds(3);
    assert_int_equal(scene.removed, 1);
    expect_equal();
    put("another", "1001");
    carry();
    assert_int_equal(number_of("another"), number); /* it was given back */
    assert_int_equal(copy_serial(scene.copy, number), 2);
}

/* A clock that was ahead: what expired by it comes again. */
static void a_time_that_goes_back_compares_anew(void **state)
{
    (void)state;
    fill(50, "1000");
    open_link();
    store_set_horizon(scene.store, 2000 * SECOND, 1995 * SECOND);
    wait_seconds(4);
    assert_int_equal(scene.removed, 50);
    store_set_horizon(scene.store, 900 * SECOND, 895 * SECOND);
    wait_seconds(4);
    assert_int_equal(copy_state(scene.copy).served, 50);
    expect_equal();
}

static void changes_can_be_walked_from_a_moment(void **state)
{
    (void)state;
    fill(10, "5");
    open_link();
    uint64_t moment = copy_tail(scene.copy);
    copy_changes_t changes;
    copy_change_t change;
    assert_true(copy_changes_open(scene.copy, moment, 0, &changes));
    assert_false(copy_changes_next(&changes, &change));
    put("client4", "6");
    assert_true(store_forget(scene.store, TEXT("client5"), TEXT("Node"), scene.now_ns));
    put("client6", "6");
    put("client6", "7");
    carry();
    assert_true(copy_changes_next(&changes, &change));
    assert_true(change.served && change.index > moment);
    assert_int_equal(change.number, number_of("client4"));
    assert_true(copy_changes_next(&changes, &change));
    assert_false(change.served);
    assert_true(text_equal(change.record.client, TEXT("client5")));
    assert_true(copy_changes_next(&changes, &change));
    assert_true(text_equal(change.record.client_time, TEXT("7")));
    assert_int_equal(change.index, copy_tail(scene.copy));
    assert_int_equal(copy_changed_at(scene.copy, change.number), change.index);
    assert_int_equal(copy_changed_at(scene.copy, number_of("client1")), 2);
    assert_int_equal(copy_changed_at(scene.copy, copy_number_end(scene.copy)), 0);
    assert_false(copy_changes_next(&changes, &change));
    copy_changes_close(&changes);
    assert_false(copy_changes_open(scene.copy, moment, 2, &changes));
    assert_true(copy_changes_open(scene.copy, moment, 3, &changes));
    assert_true(copy_changes_next(&changes, &change));
    assert_int_equal(change.number, number_of("client4"));
    copy_changes_close(&changes);
}

/* An audit finds what no rule foresaw, also what is here and should not be. */
static void an_audit_repairs(void **state)
{
    (void)state;
    fill(40, "5");
    open_link();
    assert_true(store_drop(scene.store, TEXT("client3")));
    wait_seconds(40);
    assert_int_equal(number_of("client3"), NOBODY);
    assert_int_equal(scene.removed, 1);
    expect_equal();
}

static void a_full_copy_counts_what_it_lacks(void **state)
{
    (void)state;
    make_copy((copy_settings_t){.max_clients = 10, .changed = on_changed, .removed = on_removed});
    fill(12, "5");
    open_link();
    assert_int_equal(copy_state(scene.copy).served, 10);
    assert_int_equal(copy_state(scene.copy).unstored, 2);
    assert_int_equal(copy_number_end(scene.copy), 11);
    put("client2", "6");
    carry();
    assert_true(has("client2", "6"));
}

/* What is foreign changes nothing. */
static void what_is_malformed_is_dropped(void **state)
{
    (void)state;
    fill(3, "5");
    open_link();
    static const struct {
        message_type_t type;
        const char *header;
        const char *body;
    } messages[] = {
        {MESSAGE_HELLO, "1", "versions 1\nherd herd\nname Other\n"},
        {MESSAGE_DATA, "", ""},
        {MESSAGE_DATA, "1 2 3 4", ""},
        {MESSAGE_DATA,
         "97000 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0 1 "
         "ffffffffffffffffffffffffffffffff expiry 5",
         ""},
        {MESSAGE_DATA,
         "97000 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0 1 "
         "ffffffffffffffffffffffffffffffff expiry x y",
         ""},
        {MESSAGE_WANT, "97001", ""},
        {MESSAGE_LEAVES, "97001 1 1 5 3", ""},
        {MESSAGE_AUDIT, "97001 x", "root 1\n"},
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        const message_t message = {.type = messages[i].type,
                                   .header = text_of(messages[i].header),
                                   .body = text_of(messages[i].body)};
        assert_int_equal(copy_take(scene.copy, &message, scene.now_ns, scene.now_ns), LINK_BAD);
    }
    assert_int_equal(copy_state(scene.copy).bad, sizeof messages / sizeof messages[0]);
    carry();
    expect_equal();
}

/* A cursor that is put far back passes in steps what the follower has. */
static void a_follower_far_behind_gets_what_it_lacks(void **state)
{
    (void)state;
    scene.link = (link_destroy(&scene.link), NULL);
    store_destroy(&scene.store);
    scene.store = store_new(100000, 1);
    start_node('a', true);
    make_copy((copy_settings_t){.max_clients = 100000});
    fill(20000, "5");
    open_link();
    assert_int_equal(copy_state(scene.copy).received, 20000);
    fill(10000, "6");
    open_link();
    assert_int_equal(copy_state(scene.copy).received, 30000);
    assert_int_equal(copy_state(scene.copy).comparisons, 0);
    while (copy_digest(scene.copy) == NULL) {
        (void)copy_step(scene.copy, scene.now_ns);
    }
    (void)store_digest_step(scene.store, SIZE_MAX);
    assert_true(digest_sum_equal(digest_root(copy_digest(scene.copy)),
                                 digest_root(store_digest(scene.store))));
}

/* Clients whose ID begins with k, of those that have not expired. */
static bool keeps_k(void *argument, const record_t *record, bool served)
{
    (void)argument;
    assert_true(record->position.size > 0);
    return served && record->client.data[0] == 'k';
}

static void a_part_is_kept_and_not_audited(void **state)
{
    (void)state;
    uint32_t number;
    record_t record;
    make_copy((copy_settings_t){.max_clients = CLIENTS_MAX,
                                .seed = 2,
                                .changed = on_changed,
                                .removed = on_removed,
                                .keeps = keeps_k});
    for (int i = 0; i < 40; i++) {
        char client[] = {(char)(i % 2 == 0 ? 'k' : 'o'), (char)('A' + i), '\0'};
        put(client, "5");
    }
    open_link();
    assert_int_equal(copy_state(scene.copy).received, 40);
    assert_int_equal(copy_state(scene.copy).served, 20);
    assert_int_equal(scene.came, 20);
    assert_true(copy_state(scene.copy).current);
    assert_false(copy_find(scene.copy, TEXT("oB"), &number, &record));
    /* An hour in which audits would find what is left out */
    wait_seconds(3600);
    assert_int_equal(copy_state(scene.copy).comparisons, 0);
    /* What is forgotten goes without a trace, as what another life of the node does not have. */
    assert_true(store_forget(scene.store, TEXT("kA"), TEXT("Node"), scene.now_ns));
    carry();
    assert_string_equal(scene.last_removed, "kA");
    start_node('b', false);
    put("kC", "5");
    open_link();
    assert_int_equal(copy_state(scene.copy).served, 1);
    assert_int_equal(scene.removed, 19);
    assert_int_equal(scene.changed, 0);
}

#define copy_test(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        copy_test(changes_come_under_numbers_that_stay),
        copy_test(a_number_outlives_its_records_place),
        copy_test(it_resumes_in_the_same_life),
        copy_test(what_is_forgotten_is_removed),
        copy_test(a_life_that_knows_less_is_copied),
        copy_test(what_moves_on_during_a_repair_is_not_removed),
        copy_test(an_empty_node_empties_the_copy),
        copy_test(a_repair_that_is_cut_off_drops_nothing),
        copy_test(another_member_is_compared_with),
        copy_test(an_equal_member_sends_nothing),
        copy_test(what_expires_is_removed),
        copy_test(a_time_that_goes_back_compares_anew),
        copy_test(changes_can_be_walked_from_a_moment),
        copy_test(an_audit_repairs),
        copy_test(a_full_copy_counts_what_it_lacks),
        copy_test(what_is_malformed_is_dropped),
        copy_test(a_follower_far_behind_gets_what_it_lacks),
        copy_test(a_part_is_kept_and_not_audited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
