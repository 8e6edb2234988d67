/* table.h - tables for people: columns as wide as their widest cell, colours on a terminal.
 *
 * Owner: the command. Threads: one. Cells are printed as they are: foreign text must be checked
 * before.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_TABLE_H
#define HERD_DEPLOY_HERDCTL_FRAME_TABLE_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum {
    HERDCTL_PLAIN,
    HERDCTL_GOOD,
    HERDCTL_DOUBTFUL,
    HERDCTL_BAD,
    HERDCTL_HEAD,
} herdctl_colour_t;

/* A column (open value struct, constant). */
typedef struct {
    const char *title;
    bool right; /* its cells are aligned to the right, as figures are */
} herdctl_column_t;

typedef struct herdctl_table herdctl_table_t;

/* An empty table; borrows the columns. Caller frees with herdctl_table_destroy. */
herdctl_table_t *herdctl_table_new(const herdctl_column_t *columns, size_t column_count);
void herdctl_table_destroy(herdctl_table_t **self_p);

/* Adds the next cell, row by row, printf-formatted; a row has a cell for each column. */
void herdctl_table_add(herdctl_table_t *self, herdctl_colour_t colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints head and rows. */
void herdctl_table_print(const herdctl_table_t *self, FILE *file);

/* Prints one text, in that colour if `file` has colours. */
void herdctl_table_print_coloured(FILE *file, herdctl_colour_t colour, const char *text);

/* What begins and ends a colour, for who writes elsewhere; "" if `file` has no colours. */
const char *herdctl_table_colour_start(FILE *file, herdctl_colour_t colour);
const char *herdctl_table_colour_end(FILE *file, herdctl_colour_t colour);

/* Prints a foreign text of any length, escaped (text_escape). */
void herdctl_table_print_escaped(FILE *file, text_t text);

enum { HERDCTL_SPAN_SIZE = 32 };

/* Writes the length of a span, "250 ms", "12 s", "3 min", "5 h" or "2 days", and a zero to `out`
 * (HERDCTL_SPAN_SIZE bytes). */
void herdctl_table_write_span(int64_t span_ns, char *out);

#endif
