/* herdctl status: what the members of a herd say of themselves, and whether they hold the same. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>

static const herd_member_t chain[] = {{"A", "B"}, {"B", "A C"}, {"C", "B"}};
static const char differ[] = "Members have different digests";

/* The fields of a line of `herdctl status --plain`. */
enum {
    NAME,
    STATE,
    PID,
    SINCE,
    RECORDS,
    FRONTENDS,
    CLIENTS,
    LINKS_UP,
    LINKS,
    ROOT,
    LAG,
    PLACES,
    FIELDS
};

/* A herd, and what herdctl last said of it. */
typedef struct {
    herd_t *herd;
    char *file;                                /* path: what herdctl printed */
    char *output;                              /* that; NULL before the first time */
    int status;                                /* herdctl's exit status */
    text_t fields[ARRAY_COUNT(chain)][FIELDS]; /* of --plain, the last time */
} sight_t;

static sight_t sight_of(herd_t *herd)
{
    return (sight_t){.herd = herd, .file = workspace_path(herd_folder(herd), "herdctl.out")};
}

static void sight_done(sight_t *self)
{
    free(self->file);
    free(self->output);
}

/* Runs `herdctl status [option]`. */
static void ask(sight_t *self, const char *option)
{
    char *program = herd_program("herdctl");
    const char *const argv[] = {program, "--config", herd_file(self->herd), "status", option, NULL};
    size_t size;
    (void)remove(self->file);
    free(self->output);
    self->status =
        process_run(&(process_options_t){.argv = argv, .output = self->file}, WAIT_LIMIT_MS);
    self->output = workspace_read(self->file, &size);
    assert_non_null(self->output);
    free(program);
}

/* Asks for --plain, and takes its lines apart: they borrow from the output. */
static void ask_plain(sight_t *self)
{
    ask(self, "--plain");
    text_t rest = text_of(self->output);
    for (size_t i = 0; i < ARRAY_COUNT(chain); i++) {
        text_t line;
        assert_true(text_take_line(&rest, &line));
        for (size_t field = 0; field < FIELDS; field++) {
            assert_true(text_take_until(&line, '\t', &self->fields[i][field]));
        }
        assert_int_equal(line.size, 0);
        assert_text_equal(self->fields[i][NAME], chain[i].name);
    }
    assert_int_equal(rest.size, 0);
}

/* Whether all links are up, and everything is acknowledged. */
static bool are_at_rest(void *argument)
{
    sight_t *self = argument;
    bool at_rest = true;
    ask_plain(self);
    for (size_t i = 0; i < ARRAY_COUNT(chain); i++) {
        const text_t *fields = self->fields[i];
        at_rest = at_rest && text_equal(fields[LINKS_UP], fields[LINKS]) &&
                  text_equal(fields[LAG], TEXT("0"));
    }
    return at_rest;
}

static void members_that_agree_show_one_digest(void **state)
{
    herd_t *herd =
        herd_new(&(herd_options_t){.members = chain, .member_count = ARRAY_COUNT(chain)});
    *state = herd;
    herd_start_all(herd);
    const char *answer = herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    herd_wait_seen(herd, "C", "kiwi", answer);
    sight_t sight = sight_of(herd);
    assert_true(wait_until(are_at_rest, &sight, WAIT_LIMIT_MS));
    report_t report;
    report_read_root(herd_requests(herd, "A"), &report);
    for (size_t i = 0; i < ARRAY_COUNT(chain); i++) {
        const text_t *fields = sight.fields[i];
        assert_text_equal(fields[STATE], "up");
        assert_text_equal(fields[RECORDS], "1");
        assert_text_equal(fields[FRONTENDS], "1");
        assert_text_equal(fields[ROOT], report.root);
        assert_text_equal(fields[PLACES], "-");
    }
    ask(&sight, NULL);
    assert_int_equal(sight.status, 0);
    assert_null(strstr(sight.output, differ));
    report.root[16] = '\0';
    assert_non_null(strstr(sight.output, report.root));
    report_done(&report);
    sight_done(&sight);
}

static void members_that_differ_are_told(void **state)
{
    herd_t *herd =
        herd_new(&(herd_options_t){.members = chain, .member_count = ARRAY_COUNT(chain)});
    *state = herd;
    herd_start(herd, "A");
    herd_start(herd, "C");
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 5\nIAMAT emu +1-1 5\n");
    sight_t sight = sight_of(herd);
    ask(&sight, NULL);
    assert_int_equal(sight.status, 1); /* B is down */
    assert_non_null(strstr(sight.output, differ));
    ask_plain(&sight);
    const text_t *a = sight.fields[0];
    const text_t *b = sight.fields[1];
    const text_t *c = sight.fields[2];
    assert_int_equal(a[ROOT].size, c[ROOT].size);
    assert_memory_not_equal(a[ROOT].data, c[ROOT].data, a[ROOT].size);
    assert_text_equal(a[LAG], "2");
    assert_text_equal(b[STATE], "down");
    assert_text_equal(b[ROOT], "-");
    assert_text_equal(b[LAG], "-");
    assert_text_equal(c[LAG], "0");
    sight_done(&sight);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(members_that_agree_show_one_digest),
        HERD_TEST_OWN(members_that_differ_are_told),
    };
    return workspace_finish(cmocka_run_group_tests_name("status", tests, NULL, NULL));
}
