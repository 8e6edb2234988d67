/* schedule.h - the virtual clock: what is to happen, in the order of its time.
 *
 * A binary heap. Events of the same instant happen in the order in which they were scheduled, so
 * that a run can be repeated.
 * Owner: the herd. Threads: one.
 */
#ifndef HERD_TESTS_SIM_SCHEDULE_H
#define HERD_TESTS_SIM_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct schedule schedule_t;

/* What happens; `detail` is for whoever scheduled it. */
typedef void schedule_action_t(void *subject, uint64_t detail);

/* Its time begins at 0. Caller frees with schedule_destroy. */
schedule_t *schedule_new(void);

/* Frees it and clears the pointer; NULL is fine. What has not happened yet never does. */
void schedule_destroy(schedule_t **self_p);

/* The present instant; it never steps back. */
int64_t schedule_now_ns(const schedule_t *self);

/* Schedules `action` at `time_ns`, or now if that is over. `subject` is borrowed. */
void schedule_at(schedule_t *self, int64_t time_ns, schedule_action_t *action, void *subject,
                 uint64_t detail);

/* From now on nothing happens, whatever is due: only the clock goes on. */
void schedule_stop(schedule_t *self);

/* Runs everything that is due up to `until_ns`, which is then the present. */
void schedule_run(schedule_t *self, int64_t until_ns);

#endif
