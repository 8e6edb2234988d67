/* link_parts.h - what the three files of a link share, and nobody else: its fields, and how its messages are made.
 *
 * link.c: life and questions. link_outgoing.c: our records to the neighbour. link_incoming.c: its records to us.
 */
#ifndef HERD_LINK_PARTS_H
#define HERD_LINK_PARTS_H

#include "common/timestamp.h"
#include "node/generation.h"
#include "node/link.h"

enum {
    /* DATA messages that may be unacknowledged: more would only make a slow link's values staler. */
    LINK_WINDOW = 8,
    LINK_REASON_SIZE = 128,
};

typedef enum {
    LINK_STATE_DOWN,    /* no connection */
    LINK_STATE_HELLO,   /* connected: HELLO is to be sent */
    LINK_STATE_OPENING, /* HELLO sent, WANT awaited */
    LINK_STATE_UP,      /* WANT received: DATA flows */
} link_state_t;

/* Our records to the neighbour. */
typedef struct {
    link_state_t state;
    uint64_t session;      /* of the newest HELLO */
    store_cursor_t cursor; /* what was put into messages */
    uint64_t told;         /* `last` of the newest DATA sent */
    uint64_t acknowledged; /* index up to which it has processed our list */
    uint64_t marks_from;   /* marks of entries up to this index are not to be believed (R6) */
    uint64_t window[LINK_WINDOW]; /* `last` of each DATA that is not acknowledged, oldest first */
    unsigned window_used;
    bool peer_known; /* peer_generation is set */
    generation_t peer_generation;
    unsigned remade;  /* times that a HELLO had the connection made anew, since it was last up */
    int64_t since_ns; /* steady: when the connection was made or last changed state */
    int64_t heard_ns; /* steady: last valid answer, or since_ns */
    int64_t sent_ns;  /* steady: last message */
    uint64_t pending_last;    /* `last` of the message that link_next gave out */
    uint64_t pending_records; /* records in it */
    message_type_t pending_type;
} link_outgoing_t;

/* The neighbour's records to us. */
typedef struct {
    bool known;              /* generation and checkpoint are set */
    generation_t generation; /* of the list that was processed ... */
    uint64_t checkpoint;     /* ... up to here */
    bool open;               /* session is set */
    uint64_t session;
    uint64_t tail;          /* of its list when it said HELLO */
    bool from_start;        /* WANT none */
    uint64_t reset_session; /* to answer RESET for */
    bool nak_sent;          /* for the present gap */
    bool want_due;
    bool refuse_due;
    bool reset_due;
    bool nak_due;
    bool ack_due;
} link_incoming_t;

struct link {
    store_t *store;
    char *herd;
    char *member;
    char *neighbour;
    generation_t generation; /* ours */
    uint32_t mark;           /* bit, 0 for none */
    link_outgoing_t out;
    link_incoming_t in;
    link_counters_t counters;
    char reason[LINK_REASON_SIZE]; /* of the last REFUSED */
    size_t reason_size;
    buffer_t header; /* of the message given out last */
    buffer_t body;
};

/* Enters a state of the sending half, heard of just now. */
void link_enter_state(link_t *self, link_state_t state, int64_t steady_ns);

/* Begins a message of `session`: its header, an empty body. */
void link_start_message(link_t *self, uint64_t session);

/* Writes into header or body, which have room for it: at most LIMIT_HEADER_SIZE bytes. */
void link_put(buffer_t *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The message begun last, complete; borrows. */
message_t link_message_of(link_t *self, message_type_t type);

/* Counts it; LINK_BAD. */
link_event_t link_bad_message(link_t *self);

/* The generation in a HELLO or WANT; false where there is none. */
bool link_read_generation(text_t body, generation_t *ret_generation);

#endif
