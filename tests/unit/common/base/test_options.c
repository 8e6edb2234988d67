/* Command lines, read by a table (common/base/options.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/options.h"
#include "common/base/timestamp.h"

#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 12, PRINTED_SIZE = 4096 };

static const char *const colours[] = {"red", "green", "blue", NULL};

/* A line, and what came of it. */
typedef struct {
    bool loud;
    const char *file;
    uint64_t number;
    size_t size;
    int64_t span_ns;
    size_t colour;
    const char *even;
    options_end_t end;
    options_operands_t operands;
    char *argv[ARGUMENTS_MAX];
    char out[PRINTED_SIZE];
    char errors[PRINTED_SIZE];
} line_t;

static bool take_even(void *argument, const char *value)
{
    *(const char **)argument = value;
    return strlen(value) % 2 == 0;
}

static int poems; /* shown */

static void show_poem(void)
{
    poems++;
}

/* Reads the words as the arguments of a tool; `options` gives what is not said here. */
static void read_with(line_t *line, options_t options, const char *const *words)
{
    int argc = 1;
    static char name[] = "tool";
    *line = (line_t){.number = 5, .size = 5, .argv = {name}};
    const options_row_t rows[] = {
        {"loud", NULL, "make noise", 'l', .flag = &line->loud},
        {"file", "FILE", "what to read", 'f', .string = &line->file},
        {"number", "N", "how many", .number = &line->number, .minimum = 2, .maximum = 9},
        {"size", "N", "how large", .size = &line->size, .maximum = SIZE_MAX},
        {"span", "SECONDS", "how long", .seconds_ns = &line->span_ns},
        {"colour", "COLOUR", "its colour", .choice = &line->colour, .choices = colours},
        {"even", "TEXT", "a text", .take = take_even, .argument = &line->even,
         .refusal = "--even takes an even text"},
        {"poem", NULL, "show a poem", .show = show_poem},
        {0},
    };
    for (; words[argc - 1] != NULL; argc++) {
        assert_true(argc + 1 < ARGUMENTS_MAX);
        line->argv[argc] = (char *)(uintptr_t)words[argc - 1];
    }
    options.program = "tool";
    options.hint = "see the manual";
    options.usage = "[OPTION...] [FILE...]";
    options.rows = options.rows != NULL ? options.rows : rows;
    options.out = fmemopen(line->out, sizeof line->out, "w");
    options.errors = fmemopen(line->errors, sizeof line->errors, "w");
    line->end = options_read(&options, argc, line->argv, &line->operands);
    fclose(options.out);
    fclose(options.errors);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void read_line(line_t *line, const char *const *words)
{
    read_with(line, (options_t){.operands_max = OPTIONS_MANY}, words);
}

/* The operands are these, with NULL behind them. */
static void assert_operands(const line_t *line, const char *const *words)
{
    size_t count = 0;
    for (; words[count] != NULL; count++) {
        assert_true(count < line->operands.count);
        assert_string_equal(line->operands.items[count], words[count]);
    }
    assert_int_equal(line->operands.count, count);
    assert_null(line->operands.items[count]);
}

static void assert_refused(const char *const *words, const char *error)
{
    line_t line;
    char expected[PRINTED_SIZE];
    read_line(&line, words);
    assert_int_equal(line.end, OPTIONS_WRONG);
    snprintf(expected, sizeof expected, "tool: %s; see the manual\n", error);
    assert_string_equal(line.errors, expected);
    assert_string_equal(line.out, "");
}

static void every_form_means_the_same(void **state)
{
    (void)state;
    const char *const *const lines[] = {
        WORDS("--loud", "--file", "a", "--number", "3", "b"),
        WORDS("--loud", "--file=a", "--number=3", "b"),
        WORDS("--lo", "--fi=a", "--n", "3", "b"),
        WORDS("-l", "-f", "a", "--number", "3", "b"),
        WORDS("-lfa", "--number", "3", "b"),
        WORDS("b", "--number", "3", "-l", "--file", "a"),
        WORDS("--number", "3", "-l", "--file", "a", "--", "b"),
        WORDS("--number", "3", "b", "-l", "--file", "a", "--"),
    };
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        line_t line;
        read_line(&line, lines[i]);
        assert_int_equal(line.end, OPTIONS_READ);
        assert_true(line.loud);
        assert_string_equal(line.file, "a");
        assert_int_equal(line.number, 3);
        assert_operands(&line, WORDS("b"));
        assert_string_equal(line.errors, "");
    }
}

