/* What is written when, and what comes back of it (common/journal/journal.h, recovery.h), on a disk
 * in memory. */
#include "common/journal/journal.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/journal_model.h"
#include "tests/support/records.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND TIMESTAMP_NS_PER_S

typedef struct {
    store_t *store;
    journal_t *journal;
    journal_model_t *disk;
    char *chunk; /* JOURNAL_CHUNK_SIZE bytes */
    journal_part_t part;
    int64_t now_ns;
    uint64_t random;
    unsigned clock; /* seconds of the newest client time */
} scene_t;

static scene_t scene;

static int open_scene(void **state)
{
    (void)state;
    scene = (scene_t){.store = store_new(1000000, 42),
                      .disk = journal_model_new(),
                      .chunk = malloc(JOURNAL_CHUNK_SIZE),
                      .now_ns = 100 * SECOND};
    assert_non_null(scene.chunk);
    scene.journal = journal_new(&(journal_settings_t){.store = scene.store, .interval_ns = SECOND});
    return 0;
}

static int close_scene(void **state)
{
    (void)state;
    journal_destroy(&scene.journal);
    store_destroy(&scene.store);
    journal_model_destroy(&scene.disk);
    free(scene.chunk);
    return 0;
}

static unsigned below(unsigned limit)
{
    scene.random = scene.random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)((scene.random >> 33) % limit);
}

static void update(unsigned client)
{
    char name[16];
    char time[16];
    snprintf(name, sizeof name, "phone%u", client);
    snprintf(time, sizeof time, "%u", ++scene.clock);
    record_t record = record_for_test(name, time, "Clark", scene.clock);
    assert_int_equal(store_merge(scene.store, &record, 0), STORE_NEWER);
}

static journal_step_t step(void)
{
    journal_step_t taken = journal_step(scene.journal, scene.now_ns, scene.chunk, &scene.part);
    if (taken == JOURNAL_CHUNK) {
        journal_model_put(scene.disk, &scene.part, scene.chunk);
        journal_taken(scene.journal, scene.part.transaction);
    }
    return taken;
}

static journal_state_t state_of(uint64_t tail)
{
    journal_state_t state;
    journal_state_init(&state);
    snprintf(state.herd, sizeof state.herd, "ucla");
    snprintf(state.member, sizeof state.member, "Clark");
    memset(state.generation.hex, 'a', sizeof state.generation.hex);
    state.tail = tail;
    state.serial = scene.part.serial;
    return state;
}

static void commit(void)
{
    journal_state_t state = state_of(scene.part.tail);
    uint64_t records = journal_model_commit(scene.disk, &scene.part, &state);
    journal_committed(scene.journal, scene.part.transaction, records);
    journal_state_done(&state);
}

/* Steps to the end of a transaction; false if none begins. */
static bool fill(void)
{
    journal_step_t taken;
    while ((taken = step()) == JOURNAL_CHUNK) {
    }
    return taken == JOURNAL_END;
}

static bool write_all(void)
{
    if (!fill()) {
        return false;
    }
    commit();
    return true;
}

/* The disk has the list of this moment: the same entries, in the same order, at the same
 * indices. */
static void assert_on_disk(void)
{
    store_t *again = store_new(1000000, 43);
    journal_state_t state;
    assert_true(journal_model_state(scene.disk, &state));
    journal_recovery_result_t result = journal_model_recover(scene.disk, again, &state, INT64_MIN);
    assert_true(result.has_life && result.resumes && result.damaged == 0);
    assert_true(result.tail == store_tail(scene.store));
    assert_true(store_tail(again) == store_tail(scene.store));
    assert_int_equal(store_count(again), store_count(scene.store));
    store_cursor_t left;
    store_cursor_t right;
    store_entry_t one;
    store_entry_t other;
    store_cursor_open(scene.store, &left);
    store_cursor_open(again, &right);
    store_cursor_seek(&left, 0);
    store_cursor_seek(&right, 0);
    while (store_cursor_peek(&left, &one)) {
        assert_true(store_cursor_peek(&right, &other));
        assert_true(one.index == other.index);
        assert_true(text_equal(one.record.client, other.record.client));
        assert_int_equal(record_compare(&one.record, &other.record), 0);
        store_cursor_advance(&left);
        store_cursor_advance(&right);
    }
    assert_true(store_cursor_is_at_tail(&right));
    store_cursor_close(&left);
    store_cursor_close(&right);
    store_destroy(&again);
    journal_state_done(&state);
}

