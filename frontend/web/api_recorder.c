/* What OwnTracks Recorder answers to those who read (its API.md), so that its front-end and scripts
 * work with a herd: /api/0/version, list, last and locations, and the WebSocket /ws/last.
 *
 * Parameters come in the query, or in the body of a POST as a form has them; user and device also
 * as fields of the head, as there. What is not known is passed over, as there. A herd has the
 * newest position of each client and no history: `locations` is that one, if it is in the span.
 * What looks at all clients is made by listings.c. */
#include "frontend/web/api_parts.h"

#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "frontend/web/geo/location.h"
#include "frontend/web/geo/moment.h"
#include "frontend/web/http/http_target.h"
#include "frontend/web/listings.h"

#include <stdio.h>

#define SPAN_NS (INT64_C(21600) * TIMESTAMP_NS_PER_S) /* where `from` is not said */

enum { PLAIN_SIZE = 256 }; /* bytes of a value, but user and device */

/* A value as it came. */
typedef struct {
    text_t text;
    bool is_encoded;
} value_t;

/* The parameters. */
typedef struct {
    value_t user;
    value_t device;
    value_t from;
    value_t to;
    value_t limit;
    value_t format;
    value_t fields;
} asked_t;

static void take_parameters(text_t query, asked_t *asked)
{
    const struct {
        text_t name;
        value_t *value;
    } known[] = {
        {TEXT("user"), &asked->user},     {TEXT("device"), &asked->device},
        {TEXT("from"), &asked->from},     {TEXT("to"), &asked->to},
        {TEXT("limit"), &asked->limit},   {TEXT("format"), &asked->format},
        {TEXT("fields"), &asked->fields},
    };
    text_t name;
    text_t value;
    while (http_target_parameter(&query, &name, &value)) {
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            if (text_equal(name, known[i].name)) {
                *known[i].value = (value_t){.text = value, .is_encoded = true};
            }
        }
    }
}

static void take_fields(const http_head_t *head, asked_t *asked)
{
    const struct {
        text_t name;
        value_t *value;
    } known[] = {
        {TEXT("x-limit-user"), &asked->user},
        {TEXT("x-limit-device"), &asked->device},
        {TEXT("x-limit-from"), &asked->from},
        {TEXT("x-limit-to"), &asked->to},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        text_t value;
        if (http_head_find(head, known[i].name, &value)) {
            *known[i].value = (value_t){.text = value};
        }
    }
}

static asked_t read_asked(const api_request_t *request)
{
    asked_t asked = {0};
    take_fields(request->head, &asked);
    take_parameters(request->head->query, &asked);
    if (request->head->method == HTTP_POST) {
        take_parameters(request->body, &asked);
    }
    return asked;
}

/* Appends what a value means. */
static bool append_value(value_t value, buffer_t *out)
{
    return value.is_encoded ? http_target_decode(value.text, true, out)
                            : buffer_append(out, value.text.data, value.text.size) == STATUS_OK;
}

/* A short value in `plain`; a malformed or longer one stays as it is, and is no good value. */
/* NOLINTNEXTLINE(readability-non-const-parameter): `out` writes to it */
static text_t plain_value(value_t value, char plain[PLAIN_SIZE])
{
    buffer_t out = {.data = plain, .capacity = PLAIN_SIZE, .maximum = PLAIN_SIZE};
    bool done = value.text.size < PLAIN_SIZE && append_value(value, &out);
    return done ? buffer_text(&out) : value.text;
}

/* Makes USER/DEVICE, or USER if there is no device, of the parameters, in `self->id`. False: it was
 * refused. */
static bool take_client(api_t *self, const api_request_t *request, const asked_t *asked)
{
    buffer_clear(&self->id);
    bool good = append_value(asked->user, &self->id);
    if (good && asked->device.text.size > 0) {
        good =
            buffer_append(&self->id, "/", 1) == STATUS_OK && append_value(asked->device, &self->id);
    }
    if (!good) {
        api_refuse(request, HTTP_BAD_REQUEST, "user or device has a malformed escape.");
    }
    return good;
}

/* The record of the device that take_client made; false: there is none. */
static bool find_device(api_t *self, record_t *ret_record)
{
    uint32_t number;
    text_t id = buffer_text(&self->id);
    text_t rest = TEXT("/" LOCATION_DEVICE);
    if (api_find_client(self, id, &number, ret_record)) {
        return true;
    }
    return id.size > rest.size && text_equal(text_after(id, id.size - rest.size), rest) &&
           api_find_client(self, text_first(id, id.size - rest.size), &number, ret_record) &&
           !location_owner(ret_record->client).is_pair;
}

static bool has_device(const asked_t *asked)
{
    return asked->user.text.size > 0 && asked->device.text.size > 0;
}

static uint32_t fields_of(const asked_t *asked)
{
    char plain[PLAIN_SIZE];
    text_t names = plain_value(asked->fields, plain);
    return names.size > 0 ? location_fields(names) : LOCATION_ALL;
}

