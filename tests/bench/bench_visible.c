/* What comes in: the settings. An update goes to one server, and the same client is asked for at
 * the other one, question after question, until the answer shows the update; only then the update's
 * own answer is read, and checked. What goes out: a histogram of the times. */
#include "tests/bench/bench_visible.h"

#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "tests/bench/bench_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum {
    SHOWN_LIMIT_S = 10,         /* for an update to be shown, and for any answer */
    PAUSE_NS = 2 * 1000 * 1000, /* between updates */
};

typedef struct {
    const bench_settings_t *settings; /* borrowed */
    bench_result_t *result;           /* borrowed */
    bench_client_t teller;            /* gets the updates */
    bench_client_t shower;            /* is asked */
    uint64_t random;                  /* state of the generator */
} bench_visible_t;

/* Sends one line, whole; false if the connection is broken. */
static bool send_line(bench_visible_t *self, bench_client_t *client, const bench_request_t *line)
{
    bench_client_add(client, self->settings->peer, line);
    return bench_client_write(client) && !bench_client_is_full(client);
}

/* Waits for the reply to the line under way; it is borrowed until the next one. False if there is
 * none before `limit_ns` (steady clock), or the connection ends. */
static bool await_reply(bench_visible_t *self, bench_client_t *client, int64_t limit_ns,
                        bench_reply_t *ret_result, text_t *ret_reply)
{
    bench_request_t line;
    do {
        *ret_result = bench_client_take(client, self->settings->peer, &line, ret_reply);
        if (*ret_result != BENCH_REPLY_PART) {
            return true;
        }
        struct pollfd wait = {.fd = client->fd, .events = POLLIN};
        (void)poll(&wait, 1, SHOWN_LIMIT_S * 1000);
        if (!bench_client_read(client)) {
            return false;
        }
    } while (clock_steady_ns() < limit_ns);
    return false;
}

/* Asks until the update is shown. A server that does not know the client yet refuses the question:
 * that shows nothing. False if it is not shown before `limit_ns`. */
static bool await_shown(bench_visible_t *self, const bench_request_t *update, int64_t limit_ns)
{
    const bench_request_t question = {.kind = BENCH_POSITION, .id = update->id};
    bench_reply_t result;
    text_t reply;
    do {
        if (!send_line(self, &self->shower, &question) ||
            !await_reply(self, &self->shower, limit_ns, &result, &reply)) {
            return false;
        }
        if (result == BENCH_REPLY_RIGHT && bench_peer_shows(self->settings->peer, update, reply)) {
            return true;
        }
    } while (clock_steady_ns() < limit_ns);
    return false;
}

/* One update; false if it is lost. */
static bool tell_and_see(bench_visible_t *self)
{
    bench_request_t update = {.kind = BENCH_IAMAT,
                              .id = (uint32_t)(bench_random(&self->random) % self->settings->ids),
                              .position = bench_random(&self->random),
                              .time_ns = clock_now_ns()};
    bench_reply_t result;
    text_t reply;
    int64_t begin_ns = clock_steady_ns();
    int64_t limit_ns = begin_ns + SHOWN_LIMIT_S * TIMESTAMP_NS_PER_S;
    if (!send_line(self, &self->teller, &update) || !await_shown(self, &update, limit_ns)) {
        return false;
    }
    int64_t took_ns = clock_steady_ns() - begin_ns;
    if (!await_reply(self, &self->teller, limit_ns, &result, &reply)) {
        return false;
    }
    if (result == BENCH_REPLY_RIGHT) {
        histogram_record(&self->result->latencies[BENCH_POSITION], (uint64_t)took_ns);
    } else {
        self->result->wrong++;
    }
    return true;
}

static void pause_between(void)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    (void)nanosleep(&pause, NULL);
}

static void run(bench_visible_t *self)
{
    int64_t begin_ns = clock_steady_ns();
    int64_t spent_ns = clock_thread_ns();
    int64_t end_ns = begin_ns + (int64_t)self->settings->duration_s * TIMESTAMP_NS_PER_S;
    bool shown = true;
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    while (shown && clock_steady_ns() < end_ns) {
        shown = tell_and_see(self);
        pause_between();
    }
    if (!shown) {
        self->result->lost++;
        fputs("herd-bench: an update was not shown, or a connection ended\n", stderr);
    }
    self->result->took_ns = clock_steady_ns() - begin_ns;
    self->result->spent_ns = clock_thread_ns() - spent_ns;
    self->result->ended_ns = clock_now_ns();
}

static bool connect_one(const address_t *address, bench_client_t *ret_client)
{
    struct addrinfo *addresses;
    int error = address_resolve(address, 0, &addresses);
    if (error != 0) {
        fprintf(stderr, "herd-bench: %s: %s\n", address->host, gai_strerror(error));
        return false;
    }
    bool connected = bench_client_connect(ret_client, addresses, 1);
    if (!connected) {
        fprintf(stderr, "herd-bench: %s port %u: %s\n", address->host, address->port,
                strerror(errno));
    }
    freeaddrinfo(addresses);
    return connected;
}

bool bench_visible_run(const bench_settings_t *settings, bench_result_t *ret_result)
{
    bench_visible_t self = {.settings = settings,
                            .result = ret_result,
                            .teller = {.fd = -1},
                            .shower = {.fd = -1},
                            .random = (uint64_t)clock_now_ns()};
    bool begun = connect_one(&settings->address, &self.teller) &&
                 connect_one(&settings->visible_at, &self.shower);
    if (begun) {
        run(&self);
    }
    bench_client_done(&self.teller);
    bench_client_done(&self.shower);
    return begun;
}
