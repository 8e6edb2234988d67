/* figures.h - every figure of a REPORT (bus-protocol.md, S1), and the metric that it is for
 * Prometheus. Its key in a REPORT, and in JSON, stands in common/protocol/report_keys.h.
 * docs/operations.md lists the metrics; a test compares.
 *
 * A row: name in the code, which is that of its key too; kind; metric (NULL: none); a further label
 * of the metric ("": none); unit (how many of the figure's units make one of the metric's, a power
 * of ten); help. Rows of one metric stand together and have the same help.
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_DEPLOY_HERDCTL_SURVEY_FIGURES_H
#define HERD_DEPLOY_HERDCTL_SURVEY_FIGURES_H

#include "common/protocol/report_keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a member: `key value` lines. */
#define HERDCTL_MEMBER_MAP(X)                                                                      \
    X(PID, GAUGE, NULL, "", 1, "")                                                                 \
    X(SINCE, GAUGE, "herd_start_time_seconds", "", NS, "When the node was started, POSIX time")    \
    X(TIME, GAUGE, NULL, "", 1, "")                                                                \
    X(RELOAD_REFUSED, GAUGE, "herd_reload_refused", "", 1,                                         \
      "Whether the last reload took nothing from the herd file")                                   \
    X(CPU, COUNTER, "herd_process_cpu_seconds_total", "", NS,                                      \
      "Processor time that the node has used, all threads together")                               \
    X(RESIDENT, GAUGE, "herd_process_resident_memory_bytes", "", 1, "Memory that the node holds")  \
    X(RECORDS, GAUGE, "herd_records", "", 1, "Client records, tombstones among them")              \
    X(RECORDS_MAX, GAUGE, "herd_records_limit", "", 1,                                             \
      "Client records that there may be (max_clients)")                                            \
    X(MEMORY, GAUGE, "herd_records_memory_bytes", "", 1,                                           \
      "Memory that client records and their table take")                                           \
    X(MEMORY_MAX, GAUGE, "herd_records_memory_limit_bytes", "", 1,                                 \
      "Memory that client records may take (max_memory)")                                          \
    X(JOURNAL_COMMITTED, GAUGE, "herd_journal_committed_time_seconds", "", NS,                     \
      "When the journal's newest transaction was on disk, POSIX time")                             \
    X(JOURNAL_LAG, GAUGE, "herd_journal_lag_seconds", "", NS,                                      \
      "For how long the oldest change that is not on disk has not been there")                     \
    X(JOURNAL_LAG_RECORDS, GAUGE, "herd_journal_lag_records", "", 1,                               \
      "Records that are not on disk yet, at most")                                                 \
    X(JOURNAL_COMMITS, COUNTER, "herd_journal_commits_total", "", 1,                               \
      "Transactions of the journal that are on disk")                                              \
    X(JOURNAL_TOOK, GAUGE, "herd_journal_commit_seconds", "", NS,                                  \
      "How long the newest of them took to be on disk")                                            \
    X(JOURNAL_FILLING, GAUGE, "herd_journal_filling_seconds", "", NS,                              \
      "Longest that filling the journal's chunks has held the node up, processor time")            \
    X(JOURNAL_RECORDS, GAUGE, "herd_journal_records", "", 1,                                       \
      "Records in the journal, those that count no more among them")                               \
    X(JOURNAL_SIZE, GAUGE, "herd_journal_file_bytes", "", 1, "Size of the journal's file")         \
    X(JOURNAL_LIVE, GAUGE, "herd_journal_chunks_bytes", "", 1,                                     \
      "Bytes of the records in the journal's file")                                                \
    X(JOURNAL_ERRORS, COUNTER, "herd_journal_errors_total", "", 1,                                 \
      "Transactions of the journal that failed, and were written anew")                            \
    X(JOURNAL_FAILING, GAUGE, "herd_journal_failing", "", 1,                                       \
      "Whether the newest transaction of the journal failed")                                      \
    X(JOURNAL_DAMAGED, GAUGE, "herd_journal_damaged", "", 1,                                       \
      "Parts of the journal that the node found damaged at its start")                             \
    X(POSITIONS, COUNTER, "herd_positions_total", "", 1, "IAMATs answered")                        \
    X(LOOKUPS, COUNTER, "herd_lookups_total", "", 1,                                               \
      "WHATSATs answered or passed on to the places provider")                                     \
    X(INVALID, COUNTER, "herd_invalid_requests_total", "", 1,                                      \
      "Requests that the node answered with ?, such as a WHATSAT for a client it does not know")   \
    X(STAMPS_REPLACED, COUNTER, "herd_receipt_times_replaced_total", "", 1,                        \
      "Receipt times of front-ends that were too far off the node's clock")                        \
    X(MALFORMED, COUNTER, "herd_malformed_requests_total", "", 1,                                  \
      "Request records of front-ends that were none, and dropped")                                 \
    X(UNACKNOWLEDGED, GAUGE, "herd_unacknowledged_positions", "", 1,                               \
      "IAMATs whose answer waits for neighbours")                                                  \
    X(UNKEPT, COUNTER, "herd_unkept_positions_total", "", 1,                                       \
      "IAMATs not answered because neighbours did not acknowledge them in time")                   \
    X(WAITING, GAUGE, "herd_waiting_lookups", "", 1, "WHATSATs that wait for the places provider") \
    X(PLACES_DROPPED, COUNTER, "herd_places_dropped_total", "", 1,                                 \
      "Places, and other parts of a provider's answers, that were odd and left out")               \
    X(PLACES_UNUSABLE, COUNTER, "herd_places_unusable_answers_total", "", 1,                       \
      "Answers of the places provider of which nothing could be used")                             \
    X(REFUSED, COUNTER, "herd_refused_total", "", 1,                                               \
      "Connections and messages turned away because of their key or name")                         \
    X(KEYS_REFUSED, COUNTER, "herd_keys_refused_total", "", 1,                                     \
      "Connections and messages turned away because of their key")                                 \
    X(CONNECTIONS_CUT, COUNTER, "herd_connections_cut_total", "", 1,                               \
      "Connections cut because they brought in too much without ending a message")                 \
    X(CONNECTIONS_REFUSED, COUNTER, "herd_connections_refused_total", "", 1,                       \
      "Connections turned away because the last open files are kept for links, log and reload")    \
    X(UNSTORED, COUNTER, "herd_unstored_positions_total", "", 1,                                   \
      "IAMATs of new clients not answered because there is no room for their records")             \
    X(LOG_LOST, COUNTER, "herd_log_lines_lost_total", "", 1,                                       \
      "Lines that the node's log lost: the disk is full, or slower than the traffic")              \
    X(LOG_FAILING, GAUGE, "herd_log_failing", "", 1,                                               \
      "Whether the node's log takes no lines now: the disk is full, or its file cannot be made")   \
    X(SOCKETS_MISSING, GAUGE, "herd_sockets_missing", "", 1,                                       \
      "Unix sockets of the node whose file is gone and cannot be made anew")                       \
    X(TAP_SUBSCRIPTIONS, GAUGE, "herd_tap_subscriptions", "", 1,                                   \
      "Prefixes that somebody subscribes to at the tap")                                           \
    X(TAP_SENT, COUNTER, "herd_tap_messages_total", "", 1, "Messages published at the tap")        \
    X(TAP_RESETS, COUNTER, "herd_tap_resets_total", "", 1,                                         \
      "Times that the tap disconnected all its subscribers")                                       \
    X(TAP_LEFT_OUT, COUNTER, "herd_tap_left_out_messages_total", "", 1,                            \
      "Messages not published at the tap, which had taken its part of the time")                   \
    X(FRONTENDS, GAUGE, "herd_frontends", "", 1, "Front-ends served")                              \
    X(WEBS, GAUGE, "herd_webs", "", 1, "Processes of herd-web served")                             \
    X(CLIENTS, GAUGE, "herd_clients", "", 1, "Client connections of all front-ends")               \
    X(CLIENTS_REFUSED, COUNTER, "herd_clients_refused_total", "", 1,                               \
      "Clients turned away by all front-ends, those that ended among them")                        \
    X(FRONTEND_LOG_LOST, COUNTER, "herd_frontend_log_lines_lost_total", "", 1,                     \
      "Lines that the logs of front-ends lost, those that ended among them")                       \
    X(FRONTEND_TRAFFIC_CUT, COUNTER, "herd_frontend_traffic_lines_cut_total", "", 1,               \
      "Lines of clients that front-ends did not log, because one client had more than its part")   \
    X(FRONTEND_ACCEPT_PAUSES, COUNTER, "herd_frontend_accept_pauses_total", "", 1,                 \
      "Times that new clients of front-ends had to wait for open files or memory")                 \
    X(FOLLOWERS, GAUGE, "herd_followers", "", 1, "Programs that follow the member")                \
    X(FOLLOWERS_MAX, GAUGE, "herd_followers_limit", "", 1,                                         \
      "Programs that may follow the member (max_followers)")                                       \
    X(FOLLOWERS_REFUSED, COUNTER, "herd_followers_refused_total", "", 1,                           \
      "Times that a program could not follow the member, because there were max_followers")        \
    X(CLOCK_STEPS, COUNTER, "herd_clock_steps_total", "", 1,                                       \
      "Times that the member's clock was set by more than clock_warning")                          \
    X(CLOCK_STEP, SIGNED, "herd_clock_step_seconds", "", NS,                                       \
      "By how much the member's clock was set the last time, forward or back")                     \
    X(CLOCK_WARNING, GAUGE, "herd_clock_warning_seconds", "", NS,                                  \
      "By how much the clocks of members may differ (clock_warning)")                              \
    X(CLOCK_DOUBTED, GAUGE, "herd_clock_doubted_seconds", "", NS,                                  \
      "How far clocks are ahead of the time by which records expire, after a leap")                \
    X(POSITIONS_AHEAD, COUNTER, "herd_positions_clock_total", "clock=\"ahead\"", 1,                \
      "IAMATs answered whose client's clock is ahead by more than max_clock_lead, or a minute "    \
      "behind")                                                                                    \
    X(POSITIONS_BEHIND, COUNTER, "herd_positions_clock_total", "clock=\"behind\"", 1,              \
      "IAMATs answered whose client's clock is ahead by more than max_clock_lead, or a minute "    \
      "behind")                                                                                    \
    X(POSITIONS_EXPIRED, COUNTER, "herd_positions_expired_total", "", 1,                           \
      "IAMATs answered whose time is so far back that they were not taken (expire_after)")         \
    X(CLOCK_STEPS_LAST, GAUGE, NULL, "", 1, "")                                                    \
    X(LOG_LOST_LAST, GAUGE, NULL, "", 1, "")                                                       \
    X(KEYS_REFUSED_LAST, GAUGE, NULL, "", 1, "")                                                   \
    X(CONNECTIONS_CUT_LAST, GAUGE, NULL, "", 1, "")                                                \
    X(CONNECTIONS_REFUSED_LAST, GAUGE, NULL, "", 1, "")                                            \
    X(UNSTORED_LAST, GAUGE, NULL, "", 1, "")                                                       \
    X(UNKEPT_LAST, GAUGE, NULL, "", 1, "")                                                         \
    X(TAP_RESETS_LAST, GAUGE, NULL, "", 1, "")                                                     \
    X(FOLLOWERS_REFUSED_LAST, GAUGE, NULL, "", 1, "")                                              \
    X(CLIENTS_REFUSED_LAST, GAUGE, NULL, "", 1, "")                                                \
    X(FRONTEND_LOG_LOST_LAST, GAUGE, NULL, "", 1, "")                                              \
    X(FRONTEND_TRAFFIC_CUT_LAST, GAUGE, NULL, "", 1, "")                                           \
    X(FRONTEND_ACCEPT_PAUSES_LAST, GAUGE, NULL, "", 1, "")                                         \
    X(LINKS, GAUGE, "herd_links", "", 1, "Neighbours in the herd file")                            \
    X(LINKS_UP, GAUGE, "herd_links_up", "", 1, "Neighbours that take this member's records")

