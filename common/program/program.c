#include "common/program/program.h"

#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/options.h"
#include "common/base/output.h"
#include "common/base/status.h"
#include "common/program/descriptors.h"
#include "common/program/folders.h"
#include "common/program/herd_file.h"
#include "common/program/threads.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    HINT_SIZE = 64,   /* "see herd-frontend --help" */
    NEEDS_SIZE = 160, /* "64, and 5 for each of 18 neighbours" */
};

/* What the command line said. */
typedef struct {
    const char *config_path;
    const char *member;
    bool check; /* look at the herd file only */
    log_format_t log_format;
} arguments_t;

static options_end_t read_arguments(const program_description_t *description, int argc, char **argv,
                                    arguments_t *arguments)
{
    static const char *const formats[] = {"text", "json", NULL};
    size_t format = 0;
    char hint[HINT_SIZE];
    snprintf(hint, sizeof hint, "see %s --help", description->name);
    const options_row_t rows[] = {
        {.value = "NAME", .help = "the member of the herd file to be"},
        {"config", "FILE", "the herd file", .string = &arguments->config_path, .required = true},
        {"log-format", "FORMAT",
         "how events are logged: text (as a rule) or json, an object a line", .choice = &format,
         .choices = formats},
        {"check", NULL, "only check that the herd file is right", .flag = &arguments->check},
        {0},
    };
    const options_t options = {
        .program = description->name,
        .hint = hint,
        .usage = "--config FILE NAME",
        .about = description->summary,
        .notes = "Runs in the foreground. SIGTERM ends it cleanly, SIGHUP opens its log file anew.",
        .version = HERD_VERSION,
        .rows = rows,
        .operands_min = 1,
        .operands_max = 1,
        .operands = "exactly one NAME of a member is wanted",
    };
    options_operands_t operands;
    options_end_t end = options_read(&options, argc, argv, &operands);
    if (end == OPTIONS_READ) {
        arguments->member = operands.items[0];
        arguments->log_format = format == 0 ? LOG_FORMAT_TEXT : LOG_FORMAT_JSON;
    }
    return end;
}

/* Sockets and pid files are trusted by where they are, so their folder must be ours. That of the
 * log need not be: a folder of a container's host often is not. */
static bool make_folders(const program_description_t *description, const config_t *config)
{
    char problem[FOLDERS_PROBLEM_SIZE];
    bool made = folders_make(config->run_dir, 0700, problem) &&
                folders_are_ours(config->run_dir, problem) &&
                folders_make(config->log_dir, 0750, problem);
    if (!made) {
        fprintf(stderr, "%s: %s\n", description->name, problem);
    }
    return made;
}

/* Why the log cannot be opened. ENXIO: what is there takes no lines. */
static const char *reason_of(int error, const char *path)
{
    if (error != ENXIO) {
        return strerror(error);
    }
    const char *kind = files_kind(path);
    return strcmp(kind, "a pipe") == 0     ? "it is a pipe that no one reads"
           : strcmp(kind, "a socket") == 0 ? "it is a socket, not a file"
                                           : "it is a device, not a file";
}

/* LOG_DIR/NAME.ROLE.ENDING; caller frees with free(). */
static char *log_path(const program_t *program, const char *role, const char *ending)
{
    size_t size = strlen(program->config->log_dir) + strlen(program->member->name) + strlen(role) +
                  strlen(ending) + sizeof "/...";
    char *path = memory_new(size);
    snprintf(path, size, "%s/%s.%s.%s", program->config->log_dir, program->member->name, role,
             ending);
    return path;
}

/* The log of one role. */
typedef struct {
    const char *program; /* for complaints */
    const char *role;
    config_traffic_t traffic;
    log_format_t format;
} wanted_log_t;

static bool open_log(const program_t *program, const wanted_log_t *wanted, log_t **ret_log)
{
    char *path = log_path(program, wanted->role, "log");
    char *records = log_path(program, wanted->role, "traffic");
    const char *failed = path;
    const log_options_t options = {
        .path = path,
        .member = program->member->name,
        .program = wanted->role,
        .format = wanted->format,
        .records_path = wanted->traffic == CONFIG_TRAFFIC_BINARY ? records : NULL,
        .traffic = wanted->traffic != CONFIG_TRAFFIC_NO,
        .echo = true,
        .ret_failed = &failed,
    };
    bool opened = log_open(&options, ret_log) == STATUS_OK;
    if (!opened) {
        fprintf(stderr, "%s: cannot open the log %s: %s\n", wanted->program, failed,
                reason_of(errno, failed));
    }
    free(records);
    free(path);
    return opened;
}

