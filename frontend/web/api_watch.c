/* GET /v1/watch: a stream of events (watches.h), or a WebSocket that tells the same. The answer to
 * who may ask is never 503 while the node is away: an EventSource would not come again; while there
 * is nothing to tell it is held by comments.
 *
 * What is watched stands in the query. A WebSocket may say it in its first message instead, and
 * something else in any later one (view_message.h). */
#include "frontend/web/api_parts.h"

#include "common/base/entropy.h"
#include "common/base/limits.h"
#include "common/near/area_text.h"
#include "frontend/web/http/http_target.h"
#include "frontend/web/query.h"
#include "frontend/web/view_message.h"

#include <stdio.h>

enum {
    RETRY_MS = 1000,  /* an EventSource comes again after so long ... */
    JITTER_MS = 2000, /* ... and up to so much more, lest all come at once */
    FIRST_SIZE = 48,
    LIMIT = 1000, /* clients in view, where it is not said */
};

static const query_bounds_t bounds = {
    .radius_m = 10000, .radius_max_m = AREA_TEXT_RADIUS_MAX_M, .limit = LIMIT, .limit_max = 100000};

/* What a watcher asks for (open value struct). */
typedef struct {
    bool has_view;
    watches_view_t view;
    text_t last_id; /* empty: it has none */
    bool in_batches;
} wish_t;

/* The view of a query; `limit` counts where it has none. NULL, or what is wrong with it. */
static const char *read_view(api_t *self, text_t text, size_t limit, wish_t *ret_wish)
{
    query_t query;
    query_bounds_t most = bounds;
    most.limit = limit;
    const char *problem = query_read(text, &most, &self->id, &query);
    if (problem != NULL) {
        return problem;
    }
    if (query.limit == 0 || query.has_after ||
        query.has_client + query.has_place + query.has_box != 1) {
        return "Either client, bbox, or near=LAT,LON (or lat and lon) with radius is needed; limit "
               "is 1 to 100000.";
    }
    ret_wish->has_view = true;
    ret_wish->view = (watches_view_t){.client = query.client, .limit = query.limit};
    if (query.has_place) {
        ret_wish->view.area.kind = AREA_CIRCLE;
        ret_wish->view.area.circle =
            area_circle(query.latitude_deg, query.longitude_deg, query.radius_m);
    } else if (query.has_box) {
        ret_wish->view.area.kind = AREA_BOX;
        ret_wish->view.area.box = query.box;
    }
    return NULL;
}

/* Reads `batch`. False: it is no such word. */
static bool read_batch(text_t value, bool *ret_in_batches)
{
    *ret_in_batches = text_equal(value, TEXT("true"));
    return *ret_in_batches || text_equal(value, TEXT("false"));
}

/* Cuts `last` and `batch` out of a query; the rest, which is the view, goes to `self->line`. NULL,
 * or what is wrong with them. */
static const char *take_manner(api_t *self, text_t query, wish_t *wish)
{
    text_t name;
    text_t value;
    bool has_last = false;
    bool has_batch = false;
    buffer_clear(&self->line);
    sheet_t sheet = sheet_begin(&self->line);
    while (http_target_parameter(&query, &name, &value)) {
        if (text_equal(name, TEXT("last"))) {
            if (has_last) {
                return "last is the id of an event, once.";
            }
            has_last = true;
            wish->last_id = value;
        } else if (text_equal(name, TEXT("batch"))) {
            if (has_batch || !read_batch(value, &wish->in_batches)) {
                return "batch is true or false, once.";
            }
            has_batch = true;
        } else {
            sheet_put(&sheet, name);
            sheet_put_byte(&sheet, '=');
            sheet_put(&sheet, value);
            sheet_put_byte(&sheet, '&');
        }
    }
    return sheet_end(&sheet) == STATUS_OK ? NULL : "The query is too long.";
}

