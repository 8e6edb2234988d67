/* file_budget.h - how many clients the process has file descriptors for.
 *
 * Owner: the front-end. Threads: any.
 * Each client is a descriptor; the rest is for the front-end itself. LIMIT_FILES_RESERVE are kept
 * free of clients: for the link to a node that was restarted, the log after a rotation, and keys.
 */
#ifndef HERD_FRONTEND_CLIENTS_FILE_BUDGET_H
#define HERD_FRONTEND_CLIENTS_FILE_BUDGET_H

#include "common/log/log.h"

#include <stddef.h>
#include <stdint.h>

/* Open value struct. */
typedef struct {
    size_t own;     /* descriptors that are open without any client */
    size_t ceiling; /* of the process, that clients and `own` keep below; 0: all that are allowed */
} file_budget_t;

/* Counts what is open now; call it before the first client comes. */
void file_budget_count(file_budget_t *self);

/* Descriptors that the process may have (RLIMIT_NOFILE), which someone may change while it runs. */
size_t file_budget_allowed(void);

/* Clients that there are descriptors for. */
size_t file_budget_for_clients(const file_budget_t *self);

/* Warns if there are fewer descriptors than `wanted` (max_connections) clients would take. */
void file_budget_tell(const file_budget_t *self, size_t wanted, log_t *log);

#endif
