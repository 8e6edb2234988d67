/* endpoint.h - "tcp://host:port" and "ipc://path", taken apart.
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_COMMON_SOCKETS_ENDPOINT_H
#define HERD_COMMON_SOCKETS_ENDPOINT_H

#include "common/base/limits.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum { ENDPOINT_TCP, ENDPOINT_IPC } endpoint_kind_t;

enum { ENDPOINT_HOST_SIZE = 255 }; /* a DNS name's most octets (RFC 1035 section 2.3.4) */

/* Open value struct. */
typedef struct {
    endpoint_kind_t kind;
    char host[ENDPOINT_HOST_SIZE +
              1];  /* tcp: name, IPv4, IPv6 without brackets, or "*" for all; "" for ipc */
    uint16_t port; /* tcp: 1 .. 65535 */
    char path[LIMIT_IPC_PATH_SIZE + 1]; /* ipc: "" for tcp */
} endpoint_t;

/* Parses e.g. "tcp://127.0.0.1:11490", "tcp://[::1]:11490", "ipc:///run/herd/Goloman"; "*" as the
 * host means every address of the machine.
 * STATUS_INVALID for any other form, STATUS_OUT_OF_RANGE for a port, STATUS_TOO_LONG for a host or path. */
status_t endpoint_parse(const char *text, endpoint_t *ret_endpoint) STATUS_MUST_USE;

/* Whether the host is an IPv4 or IPv6 address, neither a name nor "*": what ZeroMQ can both bind and
 * connect to. */
bool endpoint_is_numeric(const endpoint_t *self);

#endif
