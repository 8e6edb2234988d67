/* file.h - the file of the log, opened without waiting; and stderr, written to without waiting for
 * ever.
 *
 *   the path is                 then
 *   a file, or nothing          appended to; made with mode 0640
 *   a pipe that someone reads   written to, as its reader takes it
 *   a device of characters      the same (a terminal, /dev/null)
 *   anything else               ENXIO, or what the kernel says
 *
 * Owner: the writer. Threads: one.
 */
#ifndef HERD_COMMON_LOG_FILE_H
#define HERD_COMMON_LOG_FILE_H

#include "common/base/text.h"

#include <stdbool.h>

/* Opens the path for appending; -1 with errno set. */
int log_file_open(const char *path);

/* Whether it has no name any more, so that no one will find what is written to it. */
bool log_file_is_removed(int file);

/* Makes the folder of the path if it is missing; what is above it must be there. */
void log_file_make_folder(const char *path);

/* Writes to a descriptor that may not be ours alone, as far as it takes it: a pipe, socket or
 * terminal that takes nothing for `patience_ms` gets no more. */
void log_file_show(int file, text_t text, int patience_ms);

#endif
