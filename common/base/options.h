/* options.h - the command line of a program, or of one of its commands, read by a table of options.
 *
 * `--count 3`, `--count=3`, `--cou 3` (an abbreviation, if only one option begins so) and, for an
 * option with a letter, `-c 3` and `-c3` mean the same. Options may follow operands; "--" ends the
 * options; "-" is an operand. If an option is given twice, the last one counts. `--help` and `-h`,
 * and `--version` if there is a version, need no row.
 *
 * Owner: the caller. Threads: one, because getopt_long(3), which does the work, has global state;
 * each reading resets it.
 */
#ifndef HERD_COMMON_BASE_OPTIONS_H
#define HERD_COMMON_BASE_OPTIONS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { OPTIONS_ROWS_MAX = 32 }; /* of a table */

#define OPTIONS_MANY SIZE_MAX /* operands: any number of them */

/* Takes a value, which lives as long as argv; false if it is malformed. */
typedef bool options_take_fn(void *argument, const char *value);

/* An option (open value struct). Exactly one of the pointers says where it goes. A row without a
 * name is a line of the help only: an operand. */
typedef struct {
    const char *name;  /* "count": --count */
    const char *value; /* what the help calls its value, "N"; NULL: it takes none */
    const char *help;  /* of any length: it is wrapped; an LF begins a new line */
    char letter;       /* 'c': -c too; 0: none */
    bool required;     /* a line without it is an error */

    bool *flag;          /* becomes true; `value` is NULL */
    void (*show)(void);  /* prints something, and ends the program; `value` is NULL */
    const char **string; /* borrows from argv */
    uint64_t *number;    /* `minimum` .. `maximum` */
    size_t *size;        /* `minimum` .. `maximum` */
    int64_t *seconds_ns; /* given in seconds, decimals allowed: 10 ms .. one hour */
    size_t *choice;      /* the index of one of `choices` */
    options_take_fn *take;

    uint64_t minimum;
    uint64_t maximum;
    const char *const *choices; /* the last one is NULL */
    void *argument;             /* for `take` */
    const char *refusal;        /* said of what `take` refuses: "--graph takes ring or line" */
} options_row_t;

typedef struct options options_t;

/* A command line (open value struct). Texts are zero-terminated and borrowed. */
struct options {
    const char *program;       /* "herdctl": errors begin with it */
    const char *command;       /* of the program: "status"; NULL: none */
    const char *hint;          /* where help is, behind an error: "see herd-node --help" */
    const char *usage;         /* behind the program's name; an LF begins another one */
    const char *about;         /* a paragraph for the help; NULL: none */
    const char *notes;         /* the same, below the options */
    const char *version;       /* NULL: there is no --version */
    const options_row_t *rows; /* the last one is empty; NULL: no options but --help */
    bool ends_at_operand;      /* what stands behind the first operand belongs to that */
    size_t operands_min;       /* fewer are an error */
    size_t operands_max;       /* so are more */
    const char *operands;      /* that error: "check takes one file"; NULL: names the surplus one */
    /* Prints the help; NULL: options_print_help does. */
    void (*help)(const options_t *self);
    FILE *out;    /* for the help; NULL: stdout */
    FILE *errors; /* NULL: stderr */
};

/* What stands on a command line beside options (open value struct). */
typedef struct {
    char **items; /* of argv, `count` of them and NULL */
    size_t count;
} options_operands_t;

/* How a reading ends. */
typedef enum {
    OPTIONS_READ,  /* go on */
    OPTIONS_SHOWN, /* help, version or the like was printed: end with status 0 */
    OPTIONS_WRONG, /* the line is wrong, and the error was printed: end with status 2 */
} options_end_t;

/* Reads argv[1 ..] and moves the operands to its front. Each value is set as soon as it is read:
 * unless the result is OPTIONS_READ, some may be set and others not. */
options_end_t options_read(const options_t *self, int argc, char **argv,
                           options_operands_t *ret_operands);

/* Takes the first of the operands, of which there is one, off their front. */
static inline const char *options_take_operand(options_operands_t *operands)
{
    operands->count--;
    return *operands->items++;
}

/* Prints an error, printf-formatted, between the program's name and the hint. Returns
 * OPTIONS_WRONG. */
options_end_t options_refuse(const options_t *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
options_end_t options_refuse_list(const options_t *self, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Prints usage, paragraph, options and notes. */
void options_print_help(const options_t *self);

/* Prints the options alone. */
void options_print_rows(const options_t *self);

#endif
