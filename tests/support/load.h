/* load.h - updates without pause at some members of a herd; checks that every member learns them.
 *
 * Owner: the test. Threads: one.
 * Each member that takes load has one connection, with some updates under way on it all the time.
 * Half of these move clients of that connection's own, the others clients that all connections
 * move, so that the same client comes to several members at once. Client times never decrease, but
 * all updates of one tick have the same, at whatever member: then the times of receipt decide, or
 * the origins. The greatest of all answers by record_compare must win.
 *
 * A member that takes load may hang or be cut off. Its node may be killed, and all nodes at once,
 * if answers wait for the disk; else what it alone has is lost with it, by design. Front-ends must
 * keep requests as long as a node may hang or be away: LOAD_SETTINGS.
 */
#ifndef HERD_TESTS_SUPPORT_LOAD_H
#define HERD_TESTS_SUPPORT_LOAD_H

#include "tests/support/herd.h"

#include <stddef.h>
#include <stdint.h>

typedef struct load load_t;

/* For herd_options_t: requests wait for a node that hangs; gigabytes of updates are not logged. */
#define LOAD_SETTINGS "request_timeout = \"60000\"\ntraffic = \"no\"\n"

enum { LOAD_CONNECTIONS_MAX = 20 };

/* Starts all of `herd` (borrowed) and puts load on the members named in `members`, separated by
 * spaces, one connection for each time that a name stands there. Caller frees with load_destroy. */
load_t *load_start(herd_t *herd, const char *members);

/* Closes the connections and clears the pointer; NULL is fine. */
void load_destroy(load_t **self_p);

/* After herd_rewrite: from now on watches the members that the herd has now. */
void load_adapt(load_t *self);

/* After front-ends were killed and started again: connects anew. What was under way may have been
 * taken or not: from now on members may show newer records than those that were acknowledged. */
void load_reconnect(load_t *self);

/* Updates acknowledged since the start. */
uint64_t load_acknowledged(const load_t *self);

/* Keeps the load up for `duration_ms`. */
void load_for(load_t *self, int64_t duration_ms);

/* After the end of `fault`: keeps the load up until every member shows, for each client, what was
 * acknowledged before this call, or newer. Fails the test after WAIT_LIMIT_MS. Prints the time that
 * it took and does not judge it: the machine may be busy with other things. */
void load_expect_level(load_t *self, const char *fault);

/* Ends the load and destroys it. Once everything is acknowledged, every member must come to show
 * exactly the greatest record of each client, or newer ones after load_reconnect, and have the same
 * digest. Prints the time; fails the test after WAIT_LIMIT_MS. */
void load_end(load_t **self_p);

#endif
