/* What a program has is taken away while it runs: its log, the folder of it, the room on the disk
 * (docs/contributing.md, K6, K8). It goes on, says so, and is itself again when it can be. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROUNDS_MAX = 200, RELOADS_MAX = 40 };

static const herd_member_t single[] = {{"Clark", ""}};

static herd_t *start_single(void **state)
{
    herd_t *herd = herd_new(&(herd_options_t){.members = single, .member_count = 1});
    *state = herd;
    herd_start(herd, "Clark");
    return herd;
}

typedef struct {
    herd_t *herd;
    const char *part;
} wanted_t;

static bool health_says(void *argument)
{
    const wanted_t *wanted = argument;
    const char *output = "";
    (void)herd_control(wanted->herd, (const char *const[]){"health", NULL}, &output);
    return strstr(output, wanted->part) != NULL;
}

static void expect_health(herd_t *herd, const char *part)
{
    wanted_t wanted = {.herd = herd, .part = part};
    if (!wait_until(health_says, &wanted, WAIT_LIMIT_MS)) {
        const char *output = "";
        (void)herd_control(herd, (const char *const[]){"health", NULL}, &output);
        fail_msg("health does not say \"%s\" but \"%s\"", part, output);
    }
}

static void remove_file(herd_t *herd, const char *name)
{
    char *path = workspace_path(herd_folder(herd), name);
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void a_removed_log_is_made_again(void **state)
{
    herd_t *herd = start_single(state);
    static const char back[] = "reopened: the file had been removed; opened anew";
    char *folder = workspace_path(herd_folder(herd), "log");
    remove_file(herd, "log/Clark.node.log");
    herd_wait_logged(herd, "Clark", "node", back);
    remove_file(herd, "log/Clark.node.log");
    remove_file(herd, "log/Clark.frontend.log");
    /* Either program may have made its file again already. */
    if (rmdir(folder) != 0) {
        assert_int_equal(errno, ENOTEMPTY);
    }
    herd_wait_logged(herd, "Clark", "node", back);
    herd_wait_logged(herd, "Clark", "frontend", back);
    (void)herd_ask(herd, "Clark", "IAMAT kiwi +1-1 5\n");
    assert_int_equal(herd_control(herd, (const char *const[]){"reload", NULL}, NULL), 0);
    herd_wait_logged(herd, "Clark", "node", "operator-command: reload");
    herd_wait_logged(herd, "Clark", "frontend", " kiwi +1-1 5\n");
    expect_health(herd, "well");
    free(folder);
}

/* Requests pass again, by the front-end that was there before. */
static void expect_served(herd_t *herd, const char *name)
{
    char line[64];
    snprintf(line, sizeof line, "IAMAT %s +1-1 5\n", name);
    herd_wait_serving(herd,
                      "Clark"); /* clients are refused meanwhile, which is a reason of health */
    herd_wait_seen(herd, "Clark", name, herd_ask(herd, "Clark", line));
}

static void a_removed_socket_is_made_again(void **state)
{
    static const char back[] = "Clark.requests, was gone, and is made anew";
    herd_t *herd = start_single(state);
    char *run = workspace_path(herd_folder(herd), "run");
    char *requests = workspace_path(run, "Clark.requests");
    struct stat found;
    remove_file(herd, "run/Clark.requests");
    herd_wait_logged(herd, "Clark", "node", back);
    expect_served(herd, "kiwi");
    assert_int_equal(stat(requests, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0700);
    /* With its folder; and a file of another's is not taken away. */
    remove_file(herd, "log/Clark.node.log");
    remove_file(herd, "run/Clark.requests");
    assert_int_equal(rmdir(run), 0);
    herd_wait_logged(herd, "Clark", "node", back);
    expect_served(herd, "emu");
    assert_int_equal(stat(run, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0700);
    remove_file(herd, "run/Clark.requests");
    workspace_write(requests, TEXT("mine"));
    herd_wait_logged(herd, "Clark", "node", "is gone, and cannot be made anew: File exists");
    assert_int_equal(stat(requests, &found), 0);
    assert_true(S_ISREG(found.st_mode));
    remove_file(herd, "run/Clark.requests");
    expect_served(herd, "rhea");
    free(requests);
    free(run);
}

/* A file system of a few pages for the log, which no one else sees and which ends with this process
 * and those that it starts; false if that is not allowed here. */
static bool mount_small(const char *folder)
{
    return mkdir(folder, 0700) == 0 && unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("herd-test", folder, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=0700") == 0;
}

static void fill(const char *path)
{
    char page[4096] = "";
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    while (write(file, page, sizeof page) > 0) {
    }
    close(file);
}

/* The traffic of this client is in the log, whatever was lost before. */
static bool is_recorded(void *argument)
{
    herd_t *herd = argument;
    const char *output;
    char *path = workspace_path(herd_folder(herd), "log/Clark.frontend.traffic");
    (void)herd_control(herd, (const char *const[]){"traffic", "--client", "emu", path, NULL},
                       &output);
    free(path);
    return strstr(output, " emu +1-1 5\n") != NULL;
}

/* A log of lines in the node; in the front-end one of records beside it. */
static void a_full_disk_is_told_and_left(void **state)
{
    herd_t *herd = herd_new(&(herd_options_t){
        .members = single, .member_count = 1, .settings = "traffic = \"binary\"\n"});
    *state = herd;
    char *folder = workspace_path(herd_folder(herd), "log");
    char *filler = workspace_path(folder, "filler");
    if (!mount_small(folder)) {
        print_message("no file system of our own can be mounted: not tested\n");
        free(filler);
        free(folder);
        skip();
        return; /* which it does not */
    }
    herd_start(herd, "Clark");
    fill(filler);
    for (unsigned i = 0; i < ROUNDS_MAX; i++) {
        (void)herd_ask(herd, "Clark", "IAMAT kiwi +1-1 5\nWHATSAT kiwi 1 1\n");
    }
    for (unsigned i = 0; i < RELOADS_MAX; i++) {
        (void)herd_control(herd, (const char *const[]){"reload", NULL}, NULL);
    }
    expect_health(herd, "its log takes no lines");
    expect_health(herd, "its log loses lines");
    expect_health(herd, "the log of a front-end loses lines");
    assert_true(process_is_running(herd_node(herd, "Clark")));
    assert_int_equal(unlink(filler), 0);
    herd_wait_logged(herd, "Clark", "node", " lines lost, the disk is full");
    herd_wait_logged(herd, "Clark", "frontend", " lines lost, the disk is full");
    (void)herd_ask(herd, "Clark", "IAMAT emu +1-1 5\n");
    assert_true(wait_until(is_recorded, herd, WAIT_LIMIT_MS));
    herd_stop_frontend(herd, "Clark");
    herd_stop_node(herd, "Clark");
    assert_int_equal(umount(folder), 0);
    free(filler);
    free(folder);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_removed_log_is_made_again),
        HERD_TEST_OWN(a_removed_socket_is_made_again),
        HERD_TEST_OWN(a_full_disk_is_told_and_left),
    };
    return workspace_finish(cmocka_run_group_tests_name("loss", tests, NULL, NULL));
}
