/* events.h - every event that a program may log: its name, its level, whether repeats are counted.
 *
 * X(NAME, LEVEL, REPEATS): LOG_NAME in the sources; in the log the name in lower case with "-" for
 * "_". LEVEL: ERROR (someone must act), WARNING (someone should look, the herd goes on), INFO (what
 * happens as a rule). REPEATS: COUNTED logs at most one a second for each peer and counts the
 * others (repeats.h); EACH logs all of them; ALWAYS logs all of them whatever level is set.
 * docs/operations.md says what each warning and error means and what to do;
 * tests/unit/common/log/test_events.c compares.
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_LOG_EVENTS_H
#define HERD_COMMON_LOG_EVENTS_H

#include "common/log/level.h"

#include <stdbool.h>

/* Both programs. */
#define LOG_EVENTS_OF_PROGRAMS(X)                                                                  \
    X(STARTED, INFO, EACH)                                                                         \
    X(STOPPING, INFO, EACH)                                                                        \
    X(STOPPED, INFO, EACH)                                                                         \
    X(REOPENED, INFO, EACH)                                                                        \
    X(LEVEL_SET, INFO, ALWAYS)                                                                     \
    X(NOT_REOPENED, WARNING, EACH)                                                                 \
    X(LINES_LOST, WARNING, EACH)                                                                   \
    X(TRAFFIC_CUT, WARNING, COUNTED)                                                               \
    X(KEYS_READ, INFO, EACH)                                                                       \
    X(KEY_UNUSABLE, ERROR, EACH)                                                                   \
    X(MESSAGE_DROPPED, WARNING, COUNTED)

/* herd-node: itself, its links, its front-ends, its clients' records. */
#define LOG_EVENTS_OF_NODES(X)                                                                     \
    X(SERVING, INFO, EACH)                                                                         \
    X(MEMORY, INFO, EACH)                                                                          \
    X(MEMORY_SCARCE, WARNING, EACH)                                                                \
    X(BIND_FAILED, ERROR, EACH)                                                                    \
    X(LINK_UP, INFO, EACH)                                                                         \
    X(LINK_OPENED, INFO, EACH)                                                                     \
    X(LINK_DOWN, WARNING, COUNTED)                                                                 \
    X(LINK_GAP, WARNING, COUNTED)                                                                  \
    X(LINK_REFUSED, ERROR, EACH)                                                                   \
    X(LINK_OTHER_HERD, ERROR, EACH)                                                                \
    X(LINK_REPAIRED, ERROR, EACH)                                                                  \
    X(LINK_CONNECT_FAILED, ERROR, COUNTED)                                                         \
    X(LINK_ANSWER_FAILED, ERROR, COUNTED)                                                          \
    X(FRONTEND_CAME, INFO, EACH)                                                                   \
    X(FRONTEND_LEFT, INFO, EACH)                                                                   \
    X(ZEROMQ_CAME, INFO, COUNTED)                                                                  \
    X(FRONTEND_UNDELIVERED, WARNING, COUNTED)                                                      \
    X(UNPROTECTED, WARNING, EACH)                                                                  \
    X(SOCKET_MISSING, ERROR, COUNTED)                                                              \
    X(KEY_ACCEPTED, INFO, EACH)                                                                    \
    X(KEY_CHANGED, WARNING, EACH)                                                                  \
    X(KEY_REFUSED, WARNING, COUNTED)                                                               \
    X(KEY_MISUSED, WARNING, COUNTED)                                                               \
    X(CONNECTIONS_CUT, INFO, EACH)                                                                 \
    X(CONNECTION_CUT, WARNING, COUNTED)                                                            \
    X(CUT_FAILED, ERROR, EACH)                                                                     \
    X(HANDSHAKE_FAILED, WARNING, COUNTED)                                                          \
    X(UNWATCHED, ERROR, EACH)                                                                      \
    X(LINK_KEY_MISSING, ERROR, EACH)                                                               \
    X(LINK_KEYS_DIFFER, ERROR, COUNTED)                                                            \
    X(TAP_WATCHED, INFO, COUNTED)                                                                  \
    X(TAP_UNWATCHED, INFO, COUNTED)                                                                \
    X(TAP_RESET, WARNING, COUNTED)                                                                 \
    X(OPERATOR_COMMAND, INFO, ALWAYS)                                                              \
    X(RELOADED, INFO, EACH)                                                                        \
    X(RELOAD_CHANGED, INFO, EACH)                                                                  \
    X(RELOAD_NEEDS_RESTART, WARNING, EACH)                                                         \
    X(RELOAD_WARNING, WARNING, EACH)                                                               \
    X(RELOAD_ERROR, ERROR, EACH)                                                                   \
    X(RELOAD_REFUSED, ERROR, EACH)                                                                 \
    X(CLOCK_SET, WARNING, EACH)                                                                    \
    X(CLOCK_DIFFERS, WARNING, EACH)                                                                \
    X(CLOCK_AGREES, INFO, EACH)                                                                    \
    X(CLIENT_FORGOTTEN, INFO, EACH)                                                                \
    X(JOURNAL_READ, INFO, EACH)                                                                    \
    X(JOURNAL_SHRUNK, INFO, EACH)                                                                  \
    X(JOURNAL_UNUSABLE, ERROR, EACH)                                                               \
    X(JOURNAL_DAMAGED, ERROR, EACH)                                                                \
    X(JOURNAL_TOO_LARGE, ERROR, EACH)                                                              \
    X(JOURNAL_FAILED, ERROR, COUNTED)                                                              \
    X(JOURNAL_BACK, INFO, EACH)                                                                    \
    X(STORE_FULL, ERROR, COUNTED)                                                                  \
    X(PROMISE_UNKEPT, WARNING, COUNTED)                                                            \
    X(FOLLOWER_CAME, INFO, EACH)                                                                   \
    X(FOLLOWER_LEFT, INFO, EACH)                                                                   \
    X(FOLLOWER_REFUSED, WARNING, COUNTED)

