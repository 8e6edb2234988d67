/* The way of a request through a session:
 *
 * libuv reads bytes. http_head_scan finds the end of a head in them, http_head_read takes it apart,
 * and http_body_take brings the body together behind the head, in place. A whole request goes to
 * `handle` of web_session_program_t (handle_request). What is not whole yet is kept until more
 * comes.
 *
 * A connection has a part of each turn, and LIMIT_HTTP_PIPELINE requests under way; what it sent
 * beyond that waits here or in the kernel (put_off), and so does one that does not read its
 * answers. */
#include "frontend/web/web_session.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "frontend/web/web_session_parts.h"

#include <assert.h>
#include <stdlib.h>

/* Of a request beside its bytes (LIMIT_TURN_COST). */
enum { REQUEST_COST = 1024 };

static bool may_take(const web_session_t *self)
{
    bool waits = self->waits && exchanges_first(&self->exchanges) != NULL;
    return self->base.state == SESSION_OPEN && !waits && !exchanges_are_full(&self->exchanges) &&
           web_session_load(self) <= session_load_cap(&self->base);
}

/* "100 Continue" goes ahead of no answer: it is said when there are no more to come before it. */
static void say_continue(web_session_t *self)
{
    if (self->incoming != NULL && self->incoming->wants_continue &&
        exchanges_first(&self->exchanges) == NULL) {
        text_t line = TEXT("HTTP/1.1 100 Continue\r\n\r\n");
        self->incoming->wants_continue = false;
        if (buffer_append(&self->base.output.gathered, line.data, line.size) == STATUS_OK) {
            list_append(&self->base.shared->unwritten, &self->base.unwritten);
        }
    }
}

/* Why a request is refused, a sentence; `malformed`, where the status says no more. */
static const char *reason_of(http_status_t status, const char *malformed)
{
    switch (status) {
    case HTTP_CONTENT_TOO_LARGE: return "The body of the request is longer than 1 MiB.";
    case HTTP_URI_TOO_LONG: return "The first line of the request is too long.";
    case HTTP_EXPECTATION_FAILED: return "Nothing is expected here but 100-continue.";
    case HTTP_HEADER_FIELDS_TOO_LARGE: return "Fields of the request are too long, or too many.";
    case HTTP_NOT_IMPLEMENTED: return "This server has no such method, or no such coding.";
    case HTTP_VERSION_NOT_SUPPORTED: return "This server speaks HTTP/1 only.";
    default: return malformed;
    }
}

/* The head has ended: looks at how the body comes. False: it was refused. */
static bool begin_request(web_session_t *self, text_t bytes, http_head_t *head)
{
    web_incoming_t *incoming = self->incoming;
    incoming->head_size = incoming->scan.scanned;
    http_status_t status = http_head_read(text_first(bytes, incoming->head_size), head);
    if (status == HTTP_OK) {
        status = http_body_begin(&incoming->body, head);
    }
    if (status != HTTP_OK) {
        web_session_refuse(self, status, reason_of(status, "The head is malformed."));
        return false;
    }
    incoming->wants_continue = head->expects_continue && incoming->body.state != HTTP_BODY_ENDED;
    return true;
}

static void handle_request(web_session_t *self, const http_head_t *head, text_t body)
{
    session_shared_t *shared = self->base.shared;
    shared->figures.lines++;
    self->base.spoke = true;
    self->manner = (exchange_manner_t){.without = head->method == HTTP_HEAD,
                                       .gzip = head->takes_gzip,
                                       .keep_alive = head->keeps_alive,
                                       .old = head->minor == 0};
    const web_session_program_t *program = web_session_program(shared);
    program->handle(program->argument, &self->base, head, body);
    if (!self->manner.keep_alive && !self->base.streams) {
        session_finish(&self->base); /* what follows is not to be taken (RFC 9112, section 9.6) */
    }
}

/* Where take_request stands. */
typedef struct {
    char *data;
    size_t size;  /* bytes from the beginning of the request on */
    size_t taken; /* of these, bytes of the request; 0: it is not whole */
    bool waits;   /* it is whole, and waits for answers to those before it */
} window_t;

/* Whether its answer is to have the connection for itself, which has others under way. One with a
 * body does not wait: the body would have to be kept. */
static bool has_to_wait(const web_session_t *self, const http_head_t *head)
{
    const web_session_program_t *program = web_session_program(self->base.shared);
    return exchanges_first(&self->exchanges) != NULL &&
           self->incoming->body.state == HTTP_BODY_ENDED && program->streams(head);
}

/* Takes one request off the front, if it is whole. Of one that is not, what remains of the bytes
 * may get shorter: the body closes up. */
