/* node.h - one member of the herd: its sockets, its reactor, and what flows between the modules
 * that decide.
 *
 * Owner: the program, or a test that runs several, each in a thread. Threads: that of node_run;
 * node_stop may be called from any.
 */
#ifndef HERD_NODE_NODE_H
#define HERD_NODE_NODE_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct node node_t;

/* How long a stopping node waits for its neighbours to take the last records, and for a disk that
 * works to do so. */
enum { NODE_EXIT_GRACE_MS = 1000, NODE_JOURNAL_GRACE_MS = 4000 };

/* A node for `member` of `config`, bound to its endpoints. Both and `log` are borrowed as long as
 * it lives. If it cannot work (endpoint in use, places file missing) the reason is logged, and the
 * status returned. Caller frees with node_destroy. */
status_t node_new(const config_t *config, const config_member_t *member, log_t *log,
                  node_t **ret_self) STATUS_MUST_USE;

/* Frees it and clears the pointer; NULL is fine. */
void node_destroy(node_t **self_p);

/* Serves until node_stop, or until `signals`, a signalfd(2), delivers SIGTERM or SIGINT; SIGHUP
 * reopens the log and reloads keys and herd file. `signals` -1: none. Returns when the neighbours
 * and the journal have what was taken, or when their grace is over: false, and it is logged, if the
 * journal lacks records. */
bool node_run(node_t *self, int signals);

/* Makes node_run return; from any thread, or a signal handler. */
void node_stop(node_t *self);

#endif
