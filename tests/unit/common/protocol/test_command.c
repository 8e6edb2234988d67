/* Client lines (common/protocol/command.h; client-protocol.md, L, C, W and X rules). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/protocol/command.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static command_t parse(const char *line)
{
    return command_parse(text_of(line));
}

static void iamat_gives_its_fields(void **state)
{
    (void)state;
    command_t command = parse("IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503");
    assert_int_equal(command.kind, COMMAND_IAMAT);
    assert_text_equal(command.client, "kiwi.cs.ucla.edu");
    assert_text_equal(command.position, "+34.068930-118.445127");
    assert_text_equal(command.client_time, "1621464827.959498503");
    assert_true(command.client_time_ns == INT64_C(1621464827959498503));
}

static void whatsat_gives_its_fields(void **state)
{
    (void)state;
    command_t command = parse("WHATSAT kiwi.cs.ucla.edu 10 5");
    assert_int_equal(command.kind, COMMAND_WHATSAT);
    assert_text_equal(command.client, "kiwi.cs.ucla.edu");
    assert_int_equal(command.radius_km, 10);
    assert_int_equal(command.result_count, 5);
}

static const struct {
    const char *line;
    command_kind_t kind;
} kind_cases[] = {
    {"IAMAT a +1-1 0", COMMAND_IAMAT},
    {"IAMAT IAMAT +1-1 0", COMMAND_IAMAT},
    {"IAMAT +1-1 +1-1 1", COMMAND_IAMAT},
    {"IAMAT ? +1-1 1.5", COMMAND_IAMAT},
    {"IAMAT a +27.5916+086.5640+8850CRSWGS_84/ 1", COMMAND_IAMAT},
    {"WHATSAT a 0 0", COMMAND_WHATSAT},
    {"WHATSAT a 50 20", COMMAND_WHATSAT},
    {"WHATSAT 10 10 5", COMMAND_WHATSAT},
    {"WHATSAT WHATSAT 010 0000000000000000000000000000005", COMMAND_WHATSAT},
    /* X2: names (C3) */
    {"", COMMAND_INVALID},
    {" ", COMMAND_INVALID},
    {"\t\r\f\v ", COMMAND_INVALID},
    {"IAMAT", COMMAND_INVALID},
    {"WHATSAT", COMMAND_INVALID},
    {"iamat a +1-1 0", COMMAND_INVALID},
    {"Iamat a +1-1 0", COMMAND_INVALID},
    {"IAMATa +1-1 0 x", COMMAND_INVALID},
    {"IAMA a +1-1 0", COMMAND_INVALID},
    {"IAMATT a +1-1 0", COMMAND_INVALID},
    {"whatsat a 10 5", COMMAND_INVALID},
    {"WHATSA a 10 5", COMMAND_INVALID},
    {"WHATSATS a 10 5", COMMAND_INVALID},
    {"WHEREIS a 10 5", COMMAND_INVALID},
    {"? WHATSAT a 10 5", COMMAND_INVALID},
    {"\"IAMAT\" a +1-1 0", COMMAND_INVALID},
    /* X3 */
    {"AT Clark +0.263873386 kiwi +34.068930-118.445127 1621464827.959498503", COMMAND_INVALID},
    {"AT a +1-1 0", COMMAND_INVALID},
    {"AT Clark +0.263873386 kiwi +34.0-118.4 1621464827.9 =", COMMAND_INVALID},
    /* X2: counts of fields */
    {"IAMAT a", COMMAND_INVALID},
    {"IAMAT a +1-1", COMMAND_INVALID},
    {"IAMAT +1-1 0", COMMAND_INVALID},
    {"IAMAT a +1-1 0 0", COMMAND_INVALID},
    {"IAMAT a b +1-1 0", COMMAND_INVALID},
    {"IAMAT a +1 -1 0", COMMAND_INVALID},
    {"IAMAT a +1-1 0 IAMAT b +1-1 0", COMMAND_INVALID},
    {"WHATSAT a", COMMAND_INVALID},
    {"WHATSAT a 10", COMMAND_INVALID},
    {"WHATSAT 10 5", COMMAND_INVALID},
    {"WHATSAT a 10 5 1", COMMAND_INVALID},
    {"WHATSAT a b 10 5", COMMAND_INVALID},
    /* X2: fields */
    {"IAMAT a 0 +1-1", COMMAND_INVALID},
    {"IAMAT a 1-1 0", COMMAND_INVALID},
    {"IAMAT a +91-1 0", COMMAND_INVALID},
    {"IAMAT a +1-181 0", COMMAND_INVALID},
    {"IAMAT a +1-1+1 0", COMMAND_INVALID},
    {"IAMAT a +1-1 -1", COMMAND_INVALID},
    {"IAMAT a +1-1 +1", COMMAND_INVALID},
    {"IAMAT a +1-1 nan", COMMAND_INVALID},
    {"IAMAT a +1-1 inf", COMMAND_INVALID},
    {"IAMAT a +1-1 1e9", COMMAND_INVALID},
    {"IAMAT a +1-1 1.", COMMAND_INVALID},
    {"IAMAT a +1-1 .1", COMMAND_INVALID},
    {"IAMAT a +1-1 9223372036.854775808", COMMAND_INVALID},
    {"IAMAT a 10 5", COMMAND_INVALID},
    {"WHATSAT a +1-1 0", COMMAND_INVALID},
    /* W2, W3 */
    {"WHATSAT a 51 5", COMMAND_INVALID},
    {"WHATSAT a -1 5", COMMAND_INVALID},
    {"WHATSAT a -0 5", COMMAND_INVALID},
    {"WHATSAT a +1 5", COMMAND_INVALID},
    {"WHATSAT a 10.5 5", COMMAND_INVALID},
    {"WHATSAT a 10. 5", COMMAND_INVALID},
    {"WHATSAT a 1- 5", COMMAND_INVALID},
    {"WHATSAT a 0x10 5", COMMAND_INVALID},
    {"WHATSAT a 1e1 5", COMMAND_INVALID},
    {"WHATSAT a ten 5", COMMAND_INVALID},
    {"WHATSAT a 10 21", COMMAND_INVALID},
    {"WHATSAT a 10 -1", COMMAND_INVALID},
    {"WHATSAT a 10 +1", COMMAND_INVALID},
    {"WHATSAT a 10 5.0", COMMAND_INVALID},
    {"WHATSAT a 10 5,", COMMAND_INVALID},
    {"WHATSAT a 10 1-", COMMAND_INVALID},
    {"WHATSAT a 4294967306 5", COMMAND_INVALID},
    {"WHATSAT a 18446744073709551626 5", COMMAND_INVALID},
    {"WHATSAT a 10 4294967301", COMMAND_INVALID},
    {"WHATSAT a 10 18446744073709551621", COMMAND_INVALID},
};

