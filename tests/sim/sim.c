#include "tests/sim/sim.h"

#include "common/base/timestamp.h"
#include "tests/sim/check.h"
#include "tests/sim/herd.h"
#include "tests/sim/workload.h"

#include <stdio.h>

/* Before that there are no faults and no updates. */
static const int64_t warm_up_ns = 1 * TIMESTAMP_NS_PER_S;
/* Updates go on a little after the faults. */
static const int64_t after_faults_ns = 1 * TIMESTAMP_NS_PER_S;
/* A herd is at rest when only heartbeats were sent for so long: an answer that comes ten seconds
 * late makes a neighbour that is down look alive for dead_after more. */
static const int64_t rest_ns = 17 * TIMESTAMP_NS_PER_S;
/* The herd must come to rest in this time after the faults: over a pipe to a satellite that takes
 * one message, of one node, at a time, comparing 256 nodes takes minutes. */
static const int64_t rest_limit_ns = 900 * TIMESTAMP_NS_PER_S;
/* After the faults no clock is ahead: then what was sent last has expired and is purged. */
static const int64_t expired_ns =
    MEMBER_EXPIRE_AFTER_NS + MEMBER_EXPIRE_GRACE_NS + 30 * TIMESTAMP_NS_PER_S;
/* Audits, 30 s apart at first, have doubled their interval since the last disagreement (Trickle).
 * The next one finds it, and what it repairs may show the next neighbour what it lacks. */
static const int64_t audits_min_ns = 300 * TIMESTAMP_NS_PER_S;
static const int64_t audits_step_ns = 5 * TIMESTAMP_NS_PER_S;
/* A journal that has failed again and again tries it once more after a minute at most. */
static const int64_t written_ns = 70 * TIMESTAMP_NS_PER_S;
enum { AUDIT_INTERVALS = 4, TOMBSTONES_MAX = 1000, SMALL_LIST = 200 };

/* False if the herd does not come to rest. It may be quiet at first because all its members have
 * only just begun to connect. */
static bool run_until_rest(const herd_t *herd)
{
    int64_t begin_ns = schedule_now_ns(herd->schedule);
    int64_t limit_ns = begin_ns + rest_limit_ns;
    int64_t rested_ns = begin_ns + rest_ns;
    while (schedule_now_ns(herd->schedule) < rested_ns && rested_ns < limit_ns) {
        schedule_run(herd->schedule, rested_ns);
        int64_t busy_ns = network_counters(herd->network)->last_busy_ns;
        rested_ns = busy_ns > begin_ns ? busy_ns + rest_ns : rested_ns;
    }
    return rested_ns < limit_ns;
}

/* Runs until audits have repaired what nothing else can, or it takes too long. */
static void run_until_audited(const herd_t *herd, check_t *check)
{
    int64_t now_ns = schedule_now_ns(herd->schedule);
    int64_t limit_ns = now_ns + audits_min_ns + AUDIT_INTERVALS * now_ns;
    while (!check_agrees(check) && schedule_now_ns(herd->schedule) < limit_ns) {
        schedule_run(herd->schedule, schedule_now_ns(herd->schedule) + audits_step_ns);
    }
}

/* After the faults. */
static void run_to_the_end(const herd_t *herd, fault_set_t faults, check_t *check)
{
    bool rests = run_until_rest(herd);
    if (fault_set_has(faults, FAULT_EXPIRY)) {
        schedule_run(herd->schedule, schedule_now_ns(herd->schedule) + expired_ns);
    }
    if (check_waits_for_audits(check)) {
        run_until_audited(herd, check);
        rests = run_until_rest(herd);
    }
    if (fault_set_has(faults, FAULT_FULL)) {
        schedule_run(herd->schedule, schedule_now_ns(herd->schedule) + written_ns);
    }
    if (!rests) {
        check_fail(check, "the herd does not come to rest");
    }
    check_at_rest(check);
}

/* False if a check failed on the way: what comes after that shows nothing new. */
static bool run_until(const herd_t *herd, int64_t until_ns, const check_t *check)
{
    while (schedule_now_ns(herd->schedule) < until_ns && check_failure(check) == NULL) {
        int64_t next_ns = schedule_now_ns(herd->schedule) + TIMESTAMP_NS_PER_S;
        schedule_run(herd->schedule, next_ns < until_ns ? next_ns : until_ns);
    }
    return check_failure(check) == NULL;
}

