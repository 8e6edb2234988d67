/* Lines cut from chunks of any size (frontend/lines/lines.h; client-protocol.md, L and X1, X4). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "frontend/lines/lines.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_LINE = 128 };

static void put(buffer_t *out, char open, text_t line, char close)
{
    assert_int_equal(buffer_append(out, &open, 1), STATUS_OK);
    assert_int_equal(buffer_append(out, line.data, line.size), STATUS_OK);
    assert_int_equal(buffer_append(out, &close, 1), STATUS_OK);
}

/* Takes all lines of `chunk`: each in <>, the first three bytes of a line that is too long in
 * {}. */
static lines_outcome_t take_all(lines_t *lines, text_t chunk, buffer_t *out)
{
    lines_outcome_t outcome;
    do {
        text_t line;
        outcome = lines_take(lines, &chunk, &line);
        if (outcome == LINES_LINE) {
            put(out, '<', line, '>');
        } else if (outcome == LINES_TOO_LONG) {
            put(out, '{', text_first(line, 3), '}');
        }
    } while (outcome == LINES_LINE);
    assert_true(outcome == LINES_TOO_LONG || chunk.size == 0);
    assert_true(lines_waiting(lines) <= MAX_LINE + 2);
    return outcome;
}

/* Feeds `input` in pieces of `piece` bytes, then its end: a last line in (), a too long one in
 * []. */
static void cut(text_t input, size_t piece, buffer_t *out)
{
    lines_t lines;
    lines_init(&lines, MAX_LINE);
    lines_outcome_t outcome = LINES_NONE;
    while (input.size > 0 && outcome != LINES_TOO_LONG) {
        text_t chunk = text_first(input, piece);
        input = text_after(input, chunk.size);
        outcome = take_all(&lines, chunk, out);
    }
    if (outcome == LINES_NONE) {
        text_t line;
        outcome = lines_take_last(&lines, &line);
        if (outcome == LINES_LINE) {
            put(out, '(', line, ')');
        } else if (outcome == LINES_TOO_LONG) {
            put(out, '[', text_first(line, 3), ']');
        }
    }
    lines_done(&lines);
}

static void assert_cut_in(text_t input, size_t piece, text_t expected)
{
    buffer_t out;
    buffer_init(&out, 65536);
    cut(input, piece, &out);
    assert_int_equal(out.size, expected.size);
    if (out.size > 0) {
        assert_memory_equal(out.data, expected.data, out.size);
    }
    buffer_done(&out);
}

/* However the input is torn, the lines are the same. */
static void assert_cut(text_t input, text_t expected)
{
    for (size_t piece = 1; piece <= input.size + 1; piece++) {
        assert_cut_in(input, piece, expected);
    }
}

static void lines_do_not_depend_on_pieces(void **state)
{
    (void)state;
    static const struct {
        text_t input;
        text_t expected;
    } cases[] = {
        {{"", 0}, {"", 0}},
        {{"a\n", 2}, {"<a>", 3}},
        {{"\n\n", 2}, {"<><>", 4}},
        {{"a\nbc\n\nd", 7}, {"<a><bc><>(d)", 12}},
        {{"a\r\n", 3}, {"<a>", 3}},
        {{"a\r\r\n", 4}, {"<a\r>", 4}},
        {{"\r\n\r", 3}, {"<>(\r)", 5}},
        {{"a\rb\n", 4}, {"<a\rb>", 5}},
        {{"a\0b\n\xff\n", 6}, {"<a\0b><\xff>", 8}},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_cut(cases[i].input, cases[i].expected);
    }
}

/* Feeds `count` times "x", then `end`; expects `open`, those x (three if the line is too long) and
 * `close`. */
static void assert_long(size_t count, const char *end, const char *open, const char *close)
{
    char xs[2 * MAX_LINE];
    char input[2 * MAX_LINE];
    char expected[2 * MAX_LINE];
    memset(xs, 'x', sizeof xs);
    int shown = open[0] == '{' || open[0] == '[' ? 3 : (int)count;
    int size = snprintf(input, sizeof input, "%.*s%s", (int)count, xs, end);
    int expected_size = snprintf(expected, sizeof expected, "%s%.*s%s", open, shown, xs, close);
    assert_cut((text_t){.data = input, .size = (size_t)size},
               (text_t){.data = expected, .size = (size_t)expected_size});
}

