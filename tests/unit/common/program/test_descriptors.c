/* Inherited descriptors are closed (common/program/descriptors.h). */
#include "tests/support/cmocka_herd.h"

#include "common/program/descriptors.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_open(int file)
{
    return fcntl(file, F_GETFD) >= 0;
}

/* In a child, whose descriptors are its own: 0 if only the standard ones and `keep` are left. */
static int close_all_but(int keep)
{
    static const int opened[] = {3, 4, 9, 10, 63, 200, 255};
    for (size_t i = 0; i < sizeof opened / sizeof opened[0]; i++) {
        if (dup2(STDIN_FILENO, opened[i]) < 0) {
            return 2;
        }
    }
    descriptors_close_inherited(keep);
    for (int file = 0; file < 256; file++) {
        if (is_open(file) != (file <= STDERR_FILENO || file == keep)) {
            return 1;
        }
    }
    return 0;
}

static void all_but_one_are_closed(void **state)
{
    (void)state;
    static const int kept[] = {-1, 0, 2, 3, 4, 63, 255};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            _exit(close_all_but(kept[i]));
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_but_one_are_closed),
    };
    return cmocka_run_group_tests_name("descriptors", tests, NULL, NULL);
}
