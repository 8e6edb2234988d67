/* A node in a control group that may take 64 MiB (docs/contributing.md, K2): it finds the limit,
 * keeps to it, and says so; likewise programs in one that may have few threads. Where no group of
 * our own can be made this is skipped. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LIMIT_SIZE = 64 * 1024 * 1024,
    PATH_SIZE = CGROUP_PATH_SIZE + 64,
    BATCH = 200,    /* lines */
    ID_SIZE = 300,  /* bytes */
    BATCHES = 2000, /* far more than 32 MiB of records */
};

static const herd_member_t single[] = {{"Clark", ""}};

/* ---- groups ---- */

/* The group that the test is in, one with the limit, and one below that without. */
typedef struct {
    char own[PATH_SIZE];
    char limited[PATH_SIZE];
    char inner[PATH_SIZE];
    bool made;
} groups_t;

static groups_t groups;

static bool write_file(const char *folder, const char *name, const char *text)
{
    char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0) {
        close(file);
    }
    return written;
}

static void enter(const char *group)
{
    char pid[32];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    assert_true(write_file(group, "cgroup.procs", pid));
}

static bool find_own(cgroup_tree_t tree, char out[PATH_SIZE])
{
    size_t size;
    char *cgroups = workspace_read("/proc/self/cgroup", &size);
    char *mounts = workspace_read("/proc/self/mountinfo", &size);
    text_t path;
    cgroup_place_t place;
    bool found = cgroups != NULL && mounts != NULL &&
                 cgroup_find_path(text_of(cgroups), tree, &path) &&
                 cgroup_find_place(text_of(mounts), tree, path, &place);
    if (found) {
        snprintf(out, PATH_SIZE, "%s", place.folder);
    }
    free(mounts);
    free(cgroups);
    return found;
}

static void remove_groups(void)
{
    if (groups.made) {
        (void)rmdir(groups.inner);
        (void)rmdir(groups.limited);
    }
}

/* False if that is not allowed, or the tree has no limits of memory. */
static bool make_groups(cgroup_tree_t tree, const char *limit_file)
{
    char limit[32];
    snprintf(limit, sizeof limit, "%d", LIMIT_SIZE);
    if (!find_own(tree, groups.own)) {
        return false;
    }
    snprintf(groups.limited, PATH_SIZE, "%.*s/herd-test-%ld", CGROUP_PATH_SIZE, groups.own,
             (long)getpid());
    snprintf(groups.inner, PATH_SIZE, "%.*s/inner", CGROUP_PATH_SIZE + 32, groups.limited);
    groups.made = mkdir(groups.limited, 0755) == 0 && mkdir(groups.inner, 0755) == 0;
    bool limited = groups.made && write_file(groups.limited, limit_file, limit);
    if (!limited) {
        (void)rmdir(groups.inner);
        (void)rmdir(groups.limited);
        groups.made = false;
    }
    return limited;
}

/* ---- the herd ---- */

static void send_batch(client_t *client, unsigned batch)
{
    static char lines[BATCH * (ID_SIZE + 64)];
    size_t size = 0;
    for (unsigned i = 0; i < BATCH; i++) {
        size += (size_t)snprintf(lines + size, sizeof lines - size, "IAMAT %0*u +1.5-2.5 %u\n",
                                 ID_SIZE, batch * BATCH + i, batch + 1);
    }
    client_send(client, (text_t){.data = lines, .size = size});
}

static bool is_full(herd_t *herd)
{
    char *path = workspace_path(herd_folder(herd), "log/Clark.node.log");
    size_t size;
    char *log = workspace_read(path, &size);
    bool full = log != NULL && strstr(log, " store-full: ") != NULL;
    free(log);
    free(path);
    return full;
}

/* New clients come until no more are taken. */
static void fill(herd_t *herd)
{
    client_t *client = herd_connect(herd, "Clark");
    unsigned batch = 0;
    while (batch < BATCHES && !is_full(herd)) {
        send_batch(client, batch);
        batch++;
        text_t line;
        for (unsigned i = 0; i < BATCH && client_try_line(client, WAIT_LIMIT_MS / 60, &line); i++) {
        }
    }
    client_destroy(&client);
    assert_true(is_full(herd));
}

