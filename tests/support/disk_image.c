/* The trace is played up to the moment. A file has what is on the disk for sure, and pieces, each
 * in one page, that were written since. A folder has a list of changes of its names. Then dice are
 * thrown for each page that has pieces, and for each folder. */
#include "tests/support/disk_image.h"

#include "common/base/memory.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/workspace.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, SECTOR = 512, FILES_MAX = 1024, NAME_SIZE = 64, PATH_SIZE_MAX = 512 };

/* Bytes that are not on the disk for sure. */
typedef struct {
    uint64_t offset;
    const char *bytes;
    size_t size;
} piece_t;

typedef struct inode inode_t;

/* A name of a folder leads to another inode from now on, NULL: to none. */
typedef struct {
    char name[NAME_SIZE];
    inode_t *inode;
    char gone[NAME_SIZE]; /* the name that it had before; "": it is new */
} change_t;

struct inode {
    inode_t *next; /* of all */
    /* A file: */
    char *disk; /* what is there for sure */
    size_t size;
    piece_t *pieces; /* in their order */
    size_t piece_count;
    /* A folder: */
    bool is_folder;
    change_t *changes;
    size_t change_count;
    size_t synced; /* of these, on the disk for sure */
};

struct disk_image {
    char *bytes;
    trace_head_t *heads;
    const char **payloads;
    size_t count;
    /* While an image is made: */
    inode_t *inodes;
    inode_t *root;            /* in which the folder is */
    size_t root_size;         /* of that path */
    inode_t *open[FILES_MAX]; /* by descriptor */
    uint64_t *random;
};

static unsigned below(disk_image_t *self, size_t limit)
{
    *self->random = *self->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)((*self->random >> 33) % limit);
}

/* ---- the trace ---- */

/* Reads the whole records; returns where they end. */
static size_t read_records(disk_image_t *self, size_t size)
{
    size_t at = 0;
    trace_head_t head;
    size_t room = 0;
    while (size - at >= sizeof head) {
        memcpy(&head, self->bytes + at, sizeof head);
        if (head.size > size - at - sizeof head) {
            break;
        }
        if (self->count == room) {
            room = 2 * room + 1024;
            self->heads = memory_resize(self->heads, room * sizeof *self->heads);
            self->payloads = memory_resize(self->payloads, room * sizeof *self->payloads);
        }
        self->heads[self->count] = head;
        self->payloads[self->count++] = self->bytes + at + sizeof head;
        at += sizeof head + head.size;
    }
    return at;
}

disk_image_t *disk_image_new(const char *trace)
{
    size_t size;
    disk_image_t *self = memory_new(sizeof *self);
    self->bytes = workspace_read(trace, &size);
    assert_non_null(self->bytes);
    size_t whole = read_records(self, size);
    if (whole < size) {
        assert_int_equal(truncate(trace, (off_t)whole), 0);
    }
    return self;
}

void disk_image_destroy(disk_image_t **self_p)
{
    disk_image_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    free(self->bytes);
    free(self->heads);
    free(self->payloads);
    free(self);
    *self_p = NULL;
}

size_t disk_image_count(const disk_image_t *self)
{
    return self->count;
}

trace_kind_t disk_image_kind(const disk_image_t *self, size_t at, text_t *ret_payload)
{
    *ret_payload = (text_t){.data = self->payloads[at], .size = self->heads[at].size};
    return (trace_kind_t)self->heads[at].kind;
}

/* ---- names ---- */

static inode_t *make_inode(disk_image_t *self, bool is_folder)
{
    inode_t *inode = memory_new(sizeof *inode);
    inode->is_folder = is_folder;
    inode->next = self->inodes;
    self->inodes = inode;
    return inode;
}

/* The inode of a name after the first changes; NULL: there is none. */
static inode_t *look_up(const inode_t *folder, text_t name, size_t changes)
{
    for (size_t i = changes; i > 0; i--) {
        const change_t *change = &folder->changes[i - 1];
        if (text_equal(name, text_of(change->name))) {
            return change->inode;
        }
        if (text_equal(name, text_of(change->gone))) {
            return NULL;
        }
    }
    return NULL;
}

static change_t *change(inode_t *folder, text_t name, inode_t *inode)
{
    folder->changes =
        memory_resize(folder->changes, (folder->change_count + 1) * sizeof *folder->changes);
    change_t *change = &folder->changes[folder->change_count++];
    *change = (change_t){.inode = inode};
    snprintf(change->name, sizeof change->name, "%.*s", (int)name.size, name.data);
    return change;
}

/* The folder of a path, and the last name in it; NULL: the path is that of the root itself. */
static inode_t *find_folder(disk_image_t *self, text_t path, text_t *ret_name)
{
    inode_t *folder = self->root;
    const char *at = path.data + self->root_size;
    const char *end = path.data + path.size;
    if (at >= end) {
        return NULL;
    }
    for (;;) {
        at++; /* the slash */
        const char *slash = memchr(at, '/', (size_t)(end - at));
        *ret_name = (text_t){.data = at, .size = (size_t)((slash != NULL ? slash : end) - at)};
        if (slash == NULL) {
            return folder;
        }
        folder = look_up(folder, *ret_name, folder->change_count);
        assert_non_null(folder);
        at = slash;
    }
}

