/* /v1/clients/{id}: where a client is.
 *
 * PUT makes an IAMAT of its body and is answered when the node has answered; the AT line says what
 * the node has taken, and becomes the Feature of the answer. GET asks for the AT line by a WHATSAT
 * that wants no places. */
#include "frontend/web/api_parts.h"

#include "common/base/limits.h"
#include "common/base/sheet.h"
#include "common/clock/clock.h"
#include "frontend/web/geo/fix.h"
#include "frontend/web/http/http_target.h"

bool api_id_has_space(text_t id)
{
    for (size_t i = 0; i < id.size; i++) {
        if (text_is_space(id.data[i]) || id.data[i] == '\n') {
            return true;
        }
    }
    return false;
}

bool api_take_id(api_t *self, const api_request_t *request)
{
    buffer_clear(&self->id);
    if (!http_target_decode(request->segment, false, &self->id)) {
        api_refuse(request, HTTP_BAD_REQUEST, "The path has a malformed escape.");
        return false;
    }
    text_t id = buffer_text(&self->id);
    if (api_id_has_space(id)) {
        api_refuse(request, HTTP_BAD_REQUEST, "The ID of a client has no white space.");
        return false;
    }
    if (id.size == 0) {
        api_refuse(request, HTTP_NOT_FOUND, "The ID of a client is missing.");
    }
    return id.size > 0;
}

void api_ask(api_t *self, const api_request_t *request, exchange_kind_t kind, sheet_t *sheet)
{
    size_t maximum = self->config->max_line;
    if (sheet_end(sheet) != STATUS_OK || self->line.size > maximum) {
        api_refuse(request, HTTP_URI_TOO_LONG, "The ID is longer than a line may be (max_line).");
        return;
    }
    bool fresh = kind == EXCHANGE_PUT && mirror_is_ready(self->mirror) &&
                 !copy_serves_client(mirror_copy(self->mirror), buffer_text(&self->id));
    web_session_ask_node(request->session, kind, buffer_text(&self->line), fresh);
}

static void put_feature(const feature_t *feature, sheet_t *sheet)
{
    feature_put(feature, sheet);
    sheet_put_byte(sheet, '\n');
}

/* Makes a Feature the content of the answer. */
static status_t write_feature(api_t *self, const feature_t *feature)
{
    sheet_t sheet = api_begin(self);
    put_feature(feature, &sheet);
    return sheet_end(&sheet);
}

/* While the node is away the copy tells what it knows. */
static void tell_copy(api_t *self, const api_request_t *request)
{
    uint32_t number;
    record_t record;
    if (!copy_find(mirror_copy(self->mirror), buffer_text(&self->id), &number, &record)) {
        api_refuse(request, HTTP_NOT_FOUND, "The herd knows no client of this ID.");
        return;
    }
    feature_t feature = feature_from_record(&record);
    sheet_t sheet = api_begin(self);
    put_feature(&feature, &sheet);
    api_reply_copy(self, request, API_GEOJSON, &sheet);
}

void api_get_client(api_t *self, const api_request_t *request)
{
    if (!api_take_id(self, request)) {
        return;
    }
    if (!self->shared->node_serves && mirror_is_ready(self->mirror)) {
        tell_copy(self, request);
        return;
    }
    buffer_clear(&self->line);
    sheet_t sheet = sheet_begin(&self->line);
    sheet_put(&sheet, TEXT("WHATSAT "));
    sheet_put(&sheet, buffer_text(&self->id));
    sheet_put(&sheet, TEXT(" 0 0"));
    api_ask(self, request, EXCHANGE_GET, &sheet);
}

/* application/json, application/geo+json, or none is said; what a page can send without asking is
 * no JSON. */
static bool is_json(const http_head_t *head)
{
    text_t type;
    text_t value;
    if (http_head_find(head, TEXT("content-encoding"), &value) &&
        !http_head_same(value, TEXT("identity"))) {
        return false;
    }
    if (!http_head_find(head, TEXT("content-type"), &value)) {
        return true;
    }
    if (!text_take_until(&value, ';', &type)) {
        return true;
    }
    while (type.size > 0 && text_is_space(type.data[type.size - 1])) {
        type.size--;
    }
    /* what curl says where it is told nothing */
    return http_head_same(type, TEXT("application/json")) ||
           http_head_same(type, TEXT(API_GEOJSON)) ||
           http_head_same(type, TEXT("application/vnd.geo+json")) ||
           http_head_same(type, TEXT("application/x-www-form-urlencoded")) ||
           http_head_same(type, TEXT("application/octet-stream"));
}

void api_put_client(api_t *self, const api_request_t *request)
{
    fix_t fix;
    if (!api_take_id(self, request)) {
        return;
    }
    const copy_t *copy = mirror_copy(self->mirror);
    uint32_t hash = copy_fetch_begin(copy, buffer_text(&self->id));
    if (!is_json(request->head)) {
        api_refuse(request, HTTP_UNSUPPORTED_MEDIA_TYPE,
                   "The body must be application/json or application/geo+json, as it is: without "
                   "Content-Encoding.");
        return;
    }
    const char *problem = fix_read(request->body, &fix);
    if (problem != NULL) {
        api_refuse(request, HTTP_BAD_REQUEST, problem);
        return;
    }
    if (fix.time_size == 0) {
        fix_set_time(&fix, clock_now_ns());
    }
    copy_fetch_entry(copy, hash);
    buffer_clear(&self->line);
    sheet_t sheet = sheet_begin(&self->line);
    sheet_put(&sheet, TEXT("IAMAT "));
    sheet_put(&sheet, buffer_text(&self->id));
    sheet_put_byte(&sheet, ' ');
    sheet_put(&sheet, fix_position(&fix));
    sheet_put_byte(&sheet, ' ');
    sheet_put(&sheet, fix_time(&fix));
    api_ask(self, request, EXCHANGE_PUT, &sheet);
}

void api_answer_client(api_t *self, const exchange_t *exchange, text_t reply,
                       http_answer_t *ret_answer)
{
    text_t line;
    feature_t feature;
    if (text_equal(reply, TEXT("?\n"))) {
        bool is_get = exchange->manner.kind == EXCHANGE_GET;
        api_make_problem(self, is_get ? HTTP_NOT_FOUND : HTTP_UNPROCESSABLE_CONTENT,
                         is_get ? "The herd knows no client of this ID."
                                : "The node does not take this position.",
                         ret_answer);
        return;
    }
    if (!text_take_line(&reply, &line) || !feature_from_answer(line, &feature) ||
        write_feature(self, &feature) != STATUS_OK) {
        api_make_problem(self, HTTP_INTERNAL_SERVER_ERROR, "The node's reply is malformed.",
                         ret_answer);
        return;
    }
    *ret_answer = (http_answer_t){.status = exchange->manner.fresh ? HTTP_CREATED : HTTP_OK,
                                  .type = API_GEOJSON,
                                  .content = buffer_text(&self->content),
                                  .fields = "Cache-Control: no-store\r\n"};
}
