/* Reports of all members come in, survey by survey; a verdict and findings go out, one line each.
 *
 * Wrong with one member: it does not answer; it has no front-end, or no herd-web though the herd
 * file gives it an address; its places provider fails; a link of its is down. A link is down at
 * both ends as a rule: the first of its members in the order of the alphabet reports it, and no one
 * reports a link to a member that does not answer, which is a finding already; so it is with clocks
 * that differ. One of its figures may show more (reasons.h).
 * Wrong with the herd: two members whose digests have both been steady for HERDCTL_STEADY_MS, and
 * differ. Any finding makes the herd degraded; if no member answers it is unusable. */
#include "deploy/herdctl/survey/judge.h"

#include "common/base/memory.h"
#include "common/base/sheet.h"
#include "common/base/timestamp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FINDINGS_SHOWN = 5,  /* in one line */
    FINDING_SIZE = 1536, /* three names, an error or trouble, and some words */
};

/* The digest of a member. */
typedef struct {
    char root[HERDCTL_ROOT_SIZE]; /* "-": not known */
    int64_t since_ns;             /* steady: when it was first seen */
} member_digest_t;

struct herdctl_judge {
    member_digest_t *digests;
    size_t count;
    int64_t noted_ns; /* steady: of the last note */
};

const char *herdctl_judge_text(herdctl_verdict_t verdict)
{
    static const char *const texts[] = {
        [HERDCTL_WELL] = "well", [HERDCTL_DEGRADED] = "degraded", [HERDCTL_UNUSABLE] = "unusable"};
    return texts[verdict];
}

herdctl_judge_t *herdctl_judge_new(size_t member_count)
{
    herdctl_judge_t *self = memory_new(sizeof *self);
    self->count = member_count;
    self->digests = memory_new_array(member_count, sizeof *self->digests);
    return self;
}

void herdctl_judge_destroy(herdctl_judge_t **self_p)
{
    if (*self_p != NULL) {
        free((*self_p)->digests);
        free(*self_p);
        *self_p = NULL;
    }
}

void herdctl_judge_note(herdctl_judge_t *self, const herdctl_survey_t *survey, int64_t steady_ns)
{
    self->noted_ns = steady_ns;
    for (size_t i = 0; i < self->count; i++) {
        member_digest_t *digest = &self->digests[i];
        if (strcmp(digest->root, survey->reports[i].root) != 0) {
            memcpy(digest->root, survey->reports[i].root, sizeof digest->root);
            digest->since_ns = steady_ns;
        }
    }
}

static bool is_steady(const herdctl_judge_t *self, size_t index)
{
    const member_digest_t *digest = &self->digests[index];
    return digest->root[0] != '-' && digest->root[0] != '\0' &&
           self->noted_ns - digest->since_ns >= HERDCTL_STEADY_MS * TIMESTAMP_NS_PER_MS;
}

/* Finds two members whose steady digests differ. */
static bool find_difference(const herdctl_judge_t *self, size_t *ret_one, size_t *ret_other)
{
    size_t first = 0;
    while (first < self->count && !is_steady(self, first)) {
        first++;
    }
    for (size_t i = first + 1; i < self->count; i++) {
        if (is_steady(self, i) && strcmp(self->digests[i].root, self->digests[first].root) != 0) {
            *ret_one = first;
            *ret_other = i;
            return true;
        }
    }
    return false;
}

bool herdctl_judge_sees_difference(const herdctl_judge_t *self)
{
    size_t one;
    size_t other;
    return find_difference(self, &one, &other);
}

/* Findings go there. */
typedef struct {
    const herdctl_survey_t *survey;
    herdctl_finding_fn *take;
    void *argument;
    size_t count;
} findings_t;

