/* The way of a request: whether it may ask here (guard.h), which row of the table has its path,
 * which handler its method. A path without a row is 404, a method without a handler 405, and
 * OPTIONS tells which there are. */
#include "frontend/web/api.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "frontend/web/api_parts.h"
#include "frontend/web/guard.h"
#include "frontend/web/http/http_target.h"
#include "frontend/web/page/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEGMENTS_MAX = 4,
    ALLOW_SIZE = 64, /* "Allow: GET, HEAD, OPTIONS, PUT, POST\r\n" */
};

/* What answers each method; NULL: nothing does. */
typedef struct {
    api_handler_fn *get; /* of HEAD too */
    api_handler_fn *put;
    api_handler_fn *post;
    bool streams; /* the answer may come in pieces, to the end of the connection */
} api_methods_t;

/* A row of paths. */
typedef struct {
    const char *segments[SEGMENTS_MAX]; /* "{}": any one; "{file}": of the page; NULL: no more */
    web_route_t route;
    api_methods_t methods;
} api_path_t;

/* GET and POST, as Recorder has them; lists stream. */
#define RECORDER(name)                                                                             \
    {                                                                                              \
        .get = api_get_recorder_##name, .post = api_get_recorder_##name, .streams = true           \
    }

static const api_path_t paths[] = {
    {{"v1", "clients", "{}"}, WEB_ROUTE_CLIENT, {.get = api_get_client, .put = api_put_client}},
    {{"v1", "clients"}, WEB_ROUTE_CLIENTS, {.get = api_get_clients}},
    {{"v1", "near"}, WEB_ROUTE_NEAR, {.get = api_get_near}},
    {{"v1", "watch"}, WEB_ROUTE_WATCH, {.get = api_get_watch, .streams = true}},
    {{"v1", "places"}, WEB_ROUTE_PLACES, {.get = api_get_places}},
    {{"v1", "herd"}, WEB_ROUTE_HERD, {.get = api_get_herd}},
    {{"v1", "names"}, WEB_ROUTE_NAMES, {.get = api_get_names}},
    {{"v1", "tiles"}, WEB_ROUTE_TILES, {.get = api_get_tiles}},
    {{"v1", "openapi.json"}, WEB_ROUTE_OPENAPI, {.get = api_get_openapi}},
    {{"collections", "clients", "items", "{}"}, WEB_ROUTE_ITEM, {.get = api_get_item}},
    {{"collections", "clients", "items"}, WEB_ROUTE_ITEMS, {.get = api_get_items}},
    {{"collections", "clients"}, WEB_ROUTE_COLLECTIONS, {.get = api_get_collection}},
    {{"collections"}, WEB_ROUTE_COLLECTIONS, {.get = api_get_collections}},
    {{"conformance"}, WEB_ROUTE_CONFORMANCE, {.get = api_get_conformance}},
    {{"api", "0", "version"}, WEB_ROUTE_RECORDER, RECORDER(version)},
    {{"api", "0", "list"}, WEB_ROUTE_RECORDER, RECORDER(list)},
    {{"api", "0", "last"}, WEB_ROUTE_RECORDER, RECORDER(last)},
    {{"api", "0", "locations"}, WEB_ROUTE_RECORDER, RECORDER(locations)},
    {{"ws", "last"}, WEB_ROUTE_RECORDER, {.get = api_get_recorder_socket, .streams = true}},
    {{"metrics"}, WEB_ROUTE_METRICS, {.get = api_get_metrics}},
    {{"healthz"}, WEB_ROUTE_HEALTH, {.get = api_get_health}},
    {{""}, WEB_ROUTE_ROOT, {.get = api_get_root}},
    {{"{file}"}, WEB_ROUTE_ROOT, {.get = api_get_page}},
};

void api_init(api_t *self, const config_t *config, const config_member_t *member,
              const session_shared_t *shared)
{
    *self =
        (api_t){.config = config, .member = member, .shared = shared, .started_ns = clock_now_ns()};
    buffer_init(&self->id, LIMIT_HTTP_LINE_SIZE);
    buffer_init(&self->line, (size_t)2 * LIMIT_HTTP_LINE_SIZE);
    buffer_init(&self->content, LIMIT_HTTP_CONTENT_SIZE);
    self->hits = memory_new_array(API_CLIENTS_MAX + 1, sizeof *self->hits);
    self->points = memory_new_array(API_CLIENTS_MAX, sizeof *self->points);
}

void api_done(api_t *self)
{
    buffer_done(&self->id);
    buffer_done(&self->line);
    buffer_done(&self->content);
    free(self->hits);
    free(self->points);
}

/* Whether a segment of a path is what a row has there, or what may stand for it. */
static bool matches_segment(const char *wanted, text_t segment)
{
    page_file_t file;
    if (strcmp(wanted, "{file}") == 0) {
        return segment.size > 0 && page_find(segment, &file);
    }
    return strcmp(wanted, "{}") == 0 || text_equal(segment, text_of(wanted));
}

