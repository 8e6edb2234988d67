/* The tap: subscribers see what passes at a member; it costs nothing without them and holds up no
 * one. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/report.h"
#include "tests/support/scene.h"
#include "tests/support/subscriber.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <czmq.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define IAMAT "IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503"

static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};

static herd_t *start_pair(void **state)
{
    herd_t *herd = herd_new(&(herd_options_t){.members = pair, .member_count = ARRAY_COUNT(pair)});
    *state = herd;
    herd_start_all(herd);
    return herd;
}

static uint64_t figure(herd_t *herd, const char *member, const char *key)
{
    return report_figure(herd_requests(herd, member), key);
}

/* T2: each message stands before what it led to. */
static void an_update_is_seen_on_its_way(void **state)
{
    herd_t *herd = *state;
    subscriber_t *goloman = subscriber_new(herd_tap(herd, "Goloman"), "");
    subscriber_t *hands = subscriber_new(herd_tap(herd, "Hands"), "");
    subscriber_t *welsh = subscriber_new(herd_tap(herd, "Welsh"), "apply/kiwi");
    const char *answer = herd_ask(herd, "Goloman", IAMAT "\n");
    size_t at_size = strlen(answer) - 1;
    char record[256];
    snprintf(record, sizeof record, "%.*s =\n", (int)at_size, answer);

    const subscriber_message_t *seen = subscriber_wait(goloman, "request/Goloman:", IAMAT "\n");
    assert_int_equal(seen->content_count, 4);
    assert_text_equal(seen->content[0], "HERD/1");
    assert_text_equal(seen->content[1], "REQUEST");
    assert_text_equal(seen->publication.type, "REQUEST");
    assert_text_equal(seen->publication.member, "Goloman");
    seen = subscriber_next(goloman);
    assert_text_equal(seen->topic, "apply/kiwi.cs.ucla.edu");
    assert_int_equal(seen->content_count, 1);
    assert_text_equal(seen->content[0], record);
    (void)subscriber_wait(goloman, "reply/Goloman:", answer);
    seen = subscriber_wait(goloman, "out/", record);
    assert_text_equal(seen->publication.type, "DATA");
    assert_text_equal(seen->content[3], record);

    (void)subscriber_wait(hands, "in/Goloman/DATA", record);
    (void)subscriber_wait(hands, "apply/kiwi.cs.ucla.edu", record);
    (void)subscriber_wait(hands, "out/Goloman/ACK", "");
    (void)subscriber_wait(goloman, "in/Hands/ACK", "");
    seen = subscriber_next(welsh);
    assert_text_equal(seen->content[0], record);
    subscriber_destroy(&goloman);
    subscriber_destroy(&hands);
    subscriber_destroy(&welsh);
}

/* T5, T3: a prefix is counted by itself, whatever passes beside it. */
static void what_is_filtered_is_not_counted(void **state)
{
    herd_t *herd = start_pair(state);
    subscriber_t *all = subscriber_new(herd_tap(herd, "A"), "");
    subscriber_t *kiwi = subscriber_new(herd_tap(herd, "A"), "apply/kiwi");
    for (unsigned i = 1; i <= 10; i++) {
        char lines[128];
        snprintf(lines, sizeof lines, "IAMAT kiwi +1-1 %u\nIAMAT other +1-1 %u\n", i, i);
        (void)herd_ask(herd, "A", lines);
        const subscriber_message_t *seen = subscriber_next(kiwi);
        assert_text_equal(seen->topic, "apply/kiwi");
        assert_int_equal(seen->count.number, i);
    }
    uint64_t last = subscriber_next(all)->count.number;
    for (unsigned i = 0; i < 20; i++) {
        const subscriber_message_t *seen = subscriber_next(all);
        assert_int_equal(seen->count.number, ++last);
    }
    subscriber_destroy(&all);
    subscriber_destroy(&kiwi);
}

/* T7 */
static void what_changes_nothing_is_not_applied(void **state)
{
    herd_t *herd = start_pair(state);
    subscriber_t *here = subscriber_new(herd_tap(herd, "A"), "apply/");
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 5\nIAMAT kiwi +2-2 4\nWHATSAT kiwi 10 1\n?\n");
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 6\n");
    (void)subscriber_wait(here, "apply/kiwi", "kiwi +1-1 5 =");
    assert_text_equal(subscriber_next(here)->topic, "apply/kiwi");
    assert_false(subscriber_has(here));
    subscriber_destroy(&here);
}

