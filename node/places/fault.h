/* fault.h - runs what reads a mapped file, and survives when the file loses what is read: it was
 * cut in place, or its disk fails. The kernel then sends SIGBUS to the thread (mmap(2)).
 *
 * Owner: none. Threads: any, at the same time; each catches its own. A SIGBUS outside of
 * fault_catch ends the process, as it would without this.
 */
#ifndef HERD_NODE_PLACES_FAULT_H
#define HERD_NODE_PLACES_FAULT_H

#include <stdbool.h>

/* Reads; must not wait, lock, or call fault_catch. What it has allocated must be reachable through
 * `argument` before it reads on. */
typedef void fault_fn(void *argument);

/* Installs the handler of SIGBUS for the process; may be repeated. Comes before fault_catch. */
void fault_init(void);

/* Calls `function`. False if it was broken off because mapped bytes are not there any more. */
bool fault_catch(fault_fn *function, void *argument);

#endif
