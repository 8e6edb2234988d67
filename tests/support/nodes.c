#include "tests/support/nodes.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "common/config/config.h"
#include "common/sockets/sockets.h"
#include "common/sockets/transport.h"
#include "node/node.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <czmq.h>
#include <pthread.h>

enum { NODES_MAX = 16 };

/* One member; `node` NULL while it does not run. */
typedef struct {
    const config_member_t *member;
    node_t *node;
    log_t *log;
    pthread_t thread;
} running_t;

struct nodes {
    config_t *config;
    char *folder;
    running_t members[NODES_MAX]; /* config->member_count of them */
    void *context;                /* of the test's own sockets */
    unsigned askers;              /* made so far: each has its own routing id */
};

struct asker {
    void *socket;
    uint64_t sequence;
    buffer_t reply; /* to the last question */
};

static void report_finding(void *argument, config_severity_t severity, const char *file,
                           unsigned line, const char *text)
{
    (void)argument;
    fprintf(stderr, "%s:%u: %s%s\n", file, line, severity == CONFIG_ERROR ? "error: " : "", text);
}

/* One member of a links text: its name, and its neighbours after "=". */
static void write_member(buffer_t *file, const char *folder, text_t member, unsigned number)
{
    text_t name;
    text_t neighbours = {0};
    text_take_until(&member, '=', &name);
    int name_size = (int)name.size;
    assert_int_equal(buffer_format(file,
                                   "    %.*s\n        clients = \"tcp://127.0.0.1:%u\"\n"
                                   "        bus = \"ipc://%s/%.*s.bus\"\n        neighbours = \"",
                                   name_size, name.data, 20000 + number, folder, name_size,
                                   name.data),
                     STATUS_OK);
    while (text_take_until(&member, ',', &neighbours)) {
        assert_int_equal(buffer_format(file, "%.*s ", (int)neighbours.size, neighbours.data),
                         STATUS_OK);
    }
    assert_int_equal(buffer_format(file, "\"\n"), STATUS_OK);
}

nodes_t *nodes_new(const char *links)
{
    nodes_t *self = memory_new(sizeof *self);
    buffer_t file;
    text_t rest = text_of(links);
    text_t member;
    unsigned number = 0;
    zsys_handler_set(NULL);
    self->folder = workspace_new();
    self->context = zmq_ctx_new();
    buffer_init(&file, 65536);
    assert_int_equal(buffer_format(&file,
                                   "herd\n    name = \"test\"\n    run_dir = \"%s\"\n"
                                   "    log_dir = \"%s\"\nmembers\n",
                                   self->folder, self->folder),
                     STATUS_OK);
    while (text_take_until(&rest, ' ', &member)) {
        write_member(&file, self->folder, member, number++);
    }
    char *path = workspace_path(self->folder, "herd.cfg");
    workspace_write(path, buffer_text(&file));
    self->config = config_load(path, report_finding, NULL);
    assert_non_null(self->config);
    assert_true(self->config->member_count <= NODES_MAX);
    for (size_t i = 0; i < self->config->member_count; i++) {
        self->members[i].member = &self->config->members[i];
    }
    free(path);
    buffer_done(&file);
    return self;
}

static running_t *find(nodes_t *self, const char *name)
{
    const config_member_t *member = config_member(self->config, name);
    assert_non_null(member);
    return &self->members[member - self->config->members];
}

static void *run(void *argument)
{
    node_run(argument, -1);
    return NULL;
}

void nodes_start(nodes_t *self, const char *name)
{
    running_t *running = find(self, name);
    char *path = workspace_path(self->folder, name);
    assert_null(running->node);
    const log_options_t options = {
        .path = path, .member = name, .program = "node", .traffic = true};
    assert_int_equal(log_open(&options, &running->log), STATUS_OK);
    const node_settings_t settings = {
        .config = self->config, .member = running->member, .log = running->log};
    assert_int_equal(node_new(&settings, &running->node), STATUS_OK);
    assert_int_equal(pthread_create(&running->thread, NULL, run, running->node), 0);
    free(path);
}

void nodes_start_all(nodes_t *self)
{
    for (size_t i = 0; i < self->config->member_count; i++) {
        nodes_start(self, self->config->members[i].name);
    }
}

void nodes_stop(nodes_t *self, const char *name)
{
    running_t *running = find(self, name);
    node_stop(running->node);
    pthread_join(running->thread, NULL);
    node_destroy(&running->node);
    log_close(&running->log);
}

char *nodes_read_log(const nodes_t *self, const char *name)
{
    size_t size;
    char *path = workspace_path(self->folder, name);
    char *content = workspace_read(path, &size);
    assert_non_null(content);
    free(path);
    return content;
}

void nodes_destroy(nodes_t **self_p)
{
    nodes_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->config->member_count; i++) {
        if (self->members[i].node != NULL) {
            nodes_stop(self, self->config->members[i].name);
        }
    }
    zmq_ctx_term(self->context);
    config_destroy(&self->config);
    free(self->folder);
    free(self);
    *self_p = NULL;
}

