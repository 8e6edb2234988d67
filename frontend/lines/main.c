/* main.c - herd-frontend: serves the TCP clients of one member. */
#include "common/program/clients_memory.h"
#include "common/program/program.h"
#include "frontend/lines/frontend.h"

static config_traffic_t logged_traffic(const config_t *config)
{
    return config->traffic;
}

int main(int argc, char **argv)
{
    const program_description_t description = {
        .name = "herd-frontend",
        .role = "frontend",
        .asks_only = true,
        .traffic = logged_traffic,
        .summary = "Serves the TCP clients of a member, and asks the member's node.",
    };
    program_t program;
    program_exit_t code;
    if (!program_start(&description, argc, argv, &program, &code)) {
        return code;
    }
    frontend_settings_t settings = {.config = program.config,
                                    .member = program.member,
                                    .log = program.log,
                                    .memory_max = clients_memory(program.log, 2),
                                    .signals = true};
    frontend_t *frontend = NULL;
    code = PROGRAM_FAILED;
    bool started = frontend_new(&settings, &frontend) == STATUS_OK;
    program_started(&program);
    if (started) {
        frontend_run(frontend);
        code = PROGRAM_OK;
    }
    frontend_destroy(&frontend);
    program_done(&program);
    return code;
}
