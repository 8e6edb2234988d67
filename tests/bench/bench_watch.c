/* The moment of the newest update's answer is kept for each client. What comes in: lines of an
 * endless answer to GET /v1/watch. `event: up-to-date` makes a watcher ready; a `data:` line with
 * a Feature whose time is that of its client's newest update is an event to be timed, and one
 * fewer to wait for. */
#include "tests/bench/bench_watch.h"

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "tests/bench/bench_client.h"
#include "tests/bench/bench_within.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_SIZE = 256 };

static const double E6 = 1e6;

typedef struct {
    bench_client_t client; /* its socket and input alone */
    bool ready;
    int64_t west_e6; /* its view */
    int64_t south_e6;
} watcher_t;

/* What is known of a client ID. */
typedef struct {
    int64_t time_ns;     /* of its newest update; 0: there is none */
    int64_t answered_ns; /* steady: when the node answered it; 0: not yet */
    uint32_t waiting;    /* watchers who are to hear of it */
} known_t;

struct bench_watch {
    const bench_settings_t *settings;
    bench_result_t *result;
    watcher_t *watchers; /* settings->watchers of them */
    size_t ready_count;
    int64_t side_e6; /* of a view */
    known_t *known;  /* by client ID */
    uint64_t missing;
};

/* Where in the square of all clients: a view of that side with so many of them. */
static int64_t side_of(const bench_settings_t *settings)
{
    double of_all = (double)settings->view_clients / (double)settings->ids;
    double side = sqrt(of_all < 1 ? of_all : 1) * (double)settings->within;
    return (int64_t)(side * E6);
}

static void place(bench_watch_t *self, watcher_t *watcher, uint64_t *random)
{
    int64_t room_e6 = (int64_t)(self->settings->within * (uint64_t)E6) - self->side_e6;
    uint64_t bits = bench_random(random);
    int64_t most = room_e6 > 0 ? room_e6 : 1;
    watcher->south_e6 = BENCH_WITHIN_SOUTH_E6 + (int64_t)((bits & UINT32_MAX) % (uint64_t)most);
    watcher->west_e6 = BENCH_WITHIN_WEST_E6 + (int64_t)((bits >> 32) % (uint64_t)most);
}

static bool ask(const bench_watch_t *self, const watcher_t *watcher)
{
    char request[REQUEST_SIZE];
    int size = snprintf(request, sizeof request,
                        "GET /v1/watch?bbox=%.6f,%.6f,%.6f,%.6f&limit=10000 HTTP/1.1\r\n"
                        "Host: localhost\r\n\r\n",
                        (double)watcher->west_e6 / E6, (double)watcher->south_e6 / E6,
                        (double)(watcher->west_e6 + self->side_e6) / E6,
                        (double)(watcher->south_e6 + self->side_e6) / E6);
    return send(watcher->client.fd, request, (size_t)size, MSG_NOSIGNAL) == size;
}

static bool connect_all(bench_watch_t *self, const struct addrinfo *addresses, int epoll_fd,
                        size_t first)
{
    uint64_t random = (uint64_t)clock_now_ns();
    for (size_t i = 0; i < self->settings->watchers; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = first + i};
        watcher_t *watcher = &self->watchers[i];
        place(self, watcher, &random);
        if (!bench_client_connect(&watcher->client, addresses, 1) ||
            epoll_ctl(epoll_fd, EPOLL_CTL_ADD, watcher->client.fd, &event) != 0 ||
            !ask(self, watcher)) {
            fprintf(stderr, "herd-bench: watcher %zu: %s\n", i + 1, strerror(errno));
            return false;
        }
    }
    return true;
}

bench_watch_t *bench_watch_new(const bench_settings_t *settings, bench_result_t *result,
                               int epoll_fd, size_t first)
{
    struct addrinfo *addresses;
    int error = address_resolve(&settings->watch_at, 0, &addresses);
    if (error != 0) {
        fprintf(stderr, "herd-bench: %s: %s\n", settings->watch_at.host, gai_strerror(error));
        return NULL;
    }
    bench_watch_t *self = memory_new(sizeof *self);
    self->settings = settings;
    self->result = result;
    self->watchers = memory_new_array(settings->watchers, sizeof *self->watchers);
    self->known = memory_new_array(settings->ids, sizeof *self->known);
    self->side_e6 = side_of(settings);
    for (size_t i = 0; i < settings->watchers; i++) {
        self->watchers[i].client.fd = -1;
    }
    if (!connect_all(self, addresses, epoll_fd, first)) {
        bench_watch_destroy(&self);
    }
    freeaddrinfo(addresses);
    return self;
}

