/* A client that says anything in pieces of any size, reads when it likes, and a node that answers
 * when it likes: in the end the client has one reply to each line, in the order of its lines, and
 * nothing else. The first byte is a choice of limits. Then come steps: a byte and what it asks for,
 * the size of a piece in the next byte, and the piece. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/protocol/command.h"
#include "frontend/lines/foreign.h"
#include "frontend/lines/line_session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ANSWER_FIRST, ANSWER_LAST, READ, ASK_AGAIN, TICK, PIECE, STEPS };
enum {
    REPEATS = 16,
    REQUESTS_MAX = 4096,
    TURNS_MAX = 100000,
    OUT_SIZE_MAX = 1 << 22,
    REPLY_SIZE = 64
};

/* A request that the node has not answered yet. */
typedef struct {
    uint64_t sequence;
    char reply[REPLY_SIZE];
} request_t;

typedef struct {
    session_shared_t shared;
    config_t config;
    int client; /* its end of the connection */
    bool busy;  /* turns are over before it is read, and it says each piece REPEATS times */
    uint64_t number;
    bool closed;
    buffer_t said;     /* all that the client has sent */
    buffer_t heard;    /* all that it has read */
    buffer_t expected; /* what it should have read in the end */
    request_t requests[REQUESTS_MAX];
    size_t request_count;
} scene_t;

static void append(buffer_t *out, text_t text)
{
    status_t status = buffer_append(out, text.data, text.size);
    assert(status == STATUS_OK);
}

/* What our node answers: it does not know clients whose ID begins with "n". */
static void write_reply(text_t line, char out[REPLY_SIZE])
{
    command_t command = command_parse(line);
    bool unknown = command.kind == COMMAND_WHATSAT && command.client.data[0] == 'n';
    snprintf(out, REPLY_SIZE, unknown ? "?\n" : "AT %u\n",
             (unsigned)(command.client.size * 251 + line.size));
}

static void expect_invalid(scene_t *self, text_t line)
{
    append(&self->expected, TEXT("? "));
    append(&self->expected, line);
    append(&self->expected, TEXT("\n"));
}

/* What a client that said this gets (client-protocol.md). */
static void expect_line(scene_t *self, text_t line)
{
    char reply[REPLY_SIZE] = "?\n";
    if (command_parse(line).kind != COMMAND_INVALID) {
        write_reply(line, reply);
    }
    if (strcmp(reply, "?\n") == 0) {
        expect_invalid(self, line);
    } else {
        append(&self->expected, text_of(reply));
    }
}

/* A proxy gets the answer to its first line, and if it pauses those to the next two. */
static bool expect_proxy(scene_t *self)
{
    static const text_t lines[] = {{.size = 0}, {.size = 0}, {.data = "\0", .size = 1}};
    foreign_head_t head = {0};
    text_t said = buffer_text(&self->said);
    if (!foreign_head_take(&head, &said)) {
        return false;
    }
    for (size_t i = 0; i == 0 || (i < 3 && self->heard.size > self->expected.size); i++) {
        expect_invalid(self, lines[i]);
    }
    return true;
}

/* One that speaks TLS gets the beginning of its line back, as much as had come, or the line. */
static void expect_tls(scene_t *self, text_t line)
{
    size_t size = self->heard.size - self->expected.size - sizeof "? ";
    assert(size == line.size || (size > 2 && size <= LIMIT_LINE_ECHO && size <= line.size));
    expect_invalid(self, text_first(line, size));
}

static void expect_all(scene_t *self)
{
    text_t rest = buffer_text(&self->said);
    text_t line;
    bool ended = true;
    bool begun = false;
    if (expect_proxy(self)) {
        return;
    }
    while (ended && rest.size > 0) {
        ended = text_take_line(&rest, &line);
        line = ended ? line : rest;
        if (ended && line.size > 0 && line.data[line.size - 1] == '\r') {
            line.size--;
        }
        if (!begun && foreign_unfinished(line) != NULL) {
            expect_tls(self, line);
            return;
        }
        if (line.size > self->config.max_line) {
            expect_invalid(self, text_first(line, LIMIT_LINE_ECHO));
            return; /* the connection ends here */
        }
        if (!begun && foreign_line(line) != NULL) {
            expect_invalid(self, line);
            return; /* here too */
        }
        begun = begun || line.size > 0;
        expect_line(self, line);
    }
}

static session_t *session_of(const scene_t *self)
{
    return self->closed ? NULL : sessions_find(self->shared.table, self->number);
}

static void on_closed(void *argument)
{
    ((scene_t *)argument)->closed = true;
}

