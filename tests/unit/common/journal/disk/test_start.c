/* Folders of journals, written, left, damaged, and started with (common/journal/disk). */
#include "common/journal/disk/start.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/journal/disk/check.h"
#include "common/journal/disk/pages.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/records.h"
#include "tests/support/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CLIENTS_MAX = 100000, GARBLED = 120 };

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

static int open_scene(void **state)
{
    (void)state;
    scene = (scene_t){.workspace = workspace_new(), .chunk = malloc(JOURNAL_CHUNK_SIZE)};
    assert_non_null(scene.chunk);
    snprintf(scene.folder, sizeof scene.folder, "%s/M", scene.workspace);
    snprintf(scene.file, sizeof scene.file, "%s/data.mdb", scene.folder);
    return 0;
}

static unsigned below(unsigned limit)
{
    scene.random = scene.random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)((scene.random >> 33) % limit);
}

/* As SIGKILL does: nothing more is written. */
static void leave(void)
{
    journal_destroy(&scene.journal);
    journal_disk_close(&scene.started.disk);
    journal_state_done(&scene.started.state);
    store_destroy(&scene.store);
}

static int close_scene(void **state)
{
    (void)state;
    leave();
    free(scene.chunk);
    free(scene.workspace);
    return 0;
}

static status_t try_start(const char *herd, const char *member, char digit)
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

static void start(char digit)
{
    status_t status = try_start("ucla", "M", digit);
    if (status != STATUS_OK) {
        fail_msg("%s", scene.problem.text);
    }
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

/* Writes all that is due; with `abort` up to the commit. */
static void write_all(bool abort)
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

/* The digest tells whether two stores hold the same. */
static digest_sum_t sum_of(store_t *store)
{
    while (!store_digest_step(store, 100000)) {
    }
    return digest_root(store_digest(store));
}

static void what_was_committed_comes_back(void **unused)
{
    (void)unused;
    start('a');
    assert_true(scene.started.is_new && !scene.started.state.has_parent);
    for (unsigned client = 0; client < 20000; client++) {
        update(client);
    }
    write_all(false);
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 2000; i++) {
            update(below(2000));
        }
        write_all(round % 7 == 3);
        if (round % 7 != 3) {
            digest_sum_t sum = sum_of(scene.store);
            uint64_t tail = store_tail(scene.store);
            update(1); /* is lost */
            leave();
            start((char)('a' + round % 6));
            assert_true(scene.started.recovery.resumes && scene.started.recovery.damaged == 0);
            assert_true(scene.started.state.has_parent);
            assert_true(scene.started.state.parent.index == tail);
            assert_true(store_tail(scene.store) == tail);
            assert_true(digest_sum_equal(sum, sum_of(scene.store)));
            assert_true(journal_disk_records(scene.started.disk) <
                        2 * store_count(scene.store) + 20000);
        }
    }
    assert_true(scene.started.recovery.records < 60000);
    struct stat state;
    assert_int_equal(stat(scene.folder, &state), 0);
    assert_int_equal(state.st_mode & 07777, 0700);
    assert_int_equal(stat(scene.file, &state), 0);
    assert_int_equal(state.st_mode & 07777, 0600);
}

/* A large transaction is on the disk in part when the process is killed: its compacted chunks lie
 * between those that they would have replaced, and lack what had moved on by then. */
static void what_was_compacted_counts_with_its_transaction(void **unused)
{
    (void)unused;
    enum { REWRITES = 2, STAGED = 4194304 };
    start('a');
    for (int round = 0; round <= REWRITES; round++) {
        for (unsigned client = 0; client < CLIENTS_MAX; client++) {
            update(client);
        }
        write_all(false);
    }
    digest_sum_t sum = sum_of(scene.store);
    for (unsigned client = 0; client < CLIENTS_MAX; client += 3) {
        update(client);
    }
    journal_part_t part;
    size_t put = 0; /* bytes */
    size_t compacted = 0;
    while (journal_step(scene.journal, 0, scene.chunk, &part) == JOURNAL_CHUNK) {
        assert_int_equal(journal_disk_put(scene.started.disk, &part, scene.chunk, &scene.problem),
                         STATUS_OK);
        journal_taken(scene.journal, part.transaction);
        put += part.size;
        compacted += part.compacted;
    }
    assert_true(compacted > 0 && put > STAGED);
    for (int digit = 'b'; digit < 'd'; digit++) {
        leave();
        start((char)digit);
        assert_int_equal(store_count(scene.store), CLIENTS_MAX);
        assert_true(digest_sum_equal(sum, sum_of(scene.store)));
        assert_true(scene.started.recovery.resumes);
    }
}