static bool nobody_subscribes(void *argument)
{
    return figure(argument, "A", "tap_subscriptions") == 0;
}

/* T1 */
static void without_subscribers_nothing_is_published(void **state)
{
    herd_t *herd = start_pair(state);
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    assert_int_equal(figure(herd, "A", "tap_subscriptions"), 0);
    assert_int_equal(figure(herd, "A", "tap_sent"), 0);
    subscriber_t *here = subscriber_new(herd_tap(herd, "A"), "apply/kiwi");
    assert_int_equal(figure(herd, "A", "tap_subscriptions"), 2);
    assert_int_equal(figure(herd, "A", "tap_sent"), 1); /* the answer to its subscription */
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 6\n");
    (void)subscriber_wait(here, "apply/kiwi", "kiwi +1-1 6");
    assert_int_equal(figure(herd, "A", "tap_sent"), 2);
    subscriber_destroy(&here);
    assert_true(wait_until(nobody_subscribes, herd, WAIT_LIMIT_MS));
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 7\n");
    assert_int_equal(figure(herd, "A", "tap_sent"), 2);
}

/* T6 */
static void links_are_seen_to_go_and_come(void **state)
{
    herd_t *herd = start_pair(state);
    subscriber_t *here = subscriber_new(herd_tap(herd, "A"), "link/");
    herd_kill_node(herd, "B");
    const subscriber_message_t *seen = subscriber_wait(here, "link/B/down", "");
    assert_int_equal(seen->content_count, 1);
    herd_start_node(herd, "B");
    (void)subscriber_wait(here, "link/B/up", "");
    subscriber_destroy(&here);
}

/* T10: what is asked of a provider is not shown, and so its key is not. */
static void keys_of_providers_are_not_published(void **state)
{
    scene_start(state, &(scene_options_t){.certificate = AUTHORITY_GOOD, .provider = "google"});
    subscriber_t *here = subscriber_new(herd_tap(scene_herd(), "Clark"), "");
    provider_set_body(scene_provider(), "{}");
    (void)scene_places("WHATSAT " SCENE_CLIENT " 10 5\n");
    provider_set_reply(
        scene_provider(),
        &(provider_reply_t){.status = 403,
                            .body = "{\"error\":{\"message\":\"key " SCENE_KEY " is bad\"}}"});
    scene_expect_trouble("REQUEST_DENIED", "HTTP status 403");
    provider_expect(scene_provider(), "\r\nX-Goog-Api-Key: " SCENE_KEY "\r\n");
    static const char denied[] = "HTTP status 403";
    bool bad_seen = false;
    while (!bad_seen) {
        const subscriber_message_t *seen = subscriber_next(here);
        for (size_t i = 0; i < seen->content_count; i++) {
            const text_t *frame = &seen->content[i];
            assert_null(memmem(frame->data, frame->size, SCENE_KEY, strlen(SCENE_KEY)));
            bad_seen = bad_seen || memmem(frame->data, frame->size, denied, strlen(denied)) != NULL;
        }
    }
    subscriber_destroy(&here);
}

/* herdctl tap, running. */
typedef struct {
    process_t *process;
    char *output; /* path */
} watcher_t;

/* Starts `herdctl tap ARGUMENT...`, and waits until it listens. `arguments` ends with NULL. */
static watcher_t start_watcher(herd_t *herd, const char *const *arguments)
{
    enum { ARGUMENTS_MAX = 16 };
    char *program = herd_program("herdctl");
    const char *argv[ARGUMENTS_MAX] = {program, "--config", herd_file(herd)};
    size_t count = 3;
    while (*arguments != NULL && count < ARGUMENTS_MAX - 1) {
        argv[count++] = *arguments++;
    }
    watcher_t watcher = {.output = workspace_path(herd_folder(herd), "herdctl.out")};
    (void)remove(watcher.output);
    watcher.process = process_start(&(process_options_t){.argv = argv, .output = watcher.output});
    free(program);
    return watcher;
}

typedef struct {
    const char *path;
    const char *part;
} sought_t;

static bool is_printed(void *argument)
{
    const sought_t *sought = argument;
    size_t size;
    char *content = workspace_read(sought->path, &size);
    bool found =
        content != NULL && memmem(content, size, sought->part, strlen(sought->part)) != NULL;
    free(content);
    return found;
}

