/* terminal.h - what a terminal can show.
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_PROGRAM_TERMINAL_H
#define HERD_COMMON_PROGRAM_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Whether `file` is a terminal, and $NO_COLOR is unset or empty (no-color.org). */
bool terminal_has_colours(FILE *file);

#endif
