/* What is known of the file comes from its descriptor, so that it is about the file that is read:
 * owner, group and mode (fstat), its access list (fgetxattr), its mount (fstatfs, statx). Then all
 * who may do something with it are looked at in turn: the group, everyone, and each entry of the
 * access list. The first who may do too much is the problem.
 *
 * With an access list the group's bits of the mode are its mask: what the entries give at most. */
#include "common/base/secret.h"

#include "common/base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* acl(5) as the kernel writes it, little-endian: a version, then entries (linux/posix_acl_xattr.h).
 * Tags are those of linux/posix_acl.h. */
enum {
    LIST_VERSION = 2,
    LIST_HEAD_SIZE = 4,
    LIST_ENTRY_SIZE = 8,
    LIST_SIZE = LIST_HEAD_SIZE + 64 * LIST_ENTRY_SIZE, /* a longer one is refused */
    TAG_USER = 0x02,
    TAG_GROUP_OWNING = 0x04,
    TAG_GROUP = 0x08,
    TAG_MASK = 0x10,
    MAY_READ = 4,
    ALL_WRITE = S_IWUSR | S_IWGRP | S_IWOTH,
};

/* One entry of an access list. */
typedef struct {
    unsigned tag;
    unsigned rights; /* 0 .. 7, before the mask */
    uint32_t id;     /* of a user or group */
} entry_t;

static void tell(char *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(char *problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem, SECRET_PROBLEM_SIZE, format, arguments);
    va_end(arguments);
}

static bool is_unwritable(const secret_file_t *file)
{
    return file->is_read_only || (file->mode & ALL_WRITE) == 0;
}

static bool is_ours(const secret_reader_t *reader, gid_t group)
{
    for (size_t i = 0; i < reader->group_count; i++) {
        if (reader->groups[i] == group) {
            return true;
        }
    }
    return false;
}

/* Root's own group is as good as root, where root has given the file away. */
static bool group_may_read(const secret_file_t *file, const secret_reader_t *reader, gid_t group)
{
    bool given_to_us = file->owner == 0 && reader->user != 0;
    if (is_unwritable(file) && (file->is_mounted || file->is_enclosed)) {
        return true;
    }
    return (is_ours(reader, group) || (group == 0 && file->owner == 0)) &&
           (is_unwritable(file) || given_to_us);
}

static unsigned read_number(const char *bytes, size_t size)
{
    unsigned number = 0;
    for (size_t i = 0; i < size; i++) {
        number |= (unsigned)(unsigned char)bytes[i] << (8 * i);
    }
    return number;
}

static bool take_entry(text_t *rest, entry_t *ret_entry)
{
    if (rest->size < LIST_ENTRY_SIZE) {
        return false;
    }
    *ret_entry = (entry_t){.tag = read_number(rest->data, 2),
                           .rights = read_number(rest->data + 2, 2) & 7U,
                           .id = read_number(rest->data + 4, 4)};
    *rest = text_after(*rest, LIST_ENTRY_SIZE);
    return true;
}

static bool entry_is_fine(const entry_t *entry, unsigned mask, const secret_file_t *file,
                          const secret_reader_t *reader)
{
    unsigned rights = entry->rights & mask;
    if (rights == 0) {
        return true;
    }
    switch (entry->tag) {
    case TAG_USER: return entry->id == 0 || (entry->id == reader->user && rights == MAY_READ);
    case TAG_GROUP_OWNING: return rights == MAY_READ && group_may_read(file, reader, file->group);
    case TAG_GROUP: return rights == MAY_READ && group_may_read(file, reader, entry->id);
    default: return true; /* the owner; everyone, who is asked for by the mode; the mask */
    }
}

static bool list_is_fine(const secret_file_t *file, const secret_reader_t *reader, char *problem)
{
    text_t rest = text_after(file->access_list, LIST_HEAD_SIZE);
    unsigned mask = (file->mode & S_IRWXG) >> 3;
    entry_t entry;
    if (file->access_list.size < LIST_HEAD_SIZE ||
        read_number(file->access_list.data, LIST_HEAD_SIZE) != LIST_VERSION) {
        tell(problem, "has an access list that cannot be read");
        return false;
    }
    while (take_entry(&rest, &entry)) {
        if (!entry_is_fine(&entry, mask, file, reader)) {
            tell(problem, "is open to others by its access list (getfacl); setfacl -b it");
            return false;
        }
    }
    return true;
}

