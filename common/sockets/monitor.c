#include "common/sockets/monitor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { EVENT_SIZE = 6 }; /* a 16-bit event and a 32-bit value (zmq_socket_monitor(3)) */

bool monitor_start(void *socket, int events, char ret_address[MONITOR_ADDRESS_SIZE])
{
    /* The address of a socket in memory would not do: it comes round again, maybe before the former
     * monitor is gone. */
    static atomic_uint_fast64_t started;
    snprintf(ret_address, MONITOR_ADDRESS_SIZE, "inproc://monitor-%" PRIuFAST64,
             atomic_fetch_add(&started, 1));
    return zmq_socket_monitor(socket, ret_address, events) == 0;
}

void *monitor_connect(void *context, const char *address)
{
    void *monitor = zmq_socket(context, ZMQ_PAIR);
    int none = 0; /* no limit, no lingering */
    if (monitor != NULL && (zmq_setsockopt(monitor, ZMQ_RCVHWM, &none, sizeof none) != 0 ||
                            zmq_setsockopt(monitor, ZMQ_LINGER, &none, sizeof none) != 0 ||
                            zmq_connect(monitor, address) != 0)) {
        int reason = errno;
        zmq_close(monitor);
        errno = reason;
        monitor = NULL;
    }
    return monitor;
}

void *monitor_open(void *context, void *socket, int events)
{
    char address[MONITOR_ADDRESS_SIZE];
    if (!monitor_start(socket, events, address)) {
        return NULL;
    }
    void *monitor = monitor_connect(context, address);
    if (monitor == NULL) {
        int reason = errno;
        zmq_socket_monitor(socket, NULL, 0);
        errno = reason;
    }
    return monitor;
}

void monitor_close(void *socket, void **monitor_p)
{
    if (socket != NULL) {
        zmq_socket_monitor(socket, NULL, 0);
    }
    if (*monitor_p != NULL) {
        zmq_close(*monitor_p);
        *monitor_p = NULL;
    }
}

bool monitor_next(void *monitor, uint16_t *ret_event, uint32_t *ret_value)
{
    unsigned char frame[EVENT_SIZE];
    char endpoint[1]; /* the second frame is of no use */
    if (zmq_recv(monitor, frame, sizeof frame, ZMQ_DONTWAIT) != EVENT_SIZE) {
        return false;
    }
    (void)zmq_recv(monitor, endpoint, sizeof endpoint, ZMQ_DONTWAIT);
    memcpy(ret_event, frame, sizeof *ret_event);
    memcpy(ret_value, frame + sizeof *ret_event, sizeof *ret_value);
    return true;
}

const char *monitor_problem(uint16_t event, bool secure)
{
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return "it refuses our key";
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        return secure ? "it has no keys, or another one than we know"
                      : "it does not speak as we do; has it keys?";
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return secure ? "it hung up on our keys; has it another one than we know?" : NULL;
    default: return NULL;
    }
}
