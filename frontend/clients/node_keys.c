#include "frontend/clients/node_keys.h"

#include <string.h>

static void log_problem(void *argument, const char *problem)
{
    log_event(argument, LOG_KEY_UNUSABLE, NULL, "%s", problem);
}

static void ignore_problem(void *argument, const char *problem)
{
    (void)argument;
    (void)problem;
}

/* `log`: for problems; NULL: these are known. */
static status_t open_keys(const node_keys_t *self, log_t *log, security_t **ret_security)
{
    security_settings_t settings = {.folder = self->config->keys,
                                    .role = ROLES_FRONT_END,
                                    .name = self->member->name,
                                    .problem = log != NULL ? log_problem : ignore_problem,
                                    .argument = log};
    return security_open(&settings, ret_security);
}

status_t node_keys_init(node_keys_t *self, const config_t *config, const config_member_t *member,
                        log_t *log)
{
    *self = (node_keys_t){.config = config, .member = member, .log = log};
    return open_keys(self, log, &self->security);
}

/* Whether our own key or the node's is another one. */
static bool keys_differ(const node_keys_t *self, const security_t *security)
{
    const char *member = self->member->name;
    const char *before = security_key(self->security, ROLES_MEMBER, member);
    const char *after = security_key(security, ROLES_MEMBER, member);
    return strcmp(security_own_key(self->security), security_own_key(security)) != 0 ||
           strcmp(before != NULL ? before : "", after != NULL ? after : "") != 0;
}

/* Uses these keys from now on if they are new for our link. Takes them; false if they are not. */
static bool take_keys(node_keys_t *self, security_t **security_p)
{
    bool differ = keys_differ(self, *security_p);
    if (differ) {
        log_event(self->log, LOG_KEYS_READ, NULL,
                  "keys read: there are new ones; connecting to the node with them");
        upstream_use_keys(self->upstream, *security_p);
        if (self->use != NULL) {
            self->use(self->argument, *security_p);
        }
        security_t *former = self->security;
        self->security = *security_p;
        *security_p = former;
    }
    security_close(security_p);
    return differ;
}

void node_keys_reload(node_keys_t *self)
{
    security_t *security = NULL;
    if (self->security == NULL) {
        return;
    }
    if (open_keys(self, self->log, &security) != STATUS_OK) {
        log_event(self->log, LOG_KEY_UNUSABLE, NULL,
                  "the keys could not be read again; those of before stay in use");
    } else if (!take_keys(self, &security)) {
        log_event(self->log, LOG_KEYS_READ, NULL, "keys read: ours are as they were");
    }
}

void node_keys_look(node_keys_t *self)
{
    security_t *security = NULL;
    if (open_keys(self, NULL, &security) == STATUS_OK) {
        (void)take_keys(self, &security);
    }
}

void node_keys_done(node_keys_t *self)
{
    security_close(&self->security);
}
