/* A node with an imported file of places answers byte for byte as one with the dump does. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/dump.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 20000, QUESTIONS_SIZE = 65536 };

static const herd_member_t members[] = {{"Clark", ""}};

/* Files of one test; paths and folder are freed by world_destroy. */
typedef struct {
    char *folder;
    char *dump;
    char *imported;
} world_t;

static world_t world_new(void)
{
    world_t self = {.folder = workspace_new()};
    self.dump = workspace_path(self.folder, "dump.txt");
    self.imported = workspace_path(self.folder, "places.herd");
    dump_t *dump = dump_new(7);
    dump_write(dump, self.dump, ROWS);
    free(dump);
    return self;
}

static void world_done(world_t *self)
{
    free(self->imported);
    free(self->dump);
    free(self->folder);
}

static void import(const world_t *self, const char *source)
{
    char *program = herd_program("herdctl");
    char *output = workspace_path(self->folder, "output");
    const char *argv[] = {program, "places", "import", source, self->imported, NULL};
    int status = process_run(&(process_options_t){.argv = argv, .output = output}, WAIT_LIMIT_MS);
    assert_int_equal(status, 0);
    free(output);
    free(program);
}

static herd_t *start(void **state, const char *places, const char *classes)
{
    herd_t *herd = herd_new(&(herd_options_t){.members = members,
                                              .member_count = 1,
                                              .local_places = true,
                                              .places = places,
                                              .places_classes = classes});
    *state = herd;
    herd_start(herd, "Clark");
    return herd;
}

static void end(void **state, herd_t *herd)
{
    assert_int_equal(herd_stop_node(herd, "Clark"), 0);
    assert_int_equal(herd_stop_frontend(herd, "Clark"), 0);
    herd_destroy(&herd);
    *state = NULL;
}

/* Positions in the towns of the dump, on the poles, on both sides of the antimeridian. */
static char *questions(void)
{
    static const char *const seams[] = {"+90+000",     "-90+180",     "+20+180",          "+20-180",
                                        "-16.8+179.9", "-16.8-179.9", "+34.0689-118.4451"};
    dump_t *dump = dump_new(7);
    char *out = memory_new(QUESTIONS_SIZE);
    size_t size = 0;
    for (size_t i = 0; i < 200; i++) {
        char position[64];
        const dump_town_t *town = dump_town(dump);
        snprintf(position, sizeof position, "%+010.6f%+011.6f", town->latitude_deg,
                 town->longitude_deg);
        size += (size_t)snprintf(
            out + size, QUESTIONS_SIZE - size, "IAMAT c%zu %s 1000\nWHATSAT c%zu %d %d\n", i,
            i < 7 ? seams[i] : position, i, i % 3 == 0 ? 10 : 50, i % 2 == 0 ? 5 : 20);
    }
    free(dump);
    return out;
}

/* What the herd answers, without the AT lines, because these contain the time; caller frees with
 * free(). */
static char *answers(herd_t *herd)
{
    char *asked = questions();
    text_t rest = text_of(herd_ask(herd, "Clark", asked));
    char *out = memory_new(rest.size + 1);
    char *end = out;
    text_t line;
    while (text_take_line(&rest, &line)) {
        if (line.size < 3 || memcmp(line.data, "AT ", 3) != 0) {
            end = text_copy(line, end);
            *end++ = '\n';
        }
    }
    free(asked);
    return out;
}

static char *answers_of(void **state, const char *places, const char *classes)
{
    herd_t *herd = start(state, places, classes);
    char *text = answers(herd);
    end(state, herd);
    return text;
}

static void assert_same_answers(void **state, const world_t *world, const char *classes)
{
    char *expected = answers_of(state, world->dump, classes);
    char *found = answers_of(state, world->imported, classes);
    assert_non_null(strstr(expected, "\"status\" : \"OK\""));
    assert_non_null(strstr(expected, "\"status\" : \"ZERO_RESULTS\""));
    assert_string_equal(found, expected);
    free(found);
    free(expected);
}

static void both_files_give_the_same_bytes(void **state)
{
    world_t world = world_new();
    import(&world, world.dump);
    assert_same_answers(state, &world, NULL);
    assert_same_answers(state, &world, "ST");
    world_done(&world);
}

/* The node keeps the file that it opened, and has the new one after a restart. */
static void a_file_is_replaced_under_a_node(void **state)
{
    world_t world = world_new();
    char *other = herd_source("tests/support/places.tsv");
    import(&world, world.dump);
    herd_t *herd = start(state, world.imported, NULL);
    char *before = answers(herd);
    import(&world, other);
    char *after = answers(herd);
    assert_string_equal(after, before);
    assert_int_equal(herd_stop_node(herd, "Clark"), 0);
    herd_start_node(herd, "Clark");
    herd_wait_serving(herd, "Clark");
    char *restarted = answers(herd);
    assert_null(strstr(before, "\"name\" : \"Beverly Hills\""));
    assert_non_null(strstr(restarted, "\"name\" : \"Beverly Hills\""));
    end(state, herd);
    free(restarted);
    free(after);
    free(before);
    free(other);
    world_done(&world);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(both_files_give_the_same_bytes),
        HERD_TEST_OWN(a_file_is_replaced_under_a_node),
    };
    return workspace_finish(cmocka_run_group_tests_name("imported", tests, NULL, NULL));
}
