/* Disks that fail while a node writes to them: memory serves on, promises of the disk are not made
 * and nothing is hidden; when the disk is back, all that is missing is written anew. Errors come
 * from libfiu, and from a small ext4 that is full or was made read-only by its kernel. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"
#include "common/protocol/message.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ID_SIZE = 60000, /* such a record needs new pages of the file */
    LINE_SIZE_MAX = ID_SIZE + 128,
    DISK_SIZE = 8 << 20,
};

#define SETTINGS "journal = \"yes\"\nacknowledge = \"disk\"\nrequest_timeout = \"5000\"\n"
#define FIU      "/usr/lib/fiu/fiu_run_preload.so:/usr/lib/fiu/fiu_posix_preload.so"

static const herd_member_t single[] = {{"A", ""}};

typedef struct {
    herd_t *herd;
    char *data;
    char *image; /* of the small disk; NULL: there is none */
    char *pipes; /* by which libfiu is told */
} scene_t;

/* ---- the small disk ---- */

static bool run(const char *const *argv)
{
    return access(argv[0], X_OK) == 0 &&
           process_run(&(process_options_t){.argv = argv, .output = "/dev/null"}, WAIT_LIMIT_MS) ==
               0;
}

static bool mount_disk(const scene_t *scene, const char *options)
{
    const char *const argv[] = {"/bin/mount", "-o", options, scene->image, scene->data, NULL};
    return run(argv);
}

/* In a mount namespace of the test's own: nothing of it is left, however the test ends. */
static void make_disk(scene_t *scene)
{
    scene->image = workspace_path(herd_folder(scene->herd), "image");
    int file = open(scene->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, DISK_SIZE), 0);
    close(file);
    const char *const make[] = {"/sbin/mkfs.ext4", "-q", "-F", "-m", "0", scene->image, NULL};
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        !run(make) || !mount_disk(scene, "loop")) {
        print_message("skipped: a small ext4, which root may mount\n");
        free(scene->image);
        scene->image = NULL;
    }
}

static void drop_disk(scene_t *scene)
{
    if (scene->image != NULL) {
        assert_int_equal(umount(scene->data), 0);
        free(scene->image);
        scene->image = NULL;
    }
}

static void fill_disk(scene_t *scene)
{
    static const char block[4096];
    char *ballast = workspace_path(scene->data, "ballast");
    int file = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    while (write(file, block, sizeof block) > 0) {
    }
    assert_int_equal(fsync(file), 0);
    close(file);
    free(ballast);
}

static void make_room(scene_t *scene)
{
    char *ballast = workspace_path(scene->data, "ballast");
    assert_int_equal(unlink(ballast), 0);
    free(ballast);
}

/* ---- libfiu ---- */

static void tell_fiu(scene_t *scene, const char *command)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)process_pid(herd_node(scene->herd, "A")));
    const char *const argv[] = {"/usr/bin/fiu-ctrl", "-f", scene->pipes, "-c", command, pid, NULL};
    assert_true(run(argv));
}

static void fail_writes(scene_t *scene)
{
    tell_fiu(scene, "enable name=posix/io/rw/writev,failinfo=5"); /* EIO */
}

static void end_fail_writes(scene_t *scene)
{
    tell_fiu(scene, "disable name=posix/io/rw/writev");
}

/* What makes a transaction count. */
static void fail_meta(scene_t *scene)
{
    tell_fiu(scene, "enable name=posix/io/rw/pwrite,failinfo=5");
}

static void end_fail_meta(scene_t *scene)
{
    tell_fiu(scene, "disable name=posix/io/rw/pwrite");
}

static void fail_syncs(scene_t *scene)
{
    tell_fiu(scene, "enable name=posix/io/sync/fdatasync,failinfo=5");
    tell_fiu(scene, "enable name=posix/io/oc/open,failinfo=5");
}

static void end_fail_syncs(scene_t *scene)
{
    tell_fiu(scene, "disable name=posix/io/oc/open");
    tell_fiu(scene, "disable name=posix/io/sync/fdatasync");
}

