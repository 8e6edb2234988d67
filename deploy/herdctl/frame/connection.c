#include "deploy/herdctl/frame/connection.h"

#include "common/security/certificates.h"
#include "common/sockets/sockets.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zmq.h>

enum { FILES_SPARE = 16 }; /* of ZeroMQ's context: its threads, and what they poll with */

static void print_problem(void *argument, const char *problem)
{
    (void)argument;
    fprintf(stderr, "herdctl: %s\n", problem);
}

/* $HERD_KEY, which --key sets; NULL if neither is given. */
static const char *key_name(void)
{
    const char *name = getenv("HERD_KEY");
    return name != NULL && name[0] != '\0' ? name : NULL;
}

static bool open_keys(const config_t *config, roles_role_t role, security_t **ret_keys)
{
    security_settings_t settings = {
        .folder = config->keys, .role = role, .name = key_name(), .problem = print_problem};
    return security_open(&settings, ret_keys) == STATUS_OK;
}

bool herdctl_connection_open_keys(const config_t *config, security_t **ret_keys)
{
    return open_keys(config, ROLES_OPERATOR, ret_keys);
}

/* Whether the operator of that name, or without a name any operator, has a secret key here. A
 * watcher's machine has public keys of operators. */
static bool has_operator(const config_t *config)
{
    const char *name = key_name();
    if (name == NULL) {
        size_t count;
        free(certificates_only_secret(config->keys, ROLES_OPERATOR, &count));
        return count > 0;
    }
    char *path = certificates_secret_path(config->keys, ROLES_OPERATOR, name);
    bool found = access(path, F_OK) == 0;
    free(path);
    return found;
}

bool herdctl_connection_open_tap_keys(const config_t *config, security_t **ret_keys)
{
    bool as_operator = config->keys == NULL || has_operator(config);
    return open_keys(config, as_operator ? ROLES_OPERATOR : ROLES_WATCHER, ret_keys);
}

bool herdctl_connection_has_key_of(const security_t *keys, const char *member)
{
    bool found = keys == NULL || security_key(keys, ROLES_MEMBER, member) != NULL;
    if (!found) {
        fprintf(stderr, "herdctl: %s cannot be asked: its key, member/%s.cert, is not here\n",
                member, member);
    }
    return found;
}

static size_t count_open_files(void)
{
    size_t count = 0;
    DIR *files = opendir("/proc/self/fd");
    while (files != NULL && readdir(files) != NULL) {
        count++;
    }
    if (files != NULL) {
        closedir(files);
    }
    return count;
}

bool herdctl_connection_has_files(size_t count, size_t files_each)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return true;
    }
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    size_t wanted = count_open_files() + FILES_SPARE + count * files_each;
    if (wanted > limit.rlim_max) {
        fprintf(stderr,
                "herdctl: %zu members take %zu open files, and %llu are allowed (ulimit -n); "
                "allow more, or name fewer members\n",
                count, wanted, (unsigned long long)limit.rlim_max);
        return false;
    }
    return true;
}

static bool begin(const herdctl_connection_t *self, void *socket)
{
    /* Without a routing id: two connections with the same one would take it from each other. */
    const char *endpoint = self->member->requests;
    return sockets_configure(socket, SOCKETS_OPERATOR_DEALER, endpoint, NULL) == STATUS_OK &&
           security_connect(self->keys, socket, self->member->name) == STATUS_OK &&
           inflow_watch(self->inflow, self->index, socket);
}

void *herdctl_connection_open(const herdctl_connection_t *self)
{
    void *socket = zmq_socket(self->context, ZMQ_DEALER);
    if (socket == NULL) {
        return NULL;
    }
    bool watched = begin(self, socket);
    if (watched && zmq_connect(socket, self->member->requests) == 0) {
        return socket;
    }
    int error = errno;
    if (watched) {
        inflow_leave(self->inflow, self->index, socket);
    }
    zmq_close(socket);
    errno = error;
    return NULL;
}
