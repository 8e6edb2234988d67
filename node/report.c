#include "node/report.h"

#include <unistd.h>

static status_t write_link(const neighbour_t *neighbour, buffer_t *out)
{
    const link_t *link = neighbour_link(neighbour);
    const link_counters_t *counters = link_counters(link);
    return buffer_format(out, "link %s %s %llu %llu %llu\n", neighbour_name(neighbour),
                         link_is_up(link) ? "up" : "down", (unsigned long long)link_lag(link),
                         (unsigned long long)counters->received,
                         (unsigned long long)counters->bad_messages);
}

static status_t write_places(const places_figures_t *places, buffer_t *out)
{
    return buffer_format(out, "places %s %s %llu %llu %llu %llu %llu\n", places->provider,
                         places->state, (unsigned long long)places->requests,
                         (unsigned long long)places->failures, (unsigned long long)places->joined,
                         (unsigned long long)places->kept, (unsigned long long)places->refused);
}

status_t report_write(const report_figures_t *figures, buffer_t *out)
{
    size_t links_up = 0;
    for (size_t i = 0; i < figures->neighbour_count; i++) {
        links_up += link_is_up(neighbour_link(figures->neighbours[i])) ? 1 : 0;
    }
    status_t status = buffer_format(
        out,
        "name %s\nversion %s\npid %d\nsince %lld\nrecords %zu\nmemory %zu\nfrontends %zu\n"
        "clients %llu\nlinks_up %zu\nlinks %zu\n",
        figures->name, HERD_VERSION, (int)getpid(), (long long)figures->started_ns,
        figures->records, figures->memory_size, figures->frontends,
        (unsigned long long)figures->clients, links_up, figures->neighbour_count);
    if (status == STATUS_OK) {
        status = buffer_format(
            out,
            "positions %llu\nlookups %llu\ninvalid %llu\nstamps_replaced %llu\nmalformed %llu\n"
            "unacknowledged %zu\nunkept %llu\n",
            (unsigned long long)figures->positions, (unsigned long long)figures->lookups,
            (unsigned long long)figures->invalid, (unsigned long long)figures->stamps_replaced,
            (unsigned long long)figures->malformed, figures->unacknowledged,
            (unsigned long long)figures->unkept);
    }
    if (status == STATUS_OK && figures->digest != NULL) {
        char root[DIGEST_SUM_SIZE];
        digest_sum_write(digest_root(figures->digest), root);
        status = buffer_format(out, "root %.*s\n", DIGEST_SUM_SIZE, root);
    }
    if (status == STATUS_OK && figures->places != NULL) {
        status = write_places(figures->places, out);
    }
    for (size_t i = 0; i < figures->neighbour_count && status == STATUS_OK; i++) {
        status = write_link(figures->neighbours[i], out);
    }
    return status;
}
