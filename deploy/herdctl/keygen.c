/* herdctl keygen: new keys, as files in the folder that the herd file names (docs/security.md). Never overwrites one. */
#include "common/base/limits.h"
#include "common/protocol/record.h"
#include "common/security/certificates.h"
#include "deploy/herdctl/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the command line says. */
typedef struct {
    bool has_role; /* else: members, and their front-ends */
    roles_role_t role;
    char **names;
    size_t name_count;
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

/* All names are looked at before the first key is made. */
static herdctl_exit_t make_keys(const config_t *config, const keygen_t *self)
{
    bool fine = true;
    for (size_t i = 0; i < self->name_count; i++) {
        fine = check_name(config, self, self->names[i]) && fine;
    }
    for (size_t i = 0; fine && i < self->name_count; i++) {
        if (self->has_role) {
            fine = make_pair(config, self->role, self->names[i]);
        } else {
            fine = make_pair(config, ROLES_MEMBER, self->names[i]) &&
                   make_pair(config, ROLES_FRONT_END, self->names[i]);
        }
    }
    return fine ? HERDCTL_OK : HERDCTL_FAILED;
}

/* --role ROLE, --role=ROLE; HERDCTL_OK with `*ret_used` arguments taken. */
static herdctl_exit_t take_option(keygen_t *self, int argc, char **argv, int *ret_used)
{
    static const char option[] = "--role";
    const char *value = NULL;
    *ret_used = 1;
    if (strcmp(argv[0], option) == 0 && argc > 1) {
        value = argv[1];
        *ret_used = 2;
    } else if (strncmp(argv[0], "--role=", sizeof option) == 0) {
        value = argv[0] + sizeof option;
    } else {
        return herdctl_usage_error(strcmp(argv[0], option) == 0 ? "%s needs a role"
                                                                : "keygen knows no option %s",
                                   argv[0]);
    }
    self->has_role = roles_from_text(text_of(value), &self->role);
    return self->has_role
               ? HERDCTL_OK
               : herdctl_usage_error("a role is member, front-end, operator or watcher, not \"%s\"",
                                     value);
}

herdctl_exit_t herdctl_keygen(const herdctl_t *self, int argc, char **argv)
{
    keygen_t keygen = {0};
    int first = 1;
    while (first < argc && argv[first][0] == '-') {
        int used;
        herdctl_exit_t result = take_option(&keygen, argc - first, argv + first, &used);
        if (result != HERDCTL_OK) {
            return result;
        }
        first += used;
    }
    keygen.names = argv + first;
    keygen.name_count = (size_t)(argc - first);
    if (keygen.name_count == 0) {
        return herdctl_usage_error("keygen takes one or more names");
    }
    config_t *config = herdctl_load(self);
    if (config == NULL) {
        return HERDCTL_FAILED;
    }
    herdctl_exit_t result = HERDCTL_FAILED;
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