/* Of a link: fields of its `link` line. The first three follow its state, the others are
 * KEY=VALUE. */
#define HERDCTL_LINK_MAP(X)                                                                        \
    X(LAG, GAUGE, "herd_link_lag_records", "", 1,                                                  \
      "Records that are still to be sent to the neighbour, at most")                               \
    X(RECEIVED, COUNTER, NULL, "", 1, "")                                                          \
    X(BAD_MESSAGES, COUNTER, "herd_link_bad_messages_total", "", 1,                                \
      "Messages of the neighbour that were malformed or out of place, and dropped")                \
    X(UNACKNOWLEDGED, GAUGE, "herd_link_unacknowledged_messages", "", 1,                           \
      "DATA messages that the neighbour has not acknowledged, of 8 at most")                       \
    X(SENT, COUNTER, "herd_link_records_sent_total", "", 1, "Records sent to the neighbour")       \
    X(NEWER, COUNTER, "herd_link_records_received_total", "outcome=\"applied\"", 1,                \
      "Records received from the neighbour, by what became of them")                               \
    X(SAME, COUNTER, "herd_link_records_received_total", "outcome=\"same\"", 1,                    \
      "Records received from the neighbour, by what became of them")                               \
    X(OLDER, COUNTER, "herd_link_records_received_total", "outcome=\"older\"", 1,                  \
      "Records received from the neighbour, by what became of them")                               \
    X(EXPIRED, COUNTER, "herd_link_records_received_total", "outcome=\"expired\"", 1,              \
      "Records received from the neighbour, by what became of them")                               \
    X(REFUSED, COUNTER, "herd_link_records_received_total", "outcome=\"refused\"", 1,              \
      "Records received from the neighbour, by what became of them")                               \
    X(MESSAGES_SENT, COUNTER, "herd_link_messages_sent_total", "", 1,                              \
      "Bus messages sent to the neighbour")                                                        \
    X(MESSAGES_RECEIVED, COUNTER, "herd_link_messages_received_total", "", 1,                      \
      "Bus messages received from the neighbour")                                                  \
    X(BYTES_SENT, COUNTER, "herd_link_sent_bytes_total", "", 1,                                    \
      "Bytes of headers and bodies sent to the neighbour")                                         \
    X(BYTES_RECEIVED, COUNTER, "herd_link_received_bytes_total", "", 1,                            \
      "Bytes of headers and bodies received from the neighbour")                                   \
    X(GAPS, COUNTER, "herd_link_gaps_total", "", 1,                                                \
      "Times that messages of the neighbour were missing, and asked for again")                    \
    X(NAKS, COUNTER, "herd_link_naks_total", "", 1,                                                \
      "Times that the neighbour missed messages, and asked for them again")                        \
    X(RESETS, COUNTER, "herd_link_resets_total", "", 1,                                            \
      "Times that the neighbour did not know this member's session")                               \
    X(CONNECTS, COUNTER, "herd_link_connects_total", "", 1,                                        \
      "Connections begun to the neighbour, the first among them")                                  \
    X(AUDITS, COUNTER, "herd_link_audits_total", "", 1,                                            \
      "Comparisons of digests offered to the neighbour at rest")                                   \
    X(COMPARISONS, COUNTER, "herd_link_comparisons_total", "", 1,                                  \
      "Comparisons of digests begun with the neighbour")                                           \
    X(REPAIRED, COUNTER, "herd_link_repaired_records_total", "", 1,                                \
      "Records that only an audit brought: a defect of the herd")                                  \
    X(CLOCK, SIGNED, "herd_link_clock_difference_seconds", "", NS,                                 \
      "The neighbour's clock minus this member's, as measured last")                               \
    X(CLOCK_ERROR, GAUGE, "herd_link_clock_error_seconds", "", NS,                                 \
      "How far that may be from what is true")                                                     \
    X(CHANGED, GAUGE, "herd_link_changed_time_seconds", "", NS,                                    \
      "When the link last came up or went down, POSIX time; 0: it was never up")

