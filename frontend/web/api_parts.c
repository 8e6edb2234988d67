#include "frontend/web/api_parts.h"

void api_refuse(const api_request_t *request, http_status_t status, const char *detail)
{
    web_session_reply_problem(request->session, status, detail, NULL);
}

bool api_take_query(api_t *self, const api_request_t *request, const query_bounds_t *bounds,
                    query_t *ret_query)
{
    const char *problem = query_read(request->head->query, bounds, &self->id, ret_query);
    if (problem != NULL) {
        api_refuse(request, HTTP_BAD_REQUEST, problem);
    }
    return problem == NULL;
}

sheet_t api_begin(api_t *self)
{
    buffer_clear(&self->content);
    return sheet_begin(&self->content);
}

void api_reply(api_t *self, const api_request_t *request, http_answer_t answer, sheet_t *sheet)
{
    if (sheet_end(sheet) != STATUS_OK) {
        api_refuse(request, HTTP_INTERNAL_SERVER_ERROR,
                   "The answer is too long; ask for less at once.");
        return;
    }
    answer.content = buffer_text(&self->content);
    web_session_reply(request->session, &answer);
}

bool api_takes_socket(const api_request_t *request, char ret_accept[HANDSHAKE_ACCEPT_SIZE])
{
    const char *reason = "This path is a WebSocket.";
    http_status_t status = HTTP_UPGRADE_REQUIRED;
    if (request->head->wants_websocket) {
        status = handshake_check(request->head, ret_accept, &reason);
    }
    if (status != HTTP_SWITCHING_PROTOCOLS) {
        web_session_reply_problem(request->session, status, reason,
                                  status == HTTP_UPGRADE_REQUIRED ? HANDSHAKE_FIELDS : NULL);
    }
    return status == HTTP_SWITCHING_PROTOCOLS;
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
