#include "common/journal/disk/pages.h"

#include "common/base/files.h"
#include "common/base/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* LMDB's layout, in the byte order of the machine. A page begins with its number (8 bytes), padding
 * (2), flags (2), and where its free space begins and ends (2, 2), or, in the first page of a large
 * value, the number of pages (4); then come offsets of nodes (2 each). A node begins with the size
 * of its data (2, 2), flags (2) and the size of its key (2); in a branch the first three are the
 * number of the page below. Pages 0 and 1 hold what describes a snapshot each; the newer counts. */
enum {
    PAGE_HEAD = 16,
    PAGE_FLAGS_AT = 10,
    PAGE_LOWER_AT = 12,
    PAGE_UPPER_AT = 14,
    PAGE_COUNT_AT = 12,
    NODE_HEAD = 8,
    DATABASE_SIZE = 48,
    DATABASE_FLAGS_AT = 4,
    DATABASE_DEPTH_AT = 6,
    DATABASE_ENTRIES_AT = 32,
    DATABASE_ROOT_AT = 40,
    META_VERSION_AT = PAGE_HEAD + 4,
    META_FREE_AT = PAGE_HEAD + 24,
    META_MAIN_AT = META_FREE_AT + DATABASE_SIZE,
    META_LAST_AT = META_MAIN_AT + DATABASE_SIZE,
    META_TRANSACTION_AT = META_LAST_AT + 8,
    META_SIZE = META_TRANSACTION_AT + 8,
    BRANCH = 1,
    LEAF = 2,
    LARGE = 4,
    META = 8,
    KIND = BRANCH | LEAF | LARGE | META | 0x60, /* with kinds that the journal does not use */
    NODE_LARGE = 1,
    NODE_DATABASE = 2, /* of an earlier format */
    INTEGER_KEY = 8,   /* of the free pages: the transaction that freed them */
    KEY_SIZE_MAX = 511,
    DEPTH_MAX = 16,
    PAGE_SIZE_MIN = 512,
    PAGE_SIZE_MAX = 65536,
    DATA_VERSION = 1,
    /* A page of free space is read in pieces, chunks are looked for in pieces. */
    PIECE_SIZE = 1048576,
    /* Of a larger value, which none of ours is, only so much is given out. */
    VALUE_SIZE = JOURNAL_STATE_SIZE,
};

#define MAGIC   UINT32_C(0xBEEFC0DE)
#define NO_PAGE UINT64_MAX

/* The values that a walk gives out. */
typedef struct {
    text_t only; /* the one under this key; of size 0: all */
    journal_disk_chunk_fn *take;
    void *argument;
    bool ended;  /* nothing more is wanted */
    char *value; /* VALUE_SIZE bytes, for a large one */
} giving_t;

typedef struct {
    giving_t *giving; /* NULL: nothing is given out */
    int file;
    uint64_t size; /* bytes */
    uint32_t page_size;
    uint64_t last;          /* page */
    unsigned char *used;    /* a bit for each page: something leads to it */
    const char *what;       /* is wrong; NULL: nothing yet */
    bool failed;            /* it cannot be read */
    bool other_version;     /* it may be whole, for someone else */
    unsigned level;         /* of the page that is looked at */
    char *pages[DEPTH_MAX]; /* one of each level; NULL until needed */
} walk_t;

static_assert((int)VALUE_SIZE >= (int)JOURNAL_CHUNK_SIZE, "a chunk is given out whole");

/* What a tree is of. */
typedef enum { TREE_FREE, TREE_MAIN } tree_t;

/* Of one tree that is walked through. */
typedef struct {
    tree_t tree;
    unsigned depth;   /* that each leaf has */
    uint64_t entries; /* of leaves */
    /* All keys to come are greater than this one, or may be equal if it is that of a branch. */
    char key[KEY_SIZE_MAX];
    size_t key_size;
    bool may_equal;
} count_t;