/* Of a front-end: KEY=VALUE fields of its `frontend` line. */
#define HERDCTL_FRONTEND_MAP(X)                                                                    \
    X(CLIENTS, GAUGE, "herd_frontend_clients", "", 1, "Client connections")                        \
    X(LINES, COUNTER, "herd_frontend_lines_total", "", 1, "Lines of clients")                      \
    X(MALFORMED, COUNTER, "herd_frontend_malformed_lines_total", "", 1,                            \
      "Lines of clients that are no command, and were answered with ?")                            \
    X(RECEIVED, COUNTER, "herd_frontend_received_bytes_total", "", 1,                              \
      "Bytes received from clients")                                                               \
    X(SENT, COUNTER, "herd_frontend_sent_bytes_total", "", 1, "Bytes sent to clients")             \
    X(SLOW, COUNTER, "herd_frontend_slow_clients_total", "", 1,                                    \
      "Times that a client was not read from until it had read its answers")                       \
    X(TURNED_AWAY, COUNTER, "herd_frontend_refused_clients_total", "", 1,                          \
      "Clients turned away (max_connections, max_connections_per_address)")                        \
    X(GIVEN_UP, COUNTER, "herd_frontend_given_up_clients_total", "", 1,                            \
      "Clients whose connection was closed before all was answered, or because they were idle")

