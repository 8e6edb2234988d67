/* pages.h - a file of LMDB looked at without LMDB, which trusts every page that it reads.
 *
 * LMDB's pages have no checksums. A number in one of them that is wrong can end the process, or
 * have good pages overwritten. So before LMDB opens a file, all that it would follow is checked:
 * pages, nodes, lists of free pages (the layout of LMDB 0.9, MDB_DATA_VERSION 1, on 64-bit
 * machines). What a chunk holds has its own checksum. From a file that is damaged the chunks that
 * are whole can be taken, wherever they lie.
 *
 * Owner: the caller. Threads: any. It reads the file.
 */
#ifndef HERD_COMMON_JOURNAL_DISK_PAGES_H
#define HERD_COMMON_JOURNAL_DISK_PAGES_H

#include "common/base/status.h"
#include "common/journal/disk/disk.h"
#include "common/journal/recovery.h"

/* Checks a file. STATUS_NOT_FOUND: there is none, or an empty one, or the power went before LMDB
 * had its first pages on the disk. STATUS_DAMAGED: `ret_what` says what is wrong with it; borrowed
 * for ever. STATUS_VERSION: it is of another format of LMDB, or an earlier one of journals.
 * STATUS_INVALID: it is no plain file. STATUS_SYSTEM: it cannot be read, see errno. */
status_t journal_pages_check(const char *path, const char **ret_what) STATUS_MUST_USE;

/* The same; and passes on each value, in the order of their keys, or, if its size is not 0, the one
 * under the key `only`, before what lies behind it in the file has been checked. It needs no LMDB
 * and changes nothing, so whatever the file is, and becomes meanwhile, it costs no more than a
 * status. */
status_t journal_pages_each(const char *path, text_t only, journal_disk_chunk_fn *each,
                            void *argument, const char **ret_what) STATUS_MUST_USE;

/* Takes all whole chunks of a file, in the order of their keys. STATUS_INVALID, STATUS_SYSTEM: as
 * above. */
status_t journal_pages_salvage(const char *path, journal_recovery_t *recovery) STATUS_MUST_USE;

#endif
