/* What was whole in a damaged file has a file of its own. */
#include "tests/support/journal_scene.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        start_test(what_was_salvaged_is_on_the_disk),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
