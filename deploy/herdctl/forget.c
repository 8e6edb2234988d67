/* herdctl forget: has the herd forget a client. One member is told (bus-protocol.md, S2): the one that is named, or the
 * first that answers; the tombstone floods from there. */
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/ask.h"
#include "deploy/herdctl/frame/command.h"
#include "deploy/herdctl/frame/options.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ANSWER_LIMIT_MS = 1000, /* for all of it */
    PATIENCE_MS = 300,      /* with a member that was told; then another is told too */
};

/* What a member said. */
typedef enum {
    ANSWER_NONE,
    ANSWER_FORGOTTEN,
    ANSWER_UNKNOWN, /* there was nothing to forget */
    ANSWER_NO_ROOM, /* the client is known, but there is no room for the tombstone */
} answer_t;

/* The first answer, and whose it is. */
typedef struct {
    answer_t answer;
    size_t index;
} verdict_t;

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

/* `member` is whose answer it is, or of whom none came; NULL: of nobody. */
static herdctl_exit_t print_answer(answer_t answer, const char *client, const char *member)
{
    char shown[HERDCTL_CLIENT_SHOWN];
    text_escape(text_of(client), shown, sizeof shown);
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

/* Tells members, one after the other, until one has answered. */
static verdict_t tell(herdctl_ask_t *ask, const char *client)
{
    verdict_t verdict = {.answer = ANSWER_NONE};
    char *line = herdctl_client_line(client);
    herdctl_question_t question = {.type = MESSAGE_FORGET,
                                   .body = text_of(line),
                                   .limit_ms = ANSWER_LIMIT_MS,
                                   .pause_ms = PATIENCE_MS,
                                   .enough = 1,
                                   .take = take,
                                   .argument = &verdict};
    (void)herdctl_ask(ask, &question); /* the verdict says it */
    free(line);
    return verdict;
}

static herdctl_exit_t forget(const config_t *config, const char *client, char **names,
                             size_t name_count)
{
    size_t count;
    const config_member_t **members = herdctl_choose_members(config, names, name_count, &count);
    if (members == NULL) {
        return HERDCTL_FAILED;
    }
    herdctl_exit_t result = HERDCTL_FAILED;
    herdctl_ask_t *ask = herdctl_ask_new(config, members, count);
    if (ask != NULL) {
        verdict_t verdict = tell(ask, client);
        bool of_one = verdict.answer != ANSWER_NONE || name_count > 0;
        result = print_answer(verdict.answer, client, of_one ? members[verdict.index]->name : NULL);
    }
    herdctl_ask_destroy(&ask);
    free(members);
    return result;
}

herdctl_exit_t herdctl_forget(const herdctl_t *self, int argc, char **argv)
{
    const herdctl_option_t none[] = {{0}};
    if (!herdctl_take_options(none, &argc, argv)) {
        return HERDCTL_USAGE;
    }
    if (argc != 2 && argc != 3) {
        return herdctl_usage_error("forget takes a client, and a member or none");
    }
    if (!herdctl_is_client(argv[1])) {
        return HERDCTL_USAGE;
    }
    config_t *config = herdctl_load(self);
    if (config == NULL) {
        return HERDCTL_FAILED;
    }
    herdctl_exit_t result = forget(config, argv[1], argv + 2, (size_t)argc - 2);
    config_destroy(&config);
    return result;
}
