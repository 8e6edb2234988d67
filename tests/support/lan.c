#include "tests/support/lan.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/host.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    PACKETS_PER_TURN = 64,      /* read from one device before the others have their turn */
    QUEUED_PACKETS_MAX = 20000, /* of one way that delays: 30 MB */
    ADDRESS_FIRST = 0x0A4D0001, /* 10.77.0.1; only the hosts see it */
    IPV4_HEADER_SIZE = 20,      /* RFC 791: version in the first four bits, */
    IPV4_SOURCE = 12,           /* ... offsets of the addresses, */
    IPV4_DESTINATION = 16,
    IPV4_VERSION = 4,
};

/* A packet that is delayed. */
typedef struct packet packet_t;
struct packet {
    packet_t *next; /* the one behind it on its way, or NULL */
    int64_t due_ns; /* steady clock: when it arrives */
    size_t size;    /* bytes */
    uint8_t data[HOST_PACKET_SIZE];
};

typedef struct {
    lan_way_t faults; /* under the lock */
    packet_t *first;  /* the oldest that is delayed; these three are the switch's own */
    packet_t *last;
    size_t count;
} way_t;

struct lan {
    host_t *hosts[LAN_HOSTS_MAX];
    size_t host_count;
    way_t ways[LAN_HOSTS_MAX][LAN_HOSTS_MAX]; /* [from][to] */
    pthread_mutex_t lock;                     /* of the faults and of `lost` */
    uint64_t lost;                            /* packets */
    uint64_t random;                          /* state of the switch's generator, never 0 */
    pthread_t thread;                         /* the switch */
    int end;                                  /* eventfd: written when the switch is to end */
};

bool lan_is_possible(void)
{
    host_t *host = host_new(ADDRESS_FIRST);
    if (host == NULL) {
        fprintf(stderr, "skipped: no network namespace with a TUN device can be made here: %s\n",
                strerror(errno));
        return false;
    }
    host_destroy(&host);
    return true;
}

/* xorshift64 (G. Marsaglia, J. Stat. Soft. 8, 2003): any loss without a pattern will do. */
static uint64_t next_random(lan_t *self)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return self->random;
}

static lan_way_t faults_of(lan_t *self, const way_t *way)
{
    pthread_mutex_lock(&self->lock);
    lan_way_t faults = way->faults;
    pthread_mutex_unlock(&self->lock);
    return faults;
}

static void note_lost(lan_t *self)
{
    pthread_mutex_lock(&self->lock);
    self->lost++;
    pthread_mutex_unlock(&self->lock);
}

static void deliver(lan_t *self, size_t to, const uint8_t *data, size_t size)
{
    /* EIO: the device is down. As on any wire, the sender does not learn of it. */
    if (write(host_device(self->hosts[to]), data, size) < 0) {
        note_lost(self);
    }
}

static void delay(lan_t *self, way_t *way, const uint8_t *data, size_t size, unsigned delay_ms)
{
    if (way->count >= QUEUED_PACKETS_MAX) {
        note_lost(self);
        return;
    }
    packet_t *packet = memory_new(sizeof *packet);
    packet->due_ns = clock_steady_ns() + delay_ms * TIMESTAMP_NS_PER_MS;
    packet->size = size;
    memcpy(packet->data, data, size);
    if (way->first == NULL) {
        way->first = packet;
    } else {
        way->last->next = packet;
    }
    way->last = packet;
    way->count++;
}

/* The host that the address at `data` belongs to; host_count if there is none. */
static size_t host_at(const lan_t *self, const uint8_t *data)
{
    uint32_t address = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 |
                       (uint32_t)data[3];
    uint32_t number = address - ADDRESS_FIRST;
    return number < self->host_count ? number : self->host_count;
}

static void pass_on(lan_t *self, size_t from, const uint8_t *data, size_t size)
{
    /* On each device IPv6 asks for its neighbours; there are none. */
    if (size < IPV4_HEADER_SIZE || data[0] >> 4 != IPV4_VERSION) {
        return;
    }
    size_t to = host_at(self, data + IPV4_DESTINATION);
    if (to == self->host_count || host_at(self, data + IPV4_SOURCE) != from) {
        return;
    }
    way_t *way = &self->ways[from][to];
    lan_way_t faults = faults_of(self, way);
    if (faults.cut || next_random(self) % 100 < faults.loss_percent) {
        note_lost(self);
    } else if (faults.delay_ms > 0 || way->first != NULL) {
        delay(self, way, data, size, faults.delay_ms);
    } else {
        deliver(self, to, data, size);
    }
}

static void read_device(lan_t *self, size_t host)
{
    uint8_t data[HOST_PACKET_SIZE];
    for (int i = 0; i < PACKETS_PER_TURN; i++) {
        ssize_t size = read(host_device(self->hosts[host]), data, sizeof data);
        if (size <= 0) {
            return;
        }
        pass_on(self, host, data, (size_t)size);
    }
}