/* If the second cannot be opened, there is none. */
static bool open_logs(const program_description_t *description, log_format_t format,
                      program_t *program)
{
    wanted_log_t wanted = {.program = description->name,
                           .role = description->role,
                           .traffic = description->traffic(program->config),
                           .format = format};
    if (!open_log(program, &wanted, &program->log)) {
        return false;
    }
    if (description->other_role == NULL) {
        return true;
    }
    wanted.role = description->other_role;
    wanted.traffic = description->other_traffic(program->config);
    if (open_log(program, &wanted, &program->other_log)) {
        return true;
    }
    log_close(&program->log);
    return false;
}

/* Each client and link is a file descriptor: the soft limit of 1024 is for select(2), which nothing
 * here uses. False if the hard limit is too low: better to end now than when the last one is gone,
 * because libraries abort when they get none. */
static bool raise_file_limit(const program_description_t *description, const program_t *program)
{
    char what[NEEDS_SIZE] = "";
    size_t needed = LIMIT_FILES_MIN;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return true;
    }
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (description->files != NULL) {
        needed = description->files(program->config, program->member, what, sizeof what);
    }
    if (limit.rlim_max < needed) {
        fprintf(stderr,
                "%s: only %llu open files are allowed (ulimit -n), %zu are the least%s%s; raise "
                "the hard limit (LimitNOFILE= of systemd)\n",
                description->name, (unsigned long long)limit.rlim_max, needed,
                what[0] != '\0' ? ": " : "", what);
    }
    return limit.rlim_max >= needed;
}

/* As for files. */
static bool look_for_threads(const program_description_t *description)
{
    size_t count = threads_allowed(LIMIT_THREADS_MIN);
    if (count < LIMIT_THREADS_MIN) {
        fprintf(stderr,
                "%s: only %zu more threads can be started (%s), %d are the least; look at pids.max "
                "of the control group (TasksMax= of systemd), ulimit -u and memory\n",
                description->name, count, strerror(errno), LIMIT_THREADS_MIN);
    }
    return count == LIMIT_THREADS_MIN;
}

/* Whether the herd file has what this program needs of it beside what all do. */
static bool has_all(const program_description_t *description, const program_t *program)
{
    const char *missing =
        description->missing != NULL ? description->missing(program->member) : NULL;
    if (missing != NULL) {
        fprintf(stderr, "%s: %s: %s: %s\n", description->name, program->config->file,
                program->member->name, missing);
    }
    return missing == NULL;
}

bool program_start(const program_description_t *description, int argc, char **argv,
                   program_t *ret_program, program_exit_t *ret_exit)
{
    arguments_t arguments = {0};
    program_t program = {0};
    output_begin();
    options_end_t end = read_arguments(description, argc, argv, &arguments);
    if (end != OPTIONS_READ) {
        int code = end == OPTIONS_SHOWN ? PROGRAM_OK : PROGRAM_USAGE;
        *ret_exit = (program_exit_t)output_end(description->name, code);
        return false;
    }
    program.config =
        description->asks_only
            ? herd_file_load_to_ask(arguments.config_path, arguments.member, &program.member)
            : herd_file_load(arguments.config_path, arguments.member, &program.member);
    if (program.config == NULL) {
        *ret_exit = PROGRAM_FAILED;
        return false;
    }
    if (!has_all(description, &program)) {
        config_destroy(&program.config);
        *ret_exit = PROGRAM_FAILED;
        return false;
    }
    /* Not sooner: the herd file may be one of them, "--config /dev/fd/5". */
    descriptors_close_inherited(description->keep);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit of a file's size is a full disk */
    bool good = raise_file_limit(description, &program);
    if (good && !arguments.check) {
        good = look_for_threads(description) && make_folders(description, program.config) &&
               open_logs(description, arguments.log_format, &program);
    }
    if (!good || arguments.check) {
        *ret_exit = good ? PROGRAM_OK : PROGRAM_FAILED;
        config_destroy(&program.config);
        return false;
    }
    *ret_program = program;
    return true;
}

void program_started(program_t *self)
{
    bool echo = isatty(STDERR_FILENO) != 0;
    log_set_echo(self->log, echo);
    if (self->other_log != NULL) {
        log_set_echo(self->other_log, echo);
    }
}

void program_done(program_t *self)
{
    log_close(&self->log);
    log_close(&self->other_log);
    config_destroy(&self->config);
}
