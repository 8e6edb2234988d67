#include "tests/sim/arguments.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "tests/sim/mutant.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum {
    SIM_SECONDS_MAX = 1000000,
    SIM_LATENCY_MAX_MS = 1000,
    SIM_WITHIN_MAX_MS = 1000000,
    SIM_UPDATES_MAX = UPDATES_MAX / 2,
};

static void print_help(void)
{
    printf("usage: herd-sim [options]\n\n"
           "Runs simulated herds, with the node's own store and links, and checks that they agree\n"
           "after the faults. Equal options give equal runs.\n\n"
           "  --seed N        the first seed (default 1)\n"
           "  --seeds COUNT   so many seeds, one after the other (default 1)\n"
           "  --first         stop with the first seed that fails\n"
           "  --members N     members (default 7; of a scenario 2)\n"
           "  --graph G       their links: all (one of them, by the seed; the default)");
    for (unsigned kind = 0; kind < GRAPH_KINDS; kind++) {
        printf(",%s%s", kind % 6 == 0 ? "\n                  " : " ",
               graph_kind_text((graph_kind_t)kind));
    }
    printf("\n  --faults LIST   none, or these, or all (each seed has some of them; the default):\n"
           "                  ");
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
        printf("%s%s", fault_kind_text((fault_kind_t)kind),
               kind + 1 == FAULT_KINDS ? "\n"
               : kind % 8 == 7         ? ",\n                  "
                                       : ",");
    }
    printf(
        "  --updates N     updates by clients (default 200)\n"
        "  --clients N     clients (default: an eighth of the updates)\n"
        "  --latency MS    milliseconds of all links, one way (default: by chance)\n"
        "  --within MS     milliseconds in which all must agree after the faults (default: no "
        "limit)\n"
        "  --seconds N     virtual seconds of faults and updates (default 45)\n"
        "  --scenario S    no faults, but what it costs the last member to come level again, when "
        "it\n"
        "                  missed (it stopped, and finds all it had), restored (the same, but\n"
        "                  its checkpoints count no more: digests are compared),\n"
        "                  newcomer (it has nothing)\n"
        "  --missed N      updates that it missed (default 10), in a herd of --clients (100,000)\n"
        "  --help          show this text\n"
        "  --version       show the version\n\n"
        "Exit status: 0 when all checks held, 1 when one did not, 2 for a usage error.\n");
}

static bool read_number(const char *name, uint64_t low, uint64_t high, uint64_t *ret_number)
{
    if (text_to_u64(text_of(optarg), high, ret_number) && *ret_number >= low) {
        return true;
    }
    fprintf(stderr, "herd-sim: --%s wants a number from %llu to %llu\n", name,
            (unsigned long long)low, (unsigned long long)high);
    return false;
}

static bool read_size(const char *name, uint64_t high, size_t *ret_size)
{
    uint64_t number;
    bool valid = read_number(name, 1, high, &number);
    *ret_size = valid ? (size_t)number : 0;
    return valid;
}

static bool read_time(const char *name, uint64_t low, uint64_t high, int64_t *ret_time)
{
    uint64_t number;
    bool valid = read_number(name, low, high, &number);
    *ret_time = valid ? (int64_t)number : 0;
    return valid;
}

static bool read_faults(arguments_t *arguments)
{
    if (faults_parse(optarg, &arguments->settings.faults)) {
        arguments->settings.some_faults = strcmp(optarg, "all") == 0;
        return true;
    }
    fprintf(stderr, "herd-sim: --faults %s is none; see herd-sim --help\n", optarg);
    return false;
}

static bool read_graph(arguments_t *arguments)
{
    arguments->all_graphs = strcmp(optarg, "all") == 0;
    if (arguments->all_graphs || graph_kind_parse(optarg, &arguments->settings.graph)) {
        return true;
    }
    fprintf(stderr, "herd-sim: --graph %s is none; see herd-sim --help\n", optarg);
    return false;
}

