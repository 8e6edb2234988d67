/* positions.h - positions of clients as files that other programs read: the formats.
 *
 * jsonl, an object a line; csv, RFC 4180 with a header; geojson, a FeatureCollection of RFC 7946,
 * WGS 84, longitude first, a feature a line:
 *
 *   {"client":"kiwi","latitude":34.068930,"longitude":-118.445127,
 *    "position":"+34.068930-118.445127","time":"1621464827.959498503",
 *    "utc":"2021-05-19T22:53:47.959Z","server":"Clark","difference":"+0.263873386"}
 *
 *   client,latitude,longitude,position,time,utc,server,difference
 *   kiwi,34.068930,-118.445127,+34.068930-118.445127,1621464827.959498503,...
 *
 *   {"type":"FeatureCollection","features":[
 *   {"type":"Feature","geometry":{"type":"Point","coordinates":[-118.445127,34.068930]},
 *    "properties":{"client":"kiwi","position":"+34.068930-118.445127",...}}
 *   ]}
 *
 * Texts are UTF-8, but an ID is any bytes: those that are no printable UTF-8, and the backslash,
 * are written \xHH (text_unescape). Who reads back goes by `client`, `position` and `time`, which
 * are what the client sent; where `position` is missing, by latitude and longitude.
 */
#ifndef HERD_DEPLOY_HERDCTL_POSITIONS_POSITIONS_H
#define HERD_DEPLOY_HERDCTL_POSITIONS_POSITIONS_H

typedef enum {
    POSITIONS_JSONL,
    POSITIONS_CSV,
    POSITIONS_GEOJSON,
} positions_format_t;

/* Their names, in that order, for an option's choices. */
#define POSITIONS_FORMAT_NAMES "jsonl", "csv", "geojson"

#endif
