#include "common/sockets/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static bool is_host_byte(char byte)
{
    return text_is_alphanumeric(byte) || byte == '.' || byte == '-' || byte == '_';
}

/* A host name, an IPv4 address or "*". Digits and dots alone are meant as an address, so they must
 * be one. */
static bool is_name(const char *host)
{
    if (strcmp(host, "*") == 0) {
        return true;
    }
    bool is_address = true;
    for (const char *byte = host; *byte != '\0'; byte++) {
        if (!is_host_byte(*byte)) {
            return false;
        }
        is_address = is_address && (text_is_digit(*byte) || *byte == '.');
    }
    struct in_addr address;
    return host[0] != '\0' && (!is_address || inet_pton(AF_INET, host, &address) == 1);
}

/* "::1" */
static bool is_ipv6_address(const char *host)
{
    struct in6_addr address;
    return inet_pton(AF_INET6, host, &address) == 1;
}

/* The index of the colon before the port, or the size of the text if there is none. */
static size_t find_colon(text_t text)
{
    const char *colon = text.size > 0 ? memrchr(text.data, ':', text.size) : NULL;
    return colon != NULL ? (size_t)(colon - text.data) : text.size;
}

/* "127.0.0.1:11490", "[::1]:11490", "localhost" */
bool address_split(text_t text, text_t *ret_host, text_t *ret_port)
{
    bool bracketed = text.size > 0 && text.data[0] == '[';
    const char *bracket = bracketed ? memchr(text.data, ']', text.size) : NULL;
    if (bracketed && bracket == NULL) {
        return false;
    }
    size_t end = bracketed ? (size_t)(bracket + 1 - text.data) : find_colon(text);
    text_t rest = text_after(text, end);
    if (rest.size > 0 && rest.data[0] != ':') {
        return false;
    }
    *ret_host = text_first(text, end);
    *ret_port = rest.size > 0 ? text_after(rest, 1) : (text_t){0};
    return true;
}

/* Whether a host from address_split has brackets; it then has both. */
static bool is_bracketed(text_t host)
{
    return host.size > 0 && host.data[0] == '[';
}

text_t address_bare(text_t host)
{
    return is_bracketed(host) ? text_first(text_after(host, 1), host.size - 2) : host;
}

status_t address_parse_port(text_t text, uint16_t *ret_port)
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

status_t address_parse(text_t text, address_t *ret_address)
{
    text_t host;
    text_t port;
    if (!address_split(text, &host, &port) || port.data == NULL) {
        return STATUS_INVALID;
    }
    text_t bare = address_bare(host);
    if (bare.size > ADDRESS_HOST_SIZE) {
        return STATUS_TOO_LONG;
    }
    address_t address;
    *text_copy(bare, address.host) = '\0';
    bool valid = strlen(address.host) == bare.size &&
                 (is_bracketed(host) ? is_ipv6_address(address.host) : is_name(address.host));
    if (!valid) {
        return STATUS_INVALID;
    }
    status_t status = address_parse_port(port, &address.port);
    if (status == STATUS_OK) {
        *ret_address = address;
    }
    return status;
}

bool address_is_numeric(const address_t *self)
{
    struct in_addr address;
    return inet_pton(AF_INET, self->host, &address) == 1 || is_ipv6_address(self->host);
}

int address_resolve(const address_t *self, int flags, struct addrinfo **ret_addresses)
{
    char port[TEXT_NUMBER_SIZE + 1];
    port[text_write_u64(self->port, port)] = '\0';
    const struct addrinfo hints = {
        .ai_flags = flags | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    return getaddrinfo(self->host, port, &hints, ret_addresses);
}

/* Copies before it reads: the compiler may assume that structs of two types never overlap (C11
 * 6.5). */
bool address_read(const struct sockaddr *socket_address, address_t *ret_address)
{
    sa_family_t family;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memcpy(&family, &socket_address->sa_family, sizeof family);
    if (family == AF_INET) {
        memcpy(&v4, socket_address, sizeof v4);
        ret_address->port = ntohs(v4.sin_port);
        return inet_ntop(AF_INET, &v4.sin_addr, ret_address->host, INET_ADDRSTRLEN) != NULL;
    }
    if (family != AF_INET6) {
        return false;
    }
    memcpy(&v6, socket_address, sizeof v6);
    bool is_mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
    ret_address->port = ntohs(v6.sin6_port);
    return inet_ntop(is_mapped ? AF_INET : AF_INET6, v6.sin6_addr.s6_addr + (is_mapped ? 12 : 0),
                     ret_address->host, INET6_ADDRSTRLEN) != NULL;
}

size_t address_write(const struct sockaddr *socket_address, char out[ADDRESS_TEXT_SIZE])
{
    address_t address;
    if (!address_read(socket_address, &address)) {
        return 0;
    }
    bool is_ipv6 = strchr(address.host, ':') != NULL;
    char *end = text_copy(is_ipv6 ? TEXT("[") : TEXT(""), out);
    end = text_copy(text_of(address.host), end);
    end = text_copy(is_ipv6 ? TEXT("]:") : TEXT(":"), end);
    end += text_write_u64(address.port, end);
    *end = '\0';
    return (size_t)(end - out);
}