/* Passes a finding on, with its sentence. */
__attribute__((format(printf, 3, 4))) static void find(findings_t *self, herdctl_finding_t finding,
                                                       const char *format, ...)
{
    char text[FINDING_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    self->count++;
    finding.text = text;
    self->take(self->argument, &finding);
}

/* A finding about one member, whose figure does not matter. */
static herdctl_finding_t about(reasons_t reason, const char *member)
{
    return (herdctl_finding_t){.reason = reason, .member = member};
}

/* The report of the member of that name; NULL if it was not asked. */
static const herdctl_report_t *report_of(const herdctl_survey_t *survey, const char *member)
{
    for (size_t i = 0; i < survey->count; i++) {
        if (strcmp(survey->members[i]->name, member) == 0) {
            return &survey->reports[i];
        }
    }
    return NULL;
}

/* Whether the finding about a link that is down is left to its other end, or to that member's
 * silence. */
static bool is_found_elsewhere(const herdctl_survey_t *survey, const char *member,
                               const herdctl_link_t *link)
{
    const herdctl_report_t *peer = report_of(survey, link->peer);
    if (peer == NULL) {
        return false;
    }
    const herdctl_link_t *back = herdctl_report_link(peer, member);
    bool both_down = back != NULL && !back->up;
    return !peer->answered || (both_down && strcmp(link->peer, member) < 0);
}

static void find_links(findings_t *self, const char *member, const herdctl_report_t *report)
{
    for (size_t i = 0; i < report->link_count; i++) {
        const herdctl_link_t *link = &report->links[i];
        if (!link->up && !is_found_elsewhere(self->survey, member, link)) {
            find(self, about(REASONS_LINK_DOWN, member), "link %s-%s is down%s%s%s", member,
                 link->peer, link->error[0] != '\0' ? " (" : "", link->error,
                 link->error[0] != '\0' ? ")" : "");
        }
    }
}

/* By how much the clocks at both ends of a link differ at least; 0: not by too much, or it is not
 * known. Positive if the peer's is ahead. */
static int64_t clocks_differ_by(const herdctl_report_t *report, const herdctl_link_t *link)
{
    const herdctl_value_t *warning = &report->figures[HERDCTL_MEMBER_CLOCK_WARNING];
    const herdctl_value_t *difference = &link->figures[HERDCTL_LINK_CLOCK];
    const herdctl_value_t *error = &link->figures[HERDCTL_LINK_CLOCK_ERROR];
    int64_t most_ns;
    if (!warning->known || !difference->known || !error->known ||
        __builtin_add_overflow(warning->value, error->value, &most_ns) ||
        (difference->value <= most_ns && difference->value >= -most_ns)) {
        return 0;
    }
    return difference->value;
}

/* Both ends see it, as a rule: the first of its members in the order of the alphabet reports it. */
static void find_clocks(findings_t *self, const char *member, const herdctl_report_t *report)
{
    for (size_t i = 0; i < report->link_count; i++) {
        const herdctl_link_t *link = &report->links[i];
        const herdctl_report_t *peer = report_of(self->survey, link->peer);
        const herdctl_link_t *back =
            peer != NULL && peer->answered ? herdctl_report_link(peer, member) : NULL;
        int64_t difference_ns = clocks_differ_by(report, link);
        bool found_there =
            back != NULL && strcmp(link->peer, member) < 0 && clocks_differ_by(peer, back) != 0;
        if (difference_ns != 0 && !found_there) {
            double seconds = (double)difference_ns / (double)TIMESTAMP_NS_PER_S;
            find(self, about(REASONS_CLOCKS_DIFFER, member),
                 "clocks of %s and %s differ: %s is %.3f s ahead", member, link->peer,
                 difference_ns > 0 ? link->peer : member, difference_ns > 0 ? seconds : -seconds);
        }
    }
}

/* What single figures of a member show. */
static void find_figures(findings_t *self, const char *member, const herdctl_report_t *report)
{
    size_t row = 0;
    reasons_shown_t shown;
    while (reasons_next(report, &row, &shown)) {
        herdctl_finding_t finding = {.reason = shown.reason,
                                     .member = member,
                                     .value = shown.value,
                                     .limit = shown.limit,
                                     .last_ns = shown.last_ns};
        if (shown.last_ns != 0) {
            find(self, finding, "%s: %s (%lld so far, the last %lld s ago)", member, shown.text,
                 (long long)shown.value, (long long)(shown.age_ns / TIMESTAMP_NS_PER_S));
        } else if (shown.limit != 0) {
            find(self, finding, "%s: %s (%lld of %lld)", member, shown.text, (long long)shown.value,
                 (long long)shown.limit);
        } else {
            find(self, finding, "%s: %s", member, shown.text);
        }
    }
}

/* No front-end, or no herd-web where there is to be one. A node that is older does not tell. */
static void find_doors(findings_t *self, const config_member_t *member,
                       const herdctl_report_t *report)
{
    const herdctl_value_t *frontends = &report->figures[HERDCTL_MEMBER_FRONTENDS];
    const herdctl_value_t *webs = &report->figures[HERDCTL_MEMBER_WEBS];
    if (frontends->known && frontends->value == 0) {
        find(self, about(REASONS_NO_FRONTEND, member->name), "%s has no front-end", member->name);
    }
    if (member->web_count > 0 && webs->known && webs->value == 0) {
        find(self, about(REASONS_NO_WEB, member->name), "%s has no herd-web", member->name);
    }
}

static void find_of_member(findings_t *self, const config_member_t *of,
                           const herdctl_report_t *report)
{
    const char *member = of->name;
    if (!report->answered && report->problem != NULL) {
        find(self, about(REASONS_CANNOT_BE_ASKED, member), "%s cannot be asked: %s", member,
             report->problem);
        return;
    }
    if (!report->answered) {
        find(self, about(REASONS_DOWN, member), "%s does not answer", member);
        return;
    }
    find_doors(self, of, report);
    if (report->places_trouble[0] != '\0') {
        find(self,
             about(report->places == HERDCTL_PLACES_OPEN ? REASONS_PLACES_LEFT_ALONE
                                                         : REASONS_PLACES_TROUBLE,
                   member),
             "places at %s: %s", member, report->places_trouble);
    } else if (report->places == HERDCTL_PLACES_OPEN) {
        find(self, about(REASONS_PLACES_LEFT_ALONE, member),
             "places at %s: %s fails and is left alone", member, report->provider);
    }
    find_links(self, member, report);
    find_clocks(self, member, report);
    find_figures(self, member, report);
}

herdctl_verdict_t herdctl_judge_find(const herdctl_judge_t *self, const herdctl_survey_t *survey,
                                     herdctl_finding_fn *take, void *argument)
{
    findings_t found = {.survey = survey, .take = take, .argument = argument};
    size_t answered = 0;
    size_t one;
    size_t other;
    for (size_t i = 0; i < survey->count; i++) {
        answered += survey->reports[i].answered ? 1 : 0;
        find_of_member(&found, survey->members[i], &survey->reports[i]);
    }
    if (find_difference(self, &one, &other)) {
        const char *first = survey->members[one]->name;
        find(&found, about(REASONS_RECORDS_DIFFER, first), "%s and %s hold different records",
             first, survey->members[other]->name);
    }
    if (answered == 0) {
        return HERDCTL_UNUSABLE;
    }
    return found.count > 0 ? HERDCTL_DEGRADED : HERDCTL_WELL;
}

static void append_line(void *argument, const herdctl_finding_t *finding)
{
    /* As far as there is room: the first ones count. */
    status_t status = buffer_format(argument, "%s\n", finding->text);
    (void)status;
}

herdctl_verdict_t herdctl_judge_survey(const herdctl_judge_t *self, const herdctl_survey_t *survey,
                                       buffer_t *findings)
{
    return herdctl_judge_find(self, survey, append_line, findings);
}

static int64_t sum_of(const herdctl_survey_t *survey, herdctl_member_figure_t figure)
{
    int64_t sum = 0;
    for (size_t i = 0; i < survey->count; i++) {
        if (__builtin_add_overflow(sum, survey->reports[i].figures[figure].value, &sum)) {
            return INT64_MAX;
        }
    }
    return sum;
}

static void put_findings(sheet_t *sheet, text_t findings)
{
    size_t count = 0;
    text_t line;
    while (text_take_line(&findings, &line)) {
        if (count < FINDINGS_SHOWN) {
            sheet_format(sheet, "%s %.*s", count > 0 ? ";" : ":", (int)line.size, line.data);
        }
        count++;
    }
    if (count > FINDINGS_SHOWN) {
        sheet_format(sheet, "; and %zu more", count - FINDINGS_SHOWN);
    }
}

void herdctl_judge_write(herdctl_verdict_t verdict, const herdctl_survey_t *survey, text_t findings,
                         buffer_t *out)
{
    sheet_t sheet = sheet_begin(out);
    sheet_put_string(&sheet, herdctl_judge_text(verdict));
    if (verdict == HERDCTL_WELL) {
        sheet_format(&sheet, ": %zu member%s, %lld link ends up, %lld clients", survey->count,
                     survey->count == 1 ? "" : "s",
                     (long long)sum_of(survey, HERDCTL_MEMBER_LINKS_UP),
                     (long long)sum_of(survey, HERDCTL_MEMBER_CLIENTS));
    } else {
        put_findings(&sheet, findings);
    }
    sheet_put_byte(&sheet, '\n');
    /* Not ended: a line that does not fit is cut, which is better than no line. */
}
