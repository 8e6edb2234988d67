/* An update's way:
 *   add      IAMAT and WHATSAT go behind the lines under way, and their sizes into the ring.
 *   step     lines are sent as far as the socket takes them.
 *   step     what comes is two answers for the oldest update, client-protocol.md says how long. It
 *            is told, and leaves the ring.
 * When the connection breaks, `sent` goes back to 0: all lines in the buffer are sent once more. */
#include "deploy/herdctl/journal/client.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    UPDATE_MAX = 2 * LIMIT_LINE_SIZE,                 /* IAMAT and WHATSAT of one update */
    LINES_MAX = HERDCTL_CLIENT_SIZE + 2 * UPDATE_MAX, /* the last one, and one that goes again */
    TRIES_MAX = 2,                                    /* again, if the herd has not got it */
    ANSWERS_MAX = 4 * LIMIT_LINE_SIZE, /* of one update, and what was read behind them */
    READ_SIZE = LIMIT_LINE_SIZE,
    PAUSE_MS = 100, /* after the first failure; doubles ... */
    PAUSE_MAX_MS = 2000,
    SHOWN_SIZE = 64, /* of a strange answer */
};

struct herdctl_client {
    const herdctl_client_place_t *places; /* borrowed */
    size_t count;
    size_t place;   /* index of the one that is tried or used */
    size_t attempt; /* counts: a name may have several addresses */
    herdctl_client_events_t events;
    int file;        /* the socket; -1: none */
    bool connected;  /* else it is being so */
    bool told;       /* that it is lost */
    int64_t next_ns; /* steady: when to connect again */
    int64_t pause_ms;
    buffer_t lines; /* of all updates under way, behind `done` bytes that are answered */
    size_t done;
    size_t sent; /* bytes of `lines`, with those answered, that this connection has taken */
    herdctl_client_update_t updates[HERDCTL_CLIENT_WINDOW]; /* a ring */
    size_t first;                                           /* index of the oldest */
    size_t under_way;
    buffer_t answers; /* that were read and not taken */
    bool broken;      /* the other end is no front-end */
    char problem[HERDCTL_CLIENT_PROBLEM_SIZE];
};

herdctl_client_t *herdctl_client_new(const herdctl_client_place_t *places, size_t count,
                                     size_t first, const herdctl_client_events_t *events)
{
    herdctl_client_t *self = memory_new(sizeof *self);
    self->places = places;
    self->count = count;
    self->place = first % count;
    self->events = *events;
    self->file = -1;
    self->pause_ms = PAUSE_MS;
    buffer_init(&self->lines, LINES_MAX);
    buffer_init(&self->answers, ANSWERS_MAX);
    return self;
}

static void disconnect(herdctl_client_t *self)
{
    if (self->file >= 0) {
        close(self->file);
    }
    self->file = -1;
    self->connected = false;
    self->sent = self->done;
    buffer_clear(&self->answers);
}

void herdctl_client_destroy(herdctl_client_t **self_p)
{
    herdctl_client_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    disconnect(self);
    buffer_done(&self->lines);
    buffer_done(&self->answers);
    free(self);
    *self_p = NULL;
}

bool herdctl_client_has_room(const herdctl_client_t *self)
{
    return self->under_way < HERDCTL_CLIENT_WINDOW &&
           self->lines.size - self->done < HERDCTL_CLIENT_SIZE;
}

static void put(herdctl_client_t *self, text_t text)
{
    status_t status = buffer_append(&self->lines, text.data, text.size);
    assert(status == STATUS_OK); /* LINES_MAX */
}

static void drop_done(herdctl_client_t *self)
{
    buffer_consume(&self->lines, self->done);
    self->sent -= self->done;
    self->done = 0;
}

static void enter(herdctl_client_t *self, const herdctl_client_update_t *update)
{
    size_t at = (self->first + self->under_way++) % HERDCTL_CLIENT_WINDOW;
    self->updates[at] = *update;
}

