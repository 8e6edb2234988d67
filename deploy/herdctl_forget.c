/* herdctl forget: has the herd forget a client. One member is told (bus-protocol.md, S2): the one that is named, or the
 * first that answers; the tombstone floods from there. */
#include "common/memory.h"
#include "common/message.h"
#include "common/timestamp.h"
#include "deploy/herdctl.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ANSWER_LIMIT_MS = 1000, /* for all of it */
    PATIENCE_MS = 300,      /* with a member that was told; then another is told too */
    SHOWN_SIZE = 128,       /* of the client in messages */
};

/* What a member said. */
typedef enum {
    ANSWER_NONE,
    ANSWER_FORGOTTEN,
    ANSWER_UNKNOWN, /* there was nothing to forget */
    ANSWER_NO_ROOM, /* the client is known, but there is no room for the tombstone */
} answer_t;

/* A member that may be told. */
typedef struct {
    const config_member_t *member;
    void *socket;
    bool told;
} candidate_t;

/* All of them, and the question. */
typedef struct {
    candidate_t *candidates;
    zmq_pollitem_t *items; /* one for each */
    size_t count;
    text_t body;          /* of FORGET */
    int64_t next_tell_ns; /* steady: when another one may be told */
} question_t;

/* forgotten 0 LF known 1 LF */
static answer_t read_report(text_t body)
{
    uint64_t forgotten;
    uint64_t known = 0;
    if (!message_number(body, "forgotten", 1, &forgotten)) {
        return ANSWER_NONE;
    }
    (void)message_number(body, "known", 1, &known);
    if (forgotten == 1) {
        return ANSWER_FORGOTTEN;
    }
    return known == 1 ? ANSWER_NO_ROOM : ANSWER_UNKNOWN;
}

static answer_t receive(void *socket)
{
    answer_t answer = ANSWER_NONE;
    message_inbound_t inbound;
    status_t status = message_receive(socket, false, &inbound);
    if (status == STATUS_OK && inbound.message.type == MESSAGE_REPORT) {
        answer = read_report(inbound.message.body);
    }
    if (status != STATUS_AGAIN && status != STATUS_SYSTEM) {
        message_inbound_done(&inbound);
    }
    return answer;
}

/* Tells it, where it is not too early for that. */
static void tell(question_t *self, candidate_t *candidate)
{
    const message_t message = {.type = MESSAGE_FORGET, .body = self->body};
    int64_t now_ns = timestamp_steady_ns();
    if (now_ns >= self->next_tell_ns &&
        message_send(candidate->socket, (text_t){0}, &message) == STATUS_OK) {
        candidate->told = true;
        self->next_tell_ns = now_ns + PATIENCE_MS * TIMESTAMP_NS_PER_MS;
    }
}

/* Waits until one has an answer, or one may be told. False at the end of the time. */
static bool wait_for_some(question_t *self, int64_t end_ns)
{
    int64_t now_ns = timestamp_steady_ns();
    bool may_tell = now_ns >= self->next_tell_ns;
    int64_t until_ns = may_tell || self->next_tell_ns > end_ns ? end_ns : self->next_tell_ns;
    for (size_t i = 0; i < self->count; i++) {
        const candidate_t *candidate = &self->candidates[i];
        short events = 0;
        if (candidate->told) {
            events = ZMQ_POLLIN;
        } else if (may_tell) {
            events = ZMQ_POLLOUT;
        }
        self->items[i] = (zmq_pollitem_t){.socket = candidate->socket, .events = events};
    }
    /* Rounded up: what is due in less than a millisecond is no reason to come back before. */
    long wait_ms = (long)((until_ns - now_ns + TIMESTAMP_NS_PER_MS - 1) / TIMESTAMP_NS_PER_MS);
    return now_ns < end_ns && zmq_poll(self->items, (int)self->count, wait_ms) >= 0;
}

/* The first answer, and whose it is. */
static answer_t await(question_t *self, const config_member_t **ret_member)
{
    int64_t end_ns = timestamp_steady_ns() + ANSWER_LIMIT_MS * TIMESTAMP_NS_PER_MS;
    while (self->count > 0 && wait_for_some(self, end_ns)) {
        for (size_t i = 0; i < self->count; i++) {
            candidate_t *candidate = &self->candidates[i];
            if ((self->items[i].revents & ZMQ_POLLOUT) != 0) {
                tell(self, candidate);
                continue;
            }
            answer_t answer = (self->items[i].revents & ZMQ_POLLIN) != 0
                                  ? receive(candidate->socket)
                                  : ANSWER_NONE;
            if (answer != ANSWER_NONE) {
                *ret_member = candidate->member;
                return answer;
            }
        }
    }
    return ANSWER_NONE;
}

