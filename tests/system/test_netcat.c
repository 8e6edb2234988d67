/* The README's session, with the real nc: IAMAT at one member, WHATSAT at another, and a line that is invalid. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/pattern.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_SIZE = 64, REASON_SIZE = 512 };

/* `printf LINES | nc -N 127.0.0.1 PORT`, as call `number` of the test: what it printed; caller frees. */
static char *netcat(herd_t *herd, const char *member, int number, const char *lines)
{
    char port[NAME_SIZE];
    char input_name[NAME_SIZE];
    char output_name[NAME_SIZE];
    snprintf(port, sizeof port, "%u", (unsigned)herd_port(herd, member));
    snprintf(input_name, sizeof input_name, "nc-%d.in", number);
    snprintf(output_name, sizeof output_name, "nc-%d.out", number);
    char *input = workspace_path(herd_folder(herd), input_name);
    char *output = workspace_path(herd_folder(herd), output_name);
    workspace_write(input, text_of(lines));
    const char *const argv[] = {"/usr/bin/env", "nc", "-N", "127.0.0.1", port, NULL};
    int status = process_run(&(process_options_t){.argv = argv, .input = input, .output = output},
                             WAIT_LIMIT_MS);
    size_t size;
    char *answer = workspace_read(output, &size);
    free(output);
    free(input);
    if (status != 0) {
        fail_msg("nc: status %d: %s", status, answer);
    }
    return answer;
}

static void assert_matches(const char *pattern, const char *answer)
{
    char reason[REASON_SIZE];
    if (!pattern_match(text_of(pattern), text_of(answer), reason, sizeof reason)) {
        fail_msg("%s", reason);
    }
}

static void the_session_of_the_readme(void **state)
{
    char *at = netcat(*state, "Goloman", 1,
                      "IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503\n");
    assert_matches("AT Goloman {difference} kiwi.cs.ucla.edu +34.068930-118.445127 "
                   "1621464827.959498503\n",
                   at);
    herd_wait_seen(*state, "Welsh", "kiwi.cs.ucla.edu", at);
    char *around = netcat(*state, "Welsh", 2, "WHATSAT kiwi.cs.ucla.edu 10 3\n");
    char *expected = NULL;
    assert_true(asprintf(&expected, "%s{json OK 3}\n", at) > 0);
    assert_matches(expected, around);
    char *invalid = netcat(*state, "Wilkes", 3, "WHERE is kiwi?\n");
    assert_string_equal(invalid, "? WHERE is kiwi?\n");
    free(invalid);
    free(expected);
    free(around);
    free(at);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {HERD_TEST_SAMPLE(the_session_of_the_readme)};
    return workspace_finish(cmocka_run_group_tests_name("netcat", tests, NULL, NULL));
}
