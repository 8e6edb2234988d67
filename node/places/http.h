/* http.h - HTTP requests by libcurl's multi interface: many at once, and only http_wait waits.
 *
 * Owner: whoever makes it. Threads: the one that made it; http_global_init comes before any other
 * thread.
 * It speaks HTTP/2 if the server offers it, and uses connections again. The certificate and host
 * name of an https server are always verified, redirects are not followed, and the proxies of the
 * environment are not used. Nothing is logged here, because URLs and headers may hold keys.
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
    HTTP_TIMED_OUT,   /* while connecting, or as a whole */
    HTTP_UNREACHABLE, /* no such host, or it refuses connections */
    HTTP_UNTRUSTED,   /* its certificate is bad, or that of another host */
    HTTP_TOO_LARGE,   /* the body passed `maximum` */
    HTTP_GARBLED,     /* the body is packed in a way that cannot be undone */
    HTTP_BROKEN,      /* the connection or the answer broke off, or is not HTTP */
} http_outcome_t;

/* How one request ended (open value struct); borrowed for the call. */
typedef struct {
    http_outcome_t outcome;
    unsigned status;       /* 100 .. 599 if answered, otherwise 0 */
    text_t body;           /* if answered; decompressed */
    int64_t retry_after_s; /* retry_after.h: how long the server asks us to wait; 0: not said */
    const char *reason;    /* for the log: libcurl's words, without URL or header */
} http_response_t;

/* Receives the ending of a request; `tag` is the request's. May submit further requests. */
typedef void http_done_fn(void *argument, void *tag, const http_response_t *response);

/* What all requests share (open value struct; strings borrowed as long as the http_t lives). */
typedef struct {
    const char *ca_file; /* PEM, instead of the system's authorities; NULL: those */
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
    bool is_post;       /* otherwise GET */
    int64_t timeout_ms; /* > 0; for the whole request */
    void *tag;          /* for done */
} http_request_t;

/* Prepares libcurl for the whole process; may be repeated. STATUS_SYSTEM if that fails. */
status_t http_global_init(void) STATUS_MUST_USE;

/* Caller frees with http_destroy. */
http_t *http_new(const http_settings_t *settings);

/* Ends what is under way without calling `done`, and clears the pointer; NULL is fine. */
void http_destroy(http_t **self_p);

/* Begins a request. STATUS_FULL if LIMIT_PLACES_CONCURRENT are under way; STATUS_INVALID if libcurl
 * does not take it. `done` is then not called. */
status_t http_submit(http_t *self, const http_request_t *request) STATUS_MUST_USE;

/* Sends and receives what it can without waiting; calls `done` for what has ended. */
void http_step(http_t *self);

/* Waits until http_step has something to do, one of `count` further descriptors is readable, or
 * `timeout_ms` (>= 0) have passed. */
void http_wait(http_t *self, const int *descriptors, size_t count, int64_t timeout_ms);

#endif