void *nodes_connect(nodes_t *self, const char *name, bool requests, const char *routing_id)
{
    const config_member_t *member = find(self, name)->member;
    const char *endpoint = requests ? member->requests : member->bus;
    sockets_role_t role = requests ? SOCKETS_REQUESTS_DEALER : SOCKETS_BUS_DEALER;
    void *socket = zmq_socket(self->context, ZMQ_DEALER);
    assert_int_equal(sockets_configure(socket, role, endpoint, routing_id), STATUS_OK);
    assert_int_equal(zmq_connect(socket, endpoint), 0);
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLOUT};
    assert_int_equal(zmq_poll(&item, 1, WAIT_LIMIT_MS), 1);
    return socket;
}

void *nodes_pretend(nodes_t *self, const char *name)
{
    const char *endpoint = find(self, name)->member->bus;
    void *socket = zmq_socket(self->context, ZMQ_ROUTER);
    assert_int_equal(sockets_configure(socket, SOCKETS_BUS_ROUTER, endpoint, NULL), STATUS_OK);
    assert_int_equal(zmq_bind(socket, endpoint), 0);
    return socket;
}

static void send_message(void *socket, message_type_t type, text_t body)
{
    message_t message = {.type = type, .header = TEXT("1"), .body = body};
    assert_int_equal(transport_send(socket, (text_t){0}, &message), STATUS_OK);
}

static void wait_for_message(asker_t *self, message_type_t type, transport_inbound_t *ret_inbound)
{
    zmq_pollitem_t item = {.socket = self->socket, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, WAIT_LIMIT_MS), 1);
    assert_int_equal(transport_receive(self->socket, false, ret_inbound), STATUS_OK);
    assert_int_equal(ret_inbound->message.type, type);
}

asker_t *asker_new(nodes_t *self, const char *name)
{
    asker_t *asker = memory_new(sizeof *asker);
    transport_inbound_t inbound;
    buffer_init(&asker->reply, LIMIT_BODY_SIZE);
    char routing_id[32];
    snprintf(routing_id, sizeof routing_id, "asker.%u", ++self->askers);
    asker->socket = nodes_connect(self, name, true, routing_id);
    send_message(asker->socket, MESSAGE_HELLO,
                 TEXT("versions 1\nherd test\nfrontend asker\npid 1\n"));
    wait_for_message(asker, MESSAGE_WELCOME, &inbound);
    transport_inbound_done(&inbound);
    return asker;
}

void asker_destroy(asker_t **self_p)
{
    asker_t *self = *self_p;
    if (self != NULL) {
        zmq_close(self->socket);
        buffer_done(&self->reply);
        free(self);
        *self_p = NULL;
    }
}

/* Keeps the reply of "7 <sequence> <length> <reply>", the only one in a REPLY. */
static void keep_reply(asker_t *self, text_t body)
{
    text_t connection;
    text_t sequence;
    text_t length;
    uint64_t number = 0;
    assert_true(text_take_until(&body, ' ', &connection) && text_equal(connection, TEXT("7")));
    assert_true(text_take_until(&body, ' ', &sequence) &&
                text_to_u64(sequence, UINT64_MAX, &number));
    assert_true(number == self->sequence);
    assert_true(text_take_until(&body, ' ', &length) && text_to_u64(length, UINT64_MAX, &number));
    assert_int_equal(number, body.size);
    buffer_clear(&self->reply);
    assert_int_equal(buffer_append(&self->reply, body.data, body.size), STATUS_OK);
}

text_t asker_ask_at(asker_t *self, const char *line, int64_t receipt_ns)
{
    buffer_t body;
    transport_inbound_t inbound;
    buffer_init(&body, LIMIT_BODY_SIZE);
    assert_int_equal(buffer_format(&body, "7 %llu %lld %s\n", (unsigned long long)++self->sequence,
                                   (long long)(receipt_ns != 0 ? receipt_ns : clock_now_ns()),
                                   line),
                     STATUS_OK);
    send_message(self->socket, MESSAGE_REQUEST, buffer_text(&body));
    wait_for_message(self, MESSAGE_REPLY, &inbound);
    assert_text_equal(inbound.message.header, "1 1");
    keep_reply(self, inbound.message.body);
    transport_inbound_done(&inbound);
    buffer_done(&body);
    return buffer_text(&self->reply);
}

text_t asker_ask(asker_t *self, const char *line)
{
    return asker_ask_at(self, line, 0);
}

/* What asker_wait_for waits for. */
typedef struct {
    asker_t *asker;
    const char *line;
    const char *reply;
} expectation_t;

static bool is_as_expected(void *argument)
{
    const expectation_t *expectation = argument;
    return text_equal(asker_ask(expectation->asker, expectation->line),
                      text_of(expectation->reply));
}

bool asker_wait_for(asker_t *self, const char *line, const char *reply)
{
    expectation_t expectation = {.asker = self, .line = line, .reply = reply};
    return wait_until(is_as_expected, &expectation, WAIT_LIMIT_MS);
}

text_t asker_report(asker_t *self)
{
    transport_inbound_t inbound;
    send_message(self->socket, MESSAGE_STATUS, (text_t){0});
    wait_for_message(self, MESSAGE_REPORT, &inbound);
    buffer_clear(&self->reply);
    assert_int_equal(
        buffer_append(&self->reply, inbound.message.body.data, inbound.message.body.size),
        STATUS_OK);
    transport_inbound_done(&inbound);
    return buffer_text(&self->reply);
}
