/* What wakes a node, and in which order it serves (node/loop/loop.h). A wake-up that is lost makes
 * a test hang, and ctest ends it. */
#include "tests/support/cmocka_herd.h"

#include "node/loop/loop.h"

#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

enum { CALLS_MAX = 8 };

/* A loop, a pair of sockets of which the first is watched, and who was called. */
typedef struct {
    uv_loop_t uv;
    bool shared;
    loop_t *loop;
    void *context;
    void *watched;
    void *other;
    loop_watch_t *watch;
    char called[CALLS_MAX + 1]; /* a letter for each call */
    size_t calls;
    size_t enough; /* calls that end the loop */
    short events;  /* of the last call */
} bench_t;

/* One handler with its letter. */
typedef struct {
    bench_t *bench;
    char letter;
    int file;
    loop_watch_t *watch;
    loop_watch_t **victim; /* that it ends */
} caller_t;

static void note_call(bench_t *self, char letter)
{
    assert_true(self->calls < CALLS_MAX);
    self->called[self->calls++] = letter;
    if (self->calls == self->enough) {
        loop_end(self->loop);
        uv_stop(&self->uv);
    }
}

/* Takes one message and leaves the rest. */
static void on_message(void *argument, short events)
{
    bench_t *self = argument;
    char text[8];
    self->events = events;
    if (zmq_recv(self->watched, text, sizeof text, ZMQ_DONTWAIT) >= 0) {
        note_call(self, text[0]);
    }
}

static void send_letter(bench_t *self, char letter)
{
    assert_int_equal(zmq_send(self->other, &letter, 1, ZMQ_DONTWAIT), 1);
}

static void set_up(bench_t *self, bool shared)
{
    *self = (bench_t){.shared = shared, .enough = 1};
    uv_loop_init(&self->uv);
    self->loop = loop_new(shared ? &self->uv : NULL);
    self->context = zmq_ctx_new();
    self->watched = zmq_socket(self->context, ZMQ_PAIR);
    self->other = zmq_socket(self->context, ZMQ_PAIR);
    assert_int_equal(zmq_bind(self->watched, "inproc://bench"), 0);
    assert_int_equal(zmq_connect(self->other, "inproc://bench"), 0);
    self->watch = loop_watch_socket(self->loop, self->watched, ZMQ_POLLIN, on_message, self);
    assert_non_null(self->watch);
}

static void tear_down(bench_t *self)
{
    loop_unwatch(&self->watch);
    loop_destroy(&self->loop);
    uv_run(&self->uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&self->uv), 0);
    zmq_close(self->watched);
    zmq_close(self->other);
    zmq_ctx_term(self->context);
}

static bool is_readable(void *socket)
{
    int file;
    size_t size = sizeof file;
    assert_int_equal(zmq_getsockopt(socket, ZMQ_FD, &file, &size), 0);
    struct pollfd item = {.fd = file, .events = POLLIN};
    return poll(&item, 1, 0) == 1;
}

/* What sending on the watched socket may do: its descriptor tells of the message no more. */
static void eat_edge(bench_t *self)
{
    int events;
    size_t size = sizeof events;
    assert_int_equal(zmq_getsockopt(self->watched, ZMQ_EVENTS, &events, &size), 0);
    assert_false(is_readable(self->watched));
}

static void send_and_eat(void *argument, short events)
{
    bench_t *self = argument;
    (void)events;
    send_letter(self, 'm');
    eat_edge(self);
    loop_stir(self->watch);
}

static void a_message_whose_edge_was_eaten_is_found(void **state)
{
    (void)state;
    bench_t bench;
    set_up(&bench, false);
    loop_timer_t *timer = loop_timer_new(bench.loop, send_and_eat, &bench);
    loop_timer_start(timer, 1, 0);
    loop_run(bench.loop);
    assert_string_equal(bench.called, "m");
    loop_timer_destroy(&timer);
    tear_down(&bench);
}

static void on_prepare(uv_prepare_t *prepare)
{
    send_and_eat(prepare->data, 0);
    uv_prepare_stop(prepare);
}

/* libuv calls that first which was started last: one of the two comes behind the loop's own. */
static void one_who_stirs_before_a_shared_loop_sleeps_is_heard(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        bench_t bench;
        uv_prepare_t prepare;
        set_up(&bench, true);
        uv_prepare_init(&bench.uv, &prepare);
        prepare.data = &bench;
        uv_prepare_start(&prepare, on_prepare);
        if (late == 1) { /* a loop that is started later comes first */
            loop_unwatch(&bench.watch);
            loop_destroy(&bench.loop);
            bench.loop = loop_new(&bench.uv);
            bench.watch =
                loop_watch_socket(bench.loop, bench.watched, ZMQ_POLLIN, on_message, &bench);
        }
        uv_run(&bench.uv, UV_RUN_DEFAULT);
        assert_string_equal(bench.called, "m");
        uv_close((uv_handle_t *)&prepare, NULL);
        tear_down(&bench);
    }
}

static void what_a_handler_leaves_brings_it_back(void **state)
{
    (void)state;
    bench_t bench;
    set_up(&bench, false);
    bench.enough = 3;
    send_letter(&bench, 'a');
    send_letter(&bench, 'b');
    send_letter(&bench, 'c');
    loop_run(bench.loop);
    assert_string_equal(bench.called, "abc");
    assert_int_equal(bench.events, ZMQ_POLLIN);
    tear_down(&bench);
}

static void want_messages(void *argument, short events)
{
    bench_t *self = argument;
    (void)events;
    assert_int_equal(self->calls, 0);
    loop_set_events(self->watch, ZMQ_POLLIN);
}

