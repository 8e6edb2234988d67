/* The protocol cases: each folder of tests/cases has an `input`, which is sent as it is and then
 * half-closed, and the `expected` answer, a pattern (tests/support/pattern.h). Each is a test of
 * its own, run in one write and again byte by byte, against one member "Clark" that all cases
 * share. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/pattern.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CASES_MAX = 1000,
    DRIBBLE_SIZE_MAX = 4096, /* longer inputs are sent in one write only */
    REASON_SIZE = 512,
};

/* What all cases share. */
typedef struct {
    herd_t *herd;
    bool serves; /* else no case is tried */
} run_t;

/* One folder. */
typedef struct {
    char *folder; /* its path */
    char *name;   /* its name */
    run_t *run;
} case_t;

typedef struct {
    text_t text;
    char *memory;
} content_t;

static content_t read_content(const case_t *self, const char *name)
{
    char *path = workspace_path(self->folder, name);
    size_t size = 0;
    char *memory = workspace_read(path, &size);
    if (memory == NULL) {
        fail_msg("%s: cannot be read", path);
    }
    free(path);
    return (content_t){.text = {.data = memory, .size = size}, .memory = memory};
}

static void run_input(const case_t *self, text_t input, text_t expected, bool dribble)
{
    client_t *client = herd_connect(self->run->herd, "Clark");
    if (dribble) {
        client_dribble(client, input);
    } else {
        client_send(client, input);
    }
    client_half_close(client);
    char reason[REASON_SIZE];
    bool matches = pattern_match(expected, client_read_all(client), reason, sizeof reason);
    client_destroy(&client);
    if (!matches) {
        fail_msg("%s (%s): %s", self->folder, dribble ? "byte by byte" : "one write", reason);
    }
}

static void case_is_answered(void **state)
{
    const case_t *self = *state;
    if (!self->run->serves) {
        skip();
    }
    content_t input = read_content(self, "input");
    content_t expected = read_content(self, "expected");
    run_input(self, input.text, expected.text, false);
    if (input.text.size <= DRIBBLE_SIZE_MAX) {
        run_input(self, input.text, expected.text, true);
    }
    free(expected.memory);
    free(input.memory);
}

static int is_case(const struct dirent *entry)
{
    return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

/* The tests of all folders, sorted by name; their count. */
static size_t collect(run_t *run, struct CMUnitTest tests[CASES_MAX], case_t cases[CASES_MAX])
{
    char *root = herd_source("tests/cases");
    struct dirent **entries = NULL;
    int count = scandir(root, &entries, is_case, alphasort);
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        if (used < CASES_MAX) {
            char *name = memory_copy_text(entries[i]->d_name, strlen(entries[i]->d_name));
            cases[used] = (case_t){.folder = workspace_path(root, name), .name = name, .run = run};
            tests[used] = (struct CMUnitTest){
                .name = name, .test_func = case_is_answered, .initial_state = &cases[used]};
            used++;
        }
        free(entries[i]);
    }
    free(entries);
    free(root);
    return used;
}

static void the_herd_starts(void **state)
{
    const case_t *self = *state;
    herd_start_all(self->run->herd);
    self->run->serves = true;
}

static void the_herd_ends(void **state)
{
    const case_t *self = *state;
    void *herd = self->run->herd;
    self->run->herd = NULL;
    assert_int_equal(herd_teardown(&herd), 0);
}

/* What the cases use, from start to end; what cmocka says of them. */
static int run_all(run_t *run, struct CMUnitTest *tests, case_t *cases)
{
    case_t frame = {.run = run};
    size_t count = collect(run, tests + 1, cases);
    tests[0] = (struct CMUnitTest){
        .name = "the herd starts", .test_func = the_herd_starts, .initial_state = &frame};
    tests[count + 1] = (struct CMUnitTest){
        .name = "the herd ends", .test_func = the_herd_ends, .initial_state = &frame};
    int failed = _cmocka_run_group_tests("cases", tests, count + 2, NULL, NULL);
    for (size_t i = 0; i < count; i++) {
        free(cases[i].name);
        free(cases[i].folder);
    }
    return failed + (count == 0);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    run_t run = {.herd = herd_new(&(herd_options_t){
                     .members = members, .member_count = 1, .local_places = true})};
    struct CMUnitTest *tests = memory_new_array(CASES_MAX + 2, sizeof *tests);
    case_t *cases = memory_new_array(CASES_MAX, sizeof *cases);
    int failed = run_all(&run, tests, cases);
    free(cases);
    free(tests);
    return workspace_finish(failed);
}
