/* A command line comes in; values go out, to the places that a table names.
 *
 * getopt_long(3) takes the line apart. It leaves argv in order ("-" before the letters): so the
 * argument it is looking at is known when that is wrong, and POSIXLY_CORRECT changes nothing.
 * Operands move to the front here. A value is checked, by the kind of its option, as soon as it is
 * met. The first error ends the reading, as --help does: what follows no longer matters. Whether
 * something is missing is checked at the end. */
#include "common/base/options.h"

#include "common/base/text.h"
#include "common/base/timestamp.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPERAND = 1, /* getopt's name for one */
    HELP = 'h',
    VERSION = 256,  /* no letter */
    FIRST_ROW,      /* and those behind it */
    COLUMNS = 80,   /* of a line of help */
    LABEL_MAX = 25, /* columns; a longer one has a line for itself */
    INDENT = 2,
};

static const int64_t seconds_min_ns = 10 * TIMESTAMP_NS_PER_MS;
static const int64_t seconds_max_ns = 3600 * TIMESTAMP_NS_PER_S;

/* The table as getopt_long(3) wants it. */
typedef struct {
    struct option names[OPTIONS_ROWS_MAX + 3]; /* help, version and an empty one are added */
    char letters[3 + 2 * OPTIONS_ROWS_MAX + 1];
} grammar_t;

/* One reading. */
typedef struct {
    const options_t *options;
    const char *argument; /* the one of argv that getopt is looking at */
    grammar_t grammar;
    bool given[OPTIONS_ROWS_MAX];
} reading_t;

static bool is_last(const options_row_t *row)
{
    return row->name == NULL && row->help == NULL;
}

static void make_grammar(const options_t *options, grammar_t *grammar)
{
    struct option *name = grammar->names;
    char *letter = text_copy(TEXT("-:h"), grammar->letters);
    for (const options_row_t *row = options->rows; row != NULL && !is_last(row); row++) {
        assert(row - options->rows < OPTIONS_ROWS_MAX);
        int has_value = row->value != NULL ? required_argument : no_argument;
        if (row->name != NULL) {
            *name++ = (struct option){.name = row->name,
                                      .has_arg = has_value,
                                      .val = FIRST_ROW + (int)(row - options->rows)};
        }
        if (row->letter != 0) {
            *letter++ = row->letter;
            *letter = ':';
            letter += has_value != 0 ? 1 : 0;
        }
    }
    *name++ = (struct option){.name = "help", .val = HELP};
    if (options->version != NULL) {
        *name++ = (struct option){.name = "version", .val = VERSION};
    }
    *name = (struct option){0};
    *letter = '\0';
}

static FILE *out_of(const options_t *self)
{
    return self->out != NULL ? self->out : stdout;
}

options_end_t options_refuse_list(const options_t *self, const char *format, va_list arguments)
{
    char *text = NULL;
    bool written = vasprintf(&text, format, arguments) >= 0;
    fprintf(self->errors != NULL ? self->errors : stderr, "%s: %s; %s\n", self->program,
            written ? text : format, self->hint);
    if (written) {
        free(text);
    }
    return OPTIONS_WRONG;
}

options_end_t options_refuse(const options_t *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    options_end_t end = options_refuse_list(self, format, arguments);
    va_end(arguments);
    return end;
}

/* For an unknown option, an ambiguous abbreviation, and a flag with a value. */
static options_end_t refuse_argument(const reading_t *self)
{
    const options_t *options = self->options;
    const char *argument = self->argument;
    const char *first = NULL;
    assert(argument != NULL);
    size_t size = strcspn(argument, "=");
    for (const struct option *name = self->grammar.names;
         size > 2 && argument[1] == '-' && name->name != NULL; name++) {
        if (strncmp(name->name, argument + 2, size - 2) != 0) {
            continue;
        }
        if (name->name[size - 2] == '\0') {
            break;
        }
        if (first != NULL) {
            return options_refuse(options, "%.*s may be --%s or --%s", (int)size, argument, first,
                                  name->name);
        }
        first = name->name;
    }
    return options->command != NULL
               ? options_refuse(options, "%s knows no option %s", options->command, argument)
               : options_refuse(options, "unknown option %s", argument);
}

