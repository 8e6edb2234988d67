/* report_keys.h - the keys of REPORT, which a node writes and herdctl reads: one list for both.
 *
 * docs/bus-protocol.md, S1 to S6, says what each of them means. A key stands in front of its line,
 * or in a field "key=number" of one; the same word may be both.
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_PROTOCOL_REPORT_KEYS_H
#define HERD_COMMON_PROTOCOL_REPORT_KEYS_H

/* Every key: name in the code, text on the wire. */
#define REPORT_KEY_MAP(X)                                                                          \
    /* S1: the process */                                                                          \
    X(NAME, "name")                                                                                \
    X(VERSION, "version")                                                                          \
    X(PID, "pid")                                                                                  \
    X(SINCE, "since")                                                                              \
    X(CPU, "cpu")                                                                                  \
    X(RESIDENT, "resident")                                                                        \
    X(LOG_LEVEL, "log_level")                                                                      \
    X(LOG_LOST, "log_lost")                                                                        \
    X(LOG_FAILING, "log_failing")                                                                  \
    X(SOCKETS_MISSING, "sockets_missing")                                                          \
    X(TIME, "time")                                                                                \
    X(RELOAD_REFUSED, "reload_refused")                                                            \
    /* S1: its records */                                                                          \
    X(RECORDS, "records")                                                                          \
    X(RECORDS_MAX, "records_max")                                                                  \
    X(MEMORY, "memory")                                                                            \
    X(MEMORY_MAX, "memory_max")                                                                    \
    X(ROOT, "root")                                                                                \
    /* S1: the journal; none of them without one */                                                \
    X(JOURNAL_COMMITTED, "journal_committed")                                                      \
    X(JOURNAL_LAG, "journal_lag")                                                                  \
    X(JOURNAL_LAG_RECORDS, "journal_lag_records")                                                  \
    X(JOURNAL_COMMITS, "journal_commits")                                                          \
    X(JOURNAL_TOOK, "journal_took")                                                                \
    X(JOURNAL_FILLING, "journal_filling")                                                          \
    X(JOURNAL_RECORDS, "journal_records")                                                          \
    X(JOURNAL_SIZE, "journal_size")                                                                \
    X(JOURNAL_LIVE, "journal_live")                                                                \
    X(JOURNAL_ERRORS, "journal_errors")                                                            \
    X(JOURNAL_DAMAGED, "journal_damaged")                                                          \
    X(JOURNAL_FAILING, "journal_failing")                                                          \
    X(JOURNAL_ERROR, "journal_error")                                                              \
    /* S1: requests */                                                                             \
    X(POSITIONS, "positions")                                                                      \
    X(LOOKUPS, "lookups")                                                                          \
    X(INVALID, "invalid")                                                                          \
    X(STAMPS_REPLACED, "stamps_replaced")                                                          \
    X(MALFORMED, "malformed")                                                                      \
    X(ACKNOWLEDGE, "acknowledge")                                                                  \
    X(UNACKNOWLEDGED, "unacknowledged")                                                            \
    X(UNKEPT, "unkept")                                                                            \
    X(WAITING, "waiting")                                                                          \
    X(SECURITY, "security")                                                                        \
    X(REFUSED, "refused")                                                                          \
    X(KEYS_REFUSED, "keys_refused")                                                                \
    X(CONNECTIONS_CUT, "connections_cut")                                                          \
    X(CONNECTIONS_REFUSED, "connections_refused")                                                  \
    X(UNSTORED, "unstored")                                                                        \
    X(TAP_SUBSCRIPTIONS, "tap_subscriptions")                                                      \
    X(TAP_SENT, "tap_sent")                                                                        \
    X(TAP_RESETS, "tap_resets")                                                                    \
    X(TAP_LEFT_OUT, "tap_left_out")                                                                \
    /* S1: when those of them that tell of trouble last rose */                                    \
    X(KEYS_REFUSED_LAST, "keys_refused_last")                                                      \
    X(CONNECTIONS_CUT_LAST, "connections_cut_last")                                                \
    X(CONNECTIONS_REFUSED_LAST, "connections_refused_last")                                        \
    X(UNSTORED_LAST, "unstored_last")                                                              \
    X(UNKEPT_LAST, "unkept_last")                                                                  \
    X(TAP_RESETS_LAST, "tap_resets_last")                                                          \
    X(CLOCK_STEPS_LAST, "clock_steps_last")                                                        \
    /* S1: clocks */                                                                               \
    X(CLOCK_WARNING, "clock_warning")                                                              \
    X(CLOCK_STEPS, "clock_steps")                                                                  \
    X(CLOCK_STEP, "clock_step")                                                                    \
    X(CLOCK_DOUBTED, "clock_doubted")                                                              \
    X(POSITIONS_AHEAD, "positions_ahead")                                                          \
    X(POSITIONS_BEHIND, "positions_behind")                                                        \
    X(POSITIONS_EXPIRED, "positions_expired")                                                      \
    /* S1: front-ends, and the fields of each that have no name above */                           \
    X(FRONTENDS, "frontends")                                                                      \
    X(WEBS, "webs")                                                                                \
    X(CLIENTS, "clients")                                                                          \
    X(FRONTEND, "frontend")                                                                        \
    X(LINES, "lines")                                                                              \
    X(RECEIVED, "received")                                                                        \
    X(SENT, "sent")                                                                                \
    X(SLOW, "slow")                                                                                \
    X(TURNED_AWAY, "turned_away")                                                                  \
    X(GIVEN_UP, "given_up")                                                                        \
    X(TRAFFIC_CUT, "traffic_cut")                                                                  \
    X(ACCEPT_PAUSES, "accept_pauses")                                                              \
    X(ACCEPT_PAUSES_LAST, "accept_pauses_last")                                                    \
    X(TURNED_AWAY_LAST, "turned_away_last")                                                        \
    X(LOG_LOST_LAST, "log_lost_last")                                                              \
    X(TRAFFIC_CUT_LAST, "traffic_cut_last")                                                        \
    /* S1: followers */                                                                            \
    X(FOLLOWERS, "followers")                                                                      \
    X(FOLLOWERS_MAX, "followers_max")                                                              \
    X(FOLLOWERS_REFUSED, "followers_refused")                                                      \
    X(FOLLOWERS_REFUSED_LAST, "followers_refused_last")                                            \
    X(FOLLOWER, "follower")                                                                        \
    X(UP, "up")                                                                                    \
    /* S1: of all front-ends since the node's start */                                             \
    X(CLIENTS_REFUSED, "clients_refused")                                                          \
    X(CLIENTS_REFUSED_LAST, "clients_refused_last")                                                \
    X(FRONTEND_LOG_LOST, "frontend_log_lost")                                                      \
    X(FRONTEND_LOG_LOST_LAST, "frontend_log_lost_last")                                            \
    X(FRONTEND_TRAFFIC_CUT, "frontend_traffic_cut")                                                \
    X(FRONTEND_TRAFFIC_CUT_LAST, "frontend_traffic_cut_last")                                      \
    X(FRONTEND_ACCEPT_PAUSES, "frontend_accept_pauses")                                            \
    X(FRONTEND_ACCEPT_PAUSES_LAST, "frontend_accept_pauses_last")                                  \
    /* S1: the places provider. Its numbers stand in this order, without their keys. */            \
    X(PLACES, "places")                                                                            \
    X(REQUESTS, "requests")                                                                        \
    X(FAILURES, "failures")                                                                        \
    X(JOINED, "joined")                                                                            \
    X(KEPT, "kept")                                                                                \
    X(PLACES_DROPPED, "places_dropped")                                                            \
    X(PLACES_UNUSABLE, "places_unusable")                                                          \
    X(PLACES_TROUBLE, "places_trouble")                                                            \
    /* S1: links, and the fields of each that have no name above. The first three numbers, lag, */ \
    /* received and bad_messages, stand in this order, without their keys. */                      \
    X(LINKS_UP, "links_up")                                                                        \
    X(LINKS, "links")                                                                              \
    X(LINK, "link")                                                                                \
    X(LINK_ERROR, "link_error")                                                                    \
    X(LAG, "lag")                                                                                  \
    X(BAD_MESSAGES, "bad_messages")                                                                \
    X(NEWER, "newer")                                                                              \
    X(SAME, "same")                                                                                \
    X(OLDER, "older")                                                                              \
    X(EXPIRED, "expired")                                                                          \
    X(GAPS, "gaps")                                                                                \
    X(AUDITS, "audits")                                                                            \
    X(COMPARISONS, "comparisons")                                                                  \
    X(REPAIRED, "repaired")                                                                        \
    X(CLOCK, "clock")                                                                              \
    X(CLOCK_ERROR, "clock_error")                                                                  \
    X(MESSAGES_SENT, "messages_sent")                                                              \
    X(MESSAGES_RECEIVED, "messages_received")                                                      \
    X(BYTES_SENT, "bytes_sent")                                                                    \
    X(BYTES_RECEIVED, "bytes_received")                                                            \
    X(NAKS, "naks")                                                                                \
    X(RESETS, "resets")                                                                            \
    X(CONNECTS, "connects")                                                                        \
    X(CHANGED, "changed") /* of S6 too */                                                          \
    /* S2, S3 */                                                                                   \
    X(FORGOTTEN, "forgotten")                                                                      \
    X(KNOWN, "known")                                                                              \
    X(SERVED, "served")                                                                            \
    X(RECORD, "record")                                                                            \
    /* S4, with log_level */                                                                       \
    X(BEFORE, "before")                                                                            \
    /* S6 */                                                                                       \
    X(RELOADED, "reloaded")                                                                        \
    X(KEYS_NEW, "keys_new")                                                                        \
    X(KEYS_REVOKED, "keys_revoked")                                                                \
    X(RESTART, "restart")                                                                          \
    X(WARNING, "warning")                                                                          \
    X(ERROR, "error")

typedef enum {
#define REPORT_KEY_ENUM(name, text) REPORT_KEY_##name,
    REPORT_KEY_MAP(REPORT_KEY_ENUM)
#undef REPORT_KEY_ENUM
        REPORT_KEYS
} report_key_t;

/* "pid" for REPORT_KEY_PID. */
static inline const char *report_keys_text(report_key_t key)
{
    static const char *const texts[REPORT_KEYS] = {
#define REPORT_KEY_TEXT(name, text) [REPORT_KEY_##name] = (text),
        REPORT_KEY_MAP(REPORT_KEY_TEXT)
#undef REPORT_KEY_TEXT
    };
    return texts[key];
}

#endif
