/* http_status.h - the statuses that are answered (RFC 9110, section 15; RFC 6585).
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_FRONTEND_WEB_HTTP_HTTP_STATUS_H
#define HERD_FRONTEND_WEB_HTTP_HTTP_STATUS_H

/* One line a status: its name, number and phrase. */
#define HTTP_STATUS_MAP(X)                                                                         \
    X(SWITCHING_PROTOCOLS, 101, "Switching Protocols")                                             \
    X(OK, 200, "OK")                                                                               \
    X(CREATED, 201, "Created")                                                                     \
    X(NO_CONTENT, 204, "No Content")                                                               \
    X(NOT_MODIFIED, 304, "Not Modified")                                                           \
    X(BAD_REQUEST, 400, "Bad Request")                                                             \
    X(FORBIDDEN, 403, "Forbidden")                                                                 \
    X(NOT_FOUND, 404, "Not Found")                                                                 \
    X(METHOD_NOT_ALLOWED, 405, "Method Not Allowed")                                               \
    X(REQUEST_TIMEOUT, 408, "Request Timeout")                                                     \
    X(CONTENT_TOO_LARGE, 413, "Content Too Large")                                                 \
    X(URI_TOO_LONG, 414, "URI Too Long")                                                           \
    X(UNSUPPORTED_MEDIA_TYPE, 415, "Unsupported Media Type")                                       \
    X(EXPECTATION_FAILED, 417, "Expectation Failed")                                               \
    X(MISDIRECTED_REQUEST, 421, "Misdirected Request")                                             \
    X(UNPROCESSABLE_CONTENT, 422, "Unprocessable Content")                                         \
    X(UPGRADE_REQUIRED, 426, "Upgrade Required")                                                   \
    X(HEADER_FIELDS_TOO_LARGE, 431, "Request Header Fields Too Large")                             \
    X(INTERNAL_SERVER_ERROR, 500, "Internal Server Error")                                         \
    X(NOT_IMPLEMENTED, 501, "Not Implemented")                                                     \
    X(SERVICE_UNAVAILABLE, 503, "Service Unavailable")                                             \
    X(VERSION_NOT_SUPPORTED, 505, "HTTP Version Not Supported")

typedef enum {
#define HTTP_STATUS_ENUM(name, number, phrase) HTTP_##name = (number),
    HTTP_STATUS_MAP(HTTP_STATUS_ENUM)
#undef HTTP_STATUS_ENUM
} http_status_t;

/* "Not Found" */
const char *http_status_phrase(http_status_t status);

#endif
