/* herdctl top: what members do, again and again. On a terminal each block is drawn over the last
 * one, until q is pressed; elsewhere one block follows the other. Rates are between two surveys; a
 * member that was restarted in between has none. */
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/program/signals.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/json.h"
#include "deploy/herdctl/frame/table.h"
#include "deploy/herdctl/survey/report_json.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum {
    COUNT_MAX = 1000000000,
    MIB = 1048576,
};

/* What is shown per second. */
typedef enum {
    RATE_POSITIONS,
    RATE_LOOKUPS,
    RATE_INVALID,
    RATE_TAKEN, /* records of neighbours */
    RATE_CPU,   /* ns */
    RATES
} rate_t;

/* The counters of one member at one time. */
typedef struct {
    bool known;
    int64_t since_ns; /* when it started: if that differs, counters began anew */
    int64_t taken_ns; /* steady */
    int64_t counts[RATES];
} sample_t;

typedef struct {
    herdctl_survey_t *survey;
    sample_t *before; /* one for each member */
    sample_t *now;
    int64_t interval_ns;
    uint64_t rounds; /* 0: until a signal or q ends it */
    bool json;
    bool terminal;           /* draw over the last block */
    bool keys;               /* stdin is a terminal that gives single keys */
    struct termios restored; /* as the terminal was before */
    int signals;             /* signalfd */
} top_t;

static sample_t sample_of(const herdctl_report_t *report, int64_t taken_ns)
{
    const herdctl_value_t *figures = report->figures;
    sample_t sample = {.known = report->answered,
                       .since_ns = figures[HERDCTL_MEMBER_SINCE].value,
                       .taken_ns = taken_ns,
                       .counts = {[RATE_POSITIONS] = figures[HERDCTL_MEMBER_POSITIONS].value,
                                  [RATE_LOOKUPS] = figures[HERDCTL_MEMBER_LOOKUPS].value,
                                  [RATE_INVALID] = figures[HERDCTL_MEMBER_INVALID].value,
                                  [RATE_CPU] = figures[HERDCTL_MEMBER_CPU].value}};
    for (size_t i = 0; i < report->link_count; i++) {
        int64_t *taken = &sample.counts[RATE_TAKEN];
        if (__builtin_add_overflow(*taken, report->links[i].figures[HERDCTL_LINK_NEWER].value,
                                   taken)) {
            *taken = INT64_MAX;
        }
    }
    return sample;
}

/* The rate per second between two samples; false if there is none. */
static bool rate_of(const sample_t *before, const sample_t *now, rate_t rate, double *ret_rate)
{
    int64_t elapsed_ns = now->taken_ns - before->taken_ns;
    if (!before->known || !now->known || before->since_ns != now->since_ns || elapsed_ns <= 0 ||
        now->counts[rate] < before->counts[rate]) {
        return false;
    }
    *ret_rate = (double)(now->counts[rate] - before->counts[rate]) * (double)TIMESTAMP_NS_PER_S /
                (double)elapsed_ns;
    return true;
}

static void add_rate(herdctl_table_t *table, const top_t *self, size_t index, rate_t rate)
{
    double value;
    if (rate_of(&self->before[index], &self->now[index], rate, &value)) {
        herdctl_table_add(table, HERDCTL_PLAIN, "%.0f", value);
    } else {
        herdctl_table_add(table, HERDCTL_PLAIN, "-");
    }
}

static void add_cpu(herdctl_table_t *table, const top_t *self, size_t index)
{
    double value;
    if (rate_of(&self->before[index], &self->now[index], RATE_CPU, &value)) {
        herdctl_table_add(table, HERDCTL_PLAIN, "%.1f", value * 100 / (double)TIMESTAMP_NS_PER_S);
    } else {
        herdctl_table_add(table, HERDCTL_PLAIN, "-");
    }
}

