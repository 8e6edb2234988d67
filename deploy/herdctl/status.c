/* herdctl status: what each member reports of itself. A member that does not answer costs the
 * limit, and is shown as down. One that is still computing its digest is asked again within the
 * same limit, then shown without. --plain, for scripts: one line per member, fields separated by
 * tabs, "-" for what is not known; new fields come at the end:
 *   NAME  up|down|unknown  PID  SINCE (POSIX s)  RECORDS  FRONTENDS  CLIENTS  LINKS_UP  LINKS
 *   ROOT (of the digest)  LAG  PLACES, and of a member with herd-web  WEBS */
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/json.h"
#include "deploy/herdctl/frame/table.h"
#include "deploy/herdctl/survey/report_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOT_SHOWN = 16 }; /* digits: enough for people to see whether digests differ */

/* How long the error of a link that is well again is still shown. */
static const int64_t error_shown_ns = 600 * TIMESTAMP_NS_PER_S;

/* A machine whose clock is so far from those of all members is told; this leaves room for the time
 * that an answer takes. */
static const int64_t clock_told_ns = 5 * TIMESTAMP_NS_PER_S;

static double in_seconds(int64_t time_ns)
{
    return (double)time_ns / (double)TIMESTAMP_NS_PER_S;
}

/* How it is to be shown (open value struct). */
typedef struct {
    bool plain;
    bool json;
    bool links; /* all links, not only those with something to report */
} view_t;

static long long figure(const herdctl_report_t *report, herdctl_member_figure_t name)
{
    return report->figures[name].value;
}

static void print_plain(const config_member_t *of, const herdctl_report_t *report)
{
    const char *member = of->name;
    bool has_web = of->web_count > 0;
    if (!report->answered) {
        printf("%s\t%s\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-%s\n", member,
               herdctl_report_state_text(report), has_web ? "\t-" : "");
        return;
    }
    printf("%s\tup\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\t%s\t%lld\t%s", member,
           figure(report, HERDCTL_MEMBER_PID),
           figure(report, HERDCTL_MEMBER_SINCE) / (long long)TIMESTAMP_NS_PER_S,
           figure(report, HERDCTL_MEMBER_RECORDS), figure(report, HERDCTL_MEMBER_FRONTENDS),
           figure(report, HERDCTL_MEMBER_CLIENTS), figure(report, HERDCTL_MEMBER_LINKS_UP),
           figure(report, HERDCTL_MEMBER_LINKS), report->root,
           (long long)herdctl_report_lag(report), herdctl_report_places_text(report->places));
    if (has_web) {
        printf("\t%lld", figure(report, HERDCTL_MEMBER_WEBS));
    }
    putchar('\n');
}

static const herdctl_column_t member_columns[] = {
    {"MEMBER", false}, {"STATE", false},  {"VERSION", false}, {"UP SINCE", false},
    {"PID", true},     {"RECORDS", true}, {"DIGEST", false},  {"FRONT-ENDS", true},
    {"CLIENTS", true}, {"LINKS", true},   {"LAG", true},      {"PLACES", false},
    {"WEB", true},
};
enum { MEMBER_COLUMNS = sizeof member_columns / sizeof member_columns[0] };

static void add_silent_row(herdctl_table_t *table, const char *member,
                           const herdctl_report_t *report, size_t columns)
{
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", member);
    herdctl_table_add(table, HERDCTL_BAD, "%s", herdctl_report_state_text(report));
    for (size_t i = 2; i < columns; i++) {
        herdctl_table_add(table, HERDCTL_PLAIN, "-");
    }
}

static void add_places_cell(herdctl_table_t *table, const herdctl_report_t *report)
{
    bool told = report->places == HERDCTL_PLACES_OPEN || report->places == HERDCTL_PLACES_HALF_OPEN;
    herdctl_table_add(table, told ? HERDCTL_DOUBTFUL : HERDCTL_PLAIN, "%s%s%s", report->provider,
                      told ? " " : "", told ? herdctl_report_places_text(report->places) : "");
}

