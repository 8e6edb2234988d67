/* SIGKILL at any moment, above all while a journal commits, under load all the time: what was
 * answered with `acknowledge = "disk"` is there afterwards, at every member.
 *
 * usage: system_kills [ROUNDS [SEED]], of each kind of promise; ctest runs few. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/load.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/entropy.h"
#include "common/base/text.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    ROUNDS = 6, /* of an ordinary run */
    ROUNDS_MAX = 100000,
    QUIET_MS = 40,   /* most milliseconds of load before a kill */
    AWAY_MS = 300,   /* for which those that were killed are away */
    LOOKS_MAX = 300, /* at a process that does not commit */
};

#define LOADED                                                                                     \
    "Goloman Goloman Goloman Goloman Hands Hands Hands Hands Holiday Holiday Holiday Holiday "     \
    "Welsh Welsh Welsh Welsh Wilkes Wilkes Wilkes Wilkes"

static const herd_member_t sample[] = {
    {"Goloman", "Hands Holiday Wilkes"}, {"Hands", "Goloman Wilkes"},
    {"Holiday", "Goloman Welsh Wilkes"}, {"Welsh", "Holiday"},
    {"Wilkes", "Goloman Hands Holiday"},
};

/* What a round kills. */
typedef enum { ONE, TWO, ALL_NODES, EVERYTHING, KINDS } kind_t;

static uint64_t rounds = ROUNDS;
static uint64_t seed;

typedef struct {
    herd_t *herd;
    load_t *load;
    uint64_t random;
    bool killed[ARRAY_COUNT(sample)]; /* the nodes of this round */
    unsigned kinds[KINDS];            /* rounds */
    unsigned committing;              /* nodes that were killed while they wrote to the disk */
    unsigned nodes;                   /* killed in all */
} scene_t;

static unsigned below(scene_t *self, unsigned limit)
{
    self->random = self->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)((self->random >> 33) % limit);
}

/* The number of the system call that a thread is in; -1: none, or it cannot be known. */
static int64_t call_of(pid_t process, const char *thread)
{
    char path[64];
    uint64_t number;
    snprintf(path, sizeof path, "/proc/%ld/task/%s/syscall", (long)process, thread);
    size_t size;
    char *content = workspace_read(path, &size);
    text_t rest = text_of(content != NULL ? content : "");
    text_t field;
    bool known = text_take_field(&rest, &field) && text_to_u64(field, UINT32_MAX, &number);
    free(content);
    return known ? (int64_t)number : -1;
}

/* Whether a thread brings a file to the disk now. */
static bool is_committing(pid_t process)
{
    char path[64];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%ld/task", (long)process);
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
        int64_t call = call_of(process, entry->d_name);
        found = call == SYS_fdatasync || call == SYS_pwrite64 || call == SYS_msync;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return found;
}

static const char *name_of(size_t member)
{
    return sample[member].name;
}

/* Waits, in half of the rounds, until one of those that will be killed commits. */
static void await_commit(scene_t *self)
{
    if (below(self, 2) == 0) {
        return;
    }
    for (unsigned look = 0; look < LOOKS_MAX; look++) {
        for (size_t i = 0; i < ARRAY_COUNT(sample); i++) {
            if (self->killed[i] && is_committing(process_pid(herd_node(self->herd, name_of(i))))) {
                return;
            }
        }
    }
}

static void choose(scene_t *self, kind_t kind)
{
    size_t first = below(self, ARRAY_COUNT(sample));
    size_t second = (first + 1 + below(self, ARRAY_COUNT(sample) - 1)) % ARRAY_COUNT(sample);
    for (size_t i = 0; i < ARRAY_COUNT(sample); i++) {
        self->killed[i] = kind >= ALL_NODES || i == first || (kind == TWO && i == second);
    }
}

