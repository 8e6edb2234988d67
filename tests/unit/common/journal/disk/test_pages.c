/* Files of journals with bytes that are wrong or missing, and what a start makes of them. */
#include "tests/support/journal_scene.h"

#include <lmdb.h>

enum { GARBLED = 120 };

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

/* What `herdctl journal copy` makes. */
static char *copy_of_folder(size_t *ret_size)
{
    char path[300];
    snprintf(path, sizeof path, "%s/copy.mdb", scene.workspace);
    int file = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    settle();
    assert_int_equal(journal_disk_copy(scene.started.disk, file, &scene.problem), STATUS_OK);
    *ret_size = (size_t)lseek(file, 0, SEEK_END);
    char *bytes = malloc(*ret_size);
    assert_non_null(bytes);
    assert_int_equal(pread(file, bytes, *ret_size, 0), (ssize_t)*ret_size);
    close(file);
    return bytes;
}

/* What leads to all else: which snapshot counts, the state's name. */
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
    unsigned said = 0;
    const char *end = bytes + size;
    for (char *at = bytes; (at = memmem(at, (size_t)(end - at), "state", 5)) != NULL; at++) {
        for (size_t i = 0; i < 5; i++) {
            said += start_changed(bytes, size, (size_t)(at - bytes) + i, CLIENTS) ? 1 : 0;
        }
    }
    assert_true(said > 0); /* where it counts */
    free(bytes);
}

/* A copy of few records has three pages, as many as a file that was never written to its end. */
static void nor_is_a_byte_of_a_small_copy(void **unused)
{
    (void)unused;
    enum { PAGE = 4096, META = 168, NODES = 512 };
    size_t size;
    start('a');
    update(0);
    write_all(false);
    char *copy = copy_of_folder(&size);
    leave();
    assert_int_equal(size, 3 * PAGE);
    for (size_t at = 0; at < META; at++) {
        (void)start_changed(copy, size, at % 2 * PAGE + at, 1);
    }
    for (size_t at = size - NODES; at < size; at += 3) {
        (void)start_changed(copy, size, at, 1);
    }
    memset(copy, 0, PAGE);
    memset(copy + PAGE, 0, PAGE);
    place_file(copy, size);
    start('b');
    assert_true(scene.started.set_aside && store_count(scene.store) == 1);
    free(copy);
}

/* Chunks and state had a database each once. */
static void an_earlier_format_is_refused(void **unused)
{
    (void)unused;
    static const char *const names[] = {"chunks", "state"};
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi database;
    assert_int_equal(mkdir(scene.folder, 0700), 0);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 2), 0);
    assert_int_equal(mdb_env_open(env, scene.folder, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(mdb_dbi_open(txn, names[i], MDB_CREATE, &database), 0);
    }
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    size_t size;
    size_t size_after;
    char *before = read_whole(&size);
    assert_int_equal(try_start("ucla", "M", 'a'), STATUS_VERSION);
    assert_non_null(strstr(scene.problem.text, "earlier format"));
    journal_check_t check;
    assert_int_equal(check_folder(&check), STATUS_VERSION);
    assert_non_null(strstr(scene.problem.text, "earlier format"));
    char *after = read_whole(&size_after);
    assert_true(size == size_after && memcmp(before, after, size) == 0);
    free(before);
    free(after);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        start_test(garbled_files_are_noticed),
        start_test(no_byte_that_leads_to_others_is_lost_silently),
        start_test(nor_is_a_byte_of_a_small_copy),
        start_test(an_earlier_format_is_refused),
        start_test(cut_files_are_noticed),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
