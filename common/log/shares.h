/* shares.h - how much of each peer's traffic the log takes. Pure: no I/O, no clock.
 *
 * Owner: the log. Threads: one at a time.
 * One that sends without end must neither fill the disk nor crowd out what is logged of the others.
 * So a peer has LIMIT_TRAFFIC_LINES lines and about LIMIT_TRAFFIC_SIZE bytes in a second; its first
 * LIMIT_TRAFFIC_SURE_LINES, of LIMIT_TRAFFIC_SURE_SIZE bytes at most, are taken in any case, and
 * what it has beyond these only while all peers together have less than LIMIT_TRAFFIC_TOTAL bytes.
 */
#ifndef HERD_COMMON_LOG_SHARES_H
#define HERD_COMMON_LOG_SHARES_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct log_shares log_shares_t;

/* Makes the table: no peer has had anything. Caller frees with log_shares_destroy. */
log_shares_t *log_shares_new(void);

/* Frees it and clears the pointer; NULL is fine. */
void log_shares_destroy(log_shares_t **self_p);

/* Whether one more line of `peer`, of `size` bytes beside what the log writes with each, is taken
 * in the second of `now_ns` (POSIX time); counts it then. `peer` is any number that others do not
 * have. If more peers than the table has room for send in one second, several have one share. */
bool log_shares_take(log_shares_t *self, uint64_t peer, int64_t now_ns, size_t size);

/* The peer that `name` stands for among those of `group`: FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo)
 * of its first bytes. */
uint64_t log_shares_peer(uint64_t group, text_t name);

#endif