static void lines_have_their_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kind_cases); i++) {
        if (parse(kind_cases[i].line).kind != kind_cases[i].kind) {
            fail_msg("not of kind %d: %s", (int)kind_cases[i].kind, kind_cases[i].line);
        }
    }
}

static void every_radius_and_count_has_its_answer(void **state)
{
    (void)state;
    for (unsigned number = 0; number <= 130; number++) {
        char line[64];
        snprintf(line, sizeof line, "WHATSAT a %u 1", number);
        command_t command = parse(line);
        assert_int_equal(command.kind == COMMAND_WHATSAT, number <= LIMIT_RADIUS_KM);
        assert_true(command.kind == COMMAND_INVALID || command.radius_km == number);
        snprintf(line, sizeof line, "WHATSAT a 1 %u", number);
        command = parse(line);
        assert_int_equal(command.kind == COMMAND_WHATSAT, number <= LIMIT_RESULTS);
        assert_true(command.kind == COMMAND_INVALID || command.result_count == number);
    }
}

/* L2: each of the five, one or many, between, before and behind the fields. */
static void white_space_separates_and_surrounds(void **state)
{
    (void)state;
    static const char *const whites[] = {" ", "\t", "\r", "\f", "\v", "  ", " \t\r\f\v ", "\r\r"};
    for (size_t i = 0; i < ARRAY_COUNT(whites); i++) {
        char line[128];
        const char *white = whites[i];
        snprintf(line, sizeof line, "%sIAMAT%skiwi%s+1-1%s5.25%s", white, white, white, white,
                 white);
        command_t command = parse(line);
        assert_int_equal(command.kind, COMMAND_IAMAT);
        assert_text_equal(command.client, "kiwi");
        assert_text_equal(command.position, "+1-1");
        assert_text_equal(command.client_time, "5.25");
        snprintf(line, sizeof line, "WHATSAT%skiwi%s10%s5%s", white, white, white, white);
        assert_int_equal(parse(line).kind, COMMAND_WHATSAT);
    }
}

