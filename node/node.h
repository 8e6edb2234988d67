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
#include "common/sockets/passage.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

typedef struct node node_t;

/* What a node is made of (open value struct); all borrowed as long as it lives. Only the first
 * three are set for a node that has a process of its own. */
typedef struct {
    const config_t *config;
    const config_member_t *member; /* of `config` */
    log_t *log;
    uv_loop_t *loop;    /* that others run (node_begin) */
    passage_t *passage; /* by which a front-end of this process asks */
    void (*stop_asked)(
        void *argument);              /* a signal asks the process to end: end this by node_stop */
    void (*reloaded)(void *argument); /* a signal had this reload */
    void (*stopped)(void *argument);  /* after node_stop: it has nothing left to do */
    void *argument;                   /* for these */
} node_settings_t;

/* How long a stopping node waits for its neighbours to take the last records, and for a disk that
 * works to do so. */
enum { NODE_EXIT_GRACE_MS = 1000, NODE_JOURNAL_GRACE_MS = 4000 };

/* Sets ZeroMQ up as nodes of this process need it. Once, before the first, and before threads. */
void node_prepare(void);

/* What came over the bus; the clients' lines are in the logs of the front-ends. */
config_traffic_t node_logged_traffic(const config_t *config);

/* A node, bound to the endpoints of its member. If it cannot work (endpoint in use, places file
 * missing) the reason is logged, and the status returned. Caller frees with node_destroy. */
status_t node_new(const node_settings_t *settings, node_t **ret_self) STATUS_MUST_USE;

/* Frees it and clears the pointer; NULL is fine. */
void node_destroy(node_t **self_p);

/* Serves until node_stop, or until `signals`, a signalfd(2), delivers SIGTERM or SIGINT; SIGHUP
 * reopens the log and reloads keys and herd file. `signals` -1: none. Returns when the neighbours
 * and the journal have what was taken, or when their grace is over: false, and it is logged, if the
 * journal lacks records. */
bool node_run(node_t *self, int signals);

/* The same in a shared loop: begins to serve; and, when it has stopped, says what node_run
 * returns. */
void node_begin(node_t *self, int signals);
bool node_end(const node_t *self);

/* Makes node_run return, or `stopped` be called; from any thread, or a signal handler. */
void node_stop(node_t *self);

#endif
