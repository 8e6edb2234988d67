/* A library for LD_PRELOAD: notes what the program writes to a folder, and what it syncs, so that a
 * test can tell what a disk may hold after a loss of power (disk_trace.h, disk_image.h).
 *
 * HERD_RECORD names the trace, HERD_RECORD_FOLDER the folder, whose parent is watched too, for its
 * name. A file of the folder is written by one thread at a time, which holds for LMDB: there is no
 * lock here. HERD_RECORD_MAP_SIZE is the size of LMDB's first map, bytes: a small one is soon full.
 * A sync takes a moment longer than it would: an answer that does not wait for it comes before.
 *
 * HERD_RECORD_FAIL names a file with a byte that says what fails with EIO (disk_trace.h):
 * fdatasync(2), or writes with O_DSYNC, as Linux has it: what was written stays in memory for all
 * to read, the disk may have it or not, and no later sync brings it there. */
#include "tests/support/disk_trace.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { FILES_MAX = 1024, PARTS_MAX = 1024, SYNC_NS = 1000000 };

static char trace[PATH_MAX];
static char folder[PATH_MAX]; /* "": nothing is watched */
static size_t map_size;
static const volatile unsigned char *failing; /* NULL: nothing fails */
static bool is_watched[FILES_MAX];            /* by descriptor */
static bool is_dsync[FILES_MAX];

static void note(const trace_head_t *head, const struct iovec *parts, int count)
{
    struct iovec all[PARTS_MAX + 1];
    trace_head_t sized = *head;
    sized.size = 0;
    all[0] = (struct iovec){.iov_base = &sized, .iov_len = sizeof sized};
    for (int i = 0; i < count && i < PARTS_MAX; i++) {
        all[i + 1] = parts[i];
        sized.size += parts[i].iov_len;
    }
    /* Opened each time: a program closes what it has inherited. */
    long file =
        syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ssize_t size = (ssize_t)(sizeof sized + sized.size);
    if (file < 0 || count > PARTS_MAX || syscall(SYS_writev, file, all, count + 1) != size) {
        abort(); /* a trace with a gap would tell lies */
    }
    (void)syscall(SYS_close, file);
}

static void note_text(trace_kind_t kind, const char *text, size_t size)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)text, .iov_len = size};
    note(&(trace_head_t){.kind = kind, .file = -1}, &part, 1);
}

static void note_file(trace_kind_t kind, int file)
{
    note(&(trace_head_t){.kind = kind, .file = file}, NULL, 0);
}

static void map_failing(const char *path)
{
    long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    void *mapped = mmap(NULL, 1, PROT_READ, MAP_SHARED, (int)file, 0);
    (void)syscall(SYS_close, file);
    failing = mapped != MAP_FAILED ? mapped : NULL;
}

static bool fails(unsigned char what)
{
    return failing != NULL && (*failing & what) != 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *fail = getenv("HERD_RECORD_FAIL");
    const char *path = getenv("HERD_RECORD");
    const char *watched = getenv("HERD_RECORD_FOLDER");
    const char *size = getenv("HERD_RECORD_MAP_SIZE");
    if (path == NULL || watched == NULL) {
        return;
    }
    snprintf(trace, sizeof trace, "%s", path);
    snprintf(folder, sizeof folder, "%s", watched);
    map_size = size != NULL ? strtoul(size, NULL, 10) : 0;
    if (fail != NULL) {
        map_failing(fail);
    }
    note_file(TRACE_START, -1);
}

static bool is_inside(const char *path)
{
    size_t size = strlen(folder);
    return size > 0 && strncmp(path, folder, size) == 0 &&
           (path[size] == '\0' || path[size] == '/');
}

static bool is_parent(const char *path)
{
    size_t size = strlen(path);
    return strncmp(path, folder, size) == 0 && folder[size] == '/' &&
           strchr(folder + size + 1, '/') == NULL;
}

