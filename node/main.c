/* main.c - herd-node: one member of the herd. */
#include "common/base/entropy.h"
#include "common/base/output.h"
#include "common/program/program.h"
#include "common/program/signals.h"
#include "node/needs.h"
#include "node/node.h"

#include <czmq.h>
#include <signal.h>
#include <unistd.h>

/* ROUTER numbers its peers from a number of rand(3) on, which czmq seeds with the time. A peer that
 * takes the next number for its own routing id before ROUTER gives it ends the process (libzmq
 * 4.3.4; docs/decisions/0021). */
static void make_unpredictable(void)
{
    zsys_set_max_sockets(
        0);            /* as many as ZeroMQ can have: a neighbour takes three, czmq has 1024 */
    (void)zsys_init(); /* seeds */
    srand((unsigned)entropy_number());
}

/* What came over the bus; the clients' lines are in the logs of the front-ends. */
static config_traffic_t logged_traffic(const config_t *config)
{
    return config->bus_traffic ? CONFIG_TRAFFIC_YES : CONFIG_TRAFFIC_NO;
}

enum { IO_THREADS = 2 }; /* ZeroMQ's: one for bus and requests, one for the tap (tap.c) */

int main(int argc, char **argv)
{
    output_begin(); /* before a descriptor is opened */
    program_description_t description = {
        .name = "herd-node",
        .role = "node",
        .summary =
            "Keeps the newest position of every client, and exchanges them with its neighbours.",
        .files = needs_files,
        .traffic = logged_traffic,
    };
    /* Before any thread starts. */
    int signals = signals_open((int[]){SIGTERM, SIGINT, SIGHUP, 0});
    description.keep = signals;
    program_t program;
    program_exit_t code;
    if (!program_start(&description, argc, argv, &program, &code)) {
        return code;
    }
    zsys_handler_set(NULL); /* czmq would take the signals */
    zsys_set_io_threads(IO_THREADS);
    make_unpredictable();
    node_t *node = NULL;
    code = PROGRAM_FAILED;
    bool started = node_new(program.config, program.member, program.log, &node) == STATUS_OK;
    program_started(&program);
    if (started) {
        code = node_run(node, signals) ? PROGRAM_OK : PROGRAM_FAILED;
    }
    node_destroy(&node);
    program_done(&program);
    close(signals);
    zsys_shutdown();
    return code;
}