static void expect_printed(const watcher_t *watcher, const char *part)
{
    sought_t sought = {.path = watcher->output, .part = part};
    if (!wait_until(is_printed, &sought, WAIT_LIMIT_MS)) {
        size_t size;
        fail_msg("\"%s\" is not in:\n%s", part, workspace_read(watcher->output, &size));
    }
}

static void expect_not_printed(const watcher_t *watcher, const char *part)
{
    sought_t sought = {.path = watcher->output, .part = part};
    assert_false(is_printed(&sought));
}

/* Waits until it ends by itself. */
static void expect_end(watcher_t *watcher, int status)
{
    int found = -1;
    assert_true(process_wait(watcher->process, WAIT_LIMIT_MS, &found));
    assert_int_equal(found, status);
}

static void watcher_done(watcher_t *self)
{
    process_destroy(&self->process);
    free(self->output);
}

/* Updates of some clients with long IDs, a few at a time, whose answers are read. */
static void send_long_updates(herd_t *herd, unsigned count)
{
    enum { AT_ONCE = 10, ID_SIZE = 8000 };
    client_t *client = herd_connect(herd, "A");
    char *line = memory_new(ID_SIZE + 64);
    memset(line, 'x', ID_SIZE);
    memcpy(line, "IAMAT ", 6);
    for (unsigned i = 0; i < count; i++) {
        int size = snprintf(line + ID_SIZE, 64, "%u +1-1 %u\n", i % AT_ONCE, i);
        client_send(client, (text_t){.data = line, .size = ID_SIZE + (size_t)size});
        if (i % AT_ONCE == AT_ONCE - 1) {
            (void)client_read_lines(client, AT_ONCE);
        }
    }
    free(line);
    client_destroy(&client);
}

/* T8: a subscriber that takes nothing loses messages and knows how many; the node goes on serving
 * and does not grow. */
static void a_stopped_subscriber_harms_only_itself(void **state)
{
    /* Each update is shown in a request, an apply, a reply and an out: 320 MB. */
    enum { UPDATES = 10000, GROWTH_MAX = 128 * 1024 * 1024 };
    herd_t *herd = herd_new(&(herd_options_t){
        .members = pair, .member_count = ARRAY_COUNT(pair), .settings = "traffic = \"no\"\n"});
    *state = herd;
    herd_start_all(herd);
    watcher_t watcher = start_watcher(herd, (const char *const[]){"tap", "A", NULL});
    expect_printed(&watcher, "listening to 1 of 1 members");
    send_long_updates(herd, 10);
    size_t before = process_memory(herd_node(herd, "A"));
    process_signal(watcher.process, SIGSTOP);
    send_long_updates(herd, UPDATES);
    size_t after = process_memory(herd_node(herd, "A"));
    process_signal(watcher.process, SIGCONT);
    if (!process_is_sanitized()) {
        assert_in_range(after > before ? after - before : 0, 0, GROWTH_MAX);
    }
    expect_printed(&watcher, "messages were lost");
    process_signal(watcher.process, SIGINT);
    expect_end(&watcher, 0);
    expect_printed(&watcher, "messages shown, ");
    watcher_done(&watcher);
}

/* A raw subscriber, that may send anything. */
static zsock_t *connect_hostile(herd_t *herd)
{
    zsys_handler_set(NULL);
    zsock_t *socket = zsock_new(ZMQ_XSUB);
    zsock_set_sndhwm(socket, 0);
    zsock_set_linger(socket, 0);
    assert_int_equal(zsock_connect(socket, "%s", herd_tap(herd, "A")), 0);
    return socket;
}

/* T8: more subscriptions than there may be disconnect all, and then the tap is there again. */
static void too_many_subscriptions_are_thrown_out(void **state)
{
    herd_t *herd = start_pair(state);
    watcher_t watcher = start_watcher(herd, (const char *const[]){"tap", "--kind", "apply", NULL});
    expect_printed(&watcher, "listening to 2 of 2 members");
    zsock_t *hostile = connect_hostile(herd);
    char message[64];
    for (unsigned i = 0; i <= LIMIT_TAP_SUBSCRIPTIONS; i++) {
        int size = snprintf(message, sizeof message, "%c%u", 1, i);
        assert_int_equal(zmq_send(zsock_resolve(hostile), message, (size_t)size, 0), size);
    }
    herd_wait_logged(herd, "A", "node", "tap-reset");
    zsock_destroy(&hostile);
    expect_printed(&watcher, "A: the connection was lost");
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    expect_printed(&watcher, "kiwi +1-1 5 =");
    watcher_done(&watcher);
}

