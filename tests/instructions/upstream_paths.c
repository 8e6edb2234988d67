/* Requests that gather in a REQUEST, on the real link; the node is a socket in this process. What
 * the link says to ZeroMQ is not counted: ZeroMQ's threads take turns as they like. */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "frontend/upstream/upstream.h"
#include "tests/instructions/counted.h"
#include "tests/instructions/input.h"
#include "tests/support/test_node.h"
#include "tests/support/wait.h"

#include <stdio.h>
#include <unistd.h>

enum { CONNECTION = 1048577, LINES = 500 };

/* A front-end's link, and the node that it goes to. */
typedef struct {
    uv_loop_t loop;
    upstream_t *upstream;
    test_node_t *node;
    char endpoint[64];
    bool opened; /* the node takes requests */
} scene_t;

static void on_opened(void *argument)
{
    scene_t *scene = argument;
    scene->opened = true;
}

static void on_replied(void *argument, uint64_t connection, uint64_t sequence, text_t text)
{
    (void)argument;
    (void)connection;
    (void)sequence;
    (void)text;
}

static status_t write_figures(void *argument, buffer_t *out)
{
    (void)argument;
    return buffer_format(out, "clients 1\n");
}

/* Lets both sides go on, in turns. */
static bool is_open(void *argument)
{
    scene_t *scene = argument;
    uv_run(&scene->loop, UV_RUN_NOWAIT);
    upstream_turn(scene->upstream);
    if (test_node_sees(scene->node, MESSAGE_HELLO, 1)) {
        test_node_send(scene->node, MESSAGE_WELCOME, NULL, TEXT("version 1\nname Goloman\n"));
    }
    return scene->opened;
}

static void begin(scene_t *scene)
{
    /* In the abstract name space: nothing of it stays (unix(7)). */
    *scene = (scene_t){0};
    snprintf(scene->endpoint, sizeof scene->endpoint, "ipc://@herd-instructions-%ld",
             (long)getpid());
    scene->node = test_node_new(scene->endpoint);
    assert_int_equal(uv_loop_init(&scene->loop), 0);
    upstream_settings_t settings = {.loop = &scene->loop,
                                    .endpoint = scene->endpoint,
                                    .herd = "herd",
                                    .name = "Goloman",
                                    .opened = on_opened,
                                    .replied = on_replied,
                                    .figures = write_figures,
                                    .argument = scene};
    assert_int_equal(upstream_open(&settings, &scene->upstream), STATUS_OK);
    assert_true(wait_until(is_open, scene, WAIT_LIMIT_MS));
}

static void end(scene_t *scene)
{
    upstream_close(&scene->upstream);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&scene->loop), 0);
    test_node_destroy(&scene->node);
}

static size_t add_all(upstream_t *upstream, const input_t *lines)
{
    size_t count = 0;
    pipeline_request_t request = {.receipt_ns = INPUT_TIME_S * TIMESTAMP_NS_PER_S};
    while (count < LINES && upstream_takes(upstream)) {
        request.line = input_line(lines, count);
        request.sequence = ++count;
        request.receipt_ns++;
        upstream_add(upstream, CONNECTION, &request);
    }
    return count;
}

/* Expects that what was added was sent. */
static void expect_request(scene_t *scene, const input_t *lines)
{
    test_request_t request;
    upstream_flush(scene->upstream);
    text_t body = test_node_wait(scene->node, MESSAGE_REQUEST)->body;
    for (size_t i = 0; i < LINES; i++) {
        assert_true(test_node_take(&body, &request));
        assert_int_equal(request.connection, CONNECTION);
        assert_int_equal(request.sequence, i + 1);
        assert_true(text_equal(request.line, input_line(lines, i)));
    }
    assert_int_equal(body.size, 0);
}

void upstream_paths(void **state)
{
    (void)state;
    scene_t scene;
    input_t lines;
    input_iamats(&lines, 0);
    begin(&scene);
    /* Twice: the first makes the buffer grow. */
    for (int round = 0; round < 2; round++) {
        counted_begin();
        size_t count = add_all(scene.upstream, &lines);
        counted_end("upstream-add", LINES, "request");
        assert_int_equal(count, LINES);
        expect_request(&scene, &lines);
    }
    end(&scene);
    input_done(&lines);
}
