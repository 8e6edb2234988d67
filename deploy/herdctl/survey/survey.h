/* survey.h - what the members of a herd report of themselves, asked for once or again and again.
 *
 * Owner: the command. Threads: one.
 */
#ifndef HERD_DEPLOY_HERDCTL_SURVEY_SURVEY_H
#define HERD_DEPLOY_HERDCTL_SURVEY_SURVEY_H

#include "deploy/herdctl/frame/command.h"
#include "deploy/herdctl/survey/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HERDCTL_ANSWER_LIMIT_MS = 1000 }; /* all members together get this long to answer */

/* Open to be read. */
typedef struct {
    const config_t *config;                /* of `ask` */
    const config_member_t *const *members; /* of `ask`; `count` of them */
    herdctl_report_t *reports;             /* one for each */
    size_t count;
    bool silent;             /* the command tells why members cannot be asked; else stderr does */
    int64_t taken_ns;        /* steady: when they were taken; 0: not yet */
    struct herdctl_ask *ask; /* owned */
} herdctl_survey_t;

/* Begins to connect to the members with these names, to all without names. NULL as for
 * herdctl_ask_new. Caller frees with herdctl_survey_destroy. */
herdctl_survey_t *herdctl_survey_new(const herdctl_t *herdctl, options_operands_t names);
void herdctl_survey_destroy(herdctl_survey_t **self_p);

/* Asks all members; replaces the reports. `with_roots`: a member that is still computing its digest
 * is asked again, within `limit_ms`. Returns the number of members that answered. */
size_t herdctl_survey_take(herdctl_survey_t *self, int64_t limit_ms, bool with_roots);

/* Returns the number of different digests among the reports. */
size_t herdctl_survey_digests(const herdctl_survey_t *self);

#endif
