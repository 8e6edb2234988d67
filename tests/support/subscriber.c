#include "tests/support/subscriber.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/sockets/sockets.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"

#include <czmq.h>

struct subscriber {
    zsock_t *socket;
    zmsg_t *frames; /* of the last message */
    subscriber_message_t message;
    size_t prefix_size; /* of the first prefix, whose count is looked at */
    char question[32];  /* a subscription that no one else has, so the tap answers it (T9) */
};

static void subscribe(subscriber_t *self, const char *prefixes)
{
    text_t rest = text_of(prefixes);
    text_t prefix;
    bool first = true;
    while (first || rest.size > 0) {
        if (!text_take_until(&rest, ' ', &prefix)) {
            prefix = (text_t){0};
        }
        char *string = memory_copy_text(prefix.size > 0 ? prefix.data : "", prefix.size);
        zsock_set_subscribe(self->socket, string);
        free(string);
        self->prefix_size = first ? prefix.size : self->prefix_size;
        first = false;
    }
    zsock_set_subscribe(self->socket, self->question);
}

subscriber_t *subscriber_new(const char *endpoint, const char *prefixes)
{
    zsys_handler_set(NULL);
    subscriber_t *self = memory_new(sizeof *self);
    snprintf(self->question, sizeof self->question, "tap/%d.%p", (int)getpid(), (void *)self);
    self->socket = zsock_new(ZMQ_SUB);
    assert_int_equal(
        sockets_configure(zsock_resolve(self->socket), SOCKETS_TAP_SUB, endpoint, NULL), STATUS_OK);
    subscribe(self, prefixes);
    assert_int_equal(zsock_connect(self->socket, "%s", endpoint), 0);
    (void)subscriber_wait(self, self->question, "");
    return self;
}

void subscriber_destroy(subscriber_t **self_p)
{
    subscriber_t *self = *self_p;
    if (self != NULL) {
        zmsg_destroy(&self->frames);
        zsock_destroy(&self->socket);
        free(self);
        *self_p = NULL;
    }
}

bool subscriber_has(subscriber_t *self)
{
    return (zsock_events(self->socket) & ZMQ_POLLIN) != 0;
}

static text_t text_of_frame(zframe_t *frame)
{
    assert_non_null(frame);
    return (text_t){.data = (const char *)zframe_data(frame), .size = zframe_size(frame)};
}

static void take_apart(subscriber_t *self)
{
    subscriber_message_t *message = &self->message;
    *message = (subscriber_message_t){.topic = text_of_frame(zmsg_first(self->frames)),
                                      .meta = text_of_frame(zmsg_next(self->frames))};
    for (zframe_t *frame = zmsg_next(self->frames); frame != NULL;
         frame = zmsg_next(self->frames)) {
        assert_in_range(message->content_count, 0, ARRAY_COUNT(message->content) - 1);
        message->content[message->content_count++] = text_of_frame(frame);
    }
    assert_int_equal(publication_parse(message->topic, message->meta, &message->publication),
                     STATUS_OK);
    text_t counts = message->publication.counts;
    publication_count_t count;
    while (publication_take_count(&counts, &count)) {
        if (count.length == self->prefix_size) {
            message->count = count;
        }
    }
}

const subscriber_message_t *subscriber_next(subscriber_t *self)
{
    zsock_set_rcvtimeo(self->socket, WAIT_LIMIT_MS);
    zmsg_destroy(&self->frames);
    self->frames = zmsg_recv(self->socket);
    if (self->frames == NULL) {
        fail_msg("no message came from the tap");
    }
    take_apart(self);
    return &self->message;
}

static bool is_it(const subscriber_message_t *message, const char *topic, const char *part)
{
    text_t prefix = text_of(topic);
    bool found = part[0] == '\0';
    for (size_t i = 0; i < message->content_count && !found; i++) {
        const text_t *frame = &message->content[i];
        found = memmem(frame->data, frame->size, part, strlen(part)) != NULL;
    }
    return found && text_equal(text_first(message->topic, prefix.size), prefix);
}

const subscriber_message_t *subscriber_wait(subscriber_t *self, const char *topic, const char *part)
{
    int64_t end_ms = wait_clock_ms() + WAIT_LIMIT_MS;
    do {
        if (wait_clock_ms() > end_ms) {
            fail_msg("no %s... with \"%s\" came from the tap", topic, part);
        }
    } while (!is_it(subscriber_next(self), topic, part));
    return &self->message;
}
