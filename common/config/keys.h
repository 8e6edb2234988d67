/* keys.h - every key of the herd file: one row each, with its section, parser, default and range.
 *
 * Threads: the table is constant; parsing belongs to config_load. docs/configuration.md and deploy/herd.cfg
 * name every key of this table (tests/unit/common/config/test_config.c compares).
 */
#ifndef HERD_COMMON_CONFIG_KEYS_H
#define HERD_COMMON_CONFIG_KEYS_H

#include "common/base/arena.h"
#include "common/config/findings.h"
#include "common/config/lines.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    CONFIG_SECTION_ROOT,   /* the file itself */
    CONFIG_SECTION_HERD,   /* into config_t */
    CONFIG_SECTION_PLACES, /* into config_t */
    CONFIG_SECTION_MEMBER, /* into config_member_t */
} config_section_t;

/* What parsing needs besides the value (open value struct). */
typedef struct {
    arena_t *arena;              /* borrowed; holds what is parsed */
    config_findings_t *findings; /* borrowed */
    const char *folder;          /* absolute folder of the herd file, borrowed */
} config_reader_t;

typedef struct config_key config_key_t;

/* Parses `value` (of line `line`) into `structure`; an error goes to the reader's findings, and the field
 * then stays as it is. */
typedef void config_parse_fn(const config_reader_t *reader, const config_key_t *key,
                             const config_setting_t *setting, void *structure);

/* One row (open value struct). */
struct config_key {
    config_section_t section;
    bool required;
    const char *name;
    config_parse_fn *parse;   /* NULL: a section of its own, which takes no value */
    const char *default_text; /* as a file would say it; NULL: none */
    uint64_t minimum;         /* numbers only */
    uint64_t maximum;
    const char *unit; /* numbers only, e.g. "bytes" */
    size_t offset;    /* of the field in the section's structure, where it is one field */
};

/* Rows of the table. */
size_t config_key_count(void);

/* Row `index` (< config_key_count). */
const config_key_t *config_key_at(size_t index);

enum { CONFIG_KEYS_MAX = 64 }; /* rows the table may have */

/* Which setting gave each key of one section (open value struct); start with {.section = ...}. */
typedef struct {
    config_section_t section;
    const config_setting_t
        *by_row[CONFIG_KEYS_MAX]; /* by row of the table; NULL: not in the file */
} config_found_t;

#define CONFIG_NO_PARENT SIZE_MAX

/* Reads the children of `parent` (index into `lines`, or CONFIG_NO_PARENT for the top level) as keys of
 * `found`'s section into `structure`, defaults included, and notes them in `found`. Unknown, repeated,
 * missing and bad ones go to the reader's findings. */
void config_keys_read(const config_reader_t *reader, const config_lines_t *lines, size_t parent,
                      config_found_t *found, void *structure);

/* Notes in `texts`, CONFIG_KEYS_MAX of them by row of the table, what the section says of each of its keys, defaults
 * included; borrowed as long as the settings live. */
void config_keys_note(const config_found_t *found, const char **texts);

/* The setting that gave key `name`, which the section must know; NULL where the file has none. */
const config_setting_t *config_found(const config_found_t *self, const char *name);

#endif
