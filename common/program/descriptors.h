/* descriptors.h - the open files that a program gets from whoever starts it.
 *
 * A script's lock, the pipe of $(...), a supervisor's socket: what a program that runs for months
 * inherits stays open as long as it runs. So both programs close what is not theirs (close-on-exec
 * is the caller's affair, and most callers do not set it).
 *
 * Owner: main(). Threads: the main one, before others start.
 */
#ifndef HERD_COMMON_PROGRAM_DESCRIPTORS_H
#define HERD_COMMON_PROGRAM_DESCRIPTORS_H

/* Closes every descriptor but stdin, stdout, stderr and `keep`; -1: no other. */
void descriptors_close_inherited(int keep);

#endif
