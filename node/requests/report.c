#include "node/requests/report.h"

#include "common/base/sheet.h"
#include "common/base/usage.h"
#include "common/protocol/report_keys.h"

#include <unistd.h>

static void put_number(sheet_t *sheet, report_key_t key, uint64_t value)
{
    sheet_put_string(sheet, report_keys_text(key));
    sheet_put_byte(sheet, ' ');
    sheet_put_u64(sheet, value);
    sheet_put_byte(sheet, '\n');
}

static void put_text(sheet_t *sheet, report_key_t key, const char *text)
{
    sheet_format(sheet, "%s %s\n", report_keys_text(key), text);
}

/* A figure behind the fixed fields of a `link` or `frontend` line. */
static void put_field(sheet_t *sheet, report_key_t key, uint64_t value)
{
    sheet_put_byte(sheet, ' ');
    sheet_put_string(sheet, report_keys_text(key));
    sheet_put_byte(sheet, '=');
    sheet_put_u64(sheet, value);
}

static void put_signed_field(sheet_t *sheet, report_key_t key, int64_t value)
{
    sheet_format(sheet, " %s=%lld", report_keys_text(key), (long long)value);
}

static void put_link_records(sheet_t *sheet, const link_counters_t *counters)
{
    put_field(sheet, REPORT_KEY_SENT, counters->sent);
    put_field(sheet, REPORT_KEY_NEWER, counters->newer);
    put_field(sheet, REPORT_KEY_SAME, counters->same);
    put_field(sheet, REPORT_KEY_OLDER, counters->older);
    put_field(sheet, REPORT_KEY_EXPIRED, counters->expired);
    put_field(sheet, REPORT_KEY_REFUSED, counters->refused);
    put_field(sheet, REPORT_KEY_GAPS, counters->gaps);
    put_field(sheet, REPORT_KEY_AUDITS, counters->audits);
    put_field(sheet, REPORT_KEY_COMPARISONS, counters->comparisons);
    put_field(sheet, REPORT_KEY_REPAIRED, counters->repaired);
}

/* replication.md, R19. `clock` was always there. */
static void put_link_clock(sheet_t *sheet, const link_t *link, const offset_ours_t *ours)
{
    put_signed_field(sheet, REPORT_KEY_CLOCK, offset_difference(link_clock(link), ours));
    if (link_clock(link)->known) {
        put_signed_field(sheet, REPORT_KEY_CLOCK_ERROR,
                         offset_error(link_clock(link), ours->steady_ns));
    }
}

static void put_link_messages(sheet_t *sheet, const neighbour_figures_t *figures)
{
    put_field(sheet, REPORT_KEY_MESSAGES_SENT, figures->messages_sent);
    put_field(sheet, REPORT_KEY_MESSAGES_RECEIVED, figures->messages_received);
    put_field(sheet, REPORT_KEY_BYTES_SENT, figures->bytes_sent);
    put_field(sheet, REPORT_KEY_BYTES_RECEIVED, figures->bytes_received);
    put_field(sheet, REPORT_KEY_NAKS, figures->naks);
    put_field(sheet, REPORT_KEY_RESETS, figures->resets);
    put_field(sheet, REPORT_KEY_CONNECTS, figures->connects);
    put_signed_field(sheet, REPORT_KEY_CHANGED, figures->changed_ns);
}

static void put_link(sheet_t *sheet, const neighbour_t *neighbour, const offset_ours_t *ours)
{
    const link_t *link = neighbour_link(neighbour);
    const link_counters_t *counters = link_counters(link);
    const neighbour_figures_t *figures = neighbour_figures(neighbour);
    sheet_format(sheet, "%s %s %s %llu %llu %llu", report_keys_text(REPORT_KEY_LINK),
                 neighbour_name(neighbour), link_is_up(link) ? "up" : "down",
                 (unsigned long long)link_lag(link), (unsigned long long)counters->received,
                 (unsigned long long)counters->bad_messages);
    put_field(sheet, REPORT_KEY_UNACKNOWLEDGED, link_unacknowledged(link));
    put_link_records(sheet, counters);
    put_link_clock(sheet, link, ours);
    put_link_messages(sheet, figures);
    sheet_put_byte(sheet, '\n');
    if (figures->error[0] != '\0') {
        sheet_format(sheet, "%s %s %lld %s\n", report_keys_text(REPORT_KEY_LINK_ERROR),
                     neighbour_name(neighbour), (long long)figures->error_ns, figures->error);
    }
}