/* Leaves out who cannot be connected to. */
static void add_candidate(question_t *self, void *context, const config_member_t *member)
{
    void *socket = herdctl_connect(context, member);
    if (socket != NULL) {
        self->candidates[self->count++] = (candidate_t){.member = member, .socket = socket};
    }
}

/* Asks `only`, or where that is NULL any member. */
static answer_t ask_members(const config_t *config, const config_member_t *only, text_t body,
                            const config_member_t **ret_member)
{
    void *context = zmq_ctx_new();
    question_t question = {.candidates =
                               memory_new_array(config->member_count, sizeof(candidate_t)),
                           .items = memory_new_array(config->member_count, sizeof(zmq_pollitem_t)),
                           .body = body};
    for (size_t i = 0; i < config->member_count; i++) {
        if (only == NULL || only == &config->members[i]) {
            add_candidate(&question, context, &config->members[i]);
        }
    }
    answer_t answer = await(&question, ret_member);
    for (size_t i = 0; i < question.count; i++) {
        zmq_close(question.candidates[i].socket);
    }
    zmq_ctx_term(context);
    free(question.candidates);
    free(question.items);
    return answer;
}

/* `member` said it; ANSWER_NONE: it alone was to, or where that is NULL any. */
static herdctl_exit_t print_answer(answer_t answer, const char *client,
                                   const config_member_t *member)
{
    char shown[SHOWN_SIZE];
    text_escape(text_of(client), shown, sizeof shown);
    switch (answer) {
    case ANSWER_FORGOTTEN:
        printf("%s is forgotten by %s, which tells the others\n", shown, member->name);
        return HERDCTL_OK;
    case ANSWER_UNKNOWN:
        fprintf(stderr, "herdctl: %s knows no client \"%s\"\n", member->name, shown);
        return HERDCTL_FAILED;
    case ANSWER_NO_ROOM:
        fprintf(stderr,
                "herdctl: %s knows \"%s\", but has no memory left to note that it is forgotten "
                "(max_memory)\n",
                member->name, shown);
        return HERDCTL_FAILED;
    case ANSWER_NONE: break;
    }
    if (member != NULL) {
        fprintf(stderr, "herdctl: %s did not answer\n", member->name);
    } else {
        fputs("herdctl: no member answered\n", stderr);
    }
    return HERDCTL_FAILED;
}

static herdctl_exit_t forget(const config_t *config, const char *client, const char *name)
{
    const config_member_t *only = name != NULL ? config_member(config, name) : NULL;
    if (name != NULL && only == NULL) {
        fprintf(stderr, "herdctl: no member \"%s\" in %s\n", name, config->file);
        return HERDCTL_FAILED;
    }
    size_t size = strlen(client);
    char *body = memory_copy_text(client, size);
    body[size] = '\n'; /* where the zero was */
    const config_member_t *member = only;
    answer_t answer = ask_members(config, only, (text_t){.data = body, .size = size + 1}, &member);
    free(body);
    return print_answer(answer, client, member);
}

/* An ID is what stands between white space in the client's line. */
static bool is_client(const char *client)
{
    text_t rest = text_of(client);
    text_t field;
    return strchr(client, '\n') == NULL && text_take_field(&rest, &field) &&
           field.size == strlen(client);
}

herdctl_exit_t herdctl_forget(const herdctl_t *self, int argc, char **argv)
{
    int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
    if (first == 1 && argc > 1 && argv[1][0] == '-') {
        return herdctl_usage_error("forget knows no option %s", argv[1]);
    }
    if (argc != first + 1 && argc != first + 2) {
        return herdctl_usage_error("forget takes a client, and a member or none");
    }
    if (!is_client(argv[first])) {
        return herdctl_usage_error("the ID of a client is not empty, and has no white space in it");
    }
    config_t *config = herdctl_load(self);
    if (config == NULL) {
        return HERDCTL_FAILED;
    }
    herdctl_exit_t result = forget(config, argv[first], argv[first + 1]);
    config_destroy(&config);
    return result;
}
