/* ephemeral.h - ports that the kernel of this machine gives to connections by itself (ip(7)).
 *
 * One that connects to a member that is down can be given that member's very port, connect to
 * itself and keep it taken.
 * Owner: values. Threads: any.
 */
#ifndef HERD_COMMON_CONFIG_EPHEMERAL_H
#define HERD_COMMON_CONFIG_EPHEMERAL_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    EPHEMERAL_FIRST = 32768,        /* Linux's default, which other machines of the herd have */
    EPHEMERAL_RESERVED_SIZE = 4096, /* bytes of the list of exceptions; more of it is not read */
};

/* Open value struct. */
typedef struct {
    uint16_t first; /* ip_local_port_range */
    uint16_t last;
    char reserved[EPHEMERAL_RESERVED_SIZE]; /* ip_local_reserved_ports: "8080,9148-9150" */
    size_t reserved_size;
} ephemeral_t;

/* Reads what the kernel says; Linux's default range if it says nothing. */
void ephemeral_read(ephemeral_t *self);

/* The same from these two texts. */
void ephemeral_parse(ephemeral_t *self, text_t range, text_t reserved);

/* Whether this machine may give the port to a connection. */
bool ephemeral_has(const ephemeral_t *self, uint16_t port);

#endif
