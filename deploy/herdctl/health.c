/* herdctl health: one line, for people and for monitoring; the exit status is the verdict. Where digests differ, it
 * asks again for some seconds: are these updates on their way, or do members hold different records? */
#include "deploy/herdctl/survey/health.h"
#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/json.h"
#include "deploy/herdctl/frame/options.h"
#include "deploy/herdctl/survey/report_json.h"

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

static void observe(herdctl_survey_t *survey, herdctl_health_t *health)
{
    int64_t end_ns = clock_steady_ns() + PATIENCE_MS * TIMESTAMP_NS_PER_MS;
    (void)herdctl_survey_take(survey, HERDCTL_ANSWER_LIMIT_MS, true);
    herdctl_health_note(health, survey, survey->taken_ns);
    while (herdctl_survey_digests(survey) > 1 && !herdctl_health_differ(health) &&
           clock_steady_ns() < end_ns) {
        nap();
        (void)herdctl_survey_take(survey, HERDCTL_ANSWER_LIMIT_MS, true);
        herdctl_health_note(health, survey, survey->taken_ns);
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
    json_object_set_new(json, "health", json_string(herdctl_verdict_text(verdict)));
    json_object_set_new(json, "findings", lines);
    herdctl_json_print(json);
}

static herdctl_verdict_t report(herdctl_survey_t *survey, bool json)
{
    herdctl_health_t *health = herdctl_health_new(survey->count);
    buffer_t findings;
    buffer_t line;
    buffer_init(&findings, LIMIT_BODY_SIZE);
    buffer_init(&line, LIMIT_BODY_SIZE);
    observe(survey, health);
    herdctl_verdict_t verdict = herdctl_health_judge(health, survey, &findings);
    if (json) {
        print_json(survey, verdict, buffer_text(&findings));
    } else {
        herdctl_health_write(verdict, survey, buffer_text(&findings), &line);
        printf("%.*s", (int)line.size, line.data);
    }
    buffer_done(&findings);
    buffer_done(&line);
    herdctl_health_destroy(&health);
    return verdict;
}

herdctl_exit_t herdctl_health(const herdctl_t *self, int argc, char **argv)
{
    bool json = self->json;
    const herdctl_option_t options[] = {{.name = "--json", .flag = &json}, {0}};
    if (!herdctl_take_options(options, &argc, argv)) {
        return HERDCTL_USAGE;
    }
    herdctl_verdict_t verdict = HERDCTL_UNUSABLE; /* without a herd file that can be read, too */
    config_t *config = herdctl_load(self);
    if (config == NULL) {
        return (herdctl_exit_t)verdict;
    }
    herdctl_survey_t *survey = herdctl_survey_new(config, argv + 1, (size_t)argc - 1);
    if (survey != NULL) {
        verdict = report(survey, json);
    }
    herdctl_survey_destroy(&survey);
    config_destroy(&config);
    return (herdctl_exit_t)verdict;
}
