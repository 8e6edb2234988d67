/* The files of the page: `/` for who takes HTML, and each file by its name. A browser keeps them,
 * and asks each time whether they are still the newest (304). */
#include "frontend/web/api_parts.h"

#include "frontend/web/page/page.h"

#include <stdio.h>

enum { FIELDS_SIZE = 1024 }; /* an origin is 8 + ADDRESS_HOST_SIZE + 6 bytes at most */

bool api_page_is_wanted(const api_request_t *request)
{
    text_t accepted;
    return http_head_find(request->head, TEXT("accept"), &accepted) &&
           http_head_list_has(accepted, TEXT("text/html"));
}

/* Whether the asker has this file already (RFC 9110, section 13.1.2): tags are compared weakly,
 * with W/ in front of them or not. */
static bool has_file(const http_head_t *head, const page_file_t *file)
{
    text_t tags;
    text_t tag = text_of(file->tag);
    return http_head_find(head, TEXT("if-none-match"), &tags) &&
           (text_equal(tags, TEXT("*")) || http_head_list_has(tags, tag) ||
            http_head_list_has(tags, text_after(tag, sizeof "W/" - 1)));
}

void api_get_page(api_t *self, const api_request_t *request)
{
    const char *origin = self->config->tiles.origin;
    char fields[FIELDS_SIZE];
    page_file_t file;
    if (!page_find(request->segment, &file)) {
        api_refuse(request, HTTP_NOT_FOUND, "There is nothing at this path.");
        return;
    }
    bool is_known = has_file(request->head, &file);
    snprintf(fields, sizeof fields, PAGE_FIELDS "ETag: %s\r\n%s%s", origin != NULL ? " " : "",
             origin != NULL ? origin : "", file.tag,
             request->segment.size == 0 ? "Vary: Accept\r\n" : "",
             is_known ? "Vary: Accept-Encoding\r\n" : ""); /* beside content it is said anyway */
    http_answer_t answer = {.status = HTTP_NOT_MODIFIED, .fields = fields};
    if (!is_known) {
        answer.status = HTTP_OK;
        answer.type = file.type;
        answer.content = file.plain;
        answer.packed = file.packed;
    }
    web_session_reply(request->session, &answer);
}

void api_get_openapi(api_t *self, const api_request_t *request)
{
    api_request_t file = *request;
    file.segment = TEXT("openapi.json");
    api_get_page(self, &file);
}
