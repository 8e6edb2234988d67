#include "tests/sim/scenario.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "tests/sim/herd.h"

#include <assert.h>
#include <string.h>

/* A herd without faults is at rest when only heartbeats were sent for so long. */
static const int64_t rest_ns = 3 * TIMESTAMP_NS_PER_S;
static const int64_t step_ns = 1 * TIMESTAMP_NS_PER_MS;
static const int64_t level_limit_ns = 300 * TIMESTAMP_NS_PER_S;

static const char *const kind_texts[SCENARIO_KINDS] = {
#define SCENARIO_TEXT(name, text) text,
    SCENARIO_MAP(SCENARIO_TEXT)
#undef SCENARIO_TEXT
};

const char *scenario_kind_text(scenario_kind_t kind)
{
    return kind_texts[kind];
}

bool scenario_kind_parse(const char *text, scenario_kind_t *ret_kind)
{
    for (unsigned kind = 0; kind < SCENARIO_KINDS; kind++) {
        if (strcmp(kind_texts[kind], text) == 0) {
            *ret_kind = (scenario_kind_t)kind;
            return true;
        }
    }
    return false;
}

/* Nothing to observe: what matters here is counted. */
static void on_changed(void *context, const member_t *member, update_number_t before,
                       update_number_t now)
{
    (void)context, (void)member, (void)before, (void)now;
}

static void on_answered(void *context, const member_t *member, update_number_t number)
{
    (void)context, (void)member, (void)number;
}

static herd_t *make_herd(const scenario_t *scenario)
{
    herd_settings_t settings = {.seed = scenario->seed,
                                .graph = scenario->graph,
                                .member_count = scenario->member_count,
                                .client_count = scenario->client_count,
                                .update_count = scenario->client_count + scenario->missed,
                                .latency_ns = scenario->latency_ns,
                                .members = {.has_disk = true},
                                .observer = {.changed = on_changed, .answered = on_answered}};
    return herd_new(&settings);
}

static void run_until_rest(const herd_t *herd)
{
    int64_t rested_ns = schedule_now_ns(herd->schedule) + rest_ns;
    while (schedule_now_ns(herd->schedule) < rested_ns) {
        schedule_run(herd->schedule, rested_ns);
        rested_ns = network_counters(herd->network)->last_busy_ns + rest_ns;
    }
}

/* Makes updates of as many clients at the first member; returns the bytes of their lines. */
static uint64_t update(herd_t *herd, size_t count)
{
    member_t *member = herd->members[0];
    buffer_t line;
    uint64_t bytes = 0;
    buffer_init(&line, LIMIT_BODY_SIZE);
    for (size_t i = 0; i < count; i++) {
        update_t made = {.client = i % updates_client_count(herd->updates),
                         .origin = member_name(member),
                         .client_time_ns = member_now_ns(member) + (int64_t)i,
                         .receipt_time_ns = member_now_ns(member)};
        update_number_t number = updates_make(herd->updates, &made, &herd->random);
        member_update(member, number);
        buffer_clear(&line);
        status_t status = record_append_bus_line(updates_record(herd->updates, number), &line);
        assert(status == STATUS_OK);
        bytes += line.size;
    }
    buffer_done(&line);
    return bytes;
}

static bool is_level(const herd_t *herd, const member_t *member)
{
    bool level = store_count(member_store(member)) == store_count(member_store(herd->members[0]));
    for (size_t client = 0; client < updates_client_count(herd->updates) && level; client++) {
        level = member_holds(member, client) == member_holds(herd->members[0], client);
    }
    for (size_t i = 0; i < member_neighbour_count(member) && level; i++) {
        level = link_has_caught_up(member_link(member, i));
    }
    return level;
}

/* Starts it, and counts what it receives until it is level. */
static bool measure(herd_t *herd, member_t *member, scenario_result_t *result)
{
    network_counters_t before = network_received(herd->network, member_number(member));
    member_counters_t counters = {0};
    int64_t start_ns = schedule_now_ns(herd->schedule);
    member_add_counters(member, &counters);
    result->records = 0 - counters.received;
    member_start(member, DISK_WHOLE);
    while (!is_level(herd, member) && schedule_now_ns(herd->schedule) < start_ns + level_limit_ns) {
        schedule_run(herd->schedule, schedule_now_ns(herd->schedule) + step_ns);
    }
    counters = (member_counters_t){0};
    member_add_counters(member, &counters);
    network_counters_t after = network_received(herd->network, member_number(member));
    result->records += counters.received;
    result->messages = after.messages - before.messages;
    result->bytes = after.bytes - before.bytes;
    result->level_ns = schedule_now_ns(herd->schedule) - start_ns;
    return is_level(herd, member);
}

/* Leaves the member down, with what it will find. */
static void prepare(const scenario_t *scenario, herd_t *herd, member_t *member,
                    scenario_result_t *result)
{
    run_until_rest(herd);
    if (scenario->kind == SCENARIO_NEWCOMER) {
        member_crash(member);
        member_lose_disk(member);
        result->lacking_bytes = update(herd, scenario->client_count);
        result->lacking = scenario->client_count;
        run_until_rest(herd);
        return;
    }
    update(herd, scenario->client_count);
    run_until_rest(herd);
    member_stop(member);
    run_until_rest(herd);
    if (scenario->kind == SCENARIO_RESTORED) {
        member_lose_checkpoints(member);
    }
    result->lacking_bytes = update(herd, scenario->missed);
    result->lacking = scenario->missed;
    run_until_rest(herd);
}

bool scenario_run(const scenario_t *scenario, scenario_result_t *ret_result)
{
    herd_t *herd = make_herd(scenario);
    member_t *member = herd->members[scenario->member_count - 1];
    *ret_result = (scenario_result_t){0};
    prepare(scenario, herd, member, ret_result);
    bool level = measure(herd, member, ret_result);
    herd_destroy(&herd);
    return level;
}
