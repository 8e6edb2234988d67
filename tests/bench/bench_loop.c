#include "tests/bench/bench_loop.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "tests/bench/bench_around.h"
#include "tests/bench/bench_client.h"
#include "tests/bench/bench_watch.h"
#include "tests/bench/bench_within.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 256,            /* of one turn */
    CATCH_UP_S = 6,          /* for lines of an open loop that are overdue at its end */
    DRAIN_S = 6,             /* for lines under way then: more than a front-end's request_timeout */
    WRONG_SHOWN = 5,         /* wrong replies that are shown */
    WRONG_SIZE = 800,        /* bytes of each, escaped */
    RESULTS_COUNTED_OF = 16, /* answers, the results of one of which are counted: it takes time */
    FILES_BESIDE = 16,       /* descriptors besides connections */
};

/* The purpose of the lines. */
typedef enum { PHASE_FILL, PHASE_WATCH, PHASE_RUN } phase_t;

typedef struct {
    const bench_settings_t *settings; /* borrowed */
    bench_result_t *result;           /* borrowed */
    bench_around_t around;            /* rows that clients are near; none: anywhere */
    bench_within_t within;            /* where clients are */
    bench_watch_t *watch;             /* NULL: no one watches */
    bench_client_t *clients;          /* settings->clients of them */
    size_t *marked;                   /* indices of the clients to be served in this turn */
    size_t marked_count;              /* of `marked` */
    bool *is_marked;                  /* by client */
    bool *awaits_room;                /* by client: EPOLLOUT is asked for */
    size_t open_count;                /* connections that are open */
    size_t under_way;                 /* lines, all connections together */
    phase_t phase;
    int epoll_fd;        /* descriptor */
    int64_t begin_ns;    /* of the phase; steady clock, ns */
    int64_t end_ns;      /* of the duration; steady clock, ns */
    int64_t stop_ns;     /* when no more is sent; steady clock, ns */
    int64_t reply_ns;    /* of the last reply; steady clock, ns */
    int64_t progress_ns; /* of the next line of progress; steady clock, ns */
    uint64_t due;        /* lines of an open loop whose intended time has come */
    uint64_t taken;      /* replies of the phase, wrong ones too */
    int64_t spent_ns;    /* processor time of this process when the phase began, ns */
    uint64_t random;     /* state of the generator */
} bench_loop_t;

static const int64_t WATCH_NS = 60 * TIMESTAMP_NS_PER_S; /* until all watchers are ready */

static uint64_t next_random(bench_loop_t *self)
{
    return bench_random(&self->random);
}

static bool is_open_loop(const bench_loop_t *self)
{
    return self->phase == PHASE_RUN && self->settings->rate > 0;
}

static int64_t intended_ns(const bench_loop_t *self, uint64_t line)
{
    uint64_t rate = self->settings->rate;
    return self->begin_ns +
           (int64_t)(line / rate * TIMESTAMP_NS_PER_S + line % rate * TIMESTAMP_NS_PER_S / rate);
}

static bench_kind_t pick_kind(bench_loop_t *self)
{
    const uint64_t *weights = self->settings->weights;
    uint64_t chance = next_random(self) % bench_loop_weight(weights);
    bench_kind_t kind = BENCH_IAMAT;
    while (chance >= weights[kind]) {
        chance -= weights[kind++];
    }
    return kind;
}

/* Chooses the next line of a client, but not its position; false if none is due. */
static bool pick_line(bench_loop_t *self, size_t index, int64_t now_ns, bench_request_t *ret_line)
{
    /* Connections take turns with lines: this is its number among all lines. */
    uint64_t line = self->clients[index].made * self->settings->clients + index;
    *ret_line = (bench_request_t){
        .position = next_random(self), .time_ns = clock_now_ns(), .intended_ns = now_ns};
    if (self->phase == PHASE_FILL) {
        ret_line->id = (uint32_t)line;
        return line < self->settings->ids;
    }
    if (self->phase == PHASE_WATCH) {
        return false;
    }
    ret_line->kind = pick_kind(self);
    ret_line->id = (uint32_t)(next_random(self) % self->settings->ids);
    if (is_open_loop(self)) {
        ret_line->intended_ns = intended_ns(self, line);
        return line < self->due && now_ns < self->stop_ns;
    }
    return now_ns < self->stop_ns;
}

