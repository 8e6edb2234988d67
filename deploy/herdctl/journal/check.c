/* herdctl journal check: what is in a folder of a journal, a copy or that of a member that is
 * stopped, and what of it is damaged (common/journal/disk/check.h). */
#include "common/journal/disk/check.h"

#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "deploy/herdctl/frame/json.h"
#include "deploy/herdctl/frame/table.h"
#include "deploy/herdctl/journal/faults.h"
#include "deploy/herdctl/journal/journal.h"

#include <inttypes.h>
#include <stdio.h>

static void print_state(const journal_state_t *state)
{
    char written[TIMESTAMP_ISO8601_SIZE];
    char age[HERDCTL_SPAN_SIZE];
    timestamp_write_iso8601(state->written_ns, written);
    herdctl_table_write_span(clock_now_ns() - state->written_ns, age);
    printf("journal of:   member %s of herd %s, format %d\n"
           "last commit:  %.*s, %s ago\n"
           "generation:   %.*s, up to %" PRIu64 "\n",
           state->member, state->herd, JOURNAL_STATE_FORMAT, TIMESTAMP_ISO8601_SIZE, written, age,
           GENERATION_SIZE, state->generation.hex, state->tail);
    if (state->has_parent) {
        printf("parent:       %.*s, up to %" PRIu64 "\n", GENERATION_SIZE,
               state->parent.generation.hex, state->parent.index);
    } else {
        puts("parent:       -");
    }
    for (size_t i = 0; i < state->checkpoint_count; i++) {
        const journal_checkpoint_t *of = &state->checkpoints[i];
        printf("checkpoint:   %s: %.*s, up to %" PRIu64 "\n", of->neighbour, GENERATION_SIZE,
               of->checkpoint.generation.hex, of->checkpoint.index);
    }
}

static void print_check(const char *folder, const journal_check_t *check)
{
    printf("folder:       %s\n"
           "file:         data.mdb, %" PRIu64 " bytes, %s\n",
           folder, check->size, check->faults > 0 ? "damaged" : "pages and checksums are right");
    if (check->has_state) {
        print_state(&check->state);
    } else {
        puts(check->faults > 0 ? "journal of:   not known" : "journal of:   no one: it is new");
    }
    printf("chunks:       %" PRIu64 ", with %" PRIu64 " records in %" PRIu64
           " bytes; never committed: %" PRIu64 "\n"
           "clients:      %" PRIu64 "\n"
           "tombstones:   %" PRIu64 "\n",
           check->recovery.chunks, check->recovery.records, check->recovery.bytes,
           check->uncommitted, check->clients, check->tombstones);
}

static json_t *json_of_number(uint64_t number)
{
    return json_integer(number < INT64_MAX ? (json_int_t)number : INT64_MAX);
}

static json_t *json_of_point(const link_checkpoint_t *point)
{
    json_t *object = json_object();
    json_object_set_new(object, "generation", json_stringn(point->generation.hex, GENERATION_SIZE));
    json_object_set_new(object, "index", json_of_number(point->index));
    return object;
}

static void add_state(json_t *object, const journal_state_t *state)
{
    json_t *checkpoints = json_array();
    for (size_t i = 0; i < state->checkpoint_count; i++) {
        json_t *checkpoint = json_of_point(&state->checkpoints[i].checkpoint);
        json_object_set_new(checkpoint, "neighbour", json_string(state->checkpoints[i].neighbour));
        json_array_append_new(checkpoints, checkpoint);
    }
    json_object_set_new(object, "format", json_integer(JOURNAL_STATE_FORMAT));
    json_object_set_new(object, "herd", json_string(state->herd));
    json_object_set_new(object, "member", json_string(state->member));
    json_object_set_new(object, "generation", json_stringn(state->generation.hex, GENERATION_SIZE));
    json_object_set_new(object, "parent",
                        state->has_parent ? json_of_point(&state->parent) : json_null());
    json_object_set_new(object, "tail", json_of_number(state->tail));
    json_object_set_new(object, "committed", herdctl_json_time(state->written_ns));
    json_object_set_new(object, "checkpoints", checkpoints);
}

static void print_json(const char *folder, const journal_faults_t *faults,
                       const journal_check_t *check)
{
    const struct {
        const char *key;
        uint64_t number;
    } numbers[] = {
        {"size", check->size},
        {"chunks", check->recovery.chunks},
        {"uncommitted", check->uncommitted},
        {"records", check->recovery.records},
        {"clients", check->clients},
        {"tombstones", check->tombstones},
        {"faults", check->faults},
    };
    json_t *object = json_object();
    json_t *damage = json_array();
    for (size_t i = 0; i < faults->named; i++) {
        json_array_append_new(damage, json_string(faults->texts[i]));
    }
    json_object_set_new(object, "folder", herdctl_json_text(text_of(folder)));
    json_object_set_new(object, "whole", json_boolean(check->faults == 0));
    json_object_set_new(object, "damage", damage);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        json_object_set_new(object, numbers[i].key, json_of_number(numbers[i].number));
    }
    if (check->has_state) {
        add_state(object, &check->state);
    }
    herdctl_json_print(object);
}

static herdctl_exit_t refuse(const char *folder, bool json, const char *problem)
{
    fprintf(stderr, "herdctl: %s\n", problem);
    if (json) {
        json_t *object = json_object();
        json_object_set_new(object, "folder", herdctl_json_text(text_of(folder)));
        json_object_set_new(object, "whole", json_null());
        json_object_set_new(object, "problem", herdctl_json_text(text_of(problem)));
        herdctl_json_print(object);
    }
    return HERDCTL_FAILED;
}

herdctl_exit_t herdctl_journal_check(const herdctl_t *self)
{
    bool json;
    const herdctl_command_line_t line = {.json = &json,
                                         .operands_min = 1,
                                         .operands_max = 1,
                                         .operands = "journal check takes one folder"};
    options_operands_t operands;
    herdctl_exit_t result;
    if (!herdctl_command_read(self, &line, &operands, &result)) {
        return result;
    }
    const char *folder = operands.items[0];
    journal_faults_t faults = {0};
    journal_check_t check;
    journal_disk_problem_t problem;
    status_t status = journal_check(folder, journal_faults_take, &faults, &check, &problem);
    if (status != STATUS_OK) {
        result = refuse(folder, json, problem.text);
    } else {
        if (json) {
            print_json(folder, &faults, &check);
        } else {
            print_check(folder, &check);
            journal_faults_print(&faults, folder);
        }
        result = check.faults > 0 ? HERDCTL_FAILED : HERDCTL_OK;
        journal_state_done(&check.state);
    }
    journal_faults_done(&faults);
    return result;
}
