#include "common/program/program.h"

#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/program/herd_file.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the command line said. */
typedef struct {
    const char *config_path;
    const char *member;
    bool check; /* look at the herd file only */
    log_format_t log_format;
} arguments_t;

static void print_help(const program_description_t *description)
{
    printf("usage: %s --config FILE NAME\n\n"
           "%s\n\n"
           "  NAME           the member of the herd file to be\n"
           "  --config FILE  the herd file\n"
           "  --log-format FORMAT\n"
           "                 how events are logged: text (as a rule) or json, an object a line\n"
           "  --check        only check that the herd file is right\n"
           "  --help         show this text\n"
           "  --version      show the version\n\n"
           "Runs in the foreground. SIGTERM ends it cleanly, SIGHUP opens its log file anew.\n",
           description->name, description->summary);
}

static bool usage_error(const program_description_t *description, const char *problem,
                        program_exit_t *ret_exit)
{
    fprintf(stderr, "%s: %s; see %s --help\n", description->name, problem, description->name);
    *ret_exit = PROGRAM_USAGE;
    return false;
}

static bool read_log_format(const char *text, log_format_t *ret_format)
{
    bool json = strcmp(text, "json") == 0;
    *ret_format = json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT;
    return json || strcmp(text, "text") == 0;
}

/* False where the program ends with `ret_exit`. */
static bool read_arguments(const program_description_t *description, int argc, char **argv,
                           arguments_t *arguments, program_exit_t *ret_exit)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},     {"check", no_argument, NULL, 'k'},
        {"log-format", required_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},          {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'c': arguments->config_path = optarg; break;
        case 'k': arguments->check = true; break;
        case 'l':
            if (!read_log_format(optarg, &arguments->log_format)) {
                return usage_error(description, "--log-format is text or json", ret_exit);
            }
            break;
        case 'h':
            print_help(description);
            *ret_exit = PROGRAM_OK;
            return false;
        case 'v':
            printf("%s %s\n", description->name, HERD_VERSION);
            *ret_exit = PROGRAM_OK;
            return false;
        default: *ret_exit = PROGRAM_USAGE; return false; /* getopt said why */
        }
    }
    if (arguments->config_path == NULL) {
        return usage_error(description, "--config FILE is missing", ret_exit);
    }
    if (optind + 1 != argc) {
        return usage_error(description, "exactly one NAME of a member is wanted", ret_exit);
    }
    arguments->member = argv[optind];
    return true;
}

/* Makes a folder and those above it. `path` is absolute. */
static bool make_folder(const program_description_t *description, const char *path, mode_t mode)
{
    char *copy = strdup(path);
    bool made = copy != NULL;
    for (char *slash = copy; made && slash != NULL;) {
        slash = strchr(slash + 1, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        made = mkdir(copy, slash != NULL ? 0755 : mode) == 0 || errno == EEXIST;
        if (slash != NULL) {
            *slash = '/';
        }
    }
    if (!made) {
        fprintf(stderr, "%s: cannot make the folder %s: %s\n", description->name, path,
                strerror(errno));
    }
    free(copy);
    return made;
}

static bool open_log(const program_description_t *description, log_format_t format,
                     program_t *program)
{
    char *path = NULL;
    bool opened = false;
    if (asprintf(&path, "%s/%s.%s.log", program->config->log_dir, program->member->name,
                 description->role) > 0) {
        const log_options_t options = {.path = path,
                                       .member = program->member->name,
                                       .program = description->role,
                                       .format = format,
                                       .traffic = program->config->traffic,
                                       .echo = isatty(STDERR_FILENO) != 0};
        opened = log_open(&options, &program->log) == STATUS_OK;
    }
    if (!opened) {
        fprintf(stderr, "%s: cannot open the log %s: %s\n", description->name,
                path != NULL ? path : "", strerror(errno));
    }
    free(path);
    return opened;
}

/* Each client and link is a file descriptor: the soft limit of 1024 is for select(2), which nothing here uses.
 * False where the hard limit is too low. */
static bool raise_file_limit(const program_description_t *description)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        if (limit.rlim_max < LIMIT_FILES_MIN) {
            fprintf(stderr, "%s: only %llu open files are allowed (ulimit -n), %d are the least\n",
                    description->name, (unsigned long long)limit.rlim_max, LIMIT_FILES_MIN);
            return false;
        }
    }
    return true;
}

bool program_start(const program_description_t *description, int argc, char **argv,
                   program_t *ret_program, program_exit_t *ret_exit)
{
    arguments_t arguments = {0};
    program_t program = {0};
    if (!read_arguments(description, argc, argv, &arguments, ret_exit)) {
        return false;
    }
    program.config = herd_file_load(arguments.config_path, arguments.member, &program.member);
    if (program.config == NULL || arguments.check) {
        *ret_exit = program.config == NULL ? PROGRAM_FAILED : PROGRAM_OK;
        config_destroy(&program.config);
        return false;
    }
    signal(SIGPIPE, SIG_IGN);
    if (!raise_file_limit(description) ||
        !make_folder(description, program.config->run_dir, 0700) ||
        !make_folder(description, program.config->log_dir, 0750) ||
        !open_log(description, arguments.log_format, &program)) {
        *ret_exit = PROGRAM_FAILED;
        config_destroy(&program.config);
        return false;
    }
    *ret_program = program;
    return true;
}

void program_done(program_t *self)
{
    log_close(&self->log);
    config_destroy(&self->config);
}
