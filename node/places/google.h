/* google.h - Google's Places API (New), Nearby Search.
 *
 * Threads: any; free of I/O and clocks. Source, with the maxima of 20 results and 50,000 m:
 * https://developers.google.com/maps/documentation/places/web-service/nearby-search and, there,
 * reference/rest/v1/places/searchNearby.
 */
#ifndef HERD_NODE_PLACES_GOOGLE_H
#define HERD_NODE_PLACES_GOOGLE_H

#include "node/places/provider.h"

places_ask_fn places_google_ask;
places_decode_fn places_google_decode;

#endif
