/* The way of a line through a session:
 *
 * libuv reads bytes, lines.h cuts them, and each line gets its time of receipt (Q2). A malformed
 * line is answered here; a good one goes to the pipeline and puts the session on the list of those
 * with requests to ask (session_ask). Replies come back in any order (session_answer); the pipeline
 * appends them to the output in the order of the lines, and session_flush writes it.
 *
 * A client has a part of each turn, measured by what its lines cost (LIMIT_TURN_COST). What it sent
 * beyond that waits in `lines`, the session waits in shared->waiting, and the front-end gives those
 * there their next part in turn; a client that sends little never waits for one that sends much.
 * What the traffic log says of one client is bounded in the same spirit (traffic_share.h), and so
 * is the number of its WHATSATs under way: the next ones wait until some are answered (`held`).
 *
 * Four things stop the reading until their cause has passed: lines that wait for the next turn, or
 * for output that the client does not read (both `put_off`), a node that is slower than the client
 * (`crowding`), and the end of the connection.
 * The states (session_parts.h) are that end: the client or we stop first, all that is under way is
 * still answered, then we half-close and wait for the client, so that no RST overtakes a reply. A
 * node that does not answer in time, or more output than can be kept, gives the client up: it gets
 * the answers that are there, and the end.
 */
#include "frontend/lines/session.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "common/protocol/command.h"
#include "frontend/clients/client_socket.h"
#include "frontend/clients/receipt.h"
#include "frontend/lines/foreign.h"
#include "frontend/lines/session_parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    /* How long we wait for the client to close after our last word (client-protocol.md). */
    LINGER_MS = 2000,
    /* What a line costs beside its bytes, in the time that a byte takes (LIMIT_TURN_COST). */
    LINE_COST = 64,
};

uint64_t session_number(const session_t *self)
{
    return self->number;
}

session_t *session_of_waiting(list_link_t *link)
{
    return LIST_OWNER(link, session_t, waiting);
}

session_t *session_of_unasked(list_link_t *link)
{
    return LIST_OWNER(link, session_t, unasked);
}

session_t *session_of_unwritten(list_link_t *link)
{
    return LIST_OWNER(link, session_t, unwritten);
}

session_t *session_of_active(list_link_t *link)
{
    return LIST_OWNER(link, session_t, active);
}

static bool is_crowded(const session_shared_t *shared)
{
    return shared->memory > (shared->memory_max > 0 ? shared->memory_max : LIMIT_CLIENTS_MEMORY);
}

void session_account(session_t *self)
{
    size_t footprint = self->lines.kept.capacity + pipeline_footprint(&self->pipeline) +
                       output_footprint(&self->output);
    self->shared->memory += footprint - self->footprint;
    self->footprint = footprint;
    self->touched = true;
    list_append(&self->shared->active, &self->active);
}

static void on_closed(uv_handle_t *handle)
{
    session_t *self = handle->data;
    session_shared_t *shared = self->shared;
    free(self);
    shared->handles--;
    shared->closed(shared->argument);
}

void session_note_move(session_t *self)
{
    list_remove(&self->order);
    list_append(self->spoke ? &self->shared->idle : &self->shared->newcomers, &self->order);
    self->moved_ms = uv_now(self->shared->loop);
}

/* Brings the sum of all WHATSATs under way up to date. */
static void count_lookups(session_t *self)
{
    self->shared->lookups += self->pipeline.lookups - self->lookups;
    self->lookups = self->pipeline.lookups;
}

void session_close_because(session_t *self, const char *reason)
{
    if (self->state == SESSION_CLOSING) {
        return;
    }
    traffic_share_unanswered(&self->traffic, &self->pipeline);
    traffic_share_done(&self->traffic);
    comings_left(&self->shared->comings, self->address, self->peer, reason);
    self->state = SESSION_CLOSING;
    sessions_remove(self->shared->table, self->number);
    list_remove(&self->waiting);
    list_remove(&self->unasked);
    list_remove(&self->unwritten);
    list_remove(&self->active);
    list_remove(&self->order);
    addresses_remove(self->shared->addresses, self->address);
    self->shared->memory -= self->footprint;
    self->footprint = 0;
    lines_done(&self->lines);
    pipeline_done(&self->pipeline);
    count_lookups(self);
    output_done(&self->output);
    uv_close((uv_handle_t *)&self->tcp, on_closed);
}

