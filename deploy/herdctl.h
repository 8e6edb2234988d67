/* herdctl.h - the operator's tool: one program, a table of commands.
 *
 * A command is one function in a file of its own, herdctl_NAME.c, and one row of the table in herdctl.c.
 * Threads: one.
 */
#ifndef HERD_HERDCTL_H
#define HERD_HERDCTL_H

#include "common/config.h"
#include "common/security.h"

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

herdctl_command_fn herdctl_check;
herdctl_command_fn herdctl_exporter;
herdctl_command_fn herdctl_forget;
herdctl_command_fn herdctl_health;
herdctl_command_fn herdctl_keygen;
herdctl_command_fn herdctl_log_level;
herdctl_command_fn herdctl_members;
herdctl_command_fn herdctl_metrics;
herdctl_command_fn herdctl_ping;
herdctl_command_fn herdctl_places;
herdctl_command_fn herdctl_reload;
herdctl_command_fn herdctl_status;
herdctl_command_fn herdctl_tap;
herdctl_command_fn herdctl_top;
herdctl_command_fn herdctl_where;

/* The configuration of --config, findings on stderr (warnings left out: `check` tells them); NULL after an
 * error. Caller frees with config_destroy. */
config_t *herdctl_load(const herdctl_t *self);

/* The keys that a command uses: those of the operator whom --key or $HERD_KEY names, else of the only one here. False, and
 * said, where there are none; `*ret_keys` is NULL in a herd without keys. Caller frees with security_close. */
bool herdctl_open_keys(const config_t *config, security_t **ret_keys);

/* The same for the tap: a watcher's where no operator, or none of that name, has a secret key here. */
bool herdctl_open_tap_keys(const config_t *config, security_t **ret_keys);

/* Whether the public key of that member's node is there, or `keys` NULL; where it is missing that is said. */
bool herdctl_has_key_of(const security_t *keys, const char *member);

/* A DEALER that connects to the member's request socket; NULL where that cannot be. Caller closes it with zmq_close. */
void *herdctl_connect(void *context, const security_t *keys, const config_member_t *member);

/* Says on stderr what is wrong with the command line, printf-formatted, and where help is; HERDCTL_USAGE. */
herdctl_exit_t herdctl_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
