/* location.h - where a client is, as OwnTracks Recorder tells it (its README, "Last position of a
 * particular user"; https://owntracks.org/booklet/tech/json/):
 *
 *   {"_type":"location","tst":1440405601,"lat":51.06,"lon":13.6,"alt":262,"tid":"ne",
 *    "username":"demo","device":"iphone","topic":"owntracks/demo/iphone","ghash":"u31dmx9",
 *    "isotst":"2015-08-24T08:40:01Z","disptst":"2015-08-24 08:40:01",
 *    "isorcv":"2015-08-24T08:40:02Z"}
 *
 * A client USER/DEVICE is that user's device: what stands before and behind its first slash. Any
 * other ID is a user with one device, "client". Texts are UTF-8; what is none is written \xHH
 * (common/json/quote.h).
 *
 * Owner: values; texts borrow. Threads: any. Pure.
 */
#ifndef HERD_FRONTEND_WEB_GEO_LOCATION_H
#define HERD_FRONTEND_WEB_GEO_LOCATION_H

#include "common/base/sheet.h"
#include "common/base/text.h"
#include "common/protocol/record.h"

#include <stdbool.h>
#include <stdint.h>

/* Whose position it is (open value struct). */
typedef struct {
    text_t user;
    text_t device;
    bool is_pair; /* the ID is USER/DEVICE */
} location_owner_t;

/* The device of an ID that is no USER/DEVICE. */
#define LOCATION_DEVICE "client"

location_owner_t location_owner(text_t client);

/* All fields. */
#define LOCATION_ALL UINT32_MAX

/* Reads names of fields, separated by commas, as a set of them. Others are passed over. */
uint32_t location_fields(text_t names);

/* Appends these fields of a record, which is no tombstone, as an object; altitude only where it is
 * known. */
void location_put(const record_t *record, uint32_t fields, sheet_t *sheet);

enum { LOCATION_HASH_SIZE = 7 };

/* Writes the geohash (G. Niemeyer, 2008) of a position in degrees: LOCATION_HASH_SIZE characters,
 * no zero. */
void location_hash(double latitude_deg, double longitude_deg, char out[LOCATION_HASH_SIZE]);

#endif
