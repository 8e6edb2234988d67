#include "common/journal/gather.h"

#include "common/base/timestamp.h"

/* A disk that takes seconds has other troubles. */
static const int64_t longest_ns = 5 * TIMESTAMP_NS_PER_MS;

void journal_gather_begin(journal_gather_t *self, size_t waited, int64_t took_ns, int64_t steady_ns)
{
    int64_t longest = took_ns / 2 < longest_ns ? took_ns / 2 : longest_ns;
    self->wanted = waited;
    self->until_ns = steady_ns + longest;
}

int64_t journal_gather_left_ns(const journal_gather_t *self, size_t waiting, int64_t steady_ns)
{
    bool over = waiting >= self->wanted || steady_ns >= self->until_ns;
    return over ? 0 : self->until_ns - steady_ns;
}
