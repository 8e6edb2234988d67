/* Whatever happens between a watcher and a server, the watcher ends up knowing who is in its view,
 * and where (common/watch/told.h): clients change, come, go, and their handles pass to others while
 * streams stand still, are cut with events under way, come back known or unknown, and change their
 * view. All follows from a seed. test_told [SEEDS [FIRST]] */
#include "tests/support/cmocka_herd.h"

#include "common/watch/told.h"
#include "tests/sim/random.h"

#include <stdio.h>
#include <string.h>

enum { CLIENTS = 40, PLACES = 100, STEPS = 2000, EVENTS_MAX = 4096, LOG_MAX = 1 << 16 };

static uint64_t seed_count = 300;
static uint64_t first_seed = 1;

/* A client, as the server has it or as the watcher believes. */
typedef struct {
    bool is_there;
    uint32_t serial;
    int place;
    uint64_t index; /* of its last change */
} client_t;

typedef struct {
    told_event_t event;
    told_client_t client;
    uint64_t client_index;
    uint64_t index; /* that it carries; 0: none */
} message_t;

typedef struct {
    random_t random;
    client_t clients[CLIENTS];
    uint64_t tail;
    told_client_t changed[LOG_MAX]; /* the list of changes, by index */
    int low;                        /* the view */
    int high;
    told_t *told; /* NULL: no one knows the watcher */
    size_t maximum;
    bool is_connected;
    bool changes_view; /* the scenario's */
    bool reuses;
    uint64_t view_index; /* an index up to it is of an earlier view */
    uint64_t resumed;    /* index that the stream came back with; 0: its events may be of any age */
    message_t messages[EVENTS_MAX]; /* under way */
    size_t sent;
    size_t received;
    client_t believed[CLIENTS];
    uint64_t last; /* index received */
} scene_t;

static bool is_in(const scene_t *self, const client_t *client)
{
    return client->is_there && client->place >= self->low && client->place <= self->high;
}

static told_client_t named(const scene_t *self, uint32_t handle)
{
    return (told_client_t){handle, self->clients[handle].serial};
}

/* The watcher starts with nothing. */
static void begin_anew(scene_t *self)
{
    told_destroy(&self->told);
    self->told = told_new(self->maximum);
    memset(self->believed, 0, sizeof self->believed);
    self->sent = 0;
    self->received = 0;
    self->last = 0;
    self->resumed = 0;
    self->view_index = 0;
    self->is_connected = true;
}

static void look_around(scene_t *self)
{
    for (uint32_t i = 0; i < CLIENTS; i++) {
        if (is_in(self, &self->clients[i])) {
            status_t status = told_scan(self->told, named(self, i), self->clients[i].index);
            assert_true(status == STATUS_OK);
        }
    }
}

static void start(scene_t *self)
{
    begin_anew(self);
    told_begin(self->told, 0, self->tail);
    look_around(self);
    told_end(self->told);
}

/* A change as the list has it, and as the index of views tells it. */
static void change(scene_t *self, uint32_t handle, client_t to)
{
    client_t from = self->clients[handle];
    to.index = ++self->tail;
    assert_true(self->tail < LOG_MAX);
    self->changed[self->tail] = (told_client_t){handle, to.is_there ? to.serial : from.serial};
    self->clients[handle] = to;
    if (self->told != NULL && (is_in(self, &from) || is_in(self, &to))) {
        told_client_t client = {handle, to.is_there ? to.serial : from.serial};
        status_t status = told_mark(self->told, client, is_in(self, &to), self->tail);
        if (status == STATUS_DAMAGED) {
            assert_true(self->reuses);
            start(self);
        } else {
            assert_int_equal(status, STATUS_OK);
        }
    }
}

static void change_any(scene_t *self)
{
    uint32_t handle = (uint32_t)random_below(&self->random, CLIENTS);
    client_t to = self->clients[handle];
    if (to.is_there && random_once_in(&self->random, 6)) {
        to.is_there = false;
        change(self, handle, to);
    } else {
        /* Unless handles pass to others, the one that comes back is the same. */
        to.serial += !to.is_there && self->reuses;
        to.is_there = true;
        to.place = (int)random_below(&self->random, PLACES);
        change(self, handle, to);
    }
}

