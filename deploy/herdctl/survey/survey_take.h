/* survey_take.h - what the members of a herd say of themselves, asked for once or again and again.
 *
 * Owner: the command. Threads: one.
 */
#ifndef HERD_DEPLOY_HERDCTL_SURVEY_SURVEY_TAKE_H
#define HERD_DEPLOY_HERDCTL_SURVEY_SURVEY_TAKE_H

#include "common/config/config.h"
#include "deploy/herdctl/survey/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HERDCTL_ANSWER_LIMIT_MS = 1000 }; /* all members together get this long to answer */

/* Open to be read. */
typedef struct {
    const config_t *config;          /* borrowed */
    const config_member_t **members; /* `count` of them */
    herdctl_report_t *reports;       /* one for each */
    size_t count;
    int64_t taken_ns;        /* steady: when they were taken */
    struct herdctl_ask *ask; /* its own */
} herdctl_survey_t;

/* Begins to connect to the members named, to all where there are none. NULL, and said so, where a name is unknown or
 * there are no keys to ask with. Caller frees with herdctl_survey_destroy. */
herdctl_survey_t *herdctl_survey_new(const config_t *config, char **names, size_t name_count);
void herdctl_survey_destroy(herdctl_survey_t **self_p);

/* Asks them all; the reports are replaced. `with_roots`: a member that is still computing its digest is asked again,
 * within `limit_ms`. The number of members that answered. */
size_t herdctl_survey_take(herdctl_survey_t *self, int64_t limit_ms, bool with_roots);

/* How many different digests they told. */
size_t herdctl_survey_digests(const herdctl_survey_t *self);

#endif
