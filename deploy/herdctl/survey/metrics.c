#include "deploy/herdctl/survey/metrics.h"

#include "common/base/sheet.h"
#include "common/base/timestamp.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    LABELS_SIZE = 512,       /* of one sample */
    FINGERPRINT_DIGITS = 12, /* of a digest, in hex: what a double holds exactly */
};

/* Writes metrics. Names and labels need no escapes: a report contains none that would. */
typedef struct {
    const herdctl_survey_t *survey;
    sheet_t sheet;
} writer_t;

static void put_head(writer_t *self, const char *metric, const char *type, const char *help)
{
    sheet_format(&self->sheet, "# HELP %s %s.\n# TYPE %s %s\n", metric, help, metric, type);
}

static void put_sample(writer_t *self, const char *metric, const char *labels, int64_t value,
                       int64_t unit)
{
    if (unit == 1) {
        sheet_format(&self->sheet, "%s{%s} %lld\n", metric, labels, (long long)value);
        return;
    }
    assert(unit == TIMESTAMP_NS_PER_S);
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    sheet_format(&self->sheet, "%s{%s} %s%llu.%09llu\n", metric, labels, value < 0 ? "-" : "",
                 (unsigned long long)(magnitude / (uint64_t)unit),
                 (unsigned long long)(magnitude % (uint64_t)unit));
}

/* The next thing with figures in a report: the member, a link, a front-end, the provider. False
 * after the last. */
typedef bool item_fn(const herdctl_report_t *report, size_t index, char *labels, size_t size,
                     const herdctl_value_t **ret_values);

static bool item_of_member(const herdctl_report_t *report, size_t index, char *labels, size_t size,
                           const herdctl_value_t **ret_values)
{
    (void)size;
    labels[0] = '\0';
    *ret_values = report->figures;
    return report->answered && index == 0;
}

static bool item_of_link(const herdctl_report_t *report, size_t index, char *labels, size_t size,
                         const herdctl_value_t **ret_values)
{
    if (index >= report->link_count) {
        return false;
    }
    snprintf(labels, size, ",peer=\"%s\"", report->links[index].peer);
    *ret_values = report->links[index].figures;
    return true;
}

static bool item_of_frontend(const herdctl_report_t *report, size_t index, char *labels,
                             size_t size, const herdctl_value_t **ret_values)
{
    if (index >= report->frontend_count) {
        return false;
    }
    snprintf(labels, size, ",frontend=\"%s\"", report->frontends[index].label);
    *ret_values = report->frontends[index].figures;
    return true;
}

static bool item_of_follower(const herdctl_report_t *report, size_t index, char *labels,
                             size_t size, const herdctl_value_t **ret_values)
{
    if (index >= report->follower_count) {
        return false;
    }
    snprintf(labels, size, ",follower=\"%s\"", report->followers[index].label);
    *ret_values = report->followers[index].figures;
    return true;
}

static bool item_of_places(const herdctl_report_t *report, size_t index, char *labels, size_t size,
                           const herdctl_value_t **ret_values)
{
    if (index > 0 || report->places == HERDCTL_PLACES_NONE) {
        return false;
    }
    snprintf(labels, size, ",provider=\"%s\"", report->provider);
    *ret_values = report->places_figures;
    return true;
}

/* The samples of one row: for all members, and each thing of its kind that a member has. */
static void put_row(writer_t *self, const herdctl_figure_t *figure, size_t number, item_fn *item)
{
    for (size_t i = 0; i < self->survey->count; i++) {
        char more[LABELS_SIZE];
        const herdctl_value_t *values;
        for (size_t j = 0; item(&self->survey->reports[i], j, more, sizeof more, &values); j++) {
            if (!values[number].known) {
                continue;
            }
            char labels[2 * LABELS_SIZE];
            snprintf(labels, sizeof labels, "member=\"%s\"%s%s%s", self->survey->members[i]->name,
                     more, figure->label[0] != '\0' ? "," : "", figure->label);
            put_sample(self, figure->metric, labels, values[number].value, figure->unit);
        }
    }
}

static void put_figures(writer_t *self, const herdctl_figure_t *figures, size_t count,
                        item_fn *item)
{
    const char *last = "";
    for (size_t i = 0; i < count; i++) {
        if (figures[i].metric == NULL) {
            continue;
        }
        if (strcmp(figures[i].metric, last) != 0) {
            put_head(self, figures[i].metric,
                     figures[i].kind == HERDCTL_COUNTER ? "counter" : "gauge", figures[i].help);
            last = figures[i].metric;
        }
        put_row(self, &figures[i], i, item);
    }
}

static void put_up(writer_t *self)
{
    put_head(self, "herd_up", "gauge", "Whether the member answered");
    for (size_t i = 0; i < self->survey->count; i++) {
        sheet_format(&self->sheet, "herd_up{member=\"%s\"} %d\n", self->survey->members[i]->name,
                     self->survey->reports[i].answered ? 1 : 0);
    }
}

static void put_info(writer_t *self)
{
    put_head(self, "herd_build_info", "gauge",
             "Always 1; the labels tell the version and what protects the member's sockets");
    for (size_t i = 0; i < self->survey->count; i++) {
        const herdctl_report_t *report = &self->survey->reports[i];
        if (report->answered) {
            sheet_format(&self->sheet,
                         "herd_build_info{member=\"%s\",version=\"%s\",security=\"%s\"} 1\n",
                         self->survey->members[i]->name, report->version, report->security);
        }
    }
}

