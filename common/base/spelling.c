#include "common/base/spelling.h"

static int spelling_small(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
}

static size_t spelling_least(size_t one, size_t other)
{
    return one < other ? one : other;
}

size_t spelling_distance(text_t one, text_t other)
{
    if (one.size > SPELLING_SIZE || other.size > SPELLING_SIZE) {
        return SIZE_MAX;
    }
    /* row[j]: distance between the first i bytes of `one` and the first j of `other` */
    size_t row[SPELLING_SIZE + 1];
    for (size_t j = 0; j <= other.size; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= one.size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= other.size; j++) {
            bool same = spelling_small(one.data[i - 1]) == spelling_small(other.data[j - 1]);
            size_t replaced = diagonal + (same ? 0 : 1);
            diagonal = row[j];
            row[j] = spelling_least(replaced, spelling_least(row[j], row[j - 1]) + 1);
        }
    }
    return row[other.size];
}

void spelling_consider(spelling_t *self, const char *known)
{
    text_t word = text_of(known);
    size_t allowed = (word.size + 2) / 3;
    size_t distance = spelling_distance(self->word, word);
    if (distance <= allowed && (self->nearest == NULL || distance < self->distance)) {
        self->nearest = known;
        self->distance = distance;
    }
}
