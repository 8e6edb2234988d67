#include "tests/support/link_pair.h"

#include "common/base/memory.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/records.h"

#include <stdio.h>
#include <stdlib.h>

pair_t pair;

void pair_make_link(pair_end_t *end, const char *neighbour, const char *herd)
{
    link_identity_t identity = {.herd = text_of(herd),
                                .member = text_of(end->name),
                                .neighbour = text_of(neighbour),
                                .generation = end->generation,
                                .has_parent = end->has_parent,
                                .parent = end->parent,
                                .group = end->group,
                                .mark = 3};
    link_destroy(&end->link);
    end->link = link_new(&identity, end->store);
    link_await_acks(end->link, true);
    link_disconnected(end->link, pair.now_ns);
}

void pair_start_end(pair_end_t *end, const char *name, const char *neighbour, char generation)
{
    end->name = name;
    end->has_parent = false;
    memset(end->generation.hex, generation, GENERATION_SIZE);
    end->store = store_new(100000, 1);
    pair_make_link(end, neighbour, "herd");
}

int pair_open(void **state)
{
    (void)state;
    memset(&pair, 0, sizeof pair);
    pair.now_ns = 1000 * SECOND;
    pair_start_end(&pair.one, "One", "Other", 'a');
    pair_start_end(&pair.other, "Other", "One", 'b');
    return 0;
}

void pair_stop_end(pair_end_t *end)
{
    link_destroy(&end->link);
    store_destroy(&end->store);
}

int pair_close(void **state)
{
    (void)state;
    pair_stop_end(&pair.one);
    pair_stop_end(&pair.other);
    return 0;
}

static void count(const message_t *message)
{
    pair.carried[message->type]++;
    pair.carried_bytes += message->body.size;
}

static bool digest_where_wanted(pair_end_t *end)
{
    return link_wants_digest(end->link, pair.now_ns) && store_digest_step(end->store, 100);
}

bool pair_carry_answers(pair_end_t *receiver, pair_end_t *sender)
{
    message_t message;
    bool any = false;
    while (link_next_answer(receiver->link, pair.now_ns, pair.now_ns, &message)) {
        any = true;
        count(&message);
        link_take_answer(sender->link, &message, pair.now_ns);
    }
    return any;
}

void pair_carry(pair_end_t *sender, pair_end_t *receiver)
{
    message_t message;
    bool any = true;
    while (any) {
        any = false;
        while (link_next(sender->link, pair.now_ns, pair.now_ns, &message)) {
            any = true;
            count(&message);
            link_take(receiver->link, &message, pair.now_ns, pair.now_ns);
            link_sent(sender->link, pair.now_ns);
        }
        any = pair_carry_answers(receiver, sender) || any;
        while (link_wants_digest(sender->link, pair.now_ns) ||
               link_wants_digest(receiver->link, pair.now_ns)) {
            any = digest_where_wanted(sender) || digest_where_wanted(receiver) || any;
        }
    }
}

void pair_connect(void)
{
    link_connected(pair.one.link, pair.now_ns);
    link_connected(pair.other.link, pair.now_ns);
    pair_carry(&pair.one, &pair.other);
    pair_carry(&pair.other, &pair.one);
}

void pair_keep(message_t *message, pair_kept_t *kept)
{
    assert_true(message->header.size <= sizeof kept->header);
    assert_true(message->body.size <= sizeof kept->body);
    text_copy(message->header, kept->header);
    text_copy(message->body, kept->body);
    message->header.data = kept->header;
    message->body.data = kept->body;
}

void pair_put(pair_end_t *end, const char *client, const char *time)
{
    record_t record = record_for_test(client, time, end->name, 1);
    assert_int_equal(store_merge(end->store, &record, 0), STORE_NEWER);
}

bool pair_has(const pair_end_t *end, const char *client, const char *time)
{
    record_t record;
    return store_find(end->store, text_of(client), &record) &&
           text_equal(record.client_time, text_of(time));
}

void pair_fill(pair_end_t *end, int count, const char *time)
{
    char client[24];
    for (int i = 0; i < count; i++) {
        snprintf(client, sizeof client, "client%d", i);
        pair_put(end, client, time);
    }
}

void pair_reconnect(void)
{
    pair.now_ns += SECOND;
    link_disconnected(pair.one.link, pair.now_ns);
    link_disconnected(pair.other.link, pair.now_ns);
}

link_event_t pair_say_hello(pair_end_t *sender, pair_end_t *receiver)
{
    message_t message;
    link_connected(sender->link, pair.now_ns);
    assert_true(link_next(sender->link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_HELLO);
    link_event_t event = link_take(receiver->link, &message, pair.now_ns, pair.now_ns);
    link_sent(sender->link, pair.now_ns);
    return event;
}

void pair_expect_bad(const pair_message_t *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        message_t message = {.type = messages[i].type,
                             .header = text_of(messages[i].header),
                             .body = text_of(messages[i].body)};
        link_event_t event = link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
        assert_int_equal(event, LINK_BAD);
    }
    assert_int_equal(link_counters(pair.other.link)->bad_messages, count);
}