/* The client reads all that is there. */
static void hear(scene_t *self)
{
    char bytes[4096];
    ssize_t size;
    while ((size = recv(self->client, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        append(&self->heard, (text_t){.data = bytes, .size = (size_t)size});
    }
}

/* The front-end takes requests to the node, and writes what is ready. */
static void turn(scene_t *self)
{
    session_shared_t *shared = &self->shared;
    list_link_t batch;
    list_link_t *link;
    shared->turn_end_ns = self->busy ? 1 : 0;
    uv_run(shared->loop, UV_RUN_NOWAIT);
    if (!list_is_empty(&shared->waiting)) {
        session_take_turn(session_of_waiting(list_take_first(&shared->waiting)));
    }
    while (!list_is_empty(&shared->unasked)) {
        pipeline_request_t asked;
        if (session_ask(session_of_unasked(shared->unasked.next), &asked)) {
            assert(self->request_count < REQUESTS_MAX);
            assert(shared->lookups <= LIMIT_LOOKUPS);
            request_t *request = &self->requests[self->request_count++];
            request->sequence = asked.sequence;
            write_reply(asked.line, request->reply);
        }
    }
    list_init(&batch);
    list_take_all(&batch, &shared->unwritten);
    while ((link = list_take_first(&batch)) != NULL) {
        session_flush(session_of_unwritten(link));
    }
}

static void answer(scene_t *self, size_t index)
{
    session_t *session = session_of(self);
    if (session == NULL || index >= self->request_count) {
        return;
    }
    const request_t *request = &self->requests[index];
    session_answer(session, request->sequence, text_of(request->reply));
    self->request_count--;
    memmove(&self->requests[index], &self->requests[index + 1],
            (self->request_count - index) * sizeof *self->requests);
}

/* The client sends a piece; what the kernel does not take is not said. */
static void say(scene_t *self, text_t piece)
{
    ssize_t size = send(self->client, piece.data, piece.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size > 0) {
        append(&self->said, text_first(piece, (size_t)size));
    }
}

static void step(scene_t *self, unsigned what, text_t piece)
{
    session_t *session = session_of(self);
    list_link_t *active = &self->shared.active;
    switch (what) {
    case ANSWER_FIRST: answer(self, 0); break;
    case ANSWER_LAST: answer(self, self->request_count - 1); break;
    case READ: hear(self); break;
    case ASK_AGAIN:
        self->request_count = 0;
        if (session != NULL) {
            session_ask_again(session);
        }
        break;
    case TICK:
        if (!list_is_empty(active)) {
            session_tick(session_of_active(active->next));
        }
        break;
    default:
        for (int i = 0; i < (self->busy ? REPEATS : 1); i++) {
            say(self, piece);
        }
        break;
    }
    turn(self);
}

/* The client has said all, reads all, and leaves when there is no more. */
static void end(scene_t *self)
{
    shutdown(self->client, SHUT_WR);
    for (int i = 0; !self->closed && i < TURNS_MAX; i++) {
        answer(self, self->request_count > 0 ? (size_t)i % self->request_count : 0);
        turn(self);
        hear(self);
    }
    assert(self->closed && self->shared.handles == 0 && self->shared.memory == 0);
    assert(self->shared.lookups == 0);
    hear(self);
    expect_all(self);
    assert(text_equal(buffer_text(&self->heard), buffer_text(&self->expected)));
}

static void begin(scene_t *self, unsigned choice, uv_loop_t *loop)
{
    int files[2];
    int failed = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, files);
    assert(failed == 0);
    self->config = (config_t){.max_line = (choice & 1) != 0 ? LIMIT_LINE_SIZE_MIN : 70,
                              .max_output = (choice & 2) != 0 ? 262144 : LIMIT_OUTPUT_SIZE_MIN,
                              .request_timeout_ms = LIMIT_REQUEST_TIMEOUT_MS};
    self->busy = (choice & 4) != 0;
    self->shared.kind = &line_session_kind;
    self->shared.loop = loop;
    self->shared.config = &self->config;
    self->shared.closed = on_closed;
    self->shared.argument = self;
    list_init(&self->shared.waiting);
    list_init(&self->shared.newcomers);
    list_init(&self->shared.idle);
    list_init(&self->shared.unasked);
    list_init(&self->shared.unwritten);
    list_init(&self->shared.active);
    buffer_init(&self->said, OUT_SIZE_MAX);
    buffer_init(&self->heard, OUT_SIZE_MAX);
    buffer_init(&self->expected, OUT_SIZE_MAX);
    self->client = files[0];
    status_t status =
        session_open(&self->shared, files[1], &(struct sockaddr){.sa_family = AF_UNIX});
    assert(status == STATUS_OK);
    size_t cursor = 0;
    self->number = session_number(sessions_next(self->shared.table, &cursor));
}

static void finish(scene_t *self)
{
    close(self->client);
    buffer_done(&self->said);
    buffer_done(&self->heard);
    buffer_done(&self->expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uv_loop_t loop;
    static scene_t self;
    text_t rest = {.data = (const char *)data, .size = size};
    if (size == 0) {
        return 0;
    }
    if (self.shared.table == NULL) {
        uv_loop_init(&loop);
        self.shared.table = sessions_new(1);
        self.shared.addresses = addresses_new();
        self.shared.read_buffer = memory_new(LIMIT_READ_SIZE);
    }
    self.closed = false;
    self.request_count = 0;
    begin(&self, data[0], &loop);
    rest = text_after(rest, 1);
    while (rest.size > 1) {
        unsigned what = (unsigned char)rest.data[0] % STEPS;
        size_t piece_size = what == PIECE ? (unsigned char)rest.data[1] : 0;
        rest = text_after(rest, what == PIECE ? 2 : 1);
        text_t piece = text_first(rest, piece_size);
        rest = text_after(rest, piece.size);
        step(&self, what, piece);
    }
    end(&self);
    finish(&self);
    return 0;
}
