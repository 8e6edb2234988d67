/* The herd file changes while the herd runs: members come, go and move, settings change; whatever
 * stays is undisturbed. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/load.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/sockets/sockets.h"
#include "common/sockets/transport.h"

#include <signal.h>
#include <stdio.h>

enum { CONNECTS_SIZE = 256 };

/* D is a neighbour of B and C; without it these three are a line. */
static const herd_member_t three[] = {{"A", "B"}, {"B", "A C"}, {"C", "B"}};
static const herd_member_t four[] = {{"A", "B"}, {"B", "A C D"}, {"C", "B D"}, {"D", "B C"}};

#define OF(list, lines)                                                                            \
    (&(herd_options_t){.members = (list), .member_count = ARRAY_COUNT(list), .settings = (lines)})

/* `herdctl reload [member]`: its exit status, and part of what it prints. */
static void expect_reload(herd_t *herd, const char *member, int status, const char *part)
{
    const char *output;
    int got = herd_control(herd, (const char *const[]){"reload", member, NULL}, &output);
    if (got != status || strstr(output, part) == NULL) {
        fail_msg("no \"%s\", or status %d and not %d: %s", part, got, status, output);
    }
}

/* The fields of a link's report that tell one connection and session from another: how many
 * connections were begun, and when the link last came up or went down. */
static void read_session(herd_t *herd, const char *member, const char *neighbour, char *out)
{
    report_t report;
    char start[64];
    report_read(herd_requests(herd, member), &report);
    assert_true(report_link(&report, neighbour).up);
    snprintf(start, sizeof start, "link %s ", neighbour);
    const char *line = strstr(report.body, start);
    assert_non_null(line);
    const char *connects = strstr(line, " connects=");
    const char *changed = strstr(line, " changed=");
    const char *end = strchr(line, '\n');
    assert_true(connects != NULL && changed != NULL && connects < end && changed < end);
    snprintf(out, CONNECTS_SIZE, "%.*s%.*s", (int)strcspn(connects + 1, " \n"), connects + 1,
             (int)strcspn(changed, "\n"), changed);
    report_done(&report);
}

/* A link in both directions, as it was. */
typedef struct {
    const char *one;
    const char *other;
    char before[2][CONNECTS_SIZE];
} session_t;

static session_t session_of(herd_t *herd, const char *one, const char *other)
{
    session_t session = {.one = one, .other = other};
    read_session(herd, one, other, session.before[0]);
    read_session(herd, other, one, session.before[1]);
    return session;
}

static void expect_undisturbed(herd_t *herd, const session_t *session)
{
    session_t now = session_of(herd, session->one, session->other);
    assert_string_equal(now.before[0], session->before[0]);
    assert_string_equal(now.before[1], session->before[1]);
}

static void hang_up(herd_t *herd, const char *member)
{
    process_signal(herd_node(herd, member), SIGHUP);
}

/* As docs/operations.md says: the file first, then the neighbours, then the new member; then it
 * goes again. */
static void a_member_comes_and_goes_under_load(void **state)
{
    herd_t *herd = herd_new(OF(three, LOAD_SETTINGS));
    *state = herd;
    load_t *load = load_start(herd, "A C");
    load_for(load, 500);
    session_t kept[] = {session_of(herd, "A", "B"), session_of(herd, "B", "C")};
    herd_rewrite(herd, OF(four, LOAD_SETTINGS));
    hang_up(herd, "B");
    hang_up(herd, "C");
    herd_wait_logged(herd, "B", "node", " D reload-changed: a neighbour now, at tcp://");
    herd_wait_logged(herd, "C", "node", " D reload-changed: a neighbour now, at tcp://");
    herd_start(herd, "D");
    load_adapt(load);
    load_expect_level(load, "a member came");
    expect_reload(herd, "A", 0, "A: nothing has changed\n");
    expect_undisturbed(herd, &kept[0]);
    expect_undisturbed(herd, &kept[1]);
    assert_int_equal(herd_stop_frontend(herd, "D"), 0);
    assert_int_equal(herd_stop_node(herd, "D"), 0);
    herd_rewrite(herd, OF(three, LOAD_SETTINGS));
    load_adapt(load);
    expect_reload(herd, NULL, 0, "C: D: no neighbour any more");
    load_expect_level(load, "a member went");
    expect_undisturbed(herd, &kept[0]);
    expect_undisturbed(herd, &kept[1]);
    /* And comes again, as a new life: what the old one had must not be left out. */
    herd_rewrite(herd, OF(four, LOAD_SETTINGS));
    expect_reload(herd, NULL, 1, "herdctl: D did not answer");
    herd_start(herd, "D");
    load_adapt(load);
    load_expect_level(load, "it came again");
    expect_undisturbed(herd, &kept[0]);
    expect_undisturbed(herd, &kept[1]);
    load_end(&load);
    assert_int_equal(herd_stop_node(herd, "A"), 0); /* the log is complete then */
    assert_int_equal(herd_count_logged(herd, "A", "node", "link-down"), 0);
}

