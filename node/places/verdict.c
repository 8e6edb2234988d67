#include "node/places/verdict.h"

#include <stdio.h>

static verdict_t verdict_of_status(places_status_t status)
{
    switch (status) {
    case PLACES_STATUS_OK:
    case PLACES_STATUS_ZERO_RESULTS: return VERDICT_GOOD;
    case PLACES_STATUS_OVER_QUERY_LIMIT: return VERDICT_BUSY;
    case PLACES_STATUS_REQUEST_DENIED: return VERDICT_DENIED;
    case PLACES_STATUS_INVALID_REQUEST:
    case PLACES_STATUS_UNKNOWN_ERROR: break;
    }
    return VERDICT_CONTENT;
}

verdict_t verdict_of(const http_response_t *response, places_status_t status,
                     const places_notes_t *notes)
{
    switch (response->outcome) {
    case HTTP_ANSWERED: break;
    case HTTP_TOO_LARGE:
    case HTTP_GARBLED: return VERDICT_CONTENT;
    default: return VERDICT_OUTAGE;
    }
    /* 408: the server was tired of waiting for our question. */
    if (response->status >= 500 || response->status == 408) {
        return VERDICT_OUTAGE;
    }
    if (response->status == 429 || notes->busy) {
        return VERDICT_BUSY;
    }
    return verdict_of_status(status);
}

text_t verdict_outcome_text(http_outcome_t outcome)
{
    switch (outcome) {
    case HTTP_TIMED_OUT: return TEXT("the places provider did not answer in time");
    case HTTP_UNREACHABLE: return TEXT("the places provider cannot be reached");
    case HTTP_UNTRUSTED: return TEXT("the places provider's certificate is not to be trusted");
    case HTTP_TOO_LARGE: return TEXT("the places provider's answer is too large");
    case HTTP_GARBLED: return TEXT("the places provider's answer cannot be unpacked");
    case HTTP_BROKEN:
    case HTTP_ANSWERED: break;
    }
    return TEXT("the connection to the places provider broke off");
}

const char *verdict_reason(const http_response_t *response, places_status_t status, char *out,
                           size_t out_size)
{
    if (response->outcome != HTTP_ANSWERED) {
        snprintf(out, out_size, "%s", response->reason);
    } else if (response->status == 200) {
        snprintf(out, out_size, "%s", places_answer_status_name(status));
    } else {
        snprintf(out, out_size, "HTTP status %u", response->status);
    }
    return out;
}
