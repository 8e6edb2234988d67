/* herdctl version: which version this is; as `herdctl --version`, and as JSON. */
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/frame/json.h"

#include <stdio.h>

herdctl_exit_t herdctl_version(const herdctl_t *self)
{
    bool json;
    options_operands_t operands;
    herdctl_exit_t result;
    const herdctl_command_line_t line = {.json = &json, .operands = "version takes no operands"};
    if (!herdctl_command_read(self, &line, &operands, &result)) {
        return result;
    }
    if (json) {
        herdctl_json_print(
            json_pack("{s:s, s:s}", "program", HERDCTL_PROGRAM, "version", HERD_VERSION));
    } else {
        puts(HERDCTL_PROGRAM " " HERD_VERSION);
    }
    return HERDCTL_OK;
}
