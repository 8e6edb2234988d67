#include "tests/bench/bench_around.h"

#include "common/base/memory.h"
#include "common/places/geonames.h"
#include "tests/bench/bench_peer.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AWAY_E6 = 5000, /* from a client to its row, each way, at most: 1e-6 degree, some 550 m */
    E7_PER_E6 = 10,
    ROWS_MAX = 100000000,
};

static void add(bench_around_t *self, size_t *capacity, const geonames_row_t *row)
{
    if (self->count == *capacity) {
        *capacity = *capacity == 0 ? 1024 : *capacity * 2;
        self->positions = memory_resize(self->positions, *capacity * sizeof *self->positions);
    }
    self->positions[self->count++] =
        bench_peer_position(row->latitude_e7 / E7_PER_E6, row->longitude_e7 / E7_PER_E6);
}

static void read_rows(FILE *file, bench_around_t *self)
{
    char *line = NULL;
    size_t room = 0;
    size_t capacity = 0;
    ssize_t size;
    while (self->count < ROWS_MAX && (size = getline(&line, &room, file)) > 0) {
        geonames_row_t row;
        text_t text = {.data = line, .size = (size_t)size - (line[size - 1] == '\n' ? 1 : 0)};
        if (geonames_parse_row(text, &row) == STATUS_OK) {
            add(self, &capacity, &row);
        }
    }
    free(line);
}

bool bench_around_read(const char *path, bench_around_t *ret_self)
{
    *ret_self = (bench_around_t){0};
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fprintf(stderr, "herd-bench: %s: %s\n", path, strerror(errno));
        return false;
    }
    read_rows(file, ret_self);
    fclose(file);
    if (ret_self->count == 0) {
        fprintf(stderr, "herd-bench: %s: no rows of GeoNames\n", path);
    }
    return ret_self->count > 0;
}

uint64_t bench_around_position(const bench_around_t *self, uint32_t id)
{
    assert(self->count > 0);
    uint64_t random = id;
    uint64_t bits = bench_random(&random);
    int32_t north = (int32_t)(bits % (2 * AWAY_E6 + 1)) - AWAY_E6;
    int32_t east = (int32_t)((bits >> 32) % (2 * AWAY_E6 + 1)) - AWAY_E6;
    return bench_peer_position_near(self->positions[bench_random(&random) % self->count], north,
                                    east);
}

void bench_around_done(bench_around_t *self)
{
    free(self->positions);
    *self = (bench_around_t){0};
}
