/* command.h - what every command of herdctl is and has: its options, the herd file, its exit codes.
 *
 * Owner: main.c. Threads: one.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_COMMAND_H
#define HERD_DEPLOY_HERDCTL_FRAME_COMMAND_H

#include "common/config/config.h"

#include <stdbool.h>

/* Exit codes, for scripts; `health` has its own. */
typedef enum {
    HERDCTL_OK = 0,
    HERDCTL_FAILED = 1, /* something is wrong with the herd or its file, and was said */
    HERDCTL_USAGE = 2,  /* the command line makes no sense, and was said */
} herdctl_exit_t;

/* What the options before the command say (open value struct). */
typedef struct {
    const char
        *config_path; /* --config, else $HERD_CONFIG, else ./herd.cfg, else /etc/herd/herd.cfg */
    bool json;        /* --json: for programs, not for people */
} herdctl_t;

/* A command: argv[0] is its name, argv[argc] NULL. */
typedef herdctl_exit_t herdctl_command_fn(const herdctl_t *self, int argc, char **argv);

/* The configuration of --config, findings on stderr (warnings left out: `check` tells them); NULL after an
 * error. Caller frees with config_destroy. */
config_t *herdctl_load(const herdctl_t *self);

/* Says on stderr what is wrong with the command line, printf-formatted, and where help is; HERDCTL_USAGE. */
herdctl_exit_t herdctl_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum { HERDCTL_CLIENT_SHOWN = 128 }; /* bytes of a client in messages, escaped, and a zero */

/* Whether it may be one: it stands between white space in a client's line. Says so on stderr where not. */
bool herdctl_is_client(const char *client);

/* The body of a question about it: the ID and an LF. Caller frees with free(). */
char *herdctl_client_line(const char *client);

#endif