/* Of a follower: KEY=VALUE fields of its `follower` line. */
#define HERDCTL_FOLLOWER_MAP(X)                                                                    \
    X(UP, GAUGE, "herd_follower_up", "", 1, "Whether it takes the member's records")               \
    X(LAG, GAUGE, "herd_follower_lag_records", "", 1,                                              \
      "Upper bound of the changes that it has not acknowledged")                                   \
    X(SENT, COUNTER, "herd_follower_sent_records_total", "", 1, "Records sent to it")              \
    X(MESSAGES_SENT, COUNTER, "herd_follower_sent_messages_total", "", 1, "Messages sent to it")   \
    X(BYTES_SENT, COUNTER, "herd_follower_sent_bytes_total", "", 1, "Bytes sent to it")            \
    X(UNACKNOWLEDGED, GAUGE, "herd_follower_unacknowledged_messages", "", 1,                       \
      "Messages with records that it has not acknowledged")                                        \
    X(BAD_MESSAGES, COUNTER, "herd_follower_bad_messages_total", "", 1, "Malformed messages of it")

/* Of the provider of places: numbers of its `places` line, in this order. */
#define HERDCTL_PLACES_MAP(X)                                                                      \
    X(REQUESTS, COUNTER, "herd_places_requests_total", "", 1,                                      \
      "Requests sent to the places provider")                                                      \
    X(FAILURES, COUNTER, "herd_places_failures_total", "", 1,                                      \
      "Requests that the places provider answered with an error, or not at all")                   \
    X(JOINED, COUNTER, "herd_places_shared_questions_total", "", 1,                                \
      "Questions that shared the request of another one")                                          \
    X(KEPT, COUNTER, "herd_places_kept_answers_total", "", 1,                                      \
      "Questions answered by what was kept of an earlier answer")                                  \
    X(REFUSED, COUNTER, "herd_places_refused_questions_total", "", 1,                              \
      "Questions answered without asking the provider, because it fails or too many wait")

