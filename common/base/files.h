/* files.h - files of others: opened with suspicion, read and written whole.
 *
 * Owner: the caller. Threads: any. errno says why a STATUS_SYSTEM.
 */
#ifndef HERD_COMMON_BASE_FILES_H
#define HERD_COMMON_BASE_FILES_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <stddef.h>
#include <sys/stat.h>

/* Opens a plain file for reading, without waiting for anything: a pipe, a device, a folder or a socket under that name is
 * refused. Returns its descriptor (close-on-exec) and what fstat(2) says of it.
 * STATUS_NOT_FOUND: there is none. STATUS_INVALID: it is no plain file. STATUS_SYSTEM: it cannot be opened. */
status_t files_open_plain(const char *path, int *ret_file, struct stat *ret_state) STATUS_MUST_USE;

/* Reads up to `size` bytes, until the end of the file. STATUS_SYSTEM where it cannot be read. */
status_t files_read(int file, void *out, size_t size, size_t *ret_size) STATUS_MUST_USE;

/* Writes all of `text`, going on after a signal or a short write. Returns the rest that could not be written, empty
 * where all was; errno says why. */
text_t files_write(int file, text_t text);

#endif
