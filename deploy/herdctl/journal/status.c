/* herdctl journal status: how each member's journal is, by its REPORT (bus-protocol.md, S1). A
 * member that does not answer costs the limit, and is shown as down. The exit status is 0 where all
 * members answered, and no journal fails or was found damaged. --plain, for scripts: one line per
 * member, fields separated by tabs, "-" for what is not known; new fields come at the end:
 *   NAME  up|down|unknown  on|off|failing|damaged  LAG (s)  COMMITTED (POSIX s)  COMMITS  RECORDS
 *   SIZE  LIVE (bytes)  ERRORS  DAMAGED  LAG (records)  ACKNOWLEDGE */
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "deploy/herdctl/frame/json.h"
#include "deploy/herdctl/frame/table.h"
#include "deploy/herdctl/journal/journal.h"
#include "deploy/herdctl/survey/survey.h"

#include <stdio.h>
#include <string.h>

/* The state of a journal. */
typedef enum { STATE_ON, STATE_OFF, STATE_FAILING, STATE_DAMAGED } journal_status_t;

static const char *const state_texts[] = {
    [STATE_ON] = "on",
    [STATE_OFF] = "off",
    [STATE_FAILING] = "failing",
    [STATE_DAMAGED] = "damaged",
};

/* A figure for people and for JSON. */
static const struct {
    herdctl_member_figure_t figure;
    const char *key;
} json_figures[] = {
    {HERDCTL_MEMBER_JOURNAL_LAG, "lag_ns"},
    {HERDCTL_MEMBER_JOURNAL_LAG_RECORDS, "lag_records"},
    {HERDCTL_MEMBER_JOURNAL_COMMITS, "commits"},
    {HERDCTL_MEMBER_JOURNAL_TOOK, "commit_ns"},
    {HERDCTL_MEMBER_JOURNAL_RECORDS, "records"},
    {HERDCTL_MEMBER_JOURNAL_SIZE, "size"},
    {HERDCTL_MEMBER_JOURNAL_LIVE, "live"},
    {HERDCTL_MEMBER_JOURNAL_ERRORS, "errors"},
    {HERDCTL_MEMBER_JOURNAL_DAMAGED, "damaged"},
};

enum { NUMBER_SIZE = 32 };

enum { JSON_FIGURES = sizeof json_figures / sizeof json_figures[0] };

static long long figure(const herdctl_report_t *report, herdctl_member_figure_t name)
{
    return report->figures[name].value;
}

/* Of a member that answered. */
static journal_status_t state_of(const herdctl_report_t *report)
{
    if (!report->figures[HERDCTL_MEMBER_JOURNAL_COMMITS].known) {
        return STATE_OFF;
    }
    if (figure(report, HERDCTL_MEMBER_JOURNAL_FAILING) > 0) {
        return STATE_FAILING;
    }
    return figure(report, HERDCTL_MEMBER_JOURNAL_DAMAGED) > 0 ? STATE_DAMAGED : STATE_ON;
}

static bool is_well(const herdctl_report_t *report)
{
    return report->answered && (state_of(report) == STATE_ON || state_of(report) == STATE_OFF);
}

static double in_seconds(long long span_ns)
{
    return (double)span_ns / (double)TIMESTAMP_NS_PER_S;
}

/* The lag in records, which an older node does not say. */
static void write_behind(const herdctl_report_t *report, char out[NUMBER_SIZE])
{
    if (report->figures[HERDCTL_MEMBER_JOURNAL_LAG_RECORDS].known) {
        snprintf(out, NUMBER_SIZE, "%lld", figure(report, HERDCTL_MEMBER_JOURNAL_LAG_RECORDS));
    } else {
        snprintf(out, NUMBER_SIZE, "-");
    }
}

static void print_plain(const char *member, const herdctl_report_t *report)
{
    char behind[NUMBER_SIZE];
    printf("%s\t%s\t", member, herdctl_report_state_text(report));
    if (!report->answered || state_of(report) == STATE_OFF) {
        printf("%s\t-\t-\t-\t-\t-\t-\t-\t-\t-\t%s\n",
               report->answered ? state_texts[STATE_OFF] : "-", report->acknowledge);
        return;
    }
    write_behind(report, behind);
    printf("%s\t%.3f\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\t%s\t%s\n",
           state_texts[state_of(report)], in_seconds(figure(report, HERDCTL_MEMBER_JOURNAL_LAG)),
           figure(report, HERDCTL_MEMBER_JOURNAL_COMMITTED) / (long long)TIMESTAMP_NS_PER_S,
           figure(report, HERDCTL_MEMBER_JOURNAL_COMMITS),
           figure(report, HERDCTL_MEMBER_JOURNAL_RECORDS),
           figure(report, HERDCTL_MEMBER_JOURNAL_SIZE), figure(report, HERDCTL_MEMBER_JOURNAL_LIVE),
           figure(report, HERDCTL_MEMBER_JOURNAL_ERRORS),
           figure(report, HERDCTL_MEMBER_JOURNAL_DAMAGED), behind, report->acknowledge);
}