static void take_request(web_session_t *self, window_t *window)
{
    web_incoming_t *incoming = self->incoming;
    text_t bytes = {.data = window->data, .size = window->size};
    http_head_t head;
    http_status_t status = HTTP_OK;
    bool is_new = incoming->head_size == 0;
    window->taken = 0;
    if (is_new) {
        http_scan_outcome_t outcome = http_head_scan(&incoming->scan, bytes, &status);
        if (outcome == HTTP_SCAN_REFUSED) {
            web_session_refuse(self, status, reason_of(status, "This is no request of HTTP/1.1."));
            return;
        }
        if (outcome == HTTP_SCAN_MORE || !begin_request(self, bytes, &head)) {
            return;
        }
        if (has_to_wait(self, &head)) {
            *incoming = (web_incoming_t){.kept = incoming->kept};
            window->waits = true;
            return;
        }
    }
    size_t start = incoming->head_size + incoming->body_size;
    http_body_part_t part;
    http_body_outcome_t outcome =
        http_body_take(&incoming->body, text_after(bytes, start), window->data + start, &part);
    incoming->body_size += part.size;
    if (outcome == HTTP_BODY_REFUSED) {
        web_session_refuse(self, part.status, reason_of(part.status, "The body is malformed."));
        return;
    }
    if (outcome == HTTP_BODY_MORE) {
        window->size = start + part.size;
        say_continue(self);
        return;
    }
    if (!is_new) {
        (void)http_head_read(text_first(bytes, incoming->head_size), &head);
    }
    text_t body = {.data = window->data + incoming->head_size, .size = incoming->body_size};
    *incoming = (web_incoming_t){.kept = incoming->kept};
    window->taken = start + part.taken;
    handle_request(self, &head, body);
}

/* Takes requests until none is whole, or the connection has had its part. Returns the bytes that
 * were used; `size` becomes that of all bytes. */
/* NOLINTNEXTLINE(readability-non-const-parameter): bodies close up in it */
static size_t take_requests(web_session_t *self, char *data, size_t *size, bool *ret_more)
{
    size_t used = 0;
    size_t cost = 0;
    *ret_more = false;
    while (used < *size && self->base.state == SESSION_OPEN && !self->base.streams) {
        if (!may_take(self) || cost >= (size_t)4 * LIMIT_TURN_COST) {
            *ret_more = true;
            break;
        }
        window_t window = {.data = data + used, .size = *size - used};
        take_request(self, &window);
        *size = used + window.size;
        self->waits = window.waits;
        if (window.taken == 0) {
            *ret_more = window.waits;
            break;
        }
        used += window.taken;
        cost += REQUEST_COST + window.taken;
    }
    if (cost > 0) {
        session_note_move(&self->base);
    }
    return used;
}

/* Bytes are left: they wait for the next part of a turn, or until answers have left. */
static void put_off(web_session_t *self)
{
    self->base.put_off = true;
    session_stop_reading(&self->base);
    if (may_take(self)) {
        list_append(&self->base.shared->waiting, &self->base.waiting);
    } else {
        self->base.shared->figures.slow++;
    }
}

/* Keeps what is left behind the bytes that were used. */
static void keep(web_session_t *self, text_t rest, bool is_kept, size_t used)
{
    if (self->base.state != SESSION_OPEN) {
        return;
    }
    if (is_kept) {
        self->incoming->kept.size = used + rest.size;
        buffer_consume(&self->incoming->kept, used);
        return;
    }
    if (rest.size > 0 && buffer_append(&self->incoming->kept, rest.data, rest.size) != STATUS_OK) {
        session_close_because(&self->base, "more input than can be kept");
    }
}

static void free_incoming(web_incoming_t **incoming_p)
{
    if (*incoming_p != NULL) {
        buffer_done(&(*incoming_p)->kept);
        free(*incoming_p);
        *incoming_p = NULL;
    }
}

/* It streams from here on: requests behind it are not served, but frames may be. */
static void leave_http(web_session_t *self)
{
    web_incoming_t *last = self->incoming;
    self->incoming = NULL;
    if (self->socket != NULL && last->kept.size > 0) {
        web_session_socket_take(self, buffer_text(&last->kept));
    }
    free_incoming(&last);
    exchanges_trim(&self->exchanges);
}

/* Takes what it can of `size` bytes, kept ones or just read. */
static void take_bytes(web_session_t *self, char *data, size_t size, bool is_kept)
{
    bool more;
    size_t used = take_requests(self, data, &size, &more);
    keep(self, (text_t){.data = data + used, .size = size - used}, is_kept, used);
    self->base.put_off = false;
    if (self->base.state != SESSION_OPEN) {
        return;
    }
    if (self->base.streams) {
        leave_http(self);
        return;
    }
    web_incoming_t *incoming = self->incoming;
    bool waits = incoming->kept.size > 0;
    if (more && waits) {
        put_off(self);
    }
    if (!waits || more) {
        incoming->since_ms = 0;
    } else if (incoming->since_ms == 0 || used > 0) {
        incoming->since_ms = uv_now(self->base.shared->loop);
    }
}

