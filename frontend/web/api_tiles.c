/* GET /v1/tiles: what the herd file says of tiles below the map. */
#include "frontend/web/api_parts.h"

#include "common/json/json_string.h"

void api_get_tiles(api_t *self, const api_request_t *request)
{
    const config_tiles_t *tiles = &self->config->tiles;
    sheet_t sheet = api_begin(self);
    sheet_put_string(&sheet, "{\"tiles\":");
    if (tiles->url == NULL) {
        sheet_put_string(&sheet, "null");
    } else {
        sheet_put_string(&sheet, "{\"url\":");
        json_string_put(&sheet, text_of(tiles->url));
        sheet_put_string(&sheet, ",\"attribution\":");
        json_string_put(&sheet, text_of(tiles->attribution));
        sheet_format(&sheet, ",\"max_zoom\":%zu,\"referrer\":%s}", tiles->zoom_max,
                     tiles->referrer ? "true" : "false");
    }
    sheet_put_string(&sheet, "}\n");
    const http_answer_t answer = {
        .status = HTTP_OK, .type = "application/json", .fields = "Cache-Control: no-store\r\n"};
    api_reply(self, request, answer, &sheet);
}
