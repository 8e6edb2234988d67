/* items.h - cuts a file of positions (positions.h) into its items, as its bytes come in: the lines
 * of jsonl, the rows of CSV, the features of GeoJSON, however they are laid out.
 *
 * A byte order mark at the start, blank lines, and a CR before the LF do not count. An item is at
 * most POSITIONS_ITEM_SIZE bytes; a longer one is passed over without being kept.
 *
 * Owner: values. Threads: any. Free of I/O and memory. Every byte is foreign.
 */
#ifndef HERD_DEPLOY_HERDCTL_POSITIONS_ITEMS_H
#define HERD_DEPLOY_HERDCTL_POSITIONS_ITEMS_H

#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "deploy/herdctl/positions/positions.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A client's line of bytes that all need an escape, and the other members of a feature. */
enum { POSITIONS_ITEM_SIZE = 8 * LIMIT_LINE_SIZE };

/* Where in a GeoJSON text we are. */
typedef enum {
    POSITIONS_AT_START,   /* before its brace */
    POSITIONS_AT_MEMBERS, /* in the outermost object */
    POSITIONS_AT_FIRST,   /* behind the bracket of "features" */
    POSITIONS_AT_FEATURE, /* behind a comma there: a feature must come */
    POSITIONS_AT_COMMA,   /* behind a feature */
    POSITIONS_AT_END,     /* behind its last brace */
} positions_place_t;

/* Open only to be embedded. */
typedef struct {
    positions_format_t format;
    bool begun;              /* a byte order mark has been looked for */
    uint64_t line;           /* of the next byte, from 1 */
    uint64_t at_line;        /* of the item that was taken, or of what is wrong */
    size_t scanned;          /* bytes of the current item that were looked at */
    bool too_long;           /* so is the current item; what was read of it is gone */
    bool in_quotes;          /* CSV: in a field in quotes; GeoJSON: in a string */
    bool escaped;            /* GeoJSON: behind a backslash in a string */
    size_t depth;            /* GeoJSON: open brackets of the feature, or of all */
    positions_place_t place; /* GeoJSON */
    size_t matched;          /* bytes of "features" that the string has so far; 0: another one */
    bool is_key;             /* the last string was "features" */
    bool has_features;       /* they were there */
} positions_items_t;

positions_items_t positions_items_begin(positions_format_t format);

/* Looks at `bytes`, which begin where the last call left off; `*ret_taken` of them, set in any
 * case, are done with. `ended`: the file has no more. STATUS_OK: an item, borrowed from `bytes`.
 * STATUS_AGAIN: more bytes are needed; of POSITIONS_ITEM_SIZE + 3 something is always taken.
 * STATUS_TOO_LONG: an item was. STATUS_NOT_FOUND: the file ends here. STATUS_INVALID: it is no
 * GeoJSON with features, or ends within it; nothing more comes. */
status_t positions_items_take(positions_items_t *self, text_t bytes, bool ended, size_t *ret_taken,
                              text_t *ret_item) STATUS_MUST_USE;

/* Tells the format of a file by its first bytes, `ended` if these are all. False: they do not tell
 * yet; POSITIONS_GUESS_SIZE bytes always do. */
enum { POSITIONS_GUESS_SIZE = LIMIT_LINE_SIZE };
bool positions_items_guess(text_t head, bool ended, positions_format_t *ret_format);

#endif
