/* herdctl forget: has the herd forget a client. One member is asked to (bus-protocol.md, S2): the
 * one that is named, or the first that answers; the tombstone floods from there. */
#include "common/protocol/report_keys.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/ask.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ANSWER_LIMIT_MS = 1000, /* for all of it */
    PATIENCE_MS = 300,      /* with a member; then another one is asked too */
};

/* What a member answered. */
typedef enum {
    ANSWER_NONE,
    ANSWER_FORGOTTEN,
    ANSWER_UNKNOWN, /* there was nothing to forget */
    ANSWER_NO_ROOM, /* the client is known, but there is no room for the tombstone */
} answer_t;

/* The first answer, and the index of its member. */
typedef struct {
    answer_t answer;
    size_t index;
} verdict_t;

/* forgotten 0 LF known 1 LF */
static answer_t read_report(text_t body)
{
    uint64_t forgotten;
    uint64_t known = 0;
    if (!message_number(body, report_keys_text(REPORT_KEY_FORGOTTEN), 1, &forgotten)) {
        return ANSWER_NONE;
    }
    (void)message_number(body, report_keys_text(REPORT_KEY_KNOWN), 1, &known);
    if (forgotten == 1) {
        return ANSWER_FORGOTTEN;
    }
    return known == 1 ? ANSWER_NO_ROOM : ANSWER_UNKNOWN;
}

static herdctl_answer_t take(void *argument, size_t index, text_t body, int64_t elapsed_ns)
{
    (void)elapsed_ns;
    verdict_t *verdict = argument;
    answer_t answer = read_report(body);
    if (answer == ANSWER_NONE) {
        return HERDCTL_ANSWER_NONE;
    }
    *verdict = (verdict_t){.answer = answer, .index = index};
    return HERDCTL_ANSWER_COMPLETE;
}

/* `member` is the one that answered, or the only one that was asked; otherwise NULL. */
static herdctl_exit_t print_answer(answer_t answer, text_t client, const char *member)
{
    char shown[HERDCTL_CLIENT_SHOWN];
    text_escape(client, shown, sizeof shown);
    switch (answer) {
    case ANSWER_FORGOTTEN:
        printf("%s is forgotten by %s, which tells the others\n", shown, member);
        return HERDCTL_OK;
    case ANSWER_UNKNOWN:
        fprintf(stderr, "herdctl: %s knows no client \"%s\"\n", member, shown);
        return HERDCTL_FAILED;
    case ANSWER_NO_ROOM:
        fprintf(stderr,
                "herdctl: %s knows \"%s\", but has no memory left to note that it is forgotten "
                "(max_memory)\n",
                member, shown);
        return HERDCTL_FAILED;
    case ANSWER_NONE: break;
    }
    if (member != NULL) {
        fprintf(stderr, "herdctl: %s did not answer\n", member);
    } else {
        fputs("herdctl: no member answered\n", stderr);
    }
    return HERDCTL_FAILED;
}

/* Asks members, one after the other, until one has answered. */
static verdict_t ask_for_it(herdctl_ask_t *ask, text_t client)
{
    verdict_t verdict = {.answer = ANSWER_NONE};
    text_t line;
    char *bytes = herdctl_ask_client_line(client, &line);
    herdctl_question_t question = {.type = MESSAGE_FORGET,
                                   .body = line,
                                   .limit_ms = ANSWER_LIMIT_MS,
                                   .pause_ms = PATIENCE_MS,
                                   .enough = 1,
                                   .take = take,
                                   .argument = &verdict};
    (void)herdctl_ask(ask, &question); /* the verdict tells more */
    free(bytes);
    return verdict;
}

static herdctl_exit_t forget(herdctl_ask_t *ask, text_t client, bool of_one)
{
    size_t count;
    const config_member_t *const *members = herdctl_ask_members(ask, &count);
    verdict_t verdict = ask_for_it(ask, client);
    bool is_known = verdict.answer != ANSWER_NONE || of_one;
    return print_answer(verdict.answer, client, is_known ? members[verdict.index]->name : NULL);
}

herdctl_exit_t herdctl_forget(const herdctl_t *self)
{
    const herdctl_command_line_t line = {.operands_min = 1,
                                         .operands_max = 2,
                                         .operands = "forget takes a client, and a member or none"};
    options_operands_t operands;
    herdctl_exit_t result;
    if (!herdctl_command_read(self, &line, &operands, &result)) {
        return result;
    }
    char *bytes;
    text_t client;
    if (!herdctl_command_take_client(options_take_operand(&operands), &bytes, &client)) {
        return HERDCTL_USAGE;
    }
    herdctl_ask_t *ask = herdctl_ask_new(self, operands);
    result = ask != NULL ? forget(ask, client, operands.count > 0) : HERDCTL_FAILED;
    herdctl_ask_destroy(&ask);
    free(bytes);
    return result;
}
