/* key.h - the key by which a provider knows us: from an environment variable or a file, never from the herd file.
 *
 * Owner: the caller's storage. Threads: any, while nobody changes the environment. It is never logged; places_key_done
 * overwrites it.
 */
#ifndef HERD_NODE_PLACES_KEY_H
#define HERD_NODE_PLACES_KEY_H

#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/base/text.h"

#include <stddef.h>

/* Open value struct; start with places_key_from_... */
typedef struct {
    char data
        [LIMIT_KEY_SIZE]; /* printable ASCII without spaces: it becomes part of a header or URL */
    size_t size;          /* 1 .. LIMIT_KEY_SIZE; 0: none */
} places_key_t;

/* The value of an environment variable. STATUS_NOT_FOUND where it is not set, STATUS_TOO_LONG or STATUS_INVALID where
 * it is no key. */
status_t places_key_from_variable(const char *name, places_key_t *ret_self) STATUS_MUST_USE;

/* The content of a file, less white space at its end. The file must be a plain one that neither its group nor others may read or
 * write, and belong to us or to root: else STATUS_OUT_OF_RANGE. STATUS_SYSTEM (errno set) where it cannot be read;
 * STATUS_TOO_LONG or STATUS_INVALID where it holds no key. */
status_t places_key_from_file(const char *path, places_key_t *ret_self) STATUS_MUST_USE;

void places_key_done(places_key_t *self);

static inline text_t places_key_text(const places_key_t *self)
{
    return (text_t){.data = self->data, .size = self->size};
}

#endif