static void send(scene_t *self, message_t message)
{
    assert_true(self->sent < EVENTS_MAX);
    self->messages[self->sent++] = message;
}

/* Sends what is due, at most `count` events. */
static void serve(scene_t *self, size_t count)
{
    told_client_t client;
    while (count > 0 && self->is_connected && told_next(self->told, &client)) {
        const client_t *now = &self->clients[client.handle];
        bool is_same = now->serial == client.serial;
        message_t message = {.client = client, .client_index = now->index};
        message.event = told_settle(self->told, is_same && is_in(self, now));
        message.index = told_index(self->told, self->tail);
        /* Of most that are gone the name is kept (past.h). */
        if (message.event == TOLD_LEAVE && !is_same && random_once_in(&self->random, 4)) {
            start(self);
            continue;
        }
        if (message.event != TOLD_NOTHING) {
            assert_true(self->resumed == 0 || now->index > self->resumed);
            send(self, message);
            count--;
        }
    }
}

static void receive(scene_t *self, size_t count)
{
    for (; count > 0 && self->received < self->sent; count--) {
        const message_t *message = &self->messages[self->received++];
        client_t *believed = &self->believed[message->client.handle];
        if (message->event != TOLD_LEAVE) {
            *believed = (client_t){
                .is_there = true, .serial = message->client.serial, .index = message->client_index};
        } else if (believed->serial == message->client.serial) {
            believed->is_there = false;
        }
        assert_true(message->index == 0 || message->index >= self->last);
        self->last = message->index > 0 ? message->index : self->last;
    }
    if (self->received == self->sent) {
        self->received = 0;
        self->sent = 0;
    }
}

/* Events under way are lost. */
static void cut(scene_t *self)
{
    self->sent = 0;
    self->received = 0;
    self->is_connected = false;
    if (random_once_in(&self->random, 4)) {
        told_destroy(&self->told); /* forgotten after a while */
    }
}

/* For one who is not known: whoever changed since, and is not in view, may be known to it. A handle
 * that another client has by now cannot be told of twice. */
static bool doubt(scene_t *self, uint64_t last)
{
    for (uint64_t i = last + 1; i <= self->tail; i++) {
        told_client_t client = self->changed[i];
        const client_t *now = &self->clients[client.handle];
        bool is_here = now->serial == client.serial && is_in(self, now);
        if (!is_here && told_doubt(self->told, client) != STATUS_OK) {
            assert_true(self->reuses);
            return false;
        }
    }
    return true;
}

static void come_back_unknown(scene_t *self)
{
    uint64_t last = self->last;
    client_t believed[CLIENTS];
    memcpy(believed, self->believed, sizeof believed);
    begin_anew(self);
    memcpy(self->believed, believed, sizeof believed);
    self->last = last;
    told_begin(self->told, last, self->tail);
    look_around(self);
    if (!doubt(self, last)) {
        start(self);
        return;
    }
    told_end(self->told);
    self->resumed = last;
}

static void come_back(scene_t *self)
{
    self->is_connected = true;
    if (self->last > 0 && self->told != NULL && told_resume(self->told, self->last)) {
        self->resumed = self->changes_view ? 0 : self->last;
    } else if (self->last <= self->view_index) { /* it knows nothing, or of another view */
        start(self);
    } else {
        come_back_unknown(self);
    }
}

static void set_view(scene_t *self)
{
    self->low = (int)random_below(&self->random, PLACES);
    self->high = self->low + (int)random_below(&self->random, PLACES / 2);
}

static void change_view(scene_t *self)
{
    set_view(self);
    self->view_index = told_index(self->told, self->tail);
    self->resumed = 0;
    told_recheck(self->told, self->tail);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        if (is_in(self, &self->clients[i]) &&
            told_scan(self->told, named(self, i), self->clients[i].index) == STATUS_DAMAGED) {
            start(self);
            return;
        }
    }
    told_end(self->told);
}

