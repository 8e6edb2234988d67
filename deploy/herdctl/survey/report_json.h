/* report_json.h - reports of members as JSON, for several commands.
 *
 * Owner: the command. Threads: one. Keys keep their meaning; later versions add keys. herdctl(1)
 * documents them.
 */
#ifndef HERD_DEPLOY_HERDCTL_SURVEY_REPORT_JSON_H
#define HERD_DEPLOY_HERDCTL_SURVEY_REPORT_JSON_H

#include "deploy/herdctl/survey/survey.h"

#include <jansson.h>

/* What a member reported: {"member": NAME, "up": BOOL, ...}. Caller owns. */
json_t *herdctl_report_json(const char *member, const herdctl_report_t *report);

/* Adds "members", an array of the above. */
void herdctl_report_json_add_all(json_t *object, const herdctl_survey_t *survey);

#endif