static options_end_t take_number(const options_t *options, const options_row_t *row,
                                 const char *value)
{
    uint64_t number;
    if (!text_to_u64(text_of(value), row->maximum, &number) || number < row->minimum) {
        return options_refuse(options, "--%s takes a number from %llu to %llu, not \"%s\"",
                              row->name, (unsigned long long)row->minimum,
                              (unsigned long long)row->maximum, value);
    }
    if (row->number != NULL) {
        *row->number = number;
    } else {
        *row->size = (size_t)number;
    }
    return OPTIONS_READ;
}

static options_end_t take_seconds(const options_t *options, const options_row_t *row,
                                  const char *value)
{
    int64_t time_ns;
    if (!timestamp_parse(text_of(value), &time_ns) || time_ns < seconds_min_ns ||
        time_ns > seconds_max_ns) {
        return options_refuse(options, "--%s takes seconds from 0.01 to 3600, not \"%s\"",
                              row->name, value);
    }
    *row->seconds_ns = time_ns;
    return OPTIONS_READ;
}

/* "--log-format is text or json, not "yaml"" */
static options_end_t take_choice(const options_t *options, const options_row_t *row,
                                 const char *value)
{
    char list[256] = "";
    size_t size = 0;
    for (size_t i = 0; row->choices[i] != NULL; i++) {
        if (strcmp(row->choices[i], value) == 0) {
            *row->choice = i;
            return OPTIONS_READ;
        }
        bool last = row->choices[i + 1] == NULL;
        const char *between = i == 0 ? "" : last ? " or " : ", ";
        size += (size_t)snprintf(list + size, sizeof list - size, "%s%s", between, row->choices[i]);
        assert(size < sizeof list);
    }
    return options_refuse(options, "--%s is %s, not \"%s\"", row->name, list, value);
}

static options_end_t take_option(const options_t *options, const options_row_t *row,
                                 const char *value)
{
    if (row->flag != NULL) {
        *row->flag = true;
        return OPTIONS_READ;
    }
    if (row->show != NULL) {
        row->show();
        return OPTIONS_SHOWN;
    }
    if (row->string != NULL) {
        *row->string = value;
        return OPTIONS_READ;
    }
    if (row->number != NULL || row->size != NULL) {
        return take_number(options, row, value);
    }
    if (row->seconds_ns != NULL) {
        return take_seconds(options, row, value);
    }
    if (row->choice != NULL) {
        return take_choice(options, row, value);
    }
    return row->take(row->argument, value)
               ? OPTIONS_READ
               : options_refuse(options, "%s, not \"%s\"", row->refusal, value);
}

/* The row of what getopt found: by its number, or by its letter. */
static const options_row_t *row_of(const options_t *options, int code)
{
    const options_row_t *row = options->rows;
    if (code >= FIRST_ROW) {
        return row + (code - FIRST_ROW);
    }
    while (row->letter != code) {
        row++;
    }
    return row;
}

/* `code`: what getopt found; not an operand. */
static options_end_t take(reading_t *self, int code)
{
    const options_t *options = self->options;
    switch (code) {
    case '?': return refuse_argument(self);
    case ':': return options_refuse(options, "--%s needs a value", row_of(options, optopt)->name);
    case HELP:
        (options->help != NULL ? options->help : options_print_help)(options);
        return OPTIONS_SHOWN;
    case VERSION:
        fprintf(out_of(options), "%s %s\n", options->program, options->version);
        return OPTIONS_SHOWN;
    default: break;
    }
    const options_row_t *row = row_of(options, code);
    self->given[row - options->rows] = true;
    return take_option(options, row, optarg);
}

static options_end_t read_all(reading_t *self, int argc, char **argv, options_operands_t *operands)
{
    options_end_t end = OPTIONS_READ;
    int code = 0;
    optind = 0; /* getopt begins anew */
    while (end == OPTIONS_READ && code != -1) {
        int at = optind > 0 ? optind : 1;
        self->argument = at < argc ? argv[at] : NULL;
        code = getopt_long(argc, argv, self->grammar.letters, self->grammar.names, NULL);
        if (code == OPERAND && self->options->ends_at_operand) {
            optind--;
            break;
        }
        if (code == OPERAND) {
            operands->items[operands->count++] = optarg;
        } else if (code != -1) {
            end = take(self, code);
        }
    }
    while (end == OPTIONS_READ && optind < argc) {
        operands->items[operands->count++] = argv[optind++];
    }
    return end;
}