static void put_answer_times(writer_t *self)
{
    put_head(self, "herd_answer_seconds", "gauge", "How long the member took to answer");
    for (size_t i = 0; i < self->survey->count; i++) {
        char labels[LABELS_SIZE];
        snprintf(labels, sizeof labels, "member=\"%s\"", self->survey->members[i]->name);
        if (self->survey->reports[i].answered) {
            put_sample(self, "herd_answer_seconds", labels, self->survey->reports[i].elapsed_ns,
                       TIMESTAMP_NS_PER_S);
        }
    }
}

/* A digest as a number: equal digests give equal numbers, different digests most probably different
 * ones. */
static void put_digests(writer_t *self)
{
    put_head(self, "herd_digest_fingerprint", "gauge",
             "First 48 bits of the digest of the member's records, equal where these are");
    for (size_t i = 0; i < self->survey->count; i++) {
        const herdctl_report_t *report = &self->survey->reports[i];
        text_t digits = {.data = report->root, .size = FINGERPRINT_DIGITS};
        uint64_t fingerprint;
        if (herdctl_report_has_root(report) && text_from_hex(digits, &fingerprint)) {
            sheet_format(&self->sheet, "herd_digest_fingerprint{member=\"%s\"} %llu\n",
                         self->survey->members[i]->name, (unsigned long long)fingerprint);
        }
    }
    put_head(self, "herd_distinct_digests", "gauge",
             "Different digests among those of the members asked; 1: all have the same records");
    sheet_format(&self->sheet, "herd_distinct_digests %zu\n", herdctl_survey_digests(self->survey));
}

static void put_links_up(writer_t *self)
{
    put_head(self, "herd_link_up", "gauge", "Whether the neighbour takes this member's records");
    for (size_t i = 0; i < self->survey->count; i++) {
        const herdctl_report_t *report = &self->survey->reports[i];
        for (size_t j = 0; j < report->link_count; j++) {
            sheet_format(&self->sheet, "herd_link_up{member=\"%s\",peer=\"%s\"} %d\n",
                         self->survey->members[i]->name, report->links[j].peer,
                         report->links[j].up ? 1 : 0);
        }
    }
}

static void put_breakers(writer_t *self)
{
    put_head(self, "herd_places_breaker_state", "gauge",
             "1 for the state of the provider's breaker: closed (it is asked), open (it is left "
             "alone), half-open (it is tried again)");
    for (size_t i = 0; i < self->survey->count; i++) {
        const herdctl_report_t *report = &self->survey->reports[i];
        for (size_t state = HERDCTL_PLACES_CLOSED;
             report->places != HERDCTL_PLACES_NONE && state < HERDCTL_PLACES_STATES; state++) {
            sheet_format(
                &self->sheet,
                "herd_places_breaker_state{member=\"%s\",provider=\"%s\",state=\"%s\"} %d\n",
                self->survey->members[i]->name, report->provider,
                herdctl_report_places_text((herdctl_places_state_t)state),
                report->places == (herdctl_places_state_t)state ? 1 : 0);
        }
    }
}

status_t herdctl_metrics_write(const herdctl_survey_t *survey, buffer_t *out)
{
    writer_t writer = {.survey = survey, .sheet = sheet_begin(out)};
    put_up(&writer);
    put_info(&writer);
    put_answer_times(&writer);
    put_digests(&writer);
    put_figures(&writer, herdctl_figures_of_member, HERDCTL_MEMBER_FIGURES, item_of_member);
    put_links_up(&writer);
    put_figures(&writer, herdctl_figures_of_link, HERDCTL_LINK_FIGURES, item_of_link);
    put_figures(&writer, herdctl_figures_of_frontend, HERDCTL_FRONTEND_FIGURES, item_of_frontend);
    put_figures(&writer, herdctl_figures_of_follower, HERDCTL_FOLLOWER_FIGURES, item_of_follower);
    put_breakers(&writer);
    put_figures(&writer, herdctl_figures_of_places, HERDCTL_PLACES_FIGURES, item_of_places);
    return sheet_end(&writer.sheet);
}

/* Findings of one member and reason, which come one after the other. */
typedef struct {
    sheet_t *sheet;
    const char *member; /* NULL: none yet */
    reasons_t reason;
    size_t count;
} tally_t;

static void put_tally(const tally_t *self)
{
    if (self->member != NULL) {
        sheet_format(self->sheet, "herd_unwell{member=\"%s\",reason=\"%s\"} %zu\n", self->member,
                     reasons_text(self->reason), self->count);
    }
}

static void tally(void *argument, const herdctl_finding_t *finding)
{
    tally_t *self = argument;
    if (self->member != finding->member || self->reason != finding->reason) {
        put_tally(self);
        self->member = finding->member;
        self->reason = finding->reason;
        self->count = 0;
    }
    self->count++;
}

status_t herdctl_metrics_write_reasons(const herdctl_survey_t *survey, const herdctl_judge_t *judge,
                                       buffer_t *out)
{
    writer_t writer = {.survey = survey, .sheet = sheet_begin(out)};
    tally_t tallied = {.sheet = &writer.sheet};
    put_head(&writer, "herd_unwell", "gauge",
             "What is wrong with the member, by reason; no sample: nothing is");
    (void)herdctl_judge_find(judge, survey, tally, &tallied); /* the samples tell the verdict */
    put_tally(&tallied);
    return sheet_end(&writer.sheet);
}
