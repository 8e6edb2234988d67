/* writer.h - the thread that writes the log, and the memory that callers append to meanwhile.
 *
 * Owner: the log. Threads: any may call.
 * Callers append to one buffer while the thread writes the other to the file; a turn of the thread
 * exchanges the two. Callers thus wait for memory only, never for a disk. A line that finds the
 * buffer full, or that the disk refuses, is counted, and a warning gives the count as soon as there
 * is room. Records of traffic (record.h), where they are wanted, have a file and buffers of their
 * own.
 */
#ifndef HERD_COMMON_LOG_WRITER_H
#define HERD_COMMON_LOG_WRITER_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/log/line.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct log_writer log_writer_t;

/* Whose lines they are and how they look (open value struct). */
typedef struct {
    const char *member;  /* "Goloman" */
    const char *program; /* "node" */
    log_format_t format;
} log_source_t;

/* The paths (open value struct). */
typedef struct {
    const char *lines;
    const char *records;     /* NULL: there are none */
    const char **ret_failed; /* set to the one that cannot be opened; may be NULL */
} log_files_t;

/* Opens the paths for appending (created 0640) and starts the thread, which takes no signals. Paths
 * and source are copied. STATUS_SYSTEM with errno set if either fails. Caller ends it with
 * log_writer_stop. */
status_t log_writer_start(const log_files_t *files, const log_source_t *source, bool echo,
                          log_writer_t **ret_self) STATUS_MUST_USE;

/* Writes what is left, ends the thread, closes the file, clears the pointer; NULL is fine. No other
 * call may be under way or follow. If the disk does not move for a second, the thread goes on alone
 * and ends with the process. */
void log_writer_stop(log_writer_t **self_p);

/* See log_reopen and log_set_echo of log.h. */
void log_writer_reopen(log_writer_t *self);
void log_writer_set_echo(log_writer_t *self, bool echo);

/* Lines lost since the start. */
uint64_t log_writer_lost_count(const log_writer_t *self);

/* See log_write_error of log.h. */
int log_writer_error(const log_writer_t *self);

/* Borrowed as long as the writer lives. */
const log_source_t *log_writer_source(const log_writer_t *self);

/* An entry of now; borrows `message` and the source's names. */
log_entry_t log_writer_entry(const log_writer_t *self, log_event_t event, text_t message);

/* Appends an event, or counts it as a repeat (repeats.h), and wakes the thread. */
void log_writer_append(log_writer_t *self, const log_entry_t *entry);

/* The buffers that lines of other forms, and records, are appended to; borrowed as long as the
 * writer lives. Only between log_writer_lock and log_writer_unlock, and whole lines or records
 * only. NULL: there is no file of records. */
buffer_t *log_writer_lines(log_writer_t *self);
buffer_t *log_writer_records(log_writer_t *self);
void log_writer_lock(log_writer_t *self);

/* Counts a line that found no room. Only between log_writer_lock and log_writer_unlock. */
void log_writer_drop(log_writer_t *self);

/* Unlocks the writer. Wakes the thread if a buffer is more than half full. */
void log_writer_unlock(log_writer_t *self);

#endif
