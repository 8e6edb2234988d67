/* needs.h - the open files that a node needs, reckoned before it opens the first.
 *
 * Owner: values. Threads: any. Free of I/O.
 */
#ifndef HERD_NODE_NEEDS_H
#define HERD_NODE_NEEDS_H

#include "common/config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The least number of open files with which the node of `member` can do its work, and its front-end
 * too if that is `in_one` process with it. Writes what they are for: "64, and 5 for each of 18
 * neighbours". */
size_t needs_reckon(const config_t *config, const config_member_t *member, bool in_one, char *out,
                    size_t size);

/* The same of herd-node, and of herd-single. */
size_t needs_files(const config_t *config, const config_member_t *member, char *out, size_t size);
size_t needs_files_in_one(const config_t *config, const config_member_t *member, char *out,
                          size_t size);

/* How many of `limit` files, as many as needs_files says or more, may be in use when a connection
 * is accepted. The rest, a quarter if that leaves enough, is for what must go on: links, log,
 * reload. */
int needs_ceiling(uint64_t limit, size_t needed);

#endif