static const herdctl_column_t columns[] = {
    {"MEMBER", false},   {"STATE", false},    {"CLIENTS", true}, {"POSITIONS/S", true},
    {"LOOKUPS/S", true}, {"INVALID/S", true}, {"TAKEN/S", true}, {"RECORDS", true},
    {"LINKS", true},     {"LAG", true},       {"CPU %", true},   {"MIB", true},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static void add_row(herdctl_table_t *table, const top_t *self, size_t index)
{
    const herdctl_report_t *report = &self->survey->reports[index];
    const herdctl_value_t *figures = report->figures;
    long long links = figures[HERDCTL_MEMBER_LINKS].value;
    long long links_up = figures[HERDCTL_MEMBER_LINKS_UP].value;
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", self->survey->members[index]->name);
    herdctl_table_add(table, report->answered ? HERDCTL_GOOD : HERDCTL_BAD, "%s",
                      herdctl_report_state_text(report));
    if (!report->answered) {
        for (size_t i = 2; i < COLUMNS; i++) {
            herdctl_table_add(table, HERDCTL_PLAIN, "-");
        }
        return;
    }
    herdctl_table_add(table, HERDCTL_PLAIN, "%lld",
                      (long long)figures[HERDCTL_MEMBER_CLIENTS].value);
    add_rate(table, self, index, RATE_POSITIONS);
    add_rate(table, self, index, RATE_LOOKUPS);
    add_rate(table, self, index, RATE_INVALID);
    add_rate(table, self, index, RATE_TAKEN);
    herdctl_table_add(table, HERDCTL_PLAIN, "%lld",
                      (long long)figures[HERDCTL_MEMBER_RECORDS].value);
    herdctl_table_add(table, links_up == links ? HERDCTL_PLAIN : HERDCTL_BAD, "%lld/%lld", links_up,
                      links);
    herdctl_table_add(table, HERDCTL_PLAIN, "%lld", (long long)herdctl_report_lag(report));
    add_cpu(table, self, index);
    herdctl_table_add(table, HERDCTL_PLAIN, "%lld",
                      (long long)figures[HERDCTL_MEMBER_RESIDENT].value / MIB);
}

static void print_block(const top_t *self)
{
    char time[TIMESTAMP_ISO8601_SIZE];
    herdctl_table_t *table = herdctl_table_new(columns, COLUMNS);
    for (size_t i = 0; i < self->survey->count; i++) {
        add_row(table, self, i);
    }
    timestamp_write_iso8601(clock_now_ns(), time);
    /* Home, and clear to the end of the screen. */
    printf("%sherd %s, %.*s%s\n", self->terminal ? "\033[H\033[J" : "",
           self->survey->config->herd_name, TIMESTAMP_ISO8601_SIZE, time,
           self->keys ? ", q ends" : "");
    herdctl_table_print(table, stdout);
    if (!self->terminal) {
        puts("");
    }
    herdctl_table_destroy(&table);
}

static void print_line(const top_t *self)
{
    static const char *const keys[RATES] = {"positions_per_s", "lookups_per_s", "invalid_per_s",
                                            "taken_per_s", "cpu_per_s"};
    json_t *json = herdctl_json_new(self->survey->config);
    json_t *members = json_array();
    for (size_t i = 0; i < self->survey->count; i++) {
        json_t *object =
            herdctl_report_json(self->survey->members[i]->name, &self->survey->reports[i]);
        for (rate_t rate = 0; rate < RATES; rate++) {
            double value;
            bool known = rate_of(&self->before[i], &self->now[i], rate, &value);
            double unit = rate == RATE_CPU ? (double)TIMESTAMP_NS_PER_S : 1;
            json_object_set_new(object, keys[rate], known ? json_real(value / unit) : json_null());
        }
        json_array_append_new(members, object);
    }
    json_object_set_new(json, "members", members);
    json_dumpf(json, stdout, JSON_COMPACT);
    puts("");
    json_decref(json);
}

static void take(top_t *self)
{
    sample_t *before = self->before;
    self->before = self->now;
    self->now = before;
    (void)herdctl_survey_take(self->survey, HERDCTL_ANSWER_LIMIT_MS, false);
    for (size_t i = 0; i < self->survey->count; i++) {
        self->now[i] = sample_of(&self->survey->reports[i], self->survey->taken_ns);
    }
}

/* Waits until then. False if a signal or q ends the program: looked at even when it is late
 * already, as it is after every round of a herd that answers slowly. */
static bool wait_until_steady(const top_t *self, int64_t until_ns)
{
    struct pollfd items[] = {{.fd = self->signals, .events = POLLIN},
                             {.fd = self->keys ? STDIN_FILENO : -1, .events = POLLIN}};
    int64_t left_ns;
    do {
        char key;
        left_ns = until_ns - clock_steady_ns();
        int wait_ms =
            left_ns > 0 ? (int)((left_ns + TIMESTAMP_NS_PER_MS - 1) / TIMESTAMP_NS_PER_MS) : 0;
        if (poll(items, 2, wait_ms) <= 0) {
            continue;
        }
        bool ended = items[1].revents != 0 && (read(STDIN_FILENO, &key, 1) <= 0 || key == 'q');
        if (items[0].revents != 0 || ended) {
            return false;
        }
    } while (left_ns > 0);
    return true;
}

static void run(top_t *self)
{
    for (uint64_t i = 1; self->rounds == 0 || i <= self->rounds; i++) {
        int64_t next_ns = clock_steady_ns() + self->interval_ns;
        take(self);
        if (self->json) {
            print_line(self);
        } else {
            print_block(self);
        }
        fflush(stdout);
        if (i == self->rounds || ferror(stdout) || !wait_until_steady(self, next_ns)) {
            return;
        }
    }
}

/* Has the terminal give single keys, without echo. */
static void take_keys(top_t *self)
{
    self->terminal = !self->json && isatty(STDOUT_FILENO);
    self->keys =
        self->terminal && isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &self->restored) == 0;
    if (self->keys) {
        struct termios raw = self->restored;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
}

static herdctl_exit_t top(top_t *self, const herdctl_t *herdctl, options_operands_t names)
{
    static const int ends[] = {SIGTERM, SIGINT, 0};
    self->signals = signals_open(ends); /* before ZeroMQ starts its threads */
    self->survey = herdctl_survey_new(herdctl, names);
    if (self->survey == NULL) {
        close(self->signals);
        return HERDCTL_FAILED;
    }
    self->before = memory_new_array(self->survey->count, sizeof *self->before);
    self->now = memory_new_array(self->survey->count, sizeof *self->now);
    take_keys(self);
    run(self);
    if (self->keys) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &self->restored);
    }
    free(self->before);
    free(self->now);
    herdctl_survey_destroy(&self->survey);
    close(self->signals);
    return HERDCTL_OK;
}

herdctl_exit_t herdctl_top(const herdctl_t *self)
{
    top_t top_of = {.interval_ns = TIMESTAMP_NS_PER_S};
    const options_row_t rows[] = {
        {"count", "N", "end after so many rounds (default: go on)", .number = &top_of.rounds,
         .minimum = 1, .maximum = COUNT_MAX},
        {"interval", "SECONDS", "between one round and the next (default: 1)",
         .seconds_ns = &top_of.interval_ns},
        {0},
    };
    options_operands_t names;
    herdctl_exit_t result;
    if (!herdctl_command_read_members(self, rows, &top_of.json, &names, &result)) {
        return result;
    }
    return top(&top_of, self, names);
}