void herdctl_client_add(herdctl_client_t *self, const positions_update_t *update, uint64_t number,
                        uint64_t line)
{
    assert(herdctl_client_has_room(self));
    drop_done(self);
    size_t start = self->lines.size;
    put(self, TEXT("IAMAT "));
    put(self, update->client);
    put(self, TEXT(" "));
    put(self, update->position);
    put(self, TEXT(" "));
    put(self, update->client_time);
    put(self, TEXT("\n"));
    size_t update_size = self->lines.size - start;
    put(self, TEXT("WHATSAT "));
    put(self, update->client);
    put(self, TEXT(" 0 0\n"));
    enter(self, &(herdctl_client_update_t){.number = number,
                                           .line = line,
                                           .update_size = update_size,
                                           .size = self->lines.size - start});
}

bool herdctl_client_is_idle(const herdctl_client_t *self)
{
    return self->under_way == 0;
}

const herdctl_client_update_t *herdctl_client_lowest(const herdctl_client_t *self)
{
    const herdctl_client_update_t *lowest = NULL;
    for (size_t i = 0; i < self->under_way; i++) {
        const herdctl_client_update_t *at =
            &self->updates[(self->first + i) % HERDCTL_CLIENT_WINDOW];
        lowest = lowest == NULL || at->number < lowest->number ? at : lowest;
    }
    return lowest;
}

const char *herdctl_client_problem(const herdctl_client_t *self)
{
    return self->broken ? self->problem : NULL;
}

struct pollfd herdctl_client_wanted(const herdctl_client_t *self)
{
    bool sends = !self->connected || self->sent < self->lines.size;
    return (struct pollfd){.fd = self->file, .events = (short)(POLLIN | (sends ? POLLOUT : 0))};
}

int64_t herdctl_client_due_ns(const herdctl_client_t *self)
{
    return self->file < 0 && self->under_way > 0 && !self->broken ? self->next_ns : INT64_MAX;
}

