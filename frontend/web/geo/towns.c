#include "frontend/web/geo/towns.h"

#include "common/base/memory.h"

#include <stdlib.h>

void towns_done(towns_t *self)
{
    free(self->towns);
    *self = (towns_t){0};
}

/* Whether one counts less than the other. */
static bool is_less(const town_t *one, const town_t *other)
{
    return one->population != other->population ? one->population < other->population
                                                : one->order > other->order;
}

static void swap(town_t *one, town_t *other)
{
    town_t kept = *one;
    *one = *other;
    *other = kept;
}

static void sift_up(town_t *towns, size_t place)
{
    while (place > 0 && is_less(&towns[place], &towns[(place - 1) / 2])) {
        swap(&towns[place], &towns[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
}

static void sift_down(town_t *towns, size_t count, size_t place)
{
    for (size_t child = 2 * place + 1; child < count; child = 2 * place + 1) {
        if (child + 1 < count && is_less(&towns[child + 1], &towns[child])) {
            child++;
        }
        if (!is_less(&towns[child], &towns[place])) {
            return;
        }
        swap(&towns[child], &towns[place]);
        place = child;
    }
}

void towns_take(towns_t *self, const geonames_row_t *row)
{
    if (row->feature_class != 'P' || row->population == 0 || row->name.size > TOWNS_NAME_SIZE) {
        return;
    }
    town_t town = {.population = row->population,
                   .latitude_e7 = row->latitude_e7,
                   .longitude_e7 = row->longitude_e7,
                   .order = self->taken++,
                   .name_size = (uint8_t)row->name.size};
    text_copy(row->name, town.name);
    if (self->towns == NULL) {
        self->towns = memory_new_array(TOWNS_MAX, sizeof *self->towns);
    }
    if (self->count < TOWNS_MAX) {
        self->towns[self->count] = town;
        sift_up(self->towns, self->count++);
    } else if (is_less(&self->towns[0], &town)) {
        self->towns[0] = town;
        sift_down(self->towns, self->count, 0);
    }
}

static int compare(const void *one, const void *other)
{
    return is_less(one, other) ? 1 : -1; /* no two are equal */
}

void towns_end(towns_t *self)
{
    if (self->count > 0) {
        qsort(self->towns, self->count, sizeof *self->towns, compare);
    }
}

const town_t *towns_next(const towns_t *self, const area_box_t *box, size_t *index)
{
    const area_t area = {.kind = AREA_BOX, .box = *box};
    while (*index < self->count) {
        const town_t *town = &self->towns[(*index)++];
        const area_position_t at = {.latitude_e7 = town->latitude_e7,
                                    .longitude_e7 = town->longitude_e7};
        if (area_contains(&area, area_canonical(at))) {
            return town;
        }
    }
    return NULL;
}
