/* json.h - what commands print with --json: the frame of each output.
 *
 * Owner: the command. Threads: one. Keys keep their meaning; later versions add keys. herdctl(1)
 * documents them.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_JSON_H
#define HERD_DEPLOY_HERDCTL_FRAME_JSON_H

#include "common/base/text.h"
#include "common/config/config.h"

#include <jansson.h>
#include <stdint.h>

/* {"herd": NAME, "time": ISO 8601}: each output begins so. Caller frees with json_decref. */
json_t *herdctl_json_new(const config_t *config);

/* A POSIX time in ns as ISO 8601; null if it is 0. Caller owns. */
json_t *herdctl_json_time(int64_t time_ns);

/* A foreign text, escaped (text_escape), because JSON has no bytes. Caller owns. */
json_t *herdctl_json_text(text_t text);

/* Prints `json` and an LF to stdout. Takes `json`. */
void herdctl_json_print(json_t *json);

#endif
