/* GET /v1/watch: a stream of events (watches.h). Its answer is never 503: an EventSource would not
 * come again; while there is nothing to tell it is held by comments. */
#include "frontend/web/api_parts.h"

#include "common/base/entropy.h"
#include "common/base/limits.h"
#include "frontend/web/query.h"

#include <stdio.h>

enum {
    RETRY_MS = 1000,  /* an EventSource comes again after so long ... */
    JITTER_MS = 2000, /* ... and up to so much more, lest all come at once */
    FIRST_SIZE = 48,
};

static const query_bounds_t bounds = {
    .radius_m = 10000, .radius_max_m = 20037508.5, .limit = 1000, .limit_max = 100000};

/* What is to be watched; false: it was refused. */
static bool take_view(api_t *self, const api_request_t *request, watches_view_t *ret_view)
{
    query_t query;
    const char *problem = query_read(request->head->query, &bounds, &self->id, &query);
    if (problem == NULL && (query.limit == 0 || query.has_after ||
                            query.has_client + query.has_place + query.has_box != 1)) {
        problem =
            "Either client, bbox, or near=LAT,LON (or lat and lon) with radius is needed; limit "
            "is 1 to 100000.";
    }
    if (problem != NULL) {
        api_refuse(request, HTTP_BAD_REQUEST, problem);
        return false;
    }
    *ret_view = (watches_view_t){.client = query.client, .limit = query.limit};
    if (query.has_place) {
        ret_view->area.kind = AREA_CIRCLE;
        ret_view->area.circle =
            area_circle(query.latitude_deg, query.longitude_deg, query.radius_m);
    } else if (query.has_box) {
        ret_view->area.kind = AREA_BOX;
        ret_view->area.box = query.box;
    }
    return true;
}

void api_get_watch(api_t *self, const api_request_t *request)
{
    watches_view_t view;
    char first[FIRST_SIZE];
    text_t last_id = {0};
    const http_answer_t answer = {
        .status = HTTP_OK, .type = "text/event-stream", .fields = "Cache-Control: no-store\r\n"};
    if (request->head->wants_websocket) {
        api_refuse(request, HTTP_NOT_IMPLEMENTED, "WebSocket is not served; ask for events.");
        return;
    }
    if (!take_view(self, request, &view)) {
        return;
    }
    if (request->head->method == HTTP_HEAD) {
        web_session_reply(request->session, &answer);
        return;
    }
    (void)http_head_find(request->head, TEXT("last-event-id"), &last_id);
    uint32_t watch = watches_open(self->watches, session_number(request->session), &view, last_id);
    if (watch == UINT32_MAX) {
        web_session_reply_problem(request->session, HTTP_SERVICE_UNAVAILABLE,
                                  "There are as many watchers as there may be.",
                                  "Retry-After: 30\r\n");
        return;
    }
    int size = snprintf(first, sizeof first, "retry: %u\n\n",
                        (unsigned)(RETRY_MS + entropy_number() % JITTER_MS));
    web_session_stream(request->session, watch, &answer,
                       (text_t){.data = first, .size = (size_t)size});
}