/* T1: anything that is not a subscription is dropped, and so is the connection of a peer that sends
 * frames that no subscriber needs. */
static void garbage_of_subscribers_has_no_effect(void **state)
{
    /* Not more: ZeroMQ's own subscriber keeps a byte a level, and walks them by recursion. */
    enum { LONG_SIZE = 2 * LIMIT_TAP_FRAME_SIZE };
    herd_t *herd = start_pair(state);
    subscriber_t *here = subscriber_new(herd_tap(herd, "A"), "apply/");
    zsock_t *hostile = connect_hostile(herd);
    void *handle = zsock_resolve(hostile);
    char *too_long = memory_new(LONG_SIZE);
    for (unsigned byte = 0; byte < 256; byte++) {
        char message[2] = {(char)byte, (char)byte};
        assert_int_equal(zmq_send(handle, message, byte % 3, byte % 2 == 0 ? ZMQ_SNDMORE : 0),
                         byte % 3);
    }
    assert_int_equal(zmq_send(handle, "HERD/1", 6, ZMQ_SNDMORE), 6);
    assert_int_equal(zmq_send(handle, "DATA", 4, 0), 4);
    herd_wait_logged(herd, "A", "node", "no subscription");
    too_long[0] = 1;
    assert_int_equal(zmq_send(handle, too_long, LONG_SIZE, 0), LONG_SIZE);
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    (void)subscriber_wait(here, "apply/kiwi", "kiwi +1-1 5 =");
    free(too_long);
    zsock_destroy(&hostile);
    subscriber_destroy(&here);
}

/* Filters, and the end after a count of messages. */
static void herdctl_shows_what_it_is_asked_for(void **state)
{
    herd_t *herd = start_pair(state);
    watcher_t watcher =
        start_watcher(herd, (const char *const[]){"tap", "--client", "ki*", "--type", "DATA",
                                                  "--count", "2", NULL});
    expect_printed(&watcher, "listening to 2 of 2 members");
    (void)herd_ask(herd, "A", "IAMAT other +1-1 5\n");
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    expect_end(&watcher, 0);
    expect_printed(&watcher, " -> B            DATA ");
    expect_printed(&watcher, " <- A            DATA ");
    expect_printed(&watcher, " kiwi +1-1 5 =\n");
    expect_not_printed(&watcher, "other");
    expect_not_printed(&watcher, "ACK");
    watcher_done(&watcher);
    watcher = start_watcher(
        herd, (const char *const[]){"tap", "A", "--kind", "apply", "--raw", "--count", "1", NULL});
    expect_printed(&watcher, "listening to 1 of 1 members");
    (void)herd_ask(herd, "A", "IAMAT \033[2J +1-1 5\n");
    expect_end(&watcher, 0);
    expect_printed(&watcher, "[010] apply/\\x1b[2J\n");
    expect_printed(&watcher, " \\x1b[2J +1-1 5 =\\x0a\n");
    watcher_done(&watcher);
    watcher = start_watcher(herd, (const char *const[]){"tap", "--json", "B", "--kind", "in",
                                                        "--client", "nut\"", "--count", "1", NULL});
    expect_printed(&watcher, "listening to 1 of 1 members");
    (void)herd_ask(herd, "A", "IAMAT nut\" +1-1 5\n");
    expect_end(&watcher, 0);
    expect_printed(&watcher, "\"member\":\"B\",\"kind\":\"in\",\"peer\":\"A\",\"type\":\"DATA\"");
    expect_printed(&watcher, " nut\\\" +1-1 5 =\"]}\n");
    watcher_done(&watcher);
}

/* Who cannot be watched is named, and watched when it comes. */
static void herdctl_names_who_is_not_there(void **state)
{
    herd_t *herd = start_pair(state);
    herd_kill_node(herd, "B");
    watcher_t watcher = start_watcher(herd, (const char *const[]){"tap", "--kind", "link", NULL});
    expect_printed(&watcher, "B does not answer at its tap, tcp://127.0.0.1:");
    expect_printed(&watcher, "listening to 1 of 2 members");
    herd_start_node(herd, "B");
    expect_printed(&watcher, "listening to B too");
    herd_kill_node(herd, "A");
    expect_printed(&watcher, "-- A            down (1) ");
    herd_start_node(herd, "A");
    expect_printed(&watcher, "A: the connection was lost");
    process_signal(watcher.process, SIGTERM);
    expect_end(&watcher, 0);
    watcher_done(&watcher);
    herd_kill_node(herd, "B");
    watcher = start_watcher(herd, (const char *const[]){"tap", "B", NULL});
    expect_end(&watcher, 1);
    expect_printed(&watcher, "B does not answer at its tap");
    watcher_done(&watcher);
}

