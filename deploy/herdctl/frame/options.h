/* options.h - the options and operands of a command, and what they stand for.
 *
 * Owner: the command. Threads: one. Each function says on stderr what is wrong.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_OPTIONS_H
#define HERD_DEPLOY_HERDCTL_FRAME_OPTIONS_H

#include "common/config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One option of a command (open value struct): a flag, or one with a value. */
typedef struct {
    const char *name;   /* "--count" */
    bool *flag;         /* set to true; NULL where it has a value */
    const char **value; /* set to "3" of "--count 3" or "--count=3"; NULL for a flag */
} herdctl_option_t;

/* Takes the options out of argv[1 ..]; what is left, the operands, moves up. `options` ends with a row without name. "--" ends the
 * options. False where one is not known, or its value is missing. */
bool herdctl_take_options(const herdctl_option_t *options, int *argc, char **argv);

/* The value of `name`: a whole number, `minimum` .. `maximum`; NULL leaves `*value` as it is. */
bool herdctl_take_number(const char *name, const char *text, uint64_t minimum, uint64_t maximum,
                         uint64_t *value);

/* The value of `name` in seconds, with decimals or without, as ns: 10 ms .. one hour. NULL leaves `*value_ns` as it is. */
bool herdctl_take_seconds(const char *name, const char *text, int64_t *value_ns);

/* The members of these names, each once, all of the herd where there are none. Caller frees with free(); NULL where a name is
 * unknown. */
const config_member_t **herdctl_choose_members(const config_t *config, char **names,
                                               size_t name_count, size_t *ret_count);

#endif
