/* threads.h - whether the threads of a program can be started, before libraries start them.
 *
 * ZeroMQ ends the process when it cannot start a thread, with a message of its own. What limits
 * threads is a control group (pids.max), the user (ulimit -u), or memory.
 *
 * Owner: main(). Threads: the main one, before others start.
 */
#ifndef HERD_COMMON_PROGRAM_THREADS_H
#define HERD_COMMON_PROGRAM_THREADS_H

#include <stddef.h>

/* How many of `wanted` threads, THREADS_MAX at most, can run at the same time beside the caller's.
 * They are ended when it returns. If these are fewer, errno says why. */
size_t threads_allowed(size_t wanted);

enum { THREADS_MAX = 64 };

#endif
