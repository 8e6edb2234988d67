/* lines.h - ZPL text (rfc.zeromq.org/spec/4) as a list of settings with their lines.
 *
 * Owner: config_load. Threads: one.
 * Stricter than ZPL: no tabs or other control bytes, no level left out, and nothing but a comment
 * behind a value in quotation marks. Each error is reported with its line.
 *
 *   herd                            level 0, no value
 *       name = "ucla"   # comment   level 1, value: ucla
 *       bus = 'tcp://10.0.0.1:3'    either quotation mark; the other one may stand inside
 *       tap = tcp://10.0.0.1:4      bare: up to a comment, less the spaces before it
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
    const char *value; /* in the arena; "" if there is none */
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

/* Reads `text` into `ret_lines`, whose memory is in `arena`. Syntax errors go to `findings`, each
 * with its line. False, with `ret_lines` untouched, after any of them. */
bool config_lines_read(text_t text, arena_t *arena, config_findings_t *findings,
                       config_lines_t *ret_lines);

#endif
