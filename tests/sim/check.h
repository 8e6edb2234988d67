/* check.h - what must hold in a simulated herd, always and at rest.
 *
 *   always   what a store takes is an update that was made, byte for byte, and greater than what
 *            was there: so a member takes nothing twice in one life
 *   forget   what is served can be forgotten
 *   flood    without faults, records are sent at most 2E-(N-1) times each (E links, N members)
 *   clocks   a client whose clock was far ahead hides what it sends later for max_clock_lead at
 *            most, and nothing that it calls later; no update after a tombstone is lost to that; no
 *            member purges by a clock that no other agrees with, or that has just been set forward
 *   answer   when a client gets its answer, the member holds its update, or a greater one; so do as
 *            many neighbours as an answer promises, or did before they lost it; and its disk, for
 *            good, unless that was lost
 *   journal  what is committed is the list of the moment when its transaction ended (J1, J4); no
 *            member speaks of a life that is not on its disk (J5)
 *   at rest  members that some chain of links joins hold the same: for each client the greatest
 *            record that any of them held when the faults ended, or took later, unless it has
 *            expired; all links are up, have nothing to send and know the neighbour's clock; all
 *            members serve; and no audit
 *            repaired anything, unless something was broken that only an audit can repair
 *
 * Owner: the run. Threads: one.
 */
#ifndef HERD_TESTS_SIM_CHECK_H
#define HERD_TESTS_SIM_CHECK_H

#include "tests/sim/fault.h"
#include "tests/sim/herd.h"
#include "tests/sim/spread.h"

typedef struct check check_t;

/* Caller frees with check_destroy. */
check_t *check_new(void);
void check_destroy(check_t **self_p);

/* The observer of a herd's members (herd_settings_t). */
void check_changed(void *check, const member_t *member, update_number_t before,
                   update_number_t now);
void check_answered(void *check, const member_t *member, update_number_t number);
void check_not_forgotten(void *check, const member_t *member, size_t client);
void check_broke(void *check, const member_t *member, const char *what);
void check_purged(void *check, const member_t *member, update_number_t number);
void check_clock_set(void *check);

/* Sets the herd that is checked, before its clock goes on, and its faults; borrowed. */
void check_watch(check_t *self, const herd_t *herd, fault_set_t faults);

/* Whether something is broken that only audits repair: the herd may be at rest and not agree. */
bool check_waits_for_audits(const check_t *self);

/* Whether all members that must agree since the faults ended do by now. */
bool check_agrees(check_t *self);

/* The faults have ended: from now on what is held must not be lost, and members that are up stay
 * up. */
void check_faults_ended(check_t *self);

/* Checks what must hold now that the herd has come to rest. */
void check_at_rest(check_t *self);

/* Checks that all agreed at most `within_ns` after `end_ns`; 0: however long it took. */
void check_agreed(check_t *self, int64_t end_ns, int64_t within_ns);

/* Notes a failure; the first counts. */
void check_fail(check_t *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What failed first; NULL if nothing did. Borrowed. */
const char *check_failure(const check_t *self);

/* How long updates took to reach all members. */
spread_result_t check_spread(const check_t *self);

/* When a store last took a record, virtual time. */
int64_t check_last_change_ns(const check_t *self);

#endif
