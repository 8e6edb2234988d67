/* main.c - herd-sim: simulated herds by the seed, on a virtual clock. */
#include "common/base/output.h"
#include "common/base/timestamp.h"
#include "tests/sim/arguments.h"
#include "tests/sim/totals.h"

#include <stdio.h>
#include <unistd.h>

enum { EXIT_HELD = 0, EXIT_BROKEN = 1, EXIT_USAGE = 2 };

static void print_failure(const sim_settings_t *settings, const sim_result_t *result)
{
    char faults_text[FAULTS_TEXT_SIZE];
    faults_write(result->faults, faults_text);
    printf("seed %llu failed: %s\n", (unsigned long long)settings->seed, result->failure);
    printf("  herd-sim --seed %llu --members %zu --graph %s --faults %s --updates %zu --clients "
           "%zu --seconds %lld",
           (unsigned long long)settings->seed, settings->member_count,
           graph_kind_text(settings->graph), faults_text, settings->update_count,
           settings->client_count, (long long)settings->seconds);
    if (settings->latency_ns > 0) {
        printf(" --latency %lld", (long long)(settings->latency_ns / TIMESTAMP_NS_PER_MS));
    }
    if (settings->within_ns > 0) {
        printf(" --within %lld", (long long)(settings->within_ns / TIMESTAMP_NS_PER_MS));
    }
    printf("\n");
}

static void print_progress(const totals_t *totals, uint64_t seed_count)
{
    if (isatty(STDERR_FILENO) != 0) {
        fprintf(stderr, "\r%llu of %llu seeds, %llu failed%s", (unsigned long long)totals->runs,
                (unsigned long long)seed_count, (unsigned long long)totals->failed,
                totals->runs == seed_count ? "\n" : "");
    }
}

static int run_seeds(const arguments_t *arguments)
{
    sim_settings_t settings = arguments->settings;
    totals_t totals = {0};
    bool goes_on = true;
    for (uint64_t i = 0; i < arguments->seed_count && goes_on; i++) {
        sim_result_t result;
        settings.seed = arguments->settings.seed + i;
        settings.graph =
            arguments->all_graphs ? (graph_kind_t)(settings.seed % GRAPH_KINDS) : settings.graph;
        if (!sim_run(&settings, &result)) {
            print_failure(&settings, &result);
            goes_on = !arguments->stops_at_failure;
        }
        totals_add(&totals, &settings, &result);
        print_progress(&totals, arguments->seed_count);
    }
    totals_print(&totals);
    return totals.failed == 0 ? EXIT_HELD : EXIT_BROKEN;
}

static int run_scenario(const arguments_t *arguments)
{
    const sim_settings_t *settings = &arguments->settings;
    scenario_t scenario = {.kind = arguments->scenario,
                           .seed = settings->seed,
                           .graph = arguments->all_graphs ? GRAPH_SAMPLE : settings->graph,
                           .member_count = settings->member_count,
                           .client_count = settings->client_count,
                           .missed = arguments->missed,
                           .latency_ns = settings->latency_ns};
    scenario_result_t result;
    bool level = scenario_run(&scenario, &result);
    printf("scenario        %s, %zu members, %zu clients\n", scenario_kind_text(scenario.kind),
           scenario.member_count, scenario.client_count);
    printf("lacking         %llu records, %llu bytes\n", (unsigned long long)result.lacking,
           (unsigned long long)result.lacking_bytes);
    printf("records         %llu received, %.2f times the least\n",
           (unsigned long long)result.records, totals_per(result.records, result.lacking));
    printf("bytes           %llu received in %llu messages, %.2f times the least\n",
           (unsigned long long)result.bytes, (unsigned long long)result.messages,
           totals_per(result.bytes, result.lacking_bytes));
    printf("level           after %.3f s, %.1f round trips of a link%s\n",
           (double)result.level_ns / (double)TIMESTAMP_NS_PER_S,
           totals_per((uint64_t)result.level_ns, 2 * (uint64_t)scenario.latency_ns),
           level ? "" : ": it is not");
    return level ? EXIT_HELD : EXIT_BROKEN;
}

int main(int argc, char **argv)
{
    arguments_t arguments = {.settings = {.seed = 1,
                                          .faults = FAULT_SET_ALL,
                                          .some_faults = true,
                                          .update_count = 200,
                                          .seconds = 45},
                             .seed_count = 1,
                             .all_graphs = true,
                             .missed = 10};
    int code = EXIT_HELD;
    output_begin();
    switch (arguments_read(argc, argv, &arguments)) {
    case OPTIONS_READ:
        code = arguments.has_scenario ? run_scenario(&arguments) : run_seeds(&arguments);
        break;
    case OPTIONS_SHOWN: break;
    case OPTIONS_WRONG: code = EXIT_USAGE; break;
    }
    return output_end("herd-sim", code);
}