static void put_links(sheet_t *sheet, const report_figures_t *figures)
{
    const offset_ours_t ours = {.now_ns = figures->now_ns, .steady_ns = figures->steady_ns};
    size_t links_up = 0;
    for (size_t i = 0; i < figures->neighbour_count; i++) {
        links_up += link_is_up(neighbour_link(figures->neighbours[i])) ? 1 : 0;
    }
    put_number(sheet, REPORT_KEY_LINKS_UP, links_up);
    put_number(sheet, REPORT_KEY_LINKS, figures->neighbour_count);
    for (size_t i = 0; i < figures->neighbour_count; i++) {
        put_link(sheet, figures->neighbours[i], &ours);
    }
}

static void put_frontends(sheet_t *sheet, frontends_t *frontends)
{
    put_number(sheet, REPORT_KEY_FRONTENDS, frontends_count(frontends) - frontends_webs(frontends));
    put_number(sheet, REPORT_KEY_WEBS, frontends_webs(frontends));
    put_number(sheet, REPORT_KEY_CLIENTS, frontends_clients(frontends));
    const frontend_totals_value_t *totals = frontends_totals(frontends);
    for (size_t i = 0; i < FRONTEND_TOTALS; i++) {
        put_number(sheet, frontend_totals_keys[i].total, totals[i].count);
        put_number(sheet, frontend_totals_keys[i].latest, totals[i].last_ns);
    }
    size_t slot = 0;
    const frontend_link_t *frontend;
    while ((frontend = frontends_next(frontends, &slot)) != NULL) {
        sheet_format(sheet, "%s %s", report_keys_text(REPORT_KEY_FRONTEND), frontend->label);
        put_field(sheet, REPORT_KEY_CLIENTS, frontend->clients);
        for (size_t i = 0; i < FRONTENDS_FIGURES; i++) {
            if (frontend->given[i]) {
                put_field(sheet, frontends_figure_keys[i], frontend->figures[i]);
            }
        }
        sheet_put_byte(sheet, '\n');
    }
}

static void put_follower(sheet_t *sheet, const follower_t *follower)
{
    const link_t *link = follower->link;
    const link_counters_t *counters = link_counters(link);
    sheet_format(sheet, "%s %s", report_keys_text(REPORT_KEY_FOLLOWER), follower->label);
    put_field(sheet, REPORT_KEY_UP, link_is_up(link) ? 1 : 0);
    put_field(sheet, REPORT_KEY_LAG, link_lag(link));
    put_field(sheet, REPORT_KEY_BAD_MESSAGES, follower->bad + counters->bad_messages);
    put_field(sheet, REPORT_KEY_UNACKNOWLEDGED, link_unacknowledged(link));
    put_field(sheet, REPORT_KEY_SENT, follower->sent + counters->sent);
    put_field(sheet, REPORT_KEY_MESSAGES_SENT, follower->messages_sent);
    put_field(sheet, REPORT_KEY_BYTES_SENT, follower->bytes_sent);
    put_field(sheet, REPORT_KEY_RESETS, follower->resets);
    put_signed_field(sheet, REPORT_KEY_SINCE, follower->since_ns);
    sheet_put_byte(sheet, '\n');
}

static void put_followers(sheet_t *sheet, const followers_t *followers)
{
    size_t slot = 0;
    const follower_t *follower;
    put_number(sheet, REPORT_KEY_FOLLOWERS, followers_count(followers));
    put_number(sheet, REPORT_KEY_FOLLOWERS_MAX, followers_max(followers));
    put_number(sheet, REPORT_KEY_FOLLOWERS_REFUSED, followers_refused(followers));
    while ((follower = followers_next(followers, &slot)) != NULL) {
        put_follower(sheet, follower);
    }
}

