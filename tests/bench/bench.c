/* bench.c - herd-bench: puts load on a herd, on Redis or on an echo server, checks the replies, and
 * prints how long they took. */
#include "common/base/memory.h"
#include "common/base/options.h"
#include "common/base/output.h"
#include "tests/bench/bench_echo.h"
#include "tests/bench/bench_greedy.h"
#include "tests/bench/bench_loop.h"
#include "tests/bench/bench_report.h"
#include "tests/bench/bench_visible.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_RIGHT = 0, EXIT_WRONG = 1, EXIT_USAGE = 2 };

enum {
    CLIENTS_MAX = 1000000,
    PIPELINE_MAX = 65536,
    IDS_MAX = 100000000,
    WATCHERS_MAX = 10000,
    DURATION_MAX_S = 86400,
    RATE_MAX = 100000000, /* lines per second */
    WEIGHT_MAX = 1000000,
};

/* The command line (open value struct). */
typedef struct {
    bench_settings_t settings; /* of a run */
    uint64_t echo_port;        /* of the echo server to be instead, 0 for the kernel's choice */
    bench_greedy_t greedy;     /* what to send without end instead of measuring, or not */
} arguments_t;

static const uint64_t no_echo = UINT64_MAX; /* an `echo_port`: do not be one */

/* `127.0.0.1:11490`, `[::1]:11490` */
static bool take_address(void *argument, const char *value)
{
    return address_parse(text_of(value), argument) == STATUS_OK;
}

static bool take_weight(text_t part, uint64_t weights[BENCH_KINDS])
{
    text_t name;
    uint64_t weight;
    if (!text_take_until(&part, ':', &name) || !text_to_u64(part, WEIGHT_MAX, &weight)) {
        return false;
    }
    static const char *const names[BENCH_EVENT] = {[BENCH_IAMAT] = "iamat",
                                                   [BENCH_WHATSAT] = "whatsat",
                                                   [BENCH_POSITION] = "position",
                                                   [BENCH_NEAR] = "near"};
    for (size_t i = 0; i < BENCH_EVENT; i++) {
        if (text_equal(name, text_of(names[i]))) {
            weights[i] = weight;
            return true;
        }
    }
    return false;
}

/* `iamat:9,whatsat:1` */
static bool take_mix(void *argument, const char *value)
{
    uint64_t *weights = argument;
    text_t rest = text_of(value);
    text_t part;
    memset(weights, 0, BENCH_KINDS * sizeof *weights);
    while (text_take_until(&rest, ',', &part)) {
        if (!take_weight(part, weights)) {
            return false;
        }
    }
    return bench_loop_weight(weights) > 0;
}

/* Why these settings make no sense together, or NULL. */
static const char *refusal_of(const bench_settings_t *settings)
{
    bool asks = settings->duration_s > 0 && settings->visible_at.port == 0;
    bool has_places = settings->peer == BENCH_PEER_HERD || settings->peer == BENCH_PEER_REDIS ||
                      settings->peer == BENCH_PEER_ECHO;
    bool has_near = settings->peer == BENCH_PEER_WEB || settings->peer == BENCH_PEER_REDIS;
    if (asks && settings->weights[BENCH_WHATSAT] > 0 && !has_places) {
        return "this --peer has no places: --mix without whatsat";
    }
    if (asks && settings->weights[BENCH_NEAR] > 0 && !has_near) {
        return "--mix with near wants --peer web or redis";
    }
    if (settings->watch_at.port != 0 &&
        (settings->within == 0 || !settings->wander || settings->around != NULL)) {
        return "--watch-at wants --within and --wander, without --around";
    }
    if (settings->visible_at.port != 0 && settings->peer != BENCH_PEER_HERD &&
        settings->peer != BENCH_PEER_REDIS_SET) {
        return "--visible-at wants --peer herd or redis-set";
    }
    return NULL;
}

/* Whether what was read makes sense together. */
static options_end_t check(const options_t *options, const arguments_t *arguments)
{
    const char *senseless = refusal_of(&arguments->settings);
    if (arguments->settings.address.port == 0 && arguments->echo_port == no_echo) {
        senseless = options->operands;
    }
    return senseless != NULL ? options_refuse(options, "%s", senseless) : OPTIONS_READ;
}