static void add_row(herdctl_table_t *table, const config_member_t *of,
                    const herdctl_report_t *report, size_t columns)
{
    const char *member = of->name;
    if (!report->answered) {
        add_silent_row(table, member, report, columns);
        return;
    }
    char since[TIMESTAMP_ISO8601_SIZE];
    long long links = figure(report, HERDCTL_MEMBER_LINKS);
    long long links_up = figure(report, HERDCTL_MEMBER_LINKS_UP);
    long long frontends = figure(report, HERDCTL_MEMBER_FRONTENDS);
    long long lag = (long long)herdctl_report_lag(report);
    timestamp_write_iso8601(figure(report, HERDCTL_MEMBER_SINCE), since);
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", member);
    herdctl_table_add(table, HERDCTL_GOOD, "up");
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", report->version);
    herdctl_table_add(table, HERDCTL_PLAIN, "%.*s", TIMESTAMP_ISO8601_SIZE, since);
    herdctl_table_add(table, HERDCTL_PLAIN, "%lld", figure(report, HERDCTL_MEMBER_PID));
    herdctl_table_add(table, HERDCTL_PLAIN, "%lld", figure(report, HERDCTL_MEMBER_RECORDS));
    herdctl_table_add(table, HERDCTL_PLAIN, "%.*s", ROOT_SHOWN, report->root);
    herdctl_table_add(table, frontends > 0 ? HERDCTL_PLAIN : HERDCTL_BAD, "%lld", frontends);
    herdctl_table_add(table, HERDCTL_PLAIN, "%lld", figure(report, HERDCTL_MEMBER_CLIENTS));
    herdctl_table_add(table, links_up == links ? HERDCTL_PLAIN : HERDCTL_BAD, "%lld/%lld", links_up,
                      links);
    herdctl_table_add(table, HERDCTL_PLAIN, "%lld", lag);
    add_places_cell(table, report);
    if (columns == MEMBER_COLUMNS) {
        long long webs = figure(report, HERDCTL_MEMBER_WEBS);
        bool lacks = of->web_count > 0 && webs == 0;
        herdctl_table_add(table, lacks ? HERDCTL_BAD : HERDCTL_PLAIN, "%lld", webs);
    }
}

static const herdctl_column_t link_columns[] = {
    {"MEMBER", false}, {"PEER", false}, {"LINK", false},       {"SINCE", true},
    {"LAG", true},     {"CLOCK", true}, {"LAST ERROR", false},
};
enum { LINK_COLUMNS = sizeof link_columns / sizeof link_columns[0] };

static bool has_something_to_report(const herdctl_link_t *link, int64_t now_ns)
{
    return !link->up || link->figures[HERDCTL_LINK_LAG].value > 0 ||
           (link->error[0] != '\0' && now_ns - link->error_ns < error_shown_ns);
}

/* The peer's clock minus the member's, and how far that may be from what is true. */
static void add_clock_cell(herdctl_table_t *table, const herdctl_link_t *link)
{
    const herdctl_value_t *error = &link->figures[HERDCTL_LINK_CLOCK_ERROR];
    if (!error->known) {
        herdctl_table_add(table, HERDCTL_PLAIN, "-");
        return;
    }
    herdctl_table_add(table, HERDCTL_PLAIN, "%+.3f±%.3f s",
                      in_seconds(link->figures[HERDCTL_LINK_CLOCK].value),
                      in_seconds(error->value));
}