/* One reading leaves nothing behind for the next one. */
static void readings_do_not_know_of_each_other(void **state)
{
    (void)state;
    line_t line;
    for (int i = 0; i < 3; i++) {
        read_line(&line, WORDS("-lx", "--file", "a"));
        assert_int_equal(line.end, OPTIONS_WRONG); /* getopt stopped inside of -lx */
        read_line(&line, WORDS("a", "-l", "b", "--file", "c"));
        assert_int_equal(line.end, OPTIONS_READ);
        assert_operands(&line, WORDS("a", "b"));
        assert_string_equal(line.file, "c");
    }
}

static void operands_may_look_like_options(void **state)
{
    (void)state;
    line_t line;
    read_line(&line, WORDS("-", "--", "--loud", "--", "-f"));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_false(line.loud);
    assert_operands(&line, WORDS("-", "--loud", "--", "-f"));
    read_line(&line, WORDS("--"));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_int_equal(line.operands.count, 0);
    assert_null(line.operands.items[0]);
    read_line(&line, WORDS(NULL));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_int_equal(line.operands.count, 0);
    read_line(&line, WORDS("", "a"));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_operands(&line, WORDS("", "a"));
}

/* POSIXLY_CORRECT would end the options at the first operand. */
static void the_environment_changes_nothing(void **state)
{
    (void)state;
    line_t line;
    setenv("POSIXLY_CORRECT", "1", 1);
    read_line(&line, WORDS("a", "--loud"));
    unsetenv("POSIXLY_CORRECT");
    assert_int_equal(line.end, OPTIONS_READ);
    assert_true(line.loud);
    assert_operands(&line, WORDS("a"));
}

static void values_may_look_like_options(void **state)
{
    (void)state;
    line_t line;
    read_line(&line, WORDS("--file", "--", "a", "--even=--loud"));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_string_equal(line.file, "--");
    assert_string_equal(line.even, "--loud");
    assert_false(line.loud);
    assert_operands(&line, WORDS("a"));
    read_line(&line, WORDS("--file=a=b", "--even", ""));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_string_equal(line.file, "a=b");
    assert_string_equal(line.even, "");
    read_line(&line, WORDS("--file="));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_string_equal(line.file, "");
}

static void the_last_of_several_counts(void **state)
{
    (void)state;
    line_t line;
    read_line(&line, WORDS("--number", "3", "--loud", "--number=4", "--loud"));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_int_equal(line.number, 4);
    assert_true(line.loud);
    assert_refused(WORDS("--number", "3", "--number", "1"),
                   "--number takes a number from 2 to 9, not \"1\"");
}

static void unknown_options_are_refused(void **state)
{
    (void)state;
    assert_refused(WORDS("--quiet"), "unknown option --quiet");
    assert_refused(WORDS("--quiet=1"), "unknown option --quiet=1");
    assert_refused(WORDS("--loudly"), "unknown option --loudly");
    assert_refused(WORDS("a", "-q"), "unknown option -q");
    assert_refused(WORDS("-lq"), "unknown option -lq");
    assert_refused(WORDS("--version"), "unknown option --version");
    assert_refused(WORDS("--Loud"), "unknown option --Loud");
    assert_refused(WORDS("-loud"), "unknown option -loud");
}

static void a_command_knows_no_such_option(void **state)
{
    (void)state;
    line_t line;
    read_with(&line, (options_t){.command = "sing loud"}, WORDS("--quiet"));
    assert_int_equal(line.end, OPTIONS_WRONG);
    assert_string_equal(line.errors, "tool: sing loud knows no option --quiet; see the manual\n");
}

static void a_flag_takes_no_value(void **state)
{
    (void)state;
    assert_refused(WORDS("--loud=1"), "unknown option --loud=1");
    assert_refused(WORDS("--loud="), "unknown option --loud=");
}