static void what_is_not_wanted_waits_until_it_is(void **state)
{
    (void)state;
    bench_t bench;
    set_up(&bench, false);
    loop_set_events(bench.watch, 0);
    send_letter(&bench, 'm');
    loop_timer_t *timer = loop_timer_new(bench.loop, want_messages, &bench);
    loop_timer_start(timer, 20, 0);
    loop_run(bench.loop);
    assert_string_equal(bench.called, "m");
    loop_timer_destroy(&timer);
    tear_down(&bench);
}

static void on_room(void *argument, short events)
{
    bench_t *self = argument;
    assert_int_equal(events, ZMQ_POLLOUT);
    loop_unwatch(&self->watch);
    note_call(self, 'r');
}

static void connect_other(void *argument, short events)
{
    bench_t *self = argument;
    (void)events;
    assert_int_equal(self->calls, 0);
    assert_int_equal(zmq_connect(self->other, "inproc://room"), 0);
}

static void room_to_send_is_told_when_there_is_some(void **state)
{
    (void)state;
    bench_t bench;
    set_up(&bench, false);
    void *sender = zmq_socket(bench.context, ZMQ_DEALER);
    assert_int_equal(zmq_bind(sender, "inproc://room"), 0);
    zmq_close(bench.other);
    bench.other = zmq_socket(bench.context, ZMQ_DEALER);
    loop_unwatch(&bench.watch);
    bench.watch = loop_watch_socket(bench.loop, sender, ZMQ_POLLIN | ZMQ_POLLOUT, on_room, &bench);
    loop_timer_t *timer = loop_timer_new(bench.loop, connect_other, &bench);
    loop_timer_start(timer, 20, 0);
    loop_run(bench.loop);
    assert_string_equal(bench.called, "r");
    loop_timer_destroy(&timer);
    zmq_close(sender);
    tear_down(&bench);
}

static void on_file(void *argument, short events)
{
    const caller_t *self = argument;
    (void)events;
    eventfd_t count;
    assert_int_equal(eventfd_read(self->file, &count), 0);
    if (self->victim != NULL) {
        loop_unwatch(self->victim);
    }
    note_call(self->bench, self->letter);
}

static void watch_file(caller_t *self, bench_t *bench, char letter)
{
    *self = (caller_t){
        .bench = bench, .letter = letter, .file = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    self->watch = loop_watch_file(bench->loop, self->file, on_file, self);
    assert_non_null(self->watch);
}

static void those_who_wait_are_served_in_the_order_of_the_start(void **state)
{
    (void)state;
    bench_t bench;
    caller_t callers[3];
    set_up(&bench, false);
    bench.enough = 4;
    for (size_t i = 0; i < 3; i++) {
        watch_file(&callers[i], &bench, (char)('x' + i));
    }
    for (size_t i = 3; i > 0; i--) {
        eventfd_write(callers[i - 1].file, 1);
    }
    send_letter(&bench, 'm');
    loop_run(bench.loop);
    assert_string_equal(bench.called, "mxyz");
    for (size_t i = 0; i < 3; i++) {
        loop_unwatch(&callers[i].watch);
        close(callers[i].file);
    }
    tear_down(&bench);
}

/* Its own watch, one that was served, one that would be the next, and all that is left. */
static void a_handler_may_end_watches(void **state)
{
    (void)state;
    bench_t bench;
    caller_t callers[4];
    set_up(&bench, false);
    bench.enough = 3;
    for (size_t i = 0; i < 4; i++) {
        watch_file(&callers[i], &bench, (char)('a' + i));
        eventfd_write(callers[i].file, 1);
    }
    callers[0].victim = &callers[0].watch;
    callers[1].victim = &callers[2].watch;
    callers[3].victim = &callers[1].watch;
    loop_run(bench.loop);
    assert_string_equal(bench.called, "abd");
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(callers[i].watch != NULL, i == 3);
        loop_unwatch(&callers[i].watch);
        close(callers[i].file);
    }
    tear_down(&bench);
}

static void on_time(void *argument, short events)
{
    assert_int_equal(events, 0);
    note_call(argument, 't');
}

static void timers_run_once_or_again_and_again(void **state)
{
    (void)state;
    for (uint64_t repeat_ms = 0; repeat_ms < 2; repeat_ms++) {
        bench_t bench;
        set_up(&bench, false);
        bench.enough = repeat_ms == 0 ? 1 : 3;
        loop_timer_t *timer = loop_timer_new(bench.loop, on_time, &bench);
        loop_timer_start(timer, 1, repeat_ms);
        loop_run(bench.loop);
        assert_int_equal(bench.calls, bench.enough);
        loop_timer_destroy(&timer);
        loop_timer_destroy(&timer); /* NULL is fine */
        tear_down(&bench);
    }
}

/* A descriptor that libuv cannot wait for, and a socket that is none. */
static void what_cannot_be_waited_for_is_refused(void **state)
{
    (void)state;
    bench_t bench;
    set_up(&bench, false);
    assert_null(loop_watch_file(bench.loop, -1, on_file, NULL));
    assert_null(loop_watch_socket(bench.loop, bench.context, ZMQ_POLLIN, on_message, &bench));
    tear_down(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_whose_edge_was_eaten_is_found),
        cmocka_unit_test(one_who_stirs_before_a_shared_loop_sleeps_is_heard),
        cmocka_unit_test(what_a_handler_leaves_brings_it_back),
        cmocka_unit_test(what_is_not_wanted_waits_until_it_is),
        cmocka_unit_test(room_to_send_is_told_when_there_is_some),
        cmocka_unit_test(those_who_wait_are_served_in_the_order_of_the_start),
        cmocka_unit_test(a_handler_may_end_watches),
        cmocka_unit_test(timers_run_once_or_again_and_again),
        cmocka_unit_test(what_cannot_be_waited_for_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
