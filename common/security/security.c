#include "common/security/security.h"

#include "common/base/memory.h"
#include "common/protocol/record.h"
#include "common/sockets/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Public keys, in the order of their bytes. */
typedef struct {
    security_holder_t *holders;
    size_t count;    /* <= LIMIT_KEYS */
    size_t capacity; /* of holders */
} table_t;

struct security {
    char *folder;
    roles_role_t role;
    char *name;
    certificates_pair_t own;
    table_t table;
};

/* Where problems go. */
typedef struct {
    security_problem_fn *problem;
    void *argument;
} listener_t;

static int compare_keys(const void *one, const void *other)
{
    return memcmp(((const security_holder_t *)one)->key, ((const security_holder_t *)other)->key,
                  CERTIFICATES_KEY_SIZE);
}

static security_holder_t *table_find(const table_t *self, const char *key)
{
    security_holder_t wanted = {0};
    memcpy(wanted.key, key, CERTIFICATES_KEY_SIZE);
    return self->count > 0
               ? bsearch(&wanted, self->holders, self->count, sizeof wanted, compare_keys)
               : NULL;
}

static void table_add(table_t *self, const security_holder_t *holder)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity > 0 ? 2 * self->capacity : 16;
        self->holders = memory_resize(self->holders, self->capacity * sizeof *self->holders);
    }
    self->holders[self->count++] = *holder;
}

/* A key that two files name would make each holder the other: it is nobody's. */
static void table_drop_doubles(table_t *self, const listener_t *listener)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->count;) {
        const security_holder_t *holder = &self->holders[i];
        size_t end = i + 1;
        while (end < self->count && compare_keys(holder, &self->holders[end]) == 0) {
            end++;
        }
        if (end == i + 1) {
            self->holders[kept++] = self->holders[i];
        } else {
            char problem[CERTIFICATES_PROBLEM_SIZE];
            snprintf(
                problem, sizeof problem, "%s/%s and %s/%s have the same key; neither is accepted",
                roles_text(holder->role), holder->name, roles_text(holder[1].role), holder[1].name);
            listener->problem(listener->argument, problem);
        }
        i = end;
    }
    self->count = kept;
}

/* A role whose certificates are being read. */
typedef struct {
    const char *folder;
    roles_role_t role;
    const listener_t *listener;
    table_t *table;
    bool full; /* the table has no room for another */
} reading_t;

static bool read_holder(void *argument, text_t name)
{
    reading_t *self = argument;
    security_holder_t holder = {.role = self->role};
    certificates_pair_t pair;
    certificates_problem_t problem;
    self->full = self->table->count == LIMIT_KEYS;
    if (self->full) {
        return false;
    }
    text_copy(name, holder.name);
    char *path = certificates_public_path(self->folder, self->role, holder.name);
    if (certificates_read_public(path, &pair, &problem) == STATUS_OK) {
        memcpy(holder.key, pair.public_key, sizeof holder.key);
        table_add(self->table, &holder);
    } else {
        self->listener->problem(self->listener->argument, problem.text);
    }
    free(path);
    return true;
}

/* Adds the holders of one role. STATUS_SYSTEM, reported: there are too many, or the folder cannot be read. */
static status_t read_role(const char *folder, roles_role_t role, const listener_t *listener,
                          table_t *table)
{
    reading_t reading = {.folder = folder, .role = role, .listener = listener, .table = table};
    status_t status = certificates_list(folder, role, false, read_holder, &reading);
    if (status == STATUS_OK && !reading.full) {
        return STATUS_OK;
    }
    char problem[CERTIFICATES_PROBLEM_SIZE];
    const char *reason = reading.full ? "too many" : strerror(errno);
    char *path = certificates_role_folder(folder, role);
    snprintf(problem, sizeof problem, "the keys in %s cannot be read: %s", path, reason);
    listener->problem(listener->argument, problem);
    free(path);
    return STATUS_SYSTEM;
}

static status_t read_table(const char *folder, const listener_t *listener, table_t *ret_table)
{
    table_t table = {0};
    status_t status = STATUS_OK;
    for (unsigned role = 0; role < ROLES_COUNT && status == STATUS_OK; role++) {
        status = read_role(folder, (roles_role_t)role, listener, &table);
    }
    if (status != STATUS_OK) {
        free(table.holders);
        return status;
    }
    if (table.count > 0) {
        qsort(table.holders, table.count, sizeof *table.holders, compare_keys);
    }
    table_drop_doubles(&table, listener);
    *ret_table = table;
    return STATUS_OK;
}

/* Whose key is the own one: the name given, or that of the only one. NULL after a problem. */
static char *choose_name(const security_settings_t *settings)
{
    if (settings->name != NULL) {
        return memory_copy_text(settings->name, strlen(settings->name));
    }
    size_t count;
    const char *role = roles_text(settings->role);
    char *name = certificates_only_secret(settings->folder, settings->role, &count);
    char problem[CERTIFICATES_PROBLEM_SIZE];
    if (count == 0) {
        snprintf(problem, sizeof problem,
                 "there is no secret key in %s/%s; `herdctl keygen --role %s NAME` makes one",
                 settings->folder, role, role);
        settings->problem(settings->argument, problem);
    } else if (count > 1) {
        snprintf(problem, sizeof problem, "there are %zu secret keys in %s/%s; say which is yours",
                 count, settings->folder, role);
        settings->problem(settings->argument, problem);
    }
    return name;
}

