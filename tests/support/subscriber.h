/* subscriber.h - a subscriber of a member's tap, written by bus-protocol.md, The tap.
 *
 * Owner: the test. Threads: one.
 * Every wait has the limit WAIT_LIMIT_MS and fails the test when it is reached.
 */
#ifndef HERD_TESTS_SUPPORT_SUBSCRIBER_H
#define HERD_TESTS_SUPPORT_SUBSCRIBER_H

#include "common/protocol/publication.h"

#include <stdbool.h>

typedef struct subscriber subscriber_t;

/* Subscribes at a tap to `prefixes`, separated by spaces ("": everything), and returns when the tap
 * has answered that they hold (T9). Caller frees with subscriber_destroy. */
subscriber_t *subscriber_new(const char *endpoint, const char *prefixes);

/* Ends it at once, clears the pointer; NULL is fine. */
void subscriber_destroy(subscriber_t **self_p);

/* A message of the tap (open value struct); borrowed until the next wait. */
typedef struct {
    text_t topic;
    text_t meta;
    text_t content[4];
    size_t content_count;
    publication_t publication;
    publication_count_t count; /* of the first prefix */
} subscriber_message_t;

/* Waits for the next message. */
const subscriber_message_t *subscriber_next(subscriber_t *self);

/* Waits for one whose topic begins with `topic`, and that has `part` in its content. */
const subscriber_message_t *subscriber_wait(subscriber_t *self, const char *topic,
                                            const char *part);

/* Whether a message has come that was not taken yet. */
bool subscriber_has(subscriber_t *self);

#endif