static const herdctl_column_t columns[] = {
    {"MEMBER", false}, {"JOURNAL", false}, {"ACKNOWLEDGE", false}, {"LAG", true},
    {"BEHIND", true},  {"COMMITS", true},  {"AGO", true},          {"LAST COMMIT", false},
    {"TOOK", true},    {"RECORDS", true},  {"SIZE", true},         {"LIVE", true},
    {"ERRORS", true},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static void add_span_cell(herdctl_table_t *table, herdctl_colour_t colour, int64_t span_ns)
{
    char span[HERDCTL_SPAN_SIZE];
    herdctl_table_write_span(span_ns, span);
    herdctl_table_add(table, colour, "%s", span);
}

/* In kB, MB or GB. */
static void add_size_cell(herdctl_table_t *table, long long size)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double shown = (double)size / 1000;
    size_t unit = 0;
    while (shown >= 1000 && unit + 1 < sizeof units / sizeof units[0]) {
        shown /= 1000;
        unit++;
    }
    herdctl_table_add(table, HERDCTL_PLAIN, "%.1f %s", shown, units[unit]);
}

/* By the member's own clock, whatever ours says; an older one does not say it. */
static void add_commit_cells(herdctl_table_t *table, const herdctl_report_t *report)
{
    char committed[TIMESTAMP_ISO8601_SIZE];
    const herdctl_value_t *time = &report->figures[HERDCTL_MEMBER_TIME];
    int64_t now_ns = time->known ? time->value : clock_now_ns();
    int64_t committed_ns = figure(report, HERDCTL_MEMBER_JOURNAL_COMMITTED);
    timestamp_write_iso8601(committed_ns, committed);
    add_span_cell(table, HERDCTL_PLAIN, now_ns - committed_ns);
    herdctl_table_add(table, HERDCTL_PLAIN, "%.*s", TIMESTAMP_ISO8601_SIZE, committed);
    add_span_cell(table, HERDCTL_PLAIN, figure(report, HERDCTL_MEMBER_JOURNAL_TOOK));
}

static void add_row(herdctl_table_t *table, const char *member, const herdctl_report_t *report)
{
    static const herdctl_colour_t colours[] = {[STATE_ON] = HERDCTL_GOOD,
                                               [STATE_OFF] = HERDCTL_PLAIN,
                                               [STATE_FAILING] = HERDCTL_BAD,
                                               [STATE_DAMAGED] = HERDCTL_DOUBTFUL};
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", member);
    if (!report->answered || state_of(report) == STATE_OFF) {
        herdctl_table_add(table, report->answered ? HERDCTL_PLAIN : HERDCTL_BAD, "%s",
                          report->answered ? state_texts[STATE_OFF]
                                           : herdctl_report_state_text(report));
        herdctl_table_add(table, HERDCTL_PLAIN, "%s", report->acknowledge);
        for (size_t i = 3; i < COLUMNS; i++) {
            herdctl_table_add(table, HERDCTL_PLAIN, "-");
        }
        return;
    }
    journal_status_t state = state_of(report);
    long long errors = figure(report, HERDCTL_MEMBER_JOURNAL_ERRORS);
    char behind[NUMBER_SIZE];
    write_behind(report, behind);
    herdctl_table_add(table, colours[state], "%s", state_texts[state]);
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", report->acknowledge);
    add_span_cell(table, state == STATE_FAILING ? HERDCTL_BAD : HERDCTL_PLAIN,
                  figure(report, HERDCTL_MEMBER_JOURNAL_LAG));
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", behind);
    herdctl_table_add(table, HERDCTL_PLAIN, "%lld", figure(report, HERDCTL_MEMBER_JOURNAL_COMMITS));
    add_commit_cells(table, report);
    herdctl_table_add(table, HERDCTL_PLAIN, "%lld", figure(report, HERDCTL_MEMBER_JOURNAL_RECORDS));
    add_size_cell(table, figure(report, HERDCTL_MEMBER_JOURNAL_SIZE));
    add_size_cell(table, figure(report, HERDCTL_MEMBER_JOURNAL_LIVE));
    herdctl_table_add(table, errors > 0 ? HERDCTL_DOUBTFUL : HERDCTL_PLAIN, "%lld", errors);
}

