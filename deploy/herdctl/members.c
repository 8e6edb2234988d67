/* herdctl members: the herd file for scripts, one line a member, fields separated by tabs:
 *   NAME  RUN_DIR  LOG_DIR  CLIENTS  REQUESTS  (CLIENTS: endpoints, separated by spaces) */
#include "deploy/herdctl/commands.h"

#include <stdio.h>

static void herdctl_print_member(const config_t *config, const config_member_t *member)
{
    printf("%s\t%s\t%s\t", member->name, config->run_dir, config->log_dir);
    for (size_t i = 0; i < member->client_count; i++) {
        printf("%s%s", i > 0 ? " " : "", member->clients[i]);
    }
    printf("\t%s\n", member->requests);
}

/* The members named, or all; HERDCTL_FAILED, nothing printed, where one is not in the file. */
static herdctl_exit_t herdctl_print_members(const config_t *config, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (config_member(config, argv[i]) == NULL) {
            fprintf(stderr, "herdctl: no member \"%s\" in %s\n", argv[i], config->file);
            return HERDCTL_FAILED;
        }
    }
    for (int i = 1; i < argc; i++) {
        herdctl_print_member(config, config_member(config, argv[i]));
    }
    for (size_t i = 0; argc == 1 && i < config->member_count; i++) {
        herdctl_print_member(config, &config->members[i]);
    }
    return HERDCTL_OK;
}

herdctl_exit_t herdctl_members(const herdctl_t *self, int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == '-') {
        return herdctl_usage_error("members knows no option %s", argv[1]);
    }
    config_t *config = herdctl_load(self);
    if (config == NULL) {
        return HERDCTL_FAILED;
    }
    herdctl_exit_t result = herdctl_print_members(config, argc, argv);
    config_destroy(&config);
    return result;
}
