/* traffic_share.h - what the traffic log says of one client.
 *
 * Owner: one session. Threads: the reactor's.
 * An exchange stands there once: as its answer, where that repeats all of the line
 * (receipt_is_repeated), else as line and answer. A line without an answer stands there in any
 * case.
 * How much it may be, the log decides (common/log/shares.h). The rest is counted, and the count is
 * logged once a second.
 */
#ifndef HERD_FRONTEND_CLIENTS_TRAFFIC_SHARE_H
#define HERD_FRONTEND_CLIENTS_TRAFFIC_SHARE_H

#include "common/base/text.h"
#include "common/log/log.h"
#include "common/protocol/command.h"
#include "frontend/upstream/pipeline.h"

#include <stdbool.h>
#include <stdint.h>

/* Whose traffic it is, and where it goes (open value struct). */
typedef struct {
    log_t *log;
    const char *peer;
    uint64_t *cut; /* lines left out of all clients, since the start: grows */
} traffic_of_t;

/* Open struct, for embedding; the fields are this module's alone. Times are steady. An idle
 * connection has it, too, so it does not have what all share. */
typedef struct {
    uint64_t number;   /* of the client, to the log */
    uint64_t since_ms; /* when this second began */
    uint32_t left_out; /* lines that were not logged, and not told */
} traffic_share_t;

/* Nothing was logged of the client of that name. */
void traffic_share_init(traffic_share_t *self, const char *peer);

/* A line of the client, received at `receipt_ns` (POSIX time), and what it was parsed to: logged
 * unless the answer will repeat it. */
void traffic_share_received(traffic_share_t *self, const traffic_of_t *of, int64_t receipt_ns,
                            text_t line, const command_t *command);

/* The answer to one; of a WHATSAT's only the first line, and the size of the rest. */
void traffic_share_answered(traffic_share_t *self, const traffic_of_t *of, text_t reply);

/* The connection ends: logs the lines that answers would have repeated. */
void traffic_share_unanswered(traffic_share_t *self, const traffic_of_t *of,
                              const pipeline_t *pipeline);

/* Logs how many lines were left out, if the second is over. True if some are still to be told. */
bool traffic_share_tick(traffic_share_t *self, const traffic_of_t *of, uint64_t now_ms);

/* The client has left: logs how many lines were left out. */
void traffic_share_done(traffic_share_t *self, const traffic_of_t *of);

#endif
