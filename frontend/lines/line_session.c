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
 *
 * A node that does not answer in time, or more output than can be kept, gives the client up: it
 * gets the answers that are there, and the end.
 */
#include "frontend/lines/line_session.h"

#include "common/base/limits.h"
#include "common/clock/clock.h"
#include "common/protocol/command.h"
#include "frontend/clients/receipt.h"
#include "frontend/lines/foreign.h"
#include "frontend/lines/lines.h"

#include <assert.h>

/* What a line costs beside its bytes, in the time that a byte takes (LIMIT_TURN_COST). */
enum { LINE_COST = 64 };

typedef struct {
    session_t base;
    lines_t lines;       /* input */
    pipeline_t pipeline; /* requests under way */
    size_t lookups;      /* its part of shared->lookups */
    foreign_head_t head; /* what it began with */
    bool crowding : 1;   /* was read while requests were unasked: reads on when they are asked */
    bool held : 1;       /* a WHATSAT waits until fewer are under way */
    bool begun : 1;      /* has sent a line that is not empty */
} line_session_t;

static inline line_session_t *line_session_of(session_t *base)
{
    return (line_session_t *)base;
}

static size_t footprint(const session_t *base)
{
    const line_session_t *self = (const line_session_t *)base;
    return self->lines.kept.capacity + pipeline_footprint(&self->pipeline);
}

static void account(line_session_t *self)
{
    session_account_size(&self->base, footprint(&self->base));
}

/* Brings the sum of all WHATSATs under way up to date. */
static void count_lookups(line_session_t *self)
{
    self->base.shared->lookups += self->pipeline.lookups - self->lookups;
    self->lookups = self->pipeline.lookups;
}

/* Bytes that the client has yet to read: output, and the probable replies to its requests. */
static size_t load(const line_session_t *self)
{
    return output_size(&self->base.output) + pipeline_reserved(&self->pipeline);
}

/* Ends the connection with the replies that are there: drops the oldest request without a reply and
 * all behind it. */
static void give_up(line_session_t *self, const char *reason)
{
    const traffic_of_t of = session_traffic(&self->base);
    self->base.shared->figures.given_up++;
    log_event(self->base.shared->log, LOG_CLIENT_GIVEN_UP, LOG_PEER(session_peer(&self->base)),
              "%s; the client is disconnected and may ask again", reason);
    traffic_share_unanswered(&self->base.traffic, &of, &self->pipeline);
    list_remove(&self->base.unasked);
    pipeline_done(&self->pipeline);
    count_lookups(self);
    self->held = false;
    session_finish(&self->base);
    list_append(&self->base.shared->unwritten, &self->base.unwritten);
}

static void log_reply(void *argument, text_t reply)
{
    line_session_t *self = argument;
    const traffic_of_t of = session_traffic(&self->base);
    traffic_share_answered(&self->base.traffic, &of, reply);
}

static pipeline_sink_t sink(line_session_t *self)
{
    bool traffic = log_has_traffic(self->base.shared->log);
    return (pipeline_sink_t){.out = &self->base.output.gathered,
                             .replied = traffic ? log_reply : NULL,
                             .argument = self};
}

/* Answers a malformed line in its turn. */
static void answer_invalid(line_session_t *self, text_t line)
{
    pipeline_sink_t out = sink(self);
    self->base.shared->figures.malformed++;
    if (pipeline_add_invalid(&self->pipeline, line, &out) != STATUS_OK) {
        give_up(self, "more output than can be kept");
        return;
    }
    if (self->base.output.gathered.size > 0) {
        list_append(&self->base.shared->unwritten, &self->base.unwritten);
    }
}

/* The client is not read on; `first` is its first line as far as it is to be answered, as any that
 * is no command; NULL: it was answered already. */
static void refuse_foreign(line_session_t *self, const char *protocol, const text_t *first)
{
    log_event(self->base.shared->log, LOG_CLIENT_GIVEN_UP,
              LOG_ABOUT(session_peer(&self->base), LOG_TEXT("protocol", protocol)),
              "it speaks %s, which is not served here; the client is disconnected", protocol);
    self->base.shared->figures.given_up++;
    if (first != NULL) {
        answer_invalid(self, *first);
    }
    session_finish(&self->base);
}

/* A first line of TLS may never have an end, so its beginning is enough. */
static void refuse_unfinished(line_session_t *self)
{
    text_t unfinished = lines_unfinished(&self->lines);
    const char *foreign = foreign_unfinished(unfinished);
    if (foreign != NULL) {
        unfinished = text_first(unfinished, LIMIT_LINE_ECHO);
        refuse_foreign(self, foreign, &unfinished);
    }
}

