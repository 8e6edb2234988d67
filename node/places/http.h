/* http.h - HTTP requests by libcurl's multi interface: many at once, and nothing waits but http_wait.
 *
 * Owner: who makes it. Threads: one, the one that made it; http_global_init before any other thread.
 * HTTP/2 where the server offers it; connections are kept and used again. Certificate and host name of an https server
 * are always verified; redirects are not followed; the proxies of the environment are not used. Nothing is logged here:
 * URLs and headers may hold keys.
 */
#ifndef HERD_NODE_PLACES_HTTP_H
#define HERD_NODE_PLACES_HTTP_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct http http_t;

typedef enum {
    HTTP_ANSWERED,    /* with any status */
    HTTP_TIMED_OUT,   /* connecting, or as a whole */
    HTTP_UNREACHABLE, /* no such host, or it refuses connections */
    HTTP_UNTRUSTED,   /* its certificate is not good, or is that of another host */
    HTTP_TOO_LARGE,   /* the body passed `maximum` */
    HTTP_BROKEN,      /* the connection or the answer broke off, or is no HTTP */
} http_outcome_t;

/* How one request ended (open value struct); borrowed for the call. */
typedef struct {
    http_outcome_t outcome;
    unsigned status;       /* 100 .. 599 where answered, else 0 */
    text_t body;           /* where answered, decompressed */
    int64_t retry_after_s; /* what the server asks us to wait, 0: says nothing */
    const char *reason;    /* for the log: libcurl's words, without URL or header */
} http_response_t;

/* Receives it; `tag` is the request's. May submit further requests. */
typedef void http_done_fn(void *argument, void *tag, const http_response_t *response);

/* What holds for all requests (open value struct; strings borrowed as long as the http_t lives). */
typedef struct {
    const char *ca_file; /* PEM; trusted instead of the system's authorities; NULL: these */
    const char *proxy;   /* URL; NULL: none */
    const char *user_agent;
    int64_t connect_timeout_ms; /* > 0 */
    size_t maximum;             /* bytes of a body, decompressed */
    http_done_fn *done;
    void *argument; /* of done */
} http_settings_t;

/* One request (open value struct; borrowed for the call). */
typedef struct {
    const char *url;    /* https://, or http:// */
    text_t headers;     /* "Name: value" lines, LF behind each */
    text_t body;        /* POSTed */
    bool is_post;       /* else GET */
    int64_t timeout_ms; /* > 0: of the whole */
    void *tag;          /* for done */
} http_request_t;

/* Prepares libcurl for the whole process; STATUS_SYSTEM where it cannot. Repeating it does no harm. */
status_t http_global_init(void) STATUS_MUST_USE;

/* Caller frees with http_destroy. */
http_t *http_new(const http_settings_t *settings);

/* Ends what is under way, without calling done, and clears the pointer; NULL is fine. */
void http_destroy(http_t **self_p);

/* Begins a request. STATUS_FULL at LIMIT_PLACES_CONCURRENT; STATUS_INVALID where libcurl does not take it. */
status_t http_submit(http_t *self, const http_request_t *request) STATUS_MUST_USE;

/* Sends and receives what can be without waiting; calls done for what has ended. */
void http_step(http_t *self);

/* Waits until http_step has something to do, one of `count` further descriptors is readable, or `timeout_ms` (>= 0)
 * have passed. */
void http_wait(http_t *self, const int *descriptors, size_t count, int64_t timeout_ms);

#endif