/* herd-node: places. */
#define LOG_EVENTS_OF_PLACES(X)                                                                    \
    X(PLACES_READY, INFO, EACH)                                                                    \
    X(PLACES_ROWS_SKIPPED, WARNING, EACH)                                                          \
    X(PLACES_UNUSABLE, ERROR, EACH)                                                                \
    X(PLACES_KEY_UNUSABLE, ERROR, EACH)                                                            \
    X(PLACES_FILE_TROUBLE, WARNING, EACH)                                                          \
    X(PLACES_FILE_WELL, INFO, EACH)                                                                \
    X(PLACES_KEY_READ, INFO, EACH)                                                                 \
    X(PLACES_KEY_REFUSED, ERROR, EACH)                                                             \
    X(PLACES_UNSHARED, WARNING, EACH)                                                              \
    X(PLACES_FAILED, WARNING, COUNTED)                                                             \
    X(PLACES_DROPPED, WARNING, COUNTED)                                                            \
    X(PLACES_PAUSED, WARNING, EACH)                                                                \
    X(PLACES_TRIED, INFO, EACH)                                                                    \
    X(PLACES_BACK, INFO, EACH)

/* herd-frontend, and herd-web: listeners, clients, the link to the node. */
#define LOG_EVENTS_OF_FRONTENDS(X)                                                                 \
    X(LISTENING, INFO, EACH)                                                                       \
    X(LISTEN_FAILED, ERROR, EACH)                                                                  \
    X(LOOP_FAILED, ERROR, EACH)                                                                    \
    X(DOORS_SHUT, WARNING, EACH)                                                                   \
    X(FILES_FEW, WARNING, EACH)                                                                    \
    X(ACCEPT_FAILED, WARNING, COUNTED)                                                             \
    X(CLIENT_CAME, INFO, EACH)                                                                     \
    X(CLIENT_LEFT, INFO, EACH)                                                                     \
    X(CLIENT_GIVEN_UP, WARNING, COUNTED)                                                           \
    X(CLIENT_TURNED_AWAY, WARNING, COUNTED)                                                        \
    X(COMINGS_CUT, WARNING, COUNTED)                                                               \
    X(CLIENTS_CROWDED, WARNING, COUNTED)                                                           \
    X(CLIENTS_CUT_OFF, WARNING, EACH)                                                              \
    X(NODE_UP, INFO, EACH)                                                                         \
    X(NODE_DOWN, WARNING, EACH)                                                                    \
    X(NODE_REFUSED, ERROR, EACH)                                                                   \
    X(NODE_CONNECT_FAILED, ERROR, EACH)                                                            \
    X(FOLLOWING, INFO, EACH)                                                                       \
    X(FOLLOWING_LOST, WARNING, EACH)                                                               \
    X(FOLLOWING_REFUSED, ERROR, EACH)                                                              \
    X(COPY_COMPLETE, INFO, EACH)                                                                   \
    X(COPY_FULL, ERROR, COUNTED)

/* herd-web, beside these. */
#define LOG_EVENTS_OF_WEBS(X)                                                                      \
    X(WATCHER_REFUSED, WARNING, COUNTED)                                                           \
    X(SITE_REFUSED, WARNING, COUNTED)

#define LOG_EVENTS_MAP(X)                                                                          \
    LOG_EVENTS_OF_PROGRAMS(X)                                                                      \
    LOG_EVENTS_OF_NODES(X)                                                                         \
    LOG_EVENTS_OF_PLACES(X)                                                                        \
    LOG_EVENTS_OF_FRONTENDS(X)                                                                     \
    LOG_EVENTS_OF_WEBS(X)

typedef enum {
#define LOG_EVENTS_ENUM(name, level, repeats) LOG_##name,
    LOG_EVENTS_MAP(LOG_EVENTS_ENUM)
#undef LOG_EVENTS_ENUM
        LOG_EVENT_COUNT
} log_event_t;

log_level_t log_events_level(log_event_t event);
bool log_events_is_counted(log_event_t event);
bool log_events_is_always(log_event_t event);

/* Its name in the log, e.g. "link-down" for LOG_LINK_DOWN. */
enum { LOG_EVENTS_TEXT_SIZE = 32 };
void log_events_text(log_event_t event, char out[LOG_EVENTS_TEXT_SIZE]);

#endif
