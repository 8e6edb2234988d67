/* main.c - herd-frontend: serves the TCP clients of one member. */
#include "common/base/limits.h"
#include "common/program/allowance.h"
#include "common/program/program.h"
#include "frontend/lines/frontend.h"

/* Half of what the process may take, if that is less than clients have as a rule. */
static size_t clients_memory(log_t *log)
{
    allowance_t allowance = allowance_read();
    uint64_t half = allowance.size / 2;
    size_t most = half < LIMIT_CLIENTS_MEMORY ? (size_t)half : LIMIT_CLIENTS_MEMORY;
    log_event(log, LOG_MEMORY,
              LOG_ABOUT(NULL, LOG_NUMBER("clients", most), LOG_NUMBER("process", allowance.size)),
              "past %zu bytes of all clients each is held to its share; the process may take %llu "
              "(%s)",
              most, (unsigned long long)allowance.size, allowance.source);
    return most;
}

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
                                    .memory_max = clients_memory(program.log),
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
