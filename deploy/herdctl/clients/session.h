/* session.h - what `export` and `watch` share: a member that is followed, and the loop in which
 * that happens.
 *
 * herdctl is a follower as herd-web is (bus-protocol.md, F rules): the same connection
 * (frontend/follower), the same copy (common/copy), which here has only what the command keeps.
 *
 * Owner: the command. Threads: the command's, beside ZeroMQ's.
 */
#ifndef HERD_DEPLOY_HERDCTL_CLIENTS_SESSION_H
#define HERD_DEPLOY_HERDCTL_CLIENTS_SESSION_H

#include "common/copy/copy.h"
#include "deploy/herdctl/frame/command.h"

#include <stdbool.h>
#include <stdint.h>

/* How it is (open value struct). */
typedef struct {
    const char *member;  /* that is followed; borrowed for the call, as the problem */
    const char *problem; /* why it is not; "": not known; foreign parts are escaped */
    bool up;             /* the member takes us as a follower */
    bool was_up;         /* it does, or did before */
    int64_t away_ns;     /* for how long it has not */
    copy_state_t copy;   /* `current`: all that the member has has come */
} herdctl_session_state_t;

/* What it is made of (open value struct); all borrowed for the call. Functions as in copy.h; those
 * that are NULL are not called. */
typedef struct {
    const herdctl_t *herdctl;
    const char *from; /* the member to follow; NULL: the first that answers */
    int signals;      /* a signalfd: one that is pending ends the session */
    bool (*keeps)(void *argument, const record_t *record, bool served);
    void (*changed)(void *argument, uint32_t number, const record_t *record, bool known);
    void (*removed)(void *argument, uint32_t number, text_t client);
    /* Messages came, or some time has passed: twenty times a second at least. False ends the
     * session. */
    bool (*turned)(void *argument, const herdctl_session_state_t *state);
    void *argument;
} herdctl_session_settings_t;

/* Finds the member, and follows it until the command or a signal ends that. False after the error
 * if it could not begin, or the member did not take us within five seconds. */
bool herdctl_session_run(const herdctl_session_settings_t *settings);

#endif