static void put_places(sheet_t *sheet, const places_figures_t *places)
{
    sheet_format(sheet, "%s %s %s %llu %llu %llu %llu %llu\n", report_keys_text(REPORT_KEY_PLACES),
                 places->provider, places->state, (unsigned long long)places->requests,
                 (unsigned long long)places->failures, (unsigned long long)places->joined,
                 (unsigned long long)places->kept, (unsigned long long)places->refused);
    put_number(sheet, REPORT_KEY_PLACES_DROPPED, places->dropped);
    put_number(sheet, REPORT_KEY_PLACES_UNUSABLE, places->unusable);
    if (places->trouble[0] != '\0') {
        put_text(sheet, REPORT_KEY_PLACES_TROUBLE, places->trouble);
    }
}

static void put_process(sheet_t *sheet, const report_figures_t *figures)
{
    usage_t usage = usage_read();
    put_text(sheet, REPORT_KEY_NAME, figures->name);
    put_text(sheet, REPORT_KEY_VERSION, HERD_VERSION);
    put_number(sheet, REPORT_KEY_PID, (uint64_t)getpid());
    sheet_format(sheet, "%s %lld\n", report_keys_text(REPORT_KEY_SINCE),
                 (long long)figures->started_ns);
    sheet_format(sheet, "%s %lld\n", report_keys_text(REPORT_KEY_TIME), (long long)figures->now_ns);
    put_number(sheet, REPORT_KEY_CPU, usage.cpu_ns);
    put_number(sheet, REPORT_KEY_RESIDENT, usage.resident_size);
    put_text(sheet, REPORT_KEY_LOG_LEVEL, log_level_text(log_level(figures->log)));
    put_number(sheet, REPORT_KEY_LOG_LOST, log_lost_count(figures->log));
    put_number(sheet, REPORT_KEY_LOG_FAILING, log_write_error(figures->log) != 0 ? 1 : 0);
    put_number(sheet, REPORT_KEY_SOCKETS_MISSING, figures->sockets_missing);
    put_number(sheet, REPORT_KEY_RELOAD_REFUSED, figures->reload_refused ? 1 : 0);
}

static void put_records(sheet_t *sheet, const report_figures_t *figures)
{
    put_number(sheet, REPORT_KEY_RECORDS, figures->records);
    put_number(sheet, REPORT_KEY_RECORDS_MAX, figures->max_clients);
    put_number(sheet, REPORT_KEY_MEMORY, figures->memory_size);
    put_number(sheet, REPORT_KEY_MEMORY_MAX, figures->max_memory);
    if (figures->digest != NULL) {
        char root[DIGEST_SUM_SIZE];
        digest_sum_write(digest_root(figures->digest), root);
        sheet_format(sheet, "%s %.*s\n", report_keys_text(REPORT_KEY_ROOT), DIGEST_SUM_SIZE, root);
    }
}

static void put_journal(sheet_t *sheet, const journal_keeper_figures_t *journal)
{
    if (journal == NULL) {
        return;
    }
    sheet_format(sheet, "%s %lld\n", report_keys_text(REPORT_KEY_JOURNAL_COMMITTED),
                 (long long)journal->committed_ns);
    put_number(sheet, REPORT_KEY_JOURNAL_LAG, (uint64_t)journal->lag_ns);
    put_number(sheet, REPORT_KEY_JOURNAL_LAG_RECORDS, journal->lag_records);
    put_number(sheet, REPORT_KEY_JOURNAL_COMMITS, journal->commits);
    put_number(sheet, REPORT_KEY_JOURNAL_TOOK, (uint64_t)journal->took_ns);
    put_number(sheet, REPORT_KEY_JOURNAL_FILLING, (uint64_t)journal->filling_ns);
    put_number(sheet, REPORT_KEY_JOURNAL_RECORDS, journal->records);
    put_number(sheet, REPORT_KEY_JOURNAL_SIZE, journal->size);
    put_number(sheet, REPORT_KEY_JOURNAL_LIVE, journal->live_size);
    put_number(sheet, REPORT_KEY_JOURNAL_ERRORS, journal->errors);
    put_number(sheet, REPORT_KEY_JOURNAL_DAMAGED, journal->damaged);
    put_number(sheet, REPORT_KEY_JOURNAL_FAILING, journal->failing ? 1 : 0);
    if (journal->failing) {
        put_text(sheet, REPORT_KEY_JOURNAL_ERROR, journal->error);
    }
}

