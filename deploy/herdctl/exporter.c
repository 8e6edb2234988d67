/* herdctl exporter: /metrics and /healthz of the whole herd over HTTP, by libmicrohttpd.
 *
 * One thread, one loop. A request makes the exporter ask the members, unless the last survey is
 * younger than FRESH_MS: then that one is served. Other requests wait meanwhile, a second at most.
 * A connection carries one request; visitors.h says how long it stays, and how many do. SIGHUP
 * reads the herd file again; SIGTERM and SIGINT end it. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/program/descriptors.h"
#include "common/program/signals.h"
#include "common/sockets/address.h"
#include "common/sockets/holder.h"
#include "common/sockets/listening.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/ask.h"
#include "deploy/herdctl/survey/judge.h"
#include "deploy/herdctl/survey/metrics.h"
#include "deploy/herdctl/visitors.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LISTEN_QUEUE = 1024,
    CONNECTION_MEMORY = 16384, /* bytes: a request's lines and headers */
    TICK_MS = 500,             /* from one look for overdue connections to the next */
    FRESH_MS = 1000,           /* a younger survey is served again */
};

static const char default_listen[] = "127.0.0.1:9464";

/* The exporter. */
typedef struct {
    const herdctl_t *herdctl;
    options_operands_t names; /* of members; borrowed */
    herdctl_survey_t *survey;
    herdctl_judge_t *judge;
    struct MHD_Daemon *daemon;
    visitors_t visitors;
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
    herdctl_ask_rest(self->survey->ask);
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
    bool written = herdctl_metrics_write(self->survey, &text) == STATUS_OK &&
                   herdctl_metrics_write_reasons(self->survey, self->judge, &text) == STATUS_OK;
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
    visitors_ask(&self->visitors, connection);
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
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        visitors_come(&self->visitors, connection);
    } else {
        visitors_go(&self->visitors, connection);
    }
}

/* Whether a survey asks that member, at that address. */
static bool asks(const herdctl_survey_t *survey, const config_member_t *member)
{
    for (size_t i = 0; i < survey->count; i++) {
        if (strcmp(survey->members[i]->name, member->name) == 0) {
            return strcmp(survey->members[i]->requests, member->requests) == 0;
        }
    }
    return false;
}

/* Returns how many members of one survey the other one does not ask there. */
static size_t count_missing(const herdctl_survey_t *one, const herdctl_survey_t *other)
{
    size_t count = 0;
    for (size_t i = 0; i < one->count; i++) {
        count += asks(other, one->members[i]) ? 0 : 1;
    }
    return count;
}

/* What reading herd file and keys again has changed. */
static void tell_changes(const herdctl_survey_t *before, const herdctl_survey_t *now)
{
    bool same_key = strcmp(herdctl_ask_key(before->ask), herdctl_ask_key(now->ask)) == 0;
    fprintf(stderr,
            "herdctl: exporter: read the herd file again, and the keys: %zu members, %zu of them "
            "new or moved, %zu gone or moved; %s\n",
            now->count, count_missing(now, before), count_missing(before, now),
            same_key ? "our key is as it was" : "our key is another one");
}

/* Reads the herd file and the keys. If it cannot, everything stays as it was. */
static bool load(exporter_t *self)
{
    herdctl_survey_t *survey = herdctl_survey_new(self->herdctl, self->names);
    if (survey == NULL) {
        return false;
    }
    if (self->survey != NULL) {
        tell_changes(self->survey, survey);
    }
    herdctl_survey_destroy(&self->survey);
    herdctl_judge_destroy(&self->judge);
    self->survey = survey;
    self->judge = herdctl_judge_new(survey->count);
    return true;
}

/* "127.0.0.1:9464", "[::1]:9464", "*:9464". Anything else is an error, and false. */
static bool read_address(const char *listen, address_t *ret_address)
{
    bool valid = address_parse(text_of(listen), ret_address) == STATUS_OK &&
                 (strcmp(ret_address->host, "*") == 0 || address_is_numeric(ret_address));
    if (!valid) {
        (void)herdctl_command_refuse("--listen takes ADDRESS:PORT, not \"%s\"", listen);
    }
    return valid;
}

/* False, and errno, if the kernel refuses. */
static bool open_address(const address_t *address, listening_socket_t *ret_socket)
{
    static const listening_t settings = {.queue = LISTEN_QUEUE};
    struct addrinfo *found = NULL;
    if (strcmp(address->host, "*") == 0) {
        return listening_open_everywhere(&settings, address->port, ret_socket);
    }
    if (address_resolve(address, AI_NUMERICHOST | AI_PASSIVE, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    bool opened = listening_open(&settings, found, ret_socket);
    int error = errno;
    freeaddrinfo(found);
    errno = error;
    return opened;
}

static void log_nothing(void *argument, const char *format, va_list arguments)
{
    (void)argument; /* the mistakes of clients are their own */
    (void)format;
    (void)arguments;
}

static bool listen_at(exporter_t *self, const address_t *address)
{
    listening_socket_t socket;
    if (!open_address(address, &socket)) {
        return false;
    }
    self->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, self,
        MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL, MHD_OPTION_LISTEN_SOCKET, socket.file,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)VISITORS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)VISITORS_LIMIT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, self, MHD_OPTION_END);
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
        if (!load(self)) {
            fputs("herdctl: exporter: goes on with the herd file as it was, and with its keys\n",
                  stderr);
        }
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
        visitors_turn(&self->visitors);
    } while (take_signals(self));
}

/* Why it does not listen, and who has the port. */
static void complain(const char *listen, int error)
{
    char endpoint[TEXT_NUMBER_SIZE + ADDRESS_HOST_SIZE];
    char reason[HOLDER_SIZE];
    snprintf(endpoint, sizeof endpoint, "tcp://%s", listen);
    holder_explain(error, endpoint, reason);
    fprintf(stderr, "herdctl: exporter: cannot listen on %s: %s\n", listen, reason);
}

static herdctl_exit_t run(exporter_t *self, const char *listen)
{
    address_t address;
    if (!read_address(listen, &address)) {
        return HERDCTL_USAGE;
    }
    static const int taken[] = {SIGTERM, SIGINT, SIGHUP, 0};
    herdctl_exit_t result = HERDCTL_FAILED;
    descriptors_close_inherited(-1);     /* it stays, as a daemon does */
    self->signals = signals_open(taken); /* before threads are started */
    signal(SIGPIPE, SIG_IGN);
    if (load(self)) {
        if (listen_at(self, &address)) {
            fprintf(stderr, "herdctl: exporter: listening on %s\n", listen);
            serve(self);
            MHD_stop_daemon(self->daemon);
            result = HERDCTL_OK;
        } else {
            complain(listen, errno);
        }
    }
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
