/* herdctl exporter: /metrics and /healthz of the whole herd over HTTP, by libmicrohttpd.
 *
 * One thread, one loop. A request makes the exporter ask the members, unless the last survey is
 * younger than FRESH_MS: then that one is served. Other requests wait meanwhile, a second at most.
 * A connection carries one request and ends after CONNECTION_LIMIT_S, however it is used; no more
 * than CONNECTIONS_MAX are open. SIGHUP reads the herd file again; SIGTERM and SIGINT end it. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/program/signals.h"
#include "common/sockets/address.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/survey/judge.h"
#include "deploy/herdctl/survey/metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 64,
    CONNECTION_LIMIT_S = 5,    /* a scrape takes a second or two */
    CONNECTION_MEMORY = 16384, /* bytes: a request's lines and headers */
    TICK_MS = 500,             /* from one look for overdue connections to the next */
    FRESH_MS = 1000,           /* a younger survey is served again */
};

static const char default_listen[] = "127.0.0.1:9464";

/* An open connection. */
typedef struct {
    struct MHD_Connection *connection; /* NULL: not in use */
    int64_t since_ns;                  /* steady: when it was opened */
} visitor_t;

/* The exporter. */
typedef struct {
    const herdctl_t *herdctl;
    options_operands_t names; /* of members; borrowed */
    herdctl_survey_t *survey;
    herdctl_judge_t *judge;
    struct MHD_Daemon *daemon;
    visitor_t visitors[CONNECTIONS_MAX];
    int signals; /* signalfd */
} exporter_t;

/* Asks the members, unless it has just done so. */
static void refresh(exporter_t *self)
{
    int64_t age_ns = clock_steady_ns() - self->survey->taken_ns;
    if (self->survey->taken_ns != 0 && age_ns < FRESH_MS * TIMESTAMP_NS_PER_MS) {
        return;
    }
    (void)herdctl_survey_take(self->survey, HERDCTL_ANSWER_LIMIT_MS, true);
    herdctl_judge_note(self->judge, self->survey, self->survey->taken_ns);
}

/* Answers with a copy of `text`; the connection ends then. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              text_t text)
{
    char *copy = memory_copy_text(text.data, text.size); /* which MHD frees */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(text.size, copy, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(copy);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, "Content-Type", type);
    (void)MHD_add_response_header(response, "Connection", "close");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        (void)MHD_add_response_header(response, "Allow", "GET, HEAD");
    }
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_metrics(exporter_t *self, struct MHD_Connection *connection)
{
    buffer_t text;
    buffer_init(&text, LIMIT_METRICS_SIZE);
    refresh(self);
    bool written = herdctl_metrics_write(self->survey, &text) == STATUS_OK;
    enum MHD_Result result =
        written ? answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
                         buffer_text(&text))
                : answer(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "text/plain",
                         TEXT("more metrics than there is room for: name fewer members\n"));
    buffer_done(&text);
    return result;
}

static enum MHD_Result answer_health(exporter_t *self, struct MHD_Connection *connection)
{
    buffer_t findings;
    buffer_t line;
    buffer_init(&findings, LIMIT_BODY_SIZE);
    buffer_init(&line, LIMIT_BODY_SIZE);
    refresh(self);
    herdctl_verdict_t verdict = herdctl_judge_survey(self->judge, self->survey, &findings);
    herdctl_judge_write(verdict, self->survey, buffer_text(&findings), &line);
    unsigned status = verdict == HERDCTL_WELL ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
    enum MHD_Result result = answer(connection, status, "text/plain", buffer_text(&line));
    buffer_done(&findings);
    buffer_done(&line);
    return result;
}

/* MHD calls it once with the headers, and once more with the whole request. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are MHD's */
static enum MHD_Result on_request(/* eight parameters: MHD_AccessHandlerCallback */
                                  void *argument, struct MHD_Connection *connection,
                                  const char *url, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **state)
{
    static char seen; /* its address marks a request that was announced */
    exporter_t *self = argument;
    (void)version;
    (void)upload;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain",
                      TEXT("only GET and HEAD\n"));
    }
    if (*state == NULL) {
        *state = &seen;
        return MHD_YES;
    }
    if (*upload_size > 0) { /* a body, which is ignored */
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(url, "/metrics") == 0) {
        return answer_metrics(self, connection);
    }
    if (strcmp(url, "/healthz") == 0) {
        return answer_health(self, connection);
    }
    return answer(connection, MHD_HTTP_NOT_FOUND, "text/plain",
                  TEXT("there are /metrics and /healthz\n"));
}

/* Connections come and go. */
static void on_connection(void *argument, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode code)
{
    exporter_t *self = argument;
    (void)state;
    bool came = code == MHD_CONNECTION_NOTIFY_STARTED;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        visitor_t *visitor = &self->visitors[i];
        if (visitor->connection == (came ? NULL : connection)) {
            *visitor =
                (visitor_t){.connection = came ? connection : NULL, .since_ns = clock_steady_ns()};
            return;
        }
    }
}

