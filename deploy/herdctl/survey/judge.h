/* judge.h - whether a herd is well, judged by what its members report of themselves.
 *
 * Owner: the command, or the exporter. Threads: one. Free of I/O and clocks: surveys and times in,
 * a verdict out. Digests differ whenever updates are on their way. Only two digests that differ
 * while neither changes show that members hold different records; a herd that is never quiet is not
 * judged by its digests.
 */
#ifndef HERD_DEPLOY_HERDCTL_SURVEY_JUDGE_H
#define HERD_DEPLOY_HERDCTL_SURVEY_JUDGE_H

#include "common/base/buffer.h"
#include "deploy/herdctl/survey/reasons.h"
#include "deploy/herdctl/survey/survey.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct herdctl_judge herdctl_judge_t;

/* The exit status of `herdctl health` too. */
typedef enum {
    HERDCTL_WELL = 0,
    HERDCTL_DEGRADED = 1, /* it serves, but something is wrong */
    HERDCTL_UNUSABLE = 2, /* no member answers */
} herdctl_verdict_t;

/* How long a digest must stay the same to be compared with another one. */
enum { HERDCTL_STEADY_MS = 2000 };

/* Knows no digest yet of `member_count` members. Caller frees with herdctl_judge_destroy. */
herdctl_judge_t *herdctl_judge_new(size_t member_count);
void herdctl_judge_destroy(herdctl_judge_t **self_p);

/* Remembers the digests of a survey of these members, taken at `steady_ns`. */
void herdctl_judge_note(herdctl_judge_t *self, const herdctl_survey_t *survey, int64_t steady_ns);

/* Whether digests differ that had been the same for HERDCTL_STEADY_MS at the last note. */
bool herdctl_judge_sees_difference(const herdctl_judge_t *self);

/* What is wrong (open value struct); borrowed for the call. */
typedef struct {
    reasons_t reason;
    const char *member; /* where; of two, the first */
    const char *text;   /* a sentence for people, without a full stop */
    int64_t value;      /* of the figure that shows it; 0: none does */
    int64_t limit;      /* that this is near to; 0: none */
    int64_t last_ns;    /* POSIX: when that figure, a count, last rose; 0: it is none */
} herdctl_finding_t;

typedef void herdctl_finding_fn(void *argument, const herdctl_finding_t *finding);

/* Judges by the survey noted last, and passes on what is wrong. */
herdctl_verdict_t herdctl_judge_find(const herdctl_judge_t *self, const herdctl_survey_t *survey,
                                     herdctl_finding_fn *take, void *argument);

/* Judges by the survey noted last. Appends what is wrong to `findings`, one a line, as far as there
 * is room. */
herdctl_verdict_t herdctl_judge_survey(const herdctl_judge_t *self, const herdctl_survey_t *survey,
                                       buffer_t *findings);

/* "well", "degraded" or "unusable". */
const char *herdctl_judge_text(herdctl_verdict_t verdict);

/* Appends one line, LF and all: the verdict, the first findings, and how many more there are; cut
 * where the buffer is full. */
void herdctl_judge_write(herdctl_verdict_t verdict, const herdctl_survey_t *survey, text_t findings,
                         buffer_t *out);

#endif
