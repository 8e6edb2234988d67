#include "node/places/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static status_t take_key(text_t text, places_key_t *ret_self)
{
    if (text.size > LIMIT_KEY_SIZE) {
        return STATUS_TOO_LONG;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return STATUS_INVALID;
        }
    }
    if (text.size == 0) {
        return STATUS_INVALID;
    }
    memcpy(ret_self->data, text.data, text.size);
    ret_self->size = text.size;
    return STATUS_OK;
}

status_t places_key_from_variable(const char *name, places_key_t *ret_self)
{
    const char *value = getenv(name);
    return value != NULL ? take_key(text_of(value), ret_self) : STATUS_NOT_FOUND;
}

static status_t check_owner(int file)
{
    struct stat state;
    if (fstat(file, &state) != 0) {
        return STATUS_SYSTEM;
    }
    bool ours = state.st_uid == geteuid() || state.st_uid == 0;
    bool closed = (state.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    return S_ISREG(state.st_mode) && ours && closed ? STATUS_OK : STATUS_OUT_OF_RANGE;
}

static status_t read_key(int file, places_key_t *ret_self)
{
    char data[LIMIT_KEY_SIZE + 3]; /* CR, LF, and one that is too many */
    ssize_t size = read(file, data, sizeof data);
    if (size < 0) {
        return STATUS_SYSTEM;
    }
    text_t text = {.data = data, .size = (size_t)size};
    while (text.size > 0 && (text_is_space(data[text.size - 1]) || data[text.size - 1] == '\n')) {
        text.size--;
    }
    status_t status = take_key(text, ret_self);
    explicit_bzero(data, sizeof data);
    return status;
}

status_t places_key_from_file(const char *path, places_key_t *ret_self)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return STATUS_SYSTEM;
    }
    status_t status = check_owner(file);
    if (status == STATUS_OK) {
        status = read_key(file, ret_self);
    }
    int error = errno;
    close(file);
    errno = error;
    return status;
}

void places_key_done(places_key_t *self)
{
    explicit_bzero(self, sizeof *self);
}
