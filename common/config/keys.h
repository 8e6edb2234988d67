/* keys.h - reads the sections of a herd file by a table of keys.
 *
 * Owner: config_load. Threads: one; the table is constant.
 * A table has one row a key: its section, parser, default and range. The table of the herd file is
 * in table.h; nothing here knows which keys there are.
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

typedef struct config_key config_key_t;

/* All keys there are (open value struct). */
typedef struct {
    const config_key_t *rows;
    size_t count; /* of rows, up to CONFIG_KEYS_MAX */
} config_table_t;

enum { CONFIG_KEYS_MAX = 80 };

/* What parsing needs besides the value (open value struct). */
typedef struct {
    const config_table_t *table; /* borrowed */
    arena_t *arena;              /* borrowed; holds what is parsed */
    config_findings_t *findings; /* borrowed */
    const char *folder;          /* absolute folder of the herd file, borrowed */
    bool leaves_files;           /* files that the node reads are not looked at */
} config_reader_t;

/* Parses the value of `setting` into `structure`. A bad value becomes an error in the reader's
 * findings and leaves the field as it is. */
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
    size_t offset;    /* of the field in the section's structure, if it is one field */
};

/* Which setting gave each key of one section (open value struct). Start with
 * {.table = ..., .section = ...}. */
typedef struct {
    const config_table_t *table; /* borrowed */
    config_section_t section;
    /* by row of the table; NULL: not in the file */
    const config_setting_t *by_row[CONFIG_KEYS_MAX];
} config_found_t;

#define CONFIG_NO_PARENT SIZE_MAX

/* Reads the children of `parent` (index into `lines`, or CONFIG_NO_PARENT for the top level) as
 * keys of `found`'s section into `structure`, defaults included, and notes them in `found`.
 * Unknown, repeated, missing and bad ones go to the reader's findings. */
void config_keys_read(const config_reader_t *reader, const config_lines_t *lines, size_t parent,
                      config_found_t *found, void *structure);

/* Notes in `texts` (CONFIG_KEYS_MAX of them, by row of the table) what the section says of each of
 * its keys, defaults included; borrowed as long as the settings live. */
void config_keys_note(const config_found_t *found, const char **texts);

/* The setting that gave key `name`, which must be a key of the section. NULL if the file has
 * none. */
const config_setting_t *config_keys_found(const config_found_t *self, const char *name);

#endif
