#include "frontend/web/geo/location.h"

#include "common/base/timestamp.h"
#include "common/geojson/coordinates.h"
#include "common/json/quote.h"

#include <string.h>

enum {
    FRAME_SIZE = 512,  /* all but foreign texts */
    SECONDS_SIZE = 19, /* "2026-11-27T05:00:00" */
    TID_CHARACTERS = 2,
    HASH_BITS = 5, /* of a character */
};

/* What fields are made of. */
typedef struct {
    const record_t *record;
    location_owner_t owner;
    coordinates_t coordinates;
} place_t;

location_owner_t location_owner(text_t client)
{
    const char *slash = client.size > 0 ? memchr(client.data, '/', client.size) : NULL;
    size_t size = slash != NULL ? (size_t)(slash - client.data) : 0;
    if (size == 0 || size + 1 == client.size) {
        return (location_owner_t){.user = client, .device = TEXT(LOCATION_DEVICE)};
    }
    return (location_owner_t){
        .user = text_first(client, size), .device = text_after(client, size + 1), .is_pair = true};
}

void location_hash(double latitude_deg, double longitude_deg, char out[LOCATION_HASH_SIZE])
{
    static const char digits[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    double low[2] = {-180, -90}; /* the longitude has the first bit */
    double high[2] = {180, 90};
    const double values[2] = {longitude_deg, latitude_deg};
    for (size_t i = 0; i < LOCATION_HASH_SIZE; i++) {
        unsigned digit = 0;
        for (size_t j = 0; j < HASH_BITS; j++) {
            size_t axis = (i * HASH_BITS + j) % 2;
            double middle = (low[axis] + high[axis]) / 2;
            bool is_high = values[axis] >= middle;
            *(is_high ? &low[axis] : &high[axis]) = middle;
            digit = 2 * digit + is_high;
        }
        out[i] = digits[digit];
    }
}

static char *put_quoted(text_t text, char *out)
{
    *out++ = '"';
    out = quote_json(text, out);
    *out++ = '"';
    return out;
}

static char *put_type(const place_t *place, char *out)
{
    (void)place;
    return text_copy(TEXT("\"location\""), out);
}

static char *put_tst(const place_t *place, char *out)
{
    return out + text_write_i64(place->record->client_time_ns / TIMESTAMP_NS_PER_S, out);
}

static char *put_lat(const place_t *place, char *out)
{
    return coordinates_put_latitude(&place->coordinates, out);
}

static char *put_lon(const place_t *place, char *out)
{
    return coordinates_put_longitude(&place->coordinates, out);
}

static char *put_alt(const place_t *place, char *out)
{
    return coordinates_put_altitude(&place->coordinates, out);
}

/* The last two characters of the device, as the apps have it; of no pair, of the user. */
static char *put_tid(const place_t *place, char *out)
{
    text_t name = place->owner.is_pair ? place->owner.device : place->owner.user;
    size_t start = name.size;
    for (size_t count = 0; start > 0 && count < TID_CHARACTERS; count++) {
        start--;
        while (start > 0 && ((unsigned char)name.data[start] & 0xc0) == 0x80) {
            start--;
        }
    }
    return put_quoted(text_after(name, start), out);
}

static char *put_username(const place_t *place, char *out)
{
    return put_quoted(place->owner.user, out);
}

static char *put_device(const place_t *place, char *out)
{
    return put_quoted(place->owner.device, out);
}

static char *put_topic(const place_t *place, char *out)
{
    out = text_copy(TEXT("\"owntracks/"), out);
    out = quote_json(place->owner.user, out);
    *out++ = '/';
    out = quote_json(place->owner.device, out);
    *out++ = '"';
    return out;
}

static char *put_ghash(const place_t *place, char *out)
{
    char hash[LOCATION_HASH_SIZE];
    location_hash(place->coordinates.degrees.latitude_deg, place->coordinates.degrees.longitude_deg,
                  hash);
    return put_quoted((text_t){.data = hash, .size = sizeof hash}, out);
}

/* "2026-11-27T05:00:00", `separator` in the place of T. */
static char *put_seconds(int64_t time_ns, char separator, char *out)
{
    char text[TIMESTAMP_ISO8601_SIZE];
    timestamp_write_iso8601(time_ns, text);
    text[10] = separator;
    return text_copy((text_t){.data = text, .size = SECONDS_SIZE}, out);
}

static char *put_iso(int64_t time_ns, char *out)
{
    *out++ = '"';
    out = put_seconds(time_ns, 'T', out);
    return text_copy(TEXT("Z\""), out);
}

static char *put_isotst(const place_t *place, char *out)
{
    return put_iso(place->record->client_time_ns, out);
}

static char *put_disptst(const place_t *place, char *out)
{
    *out++ = '"';
    out = put_seconds(place->record->client_time_ns, ' ', out);
    *out++ = '"';
    return out;
}

static char *put_isorcv(const place_t *place, char *out)
{
    return put_iso(place->record->receipt_time_ns, out);
}

static const struct {
    const char *name;
    char *(*put)(const place_t *place, char *out);
} fields[] = {
    {"_type", put_type},        {"tst", put_tst},       {"lat", put_lat},
    {"lon", put_lon},           {"alt", put_alt},       {"tid", put_tid},
    {"username", put_username}, {"device", put_device}, {"topic", put_topic},
    {"ghash", put_ghash},       {"isotst", put_isotst}, {"disptst", put_disptst},
    {"isorcv", put_isorcv},
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

uint32_t location_fields(text_t names)
{
    uint32_t found = 0;
    text_t name;
    while (text_take_until(&names, ',', &name)) {
        for (size_t i = 0; i < FIELDS; i++) {
            found |= text_equal(name, text_of(fields[i].name)) ? UINT32_C(1) << i : 0;
        }
    }
    return found;
}

void location_put(const record_t *record, uint32_t wanted, sheet_t *sheet)
{
    const place_t place = {.record = record,
                           .owner = location_owner(record->client),
                           .coordinates = coordinates_of(record->position)};
    size_t texts = 3 * record->client.size; /* user and device, topic, tid */
    char *start = sheet_reserve(sheet, FRAME_SIZE + QUOTE_SIZE * texts + 3 * record->position.size);
    if (start == NULL) {
        return;
    }
    char *at = start;
    *at++ = '{';
    for (size_t i = 0; i < FIELDS; i++) {
        bool is_known = fields[i].put != put_alt || place.coordinates.altitude.size > 0;
        if ((wanted >> i & 1) == 0 || !is_known) {
            continue;
        }
        at = at == start + 1 ? at : text_copy(TEXT(","), at);
        *at++ = '"';
        at = text_copy(text_of(fields[i].name), at);
        at = text_copy(TEXT("\":"), at);
        at = fields[i].put(&place, at);
    }
    *at++ = '}';
    buffer_commit(sheet->out, (size_t)(at - start));
}
