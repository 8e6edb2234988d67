/* bench.c - herd-bench: load on a herd, on Redis or on an echo server, its replies checked and its latencies told. */
#include "common/base/memory.h"
#include "tests/bench/bench_echo.h"
#include "tests/bench/bench_loop.h"
#include "tests/bench/bench_report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_RIGHT = 0, EXIT_WRONG = 1, EXIT_USAGE = 2 };

enum {
    CLIENTS_MAX = 1000000,
    PIPELINE_MAX = 65536,
    IDS_MAX = 100000000,
    DURATION_MAX_S = 86400,
    RATE_MAX = 100000000, /* lines per second */
    WEIGHT_MAX = 1000000,
};

/* The command line (open value struct). */
typedef struct {
    bench_settings_t settings; /* of a run */
    bool serves_echo;          /* be the echo server instead */
    uint64_t echo_port;        /* its TCP port, 0 for the kernel's choice */
} bench_options_t;

static void print_help(void)
{
    puts("usage: herd-bench --connect HOST:PORT [options]\n"
         "       herd-bench --serve-echo PORT\n\n"
         "Sends lines to a front-end over TCP, checks each reply, and tells how many there were a\n"
         "second and how long they took.\n\n"
         "  --connect HOST:PORT  where it listens; [ADDRESS]:PORT for IPv6\n"
         "  --clients N          connections (default 50)\n"
         "  --pipeline N         lines under way for each connection, at most (default 1)\n"
         "  --mix LIST           shares of the commands (default iamat:9,whatsat:1)\n"
         "  --ids N              different client IDs (default 10000)\n"
         "  --duration S         seconds (default 10); 0: report each client ID once, no more\n"
         "  --no-fill            do not report each client ID once before: the peer knows them\n"
         "  --around FILE        clients are near the places of a GeoNames file\n"
         "  --rate R             open loop: R lines per second, all connections together, with\n"
         "                       latencies from when each was intended (default: closed loop)\n"
         "  --peer PEER          what listens there: herd (default), redis, echo\n"
         "  --json               print JSON\n"
         "  --serve-echo PORT    be an echo server on 127.0.0.1; 0 for a free port\n"
         "  --help               show this text\n"
         "  --version            show the version\n\n"
         "Exit status: 0 when all replies were right, 1 when one was wrong or missing or there\n"
         "was no connection, 2 for a usage error.");
}

static bool read_number(const char *name, uint64_t low, uint64_t high, uint64_t *ret_number)
{
    uint64_t number;
    if (text_to_u64(text_of(optarg), high, &number) && number >= low) {
        *ret_number = number;
        return true;
    }
    fprintf(stderr, "herd-bench: --%s wants a number from %llu to %llu\n", name,
            (unsigned long long)low, (unsigned long long)high);
    return false;
}

/* `127.0.0.1:11490`, `[::1]:11490` */
static bool read_connect(bench_settings_t *settings)
{
    const char *colon = strrchr(optarg, ':');
    uint64_t port;
    if (colon == NULL || colon == optarg || !text_to_u64(text_of(colon + 1), UINT16_MAX, &port) ||
        port == 0) {
        fprintf(stderr, "herd-bench: --connect wants HOST:PORT, not %s\n", optarg);
        return false;
    }
    text_t host = text_first(text_of(optarg), (size_t)(colon - optarg));
    if (host.size > 2 && host.data[0] == '[' && host.data[host.size - 1] == ']') {
        host = text_first(text_after(host, 1), host.size - 2);
    }
    free(settings->host);
    settings->host = memory_copy_text(host.data, host.size);
    settings->port = colon + 1;
    return true;
}

static bool read_weight(text_t part, uint64_t weights[BENCH_KINDS])
{
    text_t name;
    uint64_t weight;
    if (!text_take_until(&part, ':', &name) || !text_to_u64(part, WEIGHT_MAX, &weight)) {
        return false;
    }
    if (text_equal(name, TEXT("iamat"))) {
        weights[BENCH_IAMAT] = weight;
        return true;
    }
    weights[BENCH_WHATSAT] = weight;
    return text_equal(name, TEXT("whatsat"));
}

