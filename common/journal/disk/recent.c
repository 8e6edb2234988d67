/* The bytes of the file are in memory too: after a failure LMDB gets from there, once more, what it
 * has not committed. Of what was read at a start, the pages that do not count lie between. */
#include "common/journal/disk/recent.h"

#include "common/base/files.h"
#include "common/base/little_endian.h"
#include "common/base/memory.h"
#include "common/journal/disk/disk_parts.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum {
    PLACE_SIZE = 4096, /* entries begin at its multiples */
    HASH_SIZE = 8,
    MAGIC_AT = 8,
    NUMBER_AT = 12,
    BASE_AT = 16,
    CHUNK_SIZE_AT = 24,
    STATE_SIZE_AT = 28,
    HEADER_SIZE = 32,
};

static const char magic[] = "HJR1";

struct journal_recent {
    char *bytes;    /* JOURNAL_RECENT_SIZE of them; NULL: not needed yet */
    int file;       /* -1: nothing is taken */
    uint64_t base;  /* of the state in data.mdb */
    size_t used;    /* bytes, up to the end of the last entry */
    uint32_t count; /* entries */
    bool damaged;   /* some are missing */
};

journal_recent_t *journal_recent_new(void)
{
    journal_recent_t *self = memory_new(sizeof *self);
    self->file = -1;
    return self;
}

void journal_recent_destroy(journal_recent_t **self_p)
{
    journal_recent_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    journal_recent_close(self);
    free(self->bytes);
    free(self);
    *self_p = NULL;
}

uint64_t journal_recent_base(text_t state)
{
    return XXH3_64bits(state.data, state.size);
}

/* Bytes of the file that an entry takes. */
static size_t room_of(size_t chunk_size, size_t state_size)
{
    size_t size = HEADER_SIZE + chunk_size + state_size;
    return (size + PLACE_SIZE - 1) / PLACE_SIZE * PLACE_SIZE;
}

/* The entry at a place, if one of this base is there whole; its room. */
static bool parse(const journal_recent_t *self, size_t place, size_t end,
                  journal_recent_entry_t *ret_entry, size_t *ret_room)
{
    const char *at = self->bytes + place;
    size_t chunk_size = little_endian_get_32(at + CHUNK_SIZE_AT);
    size_t state_size = little_endian_get_32(at + STATE_SIZE_AT);
    if (memcmp(at + MAGIC_AT, magic, sizeof magic - 1) != 0 ||
        little_endian_get_64(at + BASE_AT) != self->base ||
        chunk_size > JOURNAL_RECENT_CHUNK_SIZE || state_size > JOURNAL_STATE_SIZE ||
        room_of(chunk_size, state_size) > end - place) {
        return false;
    }
    size_t size = HEADER_SIZE + chunk_size + state_size;
    if (little_endian_get_64(at) != XXH3_64bits(at + HASH_SIZE, size - HASH_SIZE)) {
        return false;
    }
    ret_entry->chunk = (text_t){.data = at + HEADER_SIZE, .size = chunk_size};
    ret_entry->state = (text_t){.data = at + HEADER_SIZE + chunk_size, .size = state_size};
    *ret_room = room_of(chunk_size, state_size);
    return true;
}

static bool next_until(const journal_recent_t *self, size_t *place, size_t end,
                       journal_recent_entry_t *ret_entry)
{
    size_t room;
    for (; *place < end; *place += PLACE_SIZE) {
        if (parse(self, *place, end, ret_entry, &room)) {
            *place += room;
            return true;
        }
    }
    return false;
}

bool journal_recent_next(const journal_recent_t *self, size_t *place,
                         journal_recent_entry_t *ret_entry)
{
    return next_until(self, place, self->used, ret_entry);
}

static void make_bytes(journal_recent_t *self)
{
    if (self->bytes == NULL) {
        self->bytes = memory_new(JOURNAL_RECENT_SIZE);
    }
}

/* Finds what counts among the first `size` bytes. */
static void find_entries(journal_recent_t *self, size_t size)
{
    journal_recent_entry_t entry;
    size_t place = 0;
    size_t end = size / PLACE_SIZE * PLACE_SIZE;
    while (next_until(self, &place, end, &entry)) {
        const char *at = entry.chunk.data - HEADER_SIZE;
        uint32_t number = little_endian_get_32(at + NUMBER_AT);
        self->damaged =
            self->damaged || number != self->count || (size_t)(at - self->bytes) != self->used;
        self->count = number + 1;
        self->used = place;
    }
}

