/* What a hop of the bus costs before the herd does anything: a message of the size of a DATA with
 * one record there, one of the size of an ACK back, between two processes at rest; by ZeroMQ, with
 * the bus's sockets and their options, or by a plain connection of TCP. Prints half of the way
 * there and back, and what both processes spent for both.
 *
 *     herd-bench-hop zeromq 20000
 *     herd-bench-hop tcp 20000
 */
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "common/protocol/message.h"
#include "common/sockets/sockets.h"
#include "common/sockets/transport.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum { DATA_HEADER_SIZE = 100, DATA_BODY_SIZE = 82, ACK_HEADER_SIZE = 40, PINGS_MAX = 10000000 };

/* One end of a hop, by either transport (open value struct). */
typedef struct {
    void *context; /* NULL: TCP */
    void *socket;
    int file; /* of TCP */
} end_t;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* What is sent there, or back. */
static message_t message_of(bool back)
{
    static char bytes[DATA_HEADER_SIZE];
    memset(bytes, 'x', sizeof bytes);
    message_t message = {.type = back ? MESSAGE_ACK : MESSAGE_DATA,
                         .header = {.data = bytes, .size = DATA_HEADER_SIZE},
                         .body = {.data = bytes, .size = DATA_BODY_SIZE}};
    if (back) {
        message.header.size = ACK_HEADER_SIZE;
        message.body.size = 0;
    }
    return message;
}

static void send_one(const end_t *end, bool back, text_t peer)
{
    message_t message = message_of(back);
    if (end->context != NULL) {
        if (transport_send(end->socket, peer, &message) != STATUS_OK) {
            fail("zmq_send");
        }
        return;
    }
    char bytes[DATA_HEADER_SIZE + DATA_BODY_SIZE];
    size_t size = message.header.size + message.body.size;
    memset(bytes, 'x', size);
    if (write(end->file, bytes, size) != (ssize_t)size) {
        fail("write");
    }
}

/* Waits for one; the peer is what ZeroMQ calls it. False: the other end has gone. */
static bool receive_one(const end_t *end, bool routed, transport_inbound_t *inbound)
{
    if (end->context == NULL) {
        char bytes[DATA_HEADER_SIZE + DATA_BODY_SIZE];
        return read(end->file, bytes, sizeof bytes) > 0; /* alone, and small: it comes whole */
    }
    zmq_pollitem_t item = {.socket = end->socket, .events = ZMQ_POLLIN};
    return zmq_poll(&item, 1, -1) == 1 &&
           transport_receive(end->socket, routed, inbound) == STATUS_OK;
}

static void open_zeromq(end_t *end, bool listens, char *endpoint, size_t size)
{
    local_socket_t local;
    end->context = zmq_ctx_new();
    end->socket = sockets_open(end->context, listens ? ZMQ_ROUTER : ZMQ_DEALER);
    sockets_role_t role = listens ? SOCKETS_BUS_ROUTER : SOCKETS_BUS_DEALER;
    bool open = end->socket != NULL &&
                sockets_configure(end->socket, role, endpoint, listens ? NULL : "hop") == STATUS_OK;
    if (!open || (listens ? sockets_bind(end->socket, endpoint, &local) != STATUS_OK ||
                                zmq_getsockopt(end->socket, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0
                          : zmq_connect(end->socket, endpoint) != 0)) {
        fail(endpoint);
    }
}

/* The other process: a connection accepted on `listener`, or a ROUTER whose endpoint it tells. */
static void answer(bool zeromq, int listener, int told, uint32_t pings)
{
    end_t end = {0};
    char endpoint[64] = "tcp://127.0.0.1:*";
    if (zeromq) {
        open_zeromq(&end, true, endpoint, sizeof endpoint);
        if (write(told, endpoint, sizeof endpoint) != (ssize_t)sizeof endpoint) {
            fail("pipe");
        }
    } else if ((end.file = accept(listener, NULL, NULL)) < 0) {
        fail("accept");
    }
    for (uint32_t i = 0; i < pings; i++) {
        transport_inbound_t inbound = {0};
        if (!receive_one(&end, true, &inbound)) {
            fail("receive");
        }
        send_one(&end, true, inbound.peer);
        transport_inbound_done(&inbound);
    }
    if (zeromq) {
        zmq_close(end.socket);
        zmq_ctx_term(end.context);
    }
}

static int listen_by_tcp(struct sockaddr_in *ret_address)
{
    socklen_t size = sizeof *ret_address;
    *ret_address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)ret_address, size) != 0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)ret_address, &size) != 0) {
        fail("listen");
    }
    return listener;
}

