/* herdctl where: a client's record at each member (bus-protocol.md, S3), and whether they
 * differ. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/protocol/record.h"
#include "common/protocol/report_keys.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/ask.h"
#include "deploy/herdctl/frame/json.h"
#include "deploy/herdctl/frame/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_LIMIT_MS = 1000,
    SHOWN_SIZE = 64, /* of a position or time, escaped, and a zero */
};

/* What a member holds. */
typedef enum {
    HELD_SILENT,  /* it did not answer */
    HELD_UNKNOWN, /* it has no record */
    HELD_RECORD,
} held_t;

typedef struct {
    held_t held;
    bool served;     /* it answers WHATSATs */
    char *line;      /* the record's, owned; the texts of `record` borrow from it */
    record_t record; /* if `held` is HELD_RECORD */
} finding_t;

typedef struct {
    text_t client;
    const config_member_t *const *members; /* borrowed */
    finding_t *findings;                   /* one for each */
    size_t count;
    const record_t *newest; /* of all; NULL: no member has a record */
} where_t;

/* known 1 LF served 1 LF record AT Clark +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127
 * 1621464827.959498503 = LF */
static bool take_record(text_t client, text_t body, finding_t *finding)
{
    text_t line;
    uint64_t served = 0;
    if (!message_value(body, report_keys_text(REPORT_KEY_RECORD), &line)) {
        return false;
    }
    char *copy = memory_copy_text(line.data, line.size);
    record_t record;
    if (record_parse_bus_line((text_t){.data = copy, .size = line.size}, &record) != STATUS_OK ||
        !text_equal(record.client, client)) {
        free(copy);
        return false;
    }
    (void)message_number(body, report_keys_text(REPORT_KEY_SERVED), 1, &served);
    *finding =
        (finding_t){.held = HELD_RECORD, .served = served == 1, .line = copy, .record = record};
    return true;
}

static herdctl_answer_t take(void *argument, size_t index, text_t body, int64_t elapsed_ns)
{
    (void)elapsed_ns;
    where_t *self = argument;
    uint64_t known;
    if (!message_number(body, report_keys_text(REPORT_KEY_KNOWN), 1, &known)) {
        return HERDCTL_ANSWER_NONE;
    }
    if (known == 0) {
        self->findings[index].held = HELD_UNKNOWN;
        return HERDCTL_ANSWER_COMPLETE;
    }
    return take_record(self->client, body, &self->findings[index]) ? HERDCTL_ANSWER_COMPLETE
                                                                   : HERDCTL_ANSWER_NONE;
}

static void ask_all(where_t *self, herdctl_ask_t *ask)
{
    text_t line;
    char *bytes = herdctl_ask_client_line(self->client, &line);
    herdctl_question_t question = {.type = MESSAGE_WHERE,
                                   .body = line,
                                   .limit_ms = ANSWER_LIMIT_MS,
                                   .take = take,
                                   .argument = self};
    (void)herdctl_ask(ask, &question); /* the findings tell more */
    free(bytes);
    for (size_t i = 0; i < self->count; i++) {
        const finding_t *finding = &self->findings[i];
        if (finding->held == HELD_RECORD &&
            (self->newest == NULL || record_compare(&finding->record, self->newest) > 0)) {
            self->newest = &finding->record;
        }
    }
}

static bool is_newest(const where_t *self, const finding_t *finding)
{
    return finding->held == HELD_RECORD && record_compare(&finding->record, self->newest) == 0;
}

/* Numbers of members: that have the newest record, and that have answered. */
typedef struct {
    size_t newest;
    size_t answered;
} tally_t;

static tally_t tally(const where_t *self)
{
    tally_t counts = {0};
    for (size_t i = 0; i < self->count; i++) {
        counts.newest += is_newest(self, &self->findings[i]) ? 1 : 0;
        counts.answered += self->findings[i].held != HELD_SILENT ? 1 : 0;
    }
    return counts;
}

/* Whether all that answered have the same record. */
static bool all_agree(const where_t *self)
{
    tally_t counts = tally(self);
    return counts.newest > 0 && counts.newest == counts.answered;
}

/* How the record of a member compares to the newest one, or why it has none. */
static const char *verdict_of(const where_t *self, const finding_t *finding, bool agree)
{
    switch (finding->held) {
    case HELD_SILENT: return "no answer";
    case HELD_UNKNOWN: return "unknown";
    case HELD_RECORD: break;
    }
    if (!is_newest(self, finding)) {
        return "older";
    }
    return agree ? "same" : "newest";
}

/* Whether clients see the record, and why not. */
static const char *fate_of(const finding_t *finding)
{
    if (record_is_tombstone(&finding->record)) {
        return "forgotten";
    }
    return finding->served ? "served" : "expired";
}

static void write_difference(const record_t *record, char *out)
{
    int64_t difference_ns = record->receipt_time_ns - record->client_time_ns;
    out[timestamp_write_difference(difference_ns, out)] = '\0';
}