static bool read_scenario(arguments_t *arguments)
{
    arguments->has_scenario = scenario_kind_parse(optarg, &arguments->scenario);
    if (!arguments->has_scenario) {
        fprintf(stderr, "herd-sim: --scenario %s is none; see herd-sim --help\n", optarg);
    }
    return arguments->has_scenario;
}

#ifdef HERD_MUTANTS
static bool read_mutant(void)
{
    if (mutant_select(optarg)) {
        return true;
    }
    fprintf(stderr, "herd-sim: --mutant %s is none; see --mutants\n", optarg);
    return false;
}
#endif

/* One option but --help and --version; false where it is wrong. */
static bool read_option(int option, arguments_t *arguments)
{
    sim_settings_t *settings = &arguments->settings;
    switch (option) {
    case 's': return read_number("seed", 0, UINT64_MAX, &settings->seed);
    case 'n': return read_number("seeds", 1, UINT64_MAX, &arguments->seed_count);
    case '1': arguments->stops_at_failure = true; return true;
    case 'm': return read_size("members", LIMIT_MEMBERS, &settings->member_count);
    case 'u': return read_size("updates", SIM_UPDATES_MAX, &settings->update_count);
    case 'c': return read_size("clients", SIM_UPDATES_MAX, &settings->client_count);
    case 'g': return read_graph(arguments);
    case 'f': return read_faults(arguments);
    case 'o': return read_scenario(arguments);
    case 'i': return read_size("missed", SIM_UPDATES_MAX, &arguments->missed);
    case 'y': return read_time("latency", 1, SIM_LATENCY_MAX_MS, &settings->latency_ns);
    case 'w': return read_time("within", 1, SIM_WITHIN_MAX_MS, &settings->within_ns);
    case 't': return read_time("seconds", 2, SIM_SECONDS_MAX, &settings->seconds);
#ifdef HERD_MUTANTS
    case 'x': return read_mutant();
#endif
    default: return false; /* getopt said why */
    }
}

/* Defaults that other options decide. */
static void settle(arguments_t *arguments)
{
    sim_settings_t *settings = &arguments->settings;
    settings->latency_ns *= TIMESTAMP_NS_PER_MS;
    settings->within_ns *= TIMESTAMP_NS_PER_MS;
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

bool arguments_read(int argc, char **argv, arguments_t *arguments, int *ret_exit)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},
        {"seeds", required_argument, NULL, 'n'},
        {"first", no_argument, NULL, '1'},
        {"members", required_argument, NULL, 'm'},
        {"graph", required_argument, NULL, 'g'},
        {"faults", required_argument, NULL, 'f'},
        {"updates", required_argument, NULL, 'u'},
        {"clients", required_argument, NULL, 'c'},
        {"latency", required_argument, NULL, 'y'},
        {"within", required_argument, NULL, 'w'},
        {"scenario", required_argument, NULL, 'o'},
        {"missed", required_argument, NULL, 'i'},
        {"seconds", required_argument, NULL, 't'},
#ifdef HERD_MUTANTS
        {"mutant", required_argument, NULL, 'x'},
        {"mutants", no_argument, NULL, 'l'},
#endif
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        *ret_exit = 0;
        if (option == 'h') {
            print_help();
            return false;
        }
        if (option == 'v') {
            printf("herd-sim %s\n", HERD_VERSION);
            return false;
        }
#ifdef HERD_MUTANTS
        if (option == 'l') {
            mutant_print_all();
            return false;
        }
#endif
        if (!read_option(option, arguments)) {
            *ret_exit = ARGUMENTS_EXIT_USAGE;
            return false;
        }
    }
    if (optind != argc) {
        fprintf(stderr, "herd-sim: %s is no option; see herd-sim --help\n", argv[optind]);
        *ret_exit = ARGUMENTS_EXIT_USAGE;
        return false;
    }
    settle(arguments);
    return true;
}