static void take_line(line_session_t *self, text_t line, int64_t now_ns)
{
    session_shared_t *shared = self->base.shared;
    int64_t receipt_ns = receipt_stamp(&shared->last_receipt_ns, now_ns);
    shared->figures.lines++;
    command_t command = command_parse(line);
    const traffic_of_t of = session_traffic(&self->base);
    traffic_share_received(&self->base.traffic, &of, receipt_ns, line, &command);
    const char *foreign = self->begun ? NULL : foreign_line(line);
    self->base.spoke = true;
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
        give_up(self, "more requests than can be kept");
        return;
    }
    list_append(&shared->unasked, &self->base.unasked);
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
static void put_off(line_session_t *self, text_t chunk)
{
    self->base.put_off = true;
    lines_keep(&self->lines, chunk);
    session_stop_reading(&self->base);
    if (load(self) <= session_load_cap(&self->base)) {
        list_append(&self->base.shared->waiting, &self->base.waiting);
    } else {
        self->base.shared->figures.slow++;
    }
}

/* Takes lines from what waits and from `chunk` until the client has had its part of the turn or its
 * load passes its cap. */
static void take_lines(line_session_t *self, text_t chunk)
{
    int64_t now_ns = clock_now_ns();
    size_t cap = session_load_cap(&self->base);
    size_t cost = 0;
    lines_outcome_t outcome = LINES_LINE;
    while (outcome == LINES_LINE && self->base.state == SESSION_OPEN && load(self) <= cap &&
           cost < LIMIT_TURN_COST) {
        text_t line;
        outcome = lines_take(&self->lines, &chunk, &line);
        if (outcome == LINES_LINE) {
            cost += LINE_COST + line.size;
            take_line(self, line, now_ns);
        } else if (outcome == LINES_TOO_LONG) {
            answer_invalid(self, text_first(line, LIMIT_LINE_ECHO));
            session_finish(&self->base);
        }
    }
    if (cost > 0) {
        session_note_move(&self->base);
    }
    self->base.put_off = false;
    if (outcome == LINES_LINE && self->base.state == SESSION_OPEN) {
        put_off(self, chunk);
    } else if (!self->begun && self->base.state == SESSION_OPEN) {
        refuse_unfinished(self);
    }
}

/* The same if lines may be put off already. */
static void take_more_lines(line_session_t *self, text_t chunk)
{
    if (self->base.put_off) {
        lines_keep(&self->lines, chunk);
    } else if (self->base.state == SESSION_OPEN && chunk.size > 0) {
        take_lines(self, chunk);
    }
}

/* Takes as lines what is held back because a proxy's head may come of it. */
static void take_held(line_session_t *self)
{
    take_more_lines(self, foreign_head_give(&self->head, true));
}

/* What is clear of the first bytes of a connection is taken as lines. */
static void take_bytes(line_session_t *self, text_t chunk)
{
    if (foreign_head_take(&self->head, &chunk)) {
        text_t empty = {0};
        refuse_foreign(self, "the PROXY protocol", self->base.spoke ? NULL : &empty);
        return;
    }
    take_more_lines(self, foreign_head_give(&self->head, false));
    if (!self->head.decided || self->base.state != SESSION_OPEN) {
        return;
    }
    if (chunk.size > LIMIT_SHORT_READ && turn_is_over(self->base.shared) && !self->base.put_off) {
        put_off(self, chunk);
    } else {
        take_more_lines(self, chunk);
    }
}

static void end_input(line_session_t *self)
{
    session_stop_reading(&self->base);
    take_held(self);
    text_t line;
    switch (lines_take_last(&self->lines, &line)) {
    case LINES_LINE: take_line(self, line, clock_now_ns()); break;
    case LINES_TOO_LONG: answer_invalid(self, text_first(line, LIMIT_LINE_ECHO)); break;
    case LINES_NONE: break;
    }
    if (self->base.state == SESSION_OPEN) {
        self->base.state = SESSION_INPUT_ENDED;
        list_append(&self->base.shared->unwritten, &self->base.unwritten);
    }
}

