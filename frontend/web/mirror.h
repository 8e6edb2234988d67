/* mirror.h - the program's own copy of all positions, with an index of who is where.
 *
 * Owner: the program. Threads: the reactor's.
 * A follower (frontend/follower) keeps the copy; each change goes to the index of nearness and to
 * those who watch (watches.h). While the node is away all of it stays as it is and is read on.
 */
#ifndef HERD_FRONTEND_WEB_MIRROR_H
#define HERD_FRONTEND_WEB_MIRROR_H

#include "common/config/config.h"
#include "common/copy/copy.h"
#include "common/log/log.h"
#include "common/near/near.h"
#include "common/security/security.h"
#include "frontend/follower/follower.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

typedef struct mirror mirror_t;

/* A client's place before or after a change (open value struct). */
typedef struct {
    bool is_there;
    area_position_t position; /* canonical */
} mirror_place_t;

/* What one is made of (open value struct); it borrows everything until mirror_close. */
typedef struct {
    uv_loop_t *loop;
    log_t *log;
    const config_t *config;
    const config_member_t *member;
    size_t records_max;         /* bytes of records; 0: no bound */
    const security_t *security; /* NULL without keys */
    /* A client came, moved or went: `was` and `is` are its places. The copy may be read. */
    void (*changed)(void *argument, uint32_t number, const mirror_place_t *was,
                    const mirror_place_t *is);
    /* A client goes, which `changed` tells next. */
    void (*departed)(void *argument, uint32_t number, text_t client);
    void (*turned)(void *argument); /* messages of the node were taken, or its state has changed */
    void *argument;                 /* for these */
} mirror_settings_t;

/* Begins to follow. STATUS_SYSTEM: the endpoint is none, which is logged. Caller ends it with
 * mirror_close. */
status_t mirror_open(const mirror_settings_t *settings, mirror_t **ret_self) STATUS_MUST_USE;

/* Stops to follow, so that the loop can end; what is there can be read on. */
void mirror_stop(mirror_t *self);

/* Frees it, after the loop has ended. Clears the pointer; NULL is fine. */
void mirror_close(mirror_t **self_p);

void mirror_use_keys(mirror_t *self, const security_t *security);

copy_t *mirror_copy(mirror_t *self);
const near_t *mirror_near(const mirror_t *self);

/* Bytes that its records may take; 0: no bound. */
size_t mirror_records_max(const mirror_t *self);

/* Whether it has, or had once, all that a node has: it can be asked. */
bool mirror_is_ready(const mirror_t *self);

/* Whether it has all that the node had when the connection was made. */
bool mirror_is_level(const mirror_t *self);

/* How old what is read is, in seconds: 0 while the node sends. */
uint64_t mirror_age_s(const mirror_t *self);

/* Bytes of the longest text that mirror_fields makes, with its zero. */
enum { MIRROR_FIELDS_SIZE = 64 };

/* Writes the fields of an answer from the copy, each with its CR LF: that it is not to be kept,
 * and, while the node does not send or does not answer (`node_serves`), how old it is. */
void mirror_fields(const mirror_t *self, bool node_serves, char out[MIRROR_FIELDS_SIZE]);

#endif