static bool next_line(bench_loop_t *self, size_t index, int64_t now_ns, bench_request_t *ret_line)
{
    bool picked = pick_line(self, index, now_ns, ret_line);
    if (!picked) {
        return false;
    }
    ret_line->around_places = self->around.count > 0;
    ret_line->position = bench_within_position(&self->within, ret_line->id, ret_line->position);
    if (self->watch != NULL && self->phase == PHASE_RUN && ret_line->kind == BENCH_IAMAT) {
        bench_watch_sent(self->watch, ret_line);
    }
    return true;
}

static void mark(bench_loop_t *self, size_t index)
{
    if (!self->is_marked[index]) {
        self->is_marked[index] = true;
        self->marked[self->marked_count++] = index;
    }
}

static void drop(bench_loop_t *self, bench_client_t *client)
{
    self->under_way -= client->under_way;
    self->result->lost += client->under_way;
    self->result->closed++;
    self->open_count--;
    bench_client_close(client);
}

static void watch(bench_loop_t *self, size_t index)
{
    bool full = bench_client_is_full(&self->clients[index]);
    struct epoll_event event = {.events = EPOLLIN | (full ? EPOLLOUT : 0U), .data.u64 = index};
    if (full != self->awaits_room[index]) {
        self->awaits_room[index] = full;
        (void)epoll_ctl(self->epoll_fd, EPOLL_CTL_MOD, self->clients[index].fd, &event);
    }
}

/* Makes the lines that a client may send now, and writes once. */
static void serve(bench_loop_t *self, size_t index)
{
    bench_client_t *client = &self->clients[index];
    bench_request_t line;
    self->is_marked[index] = false;
    if (client->fd == -1) {
        return;
    }
    int64_t now_ns = clock_steady_ns();
    while (client->under_way < client->pipeline && next_line(self, index, now_ns, &line)) {
        bench_client_add(client, self->settings->peer, &line);
        self->under_way++;
    }
    if (!bench_client_write(client)) {
        drop(self, client);
        return;
    }
    watch(self, index);
}

static void show_wrong(bench_loop_t *self, const bench_request_t *line, text_t reply)
{
    char shown[WRONG_SIZE];
    if (self->result->wrong++ < WRONG_SHOWN) {
        text_escape(reply, shown, sizeof shown);
        fprintf(stderr, "herd-bench: wrong reply to %s of bench.%u: %s\n",
                line->kind == BENCH_IAMAT ? "IAMAT" : "a question", line->id, shown);
    }
}

static void count_reply(bench_loop_t *self, const bench_request_t *line, text_t reply)
{
    int64_t took_ns = self->reply_ns - line->intended_ns;
    if (self->phase == PHASE_RUN) {
        histogram_record(&self->result->latencies[line->kind], took_ns > 0 ? (uint64_t)took_ns : 0);
        if (self->watch != NULL && line->kind == BENCH_IAMAT) {
            bench_watch_answered(self->watch, line, self->reply_ns);
        }
        bool has_results = line->kind == BENCH_WHATSAT || line->kind == BENCH_NEAR;
        if (has_results && self->taken % RESULTS_COUNTED_OF == 0) {
            self->result->answers_looked_at++;
            self->result->results += bench_peer_results(self->settings->peer, reply);
        }
    }
}

/* Reads once, and takes all replies that are complete. */
static void hear(bench_loop_t *self, size_t index)
{
    bench_client_t *client = &self->clients[index];
    bench_request_t line = {.id = 0};
    bench_reply_t result = BENCH_REPLY_RIGHT;
    text_t reply;
    if (!bench_client_read(client)) {
        drop(self, client);
        return;
    }
    self->reply_ns = clock_steady_ns();
    while (client->under_way > 0 && result != BENCH_REPLY_PART) {
        result = bench_client_take(client, self->settings->peer, &line, &reply);
        if (result == BENCH_REPLY_PART) {
            continue;
        }
        self->under_way--;
        self->taken++;
        if (result == BENCH_REPLY_RIGHT) {
            count_reply(self, &line, reply);
        } else {
            show_wrong(self, &line, reply);
        }
    }
    if (client->under_way == 0 && client->in_taken < client->in.size) {
        /* A reply without a request. */
        show_wrong(self, &line, text_after(buffer_text(&client->in), client->in_taken));
        client->in_taken = client->in.size;
    }
}

/* Marks the clients whose lines have become due. */
static void mark_due(bench_loop_t *self, int64_t now_ns)
{
    assert(self->settings->clients > 0);
    int64_t until_ns = now_ns < self->end_ns ? now_ns : self->end_ns - 1;
    while (is_open_loop(self) && intended_ns(self, self->due) <= until_ns) {
        mark(self, self->due % self->settings->clients);
        self->due++;
    }
}

