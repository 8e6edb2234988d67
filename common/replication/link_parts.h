/* link_parts.h - what only the files of a link share: its fields, and how its messages are made.
 *
 * link.c: life and questions. link_outgoing.c: our records to the neighbour. link_incoming.c: its
 * records to us. link_compare.c: which records differ, by the digest; audits. link_parts.c: what
 * these use.
 */
#ifndef HERD_COMMON_REPLICATION_LINK_PARTS_H
#define HERD_COMMON_REPLICATION_LINK_PARTS_H

#include "common/base/timestamp.h"
#include "common/replication/generation.h"
#include "common/replication/link.h"
#include "common/replication/trickle.h"
#include "common/store/digest.h"

enum {
    /* DATA messages that may be unacknowledged: with more, the values on a slow link would only be
     * staler. */
    LINK_WINDOW = 8,
    /* DATA messages that may be unacknowledged while their ACKs may be late: with more, the window
     * would fill up. */
    LINK_LATE_DATA = 2,
    LINK_REASON_SIZE = 128,
    /* Probes of the neighbour's clock that may be under way: one a second. */
    LINK_PROBES = 8,
    /* Entries that a follower may have a cursor go back over at once, whenever it likes (R20). */
    LINK_FOLLOWER_STEPS = 4096,
    /* Entries looked at for one DATA: a cursor that passes many entries without sending them must
     * let others have a turn. */
    LINK_ENTRIES_PER_DATA = 8192,
    /* A list of so few records is sent whole: a comparison would not be cheaper. */
    LINK_COMPARE_RECORDS_MIN = 16,
    /* So is a list with more than this many times the receiver's records. */
    LINK_COMPARE_RATIO_MAX = 8,
};

typedef enum {
    LINK_STATE_DOWN,    /* no connection */
    LINK_STATE_HELLO,   /* connected: HELLO is to be sent */
    LINK_STATE_OPENING, /* HELLO sent, WANT awaited */
    LINK_STATE_UP,      /* WANT received: DATA flows */
} link_state_t;

/* A set of the digest's leaves (open value struct): bit `leaf`. */
typedef struct {
    uint64_t bits[DIGEST_LEAVES / 64];
    unsigned count; /* leaves in it */
} link_leaves_t;

/* A DATA that is not acknowledged. */
typedef struct {
    uint64_t last;  /* index: its `last` */
    uint64_t level; /* the tail, if the cursor stood there when it was made; else 0 (R18) */
} link_sent_t;

/* Our records to the neighbour. */
typedef struct {
    link_state_t state;
    uint64_t session;                /* of the newest HELLO */
    store_cursor_t cursor;           /* behind what was put into messages */
    uint64_t told;                   /* `last` of the newest DATA sent */
    uint64_t passed;                 /* entries up to this index are passed, not sent (R20) */
    uint64_t announced;              /* tail in the newest HELLO: the neighbour awaits it (R11) */
    uint64_t acknowledged;           /* index up to which it has processed our list */
    uint64_t held;                   /* the newest `level` that was acknowledged (R18) */
    uint64_t marks_from;             /* marks of entries up to this index are void (R6) */
    link_sent_t window[LINK_WINDOW]; /* oldest first */
    unsigned window_used;            /* DATA in it */
    uint64_t probe;                  /* number of the newest DATA that asks for the clock (R19) */
    int64_t probe_ns[LINK_PROBES];   /* steady: when number n left, at n % LINK_PROBES */
    bool pending_probes;             /* the DATA that link_next gave out asks for it */
    bool peer_known;                 /* peer_generation is set */
    generation_t peer_generation;
    unsigned remade;          /* times that a HELLO had the connection made anew since it was up */
    int64_t since_ns;         /* steady: when the connection was made or last changed state */
    int64_t heard_ns;         /* steady: last valid answer, or since_ns */
    int64_t sent_ns;          /* steady: last message */
    int64_t busy_ns;          /* steady: last records over this link, either way */
    link_sent_t pending;      /* of the DATA that link_next gave out */
    uint64_t pending_records; /* records in it */
    unsigned pending_node;    /* next_node once the LEAVES that link_next gave out has left */
    message_type_t pending_type;
    bool peer_compares;       /* it knows COMPARE and AUDIT */
    bool peer_knows_eras;     /* it takes records with an era (R17) */
    bool peer_acks_late;      /* it knows DATA whose ACK may come late (B5) */
    bool awaited;             /* a promise waits, or may wait, for ACKs (R18) */
    bool comparing;           /* COMPARE came: LEAVES go out, DATA waits for WANT */
    bool compare_begun;       /* compare_tail is set */
    uint64_t compare_number;  /* of the neighbour's COMPARE */
    uint64_t compare_tail;    /* our tail when the first LEAVES was made (R13) */
    unsigned next_node;       /* the first node that no LEAVES has covered yet */
    digest_sum_t *peer_nodes; /* DIGEST_NODES of them while comparing; else NULL */
    link_leaves_t *leaves; /* in a repair: those wanted of entries up to leaves_until; else NULL */
    uint64_t leaves_until; /* index */
    trickle_t trickle;     /* when to audit (R15) */
} link_outgoing_t;

