/* How many clients there are descriptors for (frontend/clients/file_budget.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "frontend/clients/file_budget.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Any program may lower the soft limit, and raise it to the hard one again. */
static void allow(rlim_t files)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = files;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void what_is_open_and_a_reserve_are_not_for_clients(void **state)
{
    (void)state;
    file_budget_t before = {0};
    file_budget_t after = {0};
    file_budget_count(&before);
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    file_budget_count(&after);
    close(file);
    assert_int_equal(after.own, before.own + 1);
    allow(200);
    assert_int_equal(file_budget_allowed(), 200);
    assert_int_equal(file_budget_for_clients(&before), 200 - LIMIT_FILES_RESERVE - before.own);
    assert_int_equal(file_budget_for_clients(&after), file_budget_for_clients(&before) - 1);
    before.ceiling = 150; /* the rest is for a node in this process */
    assert_int_equal(file_budget_for_clients(&before), 150 - LIMIT_FILES_RESERVE - before.own);
    before.ceiling = 201;
    assert_int_equal(file_budget_for_clients(&before), 200 - LIMIT_FILES_RESERVE - before.own);
}

/* Someone lowers the limit while it runs. */
static void a_limit_below_that_leaves_no_room(void **state)
{
    (void)state;
    const file_budget_t budget = {.own = 30};
    allow(30 + LIMIT_FILES_RESERVE + 1);
    assert_int_equal(file_budget_for_clients(&budget), 1);
    allow(30 + LIMIT_FILES_RESERVE);
    assert_int_equal(file_budget_for_clients(&budget), 0);
    allow(20);
    assert_int_equal(file_budget_for_clients(&budget), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_open_and_a_reserve_are_not_for_clients),
        cmocka_unit_test(a_limit_below_that_leaves_no_room),
    };
    return cmocka_run_group_tests_name("file_budget", tests, NULL, NULL);
}
