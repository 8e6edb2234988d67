/* dump.h - rows as in a dump of GeoNames, any number of them, made from a seed.
 *
 * Owner: the test, or benchmark. Threads: one.
 * Places gather in towns of very different sizes, as in the world; one in a hundred has exactly the
 * position of the one before. Classes, and the lengths of names and columns, are about those of
 * allCountries.txt: some 130 bytes a row. The same seed gives the same rows.
 */
#ifndef HERD_TESTS_SUPPORT_DUMP_H
#define HERD_TESTS_SUPPORT_DUMP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { DUMP_TOWNS = 20000, DUMP_ROW_SIZE = 2048 };

/* Where places gather (open value struct). */
typedef struct {
    double latitude_deg;
    double longitude_deg;
    double reach_deg; /* most of its places are nearer than this */
    char country[3];
    char admin1[3];
} dump_town_t;

/* A dump in the making (open value struct). */
typedef struct {
    uint64_t random;  /* state of the generator */
    uint64_t next_id; /* geonameid of the next row */
    dump_town_t towns[DUMP_TOWNS];
    double latitude_deg; /* of the last row */
    double longitude_deg;
} dump_t;

/* A new dump; caller frees with free(). */
dump_t *dump_new(uint64_t seed);

/* The next number of the dump's generator, 0 .. `count` - 1. */
uint64_t dump_random(dump_t *self, uint64_t count);

/* A town, the larger the likelier. */
const dump_town_t *dump_town(dump_t *self);

/* Writes the next row with its LF to `out` (DUMP_ROW_SIZE bytes); returns the bytes written. */
size_t dump_row(dump_t *self, char *out);

/* Writes `count` rows to a new file `path`; ends the process if it cannot. */
void dump_write(dump_t *self, const char *path, size_t count);

#endif
