/* Small transactions: on the disk by the file "recent", before they are in data.mdb. */
#include "common/journal/disk/recent.h"

#include "common/journal/disk/pages.h"
#include "tests/support/journal_scene.h"

enum { PLACE = 4096, CLIENTS = 3000 };

static char recent_path[300];

static int open_recent(void **state)
{
    int opened = open_scene(state);
    snprintf(recent_path, sizeof recent_path, "%s/recent", scene.folder);
    start('a');
    for (unsigned client = 0; client < CLIENTS; client++) {
        update(client);
    }
    write_all(false); /* large */
    assert_true(journal_disk_is_settled(scene.started.disk));
    return opened;
}

#define recent_test(name) cmocka_unit_test_setup_teardown(name, open_recent, close_scene)

/* One transaction; small. */
static void write_one(unsigned client)
{
    update(client);
    write_all(false);
}

static void change_file(size_t at, const void *bytes, size_t size)
{
    int file = open(recent_path, O_WRONLY);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, bytes, size, (off_t)at), (ssize_t)size);
    close(file);
}

static struct stat state_of(const char *path)
{
    struct stat state;
    assert_int_equal(stat(path, &state), 0);
    return state;
}

static void restart_whole(uint64_t tail, digest_sum_t sum)
{
    leave();
    start('b');
    assert_true(scene.started.recovery.resumes && scene.started.recovery.damaged == 0);
    assert_true(scene.started.state.has_parent);
    assert_true(scene.started.state.parent.index == tail);
    assert_true(digest_sum_equal(sum, sum_of(scene.store)));
}

static void they_come_back_without_data_mdb(void **unused)
{
    (void)unused;
    enum { COUNT = 100 };
    struct stat before = state_of(scene.file);
    for (unsigned i = 0; i < COUNT; i++) {
        write_one(i);
    }
    struct stat after = state_of(scene.file);
    assert_true(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec &&
                before.st_mtim.tv_sec == after.st_mtim.tv_sec);
    assert_int_equal(state_of(recent_path).st_size, JOURNAL_RECENT_SIZE);
    uint64_t tail = store_tail(scene.store);
    uint64_t records = journal_disk_records(scene.started.disk);
    digest_sum_t sum = sum_of(scene.store);
    update(1); /* is lost */
    restart_whole(tail, sum);
    assert_true(journal_disk_records(scene.started.disk) == records);
    assert_true(journal_disk_is_settled(scene.started.disk));
    restart_whole(tail, sum); /* data.mdb has them now */
}

/* More than the file takes; beside them large ones, and some that fail. */
static void they_mix_with_others(void **unused)
{
    (void)unused;
    enum { COUNT = 600, LARGE = 2500 };
    unsigned settled = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        for (unsigned n = below(60) == 0 ? LARGE : 1 + below(60); n > 0; n--) {
            update(below(CLIENTS));
        }
        if (below(25) == 0) {
            write_all(true);
        }
        write_all(false);
        settled += journal_disk_is_settled(scene.started.disk) ? 1 : 0;
        if (below(50) == 0) {
            restart_whole(store_tail(scene.store), sum_of(scene.store));
        }
    }
    assert_true(settled > 0 && settled < COUNT / 2);
    restart_whole(store_tail(scene.store), sum_of(scene.store));
}

/* The power went while the last one was written: it was never promised. */
static void a_torn_one_is_none(void **unused)
{
    (void)unused;
    write_one(1);
    write_one(2);
    uint64_t tail = store_tail(scene.store);
    digest_sum_t sum = sum_of(scene.store);
    write_one(3);
    change_file(2 * PLACE + 100, "torn", 4);
    restart_whole(tail, sum);
}

static void a_missing_one_is_said(void **unused)
{
    (void)unused;
    journal_check_t check;
    write_one(CLIENTS);
    write_one(CLIENTS + 1);
    write_one(CLIENTS + 2);
    leave();
    change_file(PLACE + 100, "damage", 6);
    assert_int_equal(check_folder(&check), STATUS_OK);
    assert_true(check.faults == 1 && check.clients == CLIENTS + 2);
    start('b');
    assert_true(scene.started.recovery.damaged == 1 && !scene.started.state.has_parent);
    assert_int_equal(store_count(scene.store), CLIENTS + 2);
    leave();
    start('c');
    assert_true(scene.started.recovery.damaged == 0);
    assert_int_equal(store_count(scene.store), CLIENTS + 2);
}

