/* herdctl members: the herd file for scripts, one line per member, fields separated by tabs:
 *   NAME  RUN_DIR  LOG_DIR  CLIENTS  REQUESTS  WEB  FORM
 * CLIENTS, WEB: endpoints, separated by spaces. WEB is there if the member has it, or "-" where
 * FORM follows: "single", of a member in one process. New fields come at the end. */
#include "deploy/herdctl/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_member(const config_t *config, const config_member_t *member)
{
    printf("%s\t%s\t%s\t", member->name, config->run_dir, config->log_dir);
    for (size_t i = 0; i < member->client_count; i++) {
        printf("%s%s", i > 0 ? " " : "", member->clients[i]);
    }
    printf("\t%s", member->requests);
    for (size_t i = 0; i < member->web_count; i++) {
        printf("%shttp%s", i > 0 ? " " : "\t", member->web[i] + strlen("tcp"));
    }
    if (member->single) {
        printf("%s\tsingle", member->web_count > 0 ? "" : "\t-");
    }
    printf("\n");
}

/* The members named, or all. If one is not in the file, prints none. */
static herdctl_exit_t print_members(const config_t *config, options_operands_t names)
{
    size_t count;
    const config_member_t **known = herdctl_command_members(config, names, &count);
    if (known == NULL) {
        return HERDCTL_FAILED;
    }
    free(known);
    for (size_t i = 0; i < names.count; i++) {
        print_member(config, config_member(config, names.items[i]));
    }
    for (size_t i = 0; names.count == 0 && i < config->member_count; i++) {
        print_member(config, &config->members[i]);
    }
    return HERDCTL_OK;
}

herdctl_exit_t herdctl_members(const herdctl_t *self)
{
    options_operands_t names;
    herdctl_exit_t result;
    if (!herdctl_command_read_members(self, NULL, NULL, &names, &result)) {
        return result;
    }
    config_t *config = herdctl_command_load(self);
    if (config == NULL) {
        return HERDCTL_FAILED;
    }
    result = print_members(config, names);
    config_destroy(&config);
    return result;
}
