/* overpass.h - places of OpenStreetMap, by Overpass API.
 *
 * Threads: any; free of I/O and clocks. Source:
 * https://wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL,
 * https://wiki.openstreetmap.org/wiki/OSM_JSON.
 * A place is an element with a name and one of the tags amenity, shop, tourism, leisure; a way or
 * relation is where its centre is. Overpass does not sort by distance: it sends everything within
 * the radius, and the nearest are chosen here.
 */
#ifndef HERD_NODE_PLACES_OVERPASS_H
#define HERD_NODE_PLACES_OVERPASS_H

#include "node/places/provider.h"

places_ask_fn places_overpass_ask;
places_decode_fn places_overpass_decode;

#endif
