/* key.h - the key by which a provider knows us: from an environment variable or a file, never from
 * the herd file.
 *
 * Owner: the caller's storage. Threads: any, as long as none changes the environment. A key is
 * never logged; places_key_done overwrites it.
 */
#ifndef HERD_NODE_PLACES_KEY_H
#define HERD_NODE_PLACES_KEY_H

#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/config/config.h"

#include <stddef.h>

/* Open value struct; zeros: no key. */
typedef struct {
    char data[LIMIT_KEY_SIZE]; /* printable ASCII without spaces: part of a header or URL */
    size_t size;               /* 1 .. LIMIT_KEY_SIZE; 0: none */
} places_key_t;

/* The value of an environment variable. STATUS_NOT_FOUND if it is not set, STATUS_TOO_LONG or
 * STATUS_INVALID if its value is not a key. */
status_t places_key_from_variable(const char *name, places_key_t *ret_self) STATUS_MUST_USE;

/* The content of a file, without white space at its end. STATUS_OUT_OF_RANGE unless it is a plain
 * file that is guarded as secret.h asks.
 * STATUS_SYSTEM (errno set) if it cannot be read, STATUS_INVALID if it does not hold a key,
 * STATUS_TOO_LONG if it has more than LIMIT_KEY_SIZE + 2 bytes, or a key over LIMIT_KEY_SIZE. */
status_t places_key_from_file(const char *path, places_key_t *ret_self) STATUS_MUST_USE;

/* From the variable that the settings name, or the file; without either, STATUS_OK and no key. */
status_t places_key_from_settings(const config_provider_t *settings,
                                  places_key_t *ret_self) STATUS_MUST_USE;

/* Why a key cannot be used, as the log puts it: the three above returned `status`, errno as they
 * left it. A constant, or written to `out`. */
const char *places_key_trouble(status_t status, char *out, size_t out_size);

/* Bytes of places_key_source, with the zero. */
enum { PLACES_KEY_SOURCE_SIZE = 512 };

/* Where the key is read from: "the file /etc/herd/places.key". Writes to `out`; returns it. */
const char *places_key_source(const config_provider_t *settings, char *out);

/* Overwrites the key. */
void places_key_done(places_key_t *self);

static inline text_t places_key_text(const places_key_t *self)
{
    return (text_t){.data = self->data, .size = self->size};
}

#endif
