/* journal_scene.h - one journal's folder, written, left, damaged, and started with; for tests of
 * common/journal/disk. */
#ifndef HERD_TESTS_SUPPORT_JOURNAL_SCENE_H
#define HERD_TESTS_SUPPORT_JOURNAL_SCENE_H

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/journal/disk/check.h"
#include "common/journal/disk/start.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/records.h"
#include "tests/support/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CLIENTS_MAX = 100000 };

#define start_test(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

typedef struct {
    char *workspace;
    char folder[256];
    char file[300]; /* data.mdb */
    uint64_t random;
    unsigned clock; /* seconds of the newest client time */
    store_t *store;
    journal_t *journal;
    journal_started_t started;
    journal_disk_problem_t problem;
    char *chunk; /* JOURNAL_CHUNK_SIZE bytes */
} scene_t;

static scene_t scene;

static inline int open_scene(void **state)
{
    (void)state;
    scene = (scene_t){.workspace = workspace_new(), .chunk = malloc(JOURNAL_CHUNK_SIZE)};
    assert_non_null(scene.chunk);
    snprintf(scene.folder, sizeof scene.folder, "%s/M", scene.workspace);
    snprintf(scene.file, sizeof scene.file, "%s/data.mdb", scene.folder);
    return 0;
}

static inline unsigned below(unsigned limit)
{
    scene.random = scene.random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)((scene.random >> 33) % limit);
}

/* As SIGKILL does: nothing more is written. */
static inline void leave(void)
{
    journal_destroy(&scene.journal);
    journal_disk_close(&scene.started.disk);
    journal_state_done(&scene.started.state);
    store_destroy(&scene.store);
}

static inline int close_scene(void **state)
{
    (void)state;
    leave();
    free(scene.chunk);
    free(scene.workspace);
    return 0;
}

static inline status_t try_start(const char *herd, const char *member, char digit)
{
    scene.store = store_new(CLIENTS_MAX, 42);
    journal_start_t start = {.folder = scene.folder,
                             .herd = text_of(herd),
                             .member = text_of(member),
                             .store = scene.store,
                             .kept_from_ns = INT64_MIN,
                             .now_ns = 1772000000 * TIMESTAMP_NS_PER_S};
    memset(start.generation.hex, digit, sizeof start.generation.hex);
    status_t status = journal_start(&start, &scene.started, &scene.problem);
    if (status != STATUS_OK) {
        store_destroy(&scene.store);
        scene.started = (journal_started_t){0};
        return status;
    }
    scene.journal = journal_new(&(journal_settings_t){
        .store = scene.store,
        .tail = scene.started.on_disk,
        .records = journal_disk_records(scene.started.disk),
        .serial = scene.started.recovery.serial,
    });
    return status;
}

static inline void start(char digit)
{
    status_t status = try_start("ucla", "M", digit);
    if (status != STATUS_OK) {
        fail_msg("%s", scene.problem.text);
    }
}

static inline void update(unsigned client)
{
    char name[16];
    char time[16];
    snprintf(name, sizeof name, "phone%u", client);
    snprintf(time, sizeof time, "%u", ++scene.clock);
    record_t record = record_for_test(name, time, "Clark", scene.clock);
    assert_int_equal(store_merge(scene.store, &record, 0), STORE_NEWER);
}

/* Writes all that is due; with `abort` up to the commit. */
static inline void write_all(bool abort)
{
    journal_part_t part;
    journal_step_t step;
    journal_disk_t *disk = scene.started.disk;
    while ((step = journal_step(scene.journal, 0, scene.chunk, &part)) == JOURNAL_CHUNK) {
        assert_int_equal(journal_disk_put(disk, &part, scene.chunk, &scene.problem), STATUS_OK);
        journal_taken(scene.journal, part.transaction);
    }
    assert_int_equal(step, JOURNAL_END);
    if (abort) {
        journal_disk_abort(disk);
        journal_failed(scene.journal, part.transaction, true, 0);
        return;
    }
    journal_state_t *state = &scene.started.state;
    state->tail = part.tail;
    state->serial = part.serial;
    assert_int_equal(journal_disk_commit(disk, &part, state, &scene.problem), STATUS_OK);
    journal_committed(scene.journal, part.transaction, journal_disk_records(disk));
}

/* data.mdb has all. */
static inline void settle(void)
{
    assert_int_equal(journal_disk_settle(scene.started.disk, &scene.problem), STATUS_OK);
    assert_true(journal_disk_is_settled(scene.started.disk));
}

/* The digest tells whether two stores hold the same. */
static inline digest_sum_t sum_of(store_t *store)
{
    while (!store_digest_step(store, 100000)) {
    }
    return digest_root(store_digest(store));
}

/* No more of the folder than data.mdb. */
static inline void place_file(const char *bytes, size_t size)
{
    enum { RECENT_SIZE = 524288 };
    static const char zeros[RECENT_SIZE];
    char recent[300];
    snprintf(recent, sizeof recent, "%s/recent", scene.folder);
    int emptied = open(recent, O_WRONLY); /* to make it anew takes longer */
    if (emptied >= 0) {
        assert_int_equal(pwrite(emptied, zeros, RECENT_SIZE, 0), RECENT_SIZE);
        close(emptied);
    }
    (void)mkdir(scene.folder, 0700);
    int file = open(scene.file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), (ssize_t)size);
    close(file);
}

static inline char *read_whole(size_t *ret_size)
{
    struct stat state;
    int file = open(scene.file, O_RDONLY);
    assert_true(file >= 0);
    assert_int_equal(fstat(file, &state), 0);
    char *bytes = malloc((size_t)state.st_size);
    assert_non_null(bytes);
    assert_int_equal(read(file, bytes, (size_t)state.st_size), state.st_size);
    close(file);
    *ret_size = (size_t)state.st_size;
    return bytes;
}

/* A file with records in large and in small chunks, and free pages; the size of it. */
static inline char *make_file(size_t *ret_size, unsigned clients)
{
    start('a');
    for (unsigned client = 0; client < clients; client++) {
        update(client);
    }
    write_all(false);
    for (int i = 0; i < 30; i++) {
        for (int more = 0; more < 200; more++) {
            update(below(50));
        }
        write_all(false);
        update(below(clients));
        write_all(false);
    }
    settle();
    leave();
    return read_whole(ret_size);
}

/* All that came back was written so; returns whether all of it came. */
static inline bool check_records(unsigned clients)
{
    store_cursor_t cursor;
    store_entry_t entry;
    store_cursor_open(scene.store, &cursor);
    store_cursor_seek(&cursor, 0);
    while (store_cursor_peek(&cursor, &entry)) {
        assert_text_equal(entry.record.position, "+34.068930-118.445127");
        assert_text_equal(entry.record.origin, "Clark");
        store_cursor_advance(&cursor);
    }
    store_cursor_close(&cursor);
    return store_count(scene.store) == clients;
}

static inline void count_fault(void *argument, const char *text)
{
    assert_true(text[0] != '\0');
    ++*(uint64_t *)argument;
}

/* journal_check of the folder, which changes nothing in it. */
static inline status_t check_folder(journal_check_t *ret_check)
{
    uint64_t faults = 0;
    struct stat before;
    struct stat after;
    assert_int_equal(stat(scene.folder, &before), 0);
    status_t status = journal_check(scene.folder, count_fault, &faults, ret_check, &scene.problem);
    assert_int_equal(stat(scene.folder, &after), 0);
    assert_true(before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
                before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    if (status == STATUS_OK) {
        assert_true(ret_check->faults == faults);
        journal_state_done(&ret_check->state);
    }
    return status;
}

#endif
