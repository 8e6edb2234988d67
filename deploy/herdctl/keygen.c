/* herdctl keygen: new keys, as files in the folder that the herd file names (docs/security.md).
 * Never overwrites one. */
#include "common/base/limits.h"
#include "common/protocol/record.h"
#include "common/security/certificates.h"
#include "deploy/herdctl/commands.h"

#include <stdio.h>
#include <stdlib.h>

/* The command line. */
typedef struct {
    bool has_role; /* else: members, and their front-ends */
    roles_role_t role;
    options_operands_t names;
} keygen_t;

static bool make_pair(const config_t *config, roles_role_t role, const char *name)
{
    certificates_problem_t problem;
    if (certificates_make_pair(config->keys, role, name, &problem) != STATUS_OK) {
        fprintf(stderr, "herdctl: %s\n", problem.text);
        return false;
    }
    char *public_path = certificates_public_path(config->keys, role, name);
    char *secret_path = certificates_secret_path(config->keys, role, name);
    printf("%s\n%s\n", public_path, secret_path);
    free(secret_path);
    free(public_path);
    return true;
}

static bool check_name(const config_t *config, const keygen_t *self, const char *name)
{
    bool of_member = !self->has_role || self->role == ROLES_MEMBER || self->role == ROLES_FRONT_END;
    if (!record_name_is_valid(text_of(name))) {
        fprintf(stderr,
                "herdctl: \"%s\" is no name: 1 to %d letters, digits, \"_\", \"-\" and \".\", the "
                "first a letter or digit\n",
                name, LIMIT_NAME_SIZE);
        return false;
    }
    if (of_member && config_member(config, name) == NULL) {
        fprintf(stderr,
                "herdctl: no member \"%s\" in %s; of an operator or watcher say so: --role "
                "operator\n",
                name, config->file);
        return false;
    }
    return true;
}

/* Checks all names before it makes the first key. */
static herdctl_exit_t make_keys(const config_t *config, const keygen_t *self)
{
    bool fine = true;
    for (size_t i = 0; i < self->names.count; i++) {
        fine = check_name(config, self, self->names.items[i]) && fine;
    }
    for (size_t i = 0; fine && i < self->names.count; i++) {
        if (self->has_role) {
            fine = make_pair(config, self->role, self->names.items[i]);
        } else {
            fine = make_pair(config, ROLES_MEMBER, self->names.items[i]) &&
                   make_pair(config, ROLES_FRONT_END, self->names.items[i]);
        }
    }
    return fine ? HERDCTL_OK : HERDCTL_FAILED;
}

static bool take_role(void *argument, const char *value)
{
    keygen_t *self = argument;
    self->has_role = roles_from_text(text_of(value), &self->role);
    return self->has_role;
}

herdctl_exit_t herdctl_keygen(const herdctl_t *self)
{
    keygen_t keygen = {0};
    const options_row_t rows[] = {
        {"role", "ROLE",
         "member, front-end, operator, watcher or follower (default: a member, its front-end)",
         .take = take_role, .argument = &keygen,
         .refusal = "--role is member, front-end, operator, watcher or follower"},
        {0},
    };
    const herdctl_command_line_t line = {.rows = rows,
                                         .operands_min = 1,
                                         .operands_max = OPTIONS_MANY,
                                         .operands = "keygen takes one or more names"};
    herdctl_exit_t result;
    if (!herdctl_command_read(self, &line, &keygen.names, &result)) {
        return result;
    }
    config_t *config = herdctl_command_load(self);
    if (config == NULL) {
        return HERDCTL_FAILED;
    }
    result = HERDCTL_FAILED;
    if (config->keys == NULL) {
        fprintf(stderr,
                "herdctl: %s names no folder for keys; add keys = \"keys\" to its section herd\n",
                config->file);
    } else {
        result = make_keys(config, &keygen);
    }
    config_destroy(&config);
    return result;
}