/* The file of another moment counts for nothing. */
static void an_earlier_file_is_passed_over(void **unused)
{
    (void)unused;
    char before[2 * PLACE];
    write_one(1);
    write_one(2);
    int file = open(recent_path, O_RDONLY);
    assert_int_equal(pread(file, before, sizeof before, 0), sizeof before);
    close(file);
    settle();
    write_one(1);
    write_one(2);
    settle();
    uint64_t tail = store_tail(scene.store);
    digest_sum_t sum = sum_of(scene.store);
    leave();
    change_file(0, before, sizeof before);
    start('b');
    restart_whole(tail, sum);
}

/* With a state that is damaged no entry can be told from earlier ones; its records come back. */
static void records_outlast_the_state(void **unused)
{
    (void)unused;
    size_t size;
    journal_check_t check;
    write_one(CLIENTS);
    leave();
    char *bytes = read_whole(&size);
    int file = open(scene.file, O_WRONLY);
    const char *end = bytes + size;
    for (char *at = bytes; (at = memmem(at, (size_t)(end - at), "herd-journal", 12)); at++) {
        assert_int_equal(pwrite(file, "Herd", 4, at - bytes), 4);
    }
    close(file);
    free(bytes);
    assert_int_equal(check_folder(&check), STATUS_OK);
    assert_true(check.faults > 0 && check.clients == CLIENTS + 1);
    start('b');
    assert_true(scene.started.recovery.damaged > 0 && !scene.started.state.has_parent);
    assert_int_equal(store_count(scene.store), CLIENTS + 1);
    write_all(false); /* what no chunk of data.mdb has */
    leave();
    start('c');
    assert_true(scene.started.recovery.damaged == 0);
    assert_int_equal(store_count(scene.store), CLIENTS + 1);
}

static void a_check_and_a_copy_have_them(void **unused)
{
    (void)unused;
    journal_check_t check;
    size_t size;
    write_one(CLIENTS);
    uint64_t tail = store_tail(scene.store);
    leave();
    assert_int_equal(check_folder(&check), STATUS_OK);
    assert_true(check.faults == 0 && check.clients == CLIENTS + 1 && check.recovery.tail == tail);
    assert_int_equal(journal_disk_settle_folder(scene.folder, &scene.problem), STATUS_OK);
    char *bytes = read_whole(&size);
    place_file(bytes, size); /* it alone */
    free(bytes);
    assert_int_equal(check_folder(&check), STATUS_OK);
    assert_true(check.faults == 0 && check.clients == CLIENTS + 1 && check.recovery.tail == tail);
}

/* What lies in its place costs no more than time. */
/* A commit of LMDB that failed may have reached the file nevertheless. */
static void what_lmdb_has_is_not_put_again(void **unused)
{
    (void)unused;
    journal_recent_t *recent = journal_recent_new();
    const text_t chunk = TEXT("chunk");
    journal_recent_begin(recent, scene.folder, 1);
    journal_recent_keep(recent, chunk);
    assert_int_equal(journal_recent_write(recent, chunk.size, TEXT("state")), 0);
    journal_recent_close(recent);
    journal_recent_compare(recent, 1);
    assert_false(journal_recent_is_empty(recent));
    journal_recent_compare(recent, 2);
    assert_true(journal_recent_is_empty(recent));
    journal_recent_destroy(&recent);
}

static void without_the_file_all_goes_on(void **unused)
{
    (void)unused;
    leave();
    assert_int_equal(unlink(recent_path), 0);
    assert_int_equal(mkfifo(recent_path, 0600), 0);
    start('b');
    write_one(CLIENTS);
    assert_true(journal_disk_is_settled(scene.started.disk));
    restart_whole(store_tail(scene.store), sum_of(scene.store));
    leave();
    assert_int_equal(unlink(recent_path), 0);
    start('c');
    write_one(CLIENTS + 1);
    assert_false(journal_disk_is_settled(scene.started.disk));
    leave();
    assert_int_equal(truncate(recent_path, PLACE), 0); /* the entry, and no more */
    start('d');
    assert_int_equal(store_count(scene.store), CLIENTS + 2);
    assert_int_equal(state_of(recent_path).st_size, JOURNAL_RECENT_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        recent_test(they_come_back_without_data_mdb),
        recent_test(they_mix_with_others),
        recent_test(a_torn_one_is_none),
        recent_test(a_missing_one_is_said),
        recent_test(an_earlier_file_is_passed_over),
        recent_test(records_outlast_the_state),
        recent_test(a_check_and_a_copy_have_them),
        recent_test(what_lmdb_has_is_not_put_again),
        recent_test(without_the_file_all_goes_on),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
