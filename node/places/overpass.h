/* overpass.h - places of OpenStreetMap, by Overpass API.
 *
 * Threads: any; free of I/O and clocks. Source:
 * https://wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL, https://wiki.openstreetmap.org/wiki/OSM_JSON.
 * A place has a name and one of the tags amenity, shop, tourism, leisure. Overpass does not sort by distance: it sends
 * all, and the nearest are chosen here. A way or relation stands at its centre.
 */
#ifndef HERD_NODE_PLACES_OVERPASS_H
#define HERD_NODE_PLACES_OVERPASS_H

#include "node/places/provider.h"

places_ask_fn places_overpass_ask;
places_decode_fn places_overpass_decode;

#endif
