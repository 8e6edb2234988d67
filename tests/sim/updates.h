/* updates.h - every update that a run makes: what the checks compare with.
 *
 * An update's number stands in the last decimals of its time text, which do not count
 * (client-protocol.md, T2): so any record says which update it is.
 * Owner: the herd. Threads: one.
 */
#ifndef HERD_TESTS_SIM_UPDATES_H
#define HERD_TESTS_SIM_UPDATES_H

#include "common/protocol/record.h"
#include "tests/sim/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct updates updates_t;

/* Number of an update, from 1; UPDATES_NONE: no update. */
typedef uint32_t update_number_t;
enum { UPDATES_NONE = 0, UPDATES_CLIENT_SIZE = 16, UPDATES_MAX = 100000000 };

/* Room for `maximum` updates of `client_count` clients. Caller frees with updates_destroy. */
updates_t *updates_new(size_t maximum, size_t client_count);
void updates_destroy(updates_t **self_p);

/* What an update is made from (open value struct). */
typedef struct {
    size_t client;           /* number */
    text_t origin;           /* name of the member; borrowed as long as the updates live */
    int64_t client_time_ns;  /* 0 or more */
    int64_t receipt_time_ns; /* 0 or more */
} update_t;

/* Makes an update; returns its number. */
update_number_t updates_make(updates_t *self, const update_t *update, random_t *random);

/* Notes a tombstone that the member `origin` made; returns its number. `origin` is borrowed as long
 * as the updates live. */
update_number_t updates_add_tombstone(updates_t *self, size_t client, text_t origin,
                                      const record_t *tombstone);

/* The member that took an update has put it behind what it knew (store_update): notes the times and
 * the era of `record`. */
void updates_settle(updates_t *self, update_number_t number, const record_t *record);

/* The record of an update, borrowed; and the number of its client. */
const record_t *updates_record(const updates_t *self, update_number_t number);
size_t updates_client(const updates_t *self, update_number_t number);

/* The update that this record is, byte for byte; UPDATES_NONE if it is not one. An update that
 * outlived a tombstone (R17) has a number of its own for each era that it got. */
update_number_t updates_find(updates_t *self, const record_t *record);

/* The update as it was made, of which this is one in a later era; or it itself. */
update_number_t updates_origin(const updates_t *self, update_number_t number);

/* The greater of two updates of one client in the order of records; UPDATES_NONE is less than
 * all. */
update_number_t updates_greater(const updates_t *self, update_number_t one, update_number_t other);

/* Updates made, tombstones included; how many more there is room for; the number of clients. */
size_t updates_count(const updates_t *self);
size_t updates_room(const updates_t *self);
size_t updates_client_count(const updates_t *self);

/* Writes the name of a client; borrows `name`. */
text_t updates_client_name(size_t client, char name[UPDATES_CLIENT_SIZE]);

#endif
