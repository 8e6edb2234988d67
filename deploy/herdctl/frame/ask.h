/* ask.h - asks members something over their request sockets, and takes what they answer within a limit.
 *
 * docs/bus-protocol.md, S1 to S5. Owner: the command. Threads: one.
 * A member that cannot be reached, or does not answer, costs the limit and nothing else. Connections stay from one
 * question to the next; one that a question got no answer over is made anew for the next one.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_ASK_H
#define HERD_DEPLOY_HERDCTL_FRAME_ASK_H

#include "common/base/text.h"
#include "common/config/config.h"
#include "common/protocol/message.h"

#include <stddef.h>
#include <stdint.h>

typedef struct herdctl_ask herdctl_ask_t;

/* What an answer was worth. */
typedef enum {
    HERDCTL_ANSWER_COMPLETE, /* nothing more is wanted of this member */
    HERDCTL_ANSWER_AGAIN,    /* ask it once more, within the limit */
    HERDCTL_ANSWER_NONE,     /* it was none: go on waiting */
} herdctl_answer_t;

/* Takes the body of a REPORT, which is foreign and borrowed for the call. `index`: the member's, as in herdctl_ask_new.
 * `elapsed_ns`: since it was asked. */
typedef herdctl_answer_t herdctl_answer_fn(void *argument, size_t index, text_t body,
                                           int64_t elapsed_ns);

/* A question (open value struct; all borrowed for the call). */
typedef struct {
    message_type_t type;
    text_t body;
    int64_t limit_ms; /* for all of it */
    int64_t pause_ms; /* after a member was asked, before another one is; 0: all at once */
    size_t enough;    /* complete answers that end it; 0: those of all */
    herdctl_answer_fn *take;
    void *argument; /* for `take` */
} herdctl_question_t;

/* Begins to connect to `count` members, whose array is copied; the members are borrowed, and `config` for the call. NULL,
 * and said so, where there are no keys to do so with: then nothing is known of anybody. A member whose public key is missing
 * is named, and never answers. Caller frees with herdctl_ask_destroy. */
herdctl_ask_t *herdctl_ask_new(const config_t *config, const config_member_t *const *members,
                               size_t count);

/* Closes the connections, frees it, clears the pointer; NULL is fine. */
void herdctl_ask_destroy(herdctl_ask_t **self_p);

/* Asks all members, and returns when enough answers are complete, at the limit, or at a signal that has a handler. The number of complete answers. */
size_t herdctl_ask(herdctl_ask_t *self, const herdctl_question_t *question);

#endif