/* All that is due has come: the watcher knows just who is in view, and where. */
static void assert_known(scene_t *self)
{
    if (!self->is_connected) {
        come_back(self);
    }
    serve(self, EVENTS_MAX);
    receive(self, EVENTS_MAX);
    told_client_t client;
    assert_false(told_next(self->told, &client));
    size_t count = 0;
    for (uint32_t i = 0; i < CLIENTS; i++) {
        const client_t *now = &self->clients[i];
        bool is_known = self->believed[i].is_there;
        assert_int_equal(is_known, is_in(self, now));
        if (is_known) {
            assert_int_equal(self->believed[i].serial, now->serial);
            assert_int_equal(self->believed[i].index, now->index);
        }
        count += is_known;
    }
    assert_int_equal(told_count(self->told), count);
    assert_int_equal(told_index(self->told, self->tail), self->tail);
    self->resumed = 0;
}

static void step(scene_t *self)
{
    switch (random_below(&self->random, 12)) {
    case 0:
        if (self->is_connected) {
            cut(self);
        }
        break;
    case 1:
    case 2:
        if (!self->is_connected) {
            come_back(self);
        }
        break;
    case 3:
        if (self->is_connected && self->changes_view) {
            receive(self, EVENTS_MAX); /* a socket that is open: it knows of the new view */
            change_view(self);
        }
        break;
    case 4:
    case 5: serve(self, random_below(&self->random, 10)); break;
    case 6: receive(self, random_below(&self->random, 10)); break;
    case 7:
        if (random_once_in(&self->random, 4)) {
            assert_known(self);
        }
        break;
    case 8:
        if (self->told != NULL && random_once_in(&self->random, 4) && self->tail > 10) {
            told_forget_left(self->told, self->tail - random_below(&self->random, 10));
        }
        break;
    default: change_any(self); break;
    }
}

static void watchers_know_who_is_in_view(void **state)
{
    (void)state;
    static scene_t scene;
    for (uint64_t seed = first_seed; seed < first_seed + seed_count; seed++) {
        scene = (scene_t){.changes_view = seed % 2 == 0, .reuses = seed % 3 == 0};
        /* Room for all, and for few or many of those that left. */
        scene.maximum = CLIENTS + seed % 5 * 3;
        random_init(&scene.random, seed, 1);
        set_view(&scene);
        start(&scene);
        for (int i = 0; i < STEPS; i++) {
            step(&scene);
        }
        assert_known(&scene);
        told_destroy(&scene.told);
    }
}

static const told_client_t ONE = {1, 1};
static const told_client_t TWO = {2, 1};

static told_event_t settle(told_t *told, told_client_t client, bool is_in)
{
    told_client_t next;
    assert_true(told_next(told, &next));
    assert_int_equal(next.handle, client.handle);
    return told_settle(told, is_in);
}

static void a_client_enters_moves_and_leaves(void **state)
{
    (void)state;
    told_t *told = told_new(4);
    told_client_t next;
    assert_false(told_next(told, &next));
    assert_int_equal(told_mark(told, ONE, true, 5), STATUS_OK);
    assert_int_equal(told_mark(told, TWO, true, 6), STATUS_OK);
    assert_int_equal(told_mark(told, ONE, true, 7), STATUS_OK); /* waits since 5 */
    assert_int_equal(told_index(told, 7), 4);
    assert_int_equal(settle(told, ONE, true), TOLD_ENTER);
    assert_int_equal(told_index(told, 7), 5);
    assert_int_equal(told_mark(told, ONE, true, 8), STATUS_OK);
    assert_int_equal(settle(told, TWO, true), TOLD_ENTER);
    assert_int_equal(told_index(told, 8), 7);
    assert_int_equal(settle(told, ONE, true), TOLD_MOVE);
    assert_int_equal(told_index(told, 8), 8);
    assert_int_equal(told_mark(told, ONE, false, 9), STATUS_OK);
    assert_int_equal(settle(told, ONE, false), TOLD_LEAVE);
    assert_int_equal(told_count(told), 1);
    assert_int_equal(told_mark(told, ONE, false, 10), STATUS_OK); /* as the watcher knows */
    assert_false(told_next(told, &next));
    told_destroy(&told);
    assert_null(told);
    told_destroy(&told);
}

