/* Which of the clients that come and leave are in the log (frontend/clients/comings.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/workspace.h"

#include "common/base/limits.h"
#include "frontend/clients/comings.h"

#include <stdlib.h>

/* Enough for several seconds, however the clock stands. */
enum { MANY = 5 * LIMIT_TRAFFIC_LINES };

static size_t count(const char *log, const char *part)
{
    size_t found = 0;
    while ((log = strstr(log, part)) != NULL) {
        found++;
        log++;
    }
    return found;
}

/* One address comes and leaves without end; another comes once. */
static void those_of_one_address_are_bounded(void **state)
{
    (void)state;
    char *folder = workspace_new();
    char *path = workspace_path(folder, "log");
    const log_options_t options = {.path = path, .member = "Clark", .program = "frontend"};
    log_t *log;
    comings_t comings;
    size_t size;
    assert_int_equal(log_open(&options, &log), STATUS_OK);
    comings_init(&comings, log);
    assert_false(comings_wait(&comings));
    for (size_t i = 0; i < MANY; i++) {
        comings_came(&comings, 1, "127.0.0.1:1#1");
        comings_left(&comings, 1, "127.0.0.1:1#1", "done");
    }
    uint64_t left_out = comings.left_out;
    assert_true(comings_wait(&comings));
    comings_came(&comings, 2, "127.0.0.2:1#2");
    comings_tick(&comings, 999); /* a second has not passed yet */
    assert_true(comings_wait(&comings));
    comings_tick(&comings, 1000);
    assert_false(comings_wait(&comings));
    log_close(&log);
    char *said = workspace_read(path, &size);
    assert_int_equal(count(said, " client-came: ") + count(said, " client-left: ") + left_out,
                     2 * MANY + 1);
    assert_int_equal(count(said, "127.0.0.2:1#2 client-came: "), 1);
    assert_int_equal(count(said, " comings-cut: "), 1);
    free(said);
    free(path);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(those_of_one_address_are_bounded)};
    return workspace_finish(cmocka_run_group_tests_name("comings", tests, NULL, NULL));
}
