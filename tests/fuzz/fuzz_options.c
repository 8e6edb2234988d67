/* Any words, each up to LF, as a command line: values are in their ranges, operands are words of
 * the line and as many as may be, help is asked for, or an error is told, in one line. */
#include "common/base/memory.h"
#include "common/base/options.h"
#include "common/base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 32, OPERANDS_MAX = 3, NUMBER_MIN = 2, NUMBER_MAX = 9 };

static const char *const colours[] = {"red", "green", "blue", NULL};

/* What the options set. */
typedef struct {
    bool loud;
    const char *file;
    uint64_t number;
    size_t size;
    int64_t span_ns;
    size_t colour;
    const char *even;
} values_t;

static bool take_even(void *argument, const char *value)
{
    *(const char **)argument = value;
    return strlen(value) % 2 == 0;
}

static void check_read(const values_t *values, const options_operands_t *operands, char **words,
                       size_t count)
{
    assert(values->number >= NUMBER_MIN && values->number <= NUMBER_MAX);
    assert(values->span_ns == 0 ||
           (values->span_ns >= 10000000 && values->span_ns <= INT64_C(3600000000000)));
    assert(values->colour < 3 && (values->even == NULL || strlen(values->even) % 2 == 0));
    assert(operands->count <= OPERANDS_MAX && operands->items[operands->count] == NULL);
    for (size_t i = 0; i < operands->count; i++) {
        size_t word = 1;
        while (word < count && words[word] != operands->items[i]) {
            word++;
        }
        assert(word < count);
    }
}

static void read_words(char **words, size_t count)
{
    values_t values = {.number = NUMBER_MIN};
    char *argv[WORDS_MAX + 1];
    char *out = NULL;
    char *errors = NULL;
    size_t out_size = 0;
    size_t errors_size = 0;
    const options_row_t rows[] = {
        {"loud", NULL, "make noise", 'l', .flag = &values.loud},
        {"file", "FILE", "what to read", 'f', .string = &values.file},
        {"number", "N", "how many", .number = &values.number, .minimum = NUMBER_MIN,
         .maximum = NUMBER_MAX},
        {"size", "N", "how large", 's', .size = &values.size, .maximum = SIZE_MAX},
        {"span", "SECONDS", "how long", .seconds_ns = &values.span_ns},
        {"colour", "COLOUR", "its colour", .choice = &values.colour, .choices = colours},
        {"even", "TEXT", "a text", .take = take_even, .argument = &values.even,
         .refusal = "--even takes an even text"},
        {0}};
    options_t options = {.program = "tool",
                         .hint = "see tool --help",
                         .usage = "[OPERAND...]",
                         .rows = rows,
                         .operands_max = OPERANDS_MAX,
                         .out = open_memstream(&out, &out_size),
                         .errors = open_memstream(&errors, &errors_size)};
    options_operands_t operands;
    memcpy(argv, words, (count + 1) * sizeof *words);
    options_end_t end = options_read(&options, (int)count, argv, &operands);
    fclose(options.out);
    fclose(options.errors);
    assert((end == OPTIONS_WRONG) == (errors_size > 0) && (end == OPTIONS_SHOWN) == (out_size > 0));
    if (end == OPTIONS_READ) {
        check_read(&values, &operands, words, count);
    }
    assert(errors_size == 0 || errors[errors_size - 1] == '\n');
    free(out);
    free(errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *words[WORDS_MAX + 1] = {memory_copy_text("tool", 4)};
    text_t rest = {.data = (const char *)data, .size = size};
    text_t word;
    size_t count = 1;
    while (count < WORDS_MAX && text_take_until(&rest, '\n', &word)) {
        words[count++] = memory_copy_text(word.data, word.size);
    }
    read_words(words, count);
    for (size_t i = 0; i < count; i++) {
        free(words[i]);
    }
    return 0;
}