static void mark_all(bench_loop_t *self)
{
    for (size_t i = 0; i < self->settings->clients; i++) {
        mark(self, i);
    }
}

static void begin_phase(bench_loop_t *self, phase_t phase)
{
    self->phase = phase;
    self->taken = 0;
    self->begin_ns = self->reply_ns = clock_steady_ns();
    self->spent_ns = clock_thread_ns();
    self->end_ns = self->begin_ns + (int64_t)self->settings->duration_s * TIMESTAMP_NS_PER_S;
    self->stop_ns = self->end_ns + (is_open_loop(self) ? CATCH_UP_S * TIMESTAMP_NS_PER_S : 0);
    self->progress_ns = self->begin_ns + TIMESTAMP_NS_PER_S;
    for (size_t i = 0; i < self->settings->clients; i++) {
        self->clients[i].made = 0;
    }
    mark_all(self);
}

static void show_progress(bench_loop_t *self, int64_t now_ns)
{
    if (now_ns < self->progress_ns) {
        return;
    }
    double seconds = (double)(now_ns - self->begin_ns) / (double)TIMESTAMP_NS_PER_S;
    self->progress_ns += TIMESTAMP_NS_PER_S;
    if (isatty(STDERR_FILENO) != 0) {
        fprintf(stderr, "\r%s %3.0f s  %10.0f lines/s  %llu wrong  %llu lost ",
                self->phase == PHASE_FILL ? "filling" : "running", seconds,
                (double)self->taken / seconds, (unsigned long long)self->result->wrong,
                (unsigned long long)self->result->lost);
    }
}

/* The time at which the loop has something to do, even if no socket is ready. */
static int64_t next_wake_ns(const bench_loop_t *self, int64_t now_ns)
{
    int64_t wake_ns = self->progress_ns;
    if (is_open_loop(self) && now_ns < self->end_ns) {
        int64_t next_ns = intended_ns(self, self->due);
        wake_ns = next_ns < wake_ns ? next_ns : wake_ns;
    }
    if (now_ns < self->end_ns && self->end_ns < wake_ns) {
        wake_ns = self->end_ns;
    }
    return wake_ns;
}

static void wait_for_events(bench_loop_t *self)
{
    struct epoll_event events[EVENTS];
    int64_t now_ns = clock_steady_ns();
    int64_t rest_ns = next_wake_ns(self, now_ns) - now_ns;
    rest_ns = rest_ns > 0 ? rest_ns : 0;
    struct timespec rest = {.tv_sec = rest_ns / TIMESTAMP_NS_PER_S,
                            .tv_nsec = rest_ns % TIMESTAMP_NS_PER_S};
    int count = epoll_pwait2(self->epoll_fd, events, EVENTS, &rest, NULL);
    for (int i = 0; i < count; i++) {
        size_t index = events[i].data.u64;
        if (index >= self->settings->clients) {
            bench_watch_hear(self->watch, index - self->settings->clients);
            continue;
        }
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0) {
            hear(self, index);
        }
        mark(self, index);
    }
}

static bool is_over(const bench_loop_t *self, int64_t now_ns)
{
    if (self->open_count == 0) {
        return true;
    }
    if (self->phase == PHASE_FILL) {
        return self->under_way == 0 || now_ns > self->reply_ns + DRAIN_S * TIMESTAMP_NS_PER_S;
    }
    if (self->phase == PHASE_WATCH) {
        return bench_watch_is_ready(self->watch) || now_ns > self->begin_ns + WATCH_NS;
    }
    bool settled = self->watch == NULL || bench_watch_missing(self->watch) == 0;
    return now_ns >= self->end_ns && ((self->under_way == 0 && settled) ||
                                      now_ns > self->stop_ns + DRAIN_S * TIMESTAMP_NS_PER_S);
}

static void run_phase(bench_loop_t *self, phase_t phase)
{
    begin_phase(self, phase);
    int64_t now_ns = self->begin_ns;
    do {
        mark_due(self, now_ns);
        for (size_t i = 0; i < self->marked_count; i++) {
            serve(self, self->marked[i]);
        }
        self->marked_count = 0;
        if (!is_over(self, now_ns)) {
            wait_for_events(self);
            now_ns = clock_steady_ns();
            show_progress(self, now_ns);
        }
    } while (self->marked_count > 0 || !is_over(self, now_ns));
}