/* The neighbour's records to us. */
typedef struct {
    generation_t generation; /* of the list that was processed ... */
    uint64_t checkpoint;     /* ... up to here */
    uint64_t level;          /* see link_checkpoint_t */
    uint64_t session;
    uint64_t tail;           /* of its list when it said HELLO */
    uint64_t records;        /* that it had when it said HELLO */
    uint64_t reset_session;  /* the session that RESET answers */
    int64_t waited_ns;       /* steady: last ACK while the neighbour waits for its turn (R11) */
    int64_t fed_ns;          /* steady: HELLO, or the last DATA */
    int64_t late_ns;         /* steady: the first DATA whose ACK is late */
    uint64_t probe;          /* of the newest DATA that had one (R19) */
    digest_sum_t root;       /* its digest's, when it sent HELLO or AUDIT */
    uint64_t compare_number; /* of our newest COMPARE: LEAVES for an earlier one have no effect */
    uint64_t compared_tail;  /* the least tail in the LEAVES of this comparison */
    int64_t compare_ns;      /* steady: when the newest COMPARE was given out */
    link_leaves_t *leaves;   /* that differ; NULL while nothing is compared */
    uint64_t repair_until; /* up to this index only what differs comes: not to resume from (R14) */
    uint64_t audited;      /* of its list: processed when the digests differed (R15) */
    uint64_t repaired;     /* records that the present repair brought */
    uint64_t audit_tail;   /* tail of our own list when AUDIT came */
    int64_t audit_ns;      /* steady: when it came */
    unsigned next_node;    /* the first node that no LEAVES has covered yet */
    bool known;            /* generation and checkpoint are set */
    bool open;             /* session is set */
    bool fed;              /* DATA has come in it */
    bool from_start;       /* WANT says "since none" */
    bool waits;            /* its list is asked for when that of another neighbour is here (R11) */
    bool lacking;          /* a record found no room here: not all that was processed is here */
    bool has_root;         /* root is set */
    bool comparing;        /* LEAVES are awaited */
    bool of_audit;         /* this comparison, or the repair after it, comes from an AUDIT */
    bool nak_sent;         /* for the present gap */
    bool want_due;
    bool refuse_due;
    bool reset_due;
    bool nak_due;
    bool ack_due;
    bool ack_late;    /* ACK is due, but not at once (B5) */
    bool clock_due;   /* ACK is to say our clock */
    bool compare_due; /* COMPARE is to be sent when our digest is complete */
    bool audit_due;   /* AUDIT came, and waits for our digest */
} link_incoming_t;