static uint16_t get_16(const char *from)
{
    uint16_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static uint32_t get_32(const char *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static uint64_t get_64(const char *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static bool refuse(walk_t *walk, const char *what)
{
    walk->what = what;
    return false;
}

/* Reads exactly so many bytes. */
static bool read_at(walk_t *walk, uint64_t offset, void *out, size_t size)
{
    if (offset > walk->size || size > walk->size - offset) {
        return refuse(walk, "it is cut off");
    }
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(walk->file, (char *)out + done, size - done, (off_t)(offset + done));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            walk->failed = got < 0;
            return refuse(walk, "it is cut off");
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool use_page(walk_t *walk, uint64_t page)
{
    if (page < 2 || page > walk->last) {
        return refuse(walk, "it leads to a page that is not there");
    }
    unsigned char bit = (unsigned char)(1U << page % 8);
    if ((walk->used[page / 8] & bit) != 0) {
        return refuse(walk, "two ways lead to one page");
    }
    walk->used[page / 8] |= bit;
    return true;
}

/* The pages of a large value. */
static bool use_large(walk_t *walk, uint64_t page, uint64_t size)
{
    char head[PAGE_HEAD];
    uint64_t count = (PAGE_HEAD - 1 + size) / walk->page_size + 1;
    if (!read_at(walk, page * walk->page_size, head, sizeof head)) {
        return false;
    }
    if (get_64(head) != page || (get_16(head + PAGE_FLAGS_AT) & KIND) != LARGE ||
        get_32(head + PAGE_COUNT_AT) != count) {
        return refuse(walk, "a page of a large value is none");
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!use_page(walk, page + i)) {
            return false;
        }
    }
    return true;
}

/* Numbers of free pages: their count, and so many, each smaller than the one before. */
static bool use_free(walk_t *walk, const char *data, uint64_t size)
{
    uint64_t count = size >= 8 ? get_64(data) : 0;
    if (size < 8 || count > (size - 8) / 8) {
        return refuse(walk, "a list of free pages is none");
    }
    uint64_t before = NO_PAGE;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t page = get_64(data + 8 + 8 * i);
        if (page >= before || !use_page(walk, page)) {
            return refuse(walk, "a list of free pages is none");
        }
        before = page;
    }
    return true;
}

static bool use_large_free(walk_t *walk, uint64_t page, uint64_t size)
{
    if (size > walk->size) {
        return refuse(walk, "a list of free pages is none");
    }
    char *data = memory_new(size + 1);
    bool good =
        read_at(walk, page * walk->page_size + PAGE_HEAD, data, size) && use_free(walk, data, size);
    free(data);
    return good;
}

/* LMDB finds a key by the order of keys alone. */
static int compare_keys(const count_t *count, const char *key, size_t size)
{
    if (count->tree == TREE_FREE) {
        uint64_t before = get_64(count->key);
        uint64_t number = get_64(key);
        return number < before ? -1 : number > before;
    }
    int result = memcmp(key, count->key, size < count->key_size ? size : count->key_size);
    return result != 0 ? result : (size > count->key_size) - (size < count->key_size);
}

static bool use_key(walk_t *walk, count_t *count, const char *key, size_t size, bool of_branch)
{
    if (size == 0 || size > KEY_SIZE_MAX ||
        (count->tree == TREE_FREE && size != sizeof(uint64_t))) {
        return refuse(walk, "a key is none");
    }
    int result = count->key_size == 0 ? 1 : compare_keys(count, key, size);
    if (result < 0 || (result == 0 && !count->may_equal)) {
        return refuse(walk, "its keys are not in their order");
    }
    memcpy(count->key, key, size);
    count->key_size = size;
    count->may_equal = of_branch;
    return true;
}

static bool refuse_version(walk_t *walk, const char *what)
{
    walk->other_version = true;
    return refuse(walk, what);
}

static bool is_wanted(const walk_t *walk, const count_t *count, text_t key)
{
    const giving_t *giving = walk->giving;
    return giving != NULL && count->tree == TREE_MAIN && !giving->ended &&
           (giving->only.size == 0 || text_equal(key, giving->only));
}

static void give(walk_t *walk, text_t key, text_t value)
{
    giving_t *giving = walk->giving;
    giving->ended = !giving->take(giving->argument, key, value);
}

static bool give_large(walk_t *walk, text_t key, uint64_t page, uint64_t size)
{
    text_t value = {.data = walk->giving->value, .size = size < VALUE_SIZE ? size : VALUE_SIZE};
    if (!read_at(walk, page * walk->page_size + PAGE_HEAD, walk->giving->value, value.size)) {
        return false;
    }
    give(walk, key, value);
    return true;
}

/* Before 0.2.0 was released, chunks and state had a database each. */
static bool refuse_database(walk_t *walk, const count_t *count, text_t key, uint64_t size)
{
    bool earlier = count->tree == TREE_MAIN && size == DATABASE_SIZE &&
                   (text_equal(key, TEXT("chunks")) || text_equal(key, TEXT("state")));
    return earlier ? refuse_version(walk, "it is of an earlier format of journals")
                   : refuse(walk, "a node is none");
}

/* A node of a leaf, which has `room` bytes. */
static bool use_leaf_node(walk_t *walk, const char *node, size_t room, count_t *count)
{
    tree_t tree = count->tree;
    uint64_t size = get_16(node) | (uint64_t)get_16(node + 2) << 16;
    uint16_t flags = get_16(node + 4);
    size_t key_size = get_16(node + 6);
    bool large = flags == NODE_LARGE;
    if ((flags & ~(NODE_LARGE | NODE_DATABASE)) != 0 || key_size > room - NODE_HEAD ||
        (large ? 8 : size) > room - NODE_HEAD - key_size) {
        return refuse(walk, "a node is none");
    }
    text_t key = {.data = node + NODE_HEAD, .size = key_size};
    const char *data = node + NODE_HEAD + key_size;
    if (!use_key(walk, count, key.data, key.size, false)) {
        return false;
    }
    if ((flags & NODE_DATABASE) != 0) {
        return refuse_database(walk, count, key, size);
    }
    if (large) {
        uint64_t page = get_64(data);
        return page <= walk->last && use_large(walk, page, size) &&
               (tree != TREE_FREE || use_large_free(walk, page, size)) &&
               (!is_wanted(walk, count, key) || give_large(walk, key, page, size));
    }
    if (is_wanted(walk, count, key)) {
        give(walk, key, (text_t){.data = data, .size = size});
    }
    return tree != TREE_FREE || use_free(walk, data, size);
}

static bool walk_page(walk_t *walk, uint64_t page, unsigned depth, count_t *count);

/* A node of a branch, and what is below it. No one looks at the key of the first. */
static bool use_branch_node(walk_t *walk, text_t node, bool first, unsigned depth, count_t *count)
{
    const char *at = node.data;
    uint64_t below = get_16(at) | (uint64_t)get_16(at + 2) << 16 | (uint64_t)get_16(at + 4) << 32;
    size_t key_size = get_16(at + 6);
    return key_size <= node.size - NODE_HEAD &&
           (first || use_key(walk, count, at + NODE_HEAD, key_size, true)) &&
           walk_page(walk, below, depth + 1, count);
}

/* The nodes of a page, which has its head checked. */
static bool walk_nodes(walk_t *walk, const char *bytes, unsigned depth, count_t *count)
{
    size_t lower = get_16(bytes + PAGE_LOWER_AT);
    size_t upper = get_16(bytes + PAGE_UPPER_AT);
    bool branch = (get_16(bytes + PAGE_FLAGS_AT) & KIND) == BRANCH;
    if (lower < PAGE_HEAD || lower % 2 != 0 || lower > upper || upper > walk->page_size) {
        return refuse(walk, "a page has no free space");
    }
    size_t node_count = (lower - PAGE_HEAD) / 2;
    if (node_count < (branch && count->tree != TREE_FREE ? 2 : 1)) {
        return refuse(walk, "a page has too few nodes");
    }
    for (size_t i = 0; i < node_count; i++) {
        size_t at = get_16(bytes + PAGE_HEAD + 2 * i);
        if (at < upper || at > walk->page_size - NODE_HEAD) {
            return refuse(walk, "a node is not in its page");
        }
        const char *node = bytes + at;
        size_t room = walk->page_size - at;
        if (branch
                ? !use_branch_node(walk, (text_t){.data = node, .size = room}, i == 0, depth, count)
                : !use_leaf_node(walk, node, room, count)) {
            return refuse(walk, walk->what != NULL ? walk->what : "a node is none");
        }
    }
    count->entries += branch ? 0 : node_count;
    return true;
}

static bool read_page(walk_t *walk, uint64_t page, unsigned depth, const count_t *count,
                      const char *bytes)
{
    uint16_t kind = get_16(bytes + PAGE_FLAGS_AT) & KIND;
    if (get_64(bytes) != page || (kind != BRANCH && kind != LEAF)) {
        return refuse(walk, "a page of a tree is none");
    }
    if ((kind == LEAF) != (depth == count->depth)) {
        return refuse(walk, "a tree has another depth than it says");
    }
    return true;
}

static bool walk_page(walk_t *walk, uint64_t page, unsigned depth, count_t *count)
{
    if (walk->level == DEPTH_MAX) {
        return refuse(walk, "a tree is too deep");
    }
    char **bytes = &walk->pages[walk->level];
    if (*bytes == NULL) {
        *bytes = memory_new(walk->page_size);
    }
    walk->level++;
    bool good =
        use_page(walk, page) && read_at(walk, page * walk->page_size, *bytes, walk->page_size) &&
        read_page(walk, page, depth, count, *bytes) && walk_nodes(walk, *bytes, depth, count);
    walk->level--;
    return good;
}

static bool walk_tree(walk_t *walk, const char *database, tree_t tree)
{
    count_t count = {.tree = tree, .depth = get_16(database + DATABASE_DEPTH_AT)};
    uint64_t root = get_64(database + DATABASE_ROOT_AT);
    uint64_t entries = get_64(database + DATABASE_ENTRIES_AT);
    if (get_16(database + DATABASE_FLAGS_AT) != (tree == TREE_FREE ? INTEGER_KEY : 0)) {
        return refuse(walk, "a database has another order");
    }
    bool good = root == NO_PAGE ? count.depth == 0 : walk_page(walk, root, 1, &count);
    if (!good || count.entries != entries || (tree == TREE_MAIN && entries == 0)) {
        return refuse(walk, walk->what != NULL ? walk->what : "a database has other entries");
    }
    return true;
}

/* One of the two pages that describe a snapshot. */
static bool read_meta(walk_t *walk, uint64_t offset, char *meta)
{
    if (!read_at(walk, offset, meta, META_SIZE)) {
        return false;
    }
    if ((get_16(meta + PAGE_FLAGS_AT) & KIND) != META || get_32(meta + PAGE_HEAD) != MAGIC) {
        return refuse(walk, "it is no file of LMDB");
    }
    return get_32(meta + META_VERSION_AT) == DATA_VERSION ||
           refuse_version(walk, "it is of another version of LMDB");
}

/* That of the newest snapshot, which LMDB goes by. */
static bool read_newest(walk_t *walk, char *meta)
{
    char other[META_SIZE];
    if (!read_meta(walk, 0, meta)) {
        return false;
    }
    uint32_t page_size = get_32(meta + META_FREE_AT);
    if (page_size < PAGE_SIZE_MIN || page_size > PAGE_SIZE_MAX ||
        (page_size & (page_size - 1)) != 0) {
        return refuse(walk, "its pages have no size");
    }
    walk->page_size = page_size;
    if (!read_meta(walk, page_size, other)) {
        return false;
    }
    if (get_32(other + META_FREE_AT) != page_size) {
        return refuse(walk, "its pages have two sizes");
    }
    uint64_t even = get_64(meta + META_TRANSACTION_AT);
    uint64_t odd = get_64(other + META_TRANSACTION_AT);
    if (even % 2 != 0 || (odd != even + 1 && odd + 1 != even)) {
        return refuse(walk, "its two snapshots do not follow each other");
    }
    if (odd > even) {
        memcpy(meta, other, sizeof other);
    }
    return true;
}

static bool walk_file(walk_t *walk)
{
    char meta[META_SIZE];
    if (!read_newest(walk, meta)) {
        return false;
    }
    walk->last = get_64(meta + META_LAST_AT);
    if (walk->last < 1 || walk->last >= walk->size / walk->page_size) {
        return refuse(walk, "it is cut off");
    }
    walk->used = memory_new(walk->last / 8 + 1);
    return walk_tree(walk, meta + META_MAIN_AT, TREE_MAIN) &&
           walk_tree(walk, meta + META_FREE_AT, TREE_FREE);
}

static void end_walk(walk_t *walk)
{
    int error = errno;
    for (size_t i = 0; i < DEPTH_MAX; i++) {
        free(walk->pages[i]);
    }
    free(walk->used);
    close(walk->file);
    errno = error;
}

/* Opens the file; its size is then known. */
static status_t begin_walk(const char *path, walk_t *walk)
{
    struct stat state;
    *walk = (walk_t){0};
    status_t status = files_open_plain(path, &walk->file, &state);
    if (status == STATUS_OK) {
        walk->size = (uint64_t)state.st_size;
    }
    return status;
}

/* A meta page of a file that has nothing yet, or zeros. */
static bool is_first_meta(const char *page)
{
    static const char zeros[META_SIZE];
    bool is_meta =
        (get_16(page + PAGE_FLAGS_AT) & KIND) == META && get_32(page + PAGE_HEAD) == MAGIC;
    return is_meta ? get_64(page + META_TRANSACTION_AT) == 0 && get_64(page + META_LAST_AT) == 1
                   : memcmp(page, zeros, sizeof zeros) == 0;
}

/* The first transaction puts a state on the third page, before its meta page says so: that of a
 * new member, which has no chunks. */
static bool was_never_made(walk_t *walk)
{
    enum { FIRST_PAGES = 3 };
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
    if (walk->size > FIRST_PAGES * page_size || walk->size % page_size != 0) {
        return false;
    }
    char *bytes = memory_new(FIRST_PAGES * page_size); /* zeros */
    bool unmade =
        read_at(walk, 0, bytes, walk->size) && is_first_meta(bytes) &&
        is_first_meta(bytes + page_size) &&
        memmem(bytes, walk->size, JOURNAL_CHUNK_MAGIC, sizeof JOURNAL_CHUNK_MAGIC - 1) == NULL;
    free(bytes);
    return unmade;
}

static status_t walk_path(const char *path, giving_t *giving, const char **ret_what)
{
    walk_t walk;
    status_t status = begin_walk(path, &walk);
    if (status != STATUS_OK) {
        return status;
    }
    walk.giving = giving;
    if (was_never_made(&walk)) {
        status = STATUS_NOT_FOUND;
    } else if (!walk_file(&walk)) {
        *ret_what = walk.what;
        status = walk.other_version ? STATUS_VERSION : walk.failed ? STATUS_SYSTEM : STATUS_DAMAGED;
    }
    end_walk(&walk);
    return status;
}

status_t journal_pages_check(const char *path, const char **ret_what)
{
    return walk_path(path, NULL, ret_what);
}

status_t journal_pages_each(const char *path, text_t only, journal_disk_chunk_fn *each,
                            void *argument, const char **ret_what)
{
    giving_t giving = {
        .only = only, .take = each, .argument = argument, .value = memory_new(VALUE_SIZE)};
    status_t status = walk_path(path, &giving, ret_what);
    int error = errno;
    free(giving.value);
    errno = error;
    return status;
}

/* A chunk that was found. */
typedef struct {
    unsigned char key[JOURNAL_CHUNK_KEY_SIZE];
    uint64_t offset;
    size_t size;
} found_t;

typedef struct {
    walk_t walk;
    journal_chunk_reader_t *reader;
    char *chunk; /* JOURNAL_CHUNK_SIZE bytes */
    found_t *found;
    size_t count;
} salvage_t;

/* Notes the chunk at `offset`, if there is one. */
static void look_at(salvage_t *self, uint64_t offset)
{
    journal_chunk_name_t name;
    char head[JOURNAL_CHUNK_HEADER_SIZE];
    text_t chunk = {.data = self->chunk};
    if (!read_at(&self->walk, offset, head, sizeof head) ||
        !journal_chunk_size((text_t){.data = head, .size = sizeof head}, &chunk.size) ||
        !read_at(&self->walk, offset, self->chunk, chunk.size) ||
        journal_chunk_open(self->reader, chunk, &name) != STATUS_OK) {
        return;
    }
    self->found = memory_resize(self->found, (self->count + 1) * sizeof *self->found);
    found_t *found = &self->found[self->count++];
    *found = (found_t){.offset = offset, .size = chunk.size};
    journal_chunk_write_key(&name, found->key);
}

/* Looks for chunks in a piece of the file, and a little beyond it. */
static void look_through(salvage_t *self, uint64_t offset, const char *piece, size_t size)
{
    const char *at = piece;
    const char *end = piece + size;
    while (at < end && (at = memmem(at, (size_t)(end - at), JOURNAL_CHUNK_MAGIC,
                                    sizeof JOURNAL_CHUNK_MAGIC - 1)) != NULL) {
        uint64_t found = offset + (uint64_t)(at - piece);
        if (found >= JOURNAL_CHUNK_MAGIC_AT) {
            look_at(self, found - JOURNAL_CHUNK_MAGIC_AT);
        }
        at++;
    }
}

static bool look_everywhere(salvage_t *self)
{
    enum { BEYOND = sizeof JOURNAL_CHUNK_MAGIC - 2 };
    char *piece = memory_new(PIECE_SIZE + BEYOND);
    bool good = true;
    for (uint64_t offset = 0; good && offset < self->walk.size; offset += PIECE_SIZE) {
        uint64_t left = self->walk.size - offset;
        size_t size = left < PIECE_SIZE + BEYOND ? (size_t)left : PIECE_SIZE + BEYOND;
        good = read_at(&self->walk, offset, piece, size);
        if (good) {
            look_through(self, offset, piece, size);
        }
    }
    free(piece);
    return good;
}

static int compare_found(const void *one, const void *other)
{
    return memcmp(((const found_t *)one)->key, ((const found_t *)other)->key,
                  JOURNAL_CHUNK_KEY_SIZE);
}

static void take_found(salvage_t *self, journal_recovery_t *recovery)
{
    for (size_t i = 0; i < self->count; i++) {
        const found_t *found = &self->found[i];
        text_t key = {.data = (const char *)found->key, .size = sizeof found->key};
        text_t chunk = {.data = self->chunk, .size = found->size};
        bool again = i > 0 && memcmp(found->key, self->found[i - 1].key, sizeof found->key) == 0;
        if (!again && read_at(&self->walk, found->offset, self->chunk, found->size)) {
            status_t status = journal_recovery_take(recovery, key, chunk);
            (void)status; /* it counts what is damaged */
        }
    }
}

status_t journal_pages_salvage(const char *path, journal_recovery_t *recovery)
{
    salvage_t self = {0};
    status_t status = begin_walk(path, &self.walk);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    self.reader = journal_chunk_reader_new();
    self.chunk = memory_new(JOURNAL_CHUNK_SIZE);
    if (look_everywhere(&self)) {
        if (self.count > 0) {
            qsort(self.found, self.count, sizeof *self.found, compare_found);
        }
        take_found(&self, recovery);
    } else {
        status = STATUS_SYSTEM;
    }
    free(self.found);
    free(self.chunk);
    journal_chunk_reader_destroy(&self.reader);
    end_walk(&self.walk);
    return status;
}
