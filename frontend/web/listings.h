/* listings.h - answers that look at all clients, as OwnTracks Recorder has them: a piece at a time.
 *
 * Owner: the program. Threads: the reactor's.
 * There is no index of users, so each client is looked at: some thousands in a turn of the loop.
 * What is done in the first turn is answered as any other request. Else the answer becomes a stream
 * that ends with its connection: as its reader takes it, one more piece is made.
 */
#ifndef HERD_FRONTEND_WEB_LISTINGS_H
#define HERD_FRONTEND_WEB_LISTINGS_H

#include "frontend/web/mirror.h"
#include "frontend/web/web_session.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct listings listings_t;

typedef enum {
    LISTINGS_LOCATIONS, /* [{"_type":"location"}, ...] */
    LISTINGS_USERS,     /* {"results":["sam", ...]} */
    LISTINGS_DEVICES,   /* the same, of one user */
} listings_kind_t;

/* What is asked for (open value struct). */
typedef struct {
    listings_kind_t kind;
    text_t user;     /* copied; empty: of all */
    uint32_t fields; /* [LOCATIONS] as location.h has them */
} listings_query_t;

/* Their streams have numbers from this on, LISTINGS_MAX of them. */
#define LISTINGS_STREAM (UINT32_C(1) << 31)
enum { LISTINGS_MAX = 16 };

static inline bool listings_have(uint32_t stream)
{
    return stream >= LISTINGS_STREAM && stream - LISTINGS_STREAM < LISTINGS_MAX;
}

/* Borrows loop, sessions and mirror. Caller ends it with listings_stop, then listings_destroy. */
listings_t *listings_new(uv_loop_t *loop, const session_shared_t *shared, mirror_t *mirror);

/* Closes what it has on the loop. */
void listings_stop(listings_t *self);

/* After the loop has ended. Clears the pointer; NULL is fine. */
void listings_destroy(listings_t **self_p);

/* Within `handle`: answers the session's request, which was a HEAD if `without`. */
void listings_answer(listings_t *self, session_t *session, const listings_query_t *query,
                     bool without);

/* The session of this stream can take more; it is gone. */
void listings_drained(listings_t *self, uint32_t stream);
void listings_cut(listings_t *self, uint32_t stream);

#endif