/* L3: all bytes but white space and LF stand for themselves in a client ID. */
static void each_other_byte_is_ordinary(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte <= 255; byte++) {
        char line[] = "WHATSAT a#b 10 5";
        line[9] = (char)byte;
        command_t command = command_parse((text_t){.data = line, .size = sizeof line - 1});
        if (text_is_space((char)byte)) {
            assert_int_equal(command.kind, COMMAND_INVALID);
        } else {
            assert_int_equal(command.kind, COMMAND_WHATSAT);
            assert_int_equal(command.client.size, 3);
            assert_memory_equal(command.client.data, line + 8, 3);
        }
    }
}

static void a_zero_byte_ends_nothing(void **state)
{
    (void)state;
    command_t command = command_parse(TEXT("IAMAT a\0b +1-1 5"));
    assert_int_equal(command.kind, COMMAND_IAMAT);
    assert_int_equal(command.client.size, 3);
    command = command_parse(TEXT("IAMAT \0 +1-1 5"));
    assert_int_equal(command.kind, COMMAND_IAMAT);
    assert_int_equal(command.client.size, 1);
    assert_int_equal(command_parse(TEXT("IAMAT a +1-1 5\0")).kind, COMMAND_INVALID);
    assert_int_equal(command_parse(TEXT("IAMAT a +1-1\0 5")).kind, COMMAND_INVALID);
    assert_int_equal(command_parse(TEXT("IAMAT\0 a +1-1 5")).kind, COMMAND_INVALID);
    assert_int_equal(command_parse(TEXT("\0IAMAT a +1-1 5")).kind, COMMAND_INVALID);
    assert_int_equal(command_parse(TEXT("WHATSAT a 10\0 5")).kind, COMMAND_INVALID);
    assert_int_equal(command_parse(TEXT("WHATSAT a 10 5\0")).kind, COMMAND_INVALID);
    assert_int_equal(command_parse(TEXT("WHATSAT a 10 5 \0")).kind, COMMAND_INVALID);
    assert_int_equal(command_parse((text_t){0}).kind, COMMAND_INVALID);
}

/* L4: the longest lines, their length in the client ID, the time or the white space. */
static void the_longest_lines_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *front;
        const char *back;
        command_kind_t kind;
        char filler;
    } cases[] = {
        {"IAMAT ", " +1-1 5", COMMAND_IAMAT, 'x'},
        {"IAMAT ", " +1-1 5", COMMAND_IAMAT, '\0'},
        {"IAMAT ", " +1-1 5", COMMAND_IAMAT, '\xff'},
        {"IAMAT ", "a +1-1 5", COMMAND_IAMAT, ' '},
        {"IAMAT a +1-1 ", "5", COMMAND_IAMAT, '0'},
        {"IAMAT a +1-1 5.", "5", COMMAND_IAMAT, '0'},
        {"IAMAT a +1-1.", "5 5", COMMAND_IAMAT, '0'},
        {"IAMAT a +1-1CRS", "/ 5", COMMAND_IAMAT, 'x'},
        {"WHATSAT a 10 ", "5", COMMAND_WHATSAT, '0'},
        {"WHATSAT a ", "10 5", COMMAND_WHATSAT, '0'},
        {"WHATSAT ", " 10 5", COMMAND_WHATSAT, 'x'},
        {"IAMAT a +1-1 ", "5", COMMAND_INVALID, '9'},
        {"IAMAT a +1-1 5.", "x", COMMAND_INVALID, '0'},
        {"IAMAT a ", "1-1 5", COMMAND_INVALID, '+'},
        {"IAMAT", " a +1-1 5", COMMAND_INVALID, 'T'},
        {"WHATSAT a ", " 5", COMMAND_INVALID, '9'},
        {" ", " ", COMMAND_INVALID, ' '},
        {"x", "x", COMMAND_INVALID, 'x'},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char *line = memory_new(LIMIT_LINE_SIZE);
        size_t front = strlen(cases[i].front);
        size_t back = strlen(cases[i].back);
        memset(line, cases[i].filler, LIMIT_LINE_SIZE);
        memcpy(line, cases[i].front, front);
        memcpy(line + LIMIT_LINE_SIZE - back, cases[i].back, back);
        command_t command = command_parse((text_t){.data = line, .size = LIMIT_LINE_SIZE});
        if (command.kind != cases[i].kind) {
            fail_msg("not of kind %d: %s...", (int)cases[i].kind, cases[i].front);
        }
        free(line);
    }
}