/* Whether the row has this path; `ret_segment`: what stands for "{}" or "{file}". */
static bool matches(const api_path_t *row, text_t path, text_t *ret_segment)
{
    text_t segment;
    for (size_t i = 0; i < SEGMENTS_MAX && row->segments[i] != NULL; i++) {
        if (!http_target_segment(&path, &segment) || !matches_segment(row->segments[i], segment)) {
            return false;
        }
        if (row->segments[i][0] == '{') {
            *ret_segment = segment;
        }
    }
    return path.size == 0;
}

static const api_path_t *find_path(text_t path, text_t *ret_segment)
{
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (matches(&paths[i], path, ret_segment)) {
            return &paths[i];
        }
    }
    return NULL;
}

bool api_streams(const http_head_t *head)
{
    text_t segment;
    const api_path_t *path = find_path(head->path, &segment);
    return path != NULL && path->methods.streams;
}

static api_handler_fn *handler_of(const api_path_t *path, http_method_t method)
{
    switch (method) {
    case HTTP_GET:
    case HTTP_HEAD: return path->methods.get;
    case HTTP_PUT: return path->methods.put;
    case HTTP_POST: return path->methods.post;
    default: return NULL;
    }
}

/* Says which methods there are. */
static void answer_allowed(const api_request_t *request, const api_path_t *path)
{
    char allow[ALLOW_SIZE];
    snprintf(allow, sizeof allow, "Allow: %sOPTIONS%s%s\r\n",
             path->methods.get != NULL ? "GET, HEAD, " : "",
             path->methods.put != NULL ? ", PUT" : "", path->methods.post != NULL ? ", POST" : "");
    if (request->head->method == HTTP_OPTIONS) {
        const http_answer_t answer = {.status = HTTP_NO_CONTENT, .fields = allow};
        web_session_reply(request->session, &answer);
        return;
    }
    web_session_reply_problem(request->session, HTTP_METHOD_NOT_ALLOWED,
                              "This path does not have that method.", allow);
}

/* OPTIONS * asks about the server as a whole. */
static bool is_about_all(const http_head_t *head)
{
    return text_equal(head->path, TEXT("*"));
}

static void dispatch(api_t *self, api_request_t *request)
{
    static const api_path_t all = {.methods = {.get = api_get_root, .put = api_put_client}};
    const api_path_t *path =
        is_about_all(request->head) ? &all : find_path(request->head->path, &request->segment);
    if (path == NULL) {
        api_refuse(request, HTTP_NOT_FOUND, "There is nothing at this path.");
        return;
    }
    web_session_set_route(request->session, (uint8_t)path->route);
    api_handler_fn *handler = handler_of(path, request->head->method);
    if (handler == NULL || is_about_all(request->head)) {
        answer_allowed(request, path);
        return;
    }
    handler(self, request);
}

/* A page of another site, or a name that is not ours. */
static void log_stranger(const api_t *self, const http_head_t *head, http_status_t status)
{
    char host[LIMIT_LOG_SAMPLE];
    char origin[LIMIT_LOG_SAMPLE];
    text_t value = {0};
    (void)http_head_find(head, TEXT("origin"), &value);
    text_escape(head->host, host, sizeof host);
    text_escape(value, origin, sizeof origin);
    log_event(self->shared->log, LOG_SITE_REFUSED,
              LOG_ABOUT(NULL, LOG_NUMBER("status", status), LOG_TEXT("host", host),
                        LOG_TEXT("origin", origin)),
              "a request was refused (%d): Host \"%s\", Origin \"%s\"; a page of another site may "
              "have sent it",
              (int)status, host, origin);
}

void api_handle(void *argument, session_t *session, const http_head_t *head, text_t body)
{
    api_t *self = argument;
    api_request_t request = {.session = session, .head = head, .body = body};
    const char *reason;
    http_status_t status = guard_check(head, self->config->web_open, &reason);
    if (status != HTTP_OK) {
        log_stranger(self, head, status);
        api_refuse(&request, status, reason);
        return;
    }
    dispatch(self, &request);
}

void api_replied(void *argument, const exchange_t *exchange, text_t reply,
                 http_answer_t *ret_answer)
{
    if (exchange->manner.kind == EXCHANGE_PLACES) {
        api_answer_places(argument, reply, ret_answer);
    } else {
        api_answer_client(argument, exchange, reply, ret_answer);
    }
}

void api_counted(void *argument, uint8_t route, http_status_t status, uint64_t took_ms)
{
    api_t *self = argument;
    web_figures_count(&self->figures, (web_route_t)route, status, took_ms);
}

void api_get_root(api_t *self, const api_request_t *request)
{
    if (api_page_is_wanted(request)) {
        api_get_page(self, request);
        return;
    }
    api_get_landing(self, request);
}
