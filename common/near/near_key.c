/* A position becomes a code of 64 bits: those of its two coordinates, taken in turn, the first of
 * longitude ahead. Equal beginnings mean near each other.
 *
 * Coordinates are longitude, and twice the latitude, so cells of an even number of bits are squares
 * of degrees. Near the poles these become needles, all of which touch the pole. So what lies beyond
 * 88 degrees is looked at from above: its coordinates are those of the sphere's shadow on the plane
 * of the equator, in one of two squares where no longitude comes to:
 *
 *      y = 2^32 +--------+--------+--------+------+
 *               |                         .| north|      x: 2^32 units
 *               |  the globe between      .|  cap |      longitude ends at 3.6e9,
 *               |  88 south and 88 north  .+------+      caps begin at 7/8 of 2^32
 *               |                         .|unused|
 *               |                         .+------+
 *               |                         .| south|
 *      y = 0    |                         .|  cap |
 *               +--------+--------+--------+------+
 *
 * In a cap different positions can have one code (its unit is 0.8 mm); everywhere else, and at the
 * poles, a code is one position. */
#include "common/near/near_parts.h"

#include <math.h>

#define CAP_CENTRE ((double)(1 << (NEAR_CAP_SHIFT - 1))) /* of a square, in its units */
#define CAP_SQUARE UINT32_C(7) /* of 8: where caps are on the x axis, the northern one on y */

/* Moves bit n of the number to bit 2 n. */
static uint64_t spread(uint32_t number)
{
    uint64_t bits = number;
    bits = (bits | bits << 16) & UINT64_C(0x0000ffff0000ffff);
    bits = (bits | bits << 8) & UINT64_C(0x00ff00ff00ff00ff);
    bits = (bits | bits << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    bits = (bits | bits << 2) & UINT64_C(0x3333333333333333);
    return (bits | bits << 1) & UINT64_C(0x5555555555555555);
}

static uint32_t gather(uint64_t bits)
{
    bits &= UINT64_C(0x5555555555555555);
    bits = (bits | bits >> 1) & UINT64_C(0x3333333333333333);
    bits = (bits | bits >> 2) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    bits = (bits | bits >> 4) & UINT64_C(0x00ff00ff00ff00ff);
    bits = (bits | bits >> 8) & UINT64_C(0x0000ffff0000ffff);
    return (uint32_t)(bits | bits >> 16);
}

static inline uint64_t join(uint32_t x, uint32_t y)
{
    return spread(x) << 1 | spread(y);
}

void near_key_split(uint64_t code, uint32_t *ret_x, uint32_t *ret_y)
{
    *ret_x = gather(code >> 1);
    *ret_y = gather(code);
}

/* Not inlined, as sphere_haversine: each call rounds alike. */
__attribute__((noinline)) static uint64_t cap_code(area_position_t position)
{
    double latitude = position.latitude_e7 / (double)SPHERE_DEGREE_E7 * SPHERE_DEGREE_RAD;
    double longitude = position.longitude_e7 / (double)SPHERE_DEGREE_E7 * SPHERE_DEGREE_RAD;
    double radius = cos(latitude) / NEAR_CAP_HALF; /* 0 .. 0.998 */
    uint32_t x = (uint32_t)((1 + radius * cos(longitude)) * CAP_CENTRE);
    uint32_t y = (uint32_t)((1 + radius * sin(longitude)) * CAP_CENTRE);
    uint32_t square = position.latitude_e7 > 0 ? CAP_SQUARE << NEAR_CAP_SHIFT : 0;
    return join(CAP_SQUARE << NEAR_CAP_SHIFT | x, square | y);
}

uint64_t near_key_code(area_position_t position)
{
    if (position.latitude_e7 >= NEAR_CAP_LATITUDE_E7 ||
        position.latitude_e7 <= -NEAR_CAP_LATITUDE_E7) {
        return cap_code(position);
    }
    return join((uint32_t)(position.longitude_e7 + SPHERE_HALF_TURN_E7),
                (uint32_t)(2 * (position.latitude_e7 + SPHERE_HALF_TURN_E7 / 2)));
}

near_region_t near_key_region(uint64_t code)
{
    const uint64_t shift = NEAR_CODE_BITS - 6;
    uint64_t cell = code >> shift;
    if (cell == join(CAP_SQUARE, CAP_SQUARE)) {
        return NEAR_NORTH_CAP;
    }
    return cell == join(CAP_SQUARE, 0) ? NEAR_SOUTH_CAP : NEAR_GLOBE;
}
