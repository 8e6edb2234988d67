/* feature.h - where a client is, as a Feature of GeoJSON (RFC 7946): longitude first.
 *
 *   {"type":"Feature","id":"kiwi",
 *    "geometry":{"type":"Point","coordinates":[-118.445127,34.068930]},
 *    "properties":{"client":"kiwi","position":"+34.068930-118.445127",
 *    "time":"1621464827.959498503","utc":"2021-05-19T22:53:47.959Z",
 *    "difference":"+0.263873386","member":"Goloman"}}
 *
 * Texts are UTF-8, but an ID is any bytes: those that are no printable UTF-8, and the backslash,
 * are written \xHH, as herdctl does (common/json/quote.h).
 *
 * Owner: values; texts borrow. Threads: any. Pure.
 */
#ifndef HERD_FRONTEND_WEB_GEO_FEATURE_H
#define HERD_FRONTEND_WEB_GEO_FEATURE_H

#include "common/base/sheet.h"
#include "common/base/text.h"
#include "common/geojson/coordinates.h"
#include "common/protocol/record.h"

#include <stdbool.h>
#include <stdint.h>

/* Open value struct. */
typedef struct {
    text_t client;
    text_t position;
    coordinates_t coordinates; /* of the position */
    text_t client_time;        /* valid */
    int64_t client_time_ns;    /* value of it */
    int64_t difference_ns;     /* the time of receipt less that */
    text_t member;             /* that took it */
    double distance_m;         /* from where was asked; negative: no one asked */
} feature_t;

/* Takes the first line of a reply, without its LF, apart:
 *   AT Goloman +0.263873386 kiwi +34.068930-118.445127 1621464827.959498503
 * False: it is no such line. */
bool feature_from_answer(text_t line, feature_t *ret_feature);

/* The same of a record, which is no tombstone. */
feature_t feature_from_record(const record_t *record);

/* Appends it, without an LF. */
void feature_put(const feature_t *self, sheet_t *sheet);

/* The same without its last brace, so that more members can follow. */
void feature_put_open(const feature_t *self, sheet_t *sheet);

#endif
