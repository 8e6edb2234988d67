#include "tests/sim/arguments.h"

#include "common/base/limits.h"
#include "common/base/options.h"
#include "common/base/timestamp.h"
#include "tests/sim/mutant.h"

#include <string.h>

enum {
    SIM_SECONDS_MAX = 1000000,
    SIM_LATENCY_MAX_MS = 1000,
    SIM_WITHIN_MAX_MS = 1000000,
    SIM_UPDATES_MAX = UPDATES_MAX / 2,
    LIST_SIZE = 512, /* of all graphs, or faults, in the help */
};

/* Times, in the units of the command line; 0: not given. */
typedef struct {
    uint64_t latency_ms;
    uint64_t within_ms;
    uint64_t seconds;
} times_t;

static bool take_faults(void *argument, const char *value)
{
    arguments_t *arguments = argument;
    arguments->settings.some_faults = strcmp(value, "all") == 0;
    return faults_parse(value, &arguments->settings.faults);
}

static bool take_graph(void *argument, const char *value)
{
    arguments_t *arguments = argument;
    arguments->all_graphs = strcmp(value, "all") == 0;
    return arguments->all_graphs || graph_kind_parse(value, &arguments->settings.graph);
}

static bool take_scenario(void *argument, const char *value)
{
    arguments_t *arguments = argument;
    arguments->has_scenario = scenario_kind_parse(value, &arguments->scenario);
    return arguments->has_scenario;
}

#ifdef HERD_MUTANTS
static bool take_mutant(void *argument, const char *value)
{
    (void)argument;
    return mutant_select(value);
}
#endif

static const char *graph_text(unsigned kind)
{
    return kind < GRAPH_KINDS ? graph_kind_text((graph_kind_t)kind) : NULL;
}

static const char *fault_text(unsigned kind)
{
    return kind < FAULT_KINDS ? fault_kind_text((fault_kind_t)kind) : NULL;
}

/* Writes "FRONT line, ring, star", all kinds of something, to `out` (LIST_SIZE bytes). */
static void write_list(const char *front, const char *(*text_of_kind)(unsigned kind), char *out)
{
    const char *between = " ";
    const char *text;
    size_t size = (size_t)snprintf(out, LIST_SIZE, "%s", front);
    for (unsigned kind = 0; (text = text_of_kind(kind)) != NULL && size < LIST_SIZE; kind++) {
        size += (size_t)snprintf(out + size, LIST_SIZE - size, "%s%s", between, text);
        between = ", ";
    }
}

/* Sets the defaults that depend on other options. */
static void settle(const times_t *times, arguments_t *arguments)
{
    sim_settings_t *settings = &arguments->settings;
    settings->latency_ns = (int64_t)times->latency_ms * TIMESTAMP_NS_PER_MS;
    settings->within_ns = (int64_t)times->within_ms * TIMESTAMP_NS_PER_MS;
    settings->seconds = (int64_t)times->seconds;
    if (arguments->has_scenario) {
        settings->member_count = settings->member_count > 1 ? settings->member_count : 2;
        settings->client_count = settings->client_count > 0 ? settings->client_count : 100000;
        settings->latency_ns =
            settings->latency_ns > 0 ? settings->latency_ns : 10 * TIMESTAMP_NS_PER_MS;
        return;
    }
    settings->member_count = settings->member_count > 0 ? settings->member_count : 7;
    settings->client_count =
        settings->client_count > 0 ? settings->client_count : settings->update_count / 8 + 1;
}

options_end_t arguments_read(int argc, char **argv, arguments_t *arguments)
{
    sim_settings_t *settings = &arguments->settings;
    times_t times = {.seconds = (uint64_t)settings->seconds};
    char graphs[LIST_SIZE];
    char faults[LIST_SIZE];
    write_list("their links: all (one of them, by the seed; the default),", graph_text, graphs);
    write_list("none, or these, separated by commas, or all (each seed has some of them; the "
               "default):",
               fault_text, faults);
    const options_row_t rows[] = {
        {"seed", "N", "the first seed (default 1)", .number = &settings->seed,
         .maximum = UINT64_MAX},
        {"seeds", "COUNT", "so many seeds, one after the other (default 1)",
         .number = &arguments->seed_count, .minimum = 1, .maximum = UINT64_MAX},
        {"first", NULL, "stop with the first seed that fails",
         .flag = &arguments->stops_at_failure},
        {"members", "N", "members (default 7; of a scenario 2)", .size = &settings->member_count,
         .minimum = 1, .maximum = LIMIT_MEMBERS},
        {"graph", "G", graphs, .take = take_graph, .argument = arguments,
         .refusal = "--graph takes one of those that --help lists"},
        {"faults", "LIST", faults, .take = take_faults, .argument = arguments,
         .refusal = "--faults takes some of those that --help lists"},
        {"updates", "N", "updates by clients (default 200)", .size = &settings->update_count,
         .minimum = 1, .maximum = SIM_UPDATES_MAX},
        {"clients", "N", "clients (default: an eighth of the updates)",
         .size = &settings->client_count, .minimum = 1, .maximum = SIM_UPDATES_MAX},
        {"latency", "MS", "milliseconds of all links, one way (default: by chance)",
         .number = &times.latency_ms, .minimum = 1, .maximum = SIM_LATENCY_MAX_MS},
        {"within", "MS",
         "milliseconds in which all must agree after the faults (default: no limit)",
         .number = &times.within_ms, .minimum = 1, .maximum = SIM_WITHIN_MAX_MS},
        {"seconds", "N", "virtual seconds of faults and updates (default 45)",
         .number = &times.seconds, .minimum = 2, .maximum = SIM_SECONDS_MAX},
        {"scenario", "S",
         "no faults, but what it costs the last member to come level again, when it missed (it "
         "stopped, and finds all it had), restored (the same, but its checkpoints count no more: "
         "digests are compared), newcomer (it has nothing)",
         .take = take_scenario, .argument = arguments,
         .refusal = "--scenario takes missed, restored or newcomer"},
        {"missed", "N", "updates that it missed (default 10), in a herd of --clients (100,000)",
         .size = &arguments->missed, .minimum = 1, .maximum = SIM_UPDATES_MAX},
#ifdef HERD_MUTANTS
        {"mutant", "RULE", "go without this rule", .take = take_mutant,
         .refusal = "--mutant takes one of those that --mutants lists"},
        {"mutants", NULL, "list the rules that there are", .show = mutant_print_all},
#endif
        {0},
    };
    const options_t options = {
        .program = "herd-sim",
        .hint = "see herd-sim --help",
        .usage = "[options]",
        .about = "Runs simulated herds, with the node's own store and links, and checks that they "
                 "agree\nafter the faults. Equal options give equal runs.",
        .notes = "Exit status: 0 when all checks held, 1 when one did not, 2 for a usage error.",
        .version = HERD_VERSION,
        .rows = rows,
    };
    options_operands_t operands;
    options_end_t end = options_read(&options, argc, argv, &operands);
    if (end == OPTIONS_READ) {
        settle(&times, arguments);
    }
    return end;
}
