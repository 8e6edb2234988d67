#include "tests/sim/check_clocks.h"

#include "common/base/timestamp.h"

/* For so long after clocks were set right, what members know of them may be old. */
static const int64_t settled_after_ns = 60 * TIMESTAMP_NS_PER_S;
/* A link at rest is measured each second, and takes less for that. */
static const int64_t error_at_rest_ns = 1 * TIMESTAMP_NS_PER_S;

static bool is_ahead(const member_t *member)
{
    return member_clock_offset(member) > MEMBER_CLOCK_TOLERANCE_NS / 2;
}

void check_clocks_set(check_clocks_t *self, const herd_t *herd)
{
    bool ahead = false;
    for (size_t i = 0; i < herd->graph.member_count && !ahead; i++) {
        ahead = is_ahead(herd->members[i]);
    }
    if (ahead && !self->ahead) {
        self->since_ns = schedule_now_ns(herd->schedule);
    } else if (!ahead && self->ahead) {
        self->calm_since_ns = schedule_now_ns(herd->schedule);
    }
    self->ahead = ahead;
}

/* Whether what a link knows is true, or was until a clock was set by less than a measurement can
 * show: what is known is given up for one that contradicts it, with both errors. */
static bool is_true(const member_t *member, const link_t *link, const member_t *neighbour)
{
    offset_ours_t ours = {.now_ns = member_now_ns(member),
                          .steady_ns = schedule_now_ns(member_schedule(member))};
    int64_t true_ns = member_clock_offset(neighbour) - member_clock_offset(member);
    int64_t wrong_ns = offset_difference(link_clock(link), &ours) - true_ns;
    int64_t most_ns = offset_error(link_clock(link), ours.steady_ns) + error_at_rest_ns;
    return link_clock(link)->known && wrong_ns <= most_ns && -wrong_ns <= most_ns;
}

bool check_clocks_measured(const member_t *member, const link_t *link, const member_t *neighbour)
{
    return is_true(member, link, neighbour) &&
           offset_error(link_clock(link), schedule_now_ns(member_schedule(member))) <
               error_at_rest_ns;
}

/* Whether at least half of the clocks that it knows, its own among them, are known to be right. */
static bool has_right_middle(const herd_t *herd, const member_t *member)
{
    size_t right = is_ahead(member) ? 0 : 1;
    size_t known = 1;
    for (size_t i = 0; i < member_neighbour_count(member); i++) {
        const link_t *link = member_link(member, i);
        const member_t *neighbour = herd->members[member_neighbour(member, i)];
        if (link != NULL && link_clock(link)->known) {
            known++;
            right += !is_ahead(neighbour) && check_clocks_measured(member, link, neighbour) ? 1 : 0;
        }
    }
    return 2 * right >= known;
}

bool check_clocks_bind(const check_clocks_t *self, const herd_t *herd, const member_t *member)
{
    int64_t now_ns = schedule_now_ns(herd->schedule);
    bool was_calm =
        self->calm_since_ns == 0 || self->since_ns - self->calm_since_ns > settled_after_ns;
    bool just_set = self->ahead && was_calm && member_life_since(member) < self->since_ns &&
                    now_ns - self->since_ns < MEMBER_CLOCK_DOUBT_NS;
    return just_set || has_right_middle(herd, member);
}

bool check_clocks_hurry(const member_t *member)
{
    const int64_t behind_ns = -MEMBER_CLOCK_TOLERANCE_NS / 2;
    offset_ours_t ours = {.now_ns = member_now_ns(member),
                          .steady_ns = schedule_now_ns(member_schedule(member))};
    int64_t own_ns = member_clock_offset(member);
    size_t behind = own_ns < behind_ns ? 1 : 0;
    size_t known = 1;
    for (size_t i = 0; i < member_neighbour_count(member); i++) {
        const link_t *link = member_link(member, i);
        if (link != NULL && link_clock(link)->known) {
            known++;
            behind += own_ns + offset_difference(link_clock(link), &ours) < behind_ns ? 1 : 0;
        }
    }
    return 2 * behind < known;
}