/* Another one takes the place, and the mark, of the one that went (replication.md, R6). */
static void a_mark_of_one_that_went_does_not_count_for_the_next(void **state)
{
    static const herd_member_t with_b[] = {{"A", "B"}, {"B", "A"}};
    static const herd_member_t with_c[] = {{"A", "C"}, {"B", ""}, {"C", "A"}};
    herd_t *herd = herd_new(OF(with_b, NULL));
    *state = herd;
    herd_start_all(herd);
    const char *kiwi = herd_ask(herd, "B", "IAMAT kiwi +1-1 1\n");
    herd_wait_seen(herd, "A", "kiwi", kiwi);
    herd_rewrite(herd, OF(with_c, NULL));
    expect_reload(herd, "A", 0, "A: B: no neighbour any more");
    herd_start(herd, "C");
    herd_wait_seen(herd, "C", "kiwi", kiwi);
    expect_reload(herd, "B", 0, "B: A: no neighbour any more");
    const char *emu = herd_ask(herd, "B", "IAMAT emu +1-1 1\n");
    const char *rhea = herd_ask(herd, "A", "IAMAT rhea +1-1 1\n");
    herd_wait_seen(herd, "C", "rhea", rhea);
    assert_string_equal(herd_ask(herd, "C", "WHATSAT emu 0 0\n"), "? WHATSAT emu 0 0\n");
    assert_string_not_equal(emu, "");
}

/* With keys: the new one's is read before its link is made. */
static void a_member_with_a_key_comes(void **state)
{
    static const herd_member_t one[] = {{"A", ""}};
    static const herd_member_t two[] = {{"A", "B"}, {"B", "A"}};
    herd_t *herd = herd_new(&(herd_options_t){.members = one, .member_count = 1, .keys = true});
    *state = herd;
    herd_start_all(herd);
    const char *kiwi = herd_ask(herd, "A", "IAMAT kiwi +1-1 1\n");
    herd_rewrite(herd, &(herd_options_t){.members = two, .member_count = 2, .keys = true});
    assert_int_equal(herd_control(herd, (const char *const[]){"keygen", "B", NULL}, NULL), 0);
    expect_reload(herd, "A", 0, "A: B: a neighbour now");
    herd_start(herd, "B");
    herd_wait_seen(herd, "B", "kiwi", kiwi);
    const char *emu = herd_ask(herd, "B", "IAMAT emu +1-1 1\n");
    herd_wait_seen(herd, "A", "emu", emu);
}

/* The bus of A moves: A is started anew there, and B reads the new file. */
static void a_member_moves(void **state)
{
    herd_t *herd = herd_new(OF(three, NULL));
    *state = herd;
    herd_start_all(herd);
    session_t stays = session_of(herd, "B", "C");
    herd_move_bus(herd, "A");
    herd_rewrite(herd, OF(three, NULL));
    expect_reload(herd, "A", 0, "A: restart needed: bus: \"tcp://127.0.0.1:");
    herd_wait_logged(herd, "A", "node", " - reload-needs-restart: bus: ");
    assert_int_equal(herd_stop_node(herd, "A"), 0);
    expect_reload(herd, "B", 0, "B: A: at tcp://127.0.0.1:");
    herd_start_node(herd, "A");
    herd_wait_serving(herd, "A");
    const char *kiwi = herd_ask(herd, "A", "IAMAT kiwi +1-1 1\n");
    herd_wait_seen(herd, "C", "kiwi", kiwi);
    const char *emu = herd_ask(herd, "C", "IAMAT emu +1-1 1\n");
    herd_wait_seen(herd, "A", "emu", emu);
    expect_undisturbed(herd, &stays);
}