/* The parent of each life is the one before, whose name it has on disk before anything else. */
static void each_start_is_a_life(void **unused)
{
    (void)unused;
    start('a');
    update(1);
    write_all(false);
    link_checkpoint_t checkpoint = {.index = 980, .level = 970};
    memset(checkpoint.generation.hex, 'e', sizeof checkpoint.generation.hex);
    journal_state_add(&scene.started.state, TEXT("Hands"), &checkpoint);
    journal_touch(scene.journal);
    write_all(false);
    for (int digit = 'b'; digit < 'f'; digit++) {
        leave();
        start((char)digit);
        const journal_state_t *state = &scene.started.state;
        assert_true(state->has_parent && state->parent.generation.hex[0] == digit - 1);
        assert_true(state->parent.index == 1 && state->generation.hex[0] == digit);
        assert_true(journal_state_find(state, TEXT("Hands"), &checkpoint));
        assert_true(checkpoint.index == 980 && checkpoint.level == 970);
    }
}

static void only_one_process_writes(void **unused)
{
    (void)unused;
    int lock;
    start('a');
    assert_int_equal(journal_disk_lock(scene.folder, &lock, &scene.problem), STATUS_IN_USE);
    leave();
    assert_int_equal(journal_disk_lock(scene.folder, &lock, &scene.problem), STATUS_OK);
    assert_int_equal(try_start("ucla", "M", 'b'), STATUS_IN_USE);
    close(lock);
    start('b');
}

static void what_is_of_others_is_refused(void **unused)
{
    (void)unused;
    start('a');
    update(1);
    write_all(false);
    leave();
    assert_int_equal(try_start("usc", "M", 'b'), STATUS_INVALID);
    assert_non_null(strstr(scene.problem.text, "member M of herd ucla"));
    assert_int_equal(try_start("ucla", "N", 'b'), STATUS_INVALID);
    start('b');
    assert_int_equal(store_count(scene.store), 1);
}

static void place_file(const char *bytes, size_t size)
{
    (void)mkdir(scene.folder, 0700);
    int file = open(scene.file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), (ssize_t)size);
    close(file);
}

static char *read_whole(size_t *ret_size)
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

static void odd_files_are_no_end(void **unused)
{
    (void)unused;
    place_file("", 0);
    start('a');
    assert_true(scene.started.is_new && !scene.started.set_aside);
    leave();
    /* The power went before LMDB had its first pages on the disk; a file that had more. */
    static char zeros[20000];
    for (size_t left = 4096; left <= 12288; left += 4096) {
        place_file(zeros, left);
        start('a');
        assert_true(scene.started.is_new && !scene.started.set_aside);
        leave();
    }
    for (size_t left = 5000; left <= sizeof zeros; left += 15000) {
        place_file(zeros, left);
        start('a');
        assert_true(scene.started.set_aside && store_count(scene.store) == 0);
        leave();
    }
    place_file("not a journal", 13);
    start('a');
    assert_true(scene.started.set_aside);
    leave();
    /* A later LMDB is not damage. */
    size_t size;
    char *bytes = read_whole(&size);
    bytes[20] = 9;
    place_file(bytes, size);
    assert_int_equal(try_start("ucla", "M", 'b'), STATUS_VERSION);
    free(bytes);
    /* A folder in the place of the file; no folder at all. */
    assert_int_equal(unlink(scene.file), 0);
    assert_int_equal(mkdir(scene.file, 0700), 0);
    assert_int_equal(try_start("ucla", "M", 'b'), STATUS_SYSTEM);
    snprintf(scene.folder, sizeof scene.folder, "/proc/nowhere");
    assert_int_equal(try_start("ucla", "M", 'b'), STATUS_SYSTEM);
}

/* A file with records in large and in small chunks, and free pages; the size of it. */
static char *make_file(size_t *ret_size, unsigned clients)
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
    leave();
    return read_whole(ret_size);
}

/* All that came back was written so; returns whether all of it came. */
static bool check_records(unsigned clients)
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

static void count_fault(void *argument, const char *text)
{
    assert_true(text[0] != '\0');
    ++*(uint64_t *)argument;
}

/* journal_check of the folder, which changes nothing in it. */
static status_t check_folder(journal_check_t *ret_check)
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