static void add_record(herdctl_table_t *table, const finding_t *finding)
{
    char position[SHOWN_SIZE];
    char client_time[SHOWN_SIZE];
    char difference[TIMESTAMP_DIFFERENCE_SIZE + 1];
    text_escape(finding->record.position, position, sizeof position);
    text_escape(finding->record.client_time, client_time, sizeof client_time);
    write_difference(&finding->record, difference);
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", fate_of(finding));
    herdctl_table_add(table, HERDCTL_PLAIN, "%.*s", (int)finding->record.origin.size,
                      finding->record.origin.data);
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", position[0] != '\0' ? position : "-");
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", client_time);
    herdctl_table_add(table, HERDCTL_PLAIN, "%s", difference);
}

static void print_table(const where_t *self)
{
    static const herdctl_column_t columns[] = {
        {"MEMBER", false},   {"RECORD", false},      {"STATE", false},      {"TAKEN BY", false},
        {"POSITION", false}, {"CLIENT TIME", false}, {"DIFFERENCE", false},
    };
    enum { COLUMNS = sizeof columns / sizeof columns[0] };
    bool agree = all_agree(self);
    herdctl_table_t *table = herdctl_table_new(columns, COLUMNS);
    for (size_t i = 0; i < self->count; i++) {
        const finding_t *finding = &self->findings[i];
        bool fine = finding->held == HELD_RECORD && is_newest(self, finding);
        herdctl_table_add(table, HERDCTL_PLAIN, "%s", self->members[i]->name);
        herdctl_table_add(table, fine ? HERDCTL_GOOD : HERDCTL_BAD, "%s",
                          verdict_of(self, finding, agree));
        if (finding->held == HELD_RECORD) {
            add_record(table, finding);
            continue;
        }
        for (size_t column = 2; column < COLUMNS; column++) {
            herdctl_table_add(table, HERDCTL_PLAIN, "-");
        }
    }
    herdctl_table_print(table, stdout);
    herdctl_table_destroy(&table);
}

static json_t *json_of_finding(const where_t *self, size_t index, bool agree)
{
    const finding_t *finding = &self->findings[index];
    json_t *object = json_object();
    json_object_set_new(object, "member", json_string(self->members[index]->name));
    json_object_set_new(object, "up", json_boolean(finding->held != HELD_SILENT));
    json_object_set_new(object, "record", json_string(verdict_of(self, finding, agree)));
    if (finding->held == HELD_RECORD) {
        char difference[TIMESTAMP_DIFFERENCE_SIZE + 1];
        write_difference(&finding->record, difference);
        json_object_set_new(object, "state", json_string(fate_of(finding)));
        json_object_set_new(object, "taken_by", herdctl_json_text(finding->record.origin));
        json_object_set_new(object, "position", herdctl_json_text(finding->record.position));
        json_object_set_new(object, "client_time", herdctl_json_text(finding->record.client_time));
        json_object_set_new(object, "difference", json_string(difference));
    }
    return object;
}

static void print_json(const where_t *self, const config_t *config)
{
    bool agree = all_agree(self);
    json_t *json = herdctl_json_new(config);
    json_t *members = json_array();
    for (size_t i = 0; i < self->count; i++) {
        json_array_append_new(members, json_of_finding(self, i, agree));
    }
    json_object_set_new(json, "client", herdctl_json_text(self->client));
    json_object_set_new(json, "agree", json_boolean(agree));
    json_object_set_new(json, "members", members);
    herdctl_json_print(json);
}

/* HERDCTL_OK if all have the same record. */
static herdctl_exit_t where(where_t *self, herdctl_ask_t *ask, bool json)
{
    self->members = herdctl_ask_members(ask, &self->count);
    self->findings = memory_new_array(self->count, sizeof *self->findings);
    ask_all(self, ask);
    if (json) {
        print_json(self, herdctl_ask_config(ask));
    } else {
        print_table(self);
    }
    herdctl_exit_t result =
        self->count > 0 && tally(self).newest == self->count ? HERDCTL_OK : HERDCTL_FAILED;
    for (size_t i = 0; i < self->count; i++) {
        free(self->findings[i].line);
    }
    free(self->findings);
    return result;
}

herdctl_exit_t herdctl_where(const herdctl_t *self)
{
    bool json;
    const herdctl_command_line_t line = {.json = &json,
                                         .operands_min = 1,
                                         .operands_max = OPTIONS_MANY,
                                         .operands = "where takes a client, and members"};
    options_operands_t operands;
    herdctl_exit_t result;
    if (!herdctl_command_read(self, &line, &operands, &result)) {
        return result;
    }
    char *bytes;
    where_t where_is = {.count = 0};
    if (!herdctl_command_take_client(options_take_operand(&operands), &bytes, &where_is.client)) {
        return HERDCTL_USAGE;
    }
    herdctl_ask_t *ask = herdctl_ask_new(self, operands);
    result = ask != NULL ? where(&where_is, ask, json) : HERDCTL_FAILED;
    herdctl_ask_destroy(&ask);
    free(bytes);
    return result;
}
