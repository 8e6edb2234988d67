#include "frontend/web/watch_id.h"

#include <stdio.h>
#include <xxhash.h>

enum { DIGITS = 48 };

uint64_t watch_id_view(const area_t *area, text_t client, size_t limit)
{
    const area_box_t *box = &area->box;
    const area_circle_t *circle = &area->circle;
    uint64_t numbers[6] = {area->kind, limit};
    double degrees[3] = {0};
    if (client.size > 0) {
        numbers[0] = UINT64_MAX;
    } else if (area->kind == AREA_BOX) {
        numbers[2] = (uint32_t)box->west_e7;
        numbers[3] = (uint32_t)box->south_e7;
        numbers[4] = (uint32_t)box->east_e7;
        numbers[5] = (uint32_t)box->north_e7;
    } else {
        degrees[0] = circle->from.latitude_deg;
        degrees[1] = circle->from.longitude_deg;
        degrees[2] = circle->radius_m;
    }
    uint64_t hash = XXH3_64bits(numbers, sizeof numbers);
    hash = XXH3_64bits_withSeed(degrees, sizeof degrees, hash);
    return XXH3_64bits_withSeed(client.data, client.size, hash) & ~UINT64_C(1);
}

/* The lowest bit of the view says that it is partial. */
text_t watch_id_write(const watch_id_t *self, char out[WATCH_ID_SIZE])
{
    int size = snprintf(out, WATCH_ID_SIZE, "%016llx%08x%08x%016llx-%llu",
                        (unsigned long long)self->life, self->number, self->serial,
                        (unsigned long long)self->view | (self->is_partial ? 1 : 0),
                        (unsigned long long)self->index);
    return (text_t){.data = out, .size = (size_t)size};
}

bool watch_id_read(text_t text, watch_id_t *ret_id)
{
    uint64_t life;
    uint64_t number;
    uint64_t serial;
    uint64_t view;
    uint64_t index;
    if (text.size < DIGITS + 2 || text.data[DIGITS] != '-' ||
        !text_from_hex(text_first(text, 16), &life) ||
        !text_from_hex(text_first(text_after(text, 16), 8), &number) ||
        !text_from_hex(text_first(text_after(text, 24), 8), &serial) ||
        !text_from_hex(text_first(text_after(text, 32), 16), &view) ||
        !text_to_u64(text_after(text, DIGITS + 1), UINT64_MAX, &index)) {
        return false;
    }
    *ret_id = (watch_id_t){.life = life,
                           .number = (uint32_t)number,
                           .serial = (uint32_t)serial,
                           .view = view & ~UINT64_C(1),
                           .index = index,
                           .is_partial = (view & 1) != 0};
    return true;
}