static void add_link_row(herdctl_table_t *table, const char *member, const herdctl_link_t *link,
                         int64_t now_ns)
{
    char since[HERDCTL_SPAN_SIZE] = "-";
    char error_since[HERDCTL_SPAN_SIZE];
    int64_t changed_ns = link->figures[HERDCTL_LINK_CHANGED].value;
    if (changed_ns > 0) {
        herdctl_table_write_span(now_ns - changed_ns, since);
    }
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", member);
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", link->peer);
    herdctl_table_add(table, link->up ? HERDCTL_GOOD : HERDCTL_BAD, link->up ? "up" : "down");
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", since);
    herdctl_table_add(table, HERDCTL_PLAIN, "%lld",
                      (long long)link->figures[HERDCTL_LINK_LAG].value);
    add_clock_cell(table, link);
    if (link->error[0] == '\0') {
        herdctl_table_add(table, HERDCTL_PLAIN, "-");
    } else {
        herdctl_table_write_span(now_ns - link->error_ns, error_since);
        herdctl_table_add(table, link->up ? HERDCTL_PLAIN : HERDCTL_BAD, "%s (%s ago)", link->error,
                          error_since);
    }
}

/* By the member's own clock, whatever ours says; an older one does not say it. */
static int64_t time_of(const herdctl_report_t *report)
{
    const herdctl_value_t *time = &report->figures[HERDCTL_MEMBER_TIME];
    return time->known ? time->value : clock_now_ns();
}

static void print_links(const herdctl_survey_t *survey, bool all)
{
    herdctl_table_t *table = herdctl_table_new(link_columns, LINK_COLUMNS);
    size_t count = 0;
    for (size_t i = 0; i < survey->count; i++) {
        const herdctl_report_t *report = &survey->reports[i];
        int64_t now_ns = time_of(report);
        for (size_t j = 0; j < report->link_count; j++) {
            if (all || has_something_to_report(&report->links[j], now_ns)) {
                add_link_row(table, survey->members[i]->name, &report->links[j], now_ns);
                count++;
            }
        }
    }
    if (count > 0) {
        puts("");
        herdctl_table_print(table, stdout);
    }
    herdctl_table_destroy(&table);
}

static const herdctl_column_t follower_columns[] = {
    {"MEMBER", false}, {"FOLLOWER", false}, {"LINK", false}, {"LAG", true}, {"SENT", true},
};
enum { FOLLOWER_COLUMNS = sizeof follower_columns / sizeof follower_columns[0] };

static void print_followers(const herdctl_survey_t *survey)
{
    herdctl_table_t *table = herdctl_table_new(follower_columns, FOLLOWER_COLUMNS);
    size_t count = 0;
    for (size_t i = 0; i < survey->count; i++) {
        const herdctl_report_t *report = &survey->reports[i];
        for (size_t j = 0; j < report->follower_count; j++) {
            const herdctl_follower_t *follower = &report->followers[j];
            bool up = follower->figures[HERDCTL_FOLLOWER_UP].value > 0;
            herdctl_table_add(table, HERDCTL_PLAIN, "%s", survey->members[i]->name);
            herdctl_table_add(table, HERDCTL_PLAIN, "%s", follower->label);
            herdctl_table_add(table, up ? HERDCTL_GOOD : HERDCTL_DOUBTFUL, up ? "up" : "down");
            herdctl_table_add(table, HERDCTL_PLAIN, "%lld",
                              (long long)follower->figures[HERDCTL_FOLLOWER_LAG].value);
            herdctl_table_add(table, HERDCTL_PLAIN, "%lld",
                              (long long)follower->figures[HERDCTL_FOLLOWER_SENT].value);
            count++;
        }
    }
    if (count > 0) {
        puts("");
        herdctl_table_print(table, stdout);
    }
    herdctl_table_destroy(&table);
}

/* The clock of this machine against those of the members: the nearest counts, since some of theirs
 * may be wrong. */
static void print_own_clock(const herdctl_survey_t *survey)
{
    int64_t now_ns = clock_now_ns();
    int64_t nearest_ns = INT64_MAX;
    for (size_t i = 0; i < survey->count; i++) {
        const herdctl_value_t *time = &survey->reports[i].figures[HERDCTL_MEMBER_TIME];
        int64_t ahead_ns = now_ns - time->value;
        if (time->known && llabs(ahead_ns) < llabs(nearest_ns)) {
            nearest_ns = ahead_ns;
        }
    }
    if (nearest_ns != INT64_MAX && llabs(nearest_ns) > clock_told_ns) {
        printf("\nThe clock of this machine is %.0f s %s those of all members.\n",
               in_seconds(llabs(nearest_ns)), nearest_ns > 0 ? "ahead of" : "behind");
    }
}

