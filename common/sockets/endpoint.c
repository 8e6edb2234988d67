#include "common/sockets/endpoint.h"

#include "common/base/text.h"

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