static void a_change_is_on_disk_when_it_is_committed(void **state)
{
    (void)state;
    assert_int_equal(step(), JOURNAL_NOTHING);
    assert_false(journal_is_due(scene.journal, scene.now_ns));
    assert_true(journal_is_level(scene.journal));
    update(1);
    update(2);
    assert_true(journal_is_due(scene.journal, scene.now_ns));
    assert_int_equal(step(), JOURNAL_CHUNK);
    assert_true(scene.part.name.first == 1 && scene.part.name.count == 2);
    assert_int_equal(step(), JOURNAL_END);
    assert_true(scene.part.tail == 2);
    /* What is given out is not held, and what changes meanwhile waits. */
    update(2);
    assert_true(journal_held(scene.journal) == 0);
    assert_int_equal(step(), JOURNAL_NOTHING);
    commit();
    assert_true(journal_held(scene.journal) == 2);
    assert_false(journal_is_level(scene.journal));
    scene.now_ns += SECOND;
    assert_true(write_all());
    assert_true(journal_held(scene.journal) == 3 && journal_is_level(scene.journal));
    assert_on_disk();
}

static void transactions_are_an_interval_apart_unless_someone_waits(void **state)
{
    (void)state;
    update(1);
    assert_true(write_all());
    update(1);
    scene.now_ns += SECOND - 1;
    assert_int_equal(step(), JOURNAL_NOTHING);
    assert_true(journal_lag_ns(scene.journal, scene.now_ns + 5) == 5);
    scene.now_ns += 1;
    assert_true(write_all());
    assert_true(journal_lag_ns(scene.journal, scene.now_ns) == 0);
    update(1);
    journal_hurry(scene.journal);
    assert_true(write_all());
    /* A wait for what is there is over. */
    journal_hurry(scene.journal);
    assert_int_equal(step(), JOURNAL_NOTHING);
    /* Who comes while a transaction is under way waits for the next. */
    update(1);
    journal_hurry(scene.journal);
    assert_true(fill());
    update(2);
    journal_hurry(scene.journal);
    commit();
    assert_true(write_all());
    assert_true(journal_held(scene.journal) == 5);
    journal_touch(scene.journal);
    assert_int_equal(step(), JOURNAL_NOTHING);
    scene.now_ns += SECOND;
    assert_true(write_all());
    journal_set_interval(scene.journal, 0);
    update(3);
    assert_true(write_all());
    assert_on_disk();
}

static void chunks_in_memory_are_bounded(void **state)
{
    (void)state;
    unsigned given = 0;
    for (unsigned client = 0; client < 100000; client++) {
        update(client);
    }
    journal_part_t part;
    while (journal_step(scene.journal, scene.now_ns, scene.chunk, &part) == JOURNAL_CHUNK) {
        given++;
    }
    assert_int_equal(given, JOURNAL_CHUNKS_MAX);
    assert_false(journal_is_due(scene.journal, scene.now_ns));
    journal_taken(scene.journal, part.transaction + 1); /* of another one */
    assert_false(journal_is_due(scene.journal, scene.now_ns));
    journal_taken(scene.journal, part.transaction);
    assert_true(journal_is_due(scene.journal, scene.now_ns));
}

/* Updates that outrun the disk: after a second beyond its first tail, it is to be ended. */
static void a_transaction_comes_to_its_end(void **state)
{
    (void)state;
    update(0);
    update(1);
    assert_int_equal(step(), JOURNAL_CHUNK);
    for (int i = 0; i < 10; i++) {
        assert_false(journal_must_end(scene.journal, scene.now_ns));
        scene.now_ns += SECOND / 10;
        update(2);
        assert_int_equal(step(), JOURNAL_CHUNK);
    }
    assert_true(journal_must_end(scene.journal, scene.now_ns));
    assert_true(write_all());
    assert_false(journal_must_end(scene.journal, scene.now_ns));
    assert_on_disk();
}

