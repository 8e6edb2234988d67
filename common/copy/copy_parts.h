/* copy_parts.h - what only the files of a copy share.
 *
 * copy.c: its life, what it takes, and reading. copy_step.c: what takes long, in steps.
 */
#ifndef HERD_COMMON_COPY_COPY_PARTS_H
#define HERD_COMMON_COPY_COPY_PARTS_H

#include "common/copy/copy.h"
#include "common/copy/numbers.h"
#include "common/store/digest.h"

/* What was asked for, and is compared with what came (R20). */
typedef enum {
    COPY_SURE,     /* nothing is here that the node does not have */
    COPY_ASKED,    /* the node sends its list, or a part of it, again */
    COPY_DROPPING, /* it has sent all: what it did not send goes */
} copy_doubt_t;

struct copy {
    copy_settings_t settings; /* its texts are `herd` and `follower` */
    char *herd;
    char *follower;
    store_t *store;
    numbers_t numbers;
    link_t *link; /* NULL before copy_follow */
    link_sink_t sink;
    copy_doubt_t doubt;
    uint64_t asked[DIGEST_LEAVES / 64]; /* leaves that are sent again, one bit each */
    uint32_t drop_next;                 /* DROPPING: the number to look at next */
    uint32_t expire_next;               /* the same, for expiry */
    int64_t gone_ns;   /* the latest age of a record that went, or was not taken, by expiry */
    bool wants_digest; /* somebody asked for it */
    int64_t heard_ns;  /* see copy_state_t, as the next ones */
    size_t served;
    uint64_t unstored;
    uint64_t received;
    uint64_t changes;
    uint64_t dropped;
    link_counters_t before; /* of links that are gone */
};

/* Whether a record is served now. */
bool copy_serves(const copy_t *self, const record_t *record);

/* Tells the watcher what has become of a number, whose record is this now. `changed`: also if it
 * was known and is served. */
void copy_show(copy_t *self, uint32_t number, const record_t *record, bool changed);

/* Removes the record of a number, and gives the number back. */
void copy_remove(copy_t *self, uint32_t number);

#endif
