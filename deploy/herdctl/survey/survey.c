#include "deploy/herdctl/survey/survey.h"

#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "deploy/herdctl/frame/ask.h"

#include <stdlib.h>
#include <string.h>

herdctl_survey_t *herdctl_survey_new(const herdctl_t *herdctl, options_operands_t names)
{
    herdctl_ask_t *ask = herdctl_ask_new(herdctl, names);
    if (ask == NULL) {
        return NULL;
    }
    herdctl_survey_t *self = memory_new(sizeof *self);
    self->ask = ask;
    self->config = herdctl_ask_config(ask);
    self->members = herdctl_ask_members(ask, &self->count);
    self->reports = memory_new_array(self->count, sizeof *self->reports);
    for (size_t i = 0; i < self->count; i++) {
        herdctl_report_init(&self->reports[i]);
    }
    return self;
}

void herdctl_survey_destroy(herdctl_survey_t **self_p)
{
    herdctl_survey_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    herdctl_ask_destroy(&self->ask);
    for (size_t i = 0; i < self->count; i++) {
        herdctl_report_done(&self->reports[i]);
    }
    free(self->reports);
    free(self);
    *self_p = NULL;
}

/* Takes answers for a survey. */
typedef struct {
    herdctl_survey_t *survey;
    bool with_roots;
} taking_t;

static herdctl_answer_t take(void *argument, size_t index, text_t body, int64_t elapsed_ns)
{
    const taking_t *taking = argument;
    herdctl_report_t *report = &taking->survey->reports[index];
    herdctl_report_take(report, body, elapsed_ns);
    return taking->with_roots && !herdctl_report_has_root(report) ? HERDCTL_ANSWER_AGAIN
                                                                  : HERDCTL_ANSWER_COMPLETE;
}

size_t herdctl_survey_take(herdctl_survey_t *self, int64_t limit_ms, bool with_roots)
{
    taking_t taking = {.survey = self, .with_roots = with_roots};
    herdctl_question_t question = {.type = MESSAGE_STATUS,
                                   .limit_ms = limit_ms,
                                   .silent = self->silent,
                                   .take = take,
                                   .argument = &taking};
    for (size_t i = 0; i < self->count; i++) {
        herdctl_report_done(&self->reports[i]);
    }
    /* Not its result: a member without a digest has answered too. */
    (void)herdctl_ask(self->ask, &question);
    self->taken_ns = clock_steady_ns();
    size_t answered = 0;
    for (size_t i = 0; i < self->count; i++) {
        herdctl_report_t *report = &self->reports[i];
        answered += report->answered ? 1 : 0;
        report->problem = report->answered ? NULL : herdctl_ask_problem(self->ask, i);
    }
    return answered;
}

static bool is_first_of_its_digest(const herdctl_survey_t *self, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(self->reports[i].root, self->reports[index].root) == 0) {
            return false;
        }
    }
    return herdctl_report_has_root(&self->reports[index]);
}

size_t herdctl_survey_digests(const herdctl_survey_t *self)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        count += is_first_of_its_digest(self, i) ? 1 : 0;
    }
    return count;
}
