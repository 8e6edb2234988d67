/* output.h - the standard output of a program that prints: what it could not write is an error.
 *
 * stdio keeps what was printed and writes it later; a full disk shows at the end, or never if
 * no one asks. So each program that prints begins with output_begin and ends with output_end.
 *
 * Owner: main(). Threads: the main one.
 */
#ifndef HERD_COMMON_BASE_OUTPUT_H
#define HERD_COMMON_BASE_OUTPUT_H

/* Keeps the numbers of closed standard descriptors from the files and sockets that are opened
 * later, which would be read and written as standard ones. Using them fails as before. */
void output_begin(void);

/* Writes what is still to be printed to stdout, and closes it. Returns `code`, the exit status so
 * far. If something could not be written, says so on stderr, "PROGRAM: cannot write its output:
 * No space left on device", and returns 1 in place of 0. */
int output_end(const char *program, int code);

#endif
