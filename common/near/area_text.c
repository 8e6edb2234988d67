#include "common/near/area_text.h"

#include "common/json/decimal.h"

enum {
    E7_DECIMALS = 7,
    MM_DECIMALS = 3,
    NUMBER_MAX = 64, /* bytes */
    EDGES = 4,
};

bool area_text_degrees(text_t text, int32_t most_e7, int32_t *ret_e7)
{
    decimal_t decimal;
    if (text.size > NUMBER_MAX || decimal_read(text, E7_DECIMALS, &decimal) != STATUS_OK ||
        decimal_exceeds(&decimal, (uint64_t)most_e7)) {
        return false;
    }
    *ret_e7 = decimal.negative ? -(int32_t)decimal.units : (int32_t)decimal.units;
    return true;
}

bool area_text_metres(text_t text, double most_m, double *ret_m)
{
    decimal_t decimal;
    if (text.size > NUMBER_MAX || decimal_read(text, MM_DECIMALS, &decimal) != STATUS_OK ||
        decimal.negative || (double)decimal.units / 1e3 > most_m) {
        return false;
    }
    *ret_m = (double)decimal.units / 1e3;
    return true;
}

bool area_text_box(text_t text, area_box_t *ret_box)
{
    int32_t edges[EDGES];
    size_t count = 0;
    text_t part = {0};
    const char *end = text_end(text);
    while (count < EDGES && text_take_until(&text, ',', &part)) {
        int32_t most_e7 = count % 2 == 0 ? AREA_MERIDIAN_E7 : AREA_POLE_E7;
        if (!area_text_degrees(part, most_e7, &edges[count++])) {
            return false;
        }
    }
    if (count < EDGES || text_end(part) != end) { /* a comma behind it is one too many */
        return false;
    }
    const area_box_t box = {
        .west_e7 = edges[0], .south_e7 = edges[1], .east_e7 = edges[2], .north_e7 = edges[3]};
    if (!area_box_is_valid(&box)) {
        return false;
    }
    *ret_box = box;
    return true;
}

bool area_text_circle(text_t text, area_circle_t *ret_circle)
{
    text_t latitude;
    text_t longitude;
    int32_t latitude_e7;
    int32_t longitude_e7;
    double radius_m;
    if (!text_take_until(&text, ',', &latitude) || !text_take_until(&text, ',', &longitude) ||
        !area_text_degrees(latitude, AREA_POLE_E7, &latitude_e7) ||
        !area_text_degrees(longitude, AREA_MERIDIAN_E7, &longitude_e7) ||
        !area_text_metres(text, AREA_TEXT_RADIUS_MAX_M, &radius_m)) {
        return false;
    }
    *ret_circle = area_circle(latitude_e7 / 1e7, longitude_e7 / 1e7, radius_m);
    return true;
}
