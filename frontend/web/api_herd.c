/* GET /v1/herd: the members as they say they are (roster.h). */
#include "frontend/web/api_parts.h"

void api_get_herd(api_t *self, const api_request_t *request)
{
    buffer_clear(&self->content);
    sheet_t sheet = sheet_begin(&self->content);
    roster_write(self->roster, self->shared->node_serves, &sheet);
    http_answer_t answer = {
        .status = HTTP_OK, .type = "application/json", .fields = "Cache-Control: no-store\r\n"};
    if (sheet_end(&sheet) != STATUS_OK) {
        api_refuse(request, HTTP_INTERNAL_SERVER_ERROR, "There is too much to say.");
        return;
    }
    answer.content = buffer_text(&self->content);
    web_session_reply(request->session, &answer);
}