/* Without an access list the group has its bits of the mode. */
static bool group_is_fine(const secret_file_t *file, const secret_reader_t *reader)
{
    unsigned rights = (file->mode & S_IRWXG) >> 3;
    return rights == 0 || (rights == MAY_READ && group_may_read(file, reader, file->group));
}

static bool others_are_fine(const secret_file_t *file)
{
    unsigned rights = file->mode & S_IRWXO;
    bool is_shielded = file->is_enclosed || (file->is_mounted && file->owner == 0);
    return rights == 0 || (rights == MAY_READ && is_unwritable(file) && is_shielded);
}

bool secret_is_guarded(const secret_file_t *file, const secret_reader_t *reader, char *problem)
{
    bool has_list = file->access_list.size > 0;
    if (file->owner != reader->user && file->owner != 0) {
        tell(problem, "belongs to another user");
        return false;
    }
    if ((!has_list && !group_is_fine(file, reader)) || !others_are_fine(file)) {
        tell(problem, "is open to others (mode %04o); chmod 600 it", (unsigned)file->mode & 07777U);
        return false;
    }
    return !has_list || list_is_fine(file, reader, problem);
}

/* ---- what the kernel says ---- */

static void read_groups(secret_reader_t *reader)
{
    gid_t groups[1024];
    int count = getgroups(sizeof groups / sizeof groups[0], groups);
    reader->groups[reader->group_count++] = getegid();
    for (int i = 0; i < count && reader->group_count < SECRET_GROUPS_MAX; i++) {
        reader->groups[reader->group_count++] = groups[i];
    }
}

/* Whether the file's file system is one that all share: of these others may read what is theirs. */
static bool is_shared(dev_t device)
{
    static const char *const shared[] = {"/run", "/tmp", "/var/tmp", "/dev/shm"};
    struct stat state;
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        if (stat(shared[i], &state) == 0 && state.st_dev == device) {
            return true;
        }
    }
    return false;
}

static bool is_mounted_for_us(int file, dev_t device)
{
    struct statx extended;
    struct statfs memory;
    bool alone = statx(file, "", AT_EMPTY_PATH, 0, &extended) == 0 &&
                 (extended.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    bool in_memory = fstatfs(file, &memory) == 0 &&
                     (memory.f_type == TMPFS_MAGIC || memory.f_type == RAMFS_MAGIC);
    return alone || (in_memory && !is_shared(device));
}

/* Whether nobody else can get at the name: the folder of the file, behind all links, is closed. */
static bool is_in_closed_folder(int file)
{
    char link[64];
    char path[PATH_MAX];
    struct stat state;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0 || path[0] != '/') {
        return false;
    }
    path[size] = '\0';
    char *slash = strrchr(path, '/');
    slash[slash == path ? 1 : 0] = '\0';
    return stat(path, &state) == 0 && S_ISDIR(state.st_mode) &&
           (state.st_uid == 0 || state.st_uid == geteuid()) &&
           (state.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static bool is_on_read_only_mount(int file)
{
    struct statvfs mount;
    return fstatvfs(file, &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0;
}

/* Whether an open file is guarded. */
static bool look_at(int file, const struct stat *state, char *problem)
{
    char list[LIST_SIZE];
    secret_reader_t reader = {.user = geteuid()};
    read_groups(&reader);
    ssize_t size = fgetxattr(file, "system.posix_acl_access", list, sizeof list);
    if (size < 0 && errno == ERANGE) {
        tell(problem, "has an access list that is too long to be looked at");
        return false;
    }
    const secret_file_t self = {
        .owner = state->st_uid,
        .group = state->st_gid,
        .mode = state->st_mode,
        .access_list = {.data = list, .size = size > 0 ? (size_t)size : 0},
        .is_read_only = is_on_read_only_mount(file),
        .is_mounted = is_mounted_for_us(file, state->st_dev),
        .is_enclosed = is_in_closed_folder(file),
    };
    return secret_is_guarded(&self, &reader, problem);
}

status_t secret_open(const char *path, int *ret_file, char *problem)
{
    int file;
    struct stat state;
    status_t status = files_open_plain(path, &file, &state);
    if (status != STATUS_OK) {
        return status;
    }
    if (!look_at(file, &state, problem)) {
        close(file);
        return STATUS_OUT_OF_RANGE;
    }
    *ret_file = file;
    return STATUS_OK;
}
