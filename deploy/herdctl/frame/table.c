#include "deploy/herdctl/frame/table.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/program/terminal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CELL_SIZE = 512 }; /* bytes of one cell, at most */

typedef struct {
    char *text;
    herdctl_colour_t colour;
} cell_t;

struct herdctl_table {
    const herdctl_column_t *columns;
    size_t column_count;
    size_t *widths; /* of the columns, in bytes: cells are ASCII */
    cell_t *cells;  /* row by row */
    size_t count;
    size_t capacity;
};

static const char *start_of(herdctl_colour_t colour)
{
    switch (colour) {
    case HERDCTL_GOOD: return "\033[32m";
    case HERDCTL_DOUBTFUL: return "\033[33m";
    case HERDCTL_BAD: return "\033[1;31m";
    case HERDCTL_HEAD: return "\033[1m";
    case HERDCTL_PLAIN: break;
    }
    return "";
}

const char *herdctl_table_colour_start(FILE *file, herdctl_colour_t colour)
{
    return colour != HERDCTL_PLAIN && terminal_has_colours(file) ? start_of(colour) : "";
}

const char *herdctl_table_colour_end(FILE *file, herdctl_colour_t colour)
{
    return colour != HERDCTL_PLAIN && terminal_has_colours(file) ? "\033[0m" : "";
}

void herdctl_table_print_coloured(FILE *file, herdctl_colour_t colour, const char *text)
{
    fprintf(file, "%s%s%s", herdctl_table_colour_start(file, colour), text,
            herdctl_table_colour_end(file, colour));
}

herdctl_table_t *herdctl_table_new(const herdctl_column_t *columns, size_t column_count)
{
    herdctl_table_t *self = memory_new(sizeof *self);
    self->columns = columns;
    self->column_count = column_count;
    self->widths = memory_new_array(column_count, sizeof *self->widths);
    for (size_t i = 0; i < column_count; i++) {
        self->widths[i] = strlen(columns[i].title);
    }
    return self;
}

void herdctl_table_destroy(herdctl_table_t **self_p)
{
    herdctl_table_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        free(self->cells[i].text);
    }
    free(self->cells);
    free(self->widths);
    free(self);
    *self_p = NULL;
}

void herdctl_table_add(herdctl_table_t *self, herdctl_colour_t colour, const char *format, ...)
{
    char text[CELL_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (self->count == self->capacity) {
        self->capacity = self->capacity > 0 ? 2 * self->capacity : 4 * self->column_count;
        self->cells = memory_resize(self->cells, self->capacity * sizeof *self->cells);
    }
    size_t size = strlen(text);
    size_t *width = &self->widths[self->count % self->column_count];
    *width = size > *width ? size : *width;
    self->cells[self->count++] = (cell_t){.text = memory_copy_text(text, size), .colour = colour};
}

/* The last column is not padded, so that no line ends in spaces. */
static void print_cell(const herdctl_table_t *self, FILE *file, size_t column, const char *text,
                       herdctl_colour_t colour)
{
    bool last = column + 1 == self->column_count;
    int fill = (int)(self->widths[column] - strlen(text));
    bool right = self->columns[column].right;
    fprintf(file, "%*s", right ? fill : 0, "");
    herdctl_table_print_coloured(file, colour, text);
    fprintf(file, "%*s", right || last ? 0 : fill, "");
    fputs(last ? "\n" : "  ", file);
}

void herdctl_table_print(const herdctl_table_t *self, FILE *file)
{
    assert(self->column_count > 0);
    for (size_t i = 0; i < self->column_count; i++) {
        print_cell(self, file, i, self->columns[i].title, HERDCTL_HEAD);
    }
    for (size_t i = 0; i < self->count; i++) {
        print_cell(self, file, i % self->column_count, self->cells[i].text, self->cells[i].colour);
    }
}

void herdctl_table_print_escaped(FILE *file, text_t text)
{
    size_t size = TEXT_ESCAPED_SIZE * text.size + 1;
    char *shown = memory_new(size);
    text_escape(text, shown, size);
    fputs(shown, file);
    free(shown);
}

void herdctl_table_write_span(int64_t span_ns, char *out)
{
    static const struct {
        int64_t ns;
        const char *name;
    } units[] = {{86400 * TIMESTAMP_NS_PER_S, "days"},
                 {3600 * TIMESTAMP_NS_PER_S, "h"},
                 {60 * TIMESTAMP_NS_PER_S, "min"},
                 {TIMESTAMP_NS_PER_S, "s"}};
    span_ns = span_ns > 0 ? span_ns : 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        /* From two of a unit on: 90 s say more than 1 min. */
        if (span_ns >= 2 * units[i].ns) {
            snprintf(out, HERDCTL_SPAN_SIZE, "%lld %s", (long long)(span_ns / units[i].ns),
                     units[i].name);
            return;
        }
    }
    snprintf(out, HERDCTL_SPAN_SIZE, "%lld ms", (long long)(span_ns / TIMESTAMP_NS_PER_MS));
}
