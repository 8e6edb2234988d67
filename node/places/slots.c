#include "node/places/slots.h"

#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    HOST_SIZE = 256,  /* of a file's name, with the zero */
    BOOT_SIZE = 64,   /* of the name of this run of the machine */
    PAUSE_SIZE = 128, /* of the content of the file of the pause */
};

struct places_slots {
    char *prefix; /* of all files: "FOLDER/places-HOST-PORT" */
    size_t count;
    int files[PLACES_SLOTS_MAX]; /* locked; -1: not ours */
};

/* ---- names ---- */

/* "overpass-api.de-443" of "https://Overpass-API.de/x": a name is one however it is spelled. */
static void write_host(const char *base_url, char out[HOST_SIZE])
{
    text_t rest = text_of(base_url);
    const text_t secure = TEXT("https://");
    bool is_secure = text_equal(text_first(rest, secure.size), secure);
    rest = text_after(rest, is_secure ? secure.size : sizeof "http://" - 1);
    text_t authority = {0};
    (void)text_take_until(&rest, '/', &authority);
    const char *colon = memrchr(authority.data, ':', authority.size);
    const char *bracket = memrchr(authority.data, ']', authority.size);
    bool has_port = colon != NULL && (bracket == NULL || colon > bracket);
    size_t size = 0;
    for (size_t i = 0; i < authority.size && size < HOST_SIZE - sizeof "-443"; i++) {
        char byte = authority.data[i];
        if (byte >= 'A' && byte <= 'Z') {
            byte = (char)(byte - 'A' + 'a');
        } else if (has_port && authority.data + i == colon) {
            byte = '-';
        } else if (!text_is_alphanumeric(byte) && byte != '.' && byte != '-') {
            byte = '_';
        }
        out[size++] = byte;
    }
    out[size] = '\0';
    if (!has_port) {
        snprintf(out + size, HOST_SIZE - size, "-%s", is_secure ? "443" : "80");
    }
}

static char *join(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *join(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        abort(); /* memory.h */
    }
    va_end(arguments);
    return text;
}

places_slots_t *places_slots_new(const char *folder, const char *base_url, size_t count)
{
    char host[HOST_SIZE];
    places_slots_t *self = memory_new(sizeof *self);
    assert(count > 0 && count <= PLACES_SLOTS_MAX);
    write_host(base_url, host);
    self->prefix = join("%s/places-%s", folder, host);
    self->count = count;
    for (size_t i = 0; i < PLACES_SLOTS_MAX; i++) {
        self->files[i] = -1;
    }
    return self;
}

void places_slots_destroy(places_slots_t **self_p)
{
    places_slots_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        places_slots_give(self, i);
    }
    free(self->prefix);
    free(self);
    *self_p = NULL;
}

/* ---- slots ---- */

/* Whether the file that was locked still lies under its path: somebody may have removed it, and
 * made a new one. */
static bool is_in_place(int file, const char *path)
{
    struct stat locked;
    struct stat found;
    return fstat(file, &locked) == 0 && stat(path, &found) == 0 && locked.st_dev == found.st_dev &&
           locked.st_ino == found.st_ino;
}

/* STATUS_AGAIN if another has it. */
static status_t lock(const char *path, int *ret_file)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (file < 0) {
        return STATUS_SYSTEM;
    }
    bool locked = flock(file, LOCK_EX | LOCK_NB) == 0;
    if (locked && is_in_place(file, path)) {
        *ret_file = file;
        return STATUS_OK;
    }
    int error = errno;
    close(file);
    errno = error;
    return locked || error == EWOULDBLOCK || error == EINTR ? STATUS_AGAIN : STATUS_SYSTEM;
}

status_t places_slots_take(places_slots_t *self, size_t *ret_slot)
{
    status_t status = STATUS_AGAIN;
    for (size_t i = 0; i < self->count && status == STATUS_AGAIN; i++) {
        if (self->files[i] >= 0) {
            continue; /* ours */
        }
        char *path = join("%s.slot%zu", self->prefix, i);
        status = lock(path, &self->files[i]);
        free(path);
        *ret_slot = i;
    }
    return status;
}

void places_slots_give(places_slots_t *self, size_t slot)
{
    if (self->files[slot] >= 0) {
        close(self->files[slot]); /* which unlocks it */
        self->files[slot] = -1;
    }
}

/* ---- the pause ---- */

/* Steady times mean something within one run of the machine only (random(4)). */
static bool read_boot(char out[BOOT_SIZE])
{
    int file;
    struct stat state;
    size_t size = 0;
    if (files_open_plain("/proc/sys/kernel/random/boot_id", &file, &state) != STATUS_OK) {
        return false;
    }
    bool read = files_read(file, out, BOOT_SIZE - 1, &size) == STATUS_OK;
    close(file);
    while (size > 0 && (out[size - 1] == '\n' || text_is_space(out[size - 1]))) {
        size--;
    }
    out[size] = '\0';
    return read && size > 0;
}

/* Under another name first: a reader sees all of it, or what was there before. */
static status_t write_file(const char *path, text_t text)
{
    char *written = join("%s.%ld", path, (long)getpid());
    int file = open(written, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = file >= 0 && files_write(file, text).size == 0;
    int error = errno;
    if (file >= 0 && close(file) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good && rename(written, path) != 0) {
        good = false;
        error = errno;
    }
    if (!good && file >= 0) {
        (void)unlink(written);
    }
    free(written);
    errno = error;
    return good ? STATUS_OK : STATUS_SYSTEM;
}

status_t places_slots_pause(places_slots_t *self, int64_t until_ns)
{
    char boot[BOOT_SIZE];
    char text[PAUSE_SIZE];
    if (!read_boot(boot)) {
        return STATUS_SYSTEM;
    }
    int size = snprintf(text, sizeof text, "%s %" PRId64 "\n", boot, until_ns);
    char *path = join("%s.pause", self->prefix);
    status_t status = write_file(path, (text_t){.data = text, .size = (size_t)size});
    int error = errno;
    free(path);
    errno = error;
    return status;
}

static size_t read_pause(const places_slots_t *self, char *out, size_t out_size)
{
    int file;
    struct stat state;
    size_t size = 0;
    char *path = join("%s.pause", self->prefix);
    if (files_open_plain(path, &file, &state) == STATUS_OK) {
        size = files_read(file, out, out_size, &size) == STATUS_OK ? size : 0;
        close(file);
    }
    free(path);
    return size;
}

/* 6c4f1f3e-7a35-4f0e-9d3e-0b1f0a8f2d11 81234567890123 */
int64_t places_slots_paused_until(const places_slots_t *self, int64_t now_ns)
{
    char content[PAUSE_SIZE];
    char boot[BOOT_SIZE];
    uint64_t until_ns;
    text_t line;
    text_t name;
    text_t rest = {.data = content, .size = read_pause(self, content, sizeof content)};
    if (!text_take_line(&rest, &line) || !text_take_until(&line, ' ', &name) ||
        !text_to_u64(line, INT64_MAX, &until_ns) || !read_boot(boot) ||
        !text_equal(name, text_of(boot))) {
        return 0;
    }
    int64_t latest_ns = now_ns + LIMIT_RETRY_AFTER_S * TIMESTAMP_NS_PER_S;
    return (int64_t)until_ns <= latest_ns ? (int64_t)until_ns : 0; /* no one waits longer */
}
