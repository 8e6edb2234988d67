/* test_node.h - the node's side of the request link (bus-protocol.md, Q rules), one message at a
 * time, as a test wants it: right, late, wrong or not at all.
 *
 * Owner: the test. Threads: one.
 * Every wait has the limit WAIT_LIMIT_MS and fails the test when it is reached.
 */
#ifndef HERD_TESTS_SUPPORT_TEST_NODE_H
#define HERD_TESTS_SUPPORT_TEST_NODE_H

#include "common/protocol/message.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct test_node test_node_t;

/* Binds a ROUTER to `endpoint`. Caller frees with test_node_destroy. */
test_node_t *test_node_new(const char *endpoint);

/* Ends it at once, as SIGKILL would; clears the pointer; NULL is fine. */
void test_node_destroy(test_node_t **self_p);

/* Whether test_node_wait and test_node_sees answer PING; at first they do. */
void test_node_answer_pings(test_node_t *self, bool answer);

/* Waits for a message of `type`; passes PINGs over, and fails at any other. Answers go to its
 * sender from then on, in the session of the last HELLO. Borrowed until the next wait. */
const message_t *test_node_wait(test_node_t *self, message_type_t type);

/* Whether a message of `type` comes within `limit_ms`; all messages until then are dropped. */
bool test_node_sees(test_node_t *self, message_type_t type, int64_t limit_ms);

/* Waits for HELLO and answers WELCOME. */
void test_node_welcome(test_node_t *self);

/* Sends a message in the current session; `number` follows the session in its header, unless
 * NULL. */
void test_node_send(test_node_t *self, message_type_t type, const char *number, text_t body);

/* Sends these frames, well-formed or not; NULL ends them. */
void test_node_send_frames(test_node_t *self, const char *const *frames);

/* The number of the current session. */
uint64_t test_node_session(const test_node_t *self);

/* One request of a REQUEST body (open value struct). */
typedef struct {
    uint64_t connection;
    uint64_t sequence;
    int64_t time_ns;
    text_t line;
} test_request_t;

/* Cuts the next request off the front of `body`; false if that is empty. Fails the test if it is
 * malformed. */
bool test_node_take(text_t *body, test_request_t *ret_request);

/* Waits for a REQUEST with exactly one request, and returns it; its line is borrowed until the next
 * wait. */
test_request_t test_node_wait_one(test_node_t *self);

/* Answers one request with `reply`, which ends with LF; `number` as above, "1" for the first reply
 * to a REQUEST. */
void test_node_reply(test_node_t *self, const char *number, const test_request_t *request,
                     const char *reply);

/* Answers a REQUEST: each line with "AT N " and the line, LF. */
void test_node_answer_all(test_node_t *self, text_t body);

#endif
