/* The protocol cases: each folder of tests/cases holds an `input`, sent as it is and then half-closed, and the
 * `expected` answer, a pattern (tests/support/pattern.h). Each is a test of its own, run in one write and again
 * byte by byte, against one member "Clark" that all cases share. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/pattern.h"
#include "tests/support/workspace.h"

#include "common/memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CASES_MAX = 1000,
    DRIBBLE_SIZE_MAX = 4096, /* longer inputs are sent in one write only */
    REASON_SIZE = 512,
};

/* One folder. */
typedef struct {
    char *folder;  /* its path */
    herd_t **herd; /* the herd that all cases share */
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
    client_t *client = herd_connect(*self->herd, "Clark");
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
static size_t collect(herd_t **herd, struct CMUnitTest tests[CASES_MAX], case_t cases[CASES_MAX])
{
    char *root = herd_source("tests/cases");
    struct dirent **entries = NULL;
    int count = scandir(root, &entries, is_case, alphasort);
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        if (used < CASES_MAX) {
            char *name = memory_copy_text(entries[i]->d_name, strlen(entries[i]->d_name));
            cases[used] = (case_t){.folder = workspace_path(root, name), .herd = herd};
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

static void cases_are_found(void **state)
{
    const case_t *self = *state;
    herd_start_all(*self->herd);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd =
        herd_new(&(herd_options_t){.members = members, .member_count = 1, .local_places = true});
    struct CMUnitTest *tests = memory_new_array(CASES_MAX + 1, sizeof *tests);
    case_t *cases = memory_new_array(CASES_MAX, sizeof *cases);
    case_t first = {.herd = &herd};
    tests[0] = (struct CMUnitTest){
        .name = "the herd starts", .test_func = cases_are_found, .initial_state = &first};
    size_t count = collect(&herd, tests + 1, cases);
    if (count == 0) {
        fprintf(stderr, "no cases found\n");
        return 1;
    }
    int failed = _cmocka_run_group_tests("cases", tests, count + 1, NULL, NULL);
    for (size_t i = 0; i < count; i++) {
        free((void *)(uintptr_t)tests[i + 1].name);
        free(cases[i].folder);
    }
    free(cases);
    free(tests);
    herd_destroy(&herd);
    return workspace_finish(failed);
}
