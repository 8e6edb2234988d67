/* publication.h - what a tap publishes: the topic frame and the meta frame.
 *
 * docs/bus-protocol.md, T2 to T5. Subscribers filter by the topic; the meta frame says whose tap it
 * is, when, and counts:
 *   in/Hands/DATA
 *   Goloman 1621464827959498503 4a7ae4bc31f5ee23 0.3.17 3.1.4
 *
 * Owner: values; texts borrow. Threads: any.
 */
#ifndef HERD_COMMON_PROTOCOL_PUBLICATION_H
#define HERD_COMMON_PROTOCOL_PUBLICATION_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Every kind: name in the code, first part of the topic. */
#define PUBLICATION_KIND_MAP(X)                                                                    \
    X(IN, "in")           /* a bus message received */                                             \
    X(OUT, "out")         /* a bus message sent */                                                 \
    X(REQUEST, "request") /* received on the request link */                                       \
    X(REPLY, "reply")     /* sent on the request link */                                           \
    X(APPLY, "apply")     /* a record that changed the store */                                    \
    X(LINK, "link")       /* something happened to a link */                                       \
    X(TAP, "tap")         /* the tap answers a subscription */

typedef enum {
#define PUBLICATION_ENUM(name, text) PUBLICATION_##name,
    PUBLICATION_KIND_MAP(PUBLICATION_ENUM)
#undef PUBLICATION_ENUM
        PUBLICATION_KINDS
} publication_kind_t;

/* Sets of kinds: one bit each. */
#define PUBLICATION_BIT(kind) (1U << (kind))
#define PUBLICATION_ALL       (PUBLICATION_BIT(PUBLICATION_KINDS) - 1)

/* Hex digits of a session. */
enum { PUBLICATION_SESSION_SIZE = 16 };

/* Topic and meta frame, taken apart (open value struct). */
typedef struct {
    publication_kind_t kind;
    text_t peer;     /* neighbour or front-end; of APPLY the client, of TAP the rest of the topic */
    text_t type;     /* of the message, or the event; empty in APPLY and TAP */
    text_t member;   /* whose tap it is */
    text_t session;  /* of the tap */
    text_t counts;   /* for publication_take_count */
    int64_t time_ns; /* POSIX */
} publication_t;

/* The messages that a subscription was sent (open value struct). */
typedef struct {
    uint64_t length;  /* bytes of the prefix that was subscribed to */
    uint64_t opening; /* new each time that it gets its first subscriber */
    uint64_t number;  /* of this message among those since the opening, from 1 */
} publication_count_t;

/* "in" for PUBLICATION_IN; never NULL. */
const char *publication_kind_text(publication_kind_t kind);

/* The kind of that text; false if there is none. */
bool publication_kind_parse(text_t text, publication_kind_t *ret_kind);

/* The kinds, as bits, that a topic beginning with `prefix` may be of. */
unsigned publication_kinds(text_t prefix);

/* Writes the topic anew; `type` may be empty. STATUS_FULL past the buffer's maximum, which leaves
 * it empty. */
status_t publication_write_topic(publication_kind_t kind, text_t peer, const char *type,
                                 buffer_t *out) STATUS_MUST_USE;

/* publication_write_meta writes the meta frame anew, without counts; publication_append_count
 * appends a count to it. STATUS_FULL past the buffer's maximum, with nothing appended. */
status_t publication_write_meta(text_t member, int64_t time_ns, text_t session,
                                buffer_t *out) STATUS_MUST_USE;
status_t publication_append_count(const publication_count_t *count, buffer_t *out) STATUS_MUST_USE;

/* Parses topic and meta. STATUS_INVALID if they are not of this form. */
status_t publication_parse(text_t topic, text_t meta, publication_t *ret_self) STATUS_MUST_USE;

/* Cuts the next count off the front of `counts`; fields of another form are passed over. False if
 * no count is left. */
bool publication_take_count(text_t *counts, publication_count_t *ret_count);

#endif
