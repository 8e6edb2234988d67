/* herdctl health: one line, for people and for monitoring; the exit status is the verdict. If
 * digests differ, it asks again for some seconds: are updates on their way, or do members hold
 * different records? */
#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/json.h"
#include "deploy/herdctl/survey/judge.h"

#include <stdio.h>
#include <time.h>

enum {
    ASK_AGAIN_MS = 200,
    PATIENCE_MS = 2 * HERDCTL_STEADY_MS, /* with digests that differ */
};

static void nap(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = ASK_AGAIN_MS * TIMESTAMP_NS_PER_MS}, NULL);
}

static void observe(herdctl_survey_t *survey, herdctl_judge_t *judge)
{
    survey->silent = true; /* the findings tell it */
    int64_t end_ns = clock_steady_ns() + PATIENCE_MS * TIMESTAMP_NS_PER_MS;
    (void)herdctl_survey_take(survey, HERDCTL_ANSWER_LIMIT_MS, true);
    herdctl_judge_note(judge, survey, survey->taken_ns);
    while (herdctl_survey_digests(survey) > 1 && !herdctl_judge_sees_difference(judge) &&
           clock_steady_ns() < end_ns) {
        nap();
        (void)herdctl_survey_take(survey, HERDCTL_ANSWER_LIMIT_MS, true);
        herdctl_judge_note(judge, survey, survey->taken_ns);
    }
}

static void print_json(const herdctl_survey_t *survey, herdctl_verdict_t verdict, text_t findings)
{
    json_t *json = herdctl_json_new(survey->config);
    json_t *lines = json_array();
    text_t line;
    while (text_take_line(&findings, &line)) {
        json_array_append_new(lines, json_stringn(line.data, line.size));
    }
    json_object_set_new(json, "health", json_string(herdctl_judge_text(verdict)));
    json_object_set_new(json, "findings", lines);
    herdctl_json_print(json);
}

static herdctl_verdict_t report(herdctl_survey_t *survey, bool json)
{
    herdctl_judge_t *judge = herdctl_judge_new(survey->count);
    buffer_t findings;
    buffer_t line;
    buffer_init(&findings, LIMIT_BODY_SIZE);
    buffer_init(&line, LIMIT_BODY_SIZE);
    observe(survey, judge);
    herdctl_verdict_t verdict = herdctl_judge_survey(judge, survey, &findings);
    if (json) {
        print_json(survey, verdict, buffer_text(&findings));
    } else {
        herdctl_judge_write(verdict, survey, buffer_text(&findings), &line);
        printf("%.*s", (int)line.size, line.data);
    }
    buffer_done(&findings);
    buffer_done(&line);
    herdctl_judge_destroy(&judge);
    return verdict;
}

herdctl_exit_t herdctl_health(const herdctl_t *self)
{
    bool json;
    options_operands_t names;
    herdctl_exit_t result;
    if (!herdctl_command_read_members(self, NULL, &json, &names, &result)) {
        return result;
    }
    herdctl_survey_t *survey = herdctl_survey_new(self, names);
    herdctl_verdict_t verdict = survey != NULL ? report(survey, json) : HERDCTL_UNUSABLE;
    herdctl_survey_destroy(&survey);
    return (herdctl_exit_t)verdict;
}
