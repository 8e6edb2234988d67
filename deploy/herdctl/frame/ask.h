/* ask.h - asks members a question over their request sockets, and takes their answers within a
 * limit.
 *
 * docs/bus-protocol.md, S1 to S6. Owner: the command. Threads: one. A member that cannot be
 * reached, or does not answer, costs the limit and nothing else. Connections stay open from one
 * question to the next; one that a question got no answer over is made anew for the next.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_ASK_H
#define HERD_DEPLOY_HERDCTL_FRAME_ASK_H

#include "common/base/text.h"
#include "common/protocol/message.h"
#include "deploy/herdctl/frame/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct herdctl_ask herdctl_ask_t;

/* What an answer was worth. */
typedef enum {
    HERDCTL_ANSWER_COMPLETE, /* nothing more is wanted of this member */
    HERDCTL_ANSWER_AGAIN,    /* ask it once more, within the limit */
    HERDCTL_ANSWER_NONE,     /* not an answer to this question: go on waiting */
} herdctl_answer_t;

/* Takes the body of a REPORT, which is foreign and borrowed for the call. `index`: of the member,
 * as in herdctl_ask_members. `elapsed_ns`: since it was asked. */
typedef herdctl_answer_t herdctl_answer_fn(void *argument, size_t index, text_t body,
                                           int64_t elapsed_ns);

/* A question (open value struct; all borrowed for the call). */
typedef struct {
    message_type_t type;
    text_t body;
    int64_t limit_ms; /* for all members together */
    int64_t pause_ms; /* between asking one member and the next; 0: all at once */
    size_t enough;    /* complete answers that end it; 0: those of all */
    bool silent;      /* leave it to the command to tell what herdctl_ask_problem says */
    herdctl_answer_fn *take;
    void *argument; /* for `take` */
} herdctl_question_t;

/* Reads the herd file, and begins to connect to the members with these names, to all without names.
 * A member whose public key is missing is named on stderr, and never answers. NULL, with the reason
 * on stderr, if the file has an error or no member of such a name, or if there are no keys to
 * connect with. Caller frees with herdctl_ask_destroy. */
herdctl_ask_t *herdctl_ask_new(const herdctl_t *herdctl, options_operands_t names);

/* Closes the connections, frees it, clears the pointer; NULL is fine. */
void herdctl_ask_destroy(herdctl_ask_t **self_p);

/* The herd file. Borrowed. */
const config_t *herdctl_ask_config(const herdctl_ask_t *self);

/* Our public key; "" in a herd without keys. Borrowed. */
const char *herdctl_ask_key(const herdctl_ask_t *self);

/* The members that are asked, each once. Borrowed. */
const config_member_t *const *herdctl_ask_members(const herdctl_ask_t *self, size_t *ret_count);

/* Why this end cannot ask that member, found by the last question: "our key is refused". NULL if it
 * has answered, or no reason is known. Borrowed until the next question. */
const char *herdctl_ask_problem(const herdctl_ask_t *self, size_t index);

/* Closes all connections; the next question opens them again. For programs that ask now and then:
 * between questions nothing should come, and by no connection nothing can. */
void herdctl_ask_rest(herdctl_ask_t *self);

/* Asks all members. Why one cannot be asked is told on stderr, once. Returns when enough answers
 * are complete, at the limit, or at a signal that has a handler. The result is the number of
 * complete answers. */
size_t herdctl_ask(herdctl_ask_t *self, const herdctl_question_t *question);

/* The body of a question about a client: its ID and an LF. The caller frees what is returned, from
 * which `*ret_line` borrows, with free(). */
char *herdctl_ask_client_line(text_t client, text_t *ret_line);

#endif