__attribute__((format(printf, 2, 3))) static void say(herdctl_client_t *self, const char *format,
                                                      ...)
{
    const herdctl_client_place_t *place = &self->places[self->place];
    char what[HERDCTL_CLIENT_PROBLEM_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(self->problem, sizeof self->problem, "%s (%.200s:%u): %s", place->member,
             place->address.host, place->address.port, what);
}

/* The connection is lost, or was not to be had: the next place is tried after a pause. Nobody hears
 * of it while nothing is under way. */
static void lose(herdctl_client_t *self, int64_t steady_ns, const char *reason)
{
    disconnect(self);
    self->next_ns = steady_ns + self->pause_ms * TIMESTAMP_NS_PER_MS;
    self->pause_ms = self->pause_ms * 2 < PAUSE_MAX_MS ? self->pause_ms * 2 : PAUSE_MAX_MS;
    if (!self->told && self->under_way > 0) {
        self->told = true;
        say(self, "%s", reason);
        self->events.lost(self->events.argument, self->problem);
    }
    self->place = (self->place + 1) % self->count;
    self->attempt += self->place == 0 ? 1 : 0;
}

/* Begins to connect to one of the addresses; false with errno. */
static bool connect_to(herdctl_client_t *self, const struct addrinfo *addresses)
{
    size_t count = 0;
    const struct addrinfo *address = addresses;
    for (const struct addrinfo *at = addresses; at != NULL; at = at->ai_next) {
        count++;
    }
    assert(count > 0); /* getaddrinfo(3) */
    for (size_t i = self->attempt % count; i > 0; i--) {
        address = address->ai_next;
    }
    int one = 1;
    self->file = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->file < 0) {
        return false;
    }
    (void)setsockopt(self->file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return connect(self->file, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS;
}

static void begin_connection(herdctl_client_t *self, int64_t steady_ns)
{
    struct addrinfo *addresses;
    int error = address_resolve(&self->places[self->place].address, 0, &addresses);
    if (error != 0) {
        lose(self, steady_ns, gai_strerror(error));
        return;
    }
    if (!connect_to(self, addresses)) {
        lose(self, steady_ns, strerror(errno));
    }
    freeaddrinfo(addresses);
}

/* Whether it came about; else it is lost. */
static bool end_connection(herdctl_client_t *self, int64_t steady_ns)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(self->file, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    self->connected = error == 0;
    if (error != 0) {
        lose(self, steady_ns, strerror(error));
    }
    return self->connected;
}

static void send_lines(herdctl_client_t *self, int64_t steady_ns)
{
    while (self->sent < self->lines.size) {
        ssize_t size = send(self->file, self->lines.data + self->sent,
                            self->lines.size - self->sent, MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0 && errno != EAGAIN) {
            lose(self, steady_ns, strerror(errno));
        }
        if (size < 0) {
            return;
        }
        self->sent += (size_t)size;
    }
}

/* The three fields of an IAMAT: "IAMAT ", fields, LF. */
static text_t fields_of(const herdctl_client_t *self, const herdctl_client_update_t *update)
{
    enum { COMMAND_SIZE = sizeof "IAMAT " - 1 };
    return (text_t){.data = self->lines.data + self->done + COMMAND_SIZE,
                    .size = update->update_size - COMMAND_SIZE - 1};
}

/* AT Clark +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503 */
static bool is_answer_of(text_t answer, text_t fields)
{
    return answer.size > fields.size + 1 &&
           text_equal(text_after(answer, answer.size - fields.size), fields) &&
           answer.data[answer.size - fields.size - 1] == ' ';
}

static bool begins(text_t text, text_t with)
{
    return text_equal(text_first(text, with.size), with);
}

/* Cuts the JSON behind an AT line off, with the two LFs at its end. */
static bool take_json(text_t *rest)
{
    const char *end = rest->size > 0 ? memmem(rest->data, rest->size, "\n\n", 2) : NULL;
    if (end == NULL) {
        return false;
    }
    *rest = text_after(*rest, (size_t)(end - rest->data) + 2);
    return true;
}

/* What the oldest update's answers say. */
typedef enum {
    ANSWER_PART, /* they are not all there */
    ANSWER_TAKEN,
    ANSWER_STRANGE, /* no front-end answers so */
} answer_t;

/* Takes the two answers of the oldest update off `rest`. `ret_line`: the one that was looked at
 * last. */
static answer_t take_answers(const herdctl_client_t *self, text_t *rest, text_t *ret_line,
                             herdctl_client_outcome_t *ret_outcome)
{
    text_t fields = fields_of(self, &self->updates[self->first]);
    text_t left = *rest;
    if (!text_take_line(&left, ret_line)) {
        return ANSWER_PART;
    }
    bool refused = begins(*ret_line, TEXT("? "));
    if (!refused && (!begins(*ret_line, TEXT("AT ")) || !is_answer_of(*ret_line, fields))) {
        return ANSWER_STRANGE;
    }
    if (!text_take_line(&left, ret_line)) {
        return ANSWER_PART;
    }
    bool found = begins(*ret_line, TEXT("AT "));
    if (found ? !take_json(&left) : false) {
        return ANSWER_PART;
    }
    if (!found && !begins(*ret_line, TEXT("? WHATSAT "))) {
        return ANSWER_STRANGE;
    }
    bool stands = found && is_answer_of(*ret_line, fields);
    *ret_outcome = refused  ? HERDCTL_CLIENT_REFUSED
                   : stands ? HERDCTL_CLIENT_STANDS
                   : found  ? HERDCTL_CLIENT_OLDER
                            : HERDCTL_CLIENT_EXPIRED;
    *rest = left;
    return ANSWER_TAKEN;
}

/* The time at the end of a line, after all fields but the last. */
static bool time_of(text_t line, int64_t *ret_time_ns)
{
    const char *space = memrchr(line.data, ' ', line.size);
    return space != NULL &&
           timestamp_parse(text_after(line, (size_t)(space - line.data) + 1), ret_time_ns);
}

/* Whether the herd should have it: `line` is the answer to the WHATSAT, which shows no other
 * record, or one with an earlier time. A client's time that is far ahead may be so for good. */
static bool is_missing(text_t line, text_t fields, herdctl_client_outcome_t outcome)
{
    int64_t has_ns;
    int64_t wants_ns;
    return outcome == HERDCTL_CLIENT_EXPIRED ||
           (outcome == HERDCTL_CLIENT_OLDER && time_of(line, &has_ns) &&
            time_of(fields, &wants_ns) && has_ns < wants_ns);
}

/* Tells of the oldest update and lets go of it, or puts it behind all others once more. `line`: the
 * answer to its WHATSAT. */
static void finish_update(herdctl_client_t *self, text_t line, herdctl_client_outcome_t outcome)
{
    herdctl_client_update_t update = self->updates[self->first];
    bool again = update.tries < TRIES_MAX && is_missing(line, fields_of(self, &update), outcome);
    self->told = false;
    self->pause_ms = PAUSE_MS;
    self->first = (self->first + 1) % HERDCTL_CLIENT_WINDOW;
    self->under_way--;
    if (!again) {
        self->done += update.size;
        self->events.answered(self->events.argument, &update, outcome);
        return;
    }
    drop_done(self);
    status_t status = buffer_reserve(&self->lines, update.size);
    assert(status == STATUS_OK); /* LINES_MAX */
    put(self, (text_t){.data = self->lines.data, .size = update.size});
    self->done = update.size;
    update.tries++;
    enter(self, &update);
}

static void be_broken(herdctl_client_t *self, text_t line)
{
    char shown[SHOWN_SIZE];
    text_escape(line, shown, sizeof shown);
    say(self, "answers as no front-end does: \"%s\"", shown);
    self->broken = true;
    disconnect(self);
}

/* False if the other end is no front-end. */
static bool take_all(herdctl_client_t *self)
{
    text_t rest = buffer_text(&self->answers);
    text_t line = rest;
    herdctl_client_outcome_t outcome;
    answer_t answer = ANSWER_PART;
    while (self->under_way > 0 &&
           (answer = take_answers(self, &rest, &line, &outcome)) == ANSWER_TAKEN) {
        finish_update(self, line, outcome);
    }
    bool unasked = self->under_way == 0 && rest.size > 0;
    if (answer == ANSWER_STRANGE || unasked || rest.size > ANSWERS_MAX - READ_SIZE) {
        be_broken(self, unasked ? rest : line);
        return false;
    }
    buffer_consume(&self->answers, self->answers.size - rest.size);
    return true;
}

static void read_answers(herdctl_client_t *self, int64_t steady_ns)
{
    for (;;) {
        status_t status = buffer_reserve(&self->answers, READ_SIZE);
        assert(status == STATUS_OK); /* take_all */
        ssize_t size = recv(self->file, self->answers.data + self->answers.size, READ_SIZE, 0);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0 && errno == EAGAIN) {
            return;
        }
        if (size <= 0) {
            lose(self, steady_ns, size == 0 ? "it closed the connection" : strerror(errno));
            return;
        }
        buffer_commit(&self->answers, (size_t)size);
        if (!take_all(self) || size < READ_SIZE) {
            return;
        }
    }
}

void herdctl_client_step(herdctl_client_t *self, short ready, int64_t steady_ns)
{
    if (self->broken) {
        return;
    }
    if (self->file < 0) {
        if (steady_ns >= herdctl_client_due_ns(self)) {
            begin_connection(self, steady_ns);
        }
        return;
    }
    if (!self->connected && (ready == 0 || !end_connection(self, steady_ns))) {
        return;
    }
    if ((ready & ~POLLOUT) != 0) {
        read_answers(self, steady_ns);
    }
    if (self->file >= 0) {
        send_lines(self, steady_ns);
    }
}