static void what_failed_is_written_anew(void **state)
{
    (void)state;
    update(1);
    assert_true(write_all());
    update(1);
    update(2);
    int64_t pause_ns = SECOND;
    scene.now_ns += SECOND;
    for (int i = 0; i < 8; i++) {
        assert_true(fill());
        journal_model_abort(scene.disk);
        journal_failed(scene.journal, scene.part.transaction, false, scene.now_ns);
        journal_failed(scene.journal, scene.part.transaction, false, scene.now_ns); /* twice */
        assert_true(journal_held(scene.journal) == 1);
        journal_hurry(scene.journal); /* does not help */
        scene.now_ns += pause_ns - 1;
        assert_int_equal(step(), JOURNAL_NOTHING);
        update(3);
        scene.now_ns += 1;
        pause_ns = 2 * pause_ns < 60 * SECOND ? 2 * pause_ns : 60 * SECOND;
    }
    assert_true(write_all());
    assert_on_disk();
    /* The pause begins anew; where the cause is gone there is none. */
    update(3);
    scene.now_ns += SECOND;
    assert_int_equal(step(), JOURNAL_CHUNK);
    journal_model_abort(scene.disk);
    journal_failed(scene.journal, scene.part.transaction, true, scene.now_ns);
    assert_true(write_all());
    assert_on_disk();
}

/* As many updates as one likes leave no more than three times the clients on disk, and a little. */
static void the_disk_is_compacted(void **state)
{
    (void)state;
    enum { CLIENTS = 20000, ROUNDS = 40, UPDATES = 4000 };
    uint64_t written = 0;
    for (unsigned client = 0; client < CLIENTS; client++) {
        update(client);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < UPDATES; i++) {
            /* Most updates come from few clients; many clients never send again. */
            update(below(4) > 0 ? below(CLIENTS / 20) : below(CLIENTS / 2));
        }
        scene.now_ns += SECOND;
        journal_step_t taken;
        while ((taken = step()) == JOURNAL_CHUNK) {
            written += scene.part.name.count;
            if (below(3) == 0) {
                update(below(CLIENTS));
            }
        }
        assert_int_equal(taken, JOURNAL_END);
        if (below(8) == 0) {
            journal_model_abort(scene.disk);
            journal_failed(scene.journal, scene.part.transaction, true, scene.now_ns);
            assert_true(write_all());
        } else {
            commit();
        }
        assert_on_disk();
        assert_true(journal_model_bytes(scene.disk) < (size_t)4 * CLIENTS * 70);
    }
    assert_true(written < (uint64_t)3 * ROUNDS * UPDATES);
}

/* Where updates come from all clients at random, few records are written a second time. */
static void compaction_costs_little(void **state)
{
    (void)state;
    enum { CLIENTS = 20000, ROUNDS = 300, UPDATES = 1000 };
    uint64_t written = 0;
    for (unsigned client = 0; client < CLIENTS; client++) {
        update(client);
    }
    assert_true(write_all());
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < UPDATES; i++) {
            update(below(CLIENTS));
        }
        scene.now_ns += SECOND;
        while (step() == JOURNAL_CHUNK) {
            written += scene.part.name.count;
        }
        commit();
    }
    assert_on_disk();
    assert_true(written * 10 < (uint64_t)ROUNDS * UPDATES * 14);
}

/* When all is purged, nothing of it is kept. */
static void what_is_purged_leaves_the_disk(void **state)
{
    (void)state;
    for (unsigned client = 0; client < 10000; client++) {
        update(client);
    }
    assert_true(write_all());
    (void)store_purge(scene.store, INT64_MAX, 3 * store_slot_count(scene.store));
    assert_int_equal(store_count(scene.store), 0);
    for (int i = 0; i < 3; i++) {
        scene.now_ns += SECOND;
        (void)write_all();
    }
    assert_int_equal(journal_model_chunks(scene.disk), 0);
    assert_on_disk();
    scene.now_ns += SECOND;
    assert_int_equal(step(), JOURNAL_NOTHING);
}

/* A list that lacks records of the disk goes on from the one before. It is itself no parent: where
 * there is room again the list has more than neighbours were told. */
static void expect_parents_of(const journal_recovery_result_t *small, const journal_state_t *before)
{
    generation_t generation = before->generation;
    journal_state_t lacking;
    journal_state_t whole;
    journal_recovery_begin_life(small, before, &generation, &lacking);
    assert_true(lacking.has_parent && lacking.refused == small->refused);
    journal_recovery_result_t again = *small;
    again.refused = 0;
    journal_recovery_begin_life(&again, &lacking, &generation, &whole);
    assert_true(!whole.has_parent && whole.refused == 0);
    journal_state_done(&lacking);
    journal_recovery_begin_life(&again, &whole, &generation, &lacking);
    assert_true(lacking.has_parent);
    journal_state_done(&whole);
    journal_state_done(&lacking);
}

