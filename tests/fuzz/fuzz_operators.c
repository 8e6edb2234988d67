/* Any questions of operators, each a letter, the body of the message, and a zero byte, at a member
 * that knows two clients and a tombstone: what is answered can be read, what is refused leaves no
 * trace. */
#include "common/base/memory.h"
#include "common/protocol/report_keys.h"
#include "node/requests/operators.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENTS_MAX = 16, MEMORY_MAX = 4096 };

static const int64_t now_ns = INT64_C(1621464828000000000);

static bool is_known(text_t body, const char *key)
{
    uint64_t value;
    return message_number(body, key, 1, &value) && value == 1;
}

/* Lines of printable ASCII, each with its key. */
static void check_status(text_t body, const operators_context_t *context)
{
    text_t line;
    text_t key;
    uint64_t records;
    bool told = message_number(body, report_keys_text(REPORT_KEY_RECORDS), UINT64_MAX, &records);
    assert(told && records == store_count(context->store));
    while (text_take_line(&body, &line)) {
        for (size_t i = 0; i < line.size; i++) {
            assert(line.data[i] >= ' ' && line.data[i] <= '~');
        }
        bool has_key = text_take_until(&line, ' ', &key);
        assert(has_key && key.size > 0 && line.size > 0);
    }
    assert(body.size == 0);
}

/* The record of a WHERE can be parsed and is that client's; a client just forgotten has none. */
static void check_client(text_t body, text_t client, const operators_context_t *context)
{
    record_t record;
    text_t line;
    if (message_value(body, report_keys_text(REPORT_KEY_RECORD), &line)) {
        status_t status = record_parse_bus_line(line, &record);
        assert(status == STATUS_OK && text_equal(record.client, client));
        assert(is_known(body, "served") == store_find(context->store, client, &record));
    } else {
        assert(!is_known(body, "forgotten") || !store_find(context->store, client, &record));
    }
}

static bool name_type(char letter, message_type_t *ret_type)
{
    switch (letter) {
    case 'S': *ret_type = MESSAGE_STATUS; return true;
    case 'F': *ret_type = MESSAGE_FORGET; return true;
    case 'W': *ret_type = MESSAGE_WHERE; return true;
    case 'L': *ret_type = MESSAGE_LOGLEVEL; return true;
    case 'E': *ret_type = MESSAGE_ECHO; return true;
    case 'R': *ret_type = MESSAGE_RELOAD; return true;
    default: return false;
    }
}

static void ask(operators_t *self, message_type_t type, text_t body)
{
    const message_t question = {.type = type, .body = body};
    const operators_question_t asked = {
        .message = &question, .by = "operator/anna at 127.0.0.1", .now_ns = now_ns};
    uint64_t tail = store_tail(self->context.store);
    const char *problem = NULL;
    buffer_t out;
    buffer_init(&out, LIMIT_BODY_SIZE);
    assert(message_is_question(type));
    if (type == MESSAGE_RELOAD) { /* done by the node, which finds whom to answer */
        text_t header;
        const text_t asker = text_first(body, FRONTENDS_ROUTING_ID_SIZE);
        operators_note_reload(self, asker, &asked);
        text_t peer = operators_end_reload(self, &header);
        assert(text_equal(peer, asker) && header.size == 0 && !operators_want_reload(self));
    } else if (!operators_answer(self, &asked, &out, &problem)) {
        assert(problem != NULL && store_tail(self->context.store) == tail);
    } else if (type == MESSAGE_STATUS) {
        check_status(buffer_text(&out), &self->context);
    } else if (type == MESSAGE_WHERE || type == MESSAGE_FORGET) {
        check_client(buffer_text(&out), text_first(body, body.size - 1), &self->context);
    }
    assert(out.size == 0 || out.data[out.size - 1] == '\n');
    buffer_done(&out);
}

static void merge(store_t *store, text_t line)
{
    record_t record;
    status_t status = record_parse_bus_line(line, &record);
    assert(status == STATUS_OK);
    store_outcome_t outcome = store_merge(store, &record, 0);
    assert(outcome == STORE_NEWER);
}

static store_t *make_store(void)
{
    store_t *store = store_new(CLIENTS_MAX, 1);
    merge(store, TEXT("AT Goloman +0.500000000 kiwi +34.06893-118.445127 1621464827.5 ="));
    merge(store, TEXT("AT Hands -0.500000000 emu/1 +1-1 1621464828.5 ="));
    merge(store, TEXT("FORGET Hands +0.500000000 moa 1621464827 ="));
    return store;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const config_t config = {
        .max_clients = CLIENTS_MAX, .max_memory = MEMORY_MAX, .security = CONFIG_SECURITY_CURVE};
    static const config_member_t member = {.name = "Goloman"};
    static request_t request; /* its figures */
    static request_log_t request_log;
    static operators_t self;
    static store_t *store; /* kept until something is forgotten: its digest is large */
    text_t rest = {.data = (const char *)data, .size = size};
    text_t step;
    message_type_t type;
    if (self.context.config == NULL) {
        self.context = (operators_context_t){
            .config = &config,
            .member = &member,
            .neighbours = neighbours_new(&(neighbours_settings_t){.herd = TEXT("herd")}),
            .queries = queries_new(),
            .request = &request,
            .request_log = &request_log,
            .frontends = frontends_new()};
    }
    if (store == NULL) {
        store = make_store();
    }
    uint64_t tail = store_tail(store);
    self.context.store = store;
    while (text_take_until(&rest, '\0', &step)) {
        if (step.size > 0 && name_type(step.data[0], &type)) {
            ask(&self, type, text_after(step, 1));
        }
    }
    if (store_tail(store) != tail) {
        store_destroy(&store);
    }
    return 0;
}