typedef enum {
    HERDCTL_GAUGE,   /* >= 0 */
    HERDCTL_SIGNED,  /* a gauge that may be negative */
    HERDCTL_COUNTER, /* >= 0, since the process was started */
} herdctl_kind_t;

/* A row of the above (open value struct, constant). */
typedef struct {
    report_key_t key;
    herdctl_kind_t kind;
    const char *metric; /* NULL: none */
    const char *label;  /* `outcome="same"`; "": none */
    int64_t unit;       /* of the figure, in one of the metric */
    const char *help;   /* of the metric */
} herdctl_figure_t;

typedef enum {
#define HERDCTL_MEMBER_ENUM(name, ...) HERDCTL_MEMBER_##name,
    HERDCTL_MEMBER_MAP(HERDCTL_MEMBER_ENUM)
#undef HERDCTL_MEMBER_ENUM
        HERDCTL_MEMBER_FIGURES
} herdctl_member_figure_t;

typedef enum {
#define HERDCTL_LINK_ENUM(name, ...) HERDCTL_LINK_##name,
    HERDCTL_LINK_MAP(HERDCTL_LINK_ENUM)
#undef HERDCTL_LINK_ENUM
        HERDCTL_LINK_FIGURES
} herdctl_link_figure_t;

typedef enum {
#define HERDCTL_FRONTEND_ENUM(name, ...) HERDCTL_FRONTEND_##name,
    HERDCTL_FRONTEND_MAP(HERDCTL_FRONTEND_ENUM)
#undef HERDCTL_FRONTEND_ENUM
        HERDCTL_FRONTEND_FIGURES
} herdctl_frontend_figure_t;

typedef enum {
#define HERDCTL_FOLLOWER_ENUM(name, ...) HERDCTL_FOLLOWER_##name,
    HERDCTL_FOLLOWER_MAP(HERDCTL_FOLLOWER_ENUM)
#undef HERDCTL_FOLLOWER_ENUM
        HERDCTL_FOLLOWER_FIGURES
} herdctl_follower_figure_t;

typedef enum {
#define HERDCTL_PLACES_ENUM(name, ...) HERDCTL_PLACES_##name,
    HERDCTL_PLACES_MAP(HERDCTL_PLACES_ENUM)
#undef HERDCTL_PLACES_ENUM
        HERDCTL_PLACES_FIGURES
} herdctl_places_figure_t;

extern const herdctl_figure_t herdctl_figures_of_member[HERDCTL_MEMBER_FIGURES];
extern const herdctl_figure_t herdctl_figures_of_link[HERDCTL_LINK_FIGURES];
extern const herdctl_figure_t herdctl_figures_of_frontend[HERDCTL_FRONTEND_FIGURES];
extern const herdctl_figure_t herdctl_figures_of_follower[HERDCTL_FOLLOWER_FIGURES];
extern const herdctl_figure_t herdctl_figures_of_places[HERDCTL_PLACES_FIGURES];

/* One figure of one report (open value struct). */
typedef struct {
    bool known;    /* it was there; an older node reports less */
    int64_t value; /* in the unit of the REPORT */
} herdctl_value_t;

#endif
