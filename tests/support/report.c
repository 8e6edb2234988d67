#include "tests/support/report.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"

#include "common/base/memory.h"
#include "common/protocol/message.h"
#include "common/sockets/sockets.h"
#include "common/sockets/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

/* One question on its way. */
typedef struct {
    void *socket;
    bool asked;     /* STATUS was sent */
    report_t *into; /* where the answer goes; its body is NULL until then */
} question_t;

static uint64_t figure(text_t body, const char *key)
{
    uint64_t value = 0;
    if (!message_number(body, key, UINT64_MAX, &value)) {
        fail_msg("no \"%s\" in the report", key);
    }
    return value;
}

static void take(report_t *report, text_t body)
{
    text_t root;
    *report = (report_t){.records = figure(body, "records"),
                         .links = figure(body, "links"),
                         .links_up = figure(body, "links_up"),
                         .body = memory_copy_text(body.data, body.size)};
    if (message_value(body, "root", &root)) {
        assert_int_equal(root.size, REPORT_ROOT_SIZE - 1);
        snprintf(report->root, sizeof report->root, "%.*s", (int)root.size, root.data);
    }
}

static bool is_answered(void *argument)
{
    question_t *question = argument;
    const message_t status = {.type = MESSAGE_STATUS};
    if (!question->asked) {
        question->asked = transport_send(question->socket, (text_t){0}, &status) == STATUS_OK;
    }
    transport_inbound_t inbound;
    status_t received = transport_receive(question->socket, false, &inbound);
    if (received == STATUS_AGAIN) {
        return false;
    }
    assert_int_equal(received, STATUS_OK);
    assert_int_equal(inbound.message.type, MESSAGE_REPORT);
    take(question->into, inbound.message.body);
    transport_inbound_done(&inbound);
    return true;
}

void report_read(const char *endpoint, report_t *ret_report)
{
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_DEALER);
    question_t question = {.socket = socket, .into = ret_report};
    assert_int_equal(sockets_configure(socket, SOCKETS_REQUESTS_DEALER, endpoint, NULL), STATUS_OK);
    assert_int_equal(zmq_connect(socket, endpoint), 0);
    bool answered = wait_until(is_answered, &question, WAIT_LIMIT_MS);
    zmq_close(socket);
    while (zmq_ctx_term(context) != 0 && errno == EINTR) {
    }
    if (!answered) {
        fail_msg("no report from %s", endpoint);
    }
}

uint64_t report_figure(const char *endpoint, const char *key)
{
    report_t report;
    report_read(endpoint, &report);
    uint64_t value = figure(text_of(report.body), key);
    report_done(&report);
    return value;
}

typedef struct {
    const char *endpoint;
    report_t *into;
} root_question_t;

static bool has_root(void *argument)
{
    const root_question_t *question = argument;
    report_read(question->endpoint, question->into);
    if (question->into->root[0] != '\0') {
        return true;
    }
    report_done(question->into);
    return false;
}

void report_read_root(const char *endpoint, report_t *ret_report)
{
    root_question_t question = {.endpoint = endpoint, .into = ret_report};
    if (!wait_until(has_root, &question, WAIT_LIMIT_MS)) {
        fail_msg("no digest root from %s", endpoint);
    }
}

void report_done(report_t *self)
{
    free(self->body);
    self->body = NULL;
}

/* The number of "KEY=number" among the fields that are left. */
static uint64_t field_number(text_t rest, const char *key)
{
    text_t field;
    text_t name;
    uint64_t number = 0;
    while (text_take_field(&rest, &field)) {
        if (text_take_until(&field, '=', &name) && text_equal(name, text_of(key))) {
            assert_true(text_to_u64(field, UINT64_MAX, &number));
            return number;
        }
    }
    fail_msg("no \"%s\" in the report's link", key);
    return number;
}

report_link_t report_link(const report_t *self, const char *neighbour)
{
    enum { KEY, NAME, STATE, LAG, RECEIVED, BAD, FIELDS };
    text_t rest = text_of(self->body);
    text_t line;
    while (text_take_line(&rest, &line)) {
        /* link Hands up 0 4711 0 */
        text_t fields[FIELDS] = {0};
        for (size_t i = 0; i < FIELDS && text_take_field(&line, &fields[i]); i++) {
        }
        if (!text_equal(fields[KEY], TEXT("link")) ||
            !text_equal(fields[NAME], text_of(neighbour))) {
            continue;
        }
        report_link_t link = {.up = text_equal(fields[STATE], TEXT("up"))};
        assert_true(text_to_u64(fields[LAG], UINT64_MAX, &link.lag) &&
                    text_to_u64(fields[RECEIVED], UINT64_MAX, &link.received) &&
                    text_to_u64(fields[BAD], UINT64_MAX, &link.bad));
        link.repaired = field_number(line, "repaired");
        return link;
    }
    fail_msg("no link to %s in the report", neighbour);
    return (report_link_t){0};
}
