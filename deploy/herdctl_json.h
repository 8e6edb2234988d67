/* herdctl_json.h - what commands print with --json, and parts that several have in common.
 *
 * Owner: the command. Threads: one. Keys keep their meaning; later versions add keys. herdctl(1) documents them.
 */
#ifndef HERD_HERDCTL_JSON_H
#define HERD_HERDCTL_JSON_H

#include "deploy/herdctl_survey.h"

#include <jansson.h>

/* {"herd": NAME, "time": ISO 8601}: what each output begins with. Caller frees with json_decref. */
json_t *herdctl_json_new(const config_t *config);

/* A POSIX time in ns as ISO 8601; null where it is 0. Caller owns. */
json_t *herdctl_json_time(int64_t time_ns);

/* What a member said, {"member": NAME, "up": BOOL, ...}. Caller owns. */
json_t *herdctl_json_report(const char *member, const herdctl_report_t *report);

/* Adds "members", an array of the above. */
void herdctl_json_add_survey(json_t *object, const herdctl_survey_t *survey);

/* Prints it to stdout, with an LF. Takes `json`. */
void herdctl_json_print(json_t *json);

#endif
