/* client.h - a blocking TCP client with which tests speak the client protocol.
 *
 * Owner: the test. Threads: one.
 * A wait that reaches WAIT_LIMIT_MS fails the test, unless its function says otherwise. A text that
 * was read is borrowed until the next read of the same client.
 */
#ifndef HERD_TESTS_SUPPORT_CLIENT_H
#define HERD_TESTS_SUPPORT_CLIENT_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct client client_t;

/* Connects to 127.0.0.1; NULL if no program listens. Caller frees with client_destroy. */
client_t *client_try(uint16_t port);

/* The same with a receive buffer of about `receive_size` bytes in the kernel (0: its default). If
 * it is small, the server soon feels that the client does not read. */
client_t *client_try_small(uint16_t port, int receive_size);

/* The same to [::1]. */
client_t *client_try_ipv6(uint16_t port);

/* Connects, or fails the test. */
client_t *client_new(uint16_t port);

/* Closes and clears the pointer; NULL is fine. */
void client_destroy(client_t **self_p);

/* The socket, e.g. for poll(); owned by `self`. */
int client_socket(const client_t *self);

/* Sends all of it. */
void client_send(client_t *self, text_t text);

/* The same for a string. */
void client_say(client_t *self, const char *string);

/* Sends as much as the connection takes within `limit_ms` and returns the size. Fails no test. */
size_t client_send_some(client_t *self, text_t text, int64_t limit_ms);

/* Sends each byte with a write of its own. */
void client_dribble(client_t *self, text_t text);

/* Ends its own direction: the server reads end-of-file. */
void client_half_close(client_t *self);

/* The next line, without its LF. */
text_t client_read_line(client_t *self);

/* The next `count` lines with their LFs, in one text. */
text_t client_read_lines(client_t *self, size_t count);

/* Everything until the server closes. */
text_t client_read_all(client_t *self);

/* The bytes of one read(2), which a naive client would take for a whole reply. */
text_t client_read_once(client_t *self);

/* Whether the server closes (end-of-file or reset) within `limit_ms` and sends nothing before. */
bool client_sees_close(client_t *self, int64_t limit_ms);

/* Reads one line within `limit_ms` and fails no test: false at the limit, end-of-file or error. */
bool client_try_line(client_t *self, int64_t limit_ms, text_t *ret_line);

/* Asserts that the next line is exactly `expected`. */
void client_expect(client_t *self, const char *expected);

#endif