status_t journal_recent_read(journal_recent_t *self, const char *folder, uint64_t base)
{
    char path[JOURNAL_DISK_PATH_SIZE];
    struct stat state;
    size_t size = 0;
    int file;
    self->base = base;
    self->used = self->count = 0;
    self->damaged = false;
    journal_disk_path(folder, JOURNAL_RECENT_NAME, path);
    status_t status = files_open_plain(path, &file, &state);
    if (status != STATUS_OK) { /* what is no plain file has no entries */
        return status == STATUS_SYSTEM ? status : STATUS_OK;
    }
    make_bytes(self);
    status = files_read(file, self->bytes, JOURNAL_RECENT_SIZE, &size);
    int error = errno;
    close(file);
    errno = error;
    if (status == STATUS_OK) {
        find_entries(self, size);
    }
    return status;
}

bool journal_recent_is_damaged(const journal_recent_t *self)
{
    return self->damaged;
}

bool journal_recent_is_empty(const journal_recent_t *self)
{
    return self->used == 0;
}

/* Writes all of a new file. */
static bool fill_file(int file, const char *folder)
{
    char *zeros = memory_new(JOURNAL_RECENT_SIZE);
    bool filled = pwrite(file, zeros, JOURNAL_RECENT_SIZE, 0) == JOURNAL_RECENT_SIZE &&
                  ftruncate(file, JOURNAL_RECENT_SIZE) == 0 && fsync(file) == 0 &&
                  journal_disk_sync_folder(folder);
    free(zeros);
    return filled;
}

static void open_file(journal_recent_t *self, const char *folder)
{
    char path[JOURNAL_DISK_PATH_SIZE];
    struct stat state;
    journal_disk_path(folder, JOURNAL_RECENT_NAME, path);
    int file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (file < 0) {
        return;
    }
    if (fstat(file, &state) == 0 && S_ISREG(state.st_mode) &&
        (state.st_size == JOURNAL_RECENT_SIZE || fill_file(file, folder))) {
        make_bytes(self);
        self->file = file;
    } else {
        close(file);
    }
}

void journal_recent_begin(journal_recent_t *self, const char *folder, uint64_t base)
{
    self->base = base;
    self->used = self->count = 0;
    self->damaged = false;
    if (self->file < 0) {
        open_file(self, folder);
    }
}

void journal_recent_compare(journal_recent_t *self, uint64_t base)
{
    if (base != self->base) {
        self->base = base;
        self->used = self->count = 0;
        self->damaged = false;
    }
}

void journal_recent_close(journal_recent_t *self)
{
    if (self->file >= 0) {
        close(self->file);
        self->file = -1;
    }
}

bool journal_recent_has_room(const journal_recent_t *self, size_t chunk_size, size_t state_size)
{
    return self->file >= 0 && chunk_size <= JOURNAL_RECENT_CHUNK_SIZE &&
           room_of(chunk_size, state_size) <= JOURNAL_RECENT_SIZE - self->used;
}

void journal_recent_keep(journal_recent_t *self, text_t chunk)
{
    memcpy(self->bytes + self->used + HEADER_SIZE, chunk.data, chunk.size);
}

int journal_recent_write(journal_recent_t *self, size_t chunk_size, text_t state)
{
    char *at = self->bytes + self->used;
    size_t size = HEADER_SIZE + chunk_size + state.size;
    size_t room = room_of(chunk_size, state.size);
    assert(journal_recent_has_room(self, chunk_size, state.size));
    memcpy(at + MAGIC_AT, magic, sizeof magic - 1);
    little_endian_put_32(at + NUMBER_AT, self->count);
    little_endian_put_64(at + BASE_AT, self->base);
    little_endian_put_32(at + CHUNK_SIZE_AT, (uint32_t)chunk_size);
    little_endian_put_32(at + STATE_SIZE_AT, (uint32_t)state.size);
    memcpy(at + HEADER_SIZE + chunk_size, state.data, state.size);
    memset(at + size, 0, room - size);
    little_endian_put_64(at, XXH3_64bits(at + HASH_SIZE, size - HASH_SIZE));
    errno = EIO; /* of what is written in part */
    if (pwrite(self->file, at, room, (off_t)self->used) != (ssize_t)room ||
        fdatasync(self->file) != 0) {
        int error = errno;
        journal_recent_close(self);
        return error;
    }
    self->used += room;
    self->count++;
    return 0;
}
