/* Any bytes as an endpoint: what is taken prints and parses again to the same; what is refused
 * changes nothing. */
#include "common/base/memory.h"
#include "common/sockets/endpoint.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const endpoint_t *one, const endpoint_t *other)
{
    assert(one->kind == other->kind && strcmp(one->path, other->path) == 0);
    assert(one->address.port == other->address.port);
    assert(strcmp(one->address.host, other->address.host) == 0);
}

/* An address of IPv6 stands in brackets. */
static void print(const endpoint_t *endpoint, char *out, size_t out_size)
{
    const address_t *address = &endpoint->address;
    bool bracketed = strchr(address->host, ':') != NULL;
    if (endpoint->kind == ENDPOINT_IPC) {
        assert(address->host[0] == '\0' && address->port == 0 && endpoint->path[0] != '\0');
        snprintf(out, out_size, "ipc://%s", endpoint->path);
    } else {
        assert(address->host[0] != '\0' && address->port > 0 && endpoint->path[0] == '\0');
        assert(!bracketed || address_is_numeric(address));
        snprintf(out, out_size, bracketed ? "tcp://[%s]:%u" : "tcp://%s:%u", address->host,
                 (unsigned)address->port);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = memory_copy_text((const char *)data, size);
    const endpoint_t before = {.address = {.host = "before", .port = 1}};
    endpoint_t endpoint = before;
    if (endpoint_parse(text, &endpoint) == STATUS_OK) {
        char printed[sizeof endpoint + 16];
        endpoint_t again;
        print(&endpoint, printed, sizeof printed);
        status_t status = endpoint_parse(printed, &again);
        assert(status == STATUS_OK);
        check_same(&endpoint, &again);
    } else {
        check_same(&endpoint, &before);
    }
    free(text);
    return 0;
}
