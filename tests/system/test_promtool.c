/* What herdctl metrics prints, and the rules that are shipped, pass Prometheus's own checks. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char promtool[] = "/usr/bin/promtool";

/* Runs `promtool check KIND OPERAND` with the file `input` on stdin; either may be NULL. `good`
 * says whether it must find nothing wrong. */
static void expect_promtool(const herd_t *herd, const char *kind, const char *input,
                            const char *operand, bool good)
{
    char *output = workspace_path(herd_folder(herd), "promtool.out");
    const char *const argv[] = {promtool, "check", kind, operand, NULL};
    (void)remove(output);
    int status = process_run(&(process_options_t){.argv = argv, .input = input, .output = output},
                             WAIT_LIMIT_MS);
    if ((status == 0) != good) {
        size_t size;
        fail_msg("promtool check %s: exit status %d: %s", kind, status,
                 workspace_read(output, &size));
    }
    free(output);
}

static void metrics_are_as_prometheus_wants_them(void **state)
{
    herd_t *herd = *state;
    char *file = workspace_path(herd_folder(herd), "metrics.txt");
    (void)herd_ask(herd, "Goloman", "IAMAT kiwi +1-1 5\nWHATSAT kiwi 1 1\nWHAT?\n");
    herdctl_run_t run = herdctl_run(herd, "metrics", NULL);
    assert_int_equal(run.status, 0);
    workspace_write(file, text_of(run.output));
    expect_promtool(herd, "metrics", file, NULL, true);
    char *wrong = memory_copy_text(run.output, strlen(run.output));
    wrong[strlen(wrong) - 1] = '{'; /* the check sees what is wrong */
    workspace_write(file, text_of(wrong));
    expect_promtool(herd, "metrics", file, NULL, false);
    free(wrong);
    free(file);
}

static void rules_are_as_prometheus_wants_them(void **state)
{
    herd_t *herd = *state;
    char *rules = herd_source("deploy/prometheus/herd.rules.yml");
    char *wrong = workspace_path(herd_folder(herd), "wrong.yml");
    size_t size;
    char *content = workspace_read(rules, &size);
    assert_non_null(content);
    expect_promtool(herd, "rules", NULL, rules, true);
    char *expression = strstr(content, "expr: ");
    assert_non_null(expression);
    expression[strlen("expr: ")] = ')';
    workspace_write(wrong, text_of(content));
    expect_promtool(herd, "rules", NULL, wrong, false);
    free(content);
    free(wrong);
    free(rules);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    if (access(promtool, X_OK) != 0) {
        fprintf(stderr, "%s is missing\n", promtool);
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_SAMPLE(metrics_are_as_prometheus_wants_them),
        HERD_TEST_SINGLE(rules_are_as_prometheus_wants_them),
    };
    return workspace_finish(cmocka_run_group_tests_name("promtool", tests, NULL, NULL));
}
