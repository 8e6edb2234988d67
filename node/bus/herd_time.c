/* Ten times a second two clocks come in, and what the links know of the neighbours'. Out go lines
 * in the log: our clock was set; it differs from a neighbour's by more than clock_warning, which
 * has been so for two seconds, since a measurement may catch a clock just as it is set; it does no
 * more. And the herd's time: that of the middle clock, followed with a delay if it leaps (R16). */
#include "node/bus/herd_time.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <stdlib.h>

/* How long a difference lasts before it is told. */
static const int64_t told_after_ns = 2 * TIMESTAMP_NS_PER_S;
/* How long a leap of the middle clock lasts before records expire by it. */
static const int64_t doubt_ns = 900 * TIMESTAMP_NS_PER_S;

struct herd_time {
    herd_time_context_t context;
    clocks_t clocks;
    int64_t ahead_ns[LIMIT_MEMBERS]; /* clocks_others_t */
};

herd_time_t *herd_time_new(const herd_time_context_t *context)
{
    herd_time_t *self = memory_new(sizeof *self);
    self->context = *context;
    return self;
}

void herd_time_destroy(herd_time_t **self_p)
{
    free(*self_p);
    *self_p = NULL;
}

static int64_t tolerance_ns(const herd_time_t *self)
{
    return *self->context.tolerance_ms * TIMESTAMP_NS_PER_MS;
}

static long long in_ms(int64_t time_ns)
{
    return (long long)(time_ns / TIMESTAMP_NS_PER_MS);
}

static void note_step(herd_time_t *self, const offset_ours_t *ours)
{
    int64_t step_ns = clocks_tick(&self->clocks, ours->now_ns, ours->steady_ns, tolerance_ns(self));
    if (step_ns != 0) {
        bool forward = step_ns > 0;
        log_event(self->context.log, LOG_CLOCK_SET,
                  LOG_ABOUT(NULL, LOG_NUMBER("step_ms", in_ms(step_ns))),
                  "our clock was set %s by %lld ms%s", forward ? "forward" : "back",
                  in_ms(forward ? step_ns : -step_ns),
                  forward ? ", or the machine slept; records expire by it only if it stays so"
                          : "");
    }
}

static void tell_difference(const herd_time_t *self, const neighbour_t *neighbour,
                            int64_t difference_ns)
{
    log_event(self->context.log, LOG_CLOCK_DIFFERS,
              LOG_ABOUT(neighbour_name(neighbour), LOG_NUMBER("clock_ms", in_ms(difference_ns))),
              "its clock is %lld ms %s ours; one of the two is wrong: see to NTP on both machines",
              in_ms(difference_ns > 0 ? difference_ns : -difference_ns),
              difference_ns > 0 ? "ahead of" : "behind");
}

static void tell_agreement(const herd_time_t *self, const neighbour_t *neighbour,
                           int64_t difference_ns)
{
    log_event(self->context.log, LOG_CLOCK_AGREES,
              LOG_ABOUT(neighbour_name(neighbour), LOG_NUMBER("clock_ms", in_ms(difference_ns))),
              "its clock and ours agree again, within %lld ms", in_ms(tolerance_ns(self)));
}

static bool differs(const herd_time_t *self, const link_t *link, const offset_ours_t *ours)
{
    int64_t certain_ns = offset_certain(link_clock(link), ours);
    return certain_ns > tolerance_ns(self) || certain_ns < -tolerance_ns(self);
}

static void watch_neighbour(const herd_time_t *self, neighbour_t *neighbour,
                            const offset_ours_t *ours)
{
    const link_t *link = neighbour_link(neighbour);
    neighbour_clock_t *clock = neighbour_clock(neighbour);
    bool now = differs(self, link, ours);
    if (now != clock->differs) {
        clock->differs = now;
        clock->since_ns = ours->steady_ns;
    }
    if (clock->told == now || ours->steady_ns - clock->since_ns < told_after_ns) {
        return;
    }
    clock->told = now;
    if (now) {
        tell_difference(self, neighbour, offset_difference(link_clock(link), ours));
    } else {
        tell_agreement(self, neighbour, offset_difference(link_clock(link), ours));
    }
}

void herd_time_tick(herd_time_t *self, const offset_ours_t *ours)
{
    const neighbours_t *neighbours = self->context.neighbours;
    note_step(self, ours);
    for (size_t i = 0; i < neighbours_count(neighbours); i++) {
        watch_neighbour(self, neighbours_all(neighbours)[i], ours);
    }
}

int64_t herd_time_now(herd_time_t *self, const offset_ours_t *ours)
{
    const neighbours_t *neighbours = self->context.neighbours;
    clocks_others_t others = {
        .ahead_ns = self->ahead_ns, .tolerance_ns = tolerance_ns(self), .doubt_ns = doubt_ns};
    for (size_t i = 0; i < neighbours_count(neighbours); i++) {
        const link_t *link = neighbour_link(neighbours_all(neighbours)[i]);
        if (link_clock(link)->known) {
            self->ahead_ns[others.count++] =
                differs(self, link, ours) ? offset_difference(link_clock(link), ours) : 0;
        }
    }
    return clocks_herd_time(&self->clocks, &others, ours->now_ns, ours->steady_ns);
}

bool herd_time_take_went_back(herd_time_t *self)
{
    return clocks_take_went_back(&self->clocks);
}

herd_time_figures_t herd_time_figures(const herd_time_t *self)
{
    return (herd_time_figures_t){.tolerance_ns = tolerance_ns(self),
                                 .steps = self->clocks.steps,
                                 .step_ns = self->clocks.step_ns,
                                 .doubted_ns =
                                     self->clocks.doubts ? self->clocks.doubts_lead_ns : 0};
}