/* What a start finds damaged a check finds, and no more. */
static void expect_same_as_start(status_t checked, const journal_check_t *check, status_t started,
                                 bool said)
{
    assert_int_equal(checked == STATUS_VERSION, started == STATUS_VERSION);
    if (checked == STATUS_NOT_FOUND) {
        assert_true(started == STATUS_OK && scene.started.is_new && !said);
        return;
    }
    if (started == STATUS_OK) {
        assert_int_equal(checked, STATUS_OK);
        assert_int_equal(check->faults > 0, said);
        assert_int_equal(check->clients, store_count(scene.store));
        assert_int_equal(check->recovery.records, scene.started.recovery.records);
    }
}

/* Whatever bytes are changed: the start is one, and whatever is lost is said. It can be written
 * again, and comes back. */
static void garbled_files_are_noticed(void **unused)
{
    (void)unused;
    enum { CLIENTS = 400 };
    size_t size;
    char *whole = make_file(&size, CLIENTS);
    unsigned noticed = 0;
    unsigned harmless = 0;
    char *bytes = malloc(size);
    assert_non_null(bytes);
    for (int round = 0; round < GARBLED; round++) {
        memcpy(bytes, whole, size);
        unsigned count = 1 + below(16);
        size_t at = ((size_t)below(1 << 30) * 16 + below(16)) % (size - count);
        for (unsigned i = 0; i < count; i++) {
            bytes[at + i] = (char)below(256);
        }
        place_file(bytes, size);
        journal_check_t check;
        status_t checked = check_folder(&check);
        status_t status = try_start("ucla", "M", 'b');
        bool said = scene.started.recovery.damaged > 0 || scene.started.set_aside;
        expect_same_as_start(checked, &check, status, said);
        if (status != STATUS_OK) {
            /* A format that says that it is another one. */
            assert_true(status == STATUS_VERSION || status == STATUS_INVALID);
            noticed++;
            continue;
        }
        bool all = check_records(CLIENTS);
        assert_true(all || said);
        assert_true(!said || !scene.started.state.has_parent);
        noticed += said ? 1 : 0;
        harmless += said ? 0 : 1;
        for (unsigned client = 0; client < CLIENTS; client++) {
            update(client);
        }
        journal_touch(scene.journal);
        write_all(false);
        digest_sum_t sum = sum_of(scene.store);
        leave();
        start('c');
        assert_int_equal(scene.started.recovery.damaged, 0);
        assert_true(digest_sum_equal(sum, sum_of(scene.store)));
        leave();
    }
    printf("%u noticed, %u harmless\n", noticed, harmless);
    assert_true(noticed > 0 && harmless > 0);
    free(bytes);
    free(whole);
}

/* A start with one byte changed: whatever is missing is said. Returns whether it was. */
static bool start_changed(char *bytes, size_t size, size_t at, unsigned clients)
{
    char before = bytes[at];
    bytes[at] = (char)(before ^ (char)(1 + below(255)));
    place_file(bytes, size);
    bytes[at] = before;
    status_t status = try_start("ucla", "M", 'b');
    if (status != STATUS_OK) {
        assert_int_equal(status, STATUS_VERSION);
        return true;
    }
    bool said = scene.started.recovery.damaged > 0 || scene.started.set_aside;
    if (!said && (!check_records(clients) || !scene.started.state.has_parent)) {
        fail_msg("byte %zu: %zu of %u clients, nothing is said", at, store_count(scene.store),
                 clients);
    }
    leave();
    return said;
}

/* What leads to all else: which snapshot counts, the databases and their names, the state. */
static void no_byte_that_leads_to_others_is_lost_silently(void **unused)
{
    (void)unused;
    enum { CLIENTS = 100, META = 168, TRANSACTION = 144 };
    size_t size;
    char *bytes = make_file(&size, CLIENTS);
    for (size_t at = 0; at < META; at++) {
        (void)start_changed(bytes, size, at % 2 * 4096 + at, CLIENTS);
    }
    (void)start_changed(bytes, size, 4096 + TRANSACTION, CLIENTS);
    static const char *const names[] = {"chunks", "state"};
    for (size_t i = 0; i < 2; i++) {
        unsigned said = 0;
        const char *end = bytes + size;
        for (char *at = bytes; (at = memmem(at, (size_t)(end - at), names[i], 5)) != NULL; at++) {
            said += start_changed(bytes, size, (size_t)(at - bytes) + 4, CLIENTS) ? 1 : 0;
        }
        assert_true(said > 0); /* where it counts */
    }
    free(bytes);
}

