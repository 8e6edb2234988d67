/* The programs of a herd: started until they serve, stopped, killed. */
#include "tests/support/herd_parts.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/limits.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    /* For one answer: a node that is starting may take a while to be found. */
    PROBE_LIMIT_MS = 2000,
    STOP_LIMIT_MS = WAIT_LIMIT_MS,
};

/* A client that no test ever locates. Only the node can know that, so the answer comes from it. */
static const char probe_line[] = "WHATSAT herd.probe.nobody 0 0\n";
static const char probe_answer[] = "? WHATSAT herd.probe.nobody 0 0";

static char *path_from(const char *variable, const char *name)
{
    const char *folder = getenv(variable);
    if (folder == NULL) {
        fail_msg("%s is not set: run this test by ctest", variable);
    }
    return workspace_path(folder, name);
}

char *herd_program(const char *name)
{
    return path_from("HERD_BIN", name);
}

char *herd_source(const char *name)
{
    return path_from("HERD_SOURCE", name);
}

bool herd_is_of_singles(void)
{
    const char *form = getenv("HERD_FORM");
    return form != NULL && strcmp(form, "single") == 0;
}

void herd_needs_pairs(void)
{
    if (herd_is_of_singles()) {
        skip();
    }
}

bool herd_programs_exist(void)
{
    static const char *const pair[] = {"herd-node", "herd-frontend", NULL};
    static const char *const single[] = {"herd-single", NULL};
    const char *const *programs = herd_is_of_singles() ? single : pair;
    const char *folder = getenv("HERD_BIN");
    for (size_t i = 0; programs[i] != NULL; i++) {
        char *path = workspace_path(folder != NULL ? folder : "", programs[i]);
        int result = access(path, X_OK);
        if (result < 0) {
            fprintf(stderr, "skipped: no program %s\n", path);
        }
        free(path);
        if (result < 0) {
            return false;
        }
    }
    return true;
}

/* RLIMIT_NOFILE; 0: as we have it. */
static size_t files_of(const herd_t *self, bool is_frontend)
{
    if (herd_is_of_singles() && self->node_max_files == 0 && self->frontend_max_files > 0) {
        return LIMIT_FILES_MIN + self->frontend_max_files;
    }
    return is_frontend ? self->frontend_max_files : self->node_max_files;
}

static process_t *start(herd_t *self, const herd_entry_t *member, const char *program)
{
    bool is_frontend = strcmp(program, "herd-frontend") == 0;
    char *path = herd_program(program);
    const char *const argv[] = {path, "--config", self->file, member->name, NULL};
    process_t *process = process_start(&(process_options_t){
        .argv = argv,
        .output = is_frontend ? member->frontend_output : member->node_output,
        .max_files = files_of(self, is_frontend),
        .network = !is_frontend && self->lan != NULL
                       ? lan_namespace(self->lan, herd_number(self, member->name))
                       : 0,
    });
    free(path);
    return process;
}

void herd_start_node(herd_t *self, const char *member_name)
{
    herd_entry_t *member = herd_find(self, member_name);
    assert_null(member->node);
    member->node = start(self, member, herd_is_of_singles() ? "herd-single" : "herd-node");
}

void herd_start_frontend(herd_t *self, const char *member_name)
{
    herd_entry_t *member = herd_find(self, member_name);
    assert_null(member->frontend);
    if (!herd_is_of_singles()) {
        member->frontend = start(self, member, "herd-frontend");
    } else if (member->node == NULL) {
        herd_start_node(self, member_name);
    }
}

void herd_print_file(const char *path)
{
    size_t size = 0;
    char *content = workspace_read(path, &size);
    fprintf(stderr, "%s:\n%s\n", path, content != NULL ? content : "(no such file)");
    free(content);
}

typedef struct {
    herd_entry_t *member;
    bool died; /* one of its processes has ended, so waiting is of no use */
} probe_t;

static bool serves(void *argument)
{
    probe_t *probe = argument;
    herd_entry_t *member = probe->member;
    if ((member->node != NULL && !process_is_running(member->node)) ||
        (member->frontend != NULL && !process_is_running(member->frontend))) {
        probe->died = true;
        return true;
    }
    client_t *client = client_try(member->clients_port);
    if (client == NULL) {
        return false;
    }
    text_t line;
    bool answered = client_send_some(client, text_of(probe_line), PROBE_LIMIT_MS) > 0 &&
                    client_try_line(client, PROBE_LIMIT_MS, &line) &&
                    text_equal(line, text_of(probe_answer));
    client_destroy(&client);
    return answered;
}

