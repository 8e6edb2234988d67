#include "deploy/herdctl/survey/health.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FINDINGS_SHOWN = 5, /* in one line */
    FINDING_SIZE = 512, /* three names, an error and some words */
};

/* A member's digest. */
typedef struct {
    char root[HERDCTL_ROOT_SIZE]; /* "-": not known */
    int64_t since_ns;             /* steady: when it was first seen */
} digest_of_t;

struct herdctl_health {
    digest_of_t *digests;
    size_t count;
    int64_t noted_ns; /* steady: of the last note */
};

const char *herdctl_verdict_text(herdctl_verdict_t verdict)
{
    static const char *const texts[] = {
        [HERDCTL_WELL] = "well", [HERDCTL_DEGRADED] = "degraded", [HERDCTL_UNUSABLE] = "unusable"};
    return texts[verdict];
}

herdctl_health_t *herdctl_health_new(size_t member_count)
{
    herdctl_health_t *self = memory_new(sizeof *self);
    self->count = member_count;
    self->digests = memory_new_array(member_count, sizeof *self->digests);
    return self;
}

void herdctl_health_destroy(herdctl_health_t **self_p)
{
    if (*self_p != NULL) {
        free((*self_p)->digests);
        free(*self_p);
        *self_p = NULL;
    }
}

void herdctl_health_note(herdctl_health_t *self, const herdctl_survey_t *survey, int64_t steady_ns)
{
    self->noted_ns = steady_ns;
    for (size_t i = 0; i < self->count; i++) {
        digest_of_t *digest = &self->digests[i];
        if (strcmp(digest->root, survey->reports[i].root) != 0) {
            memcpy(digest->root, survey->reports[i].root, sizeof digest->root);
            digest->since_ns = steady_ns;
        }
    }
}

static bool is_steady(const herdctl_health_t *self, size_t index)
{
    const digest_of_t *digest = &self->digests[index];
    return digest->root[0] != '-' && digest->root[0] != '\0' &&
           self->noted_ns - digest->since_ns >= HERDCTL_STEADY_MS * TIMESTAMP_NS_PER_MS;
}

/* Two members whose steady digests differ; false where there are none. */
static bool find_difference(const herdctl_health_t *self, size_t *ret_one, size_t *ret_other)
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

bool herdctl_health_differ(const herdctl_health_t *self)
{
    size_t one;
    size_t other;
    return find_difference(self, &one, &other);
}

/* What was found so far. */
typedef struct {
    const herdctl_survey_t *survey;
    buffer_t *out;
    size_t count;
} findings_t;

/* One without room is counted all the same. */
__attribute__((format(printf, 2, 3))) static void find(findings_t *self, const char *format, ...)
{
    char text[FINDING_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    self->count++;
    status_t status = buffer_format(self->out, "%s\n", text);
    (void)status;
}

/* What a member of that name said; NULL where it was not asked. */
static const herdctl_report_t *report_of(const herdctl_survey_t *survey, const char *member)
{
    for (size_t i = 0; i < survey->count; i++) {
        if (strcmp(survey->members[i]->name, member) == 0) {
            return &survey->reports[i];
        }
    }
    return NULL;
}

/* Whether the other end has said, or will say, the same of it: one line is enough; nothing of a link to a member that is
 * down itself. */
static bool is_told_elsewhere(const herdctl_survey_t *survey, const char *member,
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
        if (!link->up && !is_told_elsewhere(self->survey, member, link)) {
            find(self, "link %s-%s is down%s%s%s", member, link->peer,
                 link->error[0] != '\0' ? " (" : "", link->error,
                 link->error[0] != '\0' ? ")" : "");
        }
    }
}

static void find_of_member(findings_t *self, const char *member, const herdctl_report_t *report)
{
    if (!report->answered) {
        find(self, "%s does not answer", member);
        return;
    }
    const herdctl_value_t *frontends = &report->figures[HERDCTL_MEMBER_FRONTENDS];
    if (frontends->known && frontends->value == 0) {
        find(self, "%s has no front-end", member);
    }
    if (report->places == HERDCTL_PLACES_OPEN) {
        find(self, "places at %s: %s fails and is left alone", member, report->provider);
    }
    find_links(self, member, report);
}

herdctl_verdict_t herdctl_health_judge(const herdctl_health_t *self, const herdctl_survey_t *survey,
                                       buffer_t *findings)
{
    findings_t found = {.survey = survey, .out = findings};
    size_t answered = 0;
    size_t one;
    size_t other;
    for (size_t i = 0; i < survey->count; i++) {
        answered += survey->reports[i].answered ? 1 : 0;
        find_of_member(&found, survey->members[i]->name, &survey->reports[i]);
    }
    if (find_difference(self, &one, &other)) {
        find(&found, "%s and %s hold different records", survey->members[one]->name,
             survey->members[other]->name);
    }
    if (answered == 0) {
        return HERDCTL_UNUSABLE;
    }
    return found.count > 0 ? HERDCTL_DEGRADED : HERDCTL_WELL;
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

/* One finding after the other, as long as they are not too many. */
static status_t write_findings(text_t findings, buffer_t *out)
{
    status_t status = STATUS_OK;
    size_t count = 0;
    text_t line;
    while (status == STATUS_OK && text_take_line(&findings, &line)) {
        if (count < FINDINGS_SHOWN) {
            status =
                buffer_format(out, "%s %.*s", count > 0 ? ";" : ":", (int)line.size, line.data);
        }
        count++;
    }
    return status == STATUS_OK && count > FINDINGS_SHOWN
               ? buffer_format(out, "; and %zu more", count - FINDINGS_SHOWN)
               : status;
}

void herdctl_health_write(herdctl_verdict_t verdict, const herdctl_survey_t *survey,
                          text_t findings, buffer_t *out)
{
    status_t status = buffer_format(out, "%s", herdctl_verdict_text(verdict));
    if (status == STATUS_OK && verdict == HERDCTL_WELL) {
        status = buffer_format(out, ": %zu member%s, %lld link ends up, %lld clients",
                               survey->count, survey->count == 1 ? "" : "s",
                               (long long)sum_of(survey, HERDCTL_MEMBER_LINKS_UP),
                               (long long)sum_of(survey, HERDCTL_MEMBER_CLIENTS));
    } else if (status == STATUS_OK) {
        status = write_findings(findings, out);
    }
    if (status == STATUS_OK) {
        status = buffer_append(out, "\n", 1);
    }
    (void)status; /* past the buffer's maximum the line is cut */
}
