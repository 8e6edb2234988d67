#include "common/near/area.h"

#include <assert.h>
#include <math.h>

bool area_position_is_valid(area_position_t position)
{
    return position.latitude_e7 >= -AREA_POLE_E7 && position.latitude_e7 <= AREA_POLE_E7 &&
           position.longitude_e7 >= -AREA_MERIDIAN_E7 && position.longitude_e7 <= AREA_MERIDIAN_E7;
}

area_position_t area_canonical(area_position_t position)
{
    if (position.latitude_e7 == AREA_POLE_E7 || position.latitude_e7 == -AREA_POLE_E7) {
        position.longitude_e7 = 0;
    } else if (position.longitude_e7 == AREA_MERIDIAN_E7) {
        position.longitude_e7 = -AREA_MERIDIAN_E7;
    }
    return position;
}

area_position_t area_position_at(double latitude_deg, double longitude_deg)
{
    return area_canonical((area_position_t){.latitude_e7 = (int32_t)lround(latitude_deg * 1e7),
                                            .longitude_e7 = (int32_t)lround(longitude_deg * 1e7)});
}

bool area_box_is_valid(const area_box_t *box)
{
    return area_position_is_valid((area_position_t){box->south_e7, box->west_e7}) &&
           area_position_is_valid((area_position_t){box->north_e7, box->east_e7}) &&
           box->south_e7 <= box->north_e7;
}

area_circle_t area_circle(double latitude_deg, double longitude_deg, double radius_m)
{
    assert(radius_m >= 0);
    area_circle_t circle = {.from = sphere_position(latitude_deg, longitude_deg),
                            .radius_m = radius_m,
                            .within = 2, /* no haversine is greater than 1 */
                            .beyond = 2};
    double angle = radius_m / SPHERE_RADIUS_M;
    if (angle < M_PI) {
        double sine = sin(angle / 2);
        circle.within = sine * sine * (1 - 1e-9);
        circle.beyond = sine * sine * (1 + 1e-9);
    }
    return circle;
}

bool area_box_contains(const area_box_t *box, area_position_t position)
{
    int32_t longitude_e7 = position.longitude_e7;
    if (position.latitude_e7 < box->south_e7 || position.latitude_e7 > box->north_e7) {
        return false;
    }
    if (position.latitude_e7 == AREA_POLE_E7 || position.latitude_e7 == -AREA_POLE_E7) {
        return true; /* all meridians meet there */
    }
    if (box->west_e7 > box->east_e7) {
        return longitude_e7 >= box->west_e7 || longitude_e7 <= box->east_e7;
    }
    return (longitude_e7 >= box->west_e7 && longitude_e7 <= box->east_e7) ||
           (longitude_e7 == -AREA_MERIDIAN_E7 && box->east_e7 == AREA_MERIDIAN_E7);
}

bool area_circle_contains(const area_circle_t *circle, area_position_t position)
{
    return area_circle_reaches(
        circle, sphere_haversine(&circle->from, position.latitude_e7, position.longitude_e7));
}

bool area_contains(const area_t *area, area_position_t position)
{
    return area->kind == AREA_BOX ? area_box_contains(&area->box, position)
                                  : area_circle_contains(&area->circle, position);
}

/* Where a number of degrees is, in 1e-7 degree, or a little outside of it, but in range. */
static int32_t outwards(double degrees, int direction, int32_t limit_e7)
{
    double edge = degrees * (double)SPHERE_DEGREE_E7 + 2 * direction;
    double limit = limit_e7;
    return edge >= limit ? limit_e7 : (edge <= -limit ? -limit_e7 : (int32_t)edge);
}

/* The box around a circle. */
static area_box_t box_around(const area_circle_t *circle)
{
    /* 1e-9 rad, 6 mm, is far more than all rounding here and in the distances. */
    double angle = circle->radius_m / SPHERE_RADIUS_M * (1 + 1e-12) + 1e-9;
    angle = angle < M_PI ? angle : M_PI;
    double angle_deg = angle * (180 / M_PI);
    double reach_deg = sphere_reach_deg(&circle->from, angle);
    double west_deg = circle->from.longitude_deg - reach_deg;
    double east_deg = circle->from.longitude_deg + reach_deg;
    area_box_t box = {
        .south_e7 = outwards(circle->from.latitude_deg - angle_deg, -1, AREA_POLE_E7),
        .north_e7 = outwards(circle->from.latitude_deg + angle_deg, 1, AREA_POLE_E7),
        .west_e7 = -AREA_MERIDIAN_E7,
        .east_e7 = AREA_MERIDIAN_E7,
    };
    if (reach_deg < 179) {
        box.west_e7 = outwards(west_deg < -180 ? west_deg + 360 : west_deg, -1, AREA_MERIDIAN_E7);
        box.east_e7 = outwards(east_deg > 180 ? east_deg - 360 : east_deg, 1, AREA_MERIDIAN_E7);
    }
    return box;
}

/* Adds a box, unless the first ones hold its south-west corner already. */
static size_t add_box(area_box_t *boxes, size_t count, area_box_t box)
{
    for (size_t i = 0; i < count; i++) {
        if (box.south_e7 >= boxes[i].south_e7 && box.south_e7 <= boxes[i].north_e7 &&
            box.west_e7 >= boxes[i].west_e7 && box.west_e7 <= boxes[i].east_e7) {
            return count;
        }
    }
    boxes[count] = box;
    return count + 1;
}

size_t area_boxes(const area_t *area, area_box_t ret_boxes[AREA_BOXES_MAX])
{
    const area_box_t box = area->kind == AREA_BOX ? area->box : box_around(&area->circle);
    area_box_t part = box;
    part.east_e7 = box.west_e7 <= box.east_e7 ? box.east_e7 : AREA_MERIDIAN_E7;
    ret_boxes[0] = part;
    size_t count = 1;
    if (part.east_e7 == AREA_MERIDIAN_E7) { /* also that meridian, or what lies beyond it */
        part.west_e7 = -AREA_MERIDIAN_E7;
        part.east_e7 = box.west_e7 <= box.east_e7 ? -AREA_MERIDIAN_E7 : box.east_e7;
        count = add_box(ret_boxes, count, part);
    }
    if (box.north_e7 == AREA_POLE_E7) {
        count = add_box(ret_boxes, count, (area_box_t){0, AREA_POLE_E7, 0, AREA_POLE_E7});
    }
    if (box.south_e7 == -AREA_POLE_E7) {
        count = add_box(ret_boxes, count, (area_box_t){0, -AREA_POLE_E7, 0, -AREA_POLE_E7});
    }
    return count;
}
