/* spelling.h - "did you mean": the known word nearest to an unknown one.
 *
 * Owner: values. Threads: any. The distance is Levenshtein's: insertions, deletions and
 * replacements of a byte (Wagner and Fischer, The String-to-String Correction Problem, 1974).
 * Capitals equal small letters.
 */
#ifndef HERD_COMMON_BASE_SPELLING_H
#define HERD_COMMON_BASE_SPELLING_H

#include "common/base/text.h"

#include <stddef.h>

/* A longer word (in bytes) resembles no other. */
enum { SPELLING_SIZE = 63 };

/* What the search has found so far (open value struct); start with {.word = TEXT("trafic")}. */
typedef struct {
    text_t word;         /* the unknown word */
    const char *nearest; /* the best so far, borrowed; NULL if none is near */
    size_t distance;     /* of `nearest` */
} spelling_t;

/* Returns how many changes make one word the other; SIZE_MAX if one is longer than
 * SPELLING_SIZE. */
size_t spelling_distance(text_t one, text_t other);

/* Considers one known word, borrowed. It becomes `nearest` if it is nearer than the best so far and
 * differs in at most a third of its bytes (rounded up). */
void spelling_consider(spelling_t *self, const char *known);

#endif
