/* area_text.h - areas and their parts as people and programs write them, in degrees and metres.
 *
 * Owner: values. Threads: any. Every byte is foreign. A number is one of JSON (RFC 8259, section 6)
 * of at most 64 bytes, rounded once: degrees to 1e-7, metres to millimetres.
 */
#ifndef HERD_COMMON_NEAR_AREA_TEXT_H
#define HERD_COMMON_NEAR_AREA_TEXT_H

#include "common/base/text.h"
#include "common/near/area.h"

#include <stdbool.h>
#include <stdint.h>

/* The greatest radius: half the earth's circumference. */
#define AREA_TEXT_RADIUS_MAX_M 20037508.5

/* Degrees of which the absolute value is at most `most_e7`; false: malformed, or more. */
bool area_text_degrees(text_t text, int32_t most_e7, int32_t *ret_e7);

/* 0 .. `most_m` metres; false: malformed, or outside. */
bool area_text_metres(text_t text, double most_m, double *ret_m);

/* "-118.5,33.9,-118.3,34.1": west, south, east, north. False: malformed, out of range, or south is
 * north of north. */
bool area_text_box(text_t text, area_box_t *ret_box);

/* "34.07,-118.44,10000": latitude, longitude, radius up to AREA_TEXT_RADIUS_MAX_M. False as
 * above. */
bool area_text_circle(text_t text, area_circle_t *ret_circle);

#endif