static void take_chunk(web_session_t *self, char *data, size_t size)
{
    if (self->base.streams) {
        if (self->socket != NULL) {
            web_session_socket_take(self, (text_t){.data = data, .size = size});
        }
        return; /* else it has no more to say */
    }
    if (self->incoming == NULL) {
        self->incoming = memory_new(sizeof *self->incoming);
        buffer_init(&self->incoming->kept,
                    LIMIT_HTTP_HEAD_SIZE + LIMIT_HTTP_BODY_SIZE + LIMIT_READ_SIZE);
    }
    buffer_t *kept = &self->incoming->kept;
    if (kept->size == 0) {
        take_bytes(self, data, size, false);
    } else if (buffer_append(kept, data, size) != STATUS_OK) {
        session_close_because(&self->base, "more input than can be kept");
    } else if (!self->base.put_off) {
        take_bytes(self, kept->data, kept->size, true);
    }
}

static void drop_input(session_t *base)
{
    web_session_t *self = web_session_of(base);
    free_incoming(&self->incoming);
    web_session_socket_drop(self);
}

static void end_input(web_session_t *self)
{
    session_stop_reading(&self->base);
    if (self->base.streams) {
        session_close_because(&self->base, "done");
        return;
    }
    if (self->base.state == SESSION_OPEN && !self->base.put_off) {
        self->base.state = SESSION_INPUT_ENDED;
        drop_input(&self->base);
        list_append(&self->base.shared->unwritten, &self->base.unwritten);
    }
}

static bool reads_little(const session_t *base)
{
    return session_is_crowded(base->shared) || web_session_is_socket(base);
}

static void take_input(session_t *base, char *bytes, size_t size)
{
    web_session_t *self = web_session_of(base);
    if (size == 0) {
        end_input(self);
    } else {
        take_chunk(self, bytes, size);
    }
    session_account(base);
    session_check_share(base, web_session_kept(self), "request");
}

/* Reads on, or waits for a turn with the bytes that were put off. */
static void resume(web_session_t *self)
{
    if (self->base.state != SESSION_OPEN) {
        return;
    }
    say_continue(self);
    if (!self->base.put_off) {
        session_start_reading(&self->base);
    } else if (may_take(self)) {
        list_append(&self->base.shared->waiting, &self->base.waiting);
    }
}

static void take_turn(session_t *base)
{
    web_session_t *self = web_session_of(base);
    assert(self->base.state == SESSION_OPEN && self->base.put_off);
    if (self->socket != NULL) {
        self->base.put_off = false;
        session_start_reading(&self->base);
        return;
    }
    if (!may_take(self)) {
        return;
    }
    buffer_t *kept = &self->incoming->kept;
    take_bytes(self, kept->data, kept->size, true);
    session_account(&self->base);
    resume(self);
}

static void go_on(session_t *base)
{
    const web_session_t *self = web_session_of(base);
    resume(web_session_of(base));
    if (base->streams && base->state == SESSION_OPEN) {
        const web_session_program_t *program = web_session_program(base->shared);
        program->drained(program->argument, self->stream);
    }
}

static bool is_busy(const session_t *base)
{
    return exchanges_first(&((const web_session_t *)base)->exchanges) != NULL;
}

static size_t footprint(const session_t *base)
{
    const web_session_t *self = (const web_session_t *)base;
    size_t size = exchanges_memory(&self->exchanges) + web_session_socket_memory(self);
    return self->incoming != NULL ? size + sizeof *self->incoming + self->incoming->kept.capacity
                                  : size;
}

static void trim(session_t *base)
{
    web_session_t *self = web_session_of(base);
    if (web_session_kept(self) == 0) {
        free_incoming(&self->incoming);
    }
    exchanges_trim(&self->exchanges);
}

static void end(session_t *base)
{
    web_session_t *self = web_session_of(base);
    if (base->streams) {
        const web_session_program_t *program = web_session_program(base->shared);
        program->cut(program->argument, self->stream);
    }
    free_incoming(&self->incoming);
    exchanges_done(&self->exchanges);
    web_session_socket_done(self);
}

const session_kind_t web_session_kind = {
    .size = sizeof(web_session_t),
    .silent = " without a request",
    .read = take_input,
    .reads_little = reads_little,
    .go_on = go_on,
    .is_busy = is_busy,
    .footprint = footprint,
    .trim = trim,
    .drop_input = drop_input,
    .end = end,
    .ask = web_session_ask,
    .ask_again = web_session_ask_again,
    .answer = web_session_answer,
    .take_turn = take_turn,
    .tick = web_session_tick,
};