void session_close(session_t *self)
{
    session_close_because(self, "closed here");
}

/* Bytes that the client has yet to read: output, and the probable replies to its requests. */
static size_t load(const session_t *self)
{
    return output_size(&self->output) + pipeline_reserved(&self->pipeline);
}

static size_t load_cap(const session_t *self)
{
    size_t cap = self->shared->config->max_output;
    return is_crowded(self->shared) && cap > LIMIT_CLIENT_SHARE ? LIMIT_CLIENT_SHARE : cap;
}

static void stop_reading(session_t *self)
{
    if (self->reading) {
        uv_read_stop((uv_stream_t *)&self->tcp);
        self->reading = false;
    }
}

void session_finish(session_t *self)
{
    if (self->state != SESSION_OPEN && self->state != SESSION_INPUT_ENDED) {
        return;
    }
    stop_reading(self);
    lines_done(&self->lines);
    list_remove(&self->waiting);
    self->put_off = false;
    self->state = SESSION_FINISHING;
    list_append(&self->shared->unwritten, &self->unwritten);
}

void session_give_up(session_t *self, const char *reason)
{
    self->shared->figures.given_up++;
    log_event(self->shared->log, LOG_CLIENT_GIVEN_UP, LOG_PEER(self->peer),
              "%s; the client is disconnected and may ask again", reason);
    traffic_share_unanswered(&self->traffic, &self->pipeline);
    list_remove(&self->unasked);
    pipeline_done(&self->pipeline);
    count_lookups(self);
    self->held = false;
    session_finish(self);
    list_append(&self->shared->unwritten, &self->unwritten);
}

static void log_reply(void *argument, text_t reply)
{
    session_t *self = argument;
    traffic_share_answered(&self->traffic, reply);
}

static pipeline_sink_t sink(session_t *self)
{
    bool traffic = log_has_traffic(self->shared->log);
    return (pipeline_sink_t){
        .out = &self->output.gathered, .replied = traffic ? log_reply : NULL, .argument = self};
}

/* Answers a malformed line in its turn. */
static void answer_invalid(session_t *self, text_t line)
{
    pipeline_sink_t out = sink(self);
    self->shared->figures.malformed++;
    if (pipeline_add_invalid(&self->pipeline, line, &out) != STATUS_OK) {
        session_give_up(self, "more output than can be kept");
        return;
    }
    if (self->output.gathered.size > 0) {
        list_append(&self->shared->unwritten, &self->unwritten);
    }
}

/* The client is not read on; `first` is its first line as far as it is to be answered, as any that
 * is no command; NULL: it was answered already. */
static void refuse_foreign(session_t *self, const char *protocol, const text_t *first)
{
    log_event(self->shared->log, LOG_CLIENT_GIVEN_UP,
              LOG_ABOUT(self->peer, LOG_TEXT("protocol", protocol)),
              "it speaks %s, which is not served here; the client is disconnected", protocol);
    self->shared->figures.given_up++;
    if (first != NULL) {
        answer_invalid(self, *first);
    }
    session_finish(self);
}

/* A first line of TLS may never have an end, so its beginning is enough. */
static void refuse_unfinished(session_t *self)
{
    text_t unfinished = lines_unfinished(&self->lines);
    const char *foreign = foreign_unfinished(unfinished);
    if (foreign != NULL) {
        unfinished = text_first(unfinished, LIMIT_LINE_ECHO);
        refuse_foreign(self, foreign, &unfinished);
    }
}

static void take_line(session_t *self, text_t line, int64_t now_ns)
{
    session_shared_t *shared = self->shared;
    int64_t receipt_ns = receipt_stamp(&shared->last_receipt_ns, now_ns);
    shared->figures.lines++;
    command_t command = command_parse(line);
    traffic_share_received(&self->traffic, receipt_ns, line, &command);
    const char *foreign = self->begun ? NULL : foreign_line(line);
    self->spoke = true;
    self->begun = self->begun || line.size > 0;
    if (foreign != NULL) {
        refuse_foreign(self, foreign, &line);
        return;
    }
    if (command.kind == COMMAND_INVALID) {
        answer_invalid(self, line);
        return;
    }
    size_t reserved = receipt_reply_size(&command, line.size);
    pipeline_request_t request = {.receipt_ns = receipt_ns,
                                  .receipt_ms = uv_now(shared->loop),
                                  .is_lookup = command.kind == COMMAND_WHATSAT,
                                  .line = line};
    if (pipeline_add_request(&self->pipeline, &request, reserved) != STATUS_OK) {
        session_give_up(self, "more requests than can be kept");
        return;
    }
    list_append(&shared->unasked, &self->unasked);
}

