/* http_answer.h - writes answers of HTTP/1.1 (RFC 9110, RFC 9112). Pure.
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_FRONTEND_WEB_HTTP_HTTP_ANSWER_H
#define HERD_FRONTEND_WEB_HTTP_HTTP_ANSWER_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "frontend/web/http/http_status.h"

#include <stdbool.h>
#include <stdint.h>

/* An answer (open value struct); texts are borrowed for the call. */
typedef struct {
    http_status_t status;
    const char *type; /* of the content; NULL: there is none */
    text_t content;
    text_t packed;      /* the same, compressed by gzip; empty: that is done when it is written */
    const char *fields; /* further ones, each with its CR LF; NULL: none */
} http_answer_t;

/* How it is given (open value struct). */
typedef struct {
    text_t date;     /* as http_answer_date has it */
    bool without;    /* HEAD: what a GET would get, without the content */
    bool gzip;       /* compressed, if that is worth it */
    bool keep_alive; /* the connection goes on */
    bool old;        /* HTTP/1.0: it has to hear of that */
} http_manner_t;

/* Appends the whole answer. STATUS_FULL, with nothing appended: there is no room. */
status_t http_answer_write(const http_answer_t *self, const http_manner_t *manner,
                           buffer_t *out) STATUS_MUST_USE;

/* Appends the head of an answer whose content follows for as long as the connection lasts. */
status_t http_answer_write_endless(const http_answer_t *self, const http_manner_t *manner,
                                   buffer_t *out) STATUS_MUST_USE;

/* Appends content of type application/problem+json (RFC 9457): the status, and `detail`, a
 * sentence. */
status_t http_answer_write_problem(http_status_t status, const char *detail,
                                   buffer_t *out) STATUS_MUST_USE;

/* "Fri, 27 Nov 2026 03:00:00 GMT" (RFC 9110, section 5.6.7), of seconds since 1970. */
enum { HTTP_ANSWER_DATE_SIZE = 30 };
void http_answer_date(int64_t time_s, char out[HTTP_ANSWER_DATE_SIZE]);

#endif