/* All signals leave before any process is waited for. */
static void kill_chosen(scene_t *self, bool frontends)
{
    for (size_t i = 0; i < ARRAY_COUNT(sample); i++) {
        if (self->killed[i]) {
            process_t *node = herd_node(self->herd, name_of(i));
            self->committing += is_committing(process_pid(node));
            self->nodes++;
            process_signal(node, SIGKILL);
        }
        if (frontends) {
            process_signal(herd_frontend(self->herd, name_of(i)), SIGKILL);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(sample); i++) {
        if (self->killed[i]) {
            herd_kill_node(self->herd, name_of(i));
        }
        if (frontends) {
            herd_kill_frontend(self->herd, name_of(i));
        }
    }
}

static void start_chosen(scene_t *self, bool frontends)
{
    for (size_t i = 0; i < ARRAY_COUNT(sample); i++) {
        if (self->killed[i]) {
            herd_start_node(self->herd, name_of(i));
        }
        if (frontends) {
            herd_start_frontend(self->herd, name_of(i));
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(sample); i++) {
        herd_wait_serving(self->herd, name_of(i));
    }
}

/* Of ten rounds six kill one node, two kill two, one kills all, and one front-ends, too. */
static kind_t kind_of(scene_t *self)
{
    static const kind_t kinds[] = {ONE, TWO, ALL_NODES, ONE, ONE, EVERYTHING, ONE, TWO, ONE, ONE};
    unsigned done = 0;
    for (size_t i = 0; i < KINDS; i++) {
        done += self->kinds[i];
    }
    return kinds[done % ARRAY_COUNT(kinds)];
}

static void kill_round(scene_t *self)
{
    kind_t kind = kind_of(self);
    bool frontends = kind == EVERYTHING;
    bool torn = frontends || herd_is_of_singles(); /* connections of clients */
    self->kinds[kind]++;
    choose(self, kind);
    load_for(self->load, below(self, QUIET_MS + 1));
    await_commit(self);
    kill_chosen(self, frontends);
    if (!torn) {
        load_for(self->load, below(self, AWAY_MS + 1));
    }
    start_chosen(self, frontends);
    if (torn) {
        load_reconnect(self->load);
    }
    load_expect_level(self->load, "killed and started again");
}

/* No audit had anything to mend (R15). */
static void expect_no_repairs(herd_t *herd)
{
    for (size_t i = 0; i < ARRAY_COUNT(sample); i++) {
        report_t report;
        report_read(herd_requests(herd, name_of(i)), &report);
        text_t rest = text_of(sample[i].neighbours);
        text_t neighbour;
        while (text_take_field(&rest, &neighbour)) {
            char name[32];
            snprintf(name, sizeof name, "%.*s", (int)neighbour.size, neighbour.data);
            assert_int_equal(report_link(&report, name).repaired, 0);
        }
        report_done(&report);
    }
}

static void kill_again_and_again(void **state, const char *settings)
{
    scene_t scene = {.random = seed};
    scene.herd = herd_new(&(herd_options_t){
        .members = sample, .member_count = ARRAY_COUNT(sample), .settings = settings});
    *state = scene.herd;
    scene.load = load_start(scene.herd, LOADED);
    for (uint64_t round = 0; round < rounds; round++) {
        kill_round(&scene);
    }
    expect_no_repairs(scene.herd);
    print_message("seed %llu: %llu rounds (%u of one node, %u of two, %u of all, %u of all "
                  "processes), %u of %u nodes while they committed; %llu updates acknowledged\n",
                  (unsigned long long)seed, (unsigned long long)rounds, scene.kinds[ONE],
                  scene.kinds[TWO], scene.kinds[ALL_NODES], scene.kinds[EVERYTHING],
                  scene.committing, scene.nodes, (unsigned long long)load_acknowledged(scene.load));
    load_end(&scene.load);
}

static void what_is_on_the_disk_survives_kills(void **state)
{
    kill_again_and_again(state, LOAD_SETTINGS "journal = \"yes\"\nacknowledge = \"disk\"\n");
}

static void what_a_neighbour_has_too_survives_kills(void **state)
{
    kill_again_and_again(state,
                         LOAD_SETTINGS "journal = \"yes\"\nacknowledge = \"disk peers 1\"\n");
}

int main(int argc, char **argv)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    seed = entropy_number() % UINT32_MAX;
    if ((argc > 1 && !text_to_u64(text_of(argv[1]), ROUNDS_MAX, &rounds)) ||
        (argc > 2 && !text_to_u64(text_of(argv[2]), UINT32_MAX, &seed))) {
        fprintf(stderr, "usage: system_kills [ROUNDS [SEED]]\n");
        return EXIT_FAILURE;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(what_is_on_the_disk_survives_kills),
        HERD_TEST_OWN(what_a_neighbour_has_too_survives_kills),
    };
    return workspace_finish(cmocka_run_group_tests_name("kills", tests, NULL, NULL));
}