static bool reads_little(const session_t *base)
{
    return turn_is_over(base->shared) || session_is_crowded(base->shared);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type of session_kind_t, where some do */
static void take_input(session_t *base, char *bytes, size_t size)
{
    line_session_t *self = line_session_of(base);
    /* If requests of an earlier turn are still unasked, the node is slower than this client. */
    bool ahead = list_is_linked(&self->base.unasked) || self->held;
    if (size == 0) {
        end_input(self);
    } else {
        take_bytes(self, (text_t){.data = bytes, .size = size});
    }
    if (ahead && self->base.state == SESSION_OPEN) {
        self->crowding = true;
        session_stop_reading(&self->base);
    }
    account(self);
    session_check_share(&self->base, lines_waiting(&self->lines), "line");
}

/* Reads on or waits for a turn with the lines that were put off, unless a reason not to is left. */
static void resume(line_session_t *self)
{
    if (self->base.state != SESSION_OPEN || self->crowding) {
        return;
    }
    if (!self->base.put_off) {
        session_start_reading(&self->base);
    } else if (load(self) <= session_load_cap(&self->base) / 2) {
        list_append(&self->base.shared->waiting, &self->base.waiting);
    }
}

static void take_turn(session_t *base)
{
    line_session_t *self = line_session_of(base);
    assert(self->base.state == SESSION_OPEN && self->base.put_off);
    if (list_is_linked(&self->base.unasked) || self->held) {
        self->crowding = true; /* the node is slower than this client */
        return;
    }
    take_lines(self, (text_t){0});
    account(self);
    resume(self);
}

/* Whether one WHATSAT more may be under way. */
static bool may_look_up(const line_session_t *self)
{
    bool crowded = self->base.shared->lookups >= LIMIT_LOOKUPS_ALL;
    return self->pipeline.lookups < (crowded ? LIMIT_LOOKUPS_CROWDED : LIMIT_LOOKUPS);
}

/* A WHATSAT has its answer: the next one may go. */
static void note_looked_up(line_session_t *self)
{
    count_lookups(self);
    if (self->held && may_look_up(self)) {
        self->held = false;
        list_append(&self->base.shared->unasked, &self->base.unasked);
    }
}

static bool ask(session_t *base, pipeline_request_t *ret_request)
{
    line_session_t *self = line_session_of(base);
    if (!may_look_up(self) && pipeline_next_is_lookup(&self->pipeline)) {
        self->held = true; /* an answer to one of those under way lets it go on */
        list_remove(&self->base.unasked);
        return false;
    }
    if (pipeline_ask(&self->pipeline, ret_request)) {
        count_lookups(self);
        return true;
    }
    list_remove(&self->base.unasked);
    self->crowding = false;
    resume(self);
    return false;
}

static void ask_again(session_t *base)
{
    line_session_t *self = line_session_of(base);
    bool waits = pipeline_ask_again(&self->pipeline);
    count_lookups(self);
    self->held = false;
    if (waits) {
        list_append(&self->base.shared->unasked, &self->base.unasked);
    }
}

/* What all clients have not read is more than may be kept: this one gives back its part. */
static void end_at_limit(line_session_t *self)
{
    self->base.shared->figures.given_up++;
    log_event(self->base.shared->log, LOG_CLIENT_GIVEN_UP, LOG_PEER(session_peer(&self->base)),
              "the answers to all clients take %zu bytes; the client is disconnected and may ask "
              "again",
              self->base.shared->memory);
    session_close_because(&self->base, "more output than can be kept");
}

static void answer(session_t *base, uint64_t sequence, text_t reply)
{
    line_session_t *self = line_session_of(base);
    pipeline_sink_t out = sink(self);
    status_t status = pipeline_answer(&self->pipeline, sequence, reply, &out);
    if (status == STATUS_NOT_FOUND) {
        return;
    }
    if (status != STATUS_OK) {
        give_up(self, "more output than can be kept");
    }
    if (self->pipeline.lookups != self->lookups) {
        note_looked_up(self);
    }
    list_append(&self->base.shared->unwritten, &self->base.unwritten);
    account(self);
    if (self->base.shared->memory > LIMIT_ANSWERS_MEMORY) {
        end_at_limit(self);
    }
}

static void go_on(session_t *base)
{
    resume(line_session_of(base));
}

static void begin(session_t *base)
{
    line_session_t *self = line_session_of(base);
    lines_init(&self->lines, base->shared->config->max_line);
    pipeline_init(&self->pipeline, base->output.gathered.maximum);
}

static bool is_busy(const session_t *base)
{
    return pipeline_count(&((const line_session_t *)base)->pipeline) > 0;
}

static void trim(session_t *base)
{
    line_session_t *self = line_session_of(base);
    if (lines_waiting(&self->lines) == 0) {
        lines_done(&self->lines);
    }
    pipeline_trim(&self->pipeline);
}

static void drop_input(session_t *base)
{
    lines_done(&line_session_of(base)->lines);
}

static void end(session_t *base)
{
    line_session_t *self = line_session_of(base);
    const traffic_of_t of = session_traffic(base);
    traffic_share_unanswered(&base->traffic, &of, &self->pipeline);
    lines_done(&self->lines);
    pipeline_done(&self->pipeline);
    count_lookups(self);
}

static void tick(session_t *base)
{
    line_session_t *self = line_session_of(base);
    uint64_t now_ms = uv_now(base->shared->loop);
    uint64_t timeout_ms = (uint64_t)base->shared->config->request_timeout_ms;
    uint64_t receipt_ms;
    if (session_end_if_overdue(base, now_ms)) {
        return;
    }
    if (pipeline_oldest(&self->pipeline, &receipt_ms) && now_ms >= receipt_ms + timeout_ms) {
        give_up(self, "no answer from the node in time");
        return;
    }
    session_finish_if_quiet(base, now_ms);
    session_watch_reading(base);
    if (!base->touched && foreign_head_holds(&self->head)) {
        take_held(self); /* no head has come of it; the client waits for an answer */
    }
    session_end_tick(base, foreign_head_holds(&self->head));
}

const session_kind_t line_session_kind = {
    .size = sizeof(line_session_t),
    .silent = " without a line",
    .begin = begin,
    .read = take_input,
    .reads_little = reads_little,
    .go_on = go_on,
    .is_busy = is_busy,
    .footprint = footprint,
    .trim = trim,
    .drop_input = drop_input,
    .end = end,
    .ask = ask,
    .ask_again = ask_again,
    .answer = answer,
    .take_turn = take_turn,
    .tick = tick,
};
