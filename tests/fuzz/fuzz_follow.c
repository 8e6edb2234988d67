/* What a follower may say to its node, and a node to its follower. An input is steps, each up to a
 * zero byte: "n" for the node, "f" for the follower; then type, LF, header, LF and body of a
 * message. Between them both say what they have to say, and hear each other for "c". What the copy
 * serves is what its watcher was told, whoever lies. */
#include "common/base/limits.h"
#include "common/copy/copy.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENTS_MAX = 64, MESSAGES_MAX = 8 };

static bool seen[CLIENTS_MAX];
static store_t *store;
static link_t *link_of_node;
static copy_t *copy;

static void on_changed(void *argument, uint32_t number, const record_t *record, bool known)
{
    (void)argument;
    assert(number < CLIENTS_MAX && seen[number] == known && record->position.size > 0);
    seen[number] = true;
}

static void on_removed(void *argument, uint32_t number, text_t client)
{
    (void)argument;
    assert(number < CLIENTS_MAX && seen[number] && client.size > 0);
    seen[number] = false;
}

static generation_t generation_of(char digit)
{
    generation_t generation;
    memset(generation.hex, digit, GENERATION_SIZE);
    return generation;
}

static void begin(void)
{
    static const char *const lines[] = {
        "AT N +0.000000000 kiwi +1-1 5 =", "AT N +0.000000000 emu +1-1 6 =",
        "FORGET N +0.000000000 auk 7 ="};
    memset(seen, 0, sizeof seen);
    store = store_new(CLIENTS_MAX, 1);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        record_t record;
        status_t status = record_parse_bus_line(text_of(lines[i]), &record);
        assert(status == STATUS_OK);
        (void)store_merge(store, &record, 0);
    }
    const link_identity_t identity = {.kind = LINK_TO_FOLLOWER,
                                      .herd = TEXT("herd"),
                                      .member = TEXT("N"),
                                      .neighbour = TEXT("web"),
                                      .generation = generation_of('a'),
                                      .mark = LIMIT_MARKED_NEIGHBOURS,
                                      .batch_size = 64};
    link_of_node = link_new(&identity, store);
    link_connected(link_of_node, 1);
    const copy_settings_t settings = {.herd = TEXT("herd"),
                                      .follower = TEXT("web"),
                                      .max_clients = CLIENTS_MAX - 1,
                                      .life = generation_of('f'),
                                      .changed = on_changed,
                                      .removed = on_removed};
    copy = copy_new(&settings);
    copy_follow(copy, TEXT("N"));
}

static void end(void)
{
    size_t served = 0;
    for (uint32_t number = 0; number < CLIENTS_MAX; number++) {
        served += seen[number] ? 1 : 0;
    }
    assert(copy_state(copy).served == served);
    copy_destroy(&copy);
    link_destroy(&link_of_node);
    store_destroy(&store);
}

/* Both say what they have; `carries`: and hear each other. */
static void talk(bool carries, int64_t steady_ns)
{
    message_t message;
    for (int i = 0; i < MESSAGES_MAX; i++) {
        if (link_wants_digest(link_of_node, steady_ns)) {
            (void)store_digest_step(store, SIZE_MAX);
        }
        (void)copy_step(copy, steady_ns);
        if (link_next(link_of_node, steady_ns, steady_ns, &message)) {
            assert(message.header.size <= LIMIT_HEADER_SIZE);
            link_sent(link_of_node, steady_ns);
            if (carries) {
                (void)copy_take(copy, &message, steady_ns, steady_ns);
            }
        }
        if (copy_next_answer(copy, steady_ns, steady_ns, &message) && carries) {
            (void)link_take_answer(link_of_node, &message, steady_ns);
        }
    }
}

static void step(text_t rest, int64_t steady_ns)
{
    text_t frames[MESSAGE_FRAMES] = {TEXT("HERD/1")};
    message_t message;
    text_t to = {.data = rest.data, .size = rest.size > 0 ? 1 : 0};
    rest = text_after(rest, to.size);
    for (size_t i = 1; i < MESSAGE_FRAMES - 1; i++) {
        text_take_line(&rest, &frames[i]);
    }
    frames[MESSAGE_FRAMES - 1] = rest;
    if (text_equal(to, TEXT("c")) ||
        message_decode(frames, MESSAGE_FRAMES, &message) != STATUS_OK) {
        talk(text_equal(to, TEXT("c")), steady_ns);
    } else if (text_equal(to, TEXT("n"))) {
        (void)link_take_answer(link_of_node, &message, steady_ns);
    } else if (text_equal(to, TEXT("f"))) {
        (void)copy_take(copy, &message, steady_ns, steady_ns);
    }
    talk(false, steady_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t rest = {.data = (const char *)data, .size = size};
    text_t part;
    int64_t steady_ns = 1;
    begin();
    while (rest.size > 0) {
        if (!text_take_until(&rest, '\0', &part)) {
            break;
        }
        step(part, steady_ns);
        steady_ns += INT64_C(500000000);
    }
    end();
    return 0;
}
