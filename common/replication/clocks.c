#include "common/replication/clocks.h"

#include "common/protocol/rules.h"

#include <stdlib.h>

int64_t clocks_tick(clocks_t *self, int64_t now_ns, int64_t steady_ns, int64_t tolerance_ns)
{
    int64_t apart_ns = now_ns - steady_ns;
    int64_t step_ns = self->ticked ? apart_ns - self->apart_ns : 0;
    self->ticked = true;
    self->apart_ns = apart_ns;
    if (step_ns <= tolerance_ns && step_ns >= -tolerance_ns) {
        return 0;
    }
    self->steps++;
    self->step_ns = step_ns;
    return step_ns;
}

static int compare(const void *one, const void *other)
{
    int64_t left = *(const int64_t *)one;
    int64_t right = *(const int64_t *)other;
    return (left > right) - (left < right);
}

/* How far the middle clock is ahead of this member's, which is one of them, or behind. Of two in
 * the middle the one that is behind, by which less expires. */
static int64_t middle(const clocks_others_t *others)
{
    size_t at = others->count / 2; /* of count + 1 clocks, in order */
    size_t behind = 0;
    if (others->count == 0 || !RULE(MIDDLE_CLOCK)) {
        return 0;
    }
    qsort(others->ahead_ns, others->count, sizeof others->ahead_ns[0], compare);
    while (behind < others->count && others->ahead_ns[behind] < 0) {
        behind++;
    }
    /* Ours stands between those that are behind and the others. */
    return at < behind ? others->ahead_ns[at] : at == behind ? 0 : others->ahead_ns[at - 1];
}

/* Whether the middle clock is to be followed, though it is `lead_ns` ahead. A further leap is
 * doubted anew. */
static bool leap_has_lasted(clocks_t *self, const clocks_others_t *others, int64_t lead_ns,
                            int64_t steady_ns)
{
    if (!self->doubts || lead_ns - self->doubts_lead_ns > others->tolerance_ns) {
        self->doubts = true;
        self->doubts_from_ns = steady_ns;
        self->doubts_lead_ns = lead_ns;
    }
    return steady_ns - self->doubts_from_ns >= others->doubt_ns || !RULE(LEAP_IS_DOUBTED);
}

int64_t clocks_herd_time(clocks_t *self, const clocks_others_t *others, int64_t now_ns,
                         int64_t steady_ns)
{
    int64_t time_ns;
    if (__builtin_add_overflow(now_ns, middle(others), &time_ns)) {
        time_ns = now_ns;
    }
    int64_t passed_ns = self->herd_ns + (steady_ns - self->herd_steady_ns);
    int64_t lead_ns;
    if (__builtin_sub_overflow(time_ns, passed_ns, &lead_ns)) {
        lead_ns = time_ns < passed_ns ? INT64_MIN : INT64_MAX;
    }
    bool leaps = self->has_time && lead_ns > others->tolerance_ns;
    bool back = self->has_time && lead_ns < -others->tolerance_ns;
    if (leaps && !leap_has_lasted(self, others, lead_ns, steady_ns)) {
        time_ns = passed_ns;
    } else {
        self->doubts = false;
    }
    self->went_back = self->went_back || back;
    self->has_time = true;
    self->herd_ns = time_ns;
    self->herd_steady_ns = steady_ns;
    return time_ns;
}

bool clocks_take_went_back(clocks_t *self)
{
    bool went_back = self->went_back;
    self->went_back = false;
    return went_back;
}
