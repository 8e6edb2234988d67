#include "deploy/herdctl/survey/survey_take.h"

#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "deploy/herdctl/frame/ask.h"
#include "deploy/herdctl/frame/options.h"

#include <stdlib.h>

herdctl_survey_t *herdctl_survey_new(const config_t *config, char **names, size_t name_count)
{
    size_t count;
    const config_member_t **members = herdctl_choose_members(config, names, name_count, &count);
    if (members == NULL) {
        return NULL;
    }
    herdctl_survey_t *self = memory_new(sizeof *self);
    *self = (herdctl_survey_t){.config = config, .members = members, .count = count};
    self->reports = memory_new_array(count, sizeof *self->reports);
    for (size_t i = 0; i < count; i++) {
        herdctl_report_init(&self->reports[i]);
    }
    self->ask = herdctl_ask_new(config, members, count);
    if (self->ask == NULL) {
        herdctl_survey_destroy(&self);
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
    free(self->members);
    free(self);
    *self_p = NULL;
}

/* What is taken, for the answers. */
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
    herdctl_question_t question = {
        .type = MESSAGE_STATUS, .limit_ms = limit_ms, .take = take, .argument = &taking};
    for (size_t i = 0; i < self->count; i++) {
        herdctl_report_done(&self->reports[i]);
    }
    (void)herdctl_ask(self->ask, &question); /* one without digest has answered too */
    self->taken_ns = clock_steady_ns();
    size_t answered = 0;
    for (size_t i = 0; i < self->count; i++) {
        answered += self->reports[i].answered ? 1 : 0;
    }
    return answered;
}