static void note_open(int file, int flags)
{
    char link[64];
    char path[PATH_MAX];
    if (file < 0 || file >= FILES_MAX || folder[0] == '\0') {
        return;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[size > 0 ? size : 0] = '\0';
    is_watched[file] = is_inside(path) || is_parent(path);
    is_dsync[file] = (flags & O_DSYNC) != 0;
    if (is_watched[file]) {
        struct iovec part = {.iov_base = path, .iov_len = (size_t)size};
        note(&(trace_head_t){.kind = TRACE_OPEN, .file = file}, &part, 1);
    }
}

static bool watches(int file)
{
    return file >= 0 && file < FILES_MAX && is_watched[file];
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    note_open(file, flags);
    return file;
}

int close(int file)
{
    if (watches(file)) {
        is_watched[file] = false;
        note_file(TRACE_CLOSE, file);
    }
    return (int)syscall(SYS_close, file);
}

static void note_write(int file, off_t offset, const struct iovec *parts, int count)
{
    note(&(trace_head_t){.kind = TRACE_WRITE, .file = file, .offset = (uint64_t)offset}, parts,
         count);
}

/* The result of a write. */
static ssize_t note_written(int file, off_t offset, ssize_t size)
{
    trace_head_t head = {.kind = TRACE_SYNC_RANGE,
                         .file = file,
                         .offset = (uint64_t)offset,
                         .range = (uint64_t)size};
    if (size <= 0 || !is_dsync[file]) {
        return size;
    }
    if (fails(TRACE_FAILS_META)) {
        head.kind = TRACE_FAIL_RANGE;
    }
    note(&head, NULL, 0);
    if (head.kind == TRACE_SYNC_RANGE) {
        return size;
    }
    errno = EIO;
    return -1;
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    if (watches(file)) {
        note_write(file, offset, &part, 1);
    }
    ssize_t written = syscall(SYS_pwrite64, file, bytes, size, offset);
    return watches(file) ? note_written(file, offset, written) : written;
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    off_t offset = watches(file) ? lseek(file, 0, SEEK_CUR) : 0;
    if (watches(file)) {
        note_write(file, offset, parts, count);
    }
    ssize_t written = syscall(SYS_writev, file, parts, count);
    return watches(file) ? note_written(file, offset, written) : written;
}

ssize_t write(int file, const void *bytes, size_t size)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    return watches(file) ? writev(file, &part, 1) : syscall(SYS_write, file, bytes, size);
}

static int sync_file(int file, long call)
{
    const struct timespec moment = {.tv_nsec = SYNC_NS};
    if (watches(file)) {
        nanosleep(&moment, NULL);
    }
    if (watches(file) && fails(TRACE_FAILS_SYNC)) {
        note_file(TRACE_FAIL, file);
        errno = EIO;
        return -1;
    }
    int result = (int)syscall(call, file);
    if (result == 0 && watches(file)) {
        note_file(TRACE_SYNC, file);
    }
    return result;
}

int fsync(int file)
{
    return sync_file(file, SYS_fsync);
}

int fdatasync(int file)
{
    return sync_file(file, SYS_fdatasync);
}

int ftruncate(int file, off_t size)
{
    int result = (int)syscall(SYS_ftruncate, file, size);
    if (result == 0 && watches(file)) {
        note(&(trace_head_t){.kind = TRACE_CUT, .file = file, .offset = (uint64_t)size}, NULL, 0);
    }
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    int result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (result == 0 && is_inside(path)) {
        note_text(TRACE_FOLDER, path, strlen(path));
    }
    return result;
}

int unlink(const char *path)
{
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (result == 0 && is_inside(path)) {
        note_text(TRACE_UNLINK, path, strlen(path));
    }
    return result;
}

int rename(const char *from, const char *to)
{
    char both[2 * PATH_MAX];
    int result = (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    if (result == 0 && is_inside(from)) {
        int size = snprintf(both, sizeof both, "%s%c%s", from, '\0', to);
        note_text(TRACE_RENAME, both, (size_t)size);
    }
    return result;
}

/* What the node reserves is much more than a test can fill. */
int mdb_env_set_mapsize(MDB_env *env, size_t size)
{
    static int (*real)(MDB_env *, size_t);
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "mdb_env_set_mapsize");
    }
    size = map_size > 0 && size >= UINT64_C(1) << 30 ? map_size : size;
    if (folder[0] != '\0') {
        note(&(trace_head_t){.kind = TRACE_MAP, .file = -1, .offset = size}, NULL, 0);
    }
    return real(env, size);
}