static status_t read_own(const security_settings_t *settings, security_t *self)
{
    certificates_problem_t problem;
    char *path = certificates_secret_path(self->folder, self->role, self->name);
    status_t status = certificates_read_secret(path, &self->own, &problem);
    if (status == STATUS_NOT_FOUND) {
        bool of_member = self->role == ROLES_MEMBER || self->role == ROLES_FRONT_END;
        snprintf(problem.text, sizeof problem.text,
                 "the key %s is missing; `herdctl keygen %s%s%s%s` makes it", path,
                 of_member ? "" : "--role ", of_member ? "" : roles_text(self->role),
                 of_member ? "" : " ", self->name);
    }
    if (status != STATUS_OK) {
        settings->problem(settings->argument, problem.text);
    }
    free(path);
    return status;
}

status_t security_open(const security_settings_t *settings, security_t **ret_self)
{
    if (settings->folder == NULL) {
        *ret_self = NULL;
        return STATUS_OK;
    }
    char *name = choose_name(settings);
    if (name == NULL) {
        return STATUS_NOT_FOUND;
    }
    security_t *self = memory_new(sizeof *self);
    self->folder = memory_copy_text(settings->folder, strlen(settings->folder));
    self->role = settings->role;
    self->name = name;
    status_t status = read_own(settings, self);
    if (status == STATUS_OK) {
        listener_t listener = {.problem = settings->problem, .argument = settings->argument};
        status = read_table(self->folder, &listener, &self->table);
    }
    if (status != STATUS_OK) {
        security_close(&self);
        return status;
    }
    *ret_self = self;
    return STATUS_OK;
}

void security_close(security_t **self_p)
{
    security_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    explicit_bzero(&self->own, sizeof self->own);
    free(self->table.holders);
    free(self->name);
    free(self->folder);
    free(self);
    *self_p = NULL;
}

static bool has_same(const table_t *table, const security_holder_t *holder)
{
    const security_holder_t *same = table_find(table, holder->key);
    return same != NULL && same->role == holder->role && strcmp(same->name, holder->name) == 0;
}

static security_changes_t compare_tables(const table_t *before, const table_t *after)
{
    security_changes_t changes = {0};
    for (size_t i = 0; i < before->count; i++) {
        if (!has_same(after, &before->holders[i])) {
            changes.removed++;
            changes.revoked[before->holders[i].role] = true;
        }
    }
    for (size_t i = 0; i < after->count; i++) {
        changes.added += has_same(before, &after->holders[i]) ? 0 : 1;
    }
    return changes;
}

static bool own_differs(const security_t *self)
{
    certificates_pair_t pair = {0};
    certificates_problem_t problem;
    char *path = certificates_secret_path(self->folder, self->role, self->name);
    bool differs = certificates_read_secret(path, &pair, &problem) == STATUS_OK &&
                   strcmp(pair.public_key, self->own.public_key) != 0;
    explicit_bzero(&pair, sizeof pair);
    free(path);
    return differs;
}

status_t security_reload(security_t *self, security_problem_fn *problem, void *argument,
                         security_changes_t *ret_changes)
{
    table_t table;
    listener_t listener = {.problem = problem, .argument = argument};
    status_t status = read_table(self->folder, &listener, &table);
    if (status != STATUS_OK) {
        return status;
    }
    *ret_changes = compare_tables(&self->table, &table);
    ret_changes->own = own_differs(self);
    free(self->table.holders);
    self->table = table;
    return STATUS_OK;
}

const security_holder_t *security_find(const security_t *self, text_t key)
{
    return key.size == CERTIFICATES_KEY_SIZE ? table_find(&self->table, key.data) : NULL;
}

const char *security_key(const security_t *self, roles_role_t role, const char *name)
{
    for (size_t i = 0; i < self->table.count; i++) {
        const security_holder_t *holder = &self->table.holders[i];
        if (holder->role == role && strcmp(holder->name, name) == 0) {
            return holder->key;
        }
    }
    return NULL;
}

const char *security_name(const security_t *self)
{
    return self->name;
}

const char *security_own_key(const security_t *self)
{
    return self->own.public_key;
}

status_t security_serve(const security_t *self, void *socket, roles_domain_t domain)
{
    return self == NULL
               ? STATUS_OK
               : sockets_secure_server(socket, self->own.secret_key, roles_domain_text(domain));
}

status_t security_connect(const security_t *self, void *socket, const char *member)
{
    if (self == NULL) {
        return STATUS_OK;
    }
    const char *server = security_key(self, ROLES_MEMBER, member);
    return server == NULL
               ? STATUS_NOT_FOUND
               : sockets_secure_client(socket, self->own.public_key, self->own.secret_key, server);
}
