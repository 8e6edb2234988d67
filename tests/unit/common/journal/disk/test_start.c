/* Folders of journals, written, left, and started with (common/journal/disk). */
#include "tests/support/journal_scene.h"

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
                        3 * store_count(scene.store) + 20000);
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
    enum { REWRITES = 3, RARE = 4, STAGED = 1048576 };
    start('a');
    for (int round = 0; round <= REWRITES; round++) {
        for (unsigned client = 0; client < CLIENTS_MAX; client++) {
            if (round == 0 || client % RARE != 0) {
                update(client);
            }
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
    char expected[512];
    start('a');
    assert_int_equal(journal_disk_lock(scene.folder, &lock, &scene.problem), STATUS_IN_USE);
    snprintf(expected, sizeof expected, "%s: process %ld writes it", scene.folder, (long)getpid());
    assert_string_equal(scene.problem.text, expected);
    snprintf(expected, sizeof expected, "%s/lock", scene.folder);
    assert_int_equal(truncate(expected, 0), 0);
    assert_int_equal(journal_disk_lock(scene.folder, &lock, &scene.problem), STATUS_IN_USE);
    assert_non_null(strstr(scene.problem.text, ": another process writes it"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        start_test(what_was_committed_comes_back),
        start_test(what_was_compacted_counts_with_its_transaction),
        start_test(each_start_is_a_life),
        start_test(only_one_process_writes),
        start_test(what_is_of_others_is_refused),
        start_test(odd_files_are_no_end),
        start_test(records_of_any_size_come_back),
        start_test(a_file_shrinks),
        start_test(a_copy_is_a_folder),
        start_test(a_file_that_changes_is_in_use),
        start_test(odd_folders_are_checked),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
