/* findings.h - what is wrong with a herd file, collected and then reported in the order of lines.
 *
 * Owner: config_load. Threads: one. At most LIMIT_CONFIG_FINDINGS are kept; the rest is counted.
 */
#ifndef HERD_COMMON_CONFIG_FINDINGS_H
#define HERD_COMMON_CONFIG_FINDINGS_H

#include "common/base/arena.h"
#include "common/base/limits.h"
#include "common/config/config.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    config_severity_t severity;
    unsigned line;    /* from 1; 0: the file as a whole */
    size_t sequence;  /* order of discovery, kept within a line */
    const char *text; /* one sentence, in the arena */
} config_finding_t;

/* Open value struct; start with {.arena = ...}. */
typedef struct {
    arena_t *arena;                               /* borrowed; holds the texts */
    config_finding_t kept[LIMIT_CONFIG_FINDINGS]; /* the first ones */
    size_t count;                                 /* of kept */
    size_t left_out;                              /* beyond the limit */
    size_t error_count;                           /* kept and left out */
} config_findings_t;

/* Adds an error, printf-formatted. Foreign text in it must have passed config_findings_shown. */
void config_findings_error(config_findings_t *self, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a warning. */
void config_findings_warning(config_findings_t *self, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `text` made fit for a terminal (text_escape) and shortened; in the arena. */
const char *config_findings_shown(config_findings_t *self, const char *text);

/* Hands all of them to `report`, by line; then the number of those left out. */
void config_findings_report(config_findings_t *self, const char *file, config_report_fn *report,
                            void *argument);

#endif