/* Who ends before members had their time to answer does not judge them. */
static void herdctl_ends_well_when_it_saw_enough(void **state)
{
    herd_t *herd = start_pair(state);
    herd_kill_node(herd, "B");
    watcher_t watcher =
        start_watcher(herd, (const char *const[]){"tap", "--kind", "apply", "--count", "1", NULL});
    expect_printed(&watcher, "listening to 1 of 2 members");
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    expect_end(&watcher, 0);
    watcher_done(&watcher);
    watcher = start_watcher(herd, (const char *const[]){"tap", "--duration", "0.01", NULL});
    expect_end(&watcher, 0);
    watcher_done(&watcher);
    watcher = start_watcher(herd, (const char *const[]){"tap", "--duration", "1.5", NULL});
    expect_end(&watcher, 1);
    expect_printed(&watcher, "B does not answer at its tap");
    watcher_done(&watcher);
}

/* With keys (K2): a watcher reads the tap; a subscriber without a key does not. */
static void keys_guard_the_tap(void **state)
{
    herd_t *herd = herd_new(&(herd_options_t){
        .members = pair, .member_count = ARRAY_COUNT(pair), .keys = true, .tcp_requests = true});
    *state = herd;
    const char *output;
    assert_int_equal(
        herd_control(herd, (const char *const[]){"keygen", "--role", "watcher", "wanda", NULL},
                     &output),
        0);
    herd_start_all(herd);
    watcher_t watcher =
        start_watcher(herd, (const char *const[]){"--key", "anna", "tap", "--client", "kiwi",
                                                  "--count", "4", NULL});
    expect_printed(&watcher, "listening to 2 of 2 members");
    zsock_t *stranger = zsock_new_sub(herd_tap(herd, "A"), "");
    herd_wait_logged(herd, "A", "node", "handshake-failed");
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    expect_end(&watcher, 0);
    zsock_set_rcvtimeo(stranger, 0);
    assert_null(zmsg_recv(stranger));
    zsock_destroy(&stranger);
    watcher_done(&watcher);
    watcher = start_watcher(
        herd, (const char *const[]){"--key", "wanda", "tap", "A", "--kind", "apply", NULL});
    expect_printed(&watcher, "listening to 1 of 1 members");
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 6\n");
    expect_printed(&watcher, "kiwi +1-1 6 =");
    watcher_done(&watcher);

    /* Where a watcher works, operators have a public key only. */
    char *secret = workspace_path(herd_folder(herd), "keys/operator/anna.cert_secret");
    assert_int_equal(remove(secret), 0);
    free(secret);
    watcher = start_watcher(herd, (const char *const[]){"tap", "A", "--kind", "apply", NULL});
    expect_printed(&watcher, "listening to 1 of 1 members");
    watcher_done(&watcher);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_SAMPLE(an_update_is_seen_on_its_way),
        HERD_TEST_OWN(what_is_filtered_is_not_counted),
        HERD_TEST_OWN(what_changes_nothing_is_not_applied),
        HERD_TEST_OWN(without_subscribers_nothing_is_published),
        HERD_TEST_OWN(links_are_seen_to_go_and_come),
        SCENE_TEST(keys_of_providers_are_not_published),
        HERD_TEST_OWN(a_stopped_subscriber_harms_only_itself),
        HERD_TEST_OWN(too_many_subscriptions_are_thrown_out),
        HERD_TEST_OWN(garbage_of_subscribers_has_no_effect),
        HERD_TEST_OWN(herdctl_shows_what_it_is_asked_for),
        HERD_TEST_OWN(herdctl_names_who_is_not_there),
        HERD_TEST_OWN(herdctl_ends_well_when_it_saw_enough),
        HERD_TEST_OWN(keys_guard_the_tap),
    };
    return workspace_finish(cmocka_run_group_tests_name("tap", tests, NULL, NULL));
}
