/* spread.h - how long updates take to reach all members.
 *
 * Owner: the check. Threads: one.
 */
#ifndef HERD_TESTS_SIM_SPREAD_H
#define HERD_TESTS_SIM_SPREAD_H

#include "tests/sim/updates.h"

typedef struct spread spread_t;

/* The updates that every member took (open value struct), and the virtual time from the first
 * member to the last. */
typedef struct {
    uint64_t count;
    int64_t total_ns;
    int64_t longest_ns;
} spread_result_t;

/* For at most `maximum` updates. Caller frees with spread_destroy. */
spread_t *spread_new(size_t maximum);
void spread_destroy(spread_t **self_p);

/* Notes that a member took an update. */
void spread_note(spread_t *self, update_number_t number, int64_t now_ns);

spread_result_t spread_result(const spread_t *self, size_t member_count);

#endif
