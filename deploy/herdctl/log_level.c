/* herdctl log-level: which events running nodes log (bus-protocol.md, S4), until the next log-level
 * or their next start. */
#include "common/base/memory.h"
#include "common/log/level.h"
#include "common/protocol/report_keys.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/ask.h"
#include "deploy/herdctl/frame/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIMIT_MS = 1000,
    BODY_SIZE = 16, /* the longest level, and an LF */
};

/* What members answered. */
typedef struct {
    const config_member_t *const *members; /* borrowed */
    size_t count;
    log_level_t level;   /* that was asked for */
    log_level_t *before; /* one for each, if `set` */
    bool *set;           /* one for each: it answered */
} levels_t;

/* log_level warning LF before info LF */
static herdctl_answer_t take(void *argument, size_t index, text_t body, int64_t elapsed_ns)
{
    (void)elapsed_ns;
    levels_t *self = argument;
    text_t value;
    log_level_t level;
    log_level_t before;
    if (!message_value(body, report_keys_text(REPORT_KEY_LOG_LEVEL), &value) ||
        !log_level_parse(value, &level) || level != self->level ||
        !message_value(body, report_keys_text(REPORT_KEY_BEFORE), &value) ||
        !log_level_parse(value, &before)) {
        return HERDCTL_ANSWER_NONE;
    }
    self->set[index] = true;
    self->before[index] = before;
    return HERDCTL_ANSWER_COMPLETE;
}

static size_t set_all(levels_t *self, herdctl_ask_t *ask)
{
    char body[BODY_SIZE];
    int size = snprintf(body, sizeof body, "%s\n", log_level_text(self->level));
    herdctl_question_t question = {.type = MESSAGE_LOGLEVEL,
                                   .body = {.data = body, .size = (size_t)size},
                                   .limit_ms = LIMIT_MS,
                                   .take = take,
                                   .argument = self};
    return herdctl_ask(ask, &question);
}

static void print_lines(const levels_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->set[i]) {
            printf("%s: log level %s (before: %s)\n", self->members[i]->name,
                   log_level_text(self->level), log_level_text(self->before[i]));
        } else {
            fprintf(stderr, "herdctl: %s did not answer\n", self->members[i]->name);
        }
    }
}

static void print_json(const levels_t *self, const config_t *config)
{
    json_t *json = herdctl_json_new(config);
    json_t *members = json_array();
    for (size_t i = 0; i < self->count; i++) {
        json_t *object = json_object();
        json_object_set_new(object, "member", json_string(self->members[i]->name));
        json_object_set_new(object, "up", json_boolean(self->set[i]));
        if (self->set[i]) {
            json_object_set_new(object, "log_level", json_string(log_level_text(self->level)));
            json_object_set_new(object, "before", json_string(log_level_text(self->before[i])));
        }
        json_array_append_new(members, object);
    }
    json_object_set_new(json, "members", members);
    herdctl_json_print(json);
}

static herdctl_exit_t set_levels(levels_t *self, herdctl_ask_t *ask, bool json)
{
    self->members = herdctl_ask_members(ask, &self->count);
    self->before = memory_new_array(self->count, sizeof *self->before);
    self->set = memory_new_array(self->count, sizeof *self->set);
    size_t answered = set_all(self, ask);
    if (json) {
        print_json(self, herdctl_ask_config(ask));
    } else {
        print_lines(self);
    }
    free(self->before);
    free(self->set);
    return answered == self->count ? HERDCTL_OK : HERDCTL_FAILED;
}

herdctl_exit_t herdctl_log_level(const herdctl_t *self)
{
    static const char takes[] = "log-level takes error, warning or info, and members";
    bool json;
    const herdctl_command_line_t line = {
        .json = &json, .operands_min = 1, .operands_max = OPTIONS_MANY, .operands = takes};
    options_operands_t operands;
    herdctl_exit_t result;
    if (!herdctl_command_read(self, &line, &operands, &result)) {
        return result;
    }
    levels_t levels = {0};
    if (!log_level_parse(text_of(options_take_operand(&operands)), &levels.level)) {
        return herdctl_command_refuse("%s", takes);
    }
    herdctl_ask_t *ask = herdctl_ask_new(self, operands);
    result = ask != NULL ? set_levels(&levels, ask, json) : HERDCTL_FAILED;
    herdctl_ask_destroy(&ask);
    return result;
}
