/* GET /v1/herd: the members as they say they are (roster.h). */
#include "frontend/web/api_parts.h"

void api_get_herd(api_t *self, const api_request_t *request)
{
    sheet_t sheet = api_begin(self);
    roster_write(self->roster, self->shared->node_serves, &sheet);
    const http_answer_t answer = {
        .status = HTTP_OK, .type = "application/json", .fields = "Cache-Control: no-store\r\n"};
    api_reply(self, request, answer, &sheet);
}