/* A store that has no room for all: what it has not stays on disk. */
static void what_found_no_room_stays(void **state)
{
    (void)state;
    enum { CLIENTS = 9000 };
    for (unsigned client = 0; client < CLIENTS; client++) {
        update(client);
    }
    assert_true(write_all());
    journal_destroy(&scene.journal);
    store_destroy(&scene.store);
    scene.store = store_new(CLIENTS / 2, 42);
    journal_state_t of_disk;
    assert_true(journal_model_state(scene.disk, &of_disk));
    journal_recovery_result_t result =
        journal_model_recover(scene.disk, scene.store, &of_disk, INT64_MIN);
    assert_true(result.refused == CLIENTS / 2 && result.has_life && !result.resumes);
    expect_parents_of(&result, &of_disk);
    journal_state_done(&of_disk);
    scene.journal = journal_new(&(journal_settings_t){.store = scene.store,
                                                      .tail = result.tail,
                                                      .records = result.records,
                                                      .serial = result.serial,
                                                      .kept_until = result.tail});
    for (unsigned i = 0; i < 40000; i++) {
        update(i % 100);
        if (i % 1000 == 0) {
            assert_true(write_all());
        }
    }
    assert_true(write_all());
    store_t *again = store_new(CLIENTS, 43);
    assert_true(journal_model_state(scene.disk, &of_disk));
    result = journal_model_recover(scene.disk, again, &of_disk, INT64_MIN);
    assert_true(result.refused == 0 && result.resumes);
    assert_int_equal(store_count(again), CLIENTS);
    assert_true(result.records < CLIENTS + 2 * CLIENTS);
    store_destroy(&again);
    journal_state_done(&of_disk);
}

static void a_damaged_chunk_costs_its_own_records(void **state)
{
    (void)state;
    for (unsigned client = 0; client < 30000; client++) {
        update(client);
    }
    assert_true(write_all());
    size_t chunks = journal_model_chunks(scene.disk);
    assert_true(chunks > 3);
    size_t size;
    char *chunk = journal_model_chunk(scene.disk, 1, &size);
    chunk[size / 2] ^= 1;
    store_t *again = store_new(30000, 43);
    journal_state_t of_disk;
    assert_true(journal_model_state(scene.disk, &of_disk));
    journal_recovery_result_t result =
        journal_model_recover(scene.disk, again, &of_disk, INT64_MIN);
    assert_true(result.damaged == 1 && !result.has_life && !result.resumes);
    assert_true(result.chunks == chunks - 1 && store_count(again) == result.records);
    assert_true(store_tail(again) == 30000);
    journal_state_done(&of_disk);
    store_destroy(&again);
    /* Without a state all that is there is taken; what is old is left out. */
    again = store_new(30000, 43);
    result = journal_model_recover(scene.disk, again, NULL, 20001 * SECOND);
    assert_true(result.chunks == chunks - 1 && result.expired > 0);
    assert_true(store_count(again) == 10000 && !result.has_life);
    store_destroy(&again);
}

/* Chunks beyond the tail of the state are those of a transaction that never ended. */
static void what_was_never_committed_does_not_count(void **state)
{
    (void)state;
    update(1);
    update(2);
    assert_true(fill());
    journal_state_t early = state_of(0);
    journal_state_t of_disk;
    (void)journal_model_commit(scene.disk, &scene.part, &early);
    assert_true(journal_model_state(scene.disk, &of_disk));
    store_t *again = store_new(100, 43);
    journal_recovery_result_t result =
        journal_model_recover(scene.disk, again, &of_disk, INT64_MIN);
    assert_true(result.has_life && result.resumes && result.tail == 0);
    assert_int_equal(store_count(again), 0);
    journal_model_commit_state(scene.disk, &early);
    assert_int_equal(journal_model_chunks(scene.disk), 0);
    store_destroy(&again);
    journal_state_done(&of_disk);
    journal_state_done(&early);
}

#define journal_test(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        journal_test(a_change_is_on_disk_when_it_is_committed),
        journal_test(transactions_are_an_interval_apart_unless_someone_waits),
        journal_test(chunks_in_memory_are_bounded),
        journal_test(a_transaction_comes_to_its_end),
        journal_test(what_failed_is_written_anew),
        journal_test(the_disk_is_compacted),
        journal_test(compaction_costs_little),
        journal_test(what_is_purged_leaves_the_disk),
        journal_test(what_found_no_room_stays),
        journal_test(a_damaged_chunk_costs_its_own_records),
        journal_test(what_was_never_committed_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
