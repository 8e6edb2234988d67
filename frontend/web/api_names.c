/* GET /v1/names: towns for the map (names.h). */
#include "frontend/web/api_parts.h"

#include "frontend/web/query.h"

static const query_bounds_t bounds = {.limit = 50, .limit_max = API_CLIENTS_MAX};

void api_get_names(api_t *self, const api_request_t *request)
{
    query_t query;
    if (!api_take_query(self, request, &bounds, &query)) {
        return;
    }
    if (query.has_client || query.has_place || query.has_after) {
        api_refuse(request, HTTP_BAD_REQUEST, "Names are asked for by bbox and limit.");
        return;
    }
    sheet_t sheet = api_begin(self);
    sheet_put_string(&sheet, "{\"type\":\"FeatureCollection\",\"features\":[");
    names_write(self->names, &query.box, query.limit, &sheet);
    sheet_put_string(&sheet, "]}\n");
    const http_answer_t answer = {
        .status = HTTP_OK, .type = API_GEOJSON, .fields = "Cache-Control: no-store\r\n"};
    api_reply(self, request, answer, &sheet);
}
