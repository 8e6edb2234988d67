/* files.h - opens files of others with suspicion; reads and writes whole files.
 *
 * Owner: the caller. Threads: any. With STATUS_SYSTEM errno says why.
 */
#ifndef HERD_COMMON_BASE_FILES_H
#define HERD_COMMON_BASE_FILES_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <stddef.h>
#include <sys/stat.h>

/* Opens a plain file for reading and never waits. Returns its descriptor (close-on-exec), which the
 * caller closes, and what fstat(2) says of it. STATUS_NOT_FOUND: no such file. STATUS_INVALID: a
 * pipe, device, folder or socket. STATUS_SYSTEM: it cannot be opened. */
status_t files_open_plain(const char *path, int *ret_file, struct stat *ret_state) STATUS_MUST_USE;

/* What there is at `path`, for sentences: "a pipe", "a folder", "a socket", "a device", "a plain
 * file", "nothing". */
const char *files_kind(const char *path);

/* Reads up to `size` bytes or to the end of the file. STATUS_SYSTEM if it cannot be read. */
status_t files_read(int file, void *out, size_t size, size_t *ret_size) STATUS_MUST_USE;

/* Writes `text`, going on after a signal or a short write. Returns the rest that could not be
 * written, and errno says why; an empty rest means success. */
text_t files_write(int file, text_t text);

#endif
