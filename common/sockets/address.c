#include "common/sockets/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

static bool is_host_byte(char byte)
{
    return text_is_alphanumeric(byte) || byte == '.' || byte == '-' || byte == '_';
}

bool address_looks_ipv4(text_t host)
{
    char text[INET6_ADDRSTRLEN];
    struct in_addr address;
    bool is_address = host.size > 0;
    for (size_t i = 0; i < host.size; i++) {
        is_address = is_address && (text_is_digit(host.data[i]) || host.data[i] == '.');
    }
    if (host.size >= sizeof text) {
        return is_address;
    }
    *text_copy(host, text) = '\0';
    return is_address || inet_aton(text, &address) != 0;
}

/* A host name, an IPv4 address or "*". What looks like an address must be one that all understand:
 * getaddrinfo(3) would take 0x7f.1 for one. */
static bool is_name(const char *host)
{
    if (strcmp(host, "*") == 0) {
        return true;
    }
    for (const char *byte = host; *byte != '\0'; byte++) {
        if (!is_host_byte(*byte)) {
            return false;
        }
    }
    struct in_addr address;
    return host[0] != '\0' &&
           (!address_looks_ipv4(text_of(host)) || inet_pton(AF_INET, host, &address) == 1);
}

/* Reads "::1" and "fe80::1%eth0"; only a link-local address has a zone. */
static bool read_ipv6(const char *host, struct in6_addr *ret_number, const char **ret_zone)
{
    char number[INET6_ADDRSTRLEN];
    const char *zone = strchr(host, '%');
    size_t size = zone != NULL ? (size_t)(zone - host) : strlen(host);
    if (size >= sizeof number) {
        return false;
    }
    *text_copy((text_t){.data = host, .size = size}, number) = '\0';
    if (inet_pton(AF_INET6, number, ret_number) != 1) {
        return false;
    }
    *ret_zone = zone != NULL ? zone + 1 : NULL;
    size_t zone_size = zone != NULL ? strlen(zone + 1) : 1;
    bool good_zone = zone_size > 0 && zone_size < IF_NAMESIZE &&
                     (zone == NULL || strpbrk(zone + 1, " /\t%") == NULL);
    return good_zone && (zone == NULL || IN6_IS_ADDR_LINKLOCAL(ret_number));
}

