/* lines.h - ZPL text (rfc.zeromq.org/spec/4) as a list of settings with their lines.
 *
 * Owner: config_load. Threads: one.
 * czmq's zconfig reads the text, but keeps no line numbers and prints its complaints to the terminal. So the text
 * is checked here first, by rules at least as strict, and each line that carries a setting is noted; the n-th
 * of these lines is the n-th node of zconfig's tree in pre-order.
 *
 *   herd                            level 0, no value
 *       name = "ucla"   # comment   level 1, value: ucla
 */
#ifndef HERD_COMMON_CONFIG_LINES_H
#define HERD_COMMON_CONFIG_LINES_H

#include "common/base/arena.h"
#include "common/base/text.h"
#include "common/config/findings.h"

#include <stdbool.h>
#include <stddef.h>

/* One setting (open value struct). */
typedef struct {
    const char *name;  /* in the arena */
    const char *value; /* in the arena; "" without one */
    bool has_value;    /* there is a "=" */
    unsigned line;     /* from 1 */
    unsigned level;    /* indentation / 4 */
    size_t end;        /* index behind its last descendant */
} config_setting_t;

/* The whole file in pre-order (open value struct). */
typedef struct {
    config_setting_t *settings; /* in the arena */
    size_t count;               /* 0 .. LIMIT_CONFIG_SETTINGS */
} config_lines_t;

/* Reads `text` into `ret_lines`, whose memory is in `arena`. Syntax errors go to `findings`, each with its
 * line; false, and nothing in `ret_lines`, where there was one. */
bool config_lines_read(text_t text, arena_t *arena, config_findings_t *findings,
                       config_lines_t *ret_lines);

#endif
