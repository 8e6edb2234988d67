#include "common/sockets/endpoint.h"

#include "common/base/text.h"

#include <arpa/inet.h>
#include <string.h>

static bool endpoint_starts(text_t text, text_t prefix)
{
    return text_equal(text_first(text, prefix.size), prefix);
}

static bool endpoint_is_host_byte(char byte)
{
    return text_is_alphanumeric(byte) || byte == '.' || byte == '-' || byte == '_';
}

/* A host name, an IPv4 address or "*". Only digits and dots: it was meant as an address, so it must be one. */
static bool endpoint_is_host(const char *host)
{
    if (strcmp(host, "*") == 0) {
        return true;
    }
    bool is_address = true;
    for (const char *byte = host; *byte != '\0'; byte++) {
        if (!endpoint_is_host_byte(*byte)) {
            return false;
        }
        is_address = is_address && (text_is_digit(*byte) || *byte == '.');
    }
    struct in_addr address;
    return host[0] != '\0' && (!is_address || inet_pton(AF_INET, host, &address) == 1);
}

static bool endpoint_is_ipv6(const char *host)
{
    struct in6_addr address;
    return inet_pton(AF_INET6, host, &address) == 1;
}

/* "11490": 1 .. 65535. */
static status_t endpoint_parse_port(text_t text, uint16_t *ret_port)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!text_is_digit(text.data[i])) {
            return STATUS_INVALID;
        }
    }
    uint64_t port;
    if (text.size == 0) {
        return STATUS_INVALID;
    }
    if (!text_to_u64(text, UINT16_MAX, &port) || port == 0) {
        return STATUS_OUT_OF_RANGE;
    }
    *ret_port = (uint16_t)port;
    return STATUS_OK;
}

/* "127.0.0.1:11490" or "[::1]:11490" */
static status_t endpoint_parse_tcp(text_t text, endpoint_t *endpoint)
{
    const char *colon = text.size > 0 ? memrchr(text.data, ':', text.size) : NULL;
    if (colon == NULL) {
        return STATUS_INVALID;
    }
    text_t host = text_first(text, (size_t)(colon - text.data));
    text_t port = text_after(text, host.size + 1);
    bool bracketed = host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']';
    if (bracketed) {
        host = text_first(text_after(host, 1), host.size - 2);
    }
    if (host.size > ENDPOINT_HOST_SIZE) {
        return STATUS_TOO_LONG;
    }
    memcpy(endpoint->host, host.data, host.size);
    if (bracketed ? !endpoint_is_ipv6(endpoint->host) : !endpoint_is_host(endpoint->host)) {
        return STATUS_INVALID;
    }
    return endpoint_parse_port(port, &endpoint->port);
}

/* "/run/herd/Goloman.requests". ZeroMQ gives "*" and "@" a meaning of their own that no herd file wants. */
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
        status = endpoint_parse_tcp(text_after(rest, 6), &endpoint);
    } else if (endpoint_starts(rest, TEXT("ipc://"))) {
        endpoint.kind = ENDPOINT_IPC;
        status = endpoint_parse_ipc(text_after(rest, 6), &endpoint);
    }
    if (status == STATUS_OK) {
        *ret_endpoint = endpoint;
    }
    return status;
}

bool endpoint_is_numeric(const endpoint_t *self)
{
    struct in_addr address;
    return inet_pton(AF_INET, self->host, &address) == 1 || endpoint_is_ipv6(self->host);
}
