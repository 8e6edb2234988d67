/* address.h - host and port: taken apart from text, looked up, read off a socket, written as text.
 *
 * The text is that of URLs (RFC 3986, section 3.2.2): an IPv6 address stands in brackets,
 * "[::1]:11490". A link-local address may name its zone, as in "[fe80::1%eth0]:11490" (RFC 4007,
 * section 11).
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_COMMON_SOCKETS_ADDRESS_H
#define HERD_COMMON_SOCKETS_ADDRESS_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    ADDRESS_HOST_SIZE = 255, /* a DNS name's most octets (RFC 1035 section 2.3.4) */
    /* "[", an IPv6 address, "]:", a port and a zero. */
    ADDRESS_TEXT_SIZE = 1 + (INET6_ADDRSTRLEN - 1) + 2 + 5 + 1,
};

/* What a socket is bound to, whatever the spelling (open value struct). */
typedef struct {
    /* IPv4 as ::ffff:192.0.2.1 (RFC 4291, section 2.5.5.2); :: and ::ffff:0.0.0.0 are all addresses
     * of the machine. */
    struct in6_addr number;
    uint32_t zone; /* index of the interface, 0: none */
    uint16_t port;
    bool v6_only; /* :: takes no IPv4 */
} address_point_t;

/* Points that address_points finds at most: localhost is two. */
enum { ADDRESS_POINTS_MAX = 2 };

/* Open value struct. */
typedef struct {
    /* Name, IPv4, IPv6 without brackets, or "*" for every address of the machine; and a zero. */
    char host[ADDRESS_HOST_SIZE + 1];
    uint16_t port;
} address_t;

/* Takes "HOST", "HOST:PORT", "[HOST]" or "[HOST]:PORT" apart; neither part is checked. A host
 * without brackets ends at the last colon; one with brackets keeps them. Without a colon the data
 * of `*ret_port` is NULL. Both borrow from `text`. False: "]" is missing, or something other than
 * ":" follows it. */
bool address_split(text_t text, text_t *ret_host, text_t *ret_port);

/* A host from address_split, without its brackets; borrows. */
text_t address_bare(text_t host);

/* Reads "11490", 1 .. 65535. STATUS_INVALID: empty or not digits. STATUS_OUT_OF_RANGE. */
status_t address_parse_port(text_t text, uint16_t *ret_port) STATUS_MUST_USE;

/* Reads e.g. "127.0.0.1:11490", "[::1]:11490", "localhost:11490", "*:11490".
 * STATUS_INVALID: another form, a zone of an address that takes none, or an IPv4 address as "127.1"
 * or "0x7f.0.0.1" (inet_aton(3)). STATUS_TOO_LONG: the host. STATUS_OUT_OF_RANGE: the
 * port. */
status_t address_parse(text_t text, address_t *ret_address) STATUS_MUST_USE;

/* Whether the host is an IPv4 or IPv6 address, neither a name nor "*". */
bool address_is_numeric(const address_t *self);

/* Whether a text is meant as an IPv4 address, rightly written or not: digits and dots, or what
 * inet_aton(3) takes for one. */
bool address_looks_ipv4(text_t host);

/* The zone of a host, "eth0" of "fe80::1%eth0"; empty if it has none. Borrows. */
text_t address_zone(const address_t *self);

/* Whether the host is an IPv6 address that holds for one link only, fe80::/10. */
bool address_is_link_local(const address_t *self);

/* Whether it stands for all addresses of the machine: "*", "0.0.0.0", "::". */
bool address_is_everywhere(const address_t *self);

/* Whether it is this machine whatever a name server says: 127.0.0.0/8, ::1, "localhost". IPv4
 * written as IPv6, ::ffff:127.0.0.1, is not counted. */
bool address_is_loopback(const address_t *self);

/* What a host stands for, as far as one can tell without asking anyone: an address; "localhost" and
 * names below it, both loopback addresses (RFC 6761, section 6.3); "*", all. Of other names
 * nothing. Returns the number of points. */
size_t address_points(const address_t *self, address_point_t out[ADDRESS_POINTS_MAX]);

/* The point of a socket address; false for families other than IPv4 and IPv6. */
bool address_point(const struct sockaddr *socket_address, address_point_t *ret_point);

/* Whether the kernel binds no two sockets to these: one port, and one address, or all of them. */
bool address_points_overlap(const address_point_t *one, const address_point_t *other);

/* Whether two hosts are one name, in letters of either case, with a dot at the end or not. */
bool address_same_name(const address_t *one, const address_t *other);

/* Looks up the addresses that a stream socket may be bound or connected to; may block. `flags` and
 * result are those of getaddrinfo(3): 0, and the caller frees `*ret_addresses` with freeaddrinfo,
 * or a failure for gai_strerror. */
int address_resolve(const address_t *self, int flags, struct addrinfo **ret_addresses);

/* Reads the address of a socket or its peer; false for families other than IPv4 and IPv6. An IPv4
 * peer of an IPv6 socket, ::ffff:192.0.2.1 (RFC 4291, section 2.5.5.2), is read as IPv4. A zone is
 * left out. */
bool address_read(const struct sockaddr *socket_address, address_t *ret_address);

/* Writes what address_read reads, as "192.0.2.1:40112" or "[fe80::1]:40112", with a zero behind it.
 * Returns the number of bytes before the zero; for other families 0, with nothing written. */
size_t address_write(const struct sockaddr *socket_address, char out[ADDRESS_TEXT_SIZE]);

#endif
