/* main.c - herd-node: one member of the herd. */
#include "common/base/output.h"
#include "common/program/program.h"
#include "common/program/signals.h"
#include "node/needs.h"
#include "node/node.h"

#include <czmq.h>
#include <signal.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    output_begin(); /* before a descriptor is opened */
    program_description_t description = {
        .name = "herd-node",
        .role = "node",
        .summary =
            "Keeps the newest position of every client, and exchanges them with its neighbours.",
        .files = needs_files,
        .traffic = node_logged_traffic,
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
    node_t *node = NULL;
    code = PROGRAM_FAILED;
    const node_settings_t settings = {
        .config = program.config, .member = program.member, .log = program.log};
    bool started = node_new(&settings, &node) == STATUS_OK;
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
