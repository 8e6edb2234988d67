#include "common/program/allowance.h"

#include "common/base/cgroup.h"
#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/memory.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    TEXT_SIZE = 262144
}; /* of mountinfo: a machine with many containers has thousands of lines */

/* The first `size` bytes of a file; empty if it cannot be read. */
static text_t read_start(const char *path, char *out, size_t size)
{
    size_t got = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        if (files_read(file, out, size, &got) != STATUS_OK) {
            got = 0;
        }
        close(file);
    }
    return (text_t){.data = out, .size = got};
}

static void narrow(allowance_t *self, uint64_t size, const char *source)
{
    if (size < self->size) {
        self->size = size;
        snprintf(self->source, sizeof self->source, "%s", source);
    }
}

static void narrow_by_file(allowance_t *self, const char *folder, const char *name)
{
    char path[CGROUP_PATH_SIZE + 32];
    char text[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    narrow(self, cgroup_limit(read_start(path, text, sizeof text)), path);
}

/* By the limits of the process's group and of all above it. */
static void narrow_by_groups(allowance_t *self, cgroup_tree_t tree, text_t cgroups, text_t mounts)
{
    text_t path;
    cgroup_place_t place;
    bool more =
        cgroup_find_path(cgroups, tree, &path) && cgroup_find_place(mounts, tree, path, &place);
    while (more) {
        if (tree == CGROUP_V2) {
            narrow_by_file(self, place.folder, "memory.max");
            narrow_by_file(self, place.folder, "memory.high");
        } else {
            narrow_by_file(self, place.folder, "memory.limit_in_bytes");
        }
        more = cgroup_ascend(&place);
    }
}

static void narrow_by_limit(allowance_t *self, int resource, const char *source)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        narrow(self, limit.rlim_cur, source);
    }
}

allowance_t allowance_read(void)
{
    allowance_t self = {.size = UINT64_MAX};
    narrow(&self, (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE),
           "the machine's memory");
    narrow_by_limit(&self, RLIMIT_AS, "ulimit -v");
    narrow_by_limit(&self, RLIMIT_DATA, "ulimit -d");
    char *mounts_text = memory_new(TEXT_SIZE);
    char *cgroups_text = memory_new(TEXT_SIZE);
    text_t cgroups = read_start("/proc/self/cgroup", cgroups_text, TEXT_SIZE);
    text_t mounts = read_start("/proc/self/mountinfo", mounts_text, TEXT_SIZE);
    narrow_by_groups(&self, CGROUP_V1_MEMORY, cgroups, mounts);
    narrow_by_groups(&self, CGROUP_V2, cgroups, mounts);
    free(cgroups_text);
    free(mounts_text);
    return self;
}

size_t allowance_for_records(size_t max_memory)
{
    if (max_memory > 0) {
        return max_memory;
    }
    uint64_t half = allowance_read().size / 2;
    return half < LIMIT_STORE_MEMORY ? (size_t)half : LIMIT_STORE_MEMORY;
}
