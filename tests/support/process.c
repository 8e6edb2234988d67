#include "tests/support/process.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STATUS_NOT_EXECUTED = 127, /* as in a shell */
    STATUS_SIGNALLED = 128,
    STAT_UTIME = 14, /* fields of /proc/PID/stat, from 1 (proc(5)) */
    STAT_STIME = 15,
};

struct process {
    pid_t pid;
    bool ended;
    int status; /* exit status, once ended */
};

static void open_as(const char *path, int flags, int descriptor)
{
    int opened = open(path, flags, 0600);
    if (opened < 0 || dup2(opened, descriptor) < 0) {
        _exit(STATUS_NOT_EXECUTED);
    }
    close(opened);
}

/* In the child, between fork and exec: only async-signal-safe calls. */
static void become(const process_options_t *options, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(STATUS_NOT_EXECUTED); /* the parent died before the line above */
    }
    open_as(options->input != NULL ? options->input : "/dev/null", O_RDONLY, STDIN_FILENO);
    open_as(options->output, O_WRONLY | O_CREAT | O_APPEND, STDOUT_FILENO);
    if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0) {
        _exit(STATUS_NOT_EXECUTED);
    }
    if (options->max_files > 0) {
        struct rlimit limit = {.rlim_cur = options->max_files, .rlim_max = options->max_files};
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
            _exit(STATUS_NOT_EXECUTED);
        }
    }
    if (options->network > 0 && setns(options->network, CLONE_NEWNET) < 0) {
        _exit(STATUS_NOT_EXECUTED);
    }
    /* The type of execv's argument predates const; execv changes nothing. */
    union {
        const char *const *in;
        char *const *out;
    } argv = {.in = options->argv};
    execv(options->argv[0], argv.out);
    dprintf(STDERR_FILENO, "%s: cannot be executed\n", options->argv[0]);
    _exit(STATUS_NOT_EXECUTED);
}

process_t *process_start(const process_options_t *options)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        fail_msg("fork: %s", strerror(errno));
    }
    if (pid == 0) {
        become(options, parent);
    }
    process_t *self = memory_new(sizeof *self);
    self->pid = pid;
    return self;
}

pid_t process_pid(const process_t *self)
{
    return self->pid;
}

static void reap(process_t *self, int flags)
{
    int status;
    if (self->ended || waitpid(self->pid, &status, flags) != self->pid) {
        return;
    }
    self->ended = true;
    self->status = WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_SIGNALLED + WTERMSIG(status);
}

bool process_is_running(process_t *self)
{
    reap(self, WNOHANG);
    return !self->ended;
}

void process_signal(process_t *self, int signal_number)
{
    if (process_is_running(self)) {
        kill(self->pid, signal_number);
    }
}

static bool has_ended(void *argument)
{
    return !process_is_running(argument);
}

bool process_wait(process_t *self, int64_t limit_ms, int *ret_status)
{
    if (!wait_until(has_ended, self, limit_ms)) {
        return false;
    }
    *ret_status = self->status;
    return true;
}

int64_t process_cpu_ms(const process_t *self)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)self->pid);
    size_t size;
    char *content = workspace_read(path, &size);
    assert_non_null(content);
    /* 4711 (a name with ) and spaces) S 1 2 ...: fields are counted from the last parenthesis */
    const char *behind_name = strrchr(content, ')');
    assert_non_null(behind_name);
    text_t rest = text_of(behind_name + 1);
    text_t field;
    uint64_t ticks = 0;
    for (int number = 3; number <= STAT_STIME && text_take_field(&rest, &field); number++) {
        uint64_t value = 0;
        if (number >= STAT_UTIME && text_to_u64(field, UINT64_MAX, &value)) {
            ticks += value;
        }
    }
    free(content);
    return (int64_t)ticks * 1000 / sysconf(_SC_CLK_TCK);
}

/* A row of /proc/PID/status: "VmRSS:      12345 kB"; 0 if it has none, because it has ended. */
static size_t read_status(const process_t *self, const char *key)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)self->pid);
    size_t size;
    char *content = workspace_read(path, &size);
    assert_non_null(content);
    const char *row = strstr(content, key);
    text_t rest = text_of(row != NULL ? row + strlen(key) : "0");
    text_t field;
    uint64_t kib = 0;
    assert_true(text_take_field(&rest, &field) && text_to_u64(field, UINT32_MAX, &kib));
    free(content);
    return (size_t)kib * 1024;
}

size_t process_memory(const process_t *self)
{
    size_t size = read_status(self, "VmRSS:");
    assert_true(size > 0);
    return size;
}

size_t process_peak(const process_t *self)
{
    return read_status(self, "VmHWM:");
}

bool process_is_sanitized(void)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    return true;
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return true;
#endif
#endif
    return false;
}

void process_destroy(process_t **self_p)
{
    process_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    process_signal(self, SIGKILL);
    reap(self, 0);
    free(self);
    *self_p = NULL;
}

int process_run(const process_options_t *options, int64_t limit_ms)
{
    process_t *process = process_start(options);
    int status = 0;
    bool ended = process_wait(process, limit_ms, &status);
    process_destroy(&process);
    if (!ended) {
        fail_msg("%s: still running after %lld ms", options->argv[0], (long long)limit_ms);
    }
    return status;
}
