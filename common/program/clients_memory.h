/* clients_memory.h - what all clients of a program may take together.
 *
 * Owner: main(). Threads: the main one.
 */
#ifndef HERD_COMMON_PROGRAM_CLIENTS_MEMORY_H
#define HERD_COMMON_PROGRAM_CLIENTS_MEMORY_H

#include "common/log/log.h"

#include <stddef.h>

/* A `part`-th of what the process may take, if that is less than clients have as a rule. Logs
 * it. */
size_t clients_memory(log_t *log, unsigned part);

#endif