void api_get_recorder_version(api_t *self, const api_request_t *request)
{
    sheet_t sheet = api_begin(self);
    sheet_put_string(&sheet, "{\"version\":\"" HERD_VERSION "\"}\n");
    api_reply_copy(self, request, "application/json", &sheet);
}

/* Answers with all clients, or those of one user. */
static void answer_listing(api_t *self, const api_request_t *request, const asked_t *asked,
                           listings_kind_t kind)
{
    asked_t of_user = *asked;
    of_user.device = (value_t){0};
    if (!take_client(self, request, &of_user)) {
        return;
    }
    /* as answers have it: \xHH is a byte */
    self->id.size = self->id.size > 0 ? text_unescape(buffer_text(&self->id), self->id.data) : 0;
    const listings_query_t query = {
        .kind = kind, .user = buffer_text(&self->id), .fields = fields_of(asked)};
    listings_answer(self->listings, request->session, &query, request->head->method == HTTP_HEAD);
}

void api_get_recorder_list(api_t *self, const api_request_t *request)
{
    asked_t asked = read_asked(request);
    if (!api_copy_is_ready(self, request)) {
        return;
    }
    if (has_device(&asked)) { /* files with its history, there */
        sheet_t sheet = api_begin(self);
        sheet_put_string(&sheet, "{\"results\":[]}\n");
        api_reply_copy(self, request, "application/json", &sheet);
        return;
    }
    bool of_user = asked.user.text.size > 0;
    answer_listing(self, request, &asked, of_user ? LISTINGS_DEVICES : LISTINGS_USERS);
}

void api_get_recorder_last(api_t *self, const api_request_t *request)
{
    asked_t asked = read_asked(request);
    record_t record;
    if (!api_copy_is_ready(self, request)) {
        return;
    }
    if (!has_device(&asked)) {
        answer_listing(self, request, &asked, LISTINGS_LOCATIONS);
        return;
    }
    if (!take_client(self, request, &asked)) {
        return;
    }
    sheet_t sheet = api_begin(self);
    sheet_put_byte(&sheet, '[');
    if (find_device(self, &record)) {
        location_put(&record, fields_of(&asked), &sheet);
    }
    sheet_put_string(&sheet, "]\n");
    api_reply_copy(self, request, "application/json", &sheet);
}

/* From when to when; the last six hours if nothing is said, and no limit. False: malformed. */
static bool read_span(const asked_t *asked, moment_span_t *ret_span)
{
    char plain[PLAIN_SIZE];
    int64_t now_ns = clock_now_ns();
    moment_span_t from = {.from_ns = asked->limit.text.size > 0 ? INT64_MIN : now_ns - SPAN_NS};
    moment_span_t to = {.to_ns = now_ns};
    if ((asked->from.text.size > 0 && !moment_read_short(plain_value(asked->from, plain), &from)) ||
        (asked->to.text.size > 0 && !moment_read_short(plain_value(asked->to, plain), &to))) {
        return false;
    }
    *ret_span = (moment_span_t){.from_ns = from.from_ns, .to_ns = to.to_ns};
    return true;
}

static const char *check_locations(const asked_t *asked, moment_span_t *ret_span)
{
    char plain[PLAIN_SIZE];
    text_t format = plain_value(asked->format, plain);
    if (!has_device(asked)) {
        return "user and device are needed.";
    }
    if (format.size > 0 && !text_equal(format, TEXT("json"))) {
        return "format is json; other forms are not made.";
    }
    return read_span(asked, ret_span)
               ? NULL
               : "from and to are 2026-11-27T03:00:00, or less of it, in UTC.";
}

void api_get_recorder_locations(api_t *self, const api_request_t *request)
{
    asked_t asked = read_asked(request);
    moment_span_t span;
    record_t record;
    const char *problem = check_locations(&asked, &span);
    if (problem != NULL) {
        api_refuse(request, HTTP_BAD_REQUEST, problem);
        return;
    }
    if (!api_copy_is_ready(self, request) || !take_client(self, request, &asked)) {
        return;
    }
    bool found = find_device(self, &record) && moment_has(&span, record.client_time_ns);
    sheet_t sheet = api_begin(self);
    sheet_format(&sheet, "{\"count\":%d,\"data\":[", found ? 1 : 0);
    if (found) {
        location_put(&record, fields_of(&asked), &sheet);
    }
    sheet_put_string(&sheet, "],\"status\":200,\"version\":\"" HERD_VERSION "\"}\n");
    api_reply_copy(self, request, "application/json", &sheet);
}

void api_get_recorder_socket(api_t *self, const api_request_t *request)
{
    char accept[HANDSHAKE_ACCEPT_SIZE];
    if (!api_takes_socket(request, accept)) {
        return;
    }
    uint32_t stream = pushes_open(self->pushes, session_number(request->session));
    if (stream == UINT32_MAX) {
        web_session_reply_problem(request->session, HTTP_SERVICE_UNAVAILABLE,
                                  "There are as many listeners as there may be.",
                                  "Retry-After: 30\r\n");
        return;
    }
    web_session_upgrade(request->session, stream, accept, false);
}
