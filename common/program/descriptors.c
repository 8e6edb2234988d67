#include "common/program/descriptors.h"

#include "common/base/text.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By close_range(2), which Linux has since 5.9, and which a filter of system calls may refuse. */
static bool close_at_once(unsigned first, unsigned last)
{
#ifdef SYS_close_range
    return first > last || syscall(SYS_close_range, first, last, 0) == 0;
#else
    (void)first;
    (void)last;
    return false;
#endif
}

/* Closes all but `keep` that /proc lists; false if it cannot be read. A folder that changes while
 * it is read may leave entries out, so it is read until nothing is left. */
static bool close_listed(int keep)
{
    bool closed = true;
    while (closed) {
        DIR *directory = opendir("/proc/self/fd");
        if (directory == NULL) {
            return false;
        }
        closed = false;
        const struct dirent *entry;
        while ((entry = readdir(directory)) != NULL) {
            uint64_t file;
            if (text_to_u64(text_of(entry->d_name), INT_MAX, &file) && file > STDERR_FILENO &&
                (int)file != keep && (int)file != dirfd(directory)) {
                closed = close((int)file) == 0 || closed;
            }
        }
        closedir(directory);
    }
    return true;
}

/* Without /proc: whatever number a descriptor may have. */
static void close_each(int keep)
{
    struct rlimit limit;
    rlim_t count = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 0;
    for (int file = STDERR_FILENO + 1; (rlim_t)file < count && file < INT_MAX; file++) {
        if (file != keep) {
            close(file);
        }
    }
}

void descriptors_close_inherited(int keep)
{
    const unsigned first = STDERR_FILENO + 1;
    bool done = keep < (int)first ? close_at_once(first, UINT_MAX)
                                  : close_at_once(first, (unsigned)keep - 1) &&
                                        close_at_once((unsigned)keep + 1, UINT_MAX);
    if (!done && !close_listed(keep)) {
        close_each(keep);
    }
}
