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

/* {"reason": "clients-refused", "member": "Hands", "text": "...", "value": 17, "last": "..."} */
static void add_reason(void *argument, const herdctl_finding_t *finding)
{
    json_t *object = json_object();
    json_object_set_new(object, "reason", json_string(reasons_text(finding->reason)));
    json_object_set_new(object, "member", json_string(finding->member));
    json_object_set_new(object, "text", json_string(finding->text));
    if (finding->last_ns != 0 || finding->limit != 0) {
        json_object_set_new(object, "value", json_integer(finding->value));
    }
    if (finding->limit != 0) {
        json_object_set_new(object, "limit", json_integer(finding->limit));
    }
    if (finding->last_ns != 0) {
        json_object_set_new(object, "last", herdctl_json_time(finding->last_ns));
    }
    json_array_append_new(argument, object);
}

static herdctl_verdict_t print_json(const herdctl_judge_t *judge, const herdctl_survey_t *survey)
{
    json_t *json = herdctl_json_new(survey->config);
    json_t *lines = json_array();
    json_t *reasons = json_array();
    herdctl_verdict_t verdict = herdctl_judge_find(judge, survey, add_reason, reasons);
    size_t index;
    const json_t *reason;
    json_array_foreach(reasons, index, reason)
    {
        json_array_append(lines, json_object_get(reason, "text"));
    }
    json_object_set_new(json, "health", json_string(herdctl_judge_text(verdict)));
    json_object_set_new(json, "findings", lines);
    json_object_set_new(json, "reasons", reasons);
    herdctl_json_print(json);
    return verdict;
}

static herdctl_verdict_t print_line(const herdctl_judge_t *judge, const herdctl_survey_t *survey)
{
    buffer_t findings;
    buffer_t line;
    buffer_init(&findings, LIMIT_BODY_SIZE);
    buffer_init(&line, LIMIT_BODY_SIZE);
    herdctl_verdict_t verdict = herdctl_judge_survey(judge, survey, &findings);
    herdctl_judge_write(verdict, survey, buffer_text(&findings), &line);
    printf("%.*s", (int)line.size, line.data);
    buffer_done(&findings);
    buffer_done(&line);
    return verdict;
}

static herdctl_verdict_t report(herdctl_survey_t *survey, bool json)
{
    herdctl_judge_t *judge = herdctl_judge_new(survey->count);
    observe(survey, judge);
    herdctl_verdict_t verdict = json ? print_json(judge, survey) : print_line(judge, survey);
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
