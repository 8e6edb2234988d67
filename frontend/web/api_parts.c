#include "frontend/web/api_parts.h"

void api_refuse(const api_request_t *request, http_status_t status, const char *detail)
{
    web_session_reply_problem(request->session, status, detail, NULL);
}

void api_make_problem(api_t *self, http_status_t status, const char *detail,
                      http_answer_t *ret_answer)
{
    buffer_clear(&self->content);
    *ret_answer = (http_answer_t){.status = status, .type = "application/problem+json"};
    if (http_answer_write_problem(status, detail, &self->content) == STATUS_OK) {
        ret_answer->content = buffer_text(&self->content);
    }
}
