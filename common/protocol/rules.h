/* rules.h - rules of replication that a test takes out, one at a time: the simulator must notice.
 *
 * RULE(NAME) is true. Only in the simulator's build with mutants (HERD_MUTANTS, tests/sim) it is
 * false while that rule is taken out; programs that are shipped contain nothing of this. A new rule
 * whose breach a test could overlook gets a line here, and RULE() in the code that obeys it: so it
 * gets a row in the table of tests/sim/mutants.
 */
#ifndef HERD_COMMON_PROTOCOL_RULES_H
#define HERD_COMMON_PROTOCOL_RULES_H

#include <stdbool.h>

/* Every rule: its name in the code, the rule of docs/replication.md or docs/bus-protocol.md, and
 * what happens without it. */
#define RULES_MAP(X)                                                                               \
    X(CLOCK_BOUND, "R2", "a client time is believed, however far ahead")                           \
    X(BEHIND_KNOWN, "R2", "an update by a slow member's clock is older than what that knows")      \
    X(STAMPED_LATE, "R2", "an update by a clock that was set back loses to one of the same time")  \
    X(TIE_RECEIPT, "R3", "equal order times: the receipt time does not decide")                    \
    X(TIE_ORIGIN, "R3", "equal receipt times: the origin does not decide")                         \
    X(TIE_CLIENT_TIME, "R3", "equal origins: the client time does not decide")                     \
    X(TIE_POSITION, "R3", "equal client times: the position does not decide")                      \
    X(TIE_TEXT, "R3", "equal positions: the text of the time does not decide")                     \
    X(MERGE_GREATER, "R4", "an older record replaces a newer one")                                 \
    X(MOVE_TO_TAIL, "R5", "an entry that changes keeps its index")                                 \
    X(MARK_SENDER, "R6", "a record is sent back to the neighbour that it came from")               \
    X(MARKS_GENERATION, "R6", "marks outlive the neighbour's generation")                          \
    X(CHECKPOINT_GENERATION, "R7", "a checkpoint counts in any generation")                        \
    X(PARENT_TAIL, "R7", "a checkpoint in the parent counts beyond what was recovered")            \
    X(RESTORED, "R7", "a list comes back with records that never stood in it")                     \
    X(PARENT_LEVEL, "R8", "a checkpoint in the parent counts where we were not level")             \
    X(DATA_SESSION, "R8", "DATA of an earlier session is taken")                                   \
    X(ANSWER_SESSION, "R8", "answers of an earlier session are taken")                             \
    X(NAK, "R9", "a gap is not noticed")                                                           \
    X(NAK_REWINDS, "R9", "a NAK does not put the cursor back")                                     \
    X(UNSENT_REWINDS, "R9", "what a full pipe did not take is not sent again")                     \
    X(DEAD_AFTER, "R10", "a silent connection is kept")                                            \
    X(RENEW, "B9", "a neighbour's new life does not renew the own connection")                     \
    X(RENEW_PAUSE, "B9", "crossing HELLOs undo each other's connections")                          \
    X(UNDIGEST, "R12", "an entry that changes stays in the digest")                                \
    X(COMPARED_TAIL, "R13", "the tail is that of after the leaves were read")                      \
    X(LEAVES_IN_ORDER, "R13", "lost LEAVES are not noticed")                                       \
    X(COMPARE_NUMBER, "B12", "LEAVES for an earlier COMPARE are taken")                            \
    X(LEAVES_IGNORE_MARKS, "R13", "a repair leaves out what marks say is there")                   \
    X(AUDIT, "R15", "no audits")                                                                   \
    X(AUDIT_TAIL, "B14", "an audit that comes late is compared with what came after it")           \
    X(REFUSE_EXPIRED, "R16", "expired records are taken")                                          \
    X(PURGED_TAIL, "R16", "what is purged at the tail leaves a gap behind")                        \
    X(MIDDLE_CLOCK, "R16", "records expire by a clock that no other agrees with")                  \
    X(LEAP_IS_DOUBTED, "R16", "records expire at once by a clock that was set forward")            \
    X(COMPARE_AFTER_LEAD, "R16", "what expired by a clock that was ahead is not asked for again")  \
    X(OUTBID, "R17", "a tombstone does not outbid what is there")                                  \
    X(ERA, "R17", "the era does not decide")                                                       \
    X(ERA_IS_KEPT, "R17", "an update after a tombstone is of no era")                              \
    X(ERA_RAISES, "R17", "an update that outlives a tombstone does not get its era")               \
    X(CLOCK_IS_TOLD, "R19", "an ACK does not say its member's clock")                              \
    X(HELD_IS_ACKNOWLEDGED, "R18", "what was sent counts as held")                                 \
    X(HELD_AT_TAIL, "R18", "an acknowledged index counts as held, whatever moved on")              \
    X(FOLLOWER_REPLACES, "R20", "a follower keeps what is greater than what the node has")         \
    X(FOLLOWER_DROPS, "R20", "a follower keeps what the node does not have")                       \
    X(FOLLOWER_DROPS_LATE, "R20", "a follower drops what is still to be sent")                     \
    X(FOLLOWER_PARENT, "R20", "a follower resumes in the node's next life")                        \
    X(FOLLOWER_EXPIRES, "R20", "what expires at the node stays at a follower")                     \
    X(AT_TAIL, "J1", "a transaction ends before the tail")                                         \
    X(CHECKPOINT_MOMENT, "J2", "checkpoints are read after the end of a transaction")              \
    X(ACK_COMMITTED, "J3", "what was given to the disk counts as held")                            \
    X(COMPACT_AT_TAIL, "J4", "old chunks go before what has moved beyond is written")              \
    X(OVERLAP, "J4", "a chunk goes of which only the beginning was compacted")                     \
    X(STAGED, "J4", "compacted chunks count although their transaction was cut off")               \
    X(GENERATION_FIRST, "J5", "a generation is told before it is on the disk")                     \
    X(DAMAGE, "J6", "checkpoints count although chunks are damaged")                               \
    X(GENERATION, "J7", "a list goes on under its name")                                           \
    X(RETRY, "J1", "what a failed transaction had is not written again")

#ifdef HERD_MUTANTS

typedef enum {
    RULE_NONE,
#define RULES_ENUM(name, where, without) RULE_##name,
    RULES_MAP(RULES_ENUM)
#undef RULES_ENUM
        RULES_END
} rule_t;

/* The rule that is taken out; set once, before anything runs. */
extern rule_t rules_removed;

#define RULE(name) (rules_removed != RULE_##name)

#else

#define RULE(name) true

#endif

#endif
