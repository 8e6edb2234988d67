/* main.c - herd-single: node and front-end of one member in one process. */
#include "common/base/output.h"
#include "common/program/clients_memory.h"
#include "common/program/program.h"
#include "common/program/signals.h"
#include "frontend/single/single.h"
#include "node/needs.h"
#include "node/node.h"

#include <czmq.h>
#include <signal.h>
#include <unistd.h>

enum {
    /* Of what the process may take the node's records have half (max_memory), clients a quarter. */
    CLIENTS_PART = 4,
};

static config_traffic_t lines_traffic(const config_t *config)
{
    return config->traffic;
}

int main(int argc, char **argv)
{
    output_begin(); /* before a descriptor is opened */
    program_description_t description = {
        .name = "herd-single",
        .role = "node",
        .other_role = "frontend",
        .summary = "Is a member in one process: herd-node and herd-frontend.",
        .files = needs_files_in_one,
        .traffic = node_logged_traffic,
        .other_traffic = lines_traffic,
    };
    /* Before any thread starts. */
    int signals = signals_open((int[]){SIGTERM, SIGINT, SIGHUP, 0});
    description.keep = signals;
    program_t program;
    program_exit_t code;
    if (!program_start(&description, argc, argv, &program, &code)) {
        return code;
    }
    node_prepare();
    const single_settings_t settings = {.config = program.config,
                                        .member = program.member,
                                        .node_log = program.log,
                                        .frontend_log = program.other_log,
                                        .memory_max =
                                            clients_memory(program.other_log, CLIENTS_PART)};
    single_t *single = NULL;
    code = PROGRAM_FAILED;
    bool started = single_new(&settings, &single) == STATUS_OK;
    program_started(&program);
    if (started) {
        code = single_run(single, signals) ? PROGRAM_OK : PROGRAM_FAILED;
    }
    single_destroy(&single);
    program_done(&program);
    close(signals);
    zsys_shutdown();
    return code;
}
