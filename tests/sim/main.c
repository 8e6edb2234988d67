/* main.c - herd-sim: simulated herds by the seed, on a virtual clock. */
#include "common/limits.h"
#include "common/timestamp.h"
#include "tests/sim/sim.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef HERD_MUTANTS
#include "tests/sim/mutant.h"
#endif

enum {
    EXIT_HELD = 0,
    EXIT_BROKEN = 1,
    EXIT_USAGE = 2,
    SIM_SECONDS_MAX = 1000000,
    SIM_UPDATES_MAX = UPDATES_MAX / 2,
};

/* What the command line said. */
typedef struct {
    sim_settings_t settings; /* of the first seed */
    uint64_t seed_count;     /* runs */
    bool all_graphs;         /* each seed has one of them */
} arguments_t;

/* Over all runs. */
typedef struct {
    uint64_t runs;
    uint64_t failed;
    uint64_t updates;
    uint64_t messages;
    uint64_t bytes;
    uint64_t lost;
    uint64_t late;
    uint64_t sent; /* records */
    uint64_t newer;
    uint64_t same;
    uint64_t gaps;
    uint64_t connected; /* connections made */
    uint64_t trace;
    int64_t converged_max_ns;
    int64_t virtual_ns;
} totals_t;

static void print_help(void)
{
    printf("usage: herd-sim [options]\n\n"
           "Runs simulated herds, with the node's own store and links, and checks that they agree\n"
           "after the faults. Equal options give equal runs.\n\n"
           "  --seed N        the first seed (default 1)\n"
           "  --seeds COUNT   so many seeds, one after the other (default 1)\n"
           "  --members N     members (default 7)\n"
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
    printf("  --updates N     updates by clients (default 200)\n"
           "  --clients N     clients (default: an eighth of the updates)\n"
           "  --seconds N     virtual seconds of faults and updates (default 45)\n"
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
    uint64_t seconds;
    switch (option) {
    case 's': return read_number("seed", 0, UINT64_MAX, &settings->seed);
    case 'n': return read_number("seeds", 1, UINT64_MAX, &arguments->seed_count);
    case 'm': return read_size("members", LIMIT_MEMBERS, &settings->member_count);
    case 'u': return read_size("updates", SIM_UPDATES_MAX, &settings->update_count);
    case 'c': return read_size("clients", SIM_UPDATES_MAX, &settings->client_count);
    case 'g': return read_graph(arguments);
    case 'f': return read_faults(arguments);
    case 't':
        if (!read_number("seconds", 2, SIM_SECONDS_MAX, &seconds)) {
            return false;
        }
        settings->seconds = (int64_t)seconds;
        return true;
#ifdef HERD_MUTANTS
    case 'x': return read_mutant();
#endif
    default: return false; /* getopt said why */
    }
}

/* False where the program ends with `ret_exit`. */
static bool read_arguments(int argc, char **argv, arguments_t *arguments, int *ret_exit)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},
        {"seeds", required_argument, NULL, 'n'},
        {"members", required_argument, NULL, 'm'},
        {"graph", required_argument, NULL, 'g'},
        {"faults", required_argument, NULL, 'f'},
        {"updates", required_argument, NULL, 'u'},
        {"clients", required_argument, NULL, 'c'},
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
        *ret_exit = EXIT_HELD;
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
            *ret_exit = EXIT_USAGE;
            return false;
        }
    }
    if (optind != argc) {
        fprintf(stderr, "herd-sim: %s is no option; see herd-sim --help\n", argv[optind]);
        *ret_exit = EXIT_USAGE;
        return false;
    }
    return true;
}

static void print_failure(const sim_settings_t *settings, const sim_result_t *result)
{
    char faults_text[FAULTS_TEXT_SIZE];
    faults_write(result->faults, faults_text);
    printf("seed %llu failed: %s\n", (unsigned long long)settings->seed, result->failure);
    printf("  herd-sim --seed %llu --members %zu --graph %s --faults %s --updates %zu --clients "
           "%zu --seconds %lld\n",
           (unsigned long long)settings->seed, settings->member_count,
           graph_kind_text(settings->graph), faults_text, settings->update_count,
           settings->client_count, (long long)settings->seconds);
}

