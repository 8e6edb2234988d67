/* endpoint.h - "tcp://host:port" and "ipc://path", taken apart.
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_COMMON_SOCKETS_ENDPOINT_H
#define HERD_COMMON_SOCKETS_ENDPOINT_H

#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/sockets/address.h"

enum { ENDPOINT_PATH_SIZE = 4096 }; /* of a path without links, and its zero (PATH_MAX) */

typedef enum { ENDPOINT_TCP, ENDPOINT_IPC } endpoint_kind_t;

/* Open value struct. */
typedef struct {
    endpoint_kind_t kind;
    address_t address;                  /* tcp; of ipc: empty, port 0 */
    char path[LIMIT_IPC_PATH_SIZE + 1]; /* ipc; of tcp: "" */
} endpoint_t;

/* Parses e.g. "tcp://127.0.0.1:11490", "tcp://[::1]:11490", "ipc:///run/herd/Goloman"; the host "*"
 * means every address of the machine.
 * STATUS_INVALID: another form. STATUS_OUT_OF_RANGE: the port. STATUS_TOO_LONG: host or path. */
status_t endpoint_parse(const char *text, endpoint_t *ret_endpoint) STATUS_MUST_USE;

/* Writes the path of an ipc endpoint as the kernel would find it: without links, "." and ".." in
 * its folders, as far as these exist. What is at the path itself is not looked at: binding replaces
 * it. Cut if it is too long. */
void endpoint_real_path(const endpoint_t *self, char out[ENDPOINT_PATH_SIZE]);

/* Whether two ipc endpoints are one socket, however their paths are spelt. */
bool endpoint_same_path(const endpoint_t *one, const endpoint_t *other);

/* Whether two texts are one endpoint, however they are spelt; texts that are none, if they are
 * equal. */
bool endpoint_same(text_t one, const char *other);

/* Writes what an endpoint is, however it was spelt, for comparing: "/run/herd/Goloman.requests",
 * "tcp/::ffff:127.0.0.1/11490". */
void endpoint_write(const endpoint_t *self, char out[ENDPOINT_PATH_SIZE]);

#endif