static void print_notes(const char *member, const herdctl_report_t *report)
{
    if (report->problem != NULL) {
        printf("\n%s cannot be asked: %s.\n", member, report->problem);
    }
    if (report->answered && state_of(report) == STATE_FAILING) {
        printf("\n%s: its journal cannot be written; it serves from memory: %s.\n", member,
               report->journal_error);
    }
    if (figure(report, HERDCTL_MEMBER_JOURNAL_DAMAGED) > 0) {
        printf("\n%s: its start found %lld parts of the journal damaged.\n", member,
               figure(report, HERDCTL_MEMBER_JOURNAL_DAMAGED));
    }
}

static void print_table(const herdctl_survey_t *survey)
{
    herdctl_table_t *table = herdctl_table_new(columns, COLUMNS);
    for (size_t i = 0; i < survey->count; i++) {
        add_row(table, survey->members[i]->name, &survey->reports[i]);
    }
    herdctl_table_print(table, stdout);
    herdctl_table_destroy(&table);
    for (size_t i = 0; i < survey->count; i++) {
        print_notes(survey->members[i]->name, &survey->reports[i]);
    }
}

/* A text of a report, in which "-" means that it is not known. */
static json_t *json_of_text(const char *text)
{
    return text[0] == '-' || text[0] == '\0' ? json_null() : json_string(text);
}

static json_t *json_of_member(const char *member, const herdctl_report_t *report)
{
    json_t *object = json_object();
    json_object_set_new(object, "member", json_string(member));
    json_object_set_new(object, "up", json_boolean(report->answered));
    if (!report->answered) {
        if (report->problem != NULL) {
            json_object_set_new(object, "problem", json_string(report->problem));
        }
        return object;
    }
    journal_status_t state = state_of(report);
    json_object_set_new(object, "journal", json_string(state_texts[state]));
    json_object_set_new(object, "acknowledge", json_of_text(report->acknowledge));
    if (state == STATE_OFF) {
        return object;
    }
    json_object_set_new(object, "committed",
                        herdctl_json_time(figure(report, HERDCTL_MEMBER_JOURNAL_COMMITTED)));
    json_object_set_new(object, "error", json_of_text(report->journal_error));
    for (size_t i = 0; i < JSON_FIGURES; i++) {
        const herdctl_value_t *value = &report->figures[json_figures[i].figure];
        json_object_set_new(object, json_figures[i].key,
                            value->known ? json_integer(value->value) : json_null());
    }
    return object;
}

static void print_json(const herdctl_survey_t *survey)
{
    json_t *json = herdctl_json_new(survey->config);
    json_t *members = json_array();
    for (size_t i = 0; i < survey->count; i++) {
        json_array_append_new(members,
                              json_of_member(survey->members[i]->name, &survey->reports[i]));
    }
    json_object_set_new(json, "members", members);
    herdctl_json_print(json);
}

/* How it is to be shown (open value struct). */
typedef struct {
    bool plain;
    bool json;
} view_t;

static void print_survey(const herdctl_survey_t *survey, const view_t *view)
{
    if (view->json) {
        print_json(survey);
    } else if (view->plain) {
        for (size_t i = 0; i < survey->count; i++) {
            print_plain(survey->members[i]->name, &survey->reports[i]);
        }
    } else {
        print_table(survey);
    }
}

herdctl_exit_t herdctl_journal_status(const herdctl_t *self)
{
    view_t view = {0};
    const options_row_t rows[] = {
        {"plain", NULL, "print for scripts: one line per member, fields separated by tabs",
         .flag = &view.plain},
        {0},
    };
    options_operands_t names;
    herdctl_exit_t result;
    if (!herdctl_command_read_members(self, rows, &view.json, &names, &result)) {
        return result;
    }
    herdctl_survey_t *survey = herdctl_survey_new(self, names);
    if (survey == NULL) {
        return HERDCTL_FAILED;
    }
    survey->silent = !view.plain && !view.json;
    (void)herdctl_survey_take(survey, HERDCTL_ANSWER_LIMIT_MS, false);
    print_survey(survey, &view);
    result = HERDCTL_OK;
    for (size_t i = 0; i < survey->count; i++) {
        result = is_well(&survey->reports[i]) ? result : HERDCTL_FAILED;
    }
    herdctl_survey_destroy(&survey);
    return result;
}