static void connect_by_tcp(end_t *end, const struct sockaddr_in *address)
{
    const int on = 1;
    end->file = socket(AF_INET, SOCK_STREAM, 0);
    if (end->file < 0 ||
        connect(end->file, (const struct sockaddr *)address, sizeof *address) != 0 ||
        setsockopt(end->file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        fail("connect");
    }
}

static int compare(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

static void ping(const end_t *end, int64_t *times, uint32_t pings)
{
    if (end->context != NULL) { /* a DEALER takes nothing before it is connected */
        zmq_pollitem_t item = {.socket = end->socket, .events = ZMQ_POLLOUT};
        (void)zmq_poll(&item, 1, -1);
    }
    for (uint32_t i = 0; i < pings; i++) {
        transport_inbound_t inbound = {0};
        int64_t begin_ns = clock_steady_ns();
        send_one(end, false, (text_t){0});
        if (!receive_one(end, false, &inbound)) {
            fail("receive");
        }
        times[i] = clock_steady_ns() - begin_ns;
        transport_inbound_done(&inbound);
    }
}

static int64_t us_of(const struct timeval *time)
{
    return time->tv_sec * INT64_C(1000000) + time->tv_usec;
}

static void report(const char *name, int64_t *times, uint32_t pings)
{
    struct rusage usages[2];
    getrusage(RUSAGE_SELF, &usages[0]);
    getrusage(RUSAGE_CHILDREN, &usages[1]);
    long sleeps = usages[0].ru_nvcsw + usages[1].ru_nvcsw;
    int64_t cpu_us = 0;
    for (int i = 0; i < 2; i++) {
        cpu_us += us_of(&usages[i].ru_utime) + us_of(&usages[i].ru_stime);
    }
    qsort(times, pings, sizeof *times, compare);
    int64_t middle = times[pings / 2];
    int64_t late = times[(uint64_t)pings * 99 / 100];
    printf("%s: one way %.1f us (p50), %.1f (p99); there and back %.1f wake-ups, %.1f us of CPU\n",
           name, (double)middle / 2e3, (double)late / 2e3, (double)sleeps / pings,
           (double)cpu_us / pings);
}

int main(int argc, char **argv)
{
    uint64_t pings = 0;
    if (argc != 3 || (strcmp(argv[1], "zeromq") != 0 && strcmp(argv[1], "tcp") != 0) ||
        !text_to_u64(text_of(argv[2]), PINGS_MAX, &pings) || pings == 0) {
        fprintf(stderr, "usage: herd-bench-hop zeromq|tcp PINGS\n");
        return 2;
    }
    bool zeromq = strcmp(argv[1], "zeromq") == 0;
    struct sockaddr_in address;
    int told[2];
    int listener = listen_by_tcp(&address);
    if (pipe(told) != 0) {
        fail("pipe");
    }
    pid_t child = fork(); /* before there are threads */
    if (child == 0) {
        answer(zeromq, listener, told[1], (uint32_t)pings);
        return 0;
    }
    end_t end = {0};
    char endpoint[64];
    if (!zeromq) {
        connect_by_tcp(&end, &address);
    } else if (read(told[0], endpoint, sizeof endpoint) == (ssize_t)sizeof endpoint) {
        open_zeromq(&end, false, endpoint, sizeof endpoint);
    }
    int64_t *times = memory_new_array(pings, sizeof *times);
    ping(&end, times, (uint32_t)pings);
    if (zeromq) {
        zmq_close(end.socket);
        zmq_ctx_term(end.context);
    }
    waitpid(child, NULL, 0);
    report(argv[1], times, (uint32_t)pings);
    free(times);
    return 0;
}