/* --peer and --greedy are chosen by number. */
static options_end_t read_arguments(int argc, char **argv, arguments_t *arguments)
{
    bench_settings_t *settings = &arguments->settings;
    size_t peer = BENCH_PEER_HERD;
    size_t greedy = BENCH_GREEDY_NONE;
    const options_row_t rows[] = {
        {"connect", "HOST:PORT", "where it listens; [ADDRESS]:PORT for IPv6", .take = take_address,
         .argument = &settings->address, .refusal = "--connect takes HOST:PORT"},
        {"clients", "N", "connections (default 50)", .number = &settings->clients, .minimum = 1,
         .maximum = CLIENTS_MAX},
        {"pipeline", "N", "lines under way for each connection, at most (default 1)",
         .number = &settings->pipeline, .minimum = 1, .maximum = PIPELINE_MAX},
        {"mix", "LIST", "shares of the commands (default iamat:9,whatsat:1)", .take = take_mix,
         .argument = settings->weights, .refusal = "--mix takes e.g. iamat:9,whatsat:1"},
        {"ids", "N", "different client IDs (default 10000)", .number = &settings->ids, .minimum = 1,
         .maximum = IDS_MAX},
        {"duration", "S", "seconds (default 10); 0: report each client ID once, no more",
         .number = &settings->duration_s, .maximum = DURATION_MAX_S},
        {"no-fill", NULL, "do not report each client ID once before: the peer knows them",
         .flag = &settings->known},
        {"around", "FILE", "clients are near the places of a GeoNames file",
         .string = &settings->around},
        {"rate", "R",
         "open loop: R lines per second, all connections together, with latencies from when each "
         "was intended (default: closed loop)",
         .number = &settings->rate, .minimum = 1, .maximum = RATE_MAX},
        {"visible-at", "HOST:PORT",
         "one update after the other: how long until this server shows it", .take = take_address,
         .argument = &settings->visible_at, .refusal = "--visible-at takes HOST:PORT"},
        {"within", "N", "clients are in a square of so many degrees", .number = &settings->within,
         .minimum = 1, .maximum = 40},
        {"wander", NULL, "a client stays within 100 m of its own place", .flag = &settings->wander},
        {"watch-at", "HOST:PORT", "herd-web whose watchers hear of the updates, and how soon",
         .take = take_address, .argument = &settings->watch_at,
         .refusal = "--watch-at takes HOST:PORT"},
        {"watchers", "N", "so many of these (default 1000)", .number = &settings->watchers,
         .minimum = 1, .maximum = WATCHERS_MAX},
        {"view", "N", "clients in the view of each, about (default 100)",
         .number = &settings->view_clients, .minimum = 1, .maximum = WATCHERS_MAX},
        {"peer", "PEER",
         "what listens there: herd (default), redis, redis-set, echo, web (herd-web), http",
         .choice = &peer, .choices = bench_report_peers},
        {"json", NULL, "print JSON", .flag = &settings->json},
        {"greedy", "KIND",
         "measure nothing: send lines of a kind as fast as they are taken, and look at no reply: "
         "short, iamat, long, whatsat, deaf (none: measure)",
         .choice = &greedy, .choices = bench_greedy_names},
        {"serve-echo", "PORT", "be an echo server on 127.0.0.1; 0 for a free port",
         .number = &arguments->echo_port, .maximum = UINT16_MAX},
        {0},
    };
    const options_t options = {
        .program = "herd-bench",
        .hint = "see herd-bench --help",
        .usage = "--connect HOST:PORT [options]\n--serve-echo PORT",
        .about = "Sends lines to a front-end over TCP, checks each reply, and tells how many there "
                 "were a\nsecond and how long they took.",
        .notes = "Exit status: 0 when all replies were right, 1 when one was wrong or missing or "
                 "there\nwas no connection, 2 for a usage error.",
        .version = HERD_VERSION,
        .rows = rows,
        .operands = "it wants --connect HOST:PORT and options",
    };
    options_operands_t operands;
    options_end_t end = options_read(&options, argc, argv, &operands);
    settings->peer = (bench_peer_t)peer;
    arguments->greedy = (bench_greedy_t)greedy;
    return end == OPTIONS_READ ? check(&options, arguments) : end;
}

static int run(const bench_settings_t *settings)
{
    bench_result_t *result = memory_new(sizeof *result);
    int code = EXIT_WRONG;
    if (settings->visible_at.port != 0 ? bench_visible_run(settings, result)
                                       : bench_loop_run(settings, result)) {
        bench_report_print(settings, result);
        bool right = result->wrong == 0 && result->lost == 0 && result->closed == 0;
        code = right ? EXIT_RIGHT : EXIT_WRONG;
    }
    free(result);
    return code;
}

static int run_or_serve(const arguments_t *arguments)
{
    const bench_settings_t *settings = &arguments->settings;
    if (arguments->greedy != BENCH_GREEDY_NONE) {
        bool fine = bench_greedy_run(arguments->greedy, &settings->address, settings->clients,
                                     settings->duration_s);
        return fine ? EXIT_RIGHT : EXIT_WRONG;
    }
    if (arguments->echo_port == no_echo) {
        return run(settings);
    }
    bench_echo_serve((uint16_t)arguments->echo_port);
    fprintf(stderr, "herd-bench: echo: %s\n", strerror(errno));
    return EXIT_WRONG;
}

int main(int argc, char **argv)
{
    arguments_t arguments = {.settings = {.clients = 50,
                                          .pipeline = 1,
                                          .weights = {[BENCH_IAMAT] = 9, [BENCH_WHATSAT] = 1},
                                          .ids = 10000,
                                          .watchers = 1000,
                                          .view_clients = 100,
                                          .duration_s = 10},
                             .echo_port = no_echo};
    int code = EXIT_RIGHT;
    output_begin();
    switch (read_arguments(argc, argv, &arguments)) {
    case OPTIONS_READ: code = run_or_serve(&arguments); break;
    case OPTIONS_SHOWN: break;
    case OPTIONS_WRONG: code = EXIT_USAGE; break;
    }
    return output_end("herd-bench", code);
}