static bool connect_all(bench_loop_t *self, const struct addrinfo *addresses)
{
    for (size_t i = 0; i < self->settings->clients; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};
        bench_client_t *client = &self->clients[i];
        if (!bench_client_connect(client, addresses, self->settings->pipeline) ||
            epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, client->fd, &event) != 0) {
            const address_t *address = &self->settings->address;
            fprintf(stderr, "herd-bench: connection %zu to %s port %u: %s\n", i + 1, address->host,
                    address->port, strerror(errno));
            return false;
        }
        self->open_count++;
    }
    return true;
}

static bool connect_to_host(bench_loop_t *self)
{
    const address_t *address = &self->settings->address;
    struct addrinfo *addresses;
    int error = address_resolve(address, 0, &addresses);
    if (error != 0) {
        fprintf(stderr, "herd-bench: %s: %s\n", address->host, gai_strerror(error));
        return false;
    }
    bool connected = connect_all(self, addresses);
    freeaddrinfo(addresses);
    return connected;
}

static void allow_files(uint64_t clients)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < clients + FILES_BESIDE) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* Has all watchers see the state of their views. */
static bool watch_all(bench_loop_t *self)
{
    self->watch =
        bench_watch_new(self->settings, self->result, self->epoll_fd, self->settings->clients);
    if (self->watch == NULL) {
        return false;
    }
    run_phase(self, PHASE_WATCH);
    if (!bench_watch_is_ready(self->watch)) {
        fputs("herd-bench: not all watchers were told the state of their views\n", stderr);
        return false;
    }
    return true;
}

/* False: it cannot begin. */
static bool run_phases(bench_loop_t *self)
{
    /* Otherwise the kernel may wake the loop 50 us after a line was intended. */
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    if (self->settings->peer != BENCH_PEER_ECHO && !self->settings->known) {
        run_phase(self, PHASE_FILL);
    }
    if (self->settings->watch_at.port != 0 && !watch_all(self)) {
        return false;
    }
    /* If the peer fails already, it is not what --peer says, and figures would mean nothing. */
    if (self->under_way == 0 && self->result->closed == 0 && self->result->wrong == 0) {
        run_phase(self, PHASE_RUN);
    }
    bench_result_t *result = self->result;
    uint64_t made = 0;
    for (size_t i = 0; i < self->settings->clients; i++) {
        made += self->clients[i].made;
    }
    result->lost += self->under_way;
    result->lost += self->watch != NULL ? bench_watch_missing(self->watch) : 0;
    result->unsent = is_open_loop(self) && self->due > made ? self->due - made : 0;
    result->took_ns = self->reply_ns - self->begin_ns;
    result->spent_ns = clock_thread_ns() - self->spent_ns;
    result->ended_ns = clock_now_ns() - (clock_steady_ns() - self->reply_ns);
    if (isatty(STDERR_FILENO) != 0) {
        fputs("\r\033[K", stderr);
    }
    return true;
}

bool bench_loop_run(const bench_settings_t *settings, bench_result_t *ret_result)
{
    size_t count = settings->clients;
    assert(count > 0);
    /* Of its own: a run that sent what one before has sent would change nothing at the peer, and an
     * append-only file, for example, is not written then. */
    uint64_t random = (uint64_t)clock_now_ns();
    bench_loop_t self = {.settings = settings, .result = ret_result, .random = random};
    self.clients = memory_new_array(count, sizeof *self.clients);
    self.marked = memory_new_array(count, sizeof *self.marked);
    self.is_marked = memory_new_array(count, sizeof *self.is_marked);
    self.awaits_room = memory_new_array(count, sizeof *self.awaits_room);
    for (size_t i = 0; i < count; i++) {
        self.clients[i].fd = -1;
    }
    self.within = (bench_within_t){
        .around = &self.around, .degrees = settings->within, .wander = settings->wander};
    allow_files(count + settings->watchers);
    self.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    bool begun = self.epoll_fd != -1 &&
                 (settings->around == NULL || bench_around_read(settings->around, &self.around)) &&
                 connect_to_host(&self);
    begun = begun && run_phases(&self);
    bench_watch_destroy(&self.watch);
    for (size_t i = 0; i < count; i++) {
        bench_client_done(&self.clients[i]);
    }
    if (self.epoll_fd != -1) {
        close(self.epoll_fd);
    }
    bench_around_done(&self.around);
    free(self.clients);
    free(self.marked);
    free(self.is_marked);
    free(self.awaits_room);
    return begun;
}
