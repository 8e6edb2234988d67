/* spelling.h - "did you mean": the known word nearest to an unknown one.
 *
 * Threads: any. Distance: Levenshtein's, single-byte insertions, deletions and replacements
 * (Wagner and Fischer, The String-to-String Correction Problem, 1974), capitals equal to small letters.
 */
#ifndef HERD_COMMON_BASE_SPELLING_H
#define HERD_COMMON_BASE_SPELLING_H

#include "common/base/text.h"

#include <stddef.h>

/* Words longer than this (bytes) are like no other. */
enum { SPELLING_SIZE = 63 };

/* What has been found so far (open value struct): start with {.word = TEXT("trafic")}. */
typedef struct {
    text_t word;         /* the unknown word */
    const char *nearest; /* the best so far, borrowed; NULL where none is near */
    size_t distance;     /* of `nearest` */
} spelling_t;

/* Number of changes that make one word the other; SIZE_MAX where one is longer than SPELLING_SIZE. */
size_t spelling_distance(text_t one, text_t other);

/* Considers one known word: it becomes `nearest` where at most a third of its bytes (rounded up) differs, and
 * it is nearer than what was there. */
void spelling_consider(spelling_t *self, const char *known);

#endif