static void a_value_is_not_missing(void **state)
{
    (void)state;
    assert_refused(WORDS("a", "--number"), "--number needs a value");
    assert_refused(WORDS("--num"), "--number needs a value");
    assert_refused(WORDS("-f"), "--file needs a value");
    assert_refused(WORDS("-lf"), "--file needs a value");
}

static void an_abbreviation_names_one_option(void **state)
{
    (void)state;
    assert_refused(WORDS("--s", "3"), "--s may be --size or --span");
    assert_refused(WORDS("--s=3"), "--s may be --size or --span");
    assert_refused(WORDS("--=3"), "unknown option --=3");
}

static void numbers_are_in_their_range(void **state)
{
    (void)state;
    static const char *const wrong[] = {"1",  "10", "",    " 3", "3 ",
                                        "+3", "-3", "3.0", "x",  "18446744073709551619"};
    line_t line;
    char error[PRINTED_SIZE];
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        snprintf(error, sizeof error, "--number takes a number from 2 to 9, not \"%s\"", wrong[i]);
        assert_refused(WORDS("--number", wrong[i]), error);
    }
    read_line(&line, WORDS("--number", "2", "--size", "0"));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_int_equal(line.number, 2);
    assert_int_equal(line.size, 0);
    read_line(&line, WORDS("--number", "9", "--size", "18446744073709551615"));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_int_equal(line.number, 9);
    assert_int_equal(line.size, SIZE_MAX);
}

static void seconds_are_in_their_range(void **state)
{
    (void)state;
    static const char *const wrong[] = {"0",  "0.009999999", "3600.000000001", "", "-1", "1e3",
                                        ".5", "1s"};
    line_t line;
    char error[PRINTED_SIZE];
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        snprintf(error, sizeof error, "--span takes seconds from 0.01 to 3600, not \"%s\"",
                 wrong[i]);
        assert_refused(WORDS("--span", wrong[i]), error);
    }
    read_line(&line, WORDS("--span", "0.01"));
    assert_int_equal(line.span_ns, 10 * TIMESTAMP_NS_PER_MS);
    read_line(&line, WORDS("--span=3600"));
    assert_int_equal(line.span_ns, 3600 * TIMESTAMP_NS_PER_S);
}

static void a_choice_is_one_of_its_words(void **state)
{
    (void)state;
    line_t line;
    assert_refused(WORDS("--colour", "gree"), "--colour is red, green or blue, not \"gree\"");
    assert_refused(WORDS("--colour="), "--colour is red, green or blue, not \"\"");
    read_line(&line, WORDS("--colour", "blue"));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_int_equal(line.colour, 2);
}

static void a_taker_may_refuse(void **state)
{
    (void)state;
    assert_refused(WORDS("--even", "odd"), "--even takes an even text, not \"odd\"");
}

static void required_options_are_missed(void **state)
{
    (void)state;
    const char *file = NULL;
    const options_row_t rows[] = {
        {"file", "FILE", "what to read", .string = &file, .required = true},
        {.value = "NAME", .help = "what to call it"},
        {0},
    };
    line_t line;
    const options_t options = {
        .rows = rows, .operands_min = 1, .operands_max = 1, .operands = "one NAME is wanted"};
    read_with(&line, options, WORDS("a", "b"));
    assert_int_equal(line.end, OPTIONS_WRONG);
    assert_string_equal(line.errors, "tool: --file FILE is missing; see the manual\n");
    read_with(&line, options, WORDS("--file", "", "a"));
    assert_int_equal(line.end, OPTIONS_READ);
    for (size_t i = 0; i < 2; i++) {
        read_with(&line, options, i == 0 ? WORDS("--file=x") : WORDS("--file=x", "a", "b"));
        assert_int_equal(line.end, OPTIONS_WRONG);
        assert_string_equal(line.errors, "tool: one NAME is wanted; see the manual\n");
    }
    read_with(&line, (options_t){.operands_max = 1}, WORDS("a", "b", "c"));
    assert_int_equal(line.end, OPTIONS_WRONG);
    assert_string_equal(line.errors, "tool: b is no option; see the manual\n");
}