/* `iamat:9,whatsat:1` */
static bool read_mix(uint64_t weights[BENCH_KINDS])
{
    text_t rest = text_of(optarg);
    text_t part;
    bool valid = true;
    weights[BENCH_IAMAT] = weights[BENCH_WHATSAT] = 0;
    while (valid && text_take_until(&rest, ',', &part)) {
        valid = read_weight(part, weights);
    }
    valid = valid && weights[BENCH_IAMAT] + weights[BENCH_WHATSAT] > 0;
    if (!valid) {
        fprintf(stderr, "herd-bench: --mix wants e.g. iamat:9,whatsat:1, not %s\n", optarg);
    }
    return valid;
}

static bool read_peer(bench_peer_t *ret_peer)
{
    for (bench_peer_t peer = BENCH_PEER_HERD; peer <= BENCH_PEER_ECHO; peer++) {
        if (strcmp(optarg, bench_report_peer(peer)) == 0) {
            *ret_peer = peer;
            return true;
        }
    }
    fprintf(stderr, "herd-bench: --peer is herd, redis or echo, not %s\n", optarg);
    return false;
}

/* One option but --help and --version; false where it is wrong. */
static bool read_option(int option, bench_options_t *options)
{
    bench_settings_t *settings = &options->settings;
    switch (option) {
    case 'c': return read_connect(settings);
    case 'n': return read_number("clients", 1, CLIENTS_MAX, &settings->clients);
    case 'p': return read_number("pipeline", 1, PIPELINE_MAX, &settings->pipeline);
    case 'm': return read_mix(settings->weights);
    case 'i': return read_number("ids", 1, IDS_MAX, &settings->ids);
    case 'd': return read_number("duration", 0, DURATION_MAX_S, &settings->duration_s);
    case 'r': return read_number("rate", 1, RATE_MAX, &settings->rate);
    case 't': return read_peer(&settings->peer);
    case 'a': settings->around = optarg; return true;
    case 'k': settings->known = true; return true;
    case 'j': settings->json = true; return true;
    case 'e':
        options->serves_echo = true;
        return read_number("serve-echo", 0, UINT16_MAX, &options->echo_port);
    default: return false; /* getopt said why */
    }
}

/* False where the program ends with `ret_exit`; why was printed. */
static bool read_options(int argc, char **argv, bench_options_t *options, int *ret_exit)
{
    static const struct option known[] = {
        {"connect", required_argument, NULL, 'c'},
        {"clients", required_argument, NULL, 'n'},
        {"pipeline", required_argument, NULL, 'p'},
        {"mix", required_argument, NULL, 'm'},
        {"ids", required_argument, NULL, 'i'},
        {"duration", required_argument, NULL, 'd'},
        {"rate", required_argument, NULL, 'r'},
        {"peer", required_argument, NULL, 't'},
        {"around", required_argument, NULL, 'a'},
        {"no-fill", no_argument, NULL, 'k'},
        {"serve-echo", required_argument, NULL, 'e'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        *ret_exit = EXIT_RIGHT;
        if (option == 'h') {
            print_help();
            return false;
        }
        if (option == 'v') {
            puts("herd-bench " HERD_VERSION);
            return false;
        }
        if (!read_option(option, options)) {
            *ret_exit = EXIT_USAGE;
            return false;
        }
    }
    if (optind != argc || (options->settings.host == NULL && !options->serves_echo)) {
        fputs("herd-bench: it wants --connect HOST:PORT and options; see herd-bench --help\n",
              stderr);
        *ret_exit = EXIT_USAGE;
        return false;
    }
    return true;
}

static int run(const bench_settings_t *settings)
{
    bench_result_t *result = memory_new(sizeof *result);
    int code = EXIT_WRONG;
    if (bench_loop_run(settings, result)) {
        bench_report_print(settings, result);
        bool right = result->wrong == 0 && result->lost == 0 && result->closed == 0;
        code = right ? EXIT_RIGHT : EXIT_WRONG;
    }
    free(result);
    return code;
}

int main(int argc, char **argv)
{
    bench_options_t options = {.settings = {.clients = 50,
                                            .pipeline = 1,
                                            .weights = {[BENCH_IAMAT] = 9, [BENCH_WHATSAT] = 1},
                                            .ids = 10000,
                                            .duration_s = 10}};
    int code = EXIT_RIGHT;
    if (!read_options(argc, argv, &options, &code)) {
        free(options.settings.host);
        return code;
    }
    if (options.serves_echo) {
        bench_echo_serve((uint16_t)options.echo_port);
        fprintf(stderr, "herd-bench: echo: %s\n", strerror(errno));
        code = EXIT_WRONG;
    } else {
        code = run(&options.settings);
    }
    free(options.settings.host);
    return code;
}
