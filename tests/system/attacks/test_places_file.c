/* The file of places of a running node is touched, written to, cut, replaced, removed, locked away
 * and mended: what it is, its content says (K10); whatever is wrong is told (K6), harms no one
 * (K1), and ends by itself (K7). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROW(id, name)                                                                              \
    id "\t" name "\t" name "\t\t34.06\t-118.44\tP\tPPL\tUS\t\tCA\t037\t\t\t1\t\t1\t"               \
       "America/Los_Angeles\t2026-01-01\n"

/* The herd of a test, and its file of places. */
typedef struct {
    herd_t *herd;
    char *folder;
    char *path;
} world_t;

static void write_places(const world_t *self, const char *name)
{
    char row[512];
    int size = snprintf(row, sizeof row, ROW("1", "%s"), name, name);
    workspace_write(self->path, (text_t){.data = row, .size = (size_t)size});
}

static world_t start(void **state, const char *name)
{
    static const herd_member_t members[] = {{"Clark", ""}};
    world_t self = {.folder = workspace_new()};
    self.path = workspace_path(self.folder, "places.txt");
    write_places(&self, name);
    self.herd = herd_new(&(herd_options_t){
        .members = members, .member_count = 1, .local_places = true, .places = self.path});
    *state = self.herd;
    herd_start_all(self.herd);
    (void)herd_ask(self.herd, "Clark", "IAMAT kiwi +34.06-118.44 1\n");
    return self;
}

static void stop(world_t *self)
{
    free(self->path);
    free(self->folder);
}

static bool finds(const world_t *self, const char *part)
{
    return strstr(herd_ask(self->herd, "Clark", "WHATSAT kiwi 10 5\n"), part) != NULL;
}

/* What is waited for, and whether herdctl health has `part` (NULL: is well). */
typedef struct {
    const world_t *world;
    const char *part;
} awaited_t;

static bool is_found(void *argument)
{
    const awaited_t *awaited = argument;
    return finds(awaited->world, awaited->part);
}

static bool is_healthy(void *argument)
{
    const awaited_t *awaited = argument;
    herdctl_run_t run = herdctl_run(awaited->world->herd, "health", NULL);
    return awaited->part == NULL ? run.status == 0
                                 : run.status == 1 && strstr(run.output, awaited->part) != NULL;
}

static void wait_found(const world_t *self, const char *part)
{
    awaited_t awaited = {.world = self, .part = part};
    assert_true(wait_until(is_found, &awaited, WAIT_LIMIT_MS));
}

static void wait_health(const world_t *self, const char *part)
{
    awaited_t awaited = {.world = self, .part = part};
    if (!wait_until(is_healthy, &awaited, WAIT_LIMIT_MS)) {
        fail_msg("health: not %s but %s", part != NULL ? part : "well",
                 herdctl_run(self->herd, "health", NULL).output);
    }
}

static void touched_it_goes_on(void **state)
{
    world_t world = start(state, "Westwood");
    assert_true(finds(&world, "\"Westwood\""));
    for (time_t i = 1; i < 20; i++) {
        const struct timespec times[2] = {{.tv_sec = i}, {.tv_sec = i}};
        assert_int_equal(utimensat(AT_FDCWD, world.path, times, 0), 0);
        assert_true(finds(&world, "\"Westwood\""));
    }
    write_places(&world, "Westwood"); /* the same bytes, written anew */
    wait_found(&world, "\"Westwood\"");
    wait_health(&world, NULL);
    stop(&world);
}