static void take_open(disk_image_t *self, int file, text_t path)
{
    text_t name = {0};
    inode_t *folder = find_folder(self, path, &name);
    if (folder == NULL) {
        self->open[file] = self->root;
        return;
    }
    inode_t *inode = look_up(folder, name, folder->change_count);
    if (inode == NULL) {
        inode = make_inode(self, false);
        change(folder, name, inode);
    }
    self->open[file] = inode;
}

/* Both names are in one folder, as all names of ours. */
static void take_rename(disk_image_t *self, text_t both)
{
    text_t name = {0};
    text_t old_name = {0};
    text_t from = text_of(both.data);
    text_t to = {.data = both.data + from.size + 1, .size = both.size - from.size - 1};
    inode_t *folder = find_folder(self, from, &old_name);
    assert_ptr_equal(find_folder(self, to, &name), folder);
    change_t *changed = change(folder, name, look_up(folder, old_name, folder->change_count));
    snprintf(changed->gone, sizeof changed->gone, "%.*s", (int)old_name.size, old_name.data);
}

static void take_name(disk_image_t *self, text_t path, inode_t *inode)
{
    text_t name = {0};
    inode_t *folder = find_folder(self, path, &name);
    change(folder, name, inode);
}

/* ---- bytes ---- */

static void put(char **bytes, size_t *size, const piece_t *piece, size_t from, size_t until)
{
    size_t end = piece->offset + piece->size;
    if (end > *size) { /* the file system knows of all of it */
        *bytes = memory_resize(*bytes, end);
        memset(*bytes + *size, 0, end - *size);
        *size = end;
    }
    memcpy(*bytes + piece->offset + from, piece->bytes + from, until - from);
}

static void drop_pieces(inode_t *inode, uint64_t first, uint64_t last)
{
    size_t left = 0;
    for (size_t i = 0; i < inode->piece_count; i++) {
        uint64_t page = inode->pieces[i].offset / PAGE;
        if (page < first || page > last) {
            inode->pieces[left++] = inode->pieces[i];
        }
    }
    inode->piece_count = left;
}

/* The pieces of pages `first` to `last` are on the disk. */
static void settle(inode_t *inode, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < inode->piece_count; i++) {
        const piece_t *piece = &inode->pieces[i];
        if (piece->offset / PAGE >= first && piece->offset / PAGE <= last) {
            put(&inode->disk, &inode->size, piece, 0, piece->size);
        }
    }
    drop_pieces(inode, first, last);
}

static void take_write(inode_t *inode, uint64_t offset, text_t bytes)
{
    for (size_t at = 0; at < bytes.size;) {
        size_t size = PAGE - (offset + at) % PAGE;
        size = size < bytes.size - at ? size : bytes.size - at;
        inode->pieces =
            memory_resize(inode->pieces, (inode->piece_count + 1) * sizeof *inode->pieces);
        inode->pieces[inode->piece_count++] =
            (piece_t){.offset = offset + at, .bytes = bytes.data + at, .size = size};
        at += size;
    }
}

/* To the size: no file of ours is cut to less than it has. */
static void take_cut(inode_t *inode, uint64_t size)
{
    if (size > inode->size) {
        inode->disk = memory_resize(inode->disk, size);
        memset(inode->disk + inode->size, 0, size - inode->size);
        inode->size = size;
    }
}

static void take_sync(inode_t *inode)
{
    if (inode->is_folder) {
        inode->synced = inode->change_count;
    } else {
        settle(inode, 0, UINT64_MAX);
    }
}

/* Of the pieces of one page the disk has some. */
static void lose(disk_image_t *self, inode_t *inode, uint64_t page)
{
    size_t count = 0;
    for (size_t i = 0; i < inode->piece_count; i++) {
        count += inode->pieces[i].offset / PAGE == page ? 1 : 0;
    }
    /* A first part of them, which may be none; all; some sectors. */
    unsigned fate = below(self, 3);
    size_t kept = below(self, count + 1);
    for (size_t i = 0, number = 0; i < inode->piece_count; i++) {
        const piece_t *piece = &inode->pieces[i];
        if (piece->offset / PAGE != page) {
            continue;
        }
        number++;
        for (size_t from = 0; from < piece->size;) {
            size_t until = from + SECTOR - (piece->offset + from) % SECTOR;
            until = until < piece->size ? until : piece->size;
            if (fate == 2 ? below(self, 2) == 0 : fate == 1 || number <= kept) {
                put(&inode->disk, &inode->size, piece, from, until);
            }
            from = until;
        }
    }
}

