/* receipt.h - what is noted of a line when it is received. Pure: no I/O, no clock.
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_FRONTEND_CLIENTS_RECEIPT_H
#define HERD_FRONTEND_CLIENTS_RECEIPT_H

#include "common/protocol/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The time of receipt of a line that came at `now_ns` (POSIX time), after one of `*last_ns`, which
 * is brought up to date: times strictly increase (bus-protocol.md, Q2), except over a clock that
 * was set back. */
int64_t receipt_stamp(int64_t *last_ns, int64_t now_ns);

/* Whether the answer repeats all of the line that `command` was parsed from: "IAMAT", and its
 * fields with a space in front of each, as the AT line has them. Of such an exchange the traffic
 * log needs the answer alone. */
bool receipt_is_repeated(const command_t *command, text_t line);

/* The probable size in bytes of the reply to a valid command, whose line has `line_size`. */
size_t receipt_reply_size(const command_t *command, size_t line_size);

#endif
