/* signals.h - signals that a program takes in its own time, from a descriptor.
 *
 * Owner: a program. Threads: the main one, before it starts others, which then get none of them.
 */
#ifndef HERD_COMMON_PROGRAM_SIGNALS_H
#define HERD_COMMON_PROGRAM_SIGNALS_H

/* Blocks the signals listed, which ends with 0, e.g. {SIGTERM, SIGINT, 0}, and returns a
 * signalfd(2) that delivers them, non-blocking and close-on-exec. -1 if there is no descriptor
 * left; errno says why. */
int signals_open(const int *signals);

enum { SIGNALS_ENDING = 3 };

/* The same for the signals that end a program, SIGINT, SIGTERM, SIGHUP; those that its parent has
 * it ignore, as nohup does, do not. Lists them, and a 0, for signals_close. */
int signals_open_ending(int ret_signals[SIGNALS_ENDING + 1]);

/* Closes the descriptor and unblocks the signals listed: one that is pending takes effect now. */
void signals_close(int descriptor, const int *signals);

/* Takes the next signal that has come; 0 if none has. Never blocks. */
int signals_take(int descriptor);

/* The same; tells who sent it, a process and its user. Process 0: the kernel, or one of another
 * namespace. */
int signals_take_from(int descriptor, long *ret_process, unsigned *ret_user);

#endif