static void run_herd(const sim_settings_t *settings, herd_t *herd, check_t *check)
{
    int64_t faults_end_ns = settings->seconds * TIMESTAMP_NS_PER_S;
    faults_t *faults =
        faults_new(settings->faults, settings->seed, herd, warm_up_ns, faults_end_ns);
    workload_settings_t load = {.seed = settings->seed,
                                .update_count = settings->update_count,
                                .twins = fault_set_has(settings->faults, FAULT_TWINS),
                                .from_ns = warm_up_ns,
                                .until_ns = faults_end_ns + after_faults_ns};
    workload_t *workload = workload_new(&load, herd);
    if (run_until(herd, faults_end_ns, check)) {
        faults_end(faults);
        check_faults_ended(check);
        if (run_until(herd, load.until_ns, check)) {
            run_to_the_end(herd, settings->faults, check);
            check_agreed(check, load.until_ns, settings->within_ns);
        }
    }
    workload_destroy(&workload);
    faults_destroy(&faults);
}

static void read_result(const herd_t *herd, const check_t *check, int64_t end_ns,
                        sim_result_t *result)
{
    const char *failure = check_failure(check);
    const graph_t *graph = &herd->graph;
    int64_t last_ns = check_last_change_ns(check);
    *result = (sim_result_t){
        .updates = updates_count(herd->updates),
        .least = updates_count(herd->updates) * (graph->member_count - 1),
        .flooded =
            updates_count(herd->updates) * (2 * graph->spare_from - (graph->member_count - 1)),
        .diameter = graph_diameter(graph),
        .spread = check_spread(check),
        .network = *network_counters(herd->network),
        .converged_ns = last_ns > end_ns ? last_ns - end_ns : 0,
        .virtual_ns = schedule_now_ns(herd->schedule),
    };
    snprintf(result->failure, sizeof result->failure, "%s", failure != NULL ? failure : "");
    for (size_t i = 0; i < herd->graph.member_count; i++) {
        member_add_counters(herd->members[i], &result->members);
    }
}

/* The neighbours that must have a record before its client is answered: mostly 0. */
static unsigned choose_peers(uint64_t seed)
{
    random_t random;
    random_init(&random, seed, 5);
    unsigned peers = (unsigned)random_below(&random, 4);
    return peers < 3 ? peers : 0;
}

static bool has_disk(fault_set_t faults)
{
    return fault_set_has(faults, FAULT_DISK) || fault_set_has(faults, FAULT_FULL) ||
           fault_set_has(faults, FAULT_REWIND);
}

/* Whether an answer waits for the disk, if there is one. */
static bool choose_disk(uint64_t seed)
{
    random_t random;
    random_init(&random, seed, 8);
    return random_once_in(&random, 3);
}

/* Bytes of a batch, 0 for the usual size. Small batches make many messages of few records. Large
 * lists make several messages anyway; in small batches they would make more than a slow link, which
 * takes one at a time, carries in time. */
static size_t choose_batch_size(uint64_t seed, size_t client_count)
{
    static const size_t sizes[] = {0, 200, 2000};
    random_t random;
    random_init(&random, seed, 6);
    return client_count <= SMALL_LIST ? sizes[random_below(&random, 3)] : 0;
}

bool sim_run(const sim_settings_t *given, sim_result_t *ret_result)
{
    sim_settings_t chosen = *given;
    const sim_settings_t *settings = &chosen;
    chosen.faults &= given->some_faults ? faults_choose(given->seed) : FAULT_SET_ALL;
    check_t *check = check_new();
    herd_settings_t of_herd = {
        .seed = settings->seed,
        .graph = settings->graph,
        .member_count = settings->member_count,
        .client_count = settings->client_count,
        /* Each update may have a twin. */
        .update_count = 2 * settings->update_count + TOMBSTONES_MAX,
        .observer = {.context = check,
                     .changed = check_changed,
                     .answered = check_answered,
                     .not_forgotten = check_not_forgotten,
                     .broke = check_broke,
                     .purged = check_purged,
                     .clock_set = check_clock_set},
        .latency_ns = settings->latency_ns,
        .has_spare_edges = fault_set_has(chosen.faults, FAULT_LINKS),
        .members = {
            .acknowledge_peers = choose_peers(given->seed),
            .has_disk = has_disk(chosen.faults),
            .acknowledge_disk = has_disk(chosen.faults) && choose_disk(given->seed),
            .expires = fault_set_has(chosen.faults, FAULT_EXPIRY),
            .batch_size = choose_batch_size(given->seed, settings->client_count),
        }};
    herd_t *herd = herd_new(&of_herd);
    check_watch(check, herd, chosen.faults);
    run_herd(settings, herd, check);
    read_result(herd, check, settings->seconds * TIMESTAMP_NS_PER_S + after_faults_ns, ret_result);
    ret_result->faults = chosen.faults;
    herd_destroy(&herd);
    check_destroy(&check);
    return ret_result->failure[0] == '\0';
}
