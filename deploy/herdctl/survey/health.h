/* health.h - whether a herd is well, judged by what its members say of themselves.
 *
 * Owner: the command, or the exporter. Threads: one. Free of I/O and clocks: surveys and times in, a verdict out.
 * Digests differ at any time at which updates are on their way. Only those that differ while both stay what they are
 * show that members hold different records: a herd that is never quiet is not judged by them.
 */
#ifndef HERD_DEPLOY_HERDCTL_SURVEY_HEALTH_H
#define HERD_DEPLOY_HERDCTL_SURVEY_HEALTH_H

#include "common/base/buffer.h"
#include "deploy/herdctl/survey/survey_take.h"

#include <stdint.h>

typedef struct herdctl_health herdctl_health_t;

/* The exit status of `herdctl health` too. */
typedef enum {
    HERDCTL_WELL = 0,
    HERDCTL_DEGRADED = 1, /* it serves, but something is wrong */
    HERDCTL_UNUSABLE = 2, /* no member answers */
} herdctl_verdict_t;

/* "well", "degraded" or "unusable". */
const char *herdctl_verdict_text(herdctl_verdict_t verdict);

/* How long a digest must stay what it is to be compared with another one. */
enum { HERDCTL_STEADY_MS = 2000 };

/* What digests did so far of `member_count` members: nothing yet. Caller frees with herdctl_health_destroy. */
herdctl_health_t *herdctl_health_new(size_t member_count);
void herdctl_health_destroy(herdctl_health_t **self_p);

/* Remembers the digests of a survey of these members, taken at `steady_ns`. */
void herdctl_health_note(herdctl_health_t *self, const herdctl_survey_t *survey, int64_t steady_ns);

/* Whether digests differ that have been steady for HERDCTL_STEADY_MS, as of the last note. */
bool herdctl_health_differ(const herdctl_health_t *self);

/* Judges by the survey noted last. Appends what is wrong to `findings`, one a line; at most as much as there is room for. */
herdctl_verdict_t herdctl_health_judge(const herdctl_health_t *self, const herdctl_survey_t *survey,
                                       buffer_t *findings);

/* Appends one line about it, LF and all: the verdict, then the first findings, and how many more there are. */
void herdctl_health_write(herdctl_verdict_t verdict, const herdctl_survey_t *survey,
                          text_t findings, buffer_t *out);

#endif
