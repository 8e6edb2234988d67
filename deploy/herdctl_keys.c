/* The keys of the operator who runs a command (docs/security.md). */
#include "deploy/herdctl.h"

#include "common/security_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void print_problem(void *argument, const char *problem)
{
    (void)argument;
    fprintf(stderr, "herdctl: %s\n", problem);
}

/* $HERD_KEY, which --key sets; NULL: not said. */
static const char *key_name(void)
{
    const char *name = getenv("HERD_KEY");
    return name != NULL && name[0] != '\0' ? name : NULL;
}

static bool open_keys(const config_t *config, security_role_t role, security_t **ret_keys)
{
    security_settings_t settings = {
        .folder = config->keys, .role = role, .name = key_name(), .problem = print_problem};
    return security_open(&settings, ret_keys) == STATUS_OK;
}

bool herdctl_open_keys(const config_t *config, security_t **ret_keys)
{
    return open_keys(config, SECURITY_OPERATOR, ret_keys);
}

/* Whether the operator of that name has a key here, or without a name any operator. */
static bool has_operator(const config_t *config)
{
    const char *name = key_name();
    char *path = name != NULL ? security_secret_path(config->keys, SECURITY_OPERATOR, name)
                              : security_role_folder(config->keys, SECURITY_OPERATOR);
    bool found = access(path, F_OK) == 0;
    free(path);
    return found;
}

bool herdctl_open_tap_keys(const config_t *config, security_t **ret_keys)
{
    bool as_operator = config->keys == NULL || has_operator(config);
    return open_keys(config, as_operator ? SECURITY_OPERATOR : SECURITY_WATCHER, ret_keys);
}
