/* GET /metrics and /healthz: for those who run the herd, and for load balancers. Figures are those
 * of this process; docs/operations.md has a row for each. */
#include "frontend/web/api_parts.h"

#include "common/base/timestamp.h"
#include "common/base/usage.h"

#include <unistd.h>

/* A metric with one sample (open value struct). */
typedef struct {
    const char *name;
    const char *type; /* "gauge", "counter" */
    const char *help;
    uint64_t value;
} metric_t;

static void put_metrics(sheet_t *sheet, const metric_t *metrics, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const metric_t *metric = &metrics[i];
        sheet_format(sheet, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", metric->name, metric->help,
                     metric->name, metric->type, metric->name, (unsigned long long)metric->value);
    }
}

#define PUT_METRICS(sheet, metrics)                                                                \
    put_metrics((sheet), (metrics), sizeof(metrics) / sizeof(metrics)[0])

static void put_process(const api_t *self, sheet_t *sheet)
{
    usage_t usage = usage_read();
    const metric_t metrics[] = {
        {"herd_web_start_time_seconds", "gauge", "When the process was started, POSIX time",
         (uint64_t)(self->started_ns / TIMESTAMP_NS_PER_S)},
        {"herd_web_process_resident_memory_bytes", "gauge", "Memory that the process holds",
         usage.resident_size},
        {"herd_web_log_lines_lost_total", "counter",
         "Lines that its log lost: the disk is full, or slower than the traffic",
         log_lost_count(self->shared->log)},
    };
    sheet_format(sheet,
                 "# HELP herd_web_build_info Always 1; the labels tell herd, member and version\n"
                 "# TYPE herd_web_build_info gauge\n"
                 "herd_web_build_info{herd=\"%s\",member=\"%s\",version=\"%s\"} 1\n",
                 self->config->herd_name, self->member->name, HERD_VERSION);
    sheet_format(sheet,
                 "# HELP herd_web_process_cpu_seconds_total Processor time that it has used\n"
                 "# TYPE herd_web_process_cpu_seconds_total counter\n"
                 "herd_web_process_cpu_seconds_total %.3f\n",
                 (double)usage.cpu_ns / (double)TIMESTAMP_NS_PER_S);
    PUT_METRICS(sheet, metrics);
}

static void put_connections(const api_t *self, sheet_t *sheet)
{
    const figures_t *figures = &self->shared->figures;
    const metric_t metrics[] = {
        {"herd_web_connections", "gauge", "Connections of clients",
         sessions_count(self->shared->table)},
        {"herd_web_websockets", "gauge", "Of these, WebSockets", web_session_sockets(self->shared)},
        {"herd_web_connections_limit", "gauge", "Connections that there may be (max_connections)",
         self->config->max_connections},
        {"herd_web_connections_refused_total", "counter",
         "Clients turned away (max_connections, max_connections_per_address)",
         figures->turned_away},
        {"herd_web_connections_given_up_total", "counter",
         "Clients disconnected before all was answered, or because they were idle",
         figures->given_up},
        {"herd_web_malformed_requests_total", "counter",
         "Requests that are not HTTP as it is taken here", figures->malformed},
        {"herd_web_received_bytes_total", "counter", "Bytes received from clients",
         figures->received},
        {"herd_web_sent_bytes_total", "counter", "Bytes sent to clients", figures->sent},
        {"herd_web_node_up", "gauge", "Whether the member's node answers",
         self->shared->node_serves ? 1 : 0},
    };
    PUT_METRICS(sheet, metrics);
}

static void put_streams(const api_t *self, sheet_t *sheet)
{
    const watches_figures_t figures = watches_figures(self->watches);
    const metric_t metrics[] = {
        {"herd_web_streams", "gauge", "Watchers that are connected", figures.open},
        {"herd_web_streams_limit", "gauge", "Watchers that there may be", WATCHES_MAX},
        {"herd_web_streams_kept", "gauge", "Watchers that may come back", figures.kept},
        {"herd_web_streams_large", "gauge", "Watchers, of both, of more than 10000 clients",
         figures.large},
        {"herd_web_streams_refused_total", "counter", "Watchers turned away", figures.refused},
        {"herd_web_views_changed_total", "counter", "Views that watchers have changed",
         figures.views_changed},
        {"herd_web_events_total", "counter", "Events told to watchers", figures.events},
    };
    PUT_METRICS(sheet, metrics);
}

