#include "common/sockets/endpoint.h"

#include "common/base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool endpoint_starts(text_t text, text_t prefix)
{
    return text_equal(text_first(text, prefix.size), prefix);
}

/* "/run/herd/Goloman.requests". ZeroMQ gives "*" and "@" at the beginning meanings of its own, of
 * no use to a herd. */
static status_t endpoint_parse_ipc(text_t text, endpoint_t *endpoint)
{
    if (text.size == 0 || text.data[0] == '*' || text.data[0] == '@') {
        return STATUS_INVALID;
    }
    if (text.size > LIMIT_IPC_PATH_SIZE) {
        return STATUS_TOO_LONG;
    }
    memcpy(endpoint->path, text.data, text.size);
    return STATUS_OK;
}

status_t endpoint_parse(const char *text, endpoint_t *ret_endpoint)
{
    text_t rest = text_of(text);
    endpoint_t endpoint = {.kind = ENDPOINT_TCP};
    status_t status = STATUS_INVALID;
    if (endpoint_starts(rest, TEXT("tcp://"))) {
        status = address_parse(text_after(rest, 6), &endpoint.address);
    } else if (endpoint_starts(rest, TEXT("ipc://"))) {
        endpoint.kind = ENDPOINT_IPC;
        status = endpoint_parse_ipc(text_after(rest, 6), &endpoint);
    }
    if (status == STATUS_OK) {
        *ret_endpoint = endpoint;
    }
    return status;
}

/* Appends "/name" to a path without links. "." and empty names change nothing, ".." takes one
 * off. */
static void append_name(char path[ENDPOINT_PATH_SIZE], text_t name)
{
    size_t size = strlen(path);
    if (name.size == 0 || text_equal(name, TEXT("."))) {
        return;
    }
    if (text_equal(name, TEXT(".."))) {
        char *slash = strrchr(path, '/');
        path[slash != NULL ? (size_t)(slash - path) : 0] = '\0';
        return;
    }
    snprintf(path + size, ENDPOINT_PATH_SIZE - size, "/%.*s", (int)name.size, name.data);
}

/* Each folder that exists is replaced by what it really is; below one that does not exist there is
 * nothing to replace. */
void endpoint_real_path(const endpoint_t *self, char out[ENDPOINT_PATH_SIZE])
{
    text_t rest = text_of(self->path);
    text_t name;
    out[0] = '\0';
    while (text_take_until(&rest, '/', &name)) {
        append_name(out, name);
        char *real = rest.size > 0 ? realpath(out, NULL) : NULL;
        if (real != NULL) {
            snprintf(out, ENDPOINT_PATH_SIZE, "%s", strcmp(real, "/") != 0 ? real : "");
        }
        free(real);
    }
}

bool endpoint_same_path(const endpoint_t *one, const endpoint_t *other)
{
    char first[ENDPOINT_PATH_SIZE];
    char second[ENDPOINT_PATH_SIZE];
    endpoint_real_path(one, first);
    endpoint_real_path(other, second);
    return strcmp(first, second) == 0;
}

void endpoint_write(const endpoint_t *self, char out[ENDPOINT_PATH_SIZE])
{
    address_point_t points[ADDRESS_POINTS_MAX];
    char number[INET6_ADDRSTRLEN] = "";
    if (self->kind == ENDPOINT_IPC) {
        endpoint_real_path(self, out);
        return;
    }
    bool known = address_points(&self->address, points) > 0 &&
                 inet_ntop(AF_INET6, &points[0].number, number, sizeof number) != NULL;
    snprintf(out, ENDPOINT_PATH_SIZE, "tcp/%s/%u", known ? number : self->address.host,
             (unsigned)self->address.port);
}

bool endpoint_same(text_t one, const char *other)
{
    char text[sizeof "tcp://[]:65535" + ADDRESS_HOST_SIZE + LIMIT_IPC_PATH_SIZE];
    endpoint_t endpoints[2];
    char written[2][ENDPOINT_PATH_SIZE];
    if (text_equal(one, text_of(other)) || one.size >= sizeof text) {
        return text_equal(one, text_of(other));
    }
    *text_copy(one, text) = '\0';
    if (strlen(text) != one.size || endpoint_parse(text, &endpoints[0]) != STATUS_OK ||
        endpoint_parse(other, &endpoints[1]) != STATUS_OK) {
        return false;
    }
    endpoint_write(&endpoints[0], written[0]);
    endpoint_write(&endpoints[1], written[1]);
    return strcmp(written[0], written[1]) == 0;
}
