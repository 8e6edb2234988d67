/* link_pair.h - one link, both ends in one process, messages carried by hand: for tests of
 * common/replication/link.h.
 *
 * The two members are "One", generation aaa.., and "Other", generation bbb... Owner: the test; one
 * pair at a time. Threads: one.
 */
#ifndef HERD_TESTS_SUPPORT_LINK_PAIR_H
#define HERD_TESTS_SUPPORT_LINK_PAIR_H

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/replication/link.h"
#include "common/store/store.h"

#include <stdbool.h>

#define SECOND TIMESTAMP_NS_PER_S

/* A member with a single neighbour (open). */
typedef struct {
    const char *name;
    generation_t generation;
    bool has_parent;          /* see link_identity_t */
    link_checkpoint_t parent; /* see link_identity_t */
    link_group_t *group;      /* see link_identity_t */
    store_t *store;
    link_t *link;
} pair_end_t;

/* Two members (open). */
typedef struct {
    pair_end_t one;
    pair_end_t other;
    int64_t now_ns;                  /* the time of everything */
    unsigned carried[MESSAGE_TYPES]; /* messages that were carried, by type */
    size_t carried_bytes;            /* their bodies */
} pair_t;

extern pair_t pair;

/* For cmocka: pair_open makes both members, with empty stores and links that are down. */
int pair_open(void **state);
int pair_close(void **state);

/* Begins a new life, with a generation of this digit; ends it. */
void pair_start_end(pair_end_t *end, const char *name, const char *neighbour, char generation);
void pair_stop_end(pair_end_t *end);

/* Makes a new link of the same life, to `neighbour` in `herd`; it is down. */
void pair_make_link(pair_end_t *end, const char *neighbour, const char *herd);

/* Carries all answers of `receiver` back to `sender`; returns whether there were any. */
bool pair_carry_answers(pair_end_t *receiver, pair_end_t *sender);

/* Carries what `sender` has to say, and the answers, until it is silent. Computes digests when they
 * are wanted. */
void pair_carry(pair_end_t *sender, pair_end_t *receiver);

/* pair_connect brings both links up; pair_reconnect makes both connections anew, a second later. */
void pair_connect(void);
void pair_reconnect(void);

/* Carries one HELLO; returns what it meant. */
link_event_t pair_say_hello(pair_end_t *sender, pair_end_t *receiver);

/* A message as a test writes it (open). */
typedef struct {
    message_type_t type;
    const char *header;
    const char *body;
} pair_message_t;

/* Gives each of these to `other`, which never had one before: each is LINK_BAD, and counted. */
void pair_expect_bad(const pair_message_t *messages, size_t count);

/* Room for the texts of one message (open). */
typedef struct {
    char header[LIMIT_HEADER_SIZE];
    char body[1024];
} pair_kept_t;

/* Moves the texts of a message, which must fit, to `kept`: the link's next one would overwrite
 * them. */
void pair_keep(message_t *message, pair_kept_t *kept);

/* pair_put updates a client at a time; pair_fill updates `count` of them, client0, client1, ... */
void pair_put(pair_end_t *end, const char *client, const char *time);
void pair_fill(pair_end_t *end, int count, const char *time);

/* Whether `client` is there with that time. */
bool pair_has(const pair_end_t *end, const char *client, const char *time);

#endif