/* As it stands in a herd file: "memory", "disk peers 2". */
static void put_acknowledge(sheet_t *sheet, const report_figures_t *figures)
{
    bool disk = figures->acknowledge_disk;
    size_t peers = figures->acknowledge_peers;
    sheet_format(sheet, "%s %s", report_keys_text(REPORT_KEY_ACKNOWLEDGE),
                 disk         ? "disk"
                 : peers == 0 ? "memory"
                              : "peers");
    if (peers > 0) {
        sheet_format(sheet, disk ? " peers %zu" : " %zu", peers);
    }
    sheet_put_byte(sheet, '\n');
}

static void put_requests(sheet_t *sheet, const report_figures_t *figures)
{
    put_number(sheet, REPORT_KEY_POSITIONS, figures->positions);
    put_number(sheet, REPORT_KEY_LOOKUPS, figures->lookups);
    put_number(sheet, REPORT_KEY_INVALID, figures->invalid);
    put_number(sheet, REPORT_KEY_STAMPS_REPLACED, figures->stamps_replaced);
    put_number(sheet, REPORT_KEY_MALFORMED, figures->malformed);
    put_acknowledge(sheet, figures);
    put_number(sheet, REPORT_KEY_UNACKNOWLEDGED, figures->unacknowledged);
    put_number(sheet, REPORT_KEY_UNKEPT, figures->unkept);
    put_number(sheet, REPORT_KEY_WAITING, figures->queries);
    put_text(sheet, REPORT_KEY_SECURITY, figures->security);
    put_number(sheet, REPORT_KEY_REFUSED, figures->refused);
    put_number(sheet, REPORT_KEY_KEYS_REFUSED, figures->keys_refused);
    put_number(sheet, REPORT_KEY_CONNECTIONS_CUT, figures->connections_cut);
    put_number(sheet, REPORT_KEY_CONNECTIONS_REFUSED, figures->connections_refused);
    put_number(sheet, REPORT_KEY_UNSTORED, figures->unstored);
    put_number(sheet, REPORT_KEY_TAP_SUBSCRIPTIONS, figures->tap.subscriptions);
    put_number(sheet, REPORT_KEY_TAP_SENT, figures->tap.sent);
    put_number(sheet, REPORT_KEY_TAP_RESETS, figures->tap.resets);
    put_number(sheet, REPORT_KEY_TAP_LEFT_OUT, figures->tap.left_out);
}

static void put_clocks(sheet_t *sheet, const report_figures_t *figures)
{
    put_number(sheet, REPORT_KEY_CLOCK_WARNING, (uint64_t)figures->time.tolerance_ns);
    put_number(sheet, REPORT_KEY_CLOCK_STEPS, figures->time.steps);
    sheet_format(sheet, "%s %lld\n", report_keys_text(REPORT_KEY_CLOCK_STEP),
                 (long long)figures->time.step_ns);
    put_number(sheet, REPORT_KEY_CLOCK_DOUBTED, (uint64_t)figures->time.doubted_ns);
    put_number(sheet, REPORT_KEY_POSITIONS_AHEAD, figures->clocks->ahead);
    put_number(sheet, REPORT_KEY_POSITIONS_BEHIND, figures->clocks->behind);
    put_number(sheet, REPORT_KEY_POSITIONS_EXPIRED, figures->clocks->expired);
}

static void put_rises(sheet_t *sheet, const rises_t *rises)
{
    for (size_t i = 0; i < RISES; i++) {
        sheet_format(sheet, "%s %lld\n", report_keys_text(rises_last_keys[i]),
                     (long long)rises->last_ns[i]);
    }
}

status_t report_write(const report_figures_t *figures, buffer_t *out)
{
    sheet_t sheet = sheet_begin(out);
    put_process(&sheet, figures);
    put_records(&sheet, figures);
    put_journal(&sheet, figures->journal);
    put_requests(&sheet, figures);
    put_clocks(&sheet, figures);
    put_rises(&sheet, figures->rises);
    put_frontends(&sheet, figures->frontends);
    if (figures->followers != NULL) {
        put_followers(&sheet, figures->followers);
    }
    if (figures->places != NULL) {
        put_places(&sheet, figures->places);
    }
    put_links(&sheet, figures);
    return sheet_end(&sheet);
}