/* White space behind a line changes nothing, and makes command_parse read it field by field. Lines
 * end where their memory does, for tools that watch over that. */
static void expect_as_by_fields(const char *line, size_t size)
{
    char *exact = memory_new(size > 0 ? size : 1);
    char *longer = memory_new(size + 1);
    memcpy(exact, line, size);
    memcpy(longer, line, size);
    longer[size] = ' ';
    command_t command = command_parse((text_t){.data = exact, .size = size});
    command_t expected = command_parse((text_t){.data = longer, .size = size + 1});
    if (command.kind != expected.kind) {
        fail_msg("of two kinds, %d and %d: %.*s", (int)command.kind, (int)expected.kind, (int)size,
                 line);
    }
    if (command.kind == COMMAND_IAMAT) {
        assert_true(text_equal(command.client, expected.client));
        assert_true(text_equal(command.position, expected.position));
        assert_true(text_equal(command.client_time, expected.client_time));
        assert_int_equal(command.client_time_ns, expected.client_time_ns);
    }
    free(longer);
    free(exact);
}

/* Each byte of a line of the usual form is replaced by each other, left out, or the last one. */
static void usual_lines_are_read_as_all_others(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503",
        "IAMAT k -89.9+179.9 1",
        "IAMAT kiwi +9.000000001-9.123456789012345678901 0.5",
        "IAMAT kiwi -90.0+000.0 1621464827.959498503",
        "IAMAT kiwi +1.5-180.0 9223372036.854775807",
        "IAMAT kiwi +1.5-17.5 9223372036.854775808",
        "IAMAT kiwi +1.5-17.5/ 1621464827.959498503",
        "IAMAT kiwi +1.5-17.5+8850CRSWGS_84/ 1621464827.959498503",
    };
    enum { SIZE_MAX_HERE = 128 };
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        size_t size = strlen(lines[i]);
        char line[SIZE_MAX_HERE];
        assert_true(size <= sizeof line);
        for (size_t at = 0; at < size; at++) {
            for (int byte = 0; byte <= UCHAR_MAX; byte++) {
                memcpy(line, lines[i], size);
                line[at] = (char)byte;
                expect_as_by_fields(line, size);
            }
            expect_as_by_fields(lines[i], at);
            memcpy(line, lines[i], at);
            memcpy(line + at, lines[i] + at + 1, size - at - 1);
            expect_as_by_fields(line, size - 1);
        }
        expect_as_by_fields(lines[i], size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iamat_gives_its_fields),
        cmocka_unit_test(whatsat_gives_its_fields),
        cmocka_unit_test(lines_have_their_kind),
        cmocka_unit_test(every_radius_and_count_has_its_answer),
        cmocka_unit_test(white_space_separates_and_surrounds),
        cmocka_unit_test(each_other_byte_is_ordinary),
        cmocka_unit_test(a_zero_byte_ends_nothing),
        cmocka_unit_test(the_longest_lines_are_read),
        cmocka_unit_test(usual_lines_are_read_as_all_others),
    };
    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
