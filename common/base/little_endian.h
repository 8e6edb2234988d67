/* little_endian.h - integers in bytes that lie anywhere, the lowest byte first: as they stand in
 * the herd's files.
 *
 * Owner: values. Threads: any. Each reads or writes as many bytes as its integer has.
 */
#ifndef HERD_COMMON_BASE_LITTLE_ENDIAN_H
#define HERD_COMMON_BASE_LITTLE_ENDIAN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void little_endian_put_16(char *out, uint16_t value)
{
    value = htole16(value);
    memcpy(out, &value, sizeof value);
}

static inline void little_endian_put_32(char *out, uint32_t value)
{
    value = htole32(value);
    memcpy(out, &value, sizeof value);
}

static inline void little_endian_put_64(char *out, uint64_t value)
{
    value = htole64(value);
    memcpy(out, &value, sizeof value);
}

static inline uint16_t little_endian_get_16(const char *from)
{
    uint16_t value;
    memcpy(&value, from, sizeof value);
    return le16toh(value);
}

static inline uint32_t little_endian_get_32(const char *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return le32toh(value);
}

static inline uint64_t little_endian_get_64(const char *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return le64toh(value);
}

#endif
