/* Events of the connections to a socket. The first byte says of what kind. Even: what ZeroMQ may
 * report, in any order but that successes come to the oldest: each connection that comes to nothing
 * is told once, and none else. Odd: any events with any values, of which some are real descriptors:
 * what is told has a reason and a peer that may be shown. The byte's second bit: the socket has
 * keys. */
#include "node/security/arrivals.h"

#include "common/base/text.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES = 40, REAL_FILES = 8, EVENT_SIZE = 6 };

/* Steps of an even input: the low bits of a byte, whose high ones name the descriptor. */
enum { ACCEPT, SUCCEED, FAIL, REFUSE, END, STEPS };

/* What is true of a connection, by its descriptor. */
typedef struct {
    bool open;
    bool established;
    bool refused;
    unsigned number; /* of its acceptance */
} truth_t;

typedef struct {
    arrivals_t *arrivals;
    bool secure;
    truth_t truths[FILES];
    unsigned accepted;
    unsigned refused; /* and not yet ended */
} scene_t;

static void check_failure(const arrivals_failure_t *failure)
{
    assert(failure->reason[0] != '\0' && failure->peer[0] != '\0');
    for (const char *byte = failure->peer; *byte != '\0'; byte++) {
        assert(*byte >= ' ' && *byte <= '~');
    }
}

static bool take(scene_t *self, uint16_t event, uint32_t value)
{
    arrivals_failure_t failure;
    bool told = arrivals_take(self->arrivals, event, value, &failure);
    assert(!told || event == ZMQ_EVENT_DISCONNECTED);
    if (told) {
        check_failure(&failure);
    }
    return told;
}

/* The oldest of those whose handshake is not done; NULL if there is none. */
static truth_t *oldest(scene_t *self)
{
    truth_t *found = NULL;
    for (unsigned i = 0; i < FILES; i++) {
        truth_t *truth = &self->truths[i];
        if (truth->open && !truth->established &&
            (found == NULL || truth->number < found->number)) {
            found = truth;
        }
    }
    return found;
}

static void accept_one(scene_t *self, unsigned file)
{
    self->truths[file] = (truth_t){.open = true, .number = self->accepted++};
    take(self, ZMQ_EVENT_ACCEPTED, file);
}

static void succeed(scene_t *self)
{
    truth_t *truth = oldest(self);
    if (truth != NULL && !truth->refused) {
        truth->established = true;
        take(self, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0);
    }
}

static void refuse(scene_t *self, truth_t *truth)
{
    if (!truth->refused) {
        truth->refused = true;
        self->refused++;
        take(self, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 400);
    }
}

/* Without a word before: with keys that is a failure too, but for the refused, which look alike. */
static void end(scene_t *self, unsigned file)
{
    truth_t *truth = &self->truths[file];
    bool fails = self->secure && !truth->established && self->refused == 0;
    bool told = take(self, ZMQ_EVENT_DISCONNECTED, file);
    assert(told == fails);
    if (self->secure && !truth->established && self->refused > 0) {
        self->refused--;
    }
    truth->open = false;
}

static void fail(scene_t *self, unsigned file)
{
    static const uint32_t reasons[] = {ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH,
                                       ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC,
                                       ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO};
    if (file % 4 == 0) {
        take(self, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ECONNRESET);
    } else {
        take(self, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, reasons[file % 4 - 1]);
    }
    bool told = take(self, ZMQ_EVENT_DISCONNECTED, file);
    assert(told);
    self->truths[file].open = false;
}

static void step(scene_t *self, uint8_t byte)
{
    unsigned what = byte % STEPS;
    unsigned file = byte / STEPS % FILES;
    truth_t *truth = &self->truths[file];
    if (what == SUCCEED) {
        succeed(self);
    } else if (!truth->open && what == ACCEPT) {
        accept_one(self, file);
    } else if (truth->open && what == FAIL && !truth->established && !truth->refused) {
        fail(self, file);
    } else if (truth->open && what == REFUSE && !truth->established && self->secure) {
        refuse(self, truth);
    } else if (truth->open && what == END) {
        end(self, file);
    }
}

/* Two ends of four pairs of Unix sockets, that stay. */
static int real_file(unsigned index)
{
    static int files[REAL_FILES];
    if (files[0] == 0) {
        for (unsigned i = 0; i < REAL_FILES; i += 2) {
            int failed = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, &files[i]);
            assert(failed == 0);
        }
    }
    return files[index % REAL_FILES];
}

/* Two bytes of event, four of value; the first of these odd: a real descriptor. */
static void take_any(scene_t *self, const uint8_t *bytes)
{
    uint16_t event;
    uint32_t value;
    memcpy(&event, bytes, sizeof event);
    memcpy(&value, bytes + sizeof event, sizeof value);
    if ((value & 1) != 0) {
        value = (uint32_t)real_file(value >> 1);
    }
    take(self, event, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    scene_t self = {.secure = (data[0] & 2) != 0};
    self.arrivals = arrivals_new(self.secure);
    if ((data[0] & 1) != 0) {
        for (size_t i = 1; i + EVENT_SIZE <= size; i += EVENT_SIZE) {
            take_any(&self, data + i);
        }
    } else {
        for (size_t i = 1; i < size; i++) {
            step(&self, data[i]);
        }
    }
    arrivals_destroy(&self.arrivals);
    return 0;
}
