/* reload.h - the herd file read again while the node runs: what has changed is put into effect where that can be.
 *
 * Owner: the node. Threads: the reactor's, which waits meanwhile for a local file: one of 1,024 members takes some 50 ms.
 * docs/operations.md says which keys take effect at once. What cannot be is logged, and stays as it was. A file with an error
 * changes nothing.
 */
#ifndef HERD_NODE_RELOAD_H
#define HERD_NODE_RELOAD_H

#include "common/base/buffer.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "node/bus/neighbours.h"

typedef struct reload reload_t;

/* What it works on (open value struct); all borrowed as long as it lives. */
typedef struct {
    const config_t *config;        /* of the start */
    const config_member_t *member; /* of that */
    config_t *settings;            /* those in effect: at first a copy of `config` */
    neighbours_t *neighbours;
    log_t *log;
} reload_context_t;

/* Caller frees with reload_destroy. */
reload_t *reload_new(const reload_context_t *context);

/* Frees it and clears the pointer; NULL is fine. */
void reload_destroy(reload_t **self_p);

/* Reads config->file. Changes `settings` and `neighbours`, and appends the body of a REPORT (bus-protocol.md, S6), with
 * room for LIMIT_BODY_SIZE. False, and nothing changed, where the file has an error, is of another herd, or has no member
 * of our name; or where the keys, which come first, could not be read (`keys_read`). */
bool reload_run(reload_t *self, bool keys_read, buffer_t *report);

#endif