static void cut_files_are_noticed(void **unused)
{
    (void)unused;
    enum { CLIENTS = 5000 };
    size_t size;
    char *whole = make_file(&size, CLIENTS);
    for (size_t left = 1; left < size; left += 1 + below((unsigned)size / 50)) {
        place_file(whole, left);
        journal_check_t check;
        status_t checked = check_folder(&check);
        start('b');
        expect_same_as_start(checked, &check, STATUS_OK, scene.started.set_aside);
        bool all = check_records(CLIENTS);
        assert_true(all || scene.started.set_aside);
        leave();
    }
    free(whole);
}

/* What a damaged file still had is on the disk when the start has ended, in a file of its own. What
 * an earlier start left, which was killed, is in no one's way. */
static void what_was_salvaged_is_on_the_disk(void **unused)
{
    (void)unused;
    enum { CLIENTS = 5000 };
    size_t size;
    char own[320];
    char *whole = make_file(&size, CLIENTS);
    place_file(whole, size - size / 4);
    free(whole);
    snprintf(own, sizeof own, "%s/rescue", scene.folder);
    assert_int_equal(mkdir(own, 0700), 0);
    snprintf(own, sizeof own, "%s/rescue/data.mdb", scene.folder);
    int file = open(own, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(file, "half", 4), 4);
    close(file);
    start('b');
    assert_true(scene.started.set_aside && !scene.started.is_new);
    assert_true(store_count(scene.store) > 0);
    digest_sum_t sum = sum_of(scene.store);
    uint64_t records = journal_disk_records(scene.started.disk);
    assert_true(records == store_count(scene.store));
    char aside[400];
    snprintf(aside, sizeof aside, "%s.damaged.1772000000000000000", scene.file);
    assert_non_null(strstr(scene.started.damage.text, aside));
    assert_int_equal(access(aside, F_OK), 0);
    leave(); /* at once */
    start('c');
    assert_true(!scene.started.set_aside && scene.started.recovery.damaged == 0);
    assert_true(scene.started.state.has_parent);
    assert_true(digest_sum_equal(sum, sum_of(scene.store)));
    update(1);
    write_all(false);
    sum = sum_of(scene.store);
    leave();
    start('d');
    assert_true(digest_sum_equal(sum, sum_of(scene.store)));
}

static void records_of_any_size_come_back(void **unused)
{
    (void)unused;
    static char id[LIMIT_LINE_SIZE];
    memset(id, 'x', sizeof id);
    start('a');
    for (size_t size = 1; size < LIMIT_LINE_SIZE - 6; size += 997) {
        record_t record = record_for_test("", "5", "Clark", 7);
        record.position = TEXT("+1-1");
        record.client = (text_t){.data = id, .size = size};
        assert_int_equal(store_merge(scene.store, &record, 0), STORE_NEWER);
        journal_touch(scene.journal);
        write_all(false);
    }
    digest_sum_t sum = sum_of(scene.store);
    leave();
    start('b');
    assert_true(digest_sum_equal(sum, sum_of(scene.store)));
}

/* A file that is much larger than what it holds is written anew at the next start. */
static void a_file_shrinks(void **unused)
{
    (void)unused;
    start('a');
    for (unsigned client = 0; client < CLIENTS_MAX; client++) {
        update(client);
        if (client % 10000 == 9999) {
            write_all(false);
        }
    }
    for (int i = 0; i < 16; i++) { /* all change again and again; nothing is compacted between */
        for (unsigned client = 0; client < CLIENTS_MAX; client++) {
            update(client);
        }
        write_all(false);
    }
    store_purge(scene.store, INT64_MAX, 4 * store_slot_count(scene.store));
    update(1);
    write_all(false);
    journal_touch(scene.journal);
    write_all(false);
    uint64_t before = journal_disk_size(scene.started.disk);
    leave();
    start('b');
    assert_true(scene.started.shrunk);
    assert_true(journal_disk_size(scene.started.disk) < before / 4);
    assert_int_equal(store_count(scene.store), 1);
    update(2);
    write_all(false);
    leave();
    start('c');
    assert_true(!scene.started.shrunk && store_count(scene.store) == 2);
}

