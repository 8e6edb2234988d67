/* table.h - tables for people: columns as wide as what is in them, colours on a terminal.
 *
 * Owner: the command. Threads: one. What goes in is printed as it is: foreign text must have been checked before.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_TABLE_H
#define HERD_DEPLOY_HERDCTL_FRAME_TABLE_H

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
    bool right; /* figures stand to the right */
} herdctl_column_t;

typedef struct herdctl_table herdctl_table_t;

/* An empty table; the columns are borrowed. Caller frees with herdctl_table_destroy. */
herdctl_table_t *herdctl_table_new(const herdctl_column_t *columns, size_t column_count);
void herdctl_table_destroy(herdctl_table_t **self_p);

/* The next cell, row by row, printf-formatted; a row has a cell for each column. */
void herdctl_table_add(herdctl_table_t *self, herdctl_colour_t colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints head and rows. */
void herdctl_table_print(const herdctl_table_t *self, FILE *file);

/* Prints one text in that colour, where `file` has colours. */
void herdctl_print_coloured(FILE *file, herdctl_colour_t colour, const char *text);

enum { HERDCTL_SPAN_SIZE = 32 };

/* Writes how long `span_ns` is, e.g. "250 ms", "12 s", "3 min", "5 h", "2 days", to `out` (HERDCTL_SPAN_SIZE bytes), with a zero. */
void herdctl_write_span(int64_t span_ns, char *out);

#endif
