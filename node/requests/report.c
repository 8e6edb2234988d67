#include "node/requests/report.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* A body that grows until a line finds no room; then nothing more is appended. */
typedef struct {
    buffer_t *out;
    status_t status;
} sheet_t;

__attribute__((format(printf, 2, 3))) static void put(sheet_t *self, const char *format, ...)
{
    char line[2 * LIMIT_HEADER_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert(size >= 0 && (size_t)size < sizeof line); /* names and figures have their limits */
    if (self->status == STATUS_OK) {
        self->status = buffer_append(self->out, line, (size_t)size);
    }
}

static void put_number(sheet_t *self, const char *key, uint64_t value)
{
    put(self, "%s %llu\n", key, (unsigned long long)value);
}

/* A figure behind the fixed fields of a `link` or `frontend` line. */
static void put_field(sheet_t *self, const char *key, uint64_t value)
{
    put(self, " %s=%llu", key, (unsigned long long)value);
}

static void put_link_records(sheet_t *self, const link_counters_t *counters)
{
    put_field(self, "sent", counters->sent);
    put_field(self, "newer", counters->newer);
    put_field(self, "same", counters->same);
    put_field(self, "older", counters->older);
    put_field(self, "expired", counters->expired);
    put_field(self, "refused", counters->refused);
    put_field(self, "gaps", counters->gaps);
    put_field(self, "audits", counters->audits);
    put_field(self, "comparisons", counters->comparisons);
    put_field(self, "repaired", counters->repaired);
    put(self, " clock=%lld", (long long)counters->clock_difference_ns);
}

static void put_link_messages(sheet_t *self, const neighbour_figures_t *figures)
{
    put_field(self, "messages_sent", figures->messages_sent);
    put_field(self, "messages_received", figures->messages_received);
    put_field(self, "bytes_sent", figures->bytes_sent);
    put_field(self, "bytes_received", figures->bytes_received);
    put_field(self, "naks", figures->naks);
    put_field(self, "resets", figures->resets);
    put_field(self, "connects", figures->connects);
    put(self, " changed=%lld\n", (long long)figures->changed_ns);
}

static void put_link(sheet_t *self, const neighbour_t *neighbour)
{
    const link_t *link = neighbour_link(neighbour);
    const link_counters_t *counters = link_counters(link);
    const neighbour_figures_t *figures = neighbour_figures(neighbour);
    put(self, "link %s %s %llu %llu %llu", neighbour_name(neighbour),
        link_is_up(link) ? "up" : "down", (unsigned long long)link_lag(link),
        (unsigned long long)counters->received, (unsigned long long)counters->bad_messages);
    put_field(self, "unacknowledged", link_unacknowledged(link));
    put_link_records(self, counters);
    put_link_messages(self, figures);
    if (figures->error[0] != '\0') {
        put(self, "link_error %s %lld %s\n", neighbour_name(neighbour),
            (long long)figures->error_ns, figures->error);
    }
}

static void put_links(sheet_t *self, const report_figures_t *figures)
{
    size_t links_up = 0;
    for (size_t i = 0; i < figures->neighbour_count; i++) {
        links_up += link_is_up(neighbour_link(figures->neighbours[i])) ? 1 : 0;
    }
    put_number(self, "links_up", links_up);
    put_number(self, "links", figures->neighbour_count);
    for (size_t i = 0; i < figures->neighbour_count; i++) {
        put_link(self, figures->neighbours[i]);
    }
}

static void put_frontends(sheet_t *self, frontends_t *frontends)
{
    put_number(self, "frontends", frontends_count(frontends));
    put_number(self, "clients", frontends_clients(frontends));
    size_t slot = 0;
    const frontend_link_t *frontend;
    while ((frontend = frontends_next(frontends, &slot)) != NULL) {
        put(self, "frontend %s", frontend->label);
        put_field(self, "clients", frontend->clients);
        for (size_t i = 0; i < FRONTENDS_FIGURES; i++) {
            if (frontend->told[i]) {
                put_field(self, frontends_figure_keys[i], frontend->figures[i]);
            }
        }
        put(self, "\n");
    }
}

static void put_places(sheet_t *self, const places_figures_t *places)
{
    put(self, "places %s %s %llu %llu %llu %llu %llu\n", places->provider, places->state,
        (unsigned long long)places->requests, (unsigned long long)places->failures,
        (unsigned long long)places->joined, (unsigned long long)places->kept,
        (unsigned long long)places->refused);
}

/* Bytes of this process in memory: the second field of /proc/self/statm, in pages (proc(5)). 0 where it cannot be read. */
static uint64_t resident_size(void)
{
    char text[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return 0;
    }
    text_t rest = {.data = text, .size = fread(text, 1, sizeof text, file)};
    text_t all;
    text_t resident;
    uint64_t pages;
    (void)fclose(file);
    bool read = text_take_field(&rest, &all) && text_take_field(&rest, &resident) &&
                text_to_u64(resident, UINT32_MAX, &pages);
    return read ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t time_ns(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * TIMESTAMP_NS_PER_S + (uint64_t)time->tv_usec * 1000;
}

static void put_process(sheet_t *self, const report_figures_t *figures)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage); /* fails for no valid argument */
    put(self, "name %s\nversion %s\npid %d\nsince %lld\n", figures->name, HERD_VERSION,
        (int)getpid(), (long long)figures->started_ns);
    put_number(self, "cpu", time_ns(&usage.ru_utime) + time_ns(&usage.ru_stime));
    put_number(self, "resident", resident_size());
    put(self, "log_level %s\n", log_level_text(log_level(figures->log)));
    put_number(self, "log_lost", log_lost_count(figures->log));
}

static void put_records(sheet_t *self, const report_figures_t *figures)
{
    put_number(self, "records", figures->records);
    put_number(self, "records_max", figures->max_clients);
    put_number(self, "memory", figures->memory_size);
    put_number(self, "memory_max", figures->max_memory);
    if (figures->digest != NULL) {
        char root[DIGEST_SUM_SIZE];
        digest_sum_write(digest_root(figures->digest), root);
        put(self, "root %.*s\n", DIGEST_SUM_SIZE, root);
    }
}

static void put_requests(sheet_t *self, const report_figures_t *figures)
{
    put_number(self, "positions", figures->positions);
    put_number(self, "lookups", figures->lookups);
    put_number(self, "invalid", figures->invalid);
    put_number(self, "stamps_replaced", figures->stamps_replaced);
    put_number(self, "malformed", figures->malformed);
    put_number(self, "unacknowledged", figures->unacknowledged);
    put_number(self, "unkept", figures->unkept);
    put_number(self, "waiting", figures->waiting);
    put(self, "security %s\n", figures->security);
    put_number(self, "refused", figures->refused);
    put_number(self, "tap_subscriptions", figures->tap.subscriptions);
    put_number(self, "tap_sent", figures->tap.sent);
}

status_t report_write(const report_figures_t *figures, buffer_t *out)
{
    sheet_t sheet = {.out = out, .status = STATUS_OK};
    put_process(&sheet, figures);
    put_records(&sheet, figures);
    put_requests(&sheet, figures);
    put_frontends(&sheet, figures->frontends);
    if (figures->places != NULL) {
        put_places(&sheet, figures->places);
    }
    put_links(&sheet, figures);
    return sheet.status;
}
