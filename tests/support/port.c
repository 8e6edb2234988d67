#include "tests/support/port.h"

#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PORT_FIRST = 20000,
    PORT_END = 32000,
    SLICE_PORTS = 40,
    SLICES = (PORT_END - PORT_FIRST) / SLICE_PORTS,
    SLICES_MAX = 32, /* of one pool */
};

static const char lock_folder[] = "/tmp/herd-test-ports";

struct port_pool {
    int locks[SLICES_MAX]; /* descriptors that hold the lock files of our slices */
    size_t lock_count;
    unsigned next; /* port to try next, 0 before the first slice */
    unsigned end;  /* one past the last port of the newest slice */
};

port_pool_t *port_pool_new(void)
{
    return memory_new(sizeof(port_pool_t));
}

/* The descriptor that holds the lock of a slice; -1 if another program has it. */
static int lock_slice(unsigned slice)
{
    char path[sizeof lock_folder + 16];
    snprintf(path, sizeof path, "%s/%u", lock_folder, slice);
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        return -1;
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) < 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static void take_slice(port_pool_t *self)
{
    /* All users of the machine share it, like /tmp, whatever umask or an earlier run decided. */
    if (mkdir(lock_folder, 0777) == 0) {
        (void)chmod(lock_folder, 01777);
    }
    unsigned start = 0;
    if (getrandom(&start, sizeof start, 0) != (ssize_t)sizeof start) {
        start = (unsigned)getpid();
    }
    assert_true(self->lock_count < SLICES_MAX);
    for (unsigned i = 0; i < SLICES; i++) {
        unsigned slice = (start % SLICES + i) % SLICES;
        int lock = lock_slice(slice);
        if (lock >= 0) {
            self->locks[self->lock_count++] = lock;
            self->next = PORT_FIRST + slice * SLICE_PORTS;
            self->end = self->next + SLICE_PORTS;
            return;
        }
    }
    fail_msg("no free slice of ports: see %s", lock_folder);
}

/* Without SO_REUSEADDR: a port whose old connections still linger is not free. */
static bool is_free(unsigned port)
{
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) {
        fail_msg("socket: %s", strerror(errno));
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_ANY)};
    int result = bind(probe, (const struct sockaddr *)&address, sizeof address);
    close(probe);
    return result == 0;
}

uint16_t port_pool_take(port_pool_t *self)
{
    for (;;) {
        if (self->next == self->end) {
            take_slice(self);
        }
        unsigned port = self->next++;
        if (is_free(port)) {
            return (uint16_t)port;
        }
    }
}

int port_occupy(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    return listener;
}

void port_pool_destroy(port_pool_t **self_p)
{
    port_pool_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->lock_count; i++) {
        close(self->locks[i]);
    }
    free(self);
    *self_p = NULL;
}
