#include "tests/support/dump.h"

#include "common/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014). */
static uint64_t next(dump_t *self)
{
    self->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = self->random;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

uint64_t dump_random(dump_t *self, uint64_t count)
{
    return next(self) % count;
}

/* 0 .. 1 */
static double fraction(dump_t *self)
{
    return (double)(next(self) >> 11) / 9007199254740992.0;
}

/* About -1 .. 1, mostly near 0. */
static double spread(dump_t *self)
{
    return (fraction(self) + fraction(self) + fraction(self) + fraction(self) - 2) / 2;
}

static char letter(dump_t *self)
{
    return (char)('A' + dump_random(self, 26));
}

dump_t *dump_new(uint64_t seed)
{
    dump_t *self = memory_new(sizeof *self);
    self->random = seed;
    self->next_id = 1;
    for (size_t i = 0; i < DUMP_TOWNS; i++) {
        self->towns[i] = (dump_town_t){.latitude_deg = spread(self) * 60 + 20,
                                       .longitude_deg = fraction(self) * 360 - 180,
                                       .reach_deg = 0.1 + fraction(self) * fraction(self),
                                       .country = {letter(self), letter(self)},
                                       .admin1 = {letter(self), letter(self)}};
    }
    return self;
}

const dump_town_t *dump_town(dump_t *self)
{
    double x = fraction(self);
    return &self->towns[(size_t)(x * x * x * (DUMP_TOWNS - 1))];
}

static void move(dump_t *self, const dump_town_t *town)
{
    if (dump_random(self, 100) == 0) {
        return; /* at the position of the last one */
    }
    self->latitude_deg = town->latitude_deg + spread(self) * town->reach_deg;
    double longitude = town->longitude_deg + spread(self) * town->reach_deg;
    self->longitude_deg = longitude - 360 * floor((longitude + 180) / 360);
}

/* A name of one to three words, some with letters that are not ASCII. */
static size_t write_name(dump_t *self, char *out)
{
    static const char *const parts[] = {"ba", "lo",       "San ", "ter",      "vi",  "no",
                                        "ka", "\xc3\xa9", "rin",  "\xd0\xb6", "sto", "mu",
                                        "el", " Creek",   "dor",  "hal",      "qu",  "wes"};
    size_t size = 0;
    out[size++] = letter(self);
    for (uint64_t left = 2 + dump_random(self, 7); left > 0; left--) {
        const char *part = parts[dump_random(self, sizeof parts / sizeof parts[0])];
        memcpy(out + size, part, strlen(part));
        size += strlen(part);
    }
    out[size] = '\0';
    return size;
}

/* A class and code, about as often as in GeoNames. */
static const char *feature(dump_t *self)
{
    static const char *const features[] = {
        "P\tPPL",  "P\tPPL", "P\tPPLX", "P\tPPL", "P\tPPLA3", "P\tPPLL", "P\tPPL", "P\tPPL",
        "H\tSTM",  "H\tLK",  "H\tSTMI", "H\tWLL", "S\tSCH",   "S\tHTL",  "S\tFRM", "S\tCH",
        "S\tBLDG", "T\tMT",  "T\tHLL",  "T\tPK",  "A\tADM4",  "L\tPRK",  "V\tFRST"};
    return features[dump_random(self, sizeof features / sizeof features[0])];
}

size_t dump_row(dump_t *self, char *out)
{
    char name[256];
    char other[256] = "";
    const dump_town_t *town = dump_town(self);
    move(self, town);
    write_name(self, name);
    if (dump_random(self, 3) == 0) {
        write_name(self, other);
    }
    int size = snprintf(out, DUMP_ROW_SIZE,
                        "%llu\t%s\t%s\t%s\t%.5f\t%.5f\t%s\t%s\t\t%s\t%03d\t\t\t%d\t\t%d\t"
                        "America/Los_Angeles\t2019-09-%02d\n",
                        (unsigned long long)self->next_id, name, name, other, self->latitude_deg,
                        self->longitude_deg, feature(self), town->country, town->admin1,
                        (int)dump_random(self, 300),
                        dump_random(self, 20) == 0 ? (int)dump_random(self, 100000) : 0,
                        (int)dump_random(self, 2000), 1 + (int)dump_random(self, 30));
    self->next_id += 1 + dump_random(self, 9);
    return (size_t)size;
}

void dump_write(dump_t *self, const char *path, size_t count)
{
    char row[DUMP_ROW_SIZE];
    FILE *file = fopen(path, "w");
    for (size_t i = 0; file != NULL && i < count; i++) {
        fwrite(row, 1, dump_row(self, row), file);
    }
    if (file == NULL || ferror(file) != 0 || fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}