static void a_node_keeps_to_the_limit_of_its_group(void **state)
{
    herd_t *herd = herd_new(
        &(herd_options_t){.members = single, .member_count = 1, .settings = "traffic = \"no\"\n"});
    *state = herd;
    enter(groups.inner);
    herd_start_node(herd, "Clark");
    enter(groups.own);
    herd_start_frontend(herd, "Clark");
    herd_wait_serving(herd, "Clark");
    herd_wait_logged(herd, "Clark", "node",
                     " memory: client records take 33554432 bytes at most; the process may take "
                     "67108864 (");
    herd_wait_logged(herd, "Clark", "node", groups.limited);
    pid_t before = process_pid(herd_node(herd, "Clark"));
    const char *kiwi = herd_ask(herd, "Clark", "IAMAT kiwi +1-1 5\n");
    fill(herd);
    assert_true(process_is_running(herd_node(herd, "Clark")));
    assert_int_equal(process_pid(herd_node(herd, "Clark")), before);
    herd_wait_seen(herd, "Clark", "kiwi", kiwi);
    herd_stop_frontend(herd, "Clark");
    assert_int_equal(herd_stop_node(herd, "Clark"), 0);
}

static void more_than_there_is_is_warned_of(void **state)
{
    herd_t *herd = herd_new(&(herd_options_t){
        .members = single, .member_count = 1, .settings = "max_memory = \"67108865\"\n"});
    *state = herd;
    enter(groups.inner);
    herd_start_node(herd, "Clark");
    enter(groups.own);
    herd_wait_logged(herd, "Clark", "node",
                     " memory-scarce: client records take 67108865 bytes at most; the process may "
                     "take 67108864 (");
    assert_int_equal(herd_stop_node(herd, "Clark"), 0);
}

/* ---- threads ---- */

/* A group that may have as many processes and threads; false if none can be made. */
static bool make_group_of_tasks(char *group, size_t size, const char *most)
{
    size_t groups_size;
    char *own = workspace_read("/proc/self/cgroup", &groups_size);
    bool at_top = own != NULL && strstr(own, ":pids:/\n") != NULL;
    free(own);
    snprintf(group, size, "/sys/fs/cgroup/pids/herd-test-%ld", (long)getpid());
    if (!at_top || mkdir(group, 0755) != 0) {
        return false;
    }
    bool made = write_file(group, "pids.max", most);
    if (!made) {
        (void)rmdir(group);
    }
    return made;
}

static void too_few_threads_are_told_at_the_start(void **state)
{
    char group[PATH_SIZE];
    herd_t *herd = herd_new_single();
    *state = herd;
    /* This process, that which it starts, and six threads. */
    if (!make_group_of_tasks(group, sizeof group, "8")) {
        print_message("no control group of tasks can be made: not tested\n");
        skip();
        return; /* which it does not */
    }
    static const char *const programs[] = {"herd-node", "herd-frontend"};
    for (size_t i = 0; i < 2; i++) {
        char *path = herd_program(programs[i]);
        char *output = workspace_path(herd_folder(herd), programs[i]);
        const char *const argv[] = {path, "--config", herd_file(herd), "Clark", NULL};
        enter(group);
        process_t *process = process_start(&(process_options_t){.argv = argv, .output = output});
        int status = 0;
        assert_true(process_wait(process, WAIT_LIMIT_MS, &status));
        process_destroy(&process);
        enter("/sys/fs/cgroup/pids");
        size_t size;
        char *said = workspace_read(output, &size);
        assert_non_null(said);
        assert_non_null(strstr(said, "only 6 more threads can be started"));
        assert_int_equal(status, 1);
        free(said);
        free(output);
        free(path);
    }
    assert_int_equal(rmdir(group), 0);
}

int main(void)
{
    if (!herd_programs_exist() || process_is_sanitized()) {
        return HERD_EXIT_SKIPPED;
    }
    if (!make_groups(CGROUP_V1_MEMORY, "memory.limit_in_bytes") &&
        !make_groups(CGROUP_V2, "memory.max")) {
        print_message("skipped: no control group with a limit of memory can be made here\n");
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_node_keeps_to_the_limit_of_its_group),
        HERD_TEST_OWN(more_than_there_is_is_warned_of),
        HERD_TEST_OWN(too_few_threads_are_told_at_the_start),
    };
    int failed = cmocka_run_group_tests_name("memory", tests, NULL, NULL);
    remove_groups();
    return workspace_finish(failed);
}
