/* herdctl reload: has members read the herd file again (bus-protocol.md, S6), and prints what they
 * report of it. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/protocol/report_keys.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/ask.h"
#include "deploy/herdctl/frame/json.h"
#include "deploy/herdctl/frame/table.h"

#include <stdio.h>
#include <stdlib.h>

/* A member reads its file in milliseconds; the largest possible one takes it a few seconds. */
enum { ANSWER_LIMIT_MS = 5000 };

/* What one member answered. */
typedef struct {
    char *body; /* a copy; NULL: nothing yet */
    size_t size;
    bool reloaded;
    bool has_keys; /* the next two were there: it is a herd with keys */
    uint64_t keys_new;
    uint64_t keys_revoked;
} outcome_t;

/* Lines of a REPORT, and how people see them. */
static const struct {
    const char *word; /* in front of the text */
    report_key_t key;
    bool to_stderr;
} lines[] = {
    {"", REPORT_KEY_CHANGED, false},
    {"restart needed: ", REPORT_KEY_RESTART, false},
    {"warning: ", REPORT_KEY_WARNING, true},
    {"error: ", REPORT_KEY_ERROR, true},
};

enum { LINE_KINDS = sizeof lines / sizeof lines[0] };

static bool take_key_count(text_t body, report_key_t key, uint64_t *ret_count)
{
    return message_number(body, report_keys_text(key), LIMIT_KEYS, ret_count);
}

static herdctl_answer_t take(void *argument, size_t index, text_t body, int64_t elapsed_ns)
{
    (void)elapsed_ns;
    outcome_t *outcome = &((outcome_t *)argument)[index];
    uint64_t reloaded;
    if (!message_number(body, report_keys_text(REPORT_KEY_RELOADED), 1, &reloaded)) {
        return HERDCTL_ANSWER_NONE;
    }
    outcome->reloaded = reloaded == 1;
    outcome->has_keys = take_key_count(body, REPORT_KEY_KEYS_NEW, &outcome->keys_new) &&
                        take_key_count(body, REPORT_KEY_KEYS_REVOKED, &outcome->keys_revoked);
    outcome->body = memory_copy_text(body.data, body.size);
    outcome->size = body.size;
    return HERDCTL_ANSWER_COMPLETE;
}

/* restart bus: "tcp://..." takes effect when the node is started anew */
static bool take_line(text_t *body, size_t *ret_kind, text_t *ret_text)
{
    text_t line;
    while (text_take_line(body, &line)) {
        text_t key;
        if (!text_take_until(&line, ' ', &key)) {
            continue;
        }
        for (size_t i = 0; i < LINE_KINDS; i++) {
            if (text_equal(key, text_of(report_keys_text(lines[i].key)))) {
                *ret_kind = i;
                *ret_text = line;
                return true;
            }
        }
    }
    return false;
}

/* Of a member that did not answer. Its answer is lost if the connection was cut before it left, as
 * when the key that is ours was revoked. */
static void print_silence(const char *member, const char *problem)
{
    if (problem != NULL) {
        fprintf(stderr,
                "herdctl: %s did not answer, and whether it has read its files again is not "
                "known: %s\n",
                member, problem);
    } else {
        fprintf(stderr, "herdctl: %s did not answer\n", member);
    }
}

static void print_refusal(const outcome_t *outcome, const char *member)
{
    if (outcome->keys_new > 0 || outcome->keys_revoked > 0) {
        fprintf(stderr,
                "%s: nothing of the herd file is in effect; of the keys %llu new and %llu revoked "
                "are\n",
                member, (unsigned long long)outcome->keys_new,
                (unsigned long long)outcome->keys_revoked);
    } else {
        fprintf(stderr, "%s: nothing has changed there\n", member);
    }
}

static void print_outcome(const outcome_t *outcome, const char *member, const char *problem)
{
    if (outcome->body == NULL) {
        print_silence(member, problem);
        return;
    }
    text_t body = {.data = outcome->body, .size = outcome->size};
    size_t kind;
    text_t text;
    bool printed = false;
    while (take_line(&body, &kind, &text)) {
        printed = true;
        FILE *file = lines[kind].to_stderr ? stderr : stdout;
        fprintf(file, "%s: %s", member, lines[kind].word);
        herdctl_table_print_escaped(file, text);
        fputc('\n', file);
    }
    if (!outcome->reloaded) {
        print_refusal(outcome, member);
    } else if (!printed) {
        printf("%s: nothing has changed\n", member);
    }
}

/* {"member": NAME, "answered": true, "reloaded": true, "changed": [...], "restart": [...], ...} */
static json_t *outcome_json(const outcome_t *outcome, const char *member)
{
    json_t *object = json_pack("{s:s, s:b, s:b}", "member", member, "answered",
                               outcome->body != NULL, "reloaded", outcome->reloaded);
    for (size_t i = 0; i < LINE_KINDS; i++) {
        json_object_set_new(object, report_keys_text(lines[i].key), json_array());
    }
    text_t body = {.data = outcome->body, .size = outcome->size};
    size_t kind;
    text_t text;
    while (take_line(&body, &kind, &text)) {
        json_array_append_new(json_object_get(object, report_keys_text(lines[kind].key)),
                              herdctl_json_text(text));
    }
    if (outcome->has_keys) {
        json_object_set_new(object, report_keys_text(REPORT_KEY_KEYS_NEW),
                            json_integer((json_int_t)outcome->keys_new));
        json_object_set_new(object, report_keys_text(REPORT_KEY_KEYS_REVOKED),
                            json_integer((json_int_t)outcome->keys_revoked));
    }
    return object;
}

static void print_all(const outcome_t *outcomes, const herdctl_ask_t *ask, bool json)
{
    size_t count;
    const config_member_t *const *members = herdctl_ask_members(ask, &count);
    json_t *array = json ? json_array() : NULL;
    for (size_t i = 0; i < count; i++) {
        if (json) {
            json_array_append_new(array, outcome_json(&outcomes[i], members[i]->name));
        } else {
            print_outcome(&outcomes[i], members[i]->name, herdctl_ask_problem(ask, i));
        }
    }
    if (json) {
        herdctl_json_print(array);
    }
}

static herdctl_exit_t reload(herdctl_ask_t *ask, bool json)
{
    size_t count;
    (void)herdctl_ask_members(ask, &count);
    outcome_t *outcomes = memory_new_array(count, sizeof *outcomes);
    const herdctl_question_t question = {
        .type = MESSAGE_RELOAD, .limit_ms = ANSWER_LIMIT_MS, .take = take, .argument = outcomes};
    (void)herdctl_ask(ask, &question); /* the outcomes tell more */
    print_all(outcomes, ask, json);
    herdctl_exit_t result = HERDCTL_OK;
    for (size_t i = 0; i < count; i++) {
        result = outcomes[i].reloaded ? result : HERDCTL_FAILED;
        free(outcomes[i].body);
    }
    free(outcomes);
    return result;
}

herdctl_exit_t herdctl_reload(const herdctl_t *self)
{
    bool json;
    options_operands_t names;
    herdctl_exit_t result;
    if (!herdctl_command_read_members(self, NULL, &json, &names, &result)) {
        return result;
    }
    herdctl_ask_t *ask = herdctl_ask_new(self, names);
    result = ask != NULL ? reload(ask, json) : HERDCTL_FAILED;
    herdctl_ask_destroy(&ask);
    return result;
}