static void put_copy(const api_t *self, sheet_t *sheet)
{
    const copy_t *copy = mirror_copy(self->mirror);
    const copy_state_t state = copy_state(copy);
    const metric_t metrics[] = {
        {"herd_web_copy_up", "gauge", "Whether the node sends its changes", state.open ? 1 : 0},
        {"herd_web_copy_current", "gauge", "Whether the copy has all that the node has",
         state.current ? 1 : 0},
        {"herd_web_copy_age_seconds", "gauge",
         "How old what is read of the copy may be; 0: the node sends its changes",
         mirror_age_s(self->mirror)},
        {"herd_web_copy_lag_records", "gauge",
         "Changes that the node had when it was followed anew and that are not here yet, at most",
         state.behind},
        {"herd_web_copy_clients", "gauge", "Clients in the copy", state.served},
        {"herd_web_copy_clients_limit", "gauge",
         "Clients that there may be in the copy (max_clients)", self->config->max_clients},
        {"herd_web_copy_memory_bytes", "gauge", "Memory that the copy takes", copy_memory(copy)},
        {"herd_web_copy_memory_limit_bytes", "gauge",
         "Memory that records in the copy may take (max_memory)", mirror_records_max(self->mirror)},
        {"herd_web_index_memory_bytes", "gauge", "Memory that the index of who is where takes",
         near_memory(mirror_near(self->mirror))},
        {"herd_web_copy_received_records_total", "counter", "Records received from the node",
         state.received},
        {"herd_web_copy_unstored_records_total", "counter",
         "Records that found no room in the copy (max_clients, max_memory)", state.unstored},
        {"herd_web_copy_repaired_records_total", "counter",
         "Records that only an audit brought: a defect of the herd", state.repaired},
        {"herd_web_copy_bad_messages_total", "counter",
         "Messages of the node that were malformed or out of place, and dropped", state.bad},
    };
    PUT_METRICS(sheet, metrics);
}

void api_get_metrics(api_t *self, const api_request_t *request)
{
    sheet_t sheet = api_begin(self);
    put_process(self, &sheet);
    web_figures_write(&self->figures, &sheet);
    put_connections(self, &sheet);
    put_streams(self, &sheet);
    put_copy(self, &sheet);
    http_answer_t answer = {.status = HTTP_OK, .type = "text/plain; version=0.0.4"};
    answer.content = sheet_end(&sheet) == STATUS_OK ? buffer_text(&self->content) : (text_t){0};
    web_session_reply(request->session, &answer);
}

/* Why not all is served; NULL: it is. */
static const char *find_trouble(const api_t *self)
{
    if (!self->shared->node_serves) {
        return "the node is away";
    }
    return mirror_is_ready(self->mirror) ? NULL : "the copy is not whole yet";
}

void api_get_health(api_t *self, const api_request_t *request)
{
    const copy_state_t state = copy_state(mirror_copy(self->mirror));
    const char *trouble = find_trouble(self);
    sheet_t sheet = api_begin(self);
    sheet_format(&sheet,
                 "{\"status\":\"%s\",\"member\":\"%s\",\"node\":%s,\"copy\":{\"current\":%s,"
                 "\"age\":%llu,\"lag\":%llu,\"clients\":%zu}}\n",
                 trouble == NULL ? "well" : trouble, self->member->name,
                 self->shared->node_serves ? "true" : "false", state.current ? "true" : "false",
                 (unsigned long long)mirror_age_s(self->mirror), (unsigned long long)state.behind,
                 state.served);
    http_answer_t answer = {.status = trouble == NULL ? HTTP_OK : HTTP_SERVICE_UNAVAILABLE,
                            .type = "application/json",
                            .fields = trouble == NULL
                                          ? "Cache-Control: no-store\r\n"
                                          : "Cache-Control: no-store\r\nRetry-After: 5\r\n"};
    answer.content = sheet_end(&sheet) == STATUS_OK ? buffer_text(&self->content) : (text_t){0};
    web_session_reply(request->session, &answer);
}
