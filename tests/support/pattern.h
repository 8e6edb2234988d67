/* pattern.h - answers with parts that no test can know beforehand.
 *
 * Owner: values. Threads: any.
 * A pattern is compared with an answer byte for byte, except for these placeholders in it:
 *   {difference}         a sign, digits, a point and nine digits
 *   {line N}             the Nth line of the answer itself, N from 1: the same answer once more
 *   {json}               one JSON object in the layout of a WHATSAT answer (one member a line,
 *                        indented by three spaces, no empty line) and its LF; the pattern's own
 *                        LF then matches the second
 *   {json STATUS COUNT}  the same with that status and that count of results
 */
#ifndef HERD_TESTS_SUPPORT_PATTERN_H
#define HERD_TESTS_SUPPORT_PATTERN_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether `answer` matches `pattern`. If not, `reason` (`reason_size` bytes) gets a sentence for
 * people. */
bool pattern_match(text_t pattern, text_t answer, char *reason, size_t reason_size);

#endif
