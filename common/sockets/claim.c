#include "common/sockets/claim.h"

#include "common/base/entropy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xxhash.h>

enum {
    NUMBER_DIGITS = 32,    /* of the address, in hex */
    TENANT_DIGITS = 16,    /* and of the random number */
    FIELDS_BEFORE_NAME = 7 /* of a line of /proc/net/unix */
};

#define PREFIX "herd-port/"

/* What the name of a claim says. */
typedef struct {
    address_point_t point;
    uint64_t tenant;
} claim_t;

uint64_t claim_tenant(text_t herd, text_t member, text_t node)
{
    const text_t parts[] = {herd, member, node};
    uint64_t hash = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        hash = XXH3_64bits_withSeed(parts[i].data != NULL ? parts[i].data : "", parts[i].size,
                                    hash + i);
    }
    return hash != 0 ? hash : 1;
}

static void write_number(const struct in6_addr *number, char out[NUMBER_DIGITS + 1])
{
    for (size_t i = 0; i < sizeof number->s6_addr; i++) {
        text_write_hex(number->s6_addr[i], 2, out + 2 * i);
    }
    out[NUMBER_DIGITS] = '\0';
}

static bool read_number(text_t text, struct in6_addr *ret_number)
{
    for (size_t i = 0; i < sizeof ret_number->s6_addr; i++) {
        uint64_t byte;
        if (text.size != NUMBER_DIGITS ||
            !text_from_hex(text_first(text_after(text, 2 * i), 2), &byte)) {
            return false;
        }
        ret_number->s6_addr[i] = (uint8_t)byte;
    }
    return true;
}

int claim_make(const address_point_t *point, uint64_t tenant)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char number[NUMBER_DIGITS + 1];
    write_number(&point->number, number);
    int size = snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
                        PREFIX "%u/%s/%u/%016llx/%016llx", (unsigned)point->port, number,
                        (unsigned)point->zone, (unsigned long long)tenant,
                        (unsigned long long)entropy_number());
    int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t address_size = (socklen_t)(sizeof address.sun_family + 1 + (size_t)size);
    if (file >= 0 && bind(file, (const struct sockaddr *)&address, address_size) != 0) {
        int error = errno;
        close(file);
        errno = error;
        return -1;
    }
    return file;
}

/* herd-port/11490/00000000000000000000ffff7f000001/0/5a0b1c2d3e4f5061/91c4a0b1c2d3e4f5 */
static bool read_claim(text_t name, claim_t *ret_claim)
{
    uint64_t port;
    uint64_t zone;
    text_t number;
    text_t tenant;
    if (!text_equal(text_first(name, sizeof PREFIX - 1), TEXT(PREFIX))) {
        return false;
    }
    name = text_after(name, sizeof PREFIX - 1);
    *ret_claim = (claim_t){.tenant = 0};
    if (!text_take_u64(&name, '/', UINT16_MAX, &port) || !text_take_until(&name, '/', &number) ||
        !read_number(number, &ret_claim->point.number) ||
        !text_take_u64(&name, '/', UINT32_MAX, &zone) || !text_take_until(&name, '/', &tenant) ||
        tenant.size != TENANT_DIGITS || !text_from_hex(tenant, &ret_claim->tenant)) {
        return false;
    }
    ret_claim->point.port = (uint16_t)port;
    ret_claim->point.zone = (uint32_t)zone;
    return true;
}

/* The name in a line of /proc/net/unix, where "@" stands for the zero in front:
 * "0000000043a3d0d7: 00000002 00000000 00000000 0002 01 544 @herd-port/11490/…" */
static bool take_name(text_t line, text_t *ret_name)
{
    text_t field = {0};
    for (int i = 0; i <= FIELDS_BEFORE_NAME; i++) {
        if (!text_take_field(&line, &field)) {
            return false;
        }
    }
    *ret_name = text_after(field, 1);
    return field.size > 1 && field.data[0] == '@';
}

/* The name of our own claim, "" without one. */
static text_t own_name(int own, struct sockaddr_un *address)
{
    socklen_t size = sizeof *address;
    size_t before = sizeof address->sun_family + 1;
    if (own < 0 || getsockname(own, (struct sockaddr *)address, &size) != 0 || size < before) {
        return (text_t){0};
    }
    return (text_t){.data = address->sun_path + 1, .size = size - before};
}

static bool is_same(const address_point_t *one, const address_point_t *other)
{
    return one->port == other->port && one->zone == other->zone &&
           IN6_ARE_ADDR_EQUAL(&one->number, &other->number);
}

claim_verdict_t claim_look(const address_point_t *point, uint64_t tenant, int own)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    text_t ours = own_name(own, &address);
    claim_verdict_t verdict = CLAIM_NONE;
    FILE *file = fopen("/proc/net/unix", "re");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while (file != NULL && verdict != CLAIM_THEIRS &&
           (size = getline(&line, &capacity, file)) > 0) {
        text_t name;
        claim_t claim;
        if (!take_name((text_t){.data = line, .size = (size_t)size - 1}, &name) ||
            text_equal(name, ours) || !read_claim(name, &claim)) {
            continue;
        }
        if (claim.tenant != tenant && address_points_overlap(&claim.point, point)) {
            verdict = CLAIM_THEIRS;
        } else if (claim.tenant == tenant && is_same(&claim.point, point)) {
            verdict = CLAIM_OURS;
        }
    }
    free(line);
    if (file != NULL) {
        fclose(file);
    }
    return verdict;
}
