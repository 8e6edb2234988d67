/* cgroup.h - control groups as the kernel describes them in text: cgroups(7), proc(5).
 *
 * A process is in a group by its path; a mount shows a part of the tree of groups. Where both meet
 * is the folder with the group's limits, and each folder above it, up to the mount, limits it too.
 *
 * Owner: values. Threads: any. Free of I/O.
 */
#ifndef HERD_COMMON_BASE_CGROUP_H
#define HERD_COMMON_BASE_CGROUP_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Of a folder; as long as a path may be (PATH_MAX). */
enum { CGROUP_PATH_SIZE = 4096 };

/* The two kinds of trees. */
typedef enum {
    CGROUP_V1_MEMORY, /* that of the controller "memory" */
    CGROUP_V2,        /* the unified one */
} cgroup_tree_t;

/* The path of this process in a tree, from the text of /proc/self/cgroup. False if it is in none.
 * Borrows from `cgroups`. */
bool cgroup_find_path(text_t cgroups, cgroup_tree_t tree, text_t *ret_path);

/* Where limits are read (open value struct). */
typedef struct {
    char folder[CGROUP_PATH_SIZE]; /* of the group, ends without "/" */
    size_t top_size;               /* of the part of it that is the mount: it is not left */
} cgroup_place_t;

/* The folder of `path`, from the text of /proc/self/mountinfo: in the mount that shows most of the
 * way to it. Where none shows it, as in a container that sees its own group only, it is the mount
 * itself. False if the tree is not mounted. */
bool cgroup_find_place(text_t mounts, cgroup_tree_t tree, text_t path, cgroup_place_t *ret_place);

/* Goes to the folder above; false at the top. */
bool cgroup_ascend(cgroup_place_t *place);

/* The limit that a file says, "67108864" or "max"; UINT64_MAX if it says none. */
uint64_t cgroup_limit(text_t text);

#endif