/* MHD's own limit is on silence: a client that sends a byte now and then would stay for ever. */
static void end_overdue(exporter_t *self)
{
    int64_t latest_ns = clock_steady_ns() - CONNECTION_LIMIT_S * TIMESTAMP_NS_PER_S;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        const visitor_t *visitor = &self->visitors[i];
        if (visitor->connection == NULL || visitor->since_ns > latest_ns) {
            continue;
        }
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(visitor->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info != NULL) {
            (void)shutdown(info->connect_fd, SHUT_RDWR);
        }
    }
}

/* Reads the herd file and the keys. If it cannot, everything stays as it was. */
static bool load(exporter_t *self)
{
    herdctl_survey_t *survey = herdctl_survey_new(self->herdctl, self->names);
    if (survey == NULL) {
        return false;
    }
    herdctl_survey_destroy(&self->survey);
    herdctl_judge_destroy(&self->judge);
    self->survey = survey;
    self->judge = herdctl_judge_new(survey->count);
    return true;
}

/* "127.0.0.1:9464", "[::1]:9464", "*:9464". Caller frees with freeaddrinfo. Anything else is an
 * error, and NULL. */
static struct addrinfo *find_address(const char *listen)
{
    address_t address;
    struct addrinfo *addresses = NULL;
    bool valid = address_parse(text_of(listen), &address) == STATUS_OK;
    if (valid && strcmp(address.host, "*") == 0) {
        address = (address_t){.host = "::", .port = address.port};
    }
    if (!valid || !address_is_numeric(&address) ||
        address_resolve(&address, AI_NUMERICHOST | AI_PASSIVE, &addresses) != 0) {
        (void)herdctl_command_refuse("--listen takes ADDRESS:PORT, not \"%s\"", listen);
        return NULL;
    }
    return addresses;
}

static void log_nothing(void *argument, const char *format, va_list arguments)
{
    (void)argument; /* the mistakes of clients are their own */
    (void)format;
    (void)arguments;
}

static bool listen_at(exporter_t *self, const struct addrinfo *address)
{
    unsigned flags = MHD_USE_EPOLL | MHD_USE_ERROR_LOG;
    if (address->ai_family == AF_INET6) {
        flags |= MHD_USE_DUAL_STACK;
    }
    self->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, self, MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL,
        MHD_OPTION_SOCK_ADDR, address->ai_addr, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_LIMIT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, self, MHD_OPTION_END);
    return self->daemon != NULL;
}

/* False if a signal ends it. */
static bool take_signals(exporter_t *self)
{
    int signal_number;
    while ((signal_number = signals_take(self->signals)) != 0) {
        if (signal_number != SIGHUP) {
            return false;
        }
        fprintf(stderr, "herdctl: exporter: %s\n",
                load(self) ? "read the herd file again" : "goes on with the herd file as it was");
    }
    return true;
}

static void serve(exporter_t *self)
{
    int epoll = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    struct pollfd items[] = {{.fd = epoll, .events = POLLIN},
                             {.fd = self->signals, .events = POLLIN}};
    do {
        MHD_UNSIGNED_LONG_LONG due_ms;
        bool is_due = MHD_get_timeout(self->daemon, &due_ms) == MHD_YES && due_ms < TICK_MS;
        /* Whatever an interrupted poll misses, the next one sees. */
        (void)poll(items, 2, is_due ? (int)due_ms : TICK_MS);
        (void)MHD_run(self->daemon);
        end_overdue(self);
    } while (take_signals(self));
}

static herdctl_exit_t run(exporter_t *self, const char *listen)
{
    struct addrinfo *address = find_address(listen);
    if (address == NULL) {
        return HERDCTL_USAGE;
    }
    static const int taken[] = {SIGTERM, SIGINT, SIGHUP, 0};
    herdctl_exit_t result = HERDCTL_FAILED;
    self->signals = signals_open(taken); /* before threads are started */
    signal(SIGPIPE, SIG_IGN);
    if (load(self)) {
        if (listen_at(self, address)) {
            fprintf(stderr, "herdctl: exporter: listening on %s\n", listen);
            serve(self);
            MHD_stop_daemon(self->daemon);
            result = HERDCTL_OK;
        } else {
            fprintf(stderr, "herdctl: exporter: cannot listen on %s: %s\n", listen,
                    strerror(errno));
        }
    }
    freeaddrinfo(address);
    herdctl_survey_destroy(&self->survey);
    herdctl_judge_destroy(&self->judge);
    close(self->signals);
    return result;
}

herdctl_exit_t herdctl_exporter(const herdctl_t *self)
{
    const char *listen = default_listen;
    const options_row_t rows[] = {
        {"listen", "ADDRESS:PORT", "where to serve (default: 127.0.0.1:9464)", .string = &listen},
        {0},
    };
    options_operands_t names;
    herdctl_exit_t result;
    if (!herdctl_command_read_members(self, rows, NULL, &names, &result)) {
        return result;
    }
    exporter_t *exporter = memory_new(sizeof *exporter);
    *exporter = (exporter_t){.herdctl = self, .names = names};
    result = run(exporter, listen);
    free(exporter);
    return result;
}
