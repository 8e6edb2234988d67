/* Any bytes as the REPORTs of three members, each up to a zero byte (none: it does not answer):
 * metrics as Prometheus reads them, JSON that says who answered, and a verdict of one line. */
#include "common/base/limits.h"
#include "deploy/herdctl/survey/judge.h"
#include "deploy/herdctl/survey/metrics.h"
#include "deploy/herdctl/survey/report_json.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMBERS = 3, LINE_SIZE_MAX = 65536 };

/* name{label="value",...} number; or a comment (version 0.0.4 of the text format). */
static void check_metric(text_t line)
{
    text_t value = line;
    text_t part;
    double number;
    char text[64];
    assert(line.size > 0);
    if (line.data[0] == '#') {
        return;
    }
    assert(text_is_letter(line.data[0]));
    const char *brace = memchr(line.data, '{', line.size);
    const char *end = memrchr(line.data, ' ', line.size);
    assert(end != NULL && (brace == NULL || (brace < end && end[-1] == '}')));
    part = text_after(value, (size_t)(end + 1 - line.data));
    assert(part.size > 0 && part.size < sizeof text);
    *text_copy(part, text) = '\0';
    char *rest;
    number = strtod(text, &rest);
    assert(*rest == '\0' && number == number);
}

static void check_metrics(const herdctl_survey_t *survey)
{
    buffer_t out;
    text_t line;
    buffer_init(&out, LIMIT_METRICS_SIZE);
    status_t status = herdctl_metrics_write(survey, &out);
    assert(status == STATUS_OK);
    text_t rest = buffer_text(&out);
    while (text_take_line(&rest, &line)) {
        check_metric(line);
    }
    assert(rest.size == 0);
    buffer_done(&out);
}

static void check_json(const herdctl_survey_t *survey)
{
    json_t *object = json_object();
    herdctl_report_json_add_all(object, survey);
    const json_t *members = json_object_get(object, "members");
    assert(json_array_size(members) == survey->count);
    for (size_t i = 0; i < survey->count; i++) {
        const json_t *up = json_object_get(json_array_get(members, i), "up");
        assert(json_is_true(up) == survey->reports[i].answered);
    }
    char *text = json_dumps(object, JSON_COMPACT);
    assert(text != NULL);
    free(text);
    json_decref(object);
}

static void check_verdict(herdctl_judge_t *judge, const herdctl_survey_t *survey)
{
    buffer_t findings;
    buffer_t out;
    bool answered = false;
    buffer_init(&findings, LIMIT_BODY_SIZE);
    buffer_init(&out, LINE_SIZE_MAX);
    herdctl_verdict_t verdict = herdctl_judge_survey(judge, survey, &findings);
    for (size_t i = 0; i < survey->count; i++) {
        answered = answered || survey->reports[i].answered;
    }
    assert((verdict == HERDCTL_UNUSABLE) == !answered);
    assert((verdict == HERDCTL_WELL) == (findings.size == 0));
    herdctl_judge_write(verdict, survey, buffer_text(&findings), &out);
    assert(out.size > 0 && memchr(out.data, '\n', out.size) == out.data + out.size - 1);
    for (size_t i = 0; i + 1 < out.size; i++) {
        assert(out.data[i] >= ' ' && out.data[i] <= '~');
    }
    buffer_done(&out);
    buffer_done(&findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const config_member_t members[MEMBERS] = {
        {.name = "Goloman"}, {.name = "Hands"}, {.name = "Holiday"}};
    static const config_member_t *const pointers[MEMBERS] = {&members[0], &members[1], &members[2]};
    herdctl_report_t reports[MEMBERS];
    text_t rest = {.data = (const char *)data, .size = size};
    text_t body;
    herdctl_survey_t survey = {.members = pointers, .reports = reports, .count = MEMBERS};
    for (size_t i = 0; i < MEMBERS; i++) {
        herdctl_report_init(&reports[i]);
        if (text_take_until(&rest, '\0', &body) && body.size > 0) {
            herdctl_report_take(&reports[i], body, 1);
        }
    }
    herdctl_judge_t *judge = herdctl_judge_new(MEMBERS);
    herdctl_judge_note(judge, &survey, 0);
    herdctl_judge_note(judge, &survey, INT64_C(1000000) * HERDCTL_STEADY_MS);
    assert(herdctl_judge_sees_difference(judge) == (herdctl_survey_digests(&survey) > 1));
    check_verdict(judge, &survey);
    check_metrics(&survey);
    check_json(&survey);
    herdctl_judge_destroy(&judge);
    for (size_t i = 0; i < MEMBERS; i++) {
        herdctl_report_done(&reports[i]);
    }
    return 0;
}