/* Whether this turn of the loop has taken as much input as one may. */
static bool turn_is_over(session_shared_t *shared)
{
    uint64_t now_ns = uv_hrtime();
    if (shared->turn_end_ns == 0) {
        shared->turn_end_ns = now_ns + LIMIT_TURN_NS;
    }
    return now_ns >= shared->turn_end_ns;
}

/* Lines are left: they wait for the client's next part of a turn, or until it has read answers. */
static void put_off(session_t *self, text_t chunk)
{
    self->put_off = true;
    lines_keep(&self->lines, chunk);
    stop_reading(self);
    if (load(self) <= load_cap(self)) {
        list_append(&self->shared->waiting, &self->waiting);
    } else {
        self->shared->figures.slow++;
    }
}

/* Takes lines from what waits and from `chunk` until the client has had its part of the turn or its
 * load passes its cap. */
static void take_lines(session_t *self, text_t chunk)
{
    int64_t now_ns = clock_now_ns();
    size_t cap = load_cap(self);
    size_t cost = 0;
    lines_outcome_t outcome = LINES_LINE;
    while (outcome == LINES_LINE && self->state == SESSION_OPEN && load(self) <= cap &&
           cost < LIMIT_TURN_COST) {
        text_t line;
        outcome = lines_take(&self->lines, &chunk, &line);
        if (outcome == LINES_LINE) {
            cost += LINE_COST + line.size;
            take_line(self, line, now_ns);
        } else if (outcome == LINES_TOO_LONG) {
            answer_invalid(self, text_first(line, LIMIT_LINE_ECHO));
            session_finish(self);
        }
    }
    if (cost > 0) {
        session_note_move(self);
    }
    self->put_off = false;
    if (outcome == LINES_LINE && self->state == SESSION_OPEN) {
        put_off(self, chunk);
    } else if (!self->begun && self->state == SESSION_OPEN) {
        refuse_unfinished(self);
    }
}

/* The same if lines may be put off already. */
static void take_more_lines(session_t *self, text_t chunk)
{
    if (self->put_off) {
        lines_keep(&self->lines, chunk);
    } else if (self->state == SESSION_OPEN && chunk.size > 0) {
        take_lines(self, chunk);
    }
}

void session_take_held(session_t *self)
{
    take_more_lines(self, foreign_head_give(&self->head, true));
}

/* What is clear of the first bytes of a connection is taken as lines. */
static void take_bytes(session_t *self, text_t chunk)
{
    if (foreign_head_take(&self->head, &chunk)) {
        text_t empty = {0};
        refuse_foreign(self, "the PROXY protocol", self->spoke ? NULL : &empty);
        return;
    }
    take_more_lines(self, foreign_head_give(&self->head, false));
    if (!self->head.decided || self->state != SESSION_OPEN) {
        return;
    }
    if (chunk.size > LIMIT_SHORT_READ && turn_is_over(self->shared) && !self->put_off) {
        put_off(self, chunk);
    } else {
        take_more_lines(self, chunk);
    }
}

/* When clients hold too much together, one with an unfinished line beyond its share has to go. */
static void check_share(session_t *self)
{
    session_shared_t *shared = self->shared;
    if (self->state != SESSION_OPEN || self->put_off || !is_crowded(shared) ||
        lines_waiting(&self->lines) <= LIMIT_CLIENT_SHARE) {
        return;
    }
    log_event(
        shared->log, LOG_CLIENTS_CROWDED, LOG_ABOUT(NULL, LOG_NUMBER("bytes", shared->memory)),
        "all clients together take %zu bytes; one with a long unfinished line is disconnected",
        shared->memory);
    shared->figures.given_up++;
    session_close_because(self, "unfinished line beyond its share of memory");
}