static bool is_ipv6_address(const char *host)
{
    struct in6_addr number;
    const char *zone;
    return read_ipv6(host, &number, &zone);
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

text_t address_zone(const address_t *self)
{
    struct in6_addr number;
    const char *zone = NULL;
    return read_ipv6(self->host, &number, &zone) && zone != NULL ? text_of(zone) : (text_t){0};
}

bool address_is_link_local(const address_t *self)
{
    struct in6_addr number;
    const char *zone;
    return read_ipv6(self->host, &number, &zone) && IN6_IS_ADDR_LINKLOCAL(&number);
}

static void map_ipv4(const struct in_addr *address, struct in6_addr *out)
{
    *out = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(out->s6_addr + 12, address, 4);
}

/* 0.0.0.0, however it came */
static bool is_every_ipv4(const struct in6_addr *number)
{
    static const struct in6_addr every = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    return IN6_ARE_ADDR_EQUAL(number, &every);
}

/* The number of an interface; for one that this machine has not, some number made of its name. */
static uint32_t read_zone(const char *zone)
{
    uint64_t number;
    if (text_to_u64(text_of(zone), UINT32_MAX, &number)) {
        return (uint32_t)number;
    }
    uint32_t index = if_nametoindex(zone);
    uint32_t made_up = 0;
    for (const char *byte = zone; *byte != '\0'; byte++) {
        made_up = made_up * 31 + (unsigned char)*byte;
    }
    return index != 0 ? index : made_up | UINT32_C(0x80000000);
}

/* The size of a name without the dot at its end. */
static size_t name_size(const char *host)
{
    size_t size = strlen(host);
    return size > 0 && host[size - 1] == '.' ? size - 1 : size;
}

/* "localhost", "Localhost.", "a.localhost" */
static bool is_localhost(const char *host)
{
    static const char name[] = "localhost";
    size_t size = name_size(host);
    size_t own = sizeof name - 1;
    return size >= own && strncasecmp(host + size - own, name, own) == 0 &&
           (size == own || host[size - own - 1] == '.');
}

bool address_same_name(const address_t *one, const address_t *other)
{
    size_t size = name_size(one->host);
    return size == name_size(other->host) && strncasecmp(one->host, other->host, size) == 0;
}

size_t address_points(const address_t *self, address_point_t out[ADDRESS_POINTS_MAX])
{
    struct in_addr v4 = {.s_addr = htonl(INADDR_LOOPBACK)};
    const char *zone = NULL;
    out[0] = out[1] = (address_point_t){.port = self->port};
    if (strcmp(self->host, "*") == 0) {
        return 1; /* :: */
    }
    if (is_localhost(self->host)) {
        map_ipv4(&v4, &out[0].number);
        out[1].number = in6addr_loopback;
        return 2;
    }
    if (inet_pton(AF_INET, self->host, &v4) == 1) {
        map_ipv4(&v4, &out[0].number);
        return 1;
    }
    if (!read_ipv6(self->host, &out[0].number, &zone)) {
        return 0;
    }
    out[0].zone = zone != NULL ? read_zone(zone) : 0;
    return 1;
}

static bool is_every(const address_point_t *point)
{
    return IN6_IS_ADDR_UNSPECIFIED(&point->number) || is_every_ipv4(&point->number);
}

bool address_is_everywhere(const address_t *self)
{
    address_point_t points[ADDRESS_POINTS_MAX];
    return address_points(self, points) == 1 && is_every(&points[0]);
}

bool address_is_loopback(const address_t *self)
{
    struct in_addr v4;
    struct in6_addr v6;
    const char *zone;
    if (inet_pton(AF_INET, self->host, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (read_ipv6(self->host, &v6, &zone)) {
        return IN6_IS_ADDR_LOOPBACK(&v6);
    }
    return is_localhost(self->host) && strchr(self->host, '.') == NULL;
}

/* Copies before it reads: the compiler may assume that structs of two types never overlap (C11
 * 6.5). */
bool address_point(const struct sockaddr *socket_address, address_point_t *ret_point)
{
    sa_family_t family;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memcpy(&family, &socket_address->sa_family, sizeof family);
    *ret_point = (address_point_t){0};
    if (family == AF_INET) {
        memcpy(&v4, socket_address, sizeof v4);
        map_ipv4(&v4.sin_addr, &ret_point->number);
        ret_point->port = ntohs(v4.sin_port);
    } else if (family == AF_INET6) {
        memcpy(&v6, socket_address, sizeof v6);
        ret_point->number = v6.sin6_addr;
        ret_point->zone = v6.sin6_scope_id;
        ret_point->port = ntohs(v6.sin6_port);
    }
    return family == AF_INET || family == AF_INET6;
}

/* Whether all addresses that `every` stands for include the other one. */
static bool is_among(const address_point_t *every, const address_point_t *other)
{
    bool ipv4 = IN6_IS_ADDR_V4MAPPED(&other->number);
    if (is_every_ipv4(&every->number)) {
        return ipv4;
    }
    return IN6_IS_ADDR_UNSPECIFIED(&every->number) && !(ipv4 && every->v6_only);
}

bool address_points_overlap(const address_point_t *one, const address_point_t *other)
{
    bool same = IN6_ARE_ADDR_EQUAL(&one->number, &other->number) &&
                (one->zone == other->zone || one->zone == 0 || other->zone == 0);
    return one->port == other->port && (same || is_among(one, other) || is_among(other, one));
}

int address_resolve(const address_t *self, int flags, struct addrinfo **ret_addresses)
{
    char port[TEXT_NUMBER_SIZE + 1];
    port[text_write_u64(self->port, port)] = '\0';
    const struct addrinfo hints = {
        .ai_flags = flags | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    return getaddrinfo(self->host, port, &hints, ret_addresses);
}

bool address_read(const struct sockaddr *socket_address, address_t *ret_address)
{
    address_point_t point;
    if (!address_point(socket_address, &point)) {
        return false;
    }
    bool is_mapped = IN6_IS_ADDR_V4MAPPED(&point.number);
    ret_address->port = point.port;
    return inet_ntop(is_mapped ? AF_INET : AF_INET6, point.number.s6_addr + (is_mapped ? 12 : 0),
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
