#include "common/sockets/inflow.h"

#include "common/base/memory.h"
#include "common/sockets/connections.h"
#include "common/sockets/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

enum {
    EVENTS = MONITOR_FAILURES | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED,
    LOOK_EVERY_MS = 20,
    /* ZeroMQ frees what it held of a cut connection when it finds it ended; by then it has. */
    LOOKS_UNTIL_TRIM = 10,
};

/* One socket that is watched. */
typedef struct {
    atomic_bool delivered;         /* since the last look */
    atomic_uint failure;           /* the last event */
    _Atomic(const char *) verdict; /* why a connection was cut */
    /* The thread's own: */
    void *monitor;   /* PAIR; NULL: not watched */
    int file;        /* of its connection; -1: there is none */
    uint64_t cookie; /* of that, connections_cookie */
    uint64_t base;   /* bytes that had come with its last whole message */
} stream_t;

/* What the thread is asked to do. */
typedef enum { ORDER_NONE, ORDER_WATCH, ORDER_LEAVE, ORDER_END } order_t;

struct inflow {
    inflow_settings_t settings;
    pthread_t thread;
    int wake;    /* eventfd: there is an order */
    int reserve; /* see connections_end */
    pthread_mutex_t lock;
    pthread_cond_t done;
    /* Under the lock: */
    order_t order;
    size_t index;
    char address[MONITOR_ADDRESS_SIZE];
    int reason; /* errno of an order that failed; 0: it did not */
    /* The thread's own, `count` each: */
    stream_t *streams;
    zmq_pollitem_t *items; /* one more */
    size_t *owners;        /* of the items */
    meter_connection_t *metered;
    size_t *measured; /* the same: whose they are */
    unsigned trim_in; /* looks until free memory is given back; 0: not to be */
};

static void forget_connection(stream_t *self)
{
    self->file = -1;
}

static void begin_connection(stream_t *self, int file)
{
    self->file = file;
    self->cookie = connections_cookie(file);
    self->base = 0;
    atomic_store(&self->delivered, false);
}

static void take_events(stream_t *self)
{
    uint16_t event;
    uint32_t value;
    while (self->monitor != NULL && monitor_next(self->monitor, &event, &value)) {
        if (event == ZMQ_EVENT_CONNECTED) {
            begin_connection(self, (int)value);
        } else if (event == ZMQ_EVENT_DISCONNECTED) {
            forget_connection(self);
        } else if ((event & MONITOR_FAILURES) != 0) {
            atomic_store(&self->failure, event);
        }
    }
}

static void end_stream(stream_t *self)
{
    if (self->monitor != NULL) {
        zmq_close(self->monitor);
        self->monitor = NULL;
    }
    forget_connection(self);
}

static int begin_stream(inflow_t *self, stream_t *stream)
{
    end_stream(stream);
    atomic_store(&stream->failure, 0);
    atomic_store(&stream->verdict, NULL);
    stream->monitor = monitor_connect(self->settings.context, self->address);
    return stream->monitor != NULL ? 0 : errno;
}

/* False if it is the end. */
static bool take_order(inflow_t *self)
{
    eventfd_t count;
    (void)eventfd_read(self->wake, &count);
    pthread_mutex_lock(&self->lock);
    order_t order = self->order;
    self->reason = 0;
    if (order == ORDER_WATCH) {
        self->reason = begin_stream(self, &self->streams[self->index]);
    } else if (order == ORDER_LEAVE) {
        end_stream(&self->streams[self->index]);
    }
    self->order = ORDER_NONE;
    pthread_cond_signal(&self->done);
    pthread_mutex_unlock(&self->lock);
    return order != ORDER_END;
}

/* What has come by a connection since its last whole message; false if that cannot be told. What
 * came between that message and this look goes uncounted: it is little. */
static bool measure(stream_t *self, size_t index, meter_connection_t *ret_metered)
{
    uint64_t size;
    bool waits;
    if (self->file < 0 || !connections_read_size(self->file, self->cookie, &size, &waits)) {
        return false;
    }
    if (atomic_exchange(&self->delivered, false)) {
        self->base = size;
    }
    *ret_metered = (meter_connection_t){
        .number = index, .open_size = meter_open_size(size, self->base), .unread = waits};
    return true;
}

static void cut(inflow_t *self, stream_t *stream, const char *verdict)
{
    if (connections_end(stream->file, stream->cookie, self->reserve)) {
        atomic_store(&stream->verdict, verdict);
        self->trim_in = LOOKS_UNTIL_TRIM;
    }
    forget_connection(stream);
}

