#include "frontend/web/guard.h"

#include <arpa/inet.h>
#include <string.h>

/* Of "127.0.0.1:11790" or "[::1]:11790" the part before the port. */
static text_t name_of(text_t host)
{
    const char *end = NULL;
    if (host.size > 0 && host.data[0] == '[') {
        end = memchr(host.data, ']', host.size);
        return end != NULL ? text_first(host, (size_t)(end + 1 - host.data)) : host;
    }
    end = host.size > 0 ? memchr(host.data, ':', host.size) : NULL;
    return end != NULL ? text_first(host, (size_t)(end - host.data)) : host;
}

/* Whether it can be no name that someone else points here. */
static bool is_loopback(text_t host)
{
    char text[INET6_ADDRSTRLEN + 2];
    struct in_addr v4;
    struct in6_addr v6;
    text_t name = name_of(host);
    if (http_head_same(name, TEXT("localhost")) || http_head_same(name, TEXT("localhost."))) {
        return true;
    }
    if (name.size == 0 || name.size >= sizeof text) {
        return false;
    }
    *text_copy(name, text) = '\0';
    if (inet_pton(AF_INET, text, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    if (text[0] != '[' || text[name.size - 1] != ']') {
        return false;
    }
    text[name.size - 1] = '\0';
    return inet_pton(AF_INET6, text + 1, &v6) == 1 &&
           memcmp(&v6, &in6addr_loopback, sizeof v6) == 0;
}

/* http://127.0.0.1:11790 */
static bool is_own_origin(const http_head_t *head, text_t origin)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        text_t scheme = text_of(schemes[i]);
        if (http_head_same(text_first(origin, scheme.size), scheme) &&
            http_head_same(text_after(origin, scheme.size), head->host)) {
            return true;
        }
    }
    return false;
}

/* Whether following a link is all that it is: what a page of another site cannot read. */
static bool is_navigation(const http_head_t *head)
{
    text_t mode;
    return (head->method == HTTP_GET || head->method == HTTP_HEAD) && !head->wants_websocket &&
           http_head_find(head, TEXT("sec-fetch-mode"), &mode) &&
           http_head_same(mode, TEXT("navigate"));
}

/* Whether a field says that a page of another site asks. Each counts that is there: a proxy may
 * have added one. */
static bool is_of_stranger(const http_head_t *head, const http_field_t *field)
{
    if (http_head_same(field->name, TEXT("origin"))) {
        return !is_own_origin(head, field->value);
    }
    return http_head_same(field->name, TEXT("sec-fetch-site")) &&
           !http_head_same(field->value, TEXT("same-origin")) &&
           !http_head_same(field->value, TEXT("none")) && !is_navigation(head);
}

http_status_t guard_check(const http_head_t *head, bool open, const char **ret_reason)
{
    if (!open && !is_loopback(head->host)) {
        *ret_reason = "Only requests to 127.0.0.1, [::1] or localhost are answered here.";
        return HTTP_MISDIRECTED_REQUEST;
    }
    for (size_t i = 0; i < head->field_count; i++) {
        if (is_of_stranger(head, &head->fields[i])) {
            *ret_reason = "Pages of other sites may not ask here.";
            return HTTP_FORBIDDEN;
        }
    }
    return HTTP_OK;
}
