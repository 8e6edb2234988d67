/* process.h - a program that a test starts, watches and ends.
 *
 * Owner: the test. Threads: the one that started it (PR_SET_PDEATHSIG is tied to it).
 * Nothing is left behind: process_destroy kills the process, and if the test program dies first,
 * the kernel does. Only processes that were started here are ever signalled.
 */
#ifndef HERD_TESTS_SUPPORT_PROCESS_H
#define HERD_TESTS_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct process process_t;

/* What to start (open value struct; everything is borrowed for the call). */
typedef struct {
    const char *const *argv; /* ends with NULL; argv[0] is the program's path */
    const char *output;      /* file to which stdout and stderr are appended */
    const char *input;       /* file for stdin; NULL means an empty one */
    size_t max_files;        /* RLIMIT_NOFILE, soft and hard; 0 inherits */
    int network;             /* descriptor of the network namespace to run in; 0 inherits */
} process_options_t;

/* Starts it; fails the test if it cannot. Caller ends it with process_destroy. A program that
 * cannot be executed exits with status 127. */
process_t *process_start(const process_options_t *options);

pid_t process_pid(const process_t *self);

/* Whether it has not ended yet. */
bool process_is_running(process_t *self);

/* Sends a signal; no effect if it has ended already. */
void process_signal(process_t *self, int signal_number);

/* Waits for its end. False if it still runs after `limit_ms`; else `*ret_status` is its exit
 * status, or 128 plus the number of the signal that ended it, as in a shell. */
bool process_wait(process_t *self, int64_t limit_ms, int *ret_status);

/* Milliseconds of processor time that all its threads together have used. */
int64_t process_cpu_ms(const process_t *self);

/* Bytes of memory that it holds now (VmRSS). */
size_t process_memory(const process_t *self);

/* Whether programs are built with a sanitizer, as this one is: its memory is its own, it keeps what
 * is freed, and takes several times as much; what a program holds cannot be told from outside. */
bool process_is_sanitized(void);

/* The most that it has held (VmHWM); 0 if it has ended. */
size_t process_peak(const process_t *self);

/* Sends SIGKILL if it runs, waits for its end, clears the pointer; NULL is fine. */
void process_destroy(process_t **self_p);

/* Starts it, waits, destroys it; returns its exit status. Fails the test if it still runs after
 * `limit_ms`. */
int process_run(const process_options_t *options, int64_t limit_ms);

#endif
