/* herdctl ping: how long members take to answer a question that costs them nothing
 * (bus-protocol.md, S5): the way there and back through ZeroMQ, and the node's reactor, which may
 * be busy. A node that does not serve yet does not answer. */
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/ask.h"
#include "deploy/herdctl/frame/json.h"
#include "deploy/herdctl/frame/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ROUND_LIMIT_MS = 1000, /* an answer that has not come by then is lost */
    COUNT_DEFAULT = 5,
    COUNT_MAX = 10000,
};

static const int64_t interval_default_ns = 200 * TIMESTAMP_NS_PER_MS;

/* How long one member took to answer. */
typedef struct {
    int64_t *times_ns; /* `answered` of them, with room for all rounds; sorted at the end */
    size_t answered;
} member_times_t;

/* All members. */
typedef struct {
    const config_member_t *const *members; /* borrowed */
    member_times_t *times;                 /* one for each */
    size_t member_count;
    uint64_t rounds;
    int64_t interval_ns;
} ping_t;

static herdctl_answer_t take(void *argument, size_t index, text_t body, int64_t elapsed_ns)
{
    (void)body; /* all that counts is that it came */
    ping_t *self = argument;
    member_times_t *times = &self->times[index];
    times->times_ns[times->answered++] = elapsed_ns;
    return HERDCTL_ANSWER_COMPLETE;
}

static void wait_until_steady(int64_t until_ns)
{
    struct timespec until = {.tv_sec = until_ns / TIMESTAMP_NS_PER_S,
                             .tv_nsec = until_ns % TIMESTAMP_NS_PER_S};
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static int compare_times(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

static void run(ping_t *self, herdctl_ask_t *ask)
{
    herdctl_question_t question = {
        .type = MESSAGE_ECHO, .limit_ms = ROUND_LIMIT_MS, .take = take, .argument = self};
    for (uint64_t i = 0; i < self->rounds; i++) {
        int64_t next_ns = clock_steady_ns() + self->interval_ns;
        (void)herdctl_ask(ask, &question); /* `times` tell more */
        if (i + 1 < self->rounds) {
            wait_until_steady(next_ns);
        }
    }
    for (size_t i = 0; i < self->member_count; i++) {
        qsort(self->times[i].times_ns, self->times[i].answered, sizeof(int64_t), compare_times);
    }
}

static void add_times(herdctl_table_t *table, const member_times_t *times)
{
    const double ns_per_ms = 1e6;
    const size_t indices[] = {0, times->answered / 2, times->answered - 1};
    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++) {
        if (times->answered == 0) {
            herdctl_table_add(table, HERDCTL_PLAIN, "-");
        } else {
            herdctl_table_add(table, HERDCTL_PLAIN, "%.3f",
                              (double)times->times_ns[indices[i]] / ns_per_ms);
        }
    }
}

static void print_table(const ping_t *self)
{
    static const herdctl_column_t columns[] = {{"MEMBER", false}, {"SENT", true},   {"LOST", true},
                                               {"MIN MS", true},  {"MEDIAN", true}, {"MAX", true}};
    herdctl_table_t *table = herdctl_table_new(columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < self->member_count; i++) {
        uint64_t lost = self->rounds - self->times[i].answered;
        herdctl_table_add(table, HERDCTL_PLAIN, "%s", self->members[i]->name);
        herdctl_table_add(table, HERDCTL_PLAIN, "%llu", (unsigned long long)self->rounds);
        herdctl_table_add(table, lost > 0 ? HERDCTL_BAD : HERDCTL_PLAIN, "%llu",
                          (unsigned long long)lost);
        add_times(table, &self->times[i]);
    }
    herdctl_table_print(table, stdout);
    herdctl_table_destroy(&table);
}

static json_t *json_of_times(const ping_t *self, size_t index)
{
    const member_times_t *times = &self->times[index];
    json_t *object = json_object();
    json_object_set_new(object, "member", json_string(self->members[index]->name));
    json_object_set_new(object, "sent", json_integer((json_int_t)self->rounds));
    json_object_set_new(object, "lost", json_integer((json_int_t)(self->rounds - times->answered)));
    if (times->answered > 0) {
        json_object_set_new(object, "min_ns", json_integer(times->times_ns[0]));
        json_object_set_new(object, "median_ns",
                            json_integer(times->times_ns[times->answered / 2]));
        json_object_set_new(object, "max_ns", json_integer(times->times_ns[times->answered - 1]));
    }
    return object;
}

static void print_json(const ping_t *self, const config_t *config)
{
    json_t *json = herdctl_json_new(config);
    json_t *members = json_array();
    for (size_t i = 0; i < self->member_count; i++) {
        json_array_append_new(members, json_of_times(self, i));
    }
    json_object_set_new(json, "members", members);
    herdctl_json_print(json);
}

/* HERDCTL_OK if nothing was lost. */
static herdctl_exit_t ping(ping_t *self, herdctl_ask_t *ask, bool json)
{
    self->members = herdctl_ask_members(ask, &self->member_count);
    self->times = memory_new_array(self->member_count, sizeof *self->times);
    for (size_t i = 0; i < self->member_count; i++) {
        self->times[i].times_ns = memory_new_array(self->rounds, sizeof(int64_t));
    }
    run(self, ask);
    if (json) {
        print_json(self, herdctl_ask_config(ask));
    } else {
        print_table(self);
    }
    herdctl_exit_t result = HERDCTL_OK;
    for (size_t i = 0; i < self->member_count; i++) {
        result = self->times[i].answered < self->rounds ? HERDCTL_FAILED : result;
        free(self->times[i].times_ns);
    }
    free(self->times);
    return result;
}

herdctl_exit_t herdctl_ping(const herdctl_t *self)
{
    bool json;
    ping_t ping_of = {.rounds = COUNT_DEFAULT, .interval_ns = interval_default_ns};
    const options_row_t rows[] = {
        {"count", "N", "questions for each member (default: 5)", .number = &ping_of.rounds,
         .minimum = 1, .maximum = COUNT_MAX},
        {"interval", "SECONDS", "between one question and the next (default: 0.2)",
         .seconds_ns = &ping_of.interval_ns},
        {0},
    };
    options_operands_t names;
    herdctl_exit_t result;
    if (!herdctl_command_read_members(self, rows, &json, &names, &result)) {
        return result;
    }
    herdctl_ask_t *ask = herdctl_ask_new(self, names);
    result = ask != NULL ? ping(&ping_of, ask, json) : HERDCTL_FAILED;
    herdctl_ask_destroy(&ask);
    return result;
}