struct link {
    store_t *store;
    link_kind_t kind;
    const link_sink_t *sink; /* NULL but at a follower */
    link_group_t *group;     /* NULL: none */
    char *herd;
    char *member;
    char *neighbour;
    generation_t generation; /* ours */
    bool has_parent;         /* see link_identity_t */
    link_checkpoint_t parent;
    uint32_t mark;     /* bit, 0: no mark */
    size_t batch_size; /* see link_identity_t */
    link_outgoing_t out;
    link_incoming_t in;
    link_counters_t counters;
    offset_t clock;                /* the neighbour's minus ours (R19) */
    char reason[LINK_REASON_SIZE]; /* of the last REFUSED */
    size_t reason_size;            /* bytes */
    buffer_t header;               /* of the message given out last */
    buffer_t body;
};

/* The digest's name in HELLO and WANT: only digests of the same name are compared. */
#define LINK_DIGEST_NAME "xxh3-128"

/* link_parts.c */

/* Enters a state of the sending half, as if just heard of. */
void link_enter_state(link_t *self, link_state_t state, int64_t steady_ns);

/* Begins a message of `session`: its header, an empty body. */
void link_start_message(link_t *self, uint64_t session);

/* Append to header or body, which have room for it; link_put writes less than LIMIT_HEADER_SIZE
 * bytes. */
void link_put_text(buffer_t *out, text_t text);
void link_put_sum(buffer_t *out, digest_sum_t sum);
void link_put(buffer_t *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The message begun last, complete; borrows. */
message_t link_message_of(link_t *self, message_type_t type);

/* Counts a message that is dropped; returns LINK_BAD. */
link_event_t link_bad_message(link_t *self);

/* No WANT, NAK or ACK is due: the session that they would be of has ended. */
void link_forget_answers(link_incoming_t *in);

/* The generation in a HELLO or WANT; false if absent or malformed. */
bool link_read_generation(text_t body, generation_t *ret_generation);

/* Whether a HELLO or WANT says that its sender compares digests as we do. */
bool link_says_digest(text_t body);

/* link_outgoing.c: where all that is left to send came from the neighbour, our cursor passes it at
 * once, before more comes in between. */
void link_pass_run(link_t *self);

/* link_compare.c, as the receiver */

/* Begins a comparison: COMPARE is due. */
void link_compare_start(link_t *self, bool of_audit);

/* Ends one, without result. */
void link_compare_stop(link_t *self);

/* Whether to compare with a neighbour that has `records` records, rather than take its whole list
 * (R13). */
bool link_compare_pays(const link_t *self, uint64_t records);

/* Writes COMPARE if it is due and our digest is complete. If the roots are equal, WANT is due
 * instead. */
bool link_write_compare(link_t *self);

/* Takes LEAVES; after the last of them WANT is due. */
link_event_t link_take_leaves(link_t *self, const message_t *message);

/* Writes the `leaves` of WANT. */
void link_write_leaves(link_t *self);

/* Takes AUDIT. */
link_event_t link_take_audit(link_t *self, const message_t *message, int64_t steady_ns);

/* Decides an AUDIT that waited for our digest: a comparison begins if the roots differ. */
void link_finish_audit(link_t *self);

/* link_compare.c, as the sender */

/* Takes COMPARE. */
link_event_t link_take_compare(link_t *self, uint64_t number, text_t body, int64_t steady_ns);

/* Writes the next LEAVES; false if our digest is not complete yet or all nodes are covered. */
bool link_write_node_leaves(link_t *self);

/* Takes the `leaves` of WANT; false if they are malformed. */
bool link_take_wanted_leaves(link_t *self, text_t body);

/* Whether to send an entry: in a repair by its leaf, else by its marks. */
bool link_is_wanted(const link_t *self, const store_entry_t *entry);

/* Forgets which leaves were wanted. */
void link_drop_leaves(link_t *self);

/* Ends the sender's half of a comparison. */
void link_compare_end(link_t *self);

/* Whether to send AUDIT, once the digest is complete. */
bool link_audit_is_due(link_t *self, int64_t steady_ns);

/* Writes AUDIT; our digest is complete. */
void link_write_audit(link_t *self);

#endif
