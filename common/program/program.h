/* program.h - what herd-node, herd-frontend and their like have in common before they begin:
 * command line, herd file, folders, log.
 *
 * Owner: main(). Threads: the main one, before others start.
 */
#ifndef HERD_COMMON_PROGRAM_PROGRAM_H
#define HERD_COMMON_PROGRAM_PROGRAM_H

#include "common/config/config.h"
#include "common/log/log.h"

#include <stdbool.h>

/* Exit codes of these programs. */
typedef enum {
    PROGRAM_OK = 0,     /* a clean end */
    PROGRAM_FAILED = 1, /* it could not start; stderr has the reason */
    PROGRAM_USAGE = 2,  /* the command line is wrong */
} program_exit_t;

/* What a program is (open value struct). */
typedef struct {
    const char *name;    /* "herd-node" */
    const char *role;    /* "node": in the log's file name and in its lines */
    const char *summary; /* one line for --help */
    /* The least number of open files that this member needs, and in words what for; NULL:
     * LIMIT_FILES_MIN, for whatever there is. */
    size_t (*files)(const config_t *config, const config_member_t *member, char *out, size_t size);
    config_traffic_t (*traffic)(const config_t *config); /* what its log has of traffic */
    /* What of the herd file is missing for this program, a sentence without its full stop; NULL:
     * nothing. NULL itself: it needs no more than all do. */
    const char *(*missing)(const config_member_t *member);
    /* Of a program that does the work of two: the other's role, which has a log of its own, and its
     * traffic; or NULL. */
    const char *other_role;
    config_traffic_t (*other_traffic)(const config_t *config);
    bool asks_only; /* files that only a node reads need not be there (config_load_to_ask) */
    int keep; /* a descriptor that main() has opened already, e.g. of signals; 0: there is none */
} program_description_t;

/* What program_start makes ready (open value struct). */
typedef struct {
    config_t *config;
    const config_member_t *member;
    log_t *log;
    log_t *other_log; /* of other_role; NULL: none */
} program_t;

/* Reads the command line, `--config FILE NAME` and the usual options, loads and checks the herd
 * file, closes what the program inherited (descriptors.h), raises the limit of open files, makes
 * the folders, opens LOG_DIR/NAME.ROLE.log, and NAME.ROLE.traffic where
 * traffic is binary, and ignores SIGPIPE. True: go on, and end with
 * program_done. False: end now with `ret_exit`: help was shown, file and limit were only to be
 * checked, or the start failed and said why. */
bool program_start(const program_description_t *description, int argc, char **argv,
                   program_t *ret_program, program_exit_t *ret_exit);

/* Call this once the start has succeeded or failed. Until then events go to stderr too, because a
 * failure belongs there; from then on only if stderr is a terminal. */
void program_started(program_t *self);

/* Closes the log and frees the configuration. */
void program_done(program_t *self);

#endif