/* A copy of a folder that is being written is the list of one moment. */
static void a_copy_is_a_folder(void **unused)
{
    (void)unused;
    char folder[256];
    char copied[300];
    journal_check_t check;
    journal_disk_t *reader;
    snprintf(folder, sizeof folder, "%s/copy", scene.workspace);
    snprintf(copied, sizeof copied, "%s/data.mdb", folder);
    start('a');
    assert_int_equal(journal_disk_open(folder, -1, &reader, &scene.problem), STATUS_NOT_FOUND);
    for (unsigned client = 0; client < 5000; client++) {
        update(client);
    }
    assert_true(store_forget(scene.store, TEXT("phone7"), TEXT("Clark"), 1));
    write_all(false);
    digest_sum_t sum = sum_of(scene.store);
    assert_int_equal(mkdir(folder, 0700), 0);
    int file = open(copied, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    assert_int_equal(journal_disk_open(scene.folder, -1, &reader, &scene.problem), STATUS_OK);
    assert_int_equal(journal_disk_copy(reader, file, &scene.problem), STATUS_OK);
    journal_disk_close(&reader);
    close(file);
    file = open("/dev/full", O_WRONLY);
    assert_int_equal(journal_disk_copy(scene.started.disk, file, &scene.problem), STATUS_FULL);
    close(file);
    update(1);
    write_all(false);
    assert_int_equal(check_folder(&check), STATUS_IN_USE);
    assert_true(journal_check_is_in_use(scene.folder));
    leave();
    assert_int_equal(check_folder(&check), STATUS_OK);
    snprintf(scene.folder, sizeof scene.folder, "%s", folder);
    assert_int_equal(check_folder(&check), STATUS_OK);
    assert_true(check.has_state && check.faults == 0 && check.uncommitted == 0);
    assert_true(check.clients == 4999 && check.tombstones == 1 && check.recovery.tail == 5001);
    start('b');
    assert_true(digest_sum_equal(sum, sum_of(scene.store)));
}

/* As a node may. */
static void write_file(void *argument, const char *text)
{
    (void)text;
    const char *path = argument;
    assert_int_equal(truncate(path, 100), 0);
}

/* What changes while it is checked is neither whole nor damaged. */
static void a_file_that_changes_is_in_use(void **unused)
{
    (void)unused;
    size_t size;
    journal_check_t check;
    char *bytes = make_file(&size, 400);
    memset(bytes + size / 2, 'x', 100);
    place_file(bytes, size);
    assert_int_equal(journal_check(scene.folder, write_file, scene.file, &check, &scene.problem),
                     STATUS_IN_USE);
    assert_non_null(strstr(scene.problem.text, "was changed while it was read"));
    free(bytes);
}

/* A file that is new has nothing; a pipe is no file; what never ended does not count. */
static void odd_folders_are_checked(void **unused)
{
    (void)unused;
    journal_check_t check;
    start('a');
    update(1);
    write_all(false);
    leave();
    assert_int_equal(check_folder(&check), STATUS_OK);
    assert_true(check.has_state && check.clients == 1);
    assert_int_equal(unlink(scene.file), 0);
    assert_int_equal(check_folder(&check), STATUS_NOT_FOUND);
    assert_int_equal(mkfifo(scene.file, 0600), 0);
    assert_int_equal(check_folder(&check), STATUS_SYSTEM);
    assert_non_null(strstr(scene.problem.text, "is a pipe"));
    assert_int_equal(unlink(scene.file), 0);
    assert_int_equal(symlink("data.mdb", scene.file), 0);
    assert_int_equal(check_folder(&check), STATUS_SYSTEM);
    assert_int_equal(unlink(scene.file), 0);
    place_file("", 0);
    assert_int_equal(check_folder(&check), STATUS_NOT_FOUND);
}

#define start_test(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        start_test(what_was_committed_comes_back),
        start_test(what_was_compacted_counts_with_its_transaction),
        start_test(each_start_is_a_life),
        start_test(only_one_process_writes),
        start_test(what_is_of_others_is_refused),
        start_test(odd_files_are_no_end),
        start_test(garbled_files_are_noticed),
        start_test(no_byte_that_leads_to_others_is_lost_silently),
        start_test(cut_files_are_noticed),
        start_test(what_was_salvaged_is_on_the_disk),
        start_test(records_of_any_size_come_back),
        start_test(a_file_shrinks),
        start_test(a_copy_is_a_folder),
        start_test(a_file_that_changes_is_in_use),
        start_test(odd_folders_are_checked),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