static void who_came_and_left_meanwhile_is_not_told(void **state)
{
    (void)state;
    told_t *told = told_new(4);
    told_client_t next;
    for (uint64_t i = 1; i < 100; i += 2) { /* a thousand of them would take no more room */
        told_client_t client = {(uint32_t)i, 1};
        assert_int_equal(told_mark(told, client, true, i), STATUS_OK);
        assert_int_equal(told_mark(told, client, false, i + 1), STATUS_OK);
    }
    assert_false(told_next(told, &next));
    assert_int_equal(told_mark(told, ONE, true, 200), STATUS_OK);
    assert_int_equal(settle(told, ONE, false), TOLD_NOTHING); /* gone when looked at */
    assert_int_equal(told_count(told) + told_waiting(told), 0);
    told_destroy(&told);
}

static void a_full_set_leaves_clients_out(void **state)
{
    (void)state;
    told_t *told = told_new(2);
    const told_client_t three = {3, 1};
    told_begin(told, 0, 0);
    assert_int_equal(told_scan(told, ONE, 1), STATUS_OK);
    assert_int_equal(told_scan(told, TWO, 2), STATUS_OK);
    assert_false(told_is_cut(told));
    assert_int_equal(told_scan(told, three, 3), STATUS_FULL);
    told_end(told);
    assert_true(told_is_cut(told));
    assert_int_equal(told_mark(told, three, true, 4), STATUS_FULL);
    assert_int_equal(told_mark(told, three, false, 5), STATUS_OK);
    (void)settle(told, TWO, true); /* what waits first is what was scanned last */
    (void)settle(told, ONE, true);
    assert_int_equal(told_mark(told, ONE, false, 6), STATUS_OK);
    assert_int_equal(settle(told, ONE, false), TOLD_LEAVE);
    /* Now there is room: the one that left is forgotten for it. */
    assert_int_equal(told_mark(told, three, true, 7), STATUS_OK);
    assert_int_equal(settle(told, three, true), TOLD_ENTER);
    assert_false(told_resume(told, 5));
    assert_true(told_resume(told, 6));
    assert_true(told_is_cut(told));
    told_recheck(told, 7);
    assert_false(told_is_cut(told));
    told_destroy(&told);
}

static void a_handle_of_another_client_is_noticed(void **state)
{
    (void)state;
    told_t *told = told_new(4);
    const told_client_t other = {1, 2};
    assert_int_equal(told_mark(told, ONE, true, 1), STATUS_OK);
    assert_int_equal(told_mark(told, other, true, 2), STATUS_OK); /* ONE was never told */
    assert_int_equal(settle(told, other, true), TOLD_ENTER);
    assert_int_equal(told_mark(told, ONE, true, 3), STATUS_DAMAGED);
    assert_int_equal(told_scan(told, ONE, 3), STATUS_DAMAGED);
    assert_int_equal(told_mark(told, other, false, 4), STATUS_OK);
    assert_int_equal(settle(told, other, false), TOLD_LEAVE);
    assert_int_equal(told_mark(told, ONE, true, 5), STATUS_OK); /* known to have left */
    assert_int_equal(settle(told, ONE, true), TOLD_ENTER);
    assert_false(told_resume(told, 3)); /* the leave of the other cannot be repeated */
    assert_true(told_resume(told, 4));
    told_destroy(&told);
}

static void an_index_that_none_can_have_is_refused(void **state)
{
    (void)state;
    told_t *told = told_new(4);
    assert_int_equal(told_mark(told, ONE, true, 5), STATUS_OK);
    assert_false(told_resume(told, 0));
    assert_false(told_resume(told, 5));
    assert_true(told_resume(told, 4));
    assert_int_equal(settle(told, ONE, true), TOLD_ENTER);
    assert_true(told_resume(told, 5));
    assert_int_equal(told_waiting(told), 0);
    assert_true(told_resume(told, 4));
    assert_int_equal(told_waiting(told), 1);
    told_destroy(&told);
}