static void print_notes(const herdctl_survey_t *survey)
{
    print_own_clock(survey);
    for (size_t i = 0; i < survey->count; i++) {
        if (survey->reports[i].problem != NULL) {
            printf("\n%s cannot be asked: %s.\n", survey->members[i]->name,
                   survey->reports[i].problem);
        }
        if (survey->reports[i].places == HERDCTL_PLACES_OPEN) {
            printf("\n%s: the places provider fails, and is left alone for a while.\n",
                   survey->members[i]->name);
        }
        if (survey->reports[i].places_trouble[0] != '\0') {
            printf("\n%s: places: %s.\n", survey->members[i]->name,
                   survey->reports[i].places_trouble);
        }
        if (strcmp(survey->reports[i].security, "none") == 0) {
            printf("\n%s: security is \"none\": who reaches its ports can do anything.\n",
                   survey->members[i]->name);
        }
    }
    if (herdctl_survey_digests(survey) > 1) {
        puts("\nMembers have different digests: they do not hold the same records, or updates are "
             "on their way.");
    }
}

/* The last column is for herds with herd-web. */
static size_t count_columns(const herdctl_survey_t *survey)
{
    for (size_t i = 0; i < survey->count; i++) {
        if (survey->members[i]->web_count > 0) {
            return MEMBER_COLUMNS;
        }
    }
    return MEMBER_COLUMNS - 1;
}

static void print_tables(const herdctl_survey_t *survey, bool all_links)
{
    size_t columns = count_columns(survey);
    herdctl_table_t *table = herdctl_table_new(member_columns, columns);
    for (size_t i = 0; i < survey->count; i++) {
        add_row(table, survey->members[i], &survey->reports[i], columns);
    }
    herdctl_table_print(table, stdout);
    herdctl_table_destroy(&table);
    print_links(survey, all_links);
    if (all_links) {
        print_followers(survey);
    }
    print_notes(survey);
}

static void print_json(const herdctl_survey_t *survey)
{
    json_t *json = herdctl_json_new(survey->config);
    json_object_set_new(json, "digests", json_integer((json_int_t)herdctl_survey_digests(survey)));
    herdctl_report_json_add_all(json, survey);
    herdctl_json_print(json);
}

static void print_survey(const herdctl_survey_t *survey, const view_t *view)
{
    if (view->json) {
        print_json(survey);
    } else if (view->plain) {
        for (size_t i = 0; i < survey->count; i++) {
            print_plain(survey->members[i], &survey->reports[i]);
        }
    } else {
        print_tables(survey, view->links);
    }
}

herdctl_exit_t herdctl_status(const herdctl_t *self)
{
    view_t view = {0};
    const options_row_t rows[] = {
        {"links", NULL, "show all links, not only those with something to report",
         .flag = &view.links},
        {"plain", NULL, "print for scripts: one line per member, fields separated by tabs",
         .flag = &view.plain},
        {0},
    };
    options_operands_t names;
    herdctl_exit_t result;
    if (!herdctl_command_read_members(self, rows, &view.json, &names, &result)) {
        return result;
    }
    result = HERDCTL_FAILED;
    herdctl_survey_t *survey = herdctl_survey_new(self, names);
    if (survey != NULL) {
        survey->silent = !view.plain && !view.json;
        size_t answered = herdctl_survey_take(survey, HERDCTL_ANSWER_LIMIT_MS, true);
        print_survey(survey, &view);
        result = answered == survey->count ? HERDCTL_OK : HERDCTL_FAILED;
    }
    herdctl_survey_destroy(&survey);
    return result;
}
