/* Clients that ask without end: the others are answered as before, and the log keeps what it says
 * of them (docs/security.md). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <stdlib.h>

enum {
    GREEDY_LINES = 40000,
    POLITE_LINES = 20,
    PART = 500, /* lines of the greedy one for each of the polite one */
};

/* Counts the lines of Clark's front-end's log in which `part` stands. */
static size_t count_logged(herd_t *herd, const char *part)
{
    char *path = workspace_path(herd_folder(herd), "log/Clark.frontend.log");
    size_t size;
    char *log = workspace_read(path, &size);
    size_t count = 0;
    for (const char *found = log; found != NULL && (found = strstr(found, part)) != NULL; found++) {
        count++;
    }
    free(log);
    free(path);
    return count;
}

/* Two-byte lines cost a log a hundred bytes each; of one client it takes some thousand a second. */
static void log_of_one_client_is_bounded(void **state)
{
    herd_t *herd = *state;
    client_t *greedy = herd_connect(herd, "Clark");
    client_t *polite = herd_connect(herd, "Clark");
    char lines[2 * PART + 1] = "";
    for (size_t i = 0; i < PART; i++) {
        lines[2 * i] = 'g';
        lines[2 * i + 1] = '\n';
    }
    int64_t start_ms = wait_clock_ms();
    size_t asked = 0;
    for (size_t i = 0; i < GREEDY_LINES / PART; i++) {
        client_say(greedy, lines);
        (void)client_read_lines(greedy, PART);
        if (i % (GREEDY_LINES / PART / POLITE_LINES) == 0) {
            client_say(polite, "polite\n");
            client_expect(polite, "? polite");
            asked++;
        }
    }
    size_t seconds = (size_t)(wait_clock_ms() - start_ms) / 1000 + 2;
    client_destroy(&greedy);
    client_destroy(&polite);
    herd_wait_logged(herd, "Clark", "frontend", "traffic-cut: ");
    herd_wait_logged(herd, "Clark", "frontend", "client left: done");
    assert_int_equal(herd_stop_frontend(herd, "Clark"), 0);
    size_t logged = count_logged(herd, " ? g\n");
    assert_in_range(logged, 1, seconds * LIMIT_TRAFFIC_LINES);
    assert_true(logged < GREEDY_LINES);
    assert_int_equal(count_logged(herd, "? polite\n"), asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERD_TEST_SINGLE(log_of_one_client_is_bounded),
    };
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    return workspace_finish(cmocka_run_group_tests_name("greedy", tests, NULL, NULL));
}
