/* digits.h - reads runs of decimal digits, eight bytes at a time.
 *
 * Owner: values. Threads: any.
 * Most bytes of a client line are digits, and the herd reads each twice. So these functions are
 * inlined and work on eight bytes in one register (Lamport, "Multiple Byte Processing with
 * Full-Word Instructions", CACM 18(8), 1975). They read no byte before `begin`, if they take that,
 * and none at or beyond `end`.
 */
#ifndef HERD_COMMON_BASE_DIGITS_H
#define HERD_COMMON_BASE_DIGITS_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Forces what gcc, which goes by size, would not do; a call costs as much as the work. */
#define DIGITS_INLINE static inline __attribute__((always_inline))

/* `byte`, eight times. */
#define DIGITS_EACH(byte) ((uint64_t)(byte)*UINT64_C(0x0101010101010101))

/* A run of this many digits always fits uint64_t. */
enum { DIGITS_MAX = 19 };

/* Eight bytes as a number whose lowest byte is the first of them. */
DIGITS_INLINE uint64_t digits_load(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return le64toh(bytes);
}

/* A mask whose lowest 0x80 marks the first byte that is not a digit; 0 if all eight are digits.
 * A digit without its '0' bits is 0 to 9; adding 0x76 sets the highest bit of any other byte. A
 * carry spoils only bytes behind the first such byte. */
DIGITS_INLINE uint64_t digits_others(uint64_t bytes)
{
    uint64_t values = bytes ^ DIGITS_EACH('0');
    return ((values + DIGITS_EACH(0x76)) | values) & DIGITS_EACH(0x80);
}

/* The bits of the digits at the beginning of eight bytes: 0 for none, 64 if all are digits. */
DIGITS_INLINE unsigned digits_size(uint64_t bytes)
{
    uint64_t others = digits_others(bytes);
    return others != 0 ? (unsigned)__builtin_ctzll(others) & ~7U : 64;
}

/* The number that eight digits make: neighbours are joined to numbers of two digits, these to four,
 * these to eight, all pairs at once. The lowest byte is the first digit; only the lower half of
 * each byte counts. */
DIGITS_INLINE uint64_t digits_join(uint64_t bytes)
{
    bytes &= DIGITS_EACH(0x0f);
    bytes = (bytes * (10 * 256 + 1) >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    bytes = (bytes * (100 * 65536 + 1) >> 16) & UINT64_C(0x0000ffff0000ffff);
    return bytes * (10000 * (UINT64_C(1) << 32) + 1) >> 32;
}

/* Returns the end of the run of 0 or more digits that begins at `at`, in a text that begins at
 * `begin`. The last bytes are read with those before them, if there are eight. */
DIGITS_INLINE const char *digits_skip(const char *begin, const char *at, const char *end)
{
    while (end - at >= 8) {
        unsigned bits = digits_size(digits_load(at));
        if (bits < 64) {
            return at + bits / 8;
        }
        at += 8;
    }
    if (at < end && end - begin >= 8) {
        /* Zeros come in behind them, which are no digits. */
        uint64_t bytes = digits_load(end - 8) >> (64 - 8 * (end - at));
        return at + digits_size(bytes) / 8;
    }
    while (at < end && (unsigned char)(*at - '0') <= 9) {
        at++;
    }
    return at;
}

/* The same, and the run's number, which is right if the run has at most DIGITS_MAX digits. */
DIGITS_INLINE const char *digits_take(const char *at, const char *end, uint64_t *ret_value)
{
    static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    uint64_t value = 0;
    while (end - at >= 8) {
        uint64_t bytes = digits_load(at);
        unsigned bits = digits_size(bytes);
        if (bits < 64) {
            /* Shifts out what stands behind the digits; the zeros that come in below read as
             * leading digits. */
            *ret_value = value * powers[bits / 8] + digits_join(bytes << 1 << (63 - bits));
            return at + bits / 8;
        }
        value = value * 100000000 + digits_join(bytes);
        at += 8;
    }
    while (at < end && (unsigned char)(*at - '0') <= 9) {
        value = value * 10 + (uint64_t)(*at++ - '0');
    }
    *ret_value = value;
    return at;
}

#endif