static void a_broken_file_changes_nothing(void **state)
{
    herd_t *herd = herd_new(OF(three, NULL));
    *state = herd;
    herd_start_all(herd);
    session_t kept = session_of(herd, "A", "B");
    herd_rewrite(herd, OF(three, "max_clientz = \"1\"\nexpire_after = \"never\"\n"));
    hang_up(herd, "B");
    herd_wait_logged(herd, "B", "node", " error   B/node - reload-error: ");
    herd_wait_logged(herd, "B", "node", "herd.cfg:6: unknown key \"max_clientz\"; did you mean");
    herd_wait_logged(herd, "B", "node", "herd.cfg:7: \"expire_after\" must be");
    herd_wait_logged(herd, "B", "node", "reload-refused: ");
    assert_int_equal(herd_count_logged(herd, "B", "node", "reload-changed"), 0);
    /* herdctl reads the same file, and says so before it asks anybody. */
    expect_reload(herd, NULL, 1, "herd.cfg:6: error: unknown key \"max_clientz\"");
    herd_rewrite(herd, OF(three, NULL));
    expect_reload(herd, NULL, 0, "B: nothing has changed\n");
    expect_undisturbed(herd, &kept);
}

/* Puts `now` in the place of `before`, of the same size, in the herd file. */
static void change_file(herd_t *herd, const char *before, const char *now)
{
    char text[4096] = "";
    FILE *file = fopen(herd_file(herd), "r+e");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    char *at = strstr(text, before);
    assert_non_null(at);
    assert_int_equal(strlen(before), strlen(now));
    memcpy(at, now, strlen(now));
    rewind(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Files that are right, but not for this node. */
static void a_file_for_others_changes_nothing(void **state)
{
    herd_t *herd = herd_new_single();
    *state = herd;
    herd_start(herd, "Clark");
    change_file(herd, "\"test\"", "\"tset\"");
    expect_reload(herd, "Clark", 1, "Clark: error: ");
    herd_wait_logged(herd, "Clark", "node",
                     "it is the file of herd \"tset\", and this node is one of \"test\"");
    change_file(herd, "\"tset\"", "\"test\"");
    change_file(herd, "    Clark", "    Klark");
    hang_up(herd, "Clark");
    herd_wait_logged(herd, "Clark", "node", "it has no member \"Clark\" any more");
    change_file(herd, "    Klark", "    Clark");
    expect_reload(herd, "Clark", 0, "Clark: nothing has changed\n");
    herd_expect_logged(herd, "Clark", "node", "reload-refused: ", 2);
}

/* Settings that take effect at once, settings that do not, and a second reload that reports only
 * what is new. */
static void settings_change_while_it_runs(void **state)
{
    static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};
    herd_t *herd = herd_new(OF(pair, "max_clients = \"1\"\nbus_traffic = \"yes\"\n"));
    *state = herd;
    herd_start_all(herd);
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 1\n");
    herd_wait_logged(herd, "B", "node", " A AT A ");
    herd_rewrite(herd, OF(pair, "max_clients = \"2\"\nacknowledge = \"peers 1\"\ntraffic = \"no\"\n"
                                "max_output = \"8192\"\nweb_security = \"none\"\n"
                                "web_tiles = \"https://a/{z}/{x}/{y}\"\n"
                                "web_tiles_attribution = \"b\"\n"));
    expect_reload(herd, NULL, 0, "A: max_clients is 2 now, it was 1\n");
    /* There is room for a second client, and its answer is a promise now. */
    const char *emu = herd_ask(herd, "A", "IAMAT emu +1-1 1\n");
    herd_wait_seen(herd, "B", "emu", emu);
    herd_wait_logged(herd, "A", "node",
                     herd_is_of_singles()
                         ? "max_output: \"8192\" takes effect when herd-single is started anew"
                         : "max_output: \"8192\" takes effect when the front-end is started anew");
    expect_reload(herd, "A", 0, "A: restart needed: max_output: \"8192\"");
    expect_reload(
        herd, "A", 0,
        "A: restart needed: web_security: \"none\" takes effect when herd-web is started anew");
    expect_reload(
        herd, "A", 0,
        "A: restart needed: web_tiles: \"https://a/{z}/{x}/{y}\" takes effect when herd-web");
    process_signal(herd_node(herd, "B"), SIGSTOP);
    client_t *client = herd_connect(herd, "A");
    client_say(client, "IAMAT emu +2-2 2\n"); /* B cannot hold it */
    herd_rewrite(herd, OF(pair, "max_clients = \"2\"\ntraffic = \"no\"\n"));
    expect_reload(herd, "A", 0, "A: acknowledge is memory now, it was peers 1\n");
    text_t line;
    assert_true(client_try_line(client, WAIT_LIMIT_MS, &line)); /* nothing waits for B any more */
    client_destroy(&client);
    process_signal(herd_node(herd, "B"), SIGCONT);
    /* All lines are in the files behind the end. */
    assert_int_equal(herd_stop_node(herd, "A"), 0);
    assert_int_equal(herd_stop_node(herd, "B"), 0);
    assert_int_equal(herd_count_logged(herd, "A", "node", "max_clients is 2 now"), 1);
    assert_int_equal(herd_count_logged(herd, "A", "node", "IAMAT kiwi"), 0);
    assert_int_equal(herd_count_logged(herd, "B", "node", " kiwi +1-1 1 "), 1);
    assert_int_equal(herd_count_logged(herd, "B", "node", " emu +1-1 1 "), 0);
}

/* A question of an operator. */
typedef struct {
    void *socket;
    message_t message;
} question_t;

static bool is_said(void *argument)
{
    const question_t *question = argument;
    return transport_send(question->socket, (text_t){0}, &question->message) == STATUS_OK;
}

static void say(void *socket, message_type_t type, const char *header)
{
    question_t question = {.socket = socket, .message = {.type = type, .header = text_of(header)}};
    assert_true(wait_until(is_said, &question, WAIT_LIMIT_MS));
}

/* The next REPORT is that of the question with this header, and ends so. */
static void expect_report(void *socket, const char *header, const char *end)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    transport_inbound_t inbound;
    assert_int_equal(zmq_poll(&item, 1, WAIT_LIMIT_MS), 1);
    assert_int_equal(transport_receive(socket, false, &inbound), STATUS_OK);
    text_t body = inbound.message.body;
    assert_int_equal(inbound.message.type, MESSAGE_REPORT);
    assert_text_equal(inbound.message.header, header);
    assert_true(body.size >= strlen(end));
    assert_text_equal(text_after(body, body.size - strlen(end)), end);
    transport_inbound_done(&inbound);
}