/* What the request asks for; false: it was refused. */
static bool take_wish(api_t *self, const api_request_t *request, wish_t *ret_wish)
{
    *ret_wish = (wish_t){0};
    const char *problem = take_manner(self, request->head->query, ret_wish);
    if (problem == NULL && ret_wish->in_batches && !request->head->wants_websocket) {
        problem = "batch is for a WebSocket.";
    } else if (problem == NULL && (self->line.size > 0 || !request->head->wants_websocket ||
                                   ret_wish->last_id.size > 0)) {
        problem = read_view(self, buffer_text(&self->line), LIMIT, ret_wish);
    }
    if (problem != NULL) {
        api_refuse(request, HTTP_BAD_REQUEST, problem);
        return false;
    }
    (void)http_head_find(request->head, TEXT("last-event-id"), &ret_wish->last_id);
    return true;
}

/* Opens the watch, if there is a view; false: that was refused. */
static bool open_watch(api_t *self, const api_request_t *request, const wish_t *wish,
                       uint32_t *ret_watch)
{
    *ret_watch = WEB_SESSION_NO_STREAM;
    if (!wish->has_view) {
        return true;
    }
    *ret_watch =
        watches_open(self->watches, session_number(request->session), &wish->view, wish->last_id);
    if (*ret_watch == UINT32_MAX) {
        web_session_reply_problem(request->session, HTTP_SERVICE_UNAVAILABLE,
                                  "There are as many watchers as there may be.",
                                  "Retry-After: 30\r\n");
    }
    return *ret_watch != UINT32_MAX;
}

static void open_socket(api_t *self, const api_request_t *request)
{
    char accept[HANDSHAKE_ACCEPT_SIZE];
    wish_t wish;
    uint32_t watch;
    if (api_takes_socket(request, accept) && take_wish(self, request, &wish) &&
        open_watch(self, request, &wish, &watch)) {
        web_session_upgrade(request->session, watch, accept, wish.in_batches);
    }
}

static void open_stream(api_t *self, const api_request_t *request)
{
    static const http_answer_t answer = {
        .status = HTTP_OK, .type = "text/event-stream", .fields = "Cache-Control: no-store\r\n"};
    char first[FIRST_SIZE];
    wish_t wish;
    uint32_t watch;
    if (!take_wish(self, request, &wish)) {
        return;
    }
    if (request->head->method == HTTP_HEAD) {
        web_session_reply(request->session, &answer);
        return;
    }
    if (!open_watch(self, request, &wish, &watch)) {
        return;
    }
    int size = snprintf(first, sizeof first, "retry: %u\n\n",
                        (unsigned)(RETRY_MS + entropy_number() % JITTER_MS));
    web_session_stream(request->session, watch, &answer,
                       (text_t){.data = first, .size = (size_t)size});
}

void api_get_watch(api_t *self, const api_request_t *request)
{
    if (request->head->wants_websocket && request->head->minor >= 1) {
        open_socket(self, request);
    } else {
        open_stream(self, request);
    }
}

/* The first view of a WebSocket. */
static void begin_watch(api_t *self, session_t *session, const wish_t *wish)
{
    uint32_t watch =
        watches_open(self->watches, session_number(session), &wish->view, wish->last_id);
    if (watch == UINT32_MAX) {
        web_session_end_socket(session, WEBSOCKET_TRY_AGAIN_LATER,
                               "There are as many watchers as there may be.");
        return;
    }
    web_session_set_stream(session, watch);
    watches_drained(self->watches, watch);
}

void api_received(void *argument, session_t *session, uint32_t stream, text_t text)
{
    api_t *self = argument;
    view_message_t message;
    wish_t wish = {0};
    if (pushes_have(stream)) {
        pushes_received(self->pushes, stream, text);
        return;
    }
    size_t limit = watches_limit(self->watches, stream);
    const char *problem = view_message_read(text, &self->line, &message);
    if (!message.is_json) {
        web_session_end_socket(session, WEBSOCKET_INVALID_DATA, problem);
        return;
    }
    if (problem == NULL && message.has_last && stream != WEB_SESSION_NO_STREAM) {
        problem = "last goes with the first view alone.";
    }
    if (problem == NULL) {
        problem = read_view(self, message.query, limit > 0 ? limit : LIMIT, &wish);
    }
    if (problem != NULL) {
        web_session_end_socket(session, WEBSOCKET_POLICY_VIOLATION, problem);
    } else if (stream == WEB_SESSION_NO_STREAM) {
        wish.last_id = message.last;
        begin_watch(self, session, &wish);
    } else {
        watches_change_view(self->watches, stream, &wish.view);
    }
}
