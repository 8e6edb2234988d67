/* metrics.h - a survey of a herd in Prometheus' text format (version 0.0.4).
 *
 * Owner: none. Threads: one. Free of I/O and clocks. docs/operations.md lists the metrics.
 */
#ifndef HERD_DEPLOY_HERDCTL_SURVEY_METRICS_H
#define HERD_DEPLOY_HERDCTL_SURVEY_METRICS_H

#include "common/base/buffer.h"
#include "deploy/herdctl/survey/judge.h"
#include "deploy/herdctl/survey/survey.h"

/* Appends all metrics. A member that did not answer has `herd_up` 0 and no other metric; a figure
 * that a member did not report has no sample. STATUS_FULL, with nothing appended, past the buffer's
 * maximum. */
status_t herdctl_metrics_write(const herdctl_survey_t *survey, buffer_t *out) STATUS_MUST_USE;

/* Appends `herd_unwell`, what `judge` finds wrong, by member and reason. Else the same. */
status_t herdctl_metrics_write_reasons(const herdctl_survey_t *survey, const herdctl_judge_t *judge,
                                       buffer_t *out) STATUS_MUST_USE;

#endif
