/* The README's session, taken out of README.md and run with the real nc. What the README shows must
 * come back byte for byte, except the two things that differ from run to run: the client's time and
 * the difference. */
#include "common/base/buffer.h"
#include "common/base/timestamp.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>

enum { PORT_DIGITS = 5, SESSION_SIZE_MAX = 65536 };

/* Fields of an AT line. */
enum { AT_SERVER = 1, AT_DIFFERENCE = 2, AT_CLIENT = 3, AT_TIME = 5, AT_FIELDS };

/* The members by their ports in deploy/herd.cfg, from 11490 on. */
static const char *const members[] = {"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"};
enum { FIRST_PORT = 11490, MEMBERS = sizeof members / sizeof members[0] };

/* The sample herd, with the places that it ships with. */
static int start_herd(void **state)
{
    static const herd_member_t sample[] = {
        {"Goloman", "Hands Holiday Wilkes"}, {"Hands", "Goloman Wilkes"},
        {"Holiday", "Goloman Welsh Wilkes"}, {"Welsh", "Holiday"},
        {"Wilkes", "Goloman Hands Holiday"},
    };
    herd_t *herd = herd_new(&(herd_options_t){.members = sample,
                                              .member_count = MEMBERS,
                                              .local_places = true,
                                              .places = "deploy/places/cities.tsv"});
    *state = herd;
    herd_start_all(herd);
    return 0;
}

/* The lines between the README's marks and code fences; caller frees. */
static char *read_session(void)
{
    char *path = herd_source("README.md");
    size_t size;
    char *readme = workspace_read(path, &size);
    const char *begin = readme != NULL ? strstr(readme, "<!-- session") : NULL;
    begin = begin != NULL ? strstr(begin, "\n```\n") : NULL;
    const char *end = begin != NULL ? strstr(begin + 1, "\n```\n<!-- end of session -->\n") : NULL;
    if (begin == NULL || end == NULL) {
        fail_msg("%s: no session between its marks", path);
        abort(); /* never reached: what the analyzer does not know of fail_msg */
    }
    begin += strlen("\n```\n");
    char *session = strndup(begin, (size_t)(end + 1 - begin));
    assert_non_null(session);
    free(readme);
    free(path);
    return session;
}

static void append(buffer_t *out, text_t text)
{
    assert_int_equal(buffer_append(out, text.data, text.size), STATUS_OK);
}

/* `command` with its last word, a port, replaced by that of the same member of `herd`, whose number
 * goes to `*ret_member`. */
static char *localise(herd_t *herd, text_t command, size_t *ret_member)
{
    uint64_t port = 0;
    assert_true(command.size > PORT_DIGITS);
    text_t head = text_first(command, command.size - PORT_DIGITS);
    if (!text_to_u64(text_after(command, head.size), UINT16_MAX, &port) || port < FIRST_PORT ||
        port >= FIRST_PORT + MEMBERS) {
        fail_msg("no port of the sample herd at the end of: %.*s", (int)command.size, command.data);
    }
    *ret_member = port - FIRST_PORT;
    char *local = NULL;
    assert_true(asprintf(&local, "%.*s%u", (int)head.size, head.data,
                         (unsigned)herd_port(herd, members[*ret_member])) > 0);
    return local;
}

/* What a command prints, in a shell as a reader's; caller frees. */
static char *run(herd_t *herd, const char *command)
{
    char *path = workspace_path(herd_folder(herd), "session");
    remove(path);
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    int status = process_run(&(process_options_t){.argv = argv, .output = path}, WAIT_LIMIT_MS);
    size_t size;
    char *printed = workspace_read(path, &size);
    free(path);
    if (status != 0) {
        fail_msg("%s: status %d: %s", command, status, printed);
    }
    return printed;
}

/* The fields of the first line of `text`, an AT line. */
static void split_at(text_t text, text_t fields[AT_FIELDS])
{
    text_t line;
    text_t extra;
    assert_true(text_take_line(&text, &line));
    for (int i = 0; i < AT_FIELDS; i++) {
        assert_true(text_take_field(&line, &fields[i]));
    }
    assert_false(text_take_field(&line, &extra));
    int64_t value_ns;
    assert_true(timestamp_parse(fields[AT_TIME], &value_ns));
    assert_true(timestamp_parse_difference(fields[AT_DIFFERENCE], &value_ns));
}

/* Runs one command of the session and appends what it printed. Then waits until every member knows
 * what an IAMAT said; a reader's fingers are as slow. */
static void run_command(herd_t *herd, text_t command, buffer_t *printed)
{
    size_t member;
    char *local = localise(herd, command, &member);
    char *answer = run(herd, local);
    append(printed, text_of(answer));
    if (strstr(local, "IAMAT") != NULL) {
        text_t fields[AT_FIELDS];
        split_at(text_of(answer), fields);
        assert_text_equal(fields[AT_SERVER], members[member]);
        char *client = strndup(fields[AT_CLIENT].data, fields[AT_CLIENT].size);
        for (size_t i = 0; i < MEMBERS; i++) {
            herd_wait_seen(herd, members[i], client, answer);
        }
        free(client);
    }
    free(answer);
    free(local);
}

/* Appends an AT line of the README with the difference and the time of the first line that was
 * `printed`: the herd must repeat these each time (client-protocol.md, W4). */
static void append_at(buffer_t *out, text_t shown, text_t printed)
{
    text_t fields[AT_FIELDS];
    text_t first[AT_FIELDS];
    split_at(shown, fields);
    split_at(printed, first);
    fields[AT_DIFFERENCE] = first[AT_DIFFERENCE];
    fields[AT_TIME] = first[AT_TIME];
    for (int i = 0; i < AT_FIELDS; i++) {
        append(out, fields[i]);
        append(out, i + 1 < AT_FIELDS ? TEXT(" ") : TEXT("\n"));
    }
}

static void the_session_of_the_readme(void **state)
{
    char *session = read_session();
    buffer_t printed;
    buffer_t shown;
    buffer_init(&printed, SESSION_SIZE_MAX);
    buffer_init(&shown, SESSION_SIZE_MAX);
    text_t rest = text_of(session);
    text_t from_here = rest;
    text_t line;
    size_t commands = 0;
    while (text_take_line(&rest, &line)) {
        if (text_equal(text_first(line, 2), TEXT("$ "))) {
            run_command(*state, text_after(line, 2), &printed);
            commands++;
        } else if (text_equal(text_first(line, 3), TEXT("AT "))) {
            append_at(&shown, from_here, buffer_text(&printed));
        } else {
            append(&shown, line);
            append(&shown, TEXT("\n"));
        }
        from_here = rest;
    }
    assert_int_equal(commands, 3);
    append(&printed, (text_t){.data = "", .size = 1});
    append(&shown, (text_t){.data = "", .size = 1});
    assert_string_equal(printed.data, shown.data);
    buffer_done(&shown);
    buffer_done(&printed);
    free(session);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_session_of_the_readme, start_herd, herd_teardown)};
    return workspace_finish(cmocka_run_group_tests_name("netcat", tests, NULL, NULL));
}