static bool has_fiu(void)
{
    return access("/usr/bin/fiu-ctrl", X_OK) == 0 &&
           access("/usr/lib/fiu/fiu_posix_preload.so", R_OK) == 0;
}

/* ---- one fault ---- */

/* How a disk fails, and is well again (open value struct). */
typedef struct {
    const char *name;
    void (*begin)(scene_t *scene);
    void (*end)(scene_t *scene);
    const char *reason; /* that people are told */
    bool is_long;       /* no promise can wait for its end */
} fault_t;

static const fault_t errors[] = {
    {"writes", fail_writes, end_fail_writes, "Input/output error", false},
    {"meta", fail_meta, end_fail_meta, "Input/output error", false},
    {"syncs", fail_syncs, end_fail_syncs, "Input/output error", true},
};
static const fault_t full = {"full", fill_disk, make_room, "no space is left on the disk", false};

static void start_node(scene_t *scene)
{
    if (scene->pipes != NULL) {
        assert_int_equal(setenv("FIU_CTRL_FIFO", scene->pipes, 1), 0);
        assert_int_equal(setenv("LD_PRELOAD", FIU, 1), 0);
    }
    herd_start_node(scene->herd, "A");
    assert_int_equal(unsetenv("LD_PRELOAD"), 0);
    herd_wait_serving(scene->herd, "A");
}

/* A line about the large client of a fault. */
static char *write_line(const char *verb, const fault_t *fault, const char *rest)
{
    char *line = memory_new(LINE_SIZE_MAX);
    int size = snprintf(line, LINE_SIZE_MAX, "%s %s.", verb, fault->name);
    memset(line + size, 'x', ID_SIZE);
    snprintf(line + size + ID_SIZE, LINE_SIZE_MAX - (size_t)size - ID_SIZE, " %s\n", rest);
    return line;
}

static bool is_shown(scene_t *scene, const fault_t *fault)
{
    char *line = write_line("WHATSAT", fault, "0 0");
    bool shown = strncmp(herd_ask(scene->herd, "A", line), "AT A ", 5) == 0;
    free(line);
    return shown;
}

typedef struct {
    herd_t *herd;
    int status; /* of herdctl health */
    const char *part;
} health_t;

static bool has_health(void *argument)
{
    const health_t *health = argument;
    herdctl_run_t run = herdctl_run(health->herd, "health", NULL);
    return run.status == health->status && strstr(run.output, health->part) != NULL;
}

static void wait_health(scene_t *scene, int status, const char *part)
{
    health_t health = {.herd = scene->herd, .status = status, .part = part};
    if (!wait_until(has_health, &health, WAIT_LIMIT_MS)) {
        fail_msg("%s", herdctl_run(scene->herd, "health", NULL).output);
    }
}

static void expect_answer(client_t *client)
{
    text_t line = client_read_line(client);
    assert_true(line.size > 5 && memcmp(line.data, "AT A ", 5) == 0);
}

/* The disk fails before an update, whose client waits. */
static client_t *break_disk(scene_t *scene, const fault_t *fault)
{
    char *line = write_line("IAMAT", fault, "+1-1 5");
    client_t *client = herd_connect(scene->herd, "A");
    fault->begin(scene);
    client_say(client, line);
    wait_health(scene, 1, "A: the journal cannot be written");
    herd_wait_logged(scene->herd, "A", "node", "journal-failed");
    herd_wait_logged(scene->herd, "A", "node", fault->reason);
    herdctl_expect(scene->herd, 0, "herd_journal_failing{member=\"A\"} 1\n", "metrics", NULL);
    assert_true(is_shown(scene, fault)); /* from memory */
    free(line);
    return client;
}

/* Its client gets no answer, or the answer when the disk is back; then all of it is there, after
 * SIGKILL, too. */