/* At no time there is no answer. */
static void replaced_it_is_taken_anew(void **state)
{
    world_t world = start(state, "Old");
    char *other = workspace_path(world.folder, "other.txt");
    assert_true(finds(&world, "\"Old\""));
    workspace_write(other, TEXT(ROW("1", "New")));
    assert_int_equal(rename(other, world.path), 0);
    while (!finds(&world, "\"New\"")) {
        assert_true(finds(&world, "\"Old\"") || finds(&world, "\"New\""));
    }
    /* Of no use: the old one goes on, and that is told. */
    workspace_write(other, TEXT("no places\n"));
    assert_int_equal(rename(other, world.path), 0);
    wait_health(&world, "no row in it is a place");
    assert_true(finds(&world, "\"New\""));
    herd_wait_logged(world.herd, "Clark", "node", "places-file-trouble: ");
    workspace_write(other, TEXT(ROW("1", "Newest")));
    assert_int_equal(rename(other, world.path), 0);
    herdctl_expect(world.herd, 0, "", "reload", NULL);
    wait_found(&world, "\"Newest\"");
    wait_health(&world, NULL);
    herd_wait_logged(world.herd, "Clark", "node", "places-file-well: ");
    free(other);
    stop(&world);
}

static void gone_or_locked_away_it_is_served_and_told(void **state)
{
    world_t world = start(state, "Westwood");
    assert_int_equal(unlink(world.path), 0);
    wait_health(&world, "No such file or directory; the places that were read before are served");
    assert_true(finds(&world, "\"Westwood\""));
    if (!herd_is_of_singles()) {
        herd_kill_frontend(world.herd, "Clark"); /* it has no need of the file */
        herd_start_frontend(world.herd, "Clark");
        herd_wait_serving(world.herd, "Clark");
    }
    herdctl_expect(world.herd, 0, "Clark: places: the file ", "status", NULL);
    write_places(&world, "Back");
    wait_found(&world, "\"Back\"");
    wait_health(&world, NULL);
    if (geteuid() != 0) { /* root may read everything */
        assert_int_equal(chmod(world.path, 0), 0);
        wait_health(&world, "Permission denied; the places that were read before are served");
        assert_true(finds(&world, "\"Back\""));
        assert_int_equal(chmod(world.path, 0600), 0);
        wait_health(&world, NULL);
    }
    assert_int_equal(unlink(world.path), 0);
    assert_int_equal(mkdir(world.path, 0700), 0);
    wait_health(&world, "no row in it is a place");
    assert_true(finds(&world, "\"Back\""));
    assert_int_equal(rmdir(world.path), 0);
    write_places(&world, "Again");
    wait_found(&world, "\"Again\"");
    stop(&world);
}

/* Cut and written to in place, again and again, under questions. */
static void cut_in_place_it_harms_nobody(void **state)
{
    world_t world = start(state, "Westwood");
    pid_t pid = process_pid(herd_node(world.herd, "Clark"));
    for (int i = 0; i < 10; i++) {
        client_t *client = herd_connect(world.herd, "Clark");
        client_send(client, TEXT("WHATSAT kiwi 10 5\nWHATSAT kiwi 10 5\nWHATSAT kiwi 10 5\n"));
        assert_int_equal(truncate(world.path, i % 2 == 0 ? 0 : 40), 0);
        client_half_close(client);
        assert_true(client_read_all(client).size > 0);
        client_destroy(&client);
        write_places(&world, "Westwood");
    }
    assert_int_equal(truncate(world.path, 0), 0);
    wait_found(&world, "UNKNOWN_ERROR");
    wait_health(&world, "no places are served");
    write_places(&world, "Mended");
    wait_found(&world, "\"Mended\"");
    wait_health(&world, NULL);
    assert_int_equal(process_pid(herd_node(world.herd, "Clark")), pid);
    herdctl_expect(world.herd, 0,
                   "herd_places_failures_total{member=\"Clark\",provider=\"local\"} ", "metrics",
                   NULL);
    stop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(touched_it_goes_on),
        HERD_TEST_OWN(replaced_it_is_taken_anew),
        HERD_TEST_OWN(gone_or_locked_away_it_is_served_and_told),
        HERD_TEST_OWN(cut_in_place_it_harms_nobody),
    };
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
