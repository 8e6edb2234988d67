/* google_legacy.h - Google's Places API, Nearby Search (legacy): its answers have our format, and
 * are passed through.
 *
 * Threads: any; free of I/O and clocks. Source:
 * https://developers.google.com/maps/documentation/places/web-service/legacy/search-nearby.
 */
#ifndef HERD_NODE_PLACES_GOOGLE_LEGACY_H
#define HERD_NODE_PLACES_GOOGLE_LEGACY_H

#include "node/places/provider.h"

places_ask_fn places_google_legacy_ask;
places_decode_fn places_google_legacy_decode;

#endif
