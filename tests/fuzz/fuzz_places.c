/* Any bytes as the reply of a provider, the first of them for its HTTP status. Whatever they are,
 * the answer is a JSON object with the members that client-protocol.md promises, no more results
 * than wanted, and a reason if it is an error; it ends in two LFs, and has no two in a row
 * before. */
#include "common/base/limits.h"
#include "node/places/google.h"
#include "node/places/google_legacy.h"
#include "node/places/overpass.h"

#include <assert.h>
#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WANTED = 3 };

/* A place is an object, and on earth if it says where it is. */
static void check_places(const json_t *results)
{
    size_t i;
    const json_t *place;
    json_array_foreach(results, i, place)
    {
        assert(json_is_object(place));
        const json_t *location = json_object_get(json_object_get(place, "geometry"), "location");
        if (location != NULL) {
            double latitude_deg = json_number_value(json_object_get(location, "lat"));
            double longitude_deg = json_number_value(json_object_get(location, "lng"));
            assert(latitude_deg >= -90 && latitude_deg <= 90);
            assert(longitude_deg >= -180 && longitude_deg <= 180);
        }
    }
}

static void check_answer(text_t answer, places_status_t status)
{
    assert(answer.size > 3 &&
           memmem(answer.data, answer.size, "\n\n", 2) == answer.data + answer.size - 2);
    json_t *json =
        json_loadb(answer.data, answer.size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    assert(json_is_object(json));
    const json_t *results = json_object_get(json, "results");
    assert(json_is_array(results) && json_array_size(results) <= WANTED);
    assert(json_is_string(json_object_get(json, "status")));
    assert(json_is_array(json_object_get(json, "html_attributions")));
    bool good = places_answer_is_good(status);
    assert(good || json_is_string(json_object_get(json, "error_message")));
    assert((json_array_size(results) > 0) == (status == PLACES_STATUS_OK));
    assert(strcmp(json_string_value(json_object_get(json, "status")),
                  places_answer_status_name(status)) == 0);
    check_places(results);
    assert(status <= PLACES_STATUS_UNKNOWN_ERROR);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static places_decode_fn *const decoders[] = {places_google_decode, places_google_legacy_decode,
                                                 places_overpass_decode};
    static const unsigned statuses[] = {200, 400, 403, 429, 500};
    const places_query_t query = {.latitude_deg = 34.06893,
                                  .longitude_deg = -118.445127,
                                  .radius_km = 10,
                                  .result_count = WANTED};
    if (size == 0) {
        return 0;
    }
    /* An odd first byte beyond these: all fields were asked for; what is missing is filled in. */
    const places_reply_t reply = {.http_status = data[0] < 5 ? statuses[data[0]] : 200,
                                  .field_mask = data[0] > 5 && data[0] % 2 == 1 ? "*" : NULL,
                                  .body = {.data = (const char *)data + 1, .size = size - 1}};
    for (size_t i = 0; i < sizeof decoders / sizeof decoders[0]; i++) {
        buffer_t out;
        buffer_init(&out, LIMIT_REPLY_SIZE);
        places_notes_t notes = {0};
        places_status_t status = decoders[i](&reply, &query, &notes, &out);
        check_answer(buffer_text(&out), status);
        buffer_done(&out);
    }
    return 0;
}
