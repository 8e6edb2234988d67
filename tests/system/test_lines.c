/* Lines by their length, and replies by their writes. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/workspace.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <stdlib.h>

enum {
    ENDLESS_SIZE = 1024 * 1024,
    SILENCE_MS = 200, /* how long an answer that must not come is waited for */
};

static const char head[] = "IAMAT ";
static const char tail[] = " +34.068930-118.445127 1621464827.959498503";

/* "IAMAT xxx...x +34... 1621...\n" of `size` bytes before its LF; caller frees with free(). */
static char *iamat_of_size(size_t size)
{
    char *line = memory_new(size + 2);
    memset(line, 'x', size);
    memcpy(line, head, strlen(head));
    memcpy(line + size - strlen(tail), tail, strlen(tail));
    line[size] = '\n';
    return line;
}

static text_t line_text(const char *line, size_t size)
{
    return (text_t){.data = line, .size = size};
}

static void longest_commands_are_answered(void **state)
{
    client_t *client = herd_connect(*state, "Clark");
    char *line = iamat_of_size(LIMIT_LINE_SIZE);
    client_send(client, line_text(line, LIMIT_LINE_SIZE + 1));
    text_t answer = client_read_line(client);
    const size_t fields_size = LIMIT_LINE_SIZE - strlen(head);
    assert_true(answer.size > fields_size + strlen("AT Clark "));
    assert_memory_equal(answer.data, "AT Clark ", strlen("AT Clark "));
    assert_memory_equal(answer.data + answer.size - fields_size, line + strlen(head), fields_size);
    free(line);
    client_destroy(&client);
}

static void longest_invalid_lines_are_copied(void **state)
{
    client_t *client = herd_connect(*state, "Clark");
    char *line = memory_new(LIMIT_LINE_SIZE + 1);
    memset(line, 'x', LIMIT_LINE_SIZE);
    line[LIMIT_LINE_SIZE] = '\n';
    client_send(client, line_text(line, LIMIT_LINE_SIZE + 1));
    text_t answer = client_read_line(client);
    assert_int_equal(answer.size, LIMIT_LINE_SIZE + 2);
    assert_memory_equal(answer.data, "? ", 2);
    assert_memory_equal(answer.data + 2, line, LIMIT_LINE_SIZE);
    /* The connection goes on. */
    client_say(client, "WRONG\n");
    client_expect(client, "? WRONG");
    free(line);
    client_destroy(&client);
}

/* Sends `size` times x, then LF and a line that must not be answered any more. */
static void assert_too_long(herd_t *herd, size_t size)
{
    char *line = memory_new(size);
    memset(line, 'x', size);
    char expected[LIMIT_LINE_ECHO + 4] = "? ";
    memset(expected + 2, 'x', LIMIT_LINE_ECHO);
    expected[LIMIT_LINE_ECHO + 2] = '\n';
    client_t *client = herd_connect(herd, "Clark");
    client_say(client, "WRONG\n");
    /* The server may close while this is on its way. */
    (void)client_send_some(client, line_text(line, size), 2000);
    (void)client_send_some(client, TEXT("\nWRONG\n"), 2000);
    client_expect(client, "? WRONG");
    text_t rest = client_read_all(client);
    assert_text_equal(rest, expected);
    free(line);
    client_destroy(&client);
}

static void longer_lines_end_the_connection(void **state)
{
    assert_too_long(*state, LIMIT_LINE_SIZE + 1);
}

static void endless_lines_end_the_connection(void **state)
{
    assert_too_long(*state, ENDLESS_SIZE);
}

static void longer_commands_are_invalid_too(void **state)
{
    char *line = iamat_of_size(LIMIT_LINE_SIZE + 1);
    client_t *client = herd_connect(*state, "Clark");
    client_send(client, line_text(line, LIMIT_LINE_SIZE + 2));
    text_t answer = client_read_all(client);
    assert_int_equal(answer.size, 2 + LIMIT_LINE_ECHO + 1);
    assert_memory_equal(answer.data, "? IAMAT xxx", strlen("? IAMAT xxx"));
    free(line);
    client_destroy(&client);
}

static void the_limit_is_a_setting(void **state)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd = herd_new(&(herd_options_t){
        .members = members, .member_count = 1, .settings = "max_line = \"128\"\n"});
    *state = herd;
    herd_start_all(herd);
    assert_too_long(herd, 129);
    client_t *client = herd_connect(herd, "Clark");
    char *line = iamat_of_size(128);
    client_say(client, line);
    text_t answer = client_read_line(client);
    assert_memory_equal(answer.data, "AT Clark ", strlen("AT Clark "));
    free(line);
    client_destroy(&client);
}

static void half_a_line_is_not_answered(void **state)
{
    client_t *client = herd_connect(*state, "Clark");
    text_t line;
    client_say(client, "WRO");
    assert_false(client_try_line(client, SILENCE_MS, &line));
    client_say(client, "NG\nIAM");
    client_expect(client, "? WRONG");
    assert_false(client_try_line(client, SILENCE_MS, &line));
    client_destroy(&client);
}

static void an_at_line_and_its_json_are_one_write(void **state)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd =
        herd_new(&(herd_options_t){.members = members, .member_count = 1, .local_places = true});
    *state = herd;
    herd_start_all(herd);
    client_t *client = herd_connect(herd, "Clark");
    client_say(client, "IAMAT kiwi +34.068930-118.445127 1621464827.959498503\n");
    (void)client_read_line(client);
    client_say(client, "WHATSAT kiwi 50 20\n");
    text_t answer = client_read_once(client);
    assert_memory_equal(answer.data, "AT Clark ", strlen("AT Clark "));
    assert_memory_equal(answer.data + answer.size - 3, "}\n\n", 3);
    client_destroy(&client);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_SINGLE(longest_commands_are_answered),
        HERD_TEST_SINGLE(longest_invalid_lines_are_copied),
        HERD_TEST_SINGLE(longer_lines_end_the_connection),
        HERD_TEST_SINGLE(endless_lines_end_the_connection),
        HERD_TEST_SINGLE(longer_commands_are_invalid_too),
        HERD_TEST_OWN(the_limit_is_a_setting),
        HERD_TEST_SINGLE(half_a_line_is_not_answered),
        HERD_TEST_OWN(an_at_line_and_its_json_are_one_write),
    };
    return workspace_finish(cmocka_run_group_tests_name("lines", tests, NULL, NULL));
}
