#include "node/places/provider.h"

#include "common/base/limits.h"
#include "node/places/json_read.h"

#include <assert.h>
#include <stdio.h>

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
    return text_is_alphanumeric(byte) || byte == '-' || byte == '.' || byte == '_' || byte == '~';
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
