/* What brings a desk's loop back for another turn (node/requests/desk.h). A turn that is lost makes
 * a test hang, and ctest ends it. */
#include "node/requests/desk.h"

#include "common/sockets/sockets.h"
#include "tests/support/cmocka_herd.h"

#include <czmq.h>

enum { TURNS_MAX = 8 };

/* A ROUTER without streams, a peer, and the turns that the loop began: 'r' at the ROUTER, 'm' as
 * there was more. Each takes one message. */
static struct {
    void *router;
    void *peer;
    desk_t *desk;
    loop_t *loop;
    loop_watch_t *router_watch;
    loop_watch_t *more_watch;
    char turns[TURNS_MAX + 1];
    size_t count;
    size_t received;
    size_t enough; /* messages or turns that end the loop */
} scene;

static void begin_turn(char letter)
{
    assert_true(scene.count < TURNS_MAX);
    scene.turns[scene.count++] = letter;
    desk_begin_turn(scene.desk, 1);
}

static void take_one(void)
{
    transport_inbound_t inbound;
    status_t status = desk_receive(scene.desk, 1, &inbound);
    if (status == STATUS_OK) {
        scene.received++;
        transport_inbound_done(&inbound);
    }
    desk_end_turn(scene.desk);
    if (scene.received == scene.enough) {
        loop_end(scene.loop);
    }
}

static void on_router(void *argument, short events)
{
    (void)argument;
    (void)events;
    desk_note_router(scene.desk);
    begin_turn('r');
    take_one();
}

static void on_more(void *argument, short events)
{
    (void)argument;
    (void)events;
    begin_turn('m');
    take_one();
}

/* `state`: the name of the ROUTER, which its test has for itself. */
static int open_scene(void **state)
{
    const char *endpoint = *state;
    zsys_handler_set(NULL);
    memset(&scene, 0, sizeof scene);
    scene.router = sockets_open(zsys_init(), ZMQ_ROUTER);
    scene.peer = sockets_open(zsys_init(), ZMQ_DEALER);
    assert_int_equal(zmq_bind(scene.router, endpoint), 0);
    assert_int_equal(zmq_connect(scene.peer, endpoint), 0);
    scene.desk = desk_new(scene.router, NULL);
    scene.loop = loop_new(NULL);
    scene.more_watch = loop_watch_stirs(scene.loop, on_more, NULL);
    scene.router_watch = loop_watch_socket(scene.loop, scene.router, ZMQ_POLLIN, on_router, NULL);
    desk_set_watches(scene.desk, scene.router_watch, scene.more_watch);
    desk_open(scene.desk, true);
    return 0;
}

static int close_scene(void **state)
{
    (void)state;
    loop_unwatch(&scene.router_watch);
    loop_unwatch(&scene.more_watch);
    loop_destroy(&scene.loop);
    desk_destroy(&scene.desk);
    sockets_close(&scene.router);
    sockets_close(&scene.peer);
    return 0;
}

static void send_echo(void)
{
    const message_t echo = {.type = MESSAGE_ECHO, .header = TEXT("7")};
    assert_int_equal(transport_send(scene.peer, (text_t){0}, &echo), STATUS_OK);
}

static void end_loop(void *argument, short events)
{
    (void)argument;
    (void)events;
    loop_end(scene.loop);
}

/* One turn of the loop: then no watch is due. */
static void run_once(void)
{
    loop_watch_t *behind = loop_watch_stirs(scene.loop, end_loop, NULL);
    loop_stir(behind);
    loop_run(scene.loop);
    loop_unwatch(&behind);
}

/* Also where there are no streams, whose descriptor could tell of it. */
static void a_desk_that_is_woken_has_a_turn(void **state)
{
    (void)state;
    scene.enough = SIZE_MAX;
    desk_wake(scene.desk);
    run_once();
    assert_string_equal(scene.turns, "m");
    run_once();
    assert_string_equal(scene.turns, "m");
}

/* Two of three messages are taken by turns that the ROUTER's watch did not begin: such a call may
 * have taken the news of the third from its descriptor. */
static void what_a_turn_leaves_in_the_router_brings_the_loop_back(void **state)
{
    (void)state;
    scene.enough = 3;
    run_once();
    send_echo();
    send_echo();
    send_echo();
    assert_true(transport_ready(scene.router, ZMQ_POLLIN));
    on_router(NULL, 0);
    on_more(NULL, 0);
    loop_run(scene.loop);
    assert_string_equal(scene.turns, "rmr");
}

int main(void)
{
    static char names[][16] = {"inproc://woken", "inproc://left"};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate_setup_teardown(a_desk_that_is_woken_has_a_turn, open_scene,
                                                 close_scene, names[0]),
        cmocka_unit_test_prestate_setup_teardown(
            what_a_turn_leaves_in_the_router_brings_the_loop_back, open_scene, close_scene,
            names[1]),
    };
    return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
