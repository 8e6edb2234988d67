/* Any messages of three strangers at the requests socket of a node, over sockets in memory. An
 * input is steps, each up to a zero byte: whose it is, "a" to "c", then the type, LF, header, LF
 * and body of a message; or "A" to "C" and frames, each up to LF. Whoever gets an answer gets it in
 * the form that HERD/1 has for it, to what was asked. */
#include "common/base/limits.h"
#include "frontend/upstream/reply.h"
#include "node/requests/service.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PEERS = 3, FRAMES_MAX = 8, CLIENTS_MAX = 32 };

static guard_t *guard;
static tap_t *tap;
static neighbours_t *neighbours;
static store_t *store;
static zsock_t *router;
static desk_t *desk;
static zsock_t *peers[PEERS];

static void finish(void)
{
    for (int i = 0; i < PEERS; i++) {
        zsock_destroy(&peers[i]);
    }
    desk_destroy(&desk);
    zsock_destroy(&router);
    neighbours_destroy(&neighbours);
    tap_destroy(&tap);
    guard_destroy(&guard);
}

static const config_t config = {.herd_name = "sample",
                                .security = CONFIG_SECURITY_NONE,
                                .max_clients = CLIENTS_MAX,
                                .max_followers = 2,
                                .request_timeout_ms = 5000,
                                .max_clock_lead_ms = 1000};
static const config_member_t member = {.name = "Goloman"};

static void begin(void)
{
    zsys_handler_set(NULL);
    status_t status = guard_new(&config, &member, NULL, &guard);
    assert(status == STATUS_OK);
    status = tap_new(&(tap_context_t){.member = member.name, .guard = guard}, &tap);
    assert(status == STATUS_OK);
    neighbours = neighbours_new(&(neighbours_settings_t){.herd = TEXT("sample")});
    router = zsock_new_router("@inproc://requests");
    assert(router != NULL);
    zsock_set_router_mandatory(router, 1);
    desk = desk_new(zsock_resolve(router), NULL);
    for (int i = 0; i < PEERS; i++) {
        peers[i] = zsock_new(ZMQ_DEALER);
        assert(peers[i] != NULL);
        zsock_set_identity(peers[i], (const char *[]){"a", "b", "c"}[i]);
        int failed = zsock_connect(peers[i], "inproc://requests");
        assert(failed == 0);
    }
    atexit(finish);
}

/* A REPLY is to a REQUEST and names its session first; each other answer repeats the header of its
 * question. */
static void check_answer(const message_t *question, const message_t *answer)
{
    text_t rest = answer->header;
    text_t body = answer->body;
    text_t session;
    reply_t reply;
    uint64_t asked;
    uint64_t answered;
    assert(question != NULL);
    if (answer->type == MESSAGE_RESET) {
        /* F7: with the session alone */
        assert(text_equal(text_first(question->header, answer->header.size), answer->header));
        return;
    }
    if (answer->type != MESSAGE_REPLY) {
        assert(text_equal(answer->header, question->header));
        assert(answer->type == MESSAGE_WELCOME || answer->type == MESSAGE_REFUSED ||
               answer->type == MESSAGE_PONG || answer->type == MESSAGE_REPORT);
        return;
    }
    bool fits = question->type == MESSAGE_REQUEST && text_take_until(&rest, ' ', &session) &&
                text_to_u64(session, UINT64_MAX, &answered) &&
                text_to_u64(question->header, UINT64_MAX, &asked) && asked == answered &&
                text_to_u64(rest, 1, &answered);
    assert(fits);
    while (reply_take(&body, &reply)) {
    }
    assert(body.size == 0);
}

/* `question` is that of the peer `asker`; nobody else is spoken to. */
static void take_answers(const message_t *question, int asker)
{
    for (int i = 0; i < PEERS; i++) {
        transport_inbound_t inbound;
        while (transport_receive(zsock_resolve(peers[i]), false, &inbound) == STATUS_OK) {
            assert(i == asker);
            check_answer(question, &inbound.message);
            transport_inbound_done(&inbound);
        }
        assert(inbound.frame_count == 0);
    }
}

static void step(service_t *service, text_t rest)
{
    text_t frames[FRAMES_MAX] = {TEXT("HERD/1")};
    message_t question;
    bool raw = rest.data[0] >= 'A' && rest.data[0] < 'A' + PEERS;
    int asker = rest.data[0] - (raw ? 'A' : 'a');
    size_t count = raw ? 0 : 1;
    size_t last = raw ? FRAMES_MAX - 1 : MESSAGE_FRAMES - 1;
    if (asker < 0 || asker >= PEERS) {
        return;
    }
    rest = text_after(rest, 1);
    while (count < last && text_take_line(&rest, &frames[count])) {
        count++;
    }
    frames[count++] = rest;
    bool decoded = message_decode(frames, count, &question) == STATUS_OK;
    status_t status = transport_send_frames(zsock_resolve(peers[asker]), frames, count);
    assert(status == STATUS_OK);
    desk_note_router(desk);
    service_receive(service);
    if (service_wants_reload(service)) {
        service_answer_reload(service, TEXT("reloaded 0\n"));
    }
    take_answers(decoded ? &question : NULL, asker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t rest = {.data = (const char *)data, .size = size};
    text_t part;
    if (guard == NULL) {
        begin();
    }
    store = store_new(CLIENTS_MAX, 1);
    service_t *service = service_new(&(service_context_t){.config = &config,
                                                          .member = &member,
                                                          .store = store,
                                                          .tap = tap,
                                                          .desk = desk,
                                                          .guard = guard,
                                                          .neighbours = neighbours});
    while (text_take_until(&rest, '\0', &part)) {
        if (part.size > 0) {
            step(service, part);
        }
    }
    service_tick(service, INT64_MAX / 2);
    take_answers(NULL, PEERS);
    service_destroy(&service);
    store_destroy(&store);
    return 0;
}