void bench_watch_destroy(bench_watch_t **self_p)
{
    bench_watch_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->settings->watchers; i++) {
        bench_client_done(&self->watchers[i].client);
    }
    free(self->watchers);
    free(self->known);
    free(self);
    *self_p = NULL;
}

bool bench_watch_is_ready(const bench_watch_t *self)
{
    return self->ready_count == self->settings->watchers;
}

/* Of `..."id":"bench.7",...` what stands between the mark and the quote. */
static bool find_value(text_t line, text_t mark, text_t *ret_value)
{
    const char *at = memmem(line.data, line.size, mark.data, mark.size);
    if (at == NULL) {
        return false;
    }
    text_t rest = text_after(line, (size_t)(at - line.data) + mark.size);
    return text_take_until(&rest, '"', ret_value);
}

static void take_data(bench_watch_t *self, text_t line)
{
    text_t id;
    text_t time;
    uint64_t number;
    int64_t time_ns;
    if (!find_value(line, TEXT("\"id\":\"bench."), &id) ||
        !find_value(line, TEXT("\"time\":\""), &time) ||
        !text_to_u64(id, self->settings->ids - 1, &number) || !timestamp_parse(time, &time_ns)) {
        return;
    }
    known_t *known = &self->known[number];
    if (known->time_ns != time_ns || known->waiting == 0) {
        return;
    }
    int64_t took_ns = known->answered_ns != 0 ? clock_steady_ns() - known->answered_ns : 0;
    known->waiting--;
    self->missing--;
    histogram_record(&self->result->latencies[BENCH_EVENT], (uint64_t)(took_ns > 0 ? took_ns : 0));
}

static void take_line(bench_watch_t *self, watcher_t *watcher, text_t line)
{
    text_t data = TEXT("data: ");
    if (text_equal(text_first(line, data.size), data)) {
        take_data(self, text_after(line, data.size));
    } else if (!watcher->ready && text_equal(line, TEXT("event: up-to-date"))) {
        watcher->ready = true;
        self->ready_count++;
    }
}

void bench_watch_hear(bench_watch_t *self, size_t index)
{
    watcher_t *watcher = &self->watchers[index];
    bench_client_t *client = &watcher->client;
    text_t line;
    if (client->fd == -1) {
        return;
    }
    if (!bench_client_read(client)) {
        self->result->closed++;
        bench_client_close(client);
        return;
    }
    text_t rest = buffer_text(&client->in);
    while (text_take_line(&rest, &line)) {
        take_line(self, watcher, line);
    }
    client->in_taken = client->in.size - rest.size;
}

static bool sees(const bench_watch_t *self, const watcher_t *watcher, int64_t north_e6,
                 int64_t east_e6)
{
    return north_e6 >= watcher->south_e6 && north_e6 <= watcher->south_e6 + self->side_e6 &&
           east_e6 >= watcher->west_e6 && east_e6 <= watcher->west_e6 + self->side_e6;
}

void bench_watch_sent(bench_watch_t *self, const bench_request_t *update)
{
    known_t *known = &self->known[update->id];
    int64_t north_e6 = bench_peer_latitude_e6(update->position);
    int64_t east_e6 = bench_peer_longitude_e6(update->position);
    uint32_t seeing = 0;
    for (size_t i = 0; i < self->settings->watchers; i++) {
        seeing += sees(self, &self->watchers[i], north_e6, east_e6);
    }
    self->missing += seeing;
    self->missing -= known->waiting; /* a newer one takes the older one's place */
    *known = (known_t){.time_ns = update->time_ns, .waiting = seeing};
}

void bench_watch_answered(bench_watch_t *self, const bench_request_t *update, int64_t now_ns)
{
    known_t *known = &self->known[update->id];
    if (known->time_ns == update->time_ns) {
        known->answered_ns = now_ns;
    }
}

uint64_t bench_watch_missing(const bench_watch_t *self)
{
    return self->missing;
}