static void end_input(session_t *self)
{
    stop_reading(self);
    session_take_held(self);
    text_t line;
    switch (lines_take_last(&self->lines, &line)) {
    case LINES_LINE: take_line(self, line, clock_now_ns()); break;
    case LINES_TOO_LONG: answer_invalid(self, text_first(line, LIMIT_LINE_ECHO)); break;
    case LINES_NONE: break;
    }
    if (self->state == SESSION_OPEN) {
        self->state = SESSION_INPUT_ENDED;
        list_append(&self->shared->unwritten, &self->unwritten);
    }
}

static void on_allocate(uv_handle_t *handle, size_t suggested_size, uv_buf_t *ret_buffer)
{
    (void)suggested_size;
    const session_t *self = handle->data;
    bool little = turn_is_over(self->shared) || is_crowded(self->shared);
    *ret_buffer =
        uv_buf_init(self->shared->read_buffer, little ? LIMIT_CLIENT_SHARE : LIMIT_READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    session_t *self = stream->data;
    if (size < 0 && (size != UV_EOF || self->state == SESSION_DISCARDING)) {
        session_close_because(self, size == UV_EOF ? "done" : uv_strerror((int)size));
        return;
    }
    if (size == 0 || self->state != SESSION_OPEN) {
        return;
    }
    /* If requests of an earlier turn are still unasked, the node is slower than this client. */
    bool ahead = list_is_linked(&self->unasked) || self->held;
    if (size < 0) {
        end_input(self);
    } else {
        self->shared->figures.received += (uint64_t)size;
        text_t chunk = {.data = buffer->base, .size = (size_t)size};
        take_bytes(self, chunk);
    }
    if (ahead && self->state == SESSION_OPEN) {
        self->crowding = true;
        stop_reading(self);
    }
    session_account(self);
    check_share(self);
}

static void start_reading(session_t *self)
{
    if (!self->reading && !uv_is_closing((uv_handle_t *)&self->tcp)) {
        int outcome = uv_read_start((uv_stream_t *)&self->tcp, on_allocate, on_read);
        self->reading = outcome == 0;
        if (outcome != 0) {
            session_close_because(self, uv_strerror(outcome));
        }
    }
}

/* Reads on or waits for a turn with the lines that were put off, unless a reason not to is left. */
static void resume(session_t *self)
{
    if (self->state != SESSION_OPEN || self->crowding) {
        return;
    }
    if (!self->put_off) {
        start_reading(self);
    } else if (load(self) <= load_cap(self) / 2) {
        list_append(&self->shared->waiting, &self->waiting);
    }
}

void session_take_turn(session_t *self)
{
    assert(self->state == SESSION_OPEN && self->put_off);
    if (list_is_linked(&self->unasked) || self->held) {
        self->crowding = true; /* the node is slower than this client */
        return;
    }
    take_lines(self, (text_t){0});
    session_account(self);
    resume(self);
}

/* Whether one WHATSAT more may be under way. */
static bool may_look_up(const session_t *self)
{
    bool crowded = self->shared->lookups >= LIMIT_LOOKUPS_ALL;
    return self->pipeline.lookups < (crowded ? LIMIT_LOOKUPS_CROWDED : LIMIT_LOOKUPS);
}

/* A WHATSAT has its answer: the next one may go. */
static void note_looked_up(session_t *self)
{
    count_lookups(self);
    if (self->held && may_look_up(self)) {
        self->held = false;
        list_append(&self->shared->unasked, &self->unasked);
    }
}

bool session_ask(session_t *self, pipeline_request_t *ret_request)
{
    if (!may_look_up(self) && pipeline_next_is_lookup(&self->pipeline)) {
        self->held = true; /* an answer to one of those under way lets it go on */
        list_remove(&self->unasked);
        return false;
    }
    if (pipeline_ask(&self->pipeline, ret_request)) {
        count_lookups(self);
        return true;
    }
    list_remove(&self->unasked);
    self->crowding = false;
    resume(self);
    return false;
}

void session_ask_again(session_t *self)
{
    bool waits = pipeline_ask_again(&self->pipeline);
    count_lookups(self);
    self->held = false;
    if (waits) {
        list_append(&self->shared->unasked, &self->unasked);
    }
}

/* What all clients have not read is more than may be kept: this one gives back its part. */
static void end_at_limit(session_t *self)
{
    self->shared->figures.given_up++;
    log_event(self->shared->log, LOG_CLIENT_GIVEN_UP, LOG_PEER(self->peer),
              "the answers to all clients take %zu bytes; the client is disconnected and may ask "
              "again",
              self->shared->memory);
    session_close_because(self, "more output than can be kept");
}

void session_answer(session_t *self, uint64_t sequence, text_t reply)
{
    pipeline_sink_t out = sink(self);
    status_t status = pipeline_answer(&self->pipeline, sequence, reply, &out);
    if (status == STATUS_NOT_FOUND) {
        return;
    }
    if (status != STATUS_OK) {
        session_give_up(self, "more output than can be kept");
    }
    if (self->pipeline.lookups != self->lookups) {
        note_looked_up(self);
    }
    list_append(&self->shared->unwritten, &self->unwritten);
    session_account(self);
    if (self->shared->memory > LIMIT_ANSWERS_MEMORY) {
        end_at_limit(self);
    }
}

/* All output has left. */
static void go_on(session_t *self)
{
    switch (self->state) {
    case SESSION_OPEN: resume(self); break;
    case SESSION_INPUT_ENDED:
        if (pipeline_count(&self->pipeline) == 0) {
            session_close_because(self, "done");
        }
        break;
    case SESSION_FINISHING:
        if (pipeline_count(&self->pipeline) == 0) {
            uv_os_fd_t file;
            if (uv_fileno((uv_handle_t *)&self->tcp, &file) == 0) {
                shutdown(file, SHUT_WR);
            }
            self->state = SESSION_DISCARDING;
            self->deadline_ms = uv_now(self->shared->loop) +
                                (self->shared->stopping ? SESSION_STOP_LINGER_MS : LINGER_MS);
            session_account(self);
            start_reading(self);
        }
        break;
    case SESSION_DISCARDING:
    case SESSION_CLOSING: break;
    }
}

static void on_output_left(void *owner, int outcome)
{
    session_t *self = owner;
    if (self->state == SESSION_CLOSING) {
        return;
    }
    if (outcome < 0) {
        session_close_because(self, uv_strerror(outcome));
        return;
    }
    session_account(self);
    list_append(&self->shared->unwritten, &self->unwritten);
}

void session_flush(session_t *self)
{
    int outcome = output_flush(&self->output, (uv_stream_t *)&self->tcp, on_output_left,
                               &self->shared->figures.sent);
    if (outcome == UV_EALREADY) {
        return;
    }
    if (outcome != 0 && outcome != UV_EAGAIN) {
        session_close_because(self, uv_strerror(outcome));
        return;
    }
    session_note_move(self);
    if (outcome == UV_EAGAIN || output_shrink(&self->output)) {
        session_account(self);
    }
    if (outcome == 0) {
        go_on(self);
    }
}

static session_t *new_session(session_shared_t *shared, const struct sockaddr *address)
{
    char peer[CLIENT_SOCKET_PEER_SIZE];
    size_t peer_size = client_socket_peer(address, ++shared->opened, peer);
    session_t *self = memory_new(sizeof *self + peer_size + 1);
    memcpy(self->peer, peer, peer_size + 1);
    self->shared = shared;
    self->state = SESSION_OPEN;
    size_t maximum = shared->config->max_output + LIMIT_OUTPUT_OVERSHOOT;
    assert(maximum <= UINT32_MAX); /* config_load bounds max_output */
    traffic_share_init(&self->traffic, shared->log, self->peer, &shared->figures.traffic_cut);
    lines_init(&self->lines, shared->config->max_line);
    pipeline_init(&self->pipeline, maximum);
    output_init(&self->output, maximum);
    return self;
}

status_t session_open(session_shared_t *shared, int file, const struct sockaddr *address)
{
    session_t *self = new_session(shared, address);
    status_t status = sessions_add(shared->table, self, &self->number);
    if (status != STATUS_OK) {
        close(file);
        free(self);
        return status;
    }
    self->address = addresses_of(address);
    (void)addresses_add(shared->addresses, self->address);
    session_note_move(self);
    client_socket_set_options(file);
    uv_tcp_init(shared->loop, &self->tcp);
    self->tcp.data = self;
    shared->handles++;
    int outcome = uv_tcp_open(&self->tcp, file);
    if (outcome != 0) {
        close(file);
        session_close_because(self, uv_strerror(outcome));
        return STATUS_SYSTEM;
    }
    comings_came(&shared->comings, self->address, self->peer);
    start_reading(self);
    return STATUS_OK;
}