static void add_result(totals_t *totals, const sim_result_t *result)
{
    totals->runs++;
    totals->failed += result->failure[0] != '\0' ? 1 : 0;
    totals->updates += result->updates;
    totals->messages += result->network.messages;
    totals->bytes += result->network.bytes;
    totals->lost += result->network.lost;
    totals->late += result->network.late;
    totals->sent += result->members.sent;
    totals->newer += result->members.newer;
    totals->same += result->members.same;
    totals->gaps += result->members.gaps;
    totals->connected += result->members.connected;
    totals->trace = totals->trace * 31 + result->network.trace;
    totals->virtual_ns += result->virtual_ns;
    if (result->converged_ns > totals->converged_max_ns) {
        totals->converged_max_ns = result->converged_ns;
    }
}

static double per(uint64_t count, uint64_t of)
{
    return of > 0 ? (double)count / (double)of : 0;
}

static void print_totals(const totals_t *totals)
{
    printf("runs            %llu, %llu failed, %.1f virtual seconds each\n",
           (unsigned long long)totals->runs, (unsigned long long)totals->failed,
           per((uint64_t)totals->virtual_ns, totals->runs) / (double)TIMESTAMP_NS_PER_S);
    printf("updates         %llu\n", (unsigned long long)totals->updates);
    printf("messages        %llu, %llu lost, %llu late\n", (unsigned long long)totals->messages,
           (unsigned long long)totals->lost, (unsigned long long)totals->late);
    printf("bytes           %llu\n", (unsigned long long)totals->bytes);
    printf("records sent    %llu, %.2f per update\n", (unsigned long long)totals->sent,
           per(totals->sent, totals->updates));
    printf("records taken   %llu, %.2f per update\n", (unsigned long long)totals->newer,
           per(totals->newer, totals->updates));
    printf("duplicates      %llu, %.2f per update\n", (unsigned long long)totals->same,
           per(totals->same, totals->updates));
    printf("gaps            %llu\n", (unsigned long long)totals->gaps);
    printf("connections     %llu made\n", (unsigned long long)totals->connected);
    printf("convergence     %.3f s after the end of faults and updates, at most\n",
           (double)totals->converged_max_ns / (double)TIMESTAMP_NS_PER_S);
    printf("trace           %016llx\n", (unsigned long long)totals->trace);
}

static void print_progress(const totals_t *totals, uint64_t seed_count)
{
    if (isatty(STDERR_FILENO) != 0) {
        fprintf(stderr, "\r%llu of %llu seeds, %llu failed%s", (unsigned long long)totals->runs,
                (unsigned long long)seed_count, (unsigned long long)totals->failed,
                totals->runs == seed_count ? "\n" : "");
    }
}

int main(int argc, char **argv)
{
    arguments_t arguments = {.settings = {.seed = 1,
                                          .member_count = 7,
                                          .faults = FAULT_SET_ALL,
                                          .some_faults = true,
                                          .update_count = 200,
                                          .seconds = 45},
                             .seed_count = 1,
                             .all_graphs = true};
    int code = EXIT_HELD;
    if (!read_arguments(argc, argv, &arguments, &code)) {
        return code;
    }
    sim_settings_t settings = arguments.settings;
    settings.client_count =
        settings.client_count > 0 ? settings.client_count : settings.update_count / 8 + 1;
    totals_t totals = {0};
    for (uint64_t i = 0; i < arguments.seed_count; i++) {
        sim_result_t result;
        settings.seed = arguments.settings.seed + i;
        settings.graph =
            arguments.all_graphs ? (graph_kind_t)(settings.seed % GRAPH_KINDS) : settings.graph;
        if (!sim_run(&settings, &result)) {
            print_failure(&settings, &result);
            code = EXIT_BROKEN;
        }
        add_result(&totals, &result);
        print_progress(&totals, arguments.seed_count);
    }
    print_totals(&totals);
    return code;
}