/* Two of an operator and one by SIGHUP find the node at one turn: each is done, and answered before
 * what was asked behind it. */
static void reloads_of_one_turn_are_done_one_by_one(void **state)
{
    herd_t *herd = herd_new(OF(four, NULL));
    *state = herd;
    herd_start(herd, "C");
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_DEALER);
    const char *endpoint = herd_requests(herd, "C");
    assert_int_equal(sockets_configure(socket, SOCKETS_REQUESTS_DEALER, endpoint, NULL), STATUS_OK);
    assert_int_equal(zmq_connect(socket, endpoint), 0);
    say(socket, MESSAGE_ECHO, "0");
    expect_report(socket, "0", "name C\n");
    herd_rewrite(herd, OF(three, "max_clients = \"2\"\n"));
    process_signal(herd_node(herd, "C"), SIGSTOP);
    say(socket, MESSAGE_RELOAD, "1");
    say(socket, MESSAGE_RELOAD, "2");
    say(socket, MESSAGE_ECHO, "3");
    hang_up(herd, "C");
    process_signal(herd_node(herd, "C"), SIGCONT);
    expect_report(socket, "1", "reloaded 1\n");
    expect_report(socket, "2", "reloaded 1\n");
    expect_report(socket, "3", "name C\n");
    zmq_close(socket);
    zmq_ctx_term(context);
    herd_wait_logged(herd, "C", "node", "SIGHUP: log opened anew");
    assert_int_equal(herd_stop_frontend(herd, "C"), 0);
    assert_int_equal(herd_stop_node(herd, "C"), 0);
    assert_int_equal(herd_count_logged(herd, "C", "node", " read again: "), 3);
    assert_int_equal(herd_count_logged(herd, "C", "node", "max_clients is 2 now"), 1);
    assert_int_equal(
        herd_count_logged(herd, "C", "node", "D reload-changed: no neighbour any more"), 1);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_member_comes_and_goes_under_load),
        HERD_TEST_OWN(a_mark_of_one_that_went_does_not_count_for_the_next),
        HERD_TEST_OWN(a_member_with_a_key_comes),
        HERD_TEST_OWN(a_member_moves),
        HERD_TEST_OWN(a_broken_file_changes_nothing),
        HERD_TEST_OWN(a_file_for_others_changes_nothing),
        HERD_TEST_OWN(settings_change_while_it_runs),
        HERD_TEST_OWN(reloads_of_one_turn_are_done_one_by_one),
    };
    return workspace_finish(cmocka_run_group_tests_name("reload", tests, NULL, NULL));
}
