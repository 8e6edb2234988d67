/* level.h - how bad an event is.
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_LOG_LEVEL_H
#define HERD_COMMON_LOG_LEVEL_H

#include "common/base/text.h"

#include <stdbool.h>

/* The gravest first. */
typedef enum { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO } log_level_t;

/* "error", "warning", "info". */
const char *log_level_text(log_level_t level);

/* The level with that text. False if there is none. */
bool log_level_parse(text_t text, log_level_t *ret_level);

#endif