static void the_longest_line_is_a_line_and_one_byte_more_is_not(void **state)
{
    (void)state;
    assert_long(MAX_LINE, "\n", "<", ">");
    assert_long(MAX_LINE, "\r\n", "<", ">");
    assert_long(MAX_LINE, "", "(", ")");
    assert_long(MAX_LINE + 1, "\n", "{", "}");
    assert_long(MAX_LINE + 1, "\r\n", "{", "}");
    assert_long(MAX_LINE + 1, "", "{", "}");
    assert_long(MAX_LINE, "\ry", "{", "}");
    assert_long(MAX_LINE, "\r\r\n", "{", "}");
    assert_long(MAX_LINE, "\nab\n", "<", "><ab>");
}

static void a_last_cr_counts_where_no_lf_follows(void **state)
{
    (void)state;
    assert_long(MAX_LINE - 1, "\r", "(", "\r)");
    char input[MAX_LINE + 1];
    memset(input, 'x', MAX_LINE);
    input[MAX_LINE] = '\r';
    assert_cut((text_t){.data = input, .size = sizeof input}, TEXT("[xxx]"));
}

static void what_was_put_off_comes_first(void **state)
{
    (void)state;
    lines_t lines;
    lines_init(&lines, MAX_LINE);
    text_t line;
    text_t chunk = TEXT("one\ntwo\nthree\nfo");
    assert_int_equal(lines_take(&lines, &chunk, &line), LINES_LINE);
    assert_text_equal(line, "one");
    lines_keep(&lines, chunk);
    text_t none = {0};
    assert_int_equal(lines_take(&lines, &none, &line), LINES_LINE);
    assert_text_equal(line, "two");
    /* Again, with a line given out already. */
    lines_keep(&lines, none);
    assert_int_equal(lines_take(&lines, &none, &line), LINES_LINE);
    assert_text_equal(line, "three");
    assert_int_equal(lines_take(&lines, &none, &line), LINES_NONE);
    assert_int_equal(lines_waiting(&lines), 2);
    chunk = TEXT("ur\nfive\n");
    assert_int_equal(lines_take(&lines, &chunk, &line), LINES_LINE);
    assert_text_equal(line, "four");
    assert_int_equal(lines_take(&lines, &chunk, &line), LINES_LINE);
    assert_text_equal(line, "five");
    assert_int_equal(lines_take(&lines, &chunk, &line), LINES_NONE);
    assert_int_equal(lines_waiting(&lines), 0);
    lines_done(&lines);
    assert_null(lines.kept.data);
}

static void the_most_that_can_wait_fits(void **state)
{
    (void)state;
    lines_t lines;
    lines_init(&lines, LIMIT_LINE_SIZE);
    char *bytes = test_malloc(LIMIT_READ_SIZE);
    memset(bytes, 'x', LIMIT_READ_SIZE);
    text_t line;
    text_t chunk = {.data = bytes, .size = LIMIT_READ_SIZE};
    assert_int_equal(lines_take(&lines, &chunk, &line), LINES_NONE);
    chunk = (text_t){.data = bytes, .size = LIMIT_READ_SIZE};
    bytes[0] = '\n';
    assert_int_equal(lines_take(&lines, &chunk, &line), LINES_LINE);
    assert_int_equal(line.size, LIMIT_LINE_SIZE);
    lines_keep(&lines, chunk);
    assert_int_equal(lines_waiting(&lines), LIMIT_READ_SIZE - 1);
    lines_done(&lines);
    test_free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_do_not_depend_on_pieces),
        cmocka_unit_test(the_longest_line_is_a_line_and_one_byte_more_is_not),
        cmocka_unit_test(a_last_cr_counts_where_no_lf_follows),
        cmocka_unit_test(what_was_put_off_comes_first),
        cmocka_unit_test(the_most_that_can_wait_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
