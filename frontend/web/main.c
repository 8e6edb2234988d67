/* main.c - herd-web: serves programs, browsers and phones by HTTP, for one member. */
#include "common/program/allowance.h"
#include "common/program/clients_memory.h"
#include "common/program/program.h"
#include "frontend/web/web.h"

/* Of what the process may take: half of it is for the copy. */
enum { CLIENTS_PART = 4 };

static config_traffic_t logged_traffic(const config_t *config)
{
    return config->traffic;
}

static const char *missing_web(const config_member_t *member)
{
    return member->web_count > 0
               ? NULL
               : "this member has no \"web\", which says where herd-web listens, e.g. "
                 "web = \"http://127.0.0.1:11790\"";
}

int main(int argc, char **argv)
{
    const program_description_t description = {
        .name = "herd-web",
        .role = "web",
        .asks_only = true,
        .missing = missing_web,
        .traffic = logged_traffic,
        .summary = "Serves programs and browsers of a member by HTTP, and asks the member's node.",
    };
    program_t program;
    program_exit_t code;
    if (!program_start(&description, argc, argv, &program, &code)) {
        return code;
    }
    web_settings_t settings = {.config = program.config,
                               .member = program.member,
                               .log = program.log,
                               .memory_max = clients_memory(program.log, CLIENTS_PART),
                               .records_max = allowance_for_records(program.config->max_memory),
                               .signals = true};
    web_t *web = NULL;
    code = PROGRAM_FAILED;
    bool started = web_new(&settings, &web) == STATUS_OK;
    program_started(&program);
    if (started) {
        web_run(web);
        code = PROGRAM_OK;
    }
    web_destroy(&web);
    program_done(&program);
    return code;
}
