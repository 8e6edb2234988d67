#include "node/places_provider.h"

#include "common/limits.h"
#include "node/json_read.h"
#include "node/places_google.h"
#include "node/places_google_legacy.h"
#include "node/places_overpass.h"

#include <assert.h>
#include <stdio.h>

static const places_provider_t google = {.name = "google",
                                         .base_url = "https://places.googleapis.com",
                                         .reply_maximum = LIMIT_PLACES_ANSWER_SIZE,
                                         .concurrent_max = LIMIT_PLACES_CONCURRENT,
                                         .ask = places_google_ask,
                                         .decode = places_google_decode};

static const places_provider_t google_legacy = {.name = "google-legacy",
                                                .base_url = "https://maps.googleapis.com",
                                                .reply_maximum = LIMIT_PLACES_ANSWER_SIZE,
                                                .concurrent_max = LIMIT_PLACES_CONCURRENT,
                                                .ask = places_google_legacy_ask,
                                                .decode = places_google_legacy_decode};

static const places_provider_t overpass = {.name = "overpass",
                                           .base_url = "https://overpass-api.de",
                                           .reply_maximum = LIMIT_OVERPASS_SIZE,
                                           .concurrent_max = LIMIT_OVERPASS_CONCURRENT,
                                           .may_be_kept = true,
                                           .is_shared = true,
                                           .ask = places_overpass_ask,
                                           .decode = places_overpass_decode};

const places_provider_t *places_provider_of(config_places_t places)
{
    switch (places) {
    case CONFIG_PLACES_GOOGLE: return &google;
    case CONFIG_PLACES_GOOGLE_LEGACY: return &google_legacy;
    case CONFIG_PLACES_OVERPASS: return &overpass;
    case CONFIG_PLACES_LOCAL:
    case CONFIG_PLACES_NONE: break;
    }
    return NULL;
}

void places_question_init(places_question_t *self)
{
    buffer_init(&self->url, LIMIT_PLACES_QUESTION_SIZE);
    buffer_init(&self->headers, LIMIT_PLACES_QUESTION_SIZE);
    buffer_init(&self->body, LIMIT_PLACES_QUESTION_SIZE);
}

void places_question_done(places_question_t *self)
{
    buffer_done(&self->url);
    buffer_done(&self->headers);
    buffer_done(&self->body);
}

status_t places_question_degrees(buffer_t *out, double degrees)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%.7f", degrees);
    while (text[size - 1] == '0' && text[size - 2] != '.') {
        size--;
    }
    return buffer_append(out, text, (size_t)size);
}

static bool is_unreserved(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || text_is_digit(byte) ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

status_t places_question_percent(buffer_t *out, text_t text)
{
    status_t status = STATUS_OK;
    for (size_t i = 0; i < text.size && status == STATUS_OK; i++) {
        char byte = text.data[i];
        status = is_unreserved(byte) ? buffer_append(out, &byte, 1)
                                     : buffer_format(out, "%%%02X", (unsigned)(unsigned char)byte);
    }
    return status;
}

static places_status_t refuse(const places_answer_t *answer, buffer_t *out)
{
    status_t status = places_answer_write(answer, out);
    assert(status == STATUS_OK); /* a message is bounded, a reply has far more room */
    return answer->status;
}

places_status_t places_refuse(places_status_t status, text_t message, buffer_t *out)
{
    return refuse(&(places_answer_t){.status = status, .error_message = message}, out);
}

static places_status_t status_of_http(unsigned http_status)
{
    switch (http_status) {
    case 400: return PLACES_STATUS_INVALID_REQUEST;
    case 401:
    case 403: return PLACES_STATUS_REQUEST_DENIED;
    case 429: return PLACES_STATUS_OVER_QUERY_LIMIT;
    default: return PLACES_STATUS_UNKNOWN_ERROR;
    }
}

/* In the provider's words where it has some that can be passed on, else in ours. */
static places_status_t refuse_saying(places_status_t status, text_t message, text_t message_json,
                                     buffer_t *out)
{
    places_answer_t answer = {.status = status, .error_message = message};
    if (json_read_is_string(message_json) && message_json.size > 2 &&
        message_json.size <= LIMIT_PLACES_MESSAGE_SIZE) {
        answer.error_json = message_json;
    }
    return refuse(&answer, out);
}

places_status_t places_refuse_http(unsigned http_status, text_t message_json, buffer_t *out)
{
    char message[64];
    snprintf(message, sizeof message, "the places provider answered with HTTP status %u",
             http_status);
    return refuse_saying(status_of_http(http_status), text_of(message), message_json, out);
}

places_status_t places_refuse_remark(text_t message_json, buffer_t *out)
{
    return refuse_saying(PLACES_STATUS_UNKNOWN_ERROR, TEXT("the places provider failed"),
                         message_json, out);
}

places_status_t places_refuse_body(buffer_t *out)
{
    return places_refuse(PLACES_STATUS_UNKNOWN_ERROR,
                         TEXT("the places provider's answer is not in the expected form"), out);
}
