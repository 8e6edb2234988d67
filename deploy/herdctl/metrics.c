/* herdctl metrics: what members report of themselves, for Prometheus, once, on stdout. `herdctl
 * exporter` serves it over HTTP. */
#include "deploy/herdctl/survey/metrics.h"
#include "common/base/limits.h"
#include "deploy/herdctl/commands.h"

#include <stdio.h>

static herdctl_exit_t print_metrics(herdctl_survey_t *survey)
{
    buffer_t text;
    buffer_init(&text, LIMIT_METRICS_SIZE);
    size_t answered = herdctl_survey_take(survey, HERDCTL_ANSWER_LIMIT_MS, true);
    herdctl_exit_t result = answered == survey->count ? HERDCTL_OK : HERDCTL_FAILED;
    herdctl_judge_t *judge = herdctl_judge_new(survey->count);
    herdctl_judge_note(judge, survey, survey->taken_ns);
    if (herdctl_metrics_write(survey, &text) == STATUS_OK &&
        herdctl_metrics_write_reasons(survey, judge, &text) == STATUS_OK) {
        fwrite(text.data, 1, text.size, stdout);
    } else {
        fputs("herdctl: more metrics than there is room for: name fewer members\n", stderr);
        result = HERDCTL_FAILED;
    }
    herdctl_judge_destroy(&judge);
    buffer_done(&text);
    return result;
}

herdctl_exit_t herdctl_metrics(const herdctl_t *self)
{
    options_operands_t names;
    herdctl_exit_t result;
    if (!herdctl_command_read_members(self, NULL, NULL, &names, &result)) {
        return result;
    }
    herdctl_survey_t *survey = herdctl_survey_new(self, names);
    result = survey != NULL ? print_metrics(survey) : HERDCTL_FAILED;
    herdctl_survey_destroy(&survey);
    return result;
}