/* Checks what only the whole line can show: that nothing is missing, and nothing is too much. */
static options_end_t check(const reading_t *self, const options_operands_t *operands)
{
    const options_t *options = self->options;
    for (size_t i = 0; options->rows != NULL && !is_last(&options->rows[i]); i++) {
        const options_row_t *row = &options->rows[i];
        if (row->required && !self->given[i]) {
            return options_refuse(options, "--%s %s is missing", row->name, row->value);
        }
    }
    if (operands->count >= options->operands_min && operands->count <= options->operands_max) {
        return OPTIONS_READ;
    }
    return options->operands != NULL
               ? options_refuse(options, "%s", options->operands)
               : options_refuse(options, "%s is no option", operands->items[options->operands_max]);
}

options_end_t options_read(const options_t *self, int argc, char **argv,
                           options_operands_t *ret_operands)
{
    reading_t reading = {.options = self};
    options_operands_t operands = {.items = argv + (argc > 0 ? 1 : 0)};
    make_grammar(self, &reading.grammar);
    options_end_t end = read_all(&reading, argc, argv, &operands);
    if (end == OPTIONS_READ) {
        end = check(&reading, &operands);
    }
    if (end == OPTIONS_READ) {
        operands.items[operands.count] = NULL;
        *ret_operands = operands;
    }
    return end;
}

/* Prints "--count N", or an operand, unless `out` is NULL. Returns the number of columns. */
static size_t print_label(FILE *out, const options_row_t *row)
{
    const char *dashes = row->name != NULL ? "--" : "";
    const char *name = row->name != NULL ? row->name : "";
    const char *value = row->value != NULL ? row->value : "";
    const char *between = name[0] != '\0' && value[0] != '\0' ? " " : "";
    if (out != NULL) {
        fprintf(out, "%s%s%s%s", dashes, name, between, value);
    }
    return strlen(dashes) + strlen(name) + strlen(between) + strlen(value);
}

/* Prints words between column `left`, where the cursor already is, and the end of the line. */
static void print_wrapped(FILE *out, const char *words, size_t left)
{
    size_t column = left;
    while (*words != '\0') {
        size_t size = strcspn(words, " \n");
        bool fits = column == left || column + 1 + size <= COLUMNS;
        if (!fits) {
            fprintf(out, "\n%*s", (int)left, "");
            column = left;
        }
        bool first = column == left;
        fprintf(out, "%s%.*s", first ? "" : " ", (int)size, words);
        column += size + (first ? 0 : 1);
        words += size;
        if (*words == '\n') {
            fprintf(out, "\n%*s", (int)left, "");
            column = left;
        }
        words += *words != '\0' ? 1 : 0;
    }
    fputc('\n', out);
}

static void print_row(FILE *out, const options_row_t *row, size_t width)
{
    size_t left = INDENT + width + 2;
    fprintf(out, "%*s", INDENT, "");
    size_t size = print_label(out, row);
    if (size > width) {
        fprintf(out, "\n%*s", (int)left, "");
    } else {
        fprintf(out, "%*s", (int)(width - size + 2), "");
    }
    print_wrapped(out, row->help, left);
}

void options_print_rows(const options_t *self)
{
    static const options_row_t help = {.name = "help", .help = "show this text"};
    static const options_row_t version = {.name = "version", .help = "show the version"};
    FILE *out = out_of(self);
    size_t width = print_label(NULL, self->version != NULL ? &version : &help);
    for (const options_row_t *row = self->rows; row != NULL && !is_last(row); row++) {
        size_t size = print_label(NULL, row);
        width = size > width && size <= LABEL_MAX ? size : width;
    }
    for (const options_row_t *row = self->rows; row != NULL && !is_last(row); row++) {
        print_row(out, row, width);
    }
    print_row(out, &help, width);
    if (self->version != NULL) {
        print_row(out, &version, width);
    }
}

static void print_usage(const options_t *self)
{
    const char *lead = "usage:";
    text_t rest = text_of(self->usage);
    text_t line;
    do {
        line = (text_t){0};
        (void)text_take_until(&rest, '\n', &line);
        fprintf(out_of(self), "%s %s%s%s%s%.*s\n", lead, self->program,
                self->command != NULL ? " " : "", self->command != NULL ? self->command : "",
                line.size > 0 ? " " : "", (int)line.size, line.data != NULL ? line.data : "");
        lead = "      ";
    } while (rest.size > 0);
}

void options_print_help(const options_t *self)
{
    FILE *out = out_of(self);
    print_usage(self);
    if (self->about != NULL) {
        fprintf(out, "\n%s\n", self->about);
    }
    fputc('\n', out);
    options_print_rows(self);
    if (self->notes != NULL) {
        fprintf(out, "\n%s\n", self->notes);
    }
}
