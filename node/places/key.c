#include "node/places/key.h"

#include "common/base/files.h"
#include "common/base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static status_t read_key(int file, places_key_t *ret_self)
{
    char data[LIMIT_KEY_SIZE + 3]; /* CR, LF, and one too many: if it is full, the file may go on */
    size_t size;
    if (files_read(file, data, sizeof data, &size) != STATUS_OK) {
        return STATUS_SYSTEM;
    }
    bool is_whole = size < sizeof data;
    while (size > 0 && (text_is_space(data[size - 1]) || data[size - 1] == '\n')) {
        size--;
    }
    status_t status =
        is_whole ? take_key((text_t){.data = data, .size = size}, ret_self) : STATUS_TOO_LONG;
    explicit_bzero(data, sizeof data);
    return status;
}

status_t places_key_from_file(const char *path, places_key_t *ret_self)
{
    int file;
    char problem[SECRET_PROBLEM_SIZE];
    status_t status = secret_open(path, &file, problem);
    if (status != STATUS_OK) {
        return status == STATUS_INVALID || status == STATUS_OUT_OF_RANGE ? STATUS_OUT_OF_RANGE
                                                                         : STATUS_SYSTEM;
    }
    status = read_key(file, ret_self);
    int error = errno;
    close(file);
    errno = error;
    return status;
}

status_t places_key_from_settings(const config_provider_t *settings, places_key_t *ret_self)
{
    if (settings->key_env != NULL) {
        return places_key_from_variable(settings->key_env, ret_self);
    }
    return settings->key_file != NULL ? places_key_from_file(settings->key_file, ret_self)
                                      : STATUS_OK;
}

const char *places_key_trouble(status_t status, char *out, size_t out_size)
{
    switch (status) {
    case STATUS_NOT_FOUND: return "it is not set";
    case STATUS_TOO_LONG: return "it is too long for a key";
    case STATUS_INVALID: return "a key is printable ASCII without spaces";
    case STATUS_OUT_OF_RANGE:
        return "it must be a plain file of ours that neither group nor others may read or write "
               "(chmod 600)";
    default: return strerror_r(errno, out, out_size);
    }
}

const char *places_key_source(const config_provider_t *settings, char *out)
{
    char shown[PLACES_KEY_SOURCE_SIZE - sizeof "the environment variable "];
    bool is_variable = settings->key_env != NULL;
    const char *name = is_variable ? settings->key_env : settings->key_file;
    text_escape(name != NULL ? text_of(name) : (text_t){0}, shown, sizeof shown);
    snprintf(out, PLACES_KEY_SOURCE_SIZE, "the %s %s",
             is_variable ? "environment variable" : "file", shown);
    return out;
}

void places_key_done(places_key_t *self)
{
    explicit_bzero(self, sizeof *self);
}