static void fail_and_recover(scene_t *scene, const fault_t *fault)
{
    print_message("%s\n", fault->name);
    client_t *client = break_disk(scene, fault);
    if (fault->is_long) {
        assert_true(client_sees_close(client, WAIT_LIMIT_MS));
        herd_wait_logged(scene->herd, "A", "node", "the disk did not take IAMATs in time");
        fault->end(scene);
    } else {
        text_t none;
        assert_false(client_try_line(client, 0, &none));
        fault->end(scene);
    }
    if (fault->is_long) { /* a promise that was broken is told for a while */
        wait_health(scene, 1,
                    "degraded: A: IAMATs are not answered, because neighbours or the disk");
    } else {
        expect_answer(client);
        wait_health(scene, 0, "well: 1 member");
    }
    herd_wait_logged(scene->herd, "A", "node", "journal-back");
    herdctl_expect(scene->herd, 0, "herd_journal_failing{member=\"A\"} 0\n", "metrics", NULL);
    assert_non_null(strstr(herd_ask(scene->herd, "A", "IAMAT next +1-1 5\n"), "AT A "));
    herd_kill_node(scene->herd, "A");
    client_destroy(&client);
    start_node(scene);
    assert_true(is_shown(scene, fault));
    assert_non_null(strstr(herd_ask(scene->herd, "A", "WHATSAT next 0 0\n"), "AT A "));
}

static void begin(void **state, scene_t *scene)
{
    *scene = (scene_t){.herd = herd_new(&(herd_options_t){
                           .members = single, .member_count = 1, .settings = SETTINGS})};
    *state = scene->herd;
    scene->data = workspace_path(herd_folder(scene->herd), "data");
    assert_true(mkdir(scene->data, 0755) == 0 || errno == EEXIST);
}

static void errors_cost_promises_only(void **state)
{
    scene_t scene;
    if (!has_fiu()) {
        print_message("skipped: libfiu (package fiu-utils)\n");
        skip();
    }
    begin(state, &scene);
    scene.pipes = workspace_path(herd_folder(scene.herd), "fiu");
    herd_start_frontend(scene.herd, "A");
    start_node(&scene);
    for (size_t i = 0; i < ARRAY_COUNT(errors); i++) {
        fail_and_recover(&scene, &errors[i]);
    }
    herd_kill_node(scene.herd, "A"); /* SIGTERM would meet libfiu's thread */
    free(scene.pipes);
    free(scene.data);
}

/* It is full; then its kernel finds an error, and lets no one write any more. */
static void a_small_disk_costs_promises_only(void **state)
{
    static const fault_t aborted = {.name = "aborted"};
    scene_t scene;
    begin(state, &scene);
    make_disk(&scene);
    if (scene.image == NULL) {
        free(scene.data);
        skip();
    }
    herd_start_frontend(scene.herd, "A");
    start_node(&scene);
    fail_and_recover(&scene, &full);
    assert_true(mount_disk(&scene, "remount,abort"));
    char *line = write_line("IAMAT", &aborted, "+1-1 5");
    client_t *client = herd_connect(scene.herd, "A");
    client_say(client, line);
    wait_health(&scene, 1, "A: the journal cannot be written");
    assert_true(is_shown(&scene, &aborted) && is_shown(&scene, &full));
    herd_kill_node(scene.herd, "A");
    /* A start on it is refused, with the reason. */
    herd_start_node(scene.herd, "A");
    herd_wait_logged(scene.herd, "A", "node", "journal-unusable");
    herd_wait_logged(scene.herd, "A", "node", "Read-only file system");
    herd_kill_node(scene.herd, "A");
    assert_int_equal(umount(scene.data), 0);
    assert_true(mount_disk(&scene, "loop"));
    start_node(&scene);
    assert_true(is_shown(&scene, &full));
    herd_kill_node(scene.herd, "A");
    text_t none;
    assert_false(client_try_line(client, 0, &none));
    client_destroy(&client);
    free(line);
    drop_disk(&scene);
    free(scene.data);
}

int main(void)
{
    if (!herd_programs_exist() || (!has_fiu() && geteuid() != 0)) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(errors_cost_promises_only),
        HERD_TEST_OWN(a_small_disk_costs_promises_only),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