/* Those in doubt take no room of the view's until they are settled. */
static void doubts_are_settled_beside_the_view(void **state)
{
    (void)state;
    const told_client_t three = {3, 1};
    const told_client_t four = {4, 1};
    told_t *told = told_new(2);
    told_client_t next;
    told_begin(told, 10, 20);
    assert_int_equal(told_scan(told, ONE, 10), STATUS_OK); /* known: it has not changed */
    assert_int_equal(told_scan(told, TWO, 15), STATUS_OK);
    assert_int_equal(told_doubt(told, TWO), STATUS_OK);
    assert_int_equal(told_doubt(told, three), STATUS_OK);
    assert_int_equal(told_doubt(told, four), STATUS_OK);
    assert_int_equal(told_doubt(told, (told_client_t){4, 2}), STATUS_DAMAGED);
    told_end(told);
    assert_false(told_is_cut(told));
    assert_int_equal(told_waiting(told), 3);
    assert_int_equal(told_index(told, 20), 10);
    assert_true(told_knows(told, four));
    assert_int_equal(settle(told, four, true), TOLD_LEAVE); /* there is no room for it any more */
    assert_false(told_knows(told, four));
    assert_true(told_is_cut(told));
    assert_int_equal(settle(told, three, false), TOLD_LEAVE);
    assert_int_equal(settle(told, TWO, true), TOLD_ENTER);
    assert_int_equal(told_index(told, 20), 20);
    assert_false(told_next(told, &next));
    assert_int_equal(told_count(told), 2);
    assert_false(told_resume(told, 10)); /* the leaves are not remembered */
    assert_true(told_resume(told, 20));
    told_destroy(&told);
}

static void there_is_a_bound_of_doubts(void **state)
{
    (void)state;
    told_t *told = told_new(2);
    told_begin(told, 10, 20);
    assert_int_equal(told_scan(told, ONE, 10), STATUS_OK);
    assert_int_equal(told_doubt(told, ONE), STATUS_OK); /* it changed without the list */
    for (uint32_t i = 0; i < TOLD_DOUBTS_MAX; i++) {
        assert_int_equal(told_doubt(told, (told_client_t){100 + i, 1}), STATUS_OK);
    }
    assert_int_equal(told_doubt(told, (told_client_t){99, 1}), STATUS_FULL);
    assert_int_equal(told_scan(told, TWO, 15), STATUS_OK); /* the view has its room */
    told_end(told);
    for (uint32_t i = 0; i < TOLD_DOUBTS_MAX + 2; i++) {
        told_client_t next;
        assert_true(told_next(told, &next));
        assert_int_equal(told_settle(told, next.handle < 99),
                         next.handle < 99 ? TOLD_ENTER : TOLD_LEAVE);
    }
    assert_int_equal(told_count(told), 2);
    assert_in_range(told_memory(told), 1, 1000); /* it has come down */
    told_destroy(&told);
}

/* An idle stream, and one that stands still with its view full, cost what they cost. */
static void memory_goes_with_the_clients(void **state)
{
    (void)state;
    told_t *told = told_new(1000);
    size_t empty = told_memory(told);
    uint64_t index = 0;
    assert_in_range(empty, 1, 96); /* each idle watcher has one */
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(told_mark(told, (told_client_t){i, 1}, true, ++index), STATUS_OK);
    }
    assert_in_range(told_memory(told), 1, empty + (size_t)1024 * 80);
    for (int round = 0; round < 10; round++) {
        for (uint32_t i = 0; i < 1000; i++) {
            assert_int_equal(told_mark(told, (told_client_t){i, 1}, true, ++index), STATUS_OK);
        }
    }
    assert_in_range(told_memory(told), 1, empty + (size_t)1024 * 80);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(told_mark(told, (told_client_t){i, 1}, false, ++index), STATUS_OK);
    }
    assert_int_equal(told_memory(told), empty);
    told_destroy(&told);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        seed_count = argument_number(argv[1]);
    }
    if (argc > 2) {
        first_seed = argument_number(argv[2]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watchers_know_who_is_in_view),
        cmocka_unit_test(a_client_enters_moves_and_leaves),
        cmocka_unit_test(who_came_and_left_meanwhile_is_not_told),
        cmocka_unit_test(a_full_set_leaves_clients_out),
        cmocka_unit_test(a_handle_of_another_client_is_noticed),
        cmocka_unit_test(an_index_that_none_can_have_is_refused),
        cmocka_unit_test(doubts_are_settled_beside_the_view),
        cmocka_unit_test(there_is_a_bound_of_doubts),
        cmocka_unit_test(memory_goes_with_the_clients),
    };
    return cmocka_run_group_tests_name("told", tests, NULL, NULL);
}
