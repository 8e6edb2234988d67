/* answer.h - writes the answer to a WHATSAT: a Google Places Nearby Search (legacy) JSON object.
 *
 * Owner: values; an answer borrows its texts. Threads: any.
 * Printed as Google prints it, one member or element a line, three spaces a level, so that a person
 * on nc can read it (client-protocol.md, WHATSAT). Members in Google's order:
 *   {
 *      "error_message" : "...",                  if there is one
 *      "html_attributions" : [ "..." ],
 *      "results" : [ { "geometry" : { "location" : { "lat", "lng" } },
 *                      "name", "place_id", "types", "vicinity" } ],
 *      "status" : "OK"
 *   }
 * Source: https://developers.google.com/maps/documentation/places/web-service/legacy/search-nearby.
 */
#ifndef HERD_NODE_PLACES_ANSWER_H
#define HERD_NODE_PLACES_ANSWER_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "node/places/elements.h"
#include "node/places/json_print.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Google's status codes; each is written as its name. */
#define PLACES_STATUS_MAP(X)                                                                       \
    X(OK)               /* at least one result */                                                  \
    X(ZERO_RESULTS)     /* nothing there, or nothing asked for */                                  \
    X(INVALID_REQUEST)  /* the provider did not understand the question */                         \
    X(OVER_QUERY_LIMIT) /* asked too often */                                                      \
    X(REQUEST_DENIED)   /* key missing or refused */                                               \
    X(UNKNOWN_ERROR)    /* all other trouble */

typedef enum {
#define PLACES_STATUS_ENUM(name) PLACES_STATUS_##name,
    PLACES_STATUS_MAP(PLACES_STATUS_ENUM)
#undef PLACES_STATUS_ENUM
} places_status_t;

/* Google's name of it, e.g. "ZERO_RESULTS". */
const char *places_answer_status_name(places_status_t status);

/* The status of that name, or of Google's other names for the same; else UNKNOWN_ERROR. */
places_status_t places_answer_status_of(text_t name);

/* Whether it is OK or ZERO_RESULTS. */
static inline bool places_answer_is_good(places_status_t status)
{
    return status == PLACES_STATUS_OK || status == PLACES_STATUS_ZERO_RESULTS;
}

/* One place (open value struct). Texts may hold any bytes, written as json_string.h says. */
typedef struct {
    int32_t latitude_e7;      /* 1e-7 degree, -90e7 .. 90e7 */
    int32_t longitude_e7;     /* 1e-7 degree, -180e7 .. 180e7 */
    text_t name;              /* for people */
    text_t place_id;          /* e.g. "geonames:5368361" */
    const char *const *types; /* `type_count` of Google's place types */
    size_t type_count;
    text_t vicinity; /* where it is, for people; may be empty */
} places_result_t;

/* The whole answer (open value struct). */
typedef struct {
    places_status_t status;
    text_t error_message;           /* empty: no such member */
    text_t html_attribution;        /* whom to name, as HTML; empty: an empty array */
    const places_result_t *results; /* `result_count` of them, in the order of writing */
    size_t result_count;
} places_answer_t;

/* Appends the JSON text. It ends in exactly two LFs; inside, two never stand in a row. STATUS_FULL,
 * with nothing appended, if it would pass the buffer's maximum. */
status_t places_answer_write(const places_answer_t *answer, buffer_t *buffer) STATUS_MUST_USE;

/* ---- parts, for answers whose results are printed elsewhere ---- */

/* Prints what comes before the results, and opens their array; the caller has opened the object. */
void places_answer_print_head(json_print_t *printer, text_t html_attribution);

/* Prints the member `geometry` of a result; the two are JSON numbers, printed as they are. */
void places_answer_print_geometry(json_print_t *printer, text_t latitude, text_t longitude);

/* Closes the array of results and prints what comes after it, up to the two LFs. */
void places_answer_print_tail(json_print_t *printer, places_status_t status);

/* ---- refusals: answers without results ----
 *
 * Each is appended to `out`, which must have room for it (a message is at most
 * LIMIT_PLACES_MESSAGE_SIZE bytes), and returns the status in it. */

places_status_t places_answer_refuse(places_status_t status, text_t message, buffer_t *out);

/* The same in the provider's words: `message_json` is its reason, a JSON string as it was sent. A
 * longer one is cut; anything else gives way to `message`. */
places_status_t places_answer_refuse_saying(places_status_t status, text_t message,
                                            text_t message_json, buffer_t *out);

/* For an HTTP status other than 200; `message_json` as above. */
places_status_t places_answer_refuse_http(unsigned http_status, text_t message_json, buffer_t *out);

/* For a 200 whose body is not in the expected form: UNKNOWN_ERROR. Notes that. */
places_status_t places_answer_refuse_body(places_notes_t *notes, buffer_t *out);

#endif