static void drop_first(way_t *way)
{
    packet_t *packet = way->first;
    way->first = packet->next;
    way->count--;
    free(packet);
}

/* Delivers what is due on a way. Returns when its next packet is due, or `next_ns` if that is
 * earlier. */
static int64_t release(lan_t *self, size_t from, size_t to, int64_t now_ns, int64_t next_ns)
{
    way_t *way = &self->ways[from][to];
    bool cut = way->first != NULL && faults_of(self, way).cut;
    while (way->first != NULL && (cut || way->first->due_ns <= now_ns)) {
        if (cut) {
            note_lost(self);
        } else {
            deliver(self, to, way->first->data, way->first->size);
        }
        drop_first(way);
    }
    return way->first != NULL && way->first->due_ns < next_ns ? way->first->due_ns : next_ns;
}

static int64_t release_all(lan_t *self)
{
    int64_t now_ns = clock_steady_ns();
    int64_t next_ns = INT64_MAX;
    for (size_t from = 0; from < self->host_count; from++) {
        for (size_t to = 0; to < self->host_count; to++) {
            next_ns = release(self, from, to, now_ns, next_ns);
        }
    }
    return next_ns;
}

/* Milliseconds until `due_ns`, rounded up; -1, which means for ever, if that is never. */
static int time_left_ms(int64_t due_ns)
{
    if (due_ns == INT64_MAX) {
        return -1;
    }
    int64_t left_ns = due_ns - clock_steady_ns();
    return left_ns > 0 ? (int)(left_ns / TIMESTAMP_NS_PER_MS) + 1 : 0;
}

static void *run_switch(void *argument)
{
    lan_t *self = argument;
    struct pollfd items[LAN_HOSTS_MAX + 1];
    for (size_t i = 0; i < self->host_count; i++) {
        items[i] = (struct pollfd){.fd = host_device(self->hosts[i]), .events = POLLIN};
    }
    struct pollfd *end = &items[self->host_count];
    *end = (struct pollfd){.fd = self->end, .events = POLLIN};
    while ((end->revents & POLLIN) == 0) {
        int timeout_ms = time_left_ms(release_all(self));
        if (poll(items, self->host_count + 1, timeout_ms) < 0 && errno != EINTR) {
            abort();
        }
        for (size_t i = 0; i < self->host_count; i++) {
            if ((items[i].revents & POLLIN) != 0) {
                read_device(self, i);
            }
        }
    }
    return NULL;
}

lan_t *lan_new(size_t host_count)
{
    assert_in_range(host_count, 1, LAN_HOSTS_MAX);
    lan_t *self = memory_new(sizeof *self);
    self->host_count = host_count;
    self->random = UINT64_C(88172645463325252); /* Marsaglia's */
    self->end = eventfd(0, EFD_CLOEXEC);
    assert_true(self->end >= 0);
    for (size_t i = 0; i < host_count; i++) {
        self->hosts[i] = host_new(ADDRESS_FIRST + (uint32_t)i);
        if (self->hosts[i] == NULL) {
            fail_msg("no host %zu: %s", i, strerror(errno));
        }
    }
    assert_int_equal(pthread_mutex_init(&self->lock, NULL), 0);
    assert_int_equal(pthread_create(&self->thread, NULL, run_switch, self), 0);
    return self;
}

void lan_destroy(lan_t **self_p)
{
    lan_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    (void)eventfd_write(self->end, 1);
    pthread_join(self->thread, NULL);
    pthread_mutex_destroy(&self->lock);
    close(self->end);
    for (size_t i = 0; i < self->host_count * self->host_count; i++) {
        way_t *way = &self->ways[i / self->host_count][i % self->host_count];
        while (way->first != NULL) {
            drop_first(way);
        }
    }
    for (size_t i = 0; i < self->host_count; i++) {
        host_destroy(&self->hosts[i]);
    }
    free(self);
    *self_p = NULL;
}

void lan_address(size_t host, char out[LAN_ADDRESS_SIZE])
{
    uint32_t address = ADDRESS_FIRST + (uint32_t)host;
    snprintf(out, LAN_ADDRESS_SIZE, "%u.%u.%u.%u", address >> 24 & 255, address >> 16 & 255,
             address >> 8 & 255, address & 255);
}

int lan_namespace(const lan_t *self, size_t host)
{
    return host_namespace(self->hosts[host]);
}

void lan_set_way(lan_t *self, size_t from, size_t to, const lan_way_t *way)
{
    pthread_mutex_lock(&self->lock);
    self->ways[from][to].faults = *way;
    pthread_mutex_unlock(&self->lock);
}

void lan_set_up(lan_t *self, size_t host, bool up)
{
    host_set_up(self->hosts[host], up);
}

uint64_t lan_lost(lan_t *self)
{
    pthread_mutex_lock(&self->lock);
    uint64_t lost = self->lost;
    pthread_mutex_unlock(&self->lock);
    return lost;
}