/* Looks at all connections; returns whether there are any. */
static bool look(inflow_t *self)
{
    size_t count = 0;
    for (size_t i = 0; i < self->settings.count; i++) {
        if (measure(&self->streams[i], i, &self->metered[count])) {
            self->measured[count++] = i;
        }
    }
    if (meter_judge(self->metered, count, self->settings.limits) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (self->metered[i].verdict != NULL) {
                cut(self, &self->streams[self->measured[i]], self->metered[i].verdict);
            }
        }
    }
    if (self->trim_in > 0 && --self->trim_in == 0) {
        malloc_trim(0);
    }
    return count > 0 || self->trim_in > 0;
}

/* Waits for an order, an event, or the next look. */
static void wait_for_some(inflow_t *self, bool busy)
{
    size_t count = 0;
    self->items[count++] = (zmq_pollitem_t){.fd = self->wake, .events = ZMQ_POLLIN};
    for (size_t i = 0; i < self->settings.count; i++) {
        if (self->streams[i].monitor != NULL) {
            self->owners[count] = i;
            self->items[count++] =
                (zmq_pollitem_t){.socket = self->streams[i].monitor, .events = ZMQ_POLLIN};
        }
    }
    if (zmq_poll(self->items, (int)count, busy ? LOOK_EVERY_MS : -1) <= 0) {
        return;
    }
    for (size_t i = 1; i < count; i++) {
        if (self->items[i].revents != 0) {
            take_events(&self->streams[self->owners[i]]);
        }
    }
}

static void *run(void *argument)
{
    inflow_t *self = argument;
    bool busy = false;
    do {
        wait_for_some(self, busy);
        busy = look(self);
    } while (self->items[0].revents == 0 || take_order(self));
    for (size_t i = 0; i < self->settings.count; i++) {
        end_stream(&self->streams[i]);
    }
    return NULL;
}

/* Signals are for the program's own threads. */
static bool start_thread(inflow_t *self)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&self->thread, NULL, run, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = result;
    return result == 0;
}

static void destroy_parts(inflow_t *self)
{
    int reason = errno;
    if (self->wake >= 0) {
        close(self->wake);
    }
    if (self->reserve >= 0) {
        close(self->reserve);
    }
    pthread_cond_destroy(&self->done);
    pthread_mutex_destroy(&self->lock);
    free(self->streams);
    free(self->items);
    free(self->owners);
    free(self->metered);
    free(self->measured);
    free(self);
    errno = reason;
}

inflow_t *inflow_new(const inflow_settings_t *settings)
{
    inflow_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->streams = memory_new_array(settings->count, sizeof *self->streams);
    self->items = memory_new_array(settings->count + 1, sizeof *self->items);
    self->owners = memory_new_array(settings->count + 1, sizeof *self->owners);
    self->metered = memory_new_array(settings->count, sizeof *self->metered);
    self->measured = memory_new_array(settings->count, sizeof *self->measured);
    for (size_t i = 0; i < settings->count; i++) {
        forget_connection(&self->streams[i]);
    }
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->done, NULL);
    self->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (self->wake < 0 || self->reserve < 0 || !start_thread(self)) {
        destroy_parts(self);
        return NULL;
    }
    return self;
}

/* Has the thread do it; returns errno. */
static int give_order(inflow_t *self, order_t order, size_t index)
{
    pthread_mutex_lock(&self->lock);
    self->order = order;
    self->index = index;
    (void)eventfd_write(self->wake, 1);
    while (self->order != ORDER_NONE) {
        pthread_cond_wait(&self->done, &self->lock);
    }
    int reason = self->reason;
    pthread_mutex_unlock(&self->lock);
    return reason;
}

void inflow_destroy(inflow_t **self_p)
{
    inflow_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    (void)give_order(self, ORDER_END, 0);
    pthread_join(self->thread, NULL);
    destroy_parts(self);
    *self_p = NULL;
}

bool inflow_watch(inflow_t *self, size_t index, void *socket)
{
    if (!monitor_start(socket, EVENTS, self->address)) {
        return false;
    }
    int reason = give_order(self, ORDER_WATCH, index);
    if (reason != 0) {
        (void)zmq_socket_monitor(socket, NULL, 0);
        errno = reason;
    }
    return reason == 0;
}

void inflow_leave(inflow_t *self, size_t index, void *socket)
{
    (void)zmq_socket_monitor(socket, NULL, 0);
    (void)give_order(self, ORDER_LEAVE, index);
}

void inflow_delivered(inflow_t *self, size_t index)
{
    atomic_store(&self->streams[index].delivered, true);
}

const char *inflow_verdict(const inflow_t *self, size_t index)
{
    return atomic_load(&self->streams[index].verdict);
}

uint16_t inflow_failure(const inflow_t *self, size_t index)
{
    return (uint16_t)atomic_load(&self->streams[index].failure);
}

void inflow_forget(inflow_t *self, size_t index)
{
    atomic_store(&self->streams[index].verdict, NULL);
    atomic_store(&self->streams[index].failure, 0);
}
