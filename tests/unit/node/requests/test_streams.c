/* What all peers of a requests stream may leave unread (node/requests/streams.h, Q1). */
#include "node/requests/streams.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/sockets/sockets.h"
#include "common/sockets/stream.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    PEERS = 6,
    /* Less than the limit together; the kernel takes less than a message of each. */
    EACH_SIZE = 40 * LIMIT_BODY_SIZE,
    MORE_SIZE = 10 * LIMIT_BODY_SIZE,
    NAME_SIZE = 160,
};

static const config_t config = {.herd_name = "sample", .security = CONFIG_SECURITY_NONE};
static const config_member_t member = {.name = "Goloman"};

/* A node's side, and peers that never read. */
static struct {
    guard_t *guard;
    char path[128]; /* of the socket */
    void *router;
    streams_t *streams;
    stream_t peers[PEERS];
    char names[PEERS][NAME_SIZE]; /* what the node calls them */
    char *body;                   /* the largest */
    message_t answer;             /* with that */
} scene;

static int open_scene(void **state)
{
    (void)state;
    static char endpoint[128];
    char *folder = workspace_new();
    char *path = workspace_path(folder, "requests");
    snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
    snprintf(scene.path, sizeof scene.path, "%s", path);
    zsys_handler_set(NULL);
    assert_int_equal(guard_new(&config, &member, NULL, &scene.guard), STATUS_OK);
    scene.router = sockets_open(zsys_init(), ZMQ_ROUTER);
    streams_settings_t settings = {.guard = scene.guard, .path = scene.path};
    assert_int_equal(guard_bind_local(scene.guard, scene.router, ROLES_DOMAIN_REQUESTS, endpoint,
                                      &settings.local),
                     STATUS_OK);
    scene.streams = streams_new(&settings);
    assert_non_null(scene.streams);
    streams_set_reading(scene.streams, true);
    scene.body = memory_new(LIMIT_BODY_SIZE);
    scene.answer = (message_t){.type = MESSAGE_REPORT,
                               .header = TEXT("7"),
                               .body = {.data = scene.body, .size = LIMIT_BODY_SIZE}};
    free(folder);
    free(path);
    return 0;
}

static int close_scene(void **state)
{
    (void)state;
    for (size_t i = 0; i < PEERS; i++) {
        stream_done(&scene.peers[i]);
    }
    streams_destroy(&scene.streams);
    guard_close(scene.guard, &scene.router);
    guard_destroy(&scene.guard);
    free(scene.body);
    return 0;
}

/* Whether a message has come; who sent it is noted under the number in its header. */
static bool hears_one(void *argument)
{
    (void)argument;
    transport_inbound_t inbound;
    int64_t steady_ns = wait_clock_ms() * TIMESTAMP_NS_PER_MS;
    streams_begin_turn(scene.streams, steady_ns);
    status_t status = streams_receive(scene.streams, steady_ns, &inbound);
    if (status == STATUS_OK) {
        uint64_t number = 0;
        assert_true(text_to_u64(inbound.message.header, PEERS - 1, &number));
        snprintf(scene.names[number], NAME_SIZE, "%.*s", (int)inbound.peer.size, inbound.peer.data);
    }
    streams_end_turn(scene.streams);
    return status == STATUS_OK;
}

static void greet_and_ask(size_t number)
{
    char header[2] = {(char)('0' + number)};
    const message_t echo = {.type = MESSAGE_ECHO, .header = text_of(header)};
    stream_t *peer = &scene.peers[number];
    stream_init(peer, stream_connect(scene.path));
    assert_true(peer->file >= 0);
    assert_int_equal(stream_greet(peer), STATUS_OK);
    assert_int_equal(stream_send(peer, &echo), STATUS_OK);
    assert_true(wait_until(hears_one, NULL, WAIT_LIMIT_MS));
    assert_true(streams_has(scene.streams, text_of(scene.names[number])));
}

/* Gives a peer answers of so many bytes in all. */
static void answer(size_t number, size_t size)
{
    for (size_t given = 0; given < size; given += LIMIT_BODY_SIZE) {
        assert_int_equal(streams_send(scene.streams, text_of(scene.names[number]), &scene.answer),
                         STATUS_OK);
    }
}

static bool is_open(size_t number)
{
    int64_t steady_ns = wait_clock_ms() * TIMESTAMP_NS_PER_MS;
    streams_begin_turn(scene.streams, steady_ns); /* ends are done then */
    streams_end_turn(scene.streams);
    return streams_has(scene.streams, text_of(scene.names[number]));
}

/* All together stay below the limit; the answer that goes beyond it costs whoever has most, not
 * whoever it is for. */
static void who_has_most_unread_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < PEERS; i++) {
        greet_and_ask(i);
    }
    for (size_t i = 0; i < PEERS; i++) {
        answer(i, EACH_SIZE);
    }
    answer(3, MORE_SIZE);
    assert_int_equal(guard_connections_cut(scene.guard), 0);
    for (size_t i = 0; i < PEERS; i++) {
        assert_true(is_open(i));
    }
    answer(1, MORE_SIZE - LIMIT_BODY_SIZE);
    assert_int_equal(guard_connections_cut(scene.guard), 1);
    for (size_t i = 0; i < PEERS; i++) {
        assert_int_equal(is_open(i), i != 3);
    }
    answer(1, LIMIT_BODY_SIZE); /* there is room again */
    assert_int_equal(guard_connections_cut(scene.guard), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_has_most_unread_is_cut, open_scene, close_scene),
    };
    return workspace_finish(cmocka_run_group_tests_name("streams", tests, NULL, NULL));
}
