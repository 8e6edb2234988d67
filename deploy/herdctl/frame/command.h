/* command.h - what every command of herdctl has: its row in the table of commands, its command
 * line, the herd file, the members that it is about, and its exit codes.
 *
 * Owner: main.c. Threads: one. Each function that fails prints why to stderr.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_COMMAND_H
#define HERD_DEPLOY_HERDCTL_FRAME_COMMAND_H

#include "common/base/options.h"
#include "common/base/text.h"
#include "common/config/config.h"

#include <stdbool.h>
#include <stddef.h>

#define HERDCTL_PROGRAM "herdctl"
#define HERDCTL_HINT    "`herdctl help` shows the commands" /* behind each error of a line */

/* Exit codes, for scripts; `health` has its own. */
typedef enum {
    HERDCTL_OK = 0,
    HERDCTL_FAILED = 1, /* something is wrong with the herd or its file; stderr says what */
    HERDCTL_USAGE = 2,  /* something is wrong with the command line; stderr says what */
} herdctl_exit_t;

typedef struct herdctl herdctl_t;
typedef herdctl_exit_t herdctl_command_fn(const herdctl_t *self);

/* A command (open value struct, constant). */
typedef struct {
    const char *name;      /* "status" */
    const char *arguments; /* for its usage: "[--links] [MEMBER...]" */
    const char *summary;   /* for the help: one line */
    herdctl_command_fn *run;
} herdctl_command_t;

/* A call of herdctl (open value struct). */
struct herdctl {
    /* --config, else $HERD_CONFIG, else ./herd.cfg, else /etc/herd/herd.cfg */
    const char *config_path;
    bool json;                        /* --json before the command: print for programs */
    const herdctl_command_t *command; /* which runs */
    int argc;                         /* its arguments: argv[0] is its name, argv[argc] NULL */
    char **argv;
};

/* What may stand behind a command (open value struct). */
typedef struct {
    const options_row_t *rows; /* its options but --json; NULL: it has none */
    bool *json;                /* becomes true with --json; NULL: --json is refused */
    size_t operands_min;
    size_t operands_max;
    const char *operands; /* the error for another number of them: "check takes one file" */
    bool ends_at_operand; /* the first operand is a command of its own */
} herdctl_command_line_t;

/* Reads the arguments of the command. False if it ends now, with `*ret_exit`: the line is wrong, or
 * its help was printed. */
bool herdctl_command_read(const herdctl_t *self, const herdctl_command_line_t *line,
                          options_operands_t *ret_operands, herdctl_exit_t *ret_exit);

/* The same for a command whose operands are names of members, any number of them. `rows` and `json`
 * as in herdctl_command_line_t. */
bool herdctl_command_read_members(const herdctl_t *self, const options_row_t *rows, bool *json,
                                  options_operands_t *ret_names, herdctl_exit_t *ret_exit);

/* A command with others below it: `places` with `places import` (open value struct, constant). */
typedef struct {
    const char *name;              /* "places" */
    const char *summary;           /* for its help: one line */
    const herdctl_command_t *rows; /* `count` of them; their names begin with its own and a space */
    size_t count;
} herdctl_command_family_t;

/* Runs the command of the family that the first argument names, with the arguments behind it. */
herdctl_exit_t herdctl_command_run_family(const herdctl_t *self,
                                          const herdctl_command_family_t *family);

/* Prints what is wrong with the command line, printf-formatted, and where help is. Returns
 * HERDCTL_USAGE. */
herdctl_exit_t herdctl_command_refuse(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The herd file. Its errors go to stderr; its warnings are left to `check`. NULL after an error.
 * Caller frees with config_destroy. */
config_t *herdctl_command_load(const herdctl_t *self);

/* The members with these names, each once; without names, all of the herd. Caller frees with
 * free(); NULL if a name is unknown. */
const config_member_t **herdctl_command_members(const config_t *config, options_operands_t names,
                                                size_t *ret_count);

enum { HERDCTL_CLIENT_SHOWN = 128 }; /* bytes of a client's ID in messages, escaped, with a zero */

/* Takes the ID of a client from an operand, in which any byte may be written as the programs print
 * it, \xHH: a zero can be written in no other way. False, after the error, if it is empty or has
 * white space in it. Caller frees `*ret_bytes`, which the ID borrows, with free(). */
bool herdctl_command_take_client(const char *operand, char **ret_bytes, text_t *ret_client);

#endif