void herd_wait_serving(herd_t *self, const char *member_name)
{
    probe_t probe = {.member = herd_find(self, member_name)};
    bool served = wait_until(serves, &probe, WAIT_LIMIT_MS);
    if (!served || probe.died) {
        herd_print_file(probe.member->node_output);
        herd_print_file(probe.member->frontend_output);
        fail_msg("%s %s", member_name, served ? "ended" : "does not serve");
    }
}

void herd_start(herd_t *self, const char *member)
{
    herd_start_node(self, member);
    herd_start_frontend(self, member);
    herd_wait_serving(self, member);
}

void herd_start_all(herd_t *self)
{
    for (size_t i = 0; i < self->member_count; i++) {
        herd_start_node(self, self->members[i].name);
        herd_start_frontend(self, self->members[i].name);
    }
    for (size_t i = 0; i < self->member_count; i++) {
        herd_wait_serving(self, self->members[i].name);
    }
}

void herd_kill_node(herd_t *self, const char *member)
{
    process_destroy(&herd_find(self, member)->node);
}

void herd_kill_nodes(herd_t *self)
{
    for (size_t i = 0; i < self->member_count; i++) {
        if (self->members[i].node != NULL) {
            process_signal(self->members[i].node, SIGKILL);
        }
    }
    for (size_t i = 0; i < self->member_count; i++) {
        process_destroy(&self->members[i].node);
    }
}

void herd_start_nodes(herd_t *self)
{
    for (size_t i = 0; i < self->member_count; i++) {
        herd_start_node(self, self->members[i].name);
    }
    for (size_t i = 0; i < self->member_count; i++) {
        herd_wait_serving(self, self->members[i].name);
    }
}

void herd_kill_frontend(herd_t *self, const char *member)
{
    herd_entry_t *entry = herd_find(self, member);
    process_destroy(herd_is_of_singles() ? &entry->node : &entry->frontend);
}

static int stop(process_t **process)
{
    int status = 0;
    assert_non_null(*process);
    process_signal(*process, SIGTERM);
    if (!process_wait(*process, STOP_LIMIT_MS, &status)) {
        fail_msg("process %ld does not end on SIGTERM", (long)process_pid(*process));
    }
    process_destroy(process);
    return status;
}

/* Of a member in one process the second of the two has been stopped with the first. */
static bool is_stopped(herd_t *self, const char *member)
{
    return herd_is_of_singles() && herd_find(self, member)->node == NULL;
}

int herd_stop_node(herd_t *self, const char *member)
{
    return is_stopped(self, member) ? 0 : stop(&herd_find(self, member)->node);
}

int herd_stop_frontend(herd_t *self, const char *member)
{
    herd_entry_t *entry = herd_find(self, member);
    return is_stopped(self, member) ? 0
                                    : stop(herd_is_of_singles() ? &entry->node : &entry->frontend);
}

int herd_setup_single(void **state)
{
    herd_t *self = herd_new_single();
    *state = self;
    herd_start_all(self);
    return 0;
}

int herd_setup_sample(void **state)
{
    herd_t *self = herd_new_sample();
    *state = self;
    herd_start_all(self);
    return 0;
}

int herd_setup_none(void **state)
{
    *state = NULL;
    return 0;
}

/* Sends SIGTERM to a process, which may be stopped. Returns 0 if it then exits with 0, or does not
 * run. SIGCONT goes first: it undoes any pending SIGSTOP, even the one by which LeakSanitizer's
 * tracer halts an exiting process; otherwise both could wait without end. */
static int end_process(process_t *process, const char *output)
{
    int status = 0;
    if (process == NULL) {
        return 0;
    }
    process_signal(process, SIGCONT);
    process_signal(process, SIGTERM);
    if (process_wait(process, STOP_LIMIT_MS, &status) && status == 0) {
        return 0;
    }
    fprintf(stderr, "process %ld does not end well: status %d\n", (long)process_pid(process),
            status);
    herd_print_file(output);
    return -1;
}

int herd_teardown(void **state)
{
    herd_t *self = *state;
    int result = 0;
    for (size_t i = 0; self != NULL && i < self->member_count; i++) {
        const herd_entry_t *member = &self->members[i];
        result |= end_process(member->frontend, member->frontend_output);
        result |= end_process(member->node, member->node_output);
    }
    herd_destroy(&self);
    *state = NULL;
    return result;
}