/* The same for all pages from `first` to `last`. */
static void lose_pages(disk_image_t *self, inode_t *inode, uint64_t first, uint64_t last)
{
    uint64_t greatest = 0;
    for (size_t i = 0; i < inode->piece_count; i++) {
        uint64_t page = inode->pieces[i].offset / PAGE;
        greatest = page > greatest ? page : greatest;
    }
    bool *done = memory_new(greatest + 1);
    for (size_t i = 0; i < inode->piece_count; i++) {
        uint64_t page = inode->pieces[i].offset / PAGE;
        if (page >= first && page <= last && !done[page]) {
            done[page] = true;
            lose(self, inode, page);
        }
    }
    free(done);
}

/* A sync has failed: what the disk does not have now it never gets. */
static void fail_pages(disk_image_t *self, inode_t *inode, uint64_t first, uint64_t last)
{
    if (!inode->is_folder) {
        lose_pages(self, inode, first, last);
        drop_pieces(inode, first, last);
    }
}

static void take_record(disk_image_t *self, size_t at, disk_image_syncs_t syncs)
{
    const trace_head_t *head = &self->heads[at];
    text_t payload = {.data = self->payloads[at], .size = head->size};
    inode_t *inode = head->file >= 0 ? self->open[head->file] : self->root;
    assert(inode != NULL || head->kind == TRACE_OPEN);
    switch ((trace_kind_t)head->kind) {
    case TRACE_START: memset(self->open, 0, sizeof self->open); break;
    case TRACE_OPEN: take_open(self, head->file, payload); break;
    case TRACE_CLOSE: self->open[head->file] = NULL; break;
    case TRACE_WRITE: take_write(inode, head->offset, payload); break;
    case TRACE_CUT: take_cut(inode, head->offset); break;
    case TRACE_SYNC:
        if (syncs != DISK_IMAGE_NO_SYNC) {
            take_sync(inode);
        }
        break;
    case TRACE_SYNC_RANGE:
        if (syncs == DISK_IMAGE_SYNCED) {
            settle(inode, head->offset / PAGE, (head->offset + head->range - 1) / PAGE);
        }
        break;
    case TRACE_FAIL: fail_pages(self, inode, 0, UINT64_MAX); break;
    case TRACE_FAIL_RANGE:
        fail_pages(self, inode, head->offset / PAGE, (head->offset + head->range - 1) / PAGE);
        break;
    case TRACE_FOLDER: take_name(self, payload, make_inode(self, true)); break;
    case TRACE_UNLINK: take_name(self, payload, NULL); break;
    case TRACE_RENAME: take_rename(self, payload); break;
    case TRACE_MAP:
    case TRACE_ANSWER: break;
    }
}

/* ---- the image ---- */

/* LMDB writes it by a map, which is not seen: any bytes. */
static void garble(disk_image_t *self, inode_t *inode)
{
    for (size_t i = 0; i < inode->size; i++) {
        inode->disk[i] = (char)below(self, 256);
    }
}

static void write_file(const char *path, const inode_t *inode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    for (size_t done = 0; done < inode->size;) {
        ssize_t size = write(file, inode->disk + done, inode->size - done);
        assert_true(size > 0);
        done += (size_t)size;
    }
    close(file);
}

static void write_folder(disk_image_t *self, inode_t *folder, const char *path);

static void write_inode(disk_image_t *self, const char *name, inode_t *inode, const char *path)
{
    if (inode->is_folder) {
        assert_int_equal(mkdir(path, 0700), 0);
        write_folder(self, inode, path);
        return;
    }
    lose_pages(self, inode, 0, UINT64_MAX);
    if (strcmp(name, "lock.mdb") == 0) {
        garble(self, inode);
    }
    write_file(path, inode);
}

static void write_folder(disk_image_t *self, inode_t *folder, const char *path)
{
    size_t count = folder->synced + below(self, folder->change_count - folder->synced + 1);
    for (size_t i = 0; i < count; i++) {
        const change_t *change = &folder->changes[i];
        char *inner = workspace_path(path, change->name);
        bool stays = look_up(folder, text_of(change->name), count) == change->inode;
        if (change->inode != NULL && stays && access(inner, F_OK) != 0) {
            write_inode(self, change->name, change->inode, inner);
        }
        free(inner);
    }
}

static void drop_inodes(disk_image_t *self)
{
    while (self->inodes != NULL) {
        inode_t *inode = self->inodes;
        self->inodes = inode->next;
        free(inode->disk);
        free(inode->pieces);
        free(inode->changes);
        free(inode);
    }
}

void disk_image_write(disk_image_t *self, const disk_image_loss_t *loss)
{
    self->random = loss->random;
    self->root = make_inode(self, true);
    self->root_size = strlen(loss->root);
    memset(self->open, 0, sizeof self->open);
    for (size_t i = 0; i < loss->moment; i++) {
        take_record(self, i, loss->syncs);
    }
    assert_int_equal(mkdir(loss->to, 0700), 0);
    write_folder(self, self->root, loss->to);
    drop_inodes(self);
}