/* What stands behind the first operand is left as it is. */
static void a_command_ends_the_options(void **state)
{
    (void)state;
    line_t line;
    const options_t options = {.operands_max = OPTIONS_MANY, .ends_at_operand = true};
    read_with(&line, options, WORDS("--loud", "sing", "--file", "a", "--", "--quiet"));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_true(line.loud);
    assert_null(line.file);
    assert_operands(&line, WORDS("sing", "--file", "a", "--", "--quiet"));
    read_with(&line, options, WORDS("--", "--sing", "-l"));
    assert_int_equal(line.end, OPTIONS_READ);
    assert_operands(&line, WORDS("--sing", "-l"));
}

static void help_ends_the_reading(void **state)
{
    (void)state;
    const char *const *const lines[] = {
        WORDS("--help"),
        WORDS("-h"),
        WORDS("--he"),
        WORDS("-lh"),
        WORDS("--loud", "a", "--help", "--quiet", "--number=x"),
    };
    static const char *const help = "usage: tool [OPTION...] [FILE...]\n"
                                    "\n"
                                    "  --loud           make noise\n"
                                    "  --file FILE      what to read\n"
                                    "  --number N       how many\n"
                                    "  --size N         how large\n"
                                    "  --span SECONDS   how long\n"
                                    "  --colour COLOUR  its colour\n"
                                    "  --even TEXT      a text\n"
                                    "  --poem           show a poem\n"
                                    "  --help           show this text\n";
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        line_t line;
        read_line(&line, lines[i]);
        assert_int_equal(line.end, OPTIONS_SHOWN);
        assert_string_equal(line.errors, "");
        assert_string_equal(line.out, help);
    }
}

static void help_is_wrapped(void **state)
{
    (void)state;
    bool flag = false;
    const options_row_t rows[] = {
        {.value = "NAME", .help = "first\nsecond"},
        {"flag", NULL, "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 012345",
         .flag = &flag},
        {"a-very-very-very-very-long-one", NULL, "is far", .flag = &flag},
        {0},
    };
    line_t line;
    read_with(&line,
              (options_t){.command = "sing",
                          .version = "1",
                          .rows = rows,
                          .about = "About it.",
                          .notes = "Notes."},
              WORDS("--help"));
    assert_string_equal(
        line.out, "usage: tool sing [OPTION...] [FILE...]\n"
                  "\n"
                  "About it.\n"
                  "\n"
                  "  NAME       first\n"
                  "             second\n"
                  "  --flag     0123456789 0123456789 0123456789 0123456789 0123456789 0123456789\n"
                  "             012345\n"
                  "  --a-very-very-very-very-long-one\n"
                  "             is far\n"
                  "  --help     show this text\n"
                  "  --version  show the version\n"
                  "\n"
                  "Notes.\n");
}

static void others_are_shown_and_end_the_reading_too(void **state)
{
    (void)state;
    line_t line;
    read_with(&line, (options_t){.version = "1.2"}, WORDS("--version", "--quiet"));
    assert_int_equal(line.end, OPTIONS_SHOWN);
    assert_string_equal(line.out, "tool 1.2\n");
    poems = 0;
    read_line(&line, WORDS("--poem", "--quiet"));
    assert_int_equal(line.end, OPTIONS_SHOWN);
    assert_int_equal(poems, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_means_the_same),
        cmocka_unit_test(readings_do_not_know_of_each_other),
        cmocka_unit_test(operands_may_look_like_options),
        cmocka_unit_test(the_environment_changes_nothing),
        cmocka_unit_test(values_may_look_like_options),
        cmocka_unit_test(the_last_of_several_counts),
        cmocka_unit_test(unknown_options_are_refused),
        cmocka_unit_test(a_command_knows_no_such_option),
        cmocka_unit_test(a_flag_takes_no_value),
        cmocka_unit_test(a_value_is_not_missing),
        cmocka_unit_test(an_abbreviation_names_one_option),
        cmocka_unit_test(numbers_are_in_their_range),
        cmocka_unit_test(seconds_are_in_their_range),
        cmocka_unit_test(a_choice_is_one_of_its_words),
        cmocka_unit_test(a_taker_may_refuse),
        cmocka_unit_test(required_options_are_missed),
        cmocka_unit_test(a_command_ends_the_options),
        cmocka_unit_test(help_ends_the_reading),
        cmocka_unit_test(help_is_wrapped),
        cmocka_unit_test(others_are_shown_and_end_the_reading_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
