#include "common/security/security.h"

#include "common/base/memory.h"
#include "common/protocol/record.h"
#include "common/security/certificates.h"
#include "common/sockets/sockets.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PUBLIC_ENDING "cert"
#define SECRET_ENDING "cert_secret"

/* Public keys, in the order of their bytes. */
typedef struct {
    security_holder_t *holders;
    size_t count;    /* <= LIMIT_KEYS */
    size_t capacity; /* of holders */
} table_t;

struct security {
    char *folder;
    security_role_t role;
    char *name;
    security_pair_t own;
    table_t table;
};

/* Where problems go. */
typedef struct {
    security_problem_fn *problem;
    void *argument;
} listener_t;

static const char *const role_texts[SECURITY_ROLES] = {
#define SECURITY_TEXT(name, text) [SECURITY_##name] = (text),
    SECURITY_ROLE_MAP(SECURITY_TEXT)
#undef SECURITY_TEXT
};

static const char *const domain_texts[SECURITY_DOMAINS] = {
#define SECURITY_TEXT(name, text) [SECURITY_DOMAIN_##name] = (text),
    SECURITY_DOMAIN_MAP(SECURITY_TEXT)
#undef SECURITY_TEXT
};

/* K2 */
static const bool admitted[SECURITY_DOMAINS][SECURITY_ROLES] = {
    [SECURITY_DOMAIN_BUS] = {[SECURITY_MEMBER] = true},
    [SECURITY_DOMAIN_REQUESTS] = {[SECURITY_FRONT_END] = true, [SECURITY_OPERATOR] = true},
    [SECURITY_DOMAIN_TAP] = {[SECURITY_OPERATOR] = true, [SECURITY_WATCHER] = true},
};

const char *security_role_text(security_role_t role)
{
    assert((unsigned)role < SECURITY_ROLES);
    return role_texts[role];
}

const char *security_domain_text(security_domain_t domain)
{
    assert((unsigned)domain < SECURITY_DOMAINS);
    return domain_texts[domain];
}

bool security_role_from_text(text_t text, security_role_t *ret_role)
{
    for (unsigned i = 0; i < SECURITY_ROLES; i++) {
        if (text_equal(text, text_of(role_texts[i]))) {
            *ret_role = (security_role_t)i;
            return true;
        }
    }
    return false;
}

bool security_domain_from_text(text_t text, security_domain_t *ret_domain)
{
    for (unsigned i = 0; i < SECURITY_DOMAINS; i++) {
        if (text_equal(text, text_of(domain_texts[i]))) {
            *ret_domain = (security_domain_t)i;
            return true;
        }
    }
    return false;
}

bool security_admits(security_domain_t domain, security_role_t role)
{
    return (unsigned)domain < SECURITY_DOMAINS && (unsigned)role < SECURITY_ROLES &&
           admitted[domain][role];
}

/* K5: what front-ends send is theirs; all else is the operators'. */
bool security_may_request(security_role_t role, message_type_t type)
{
    bool of_frontend = type == MESSAGE_HELLO || type == MESSAGE_REQUEST || type == MESSAGE_PING ||
                       type == MESSAGE_GOODBYE;
    return role == (of_frontend ? SECURITY_FRONT_END : SECURITY_OPERATOR);
}

static int compare_keys(const void *one, const void *other)
{
    return memcmp(((const security_holder_t *)one)->key, ((const security_holder_t *)other)->key,
                  SECURITY_KEY_SIZE);
}

static security_holder_t *table_find(const table_t *self, const char *key)
{
    security_holder_t wanted = {0};
    memcpy(wanted.key, key, SECURITY_KEY_SIZE);
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
            char problem[SECURITY_PROBLEM_SIZE];
            snprintf(
                problem, sizeof problem, "%s/%s and %s/%s have the same key; neither is accepted",
                role_texts[holder->role], holder->name, role_texts[holder[1].role], holder[1].name);
            listener->problem(listener->argument, problem);
        }
        i = end;
    }
    self->count = kept;
}

/* The part of "NAME.ENDING" before the dot; false for files that are no such certificate. */
static bool take_name(const char *file, const char *ending, text_t *ret_name)
{
    const char *dot = strrchr(file, '.');
    if (dot == NULL || strcmp(dot + 1, ending) != 0) {
        return false;
    }
    *ret_name = (text_t){.data = file, .size = (size_t)(dot - file)};
    return record_name_is_valid(*ret_name);
}

static void read_holder(const char *folder, security_role_t role, text_t name,
                        const listener_t *listener, table_t *table)
{
    security_holder_t holder = {.role = role};
    security_pair_t pair;
    security_problem_t problem;
    text_copy(name, holder.name);
    char *path = security_public_path(folder, role, holder.name);
    if (security_read_public(path, &pair, &problem) == STATUS_OK) {
        memcpy(holder.key, pair.public_key, sizeof holder.key);
        table_add(table, &holder);
    } else {
        listener->problem(listener->argument, problem.text);
    }
    free(path);
}

/* The certificates of one role; a folder that is not there has none. */
static status_t read_role(const char *folder, security_role_t role, const listener_t *listener,
                          table_t *table)
{
    char *path = security_role_folder(folder, role);
    DIR *directory = opendir(path);
    status_t status = directory != NULL || errno == ENOENT ? STATUS_OK : STATUS_SYSTEM;
    const struct dirent *entry;
    text_t name;
    while (directory != NULL && status == STATUS_OK && (entry = readdir(directory)) != NULL) {
        if (!take_name(entry->d_name, PUBLIC_ENDING, &name)) {
            continue;
        }
        if (table->count == LIMIT_KEYS) {
            status = STATUS_FULL;
        } else {
            read_holder(folder, role, name, listener, table);
        }
    }
    if (status != STATUS_OK) {
        char problem[SECURITY_PROBLEM_SIZE];
        snprintf(problem, sizeof problem, "the keys in %s cannot be read: %s", path,
                 status == STATUS_FULL ? "too many" : strerror(errno));
        listener->problem(listener->argument, problem);
    }
    if (directory != NULL) {
        closedir(directory);
    }
    free(path);
    return status == STATUS_OK ? STATUS_OK : STATUS_SYSTEM;
}

static status_t read_table(const char *folder, const listener_t *listener, table_t *ret_table)
{
    table_t table = {0};
    status_t status = STATUS_OK;
    for (unsigned role = 0; role < SECURITY_ROLES && status == STATUS_OK; role++) {
        status = read_role(folder, (security_role_t)role, listener, &table);
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

/* The name of the only secret certificate of a role; caller frees. NULL, and `*ret_count` not 1, where it is not the only
 * one. */
static char *find_only(const char *folder, security_role_t role, size_t *ret_count)
{
    char *path = security_role_folder(folder, role);
    DIR *directory = opendir(path);
    char *found = NULL;
    const struct dirent *entry;
    text_t name;
    *ret_count = 0;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (take_name(entry->d_name, SECRET_ENDING, &name)) {
            (*ret_count)++;
            free(found);
            found = *ret_count == 1 ? memory_copy_text(name.data, name.size) : NULL;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    free(path);
    return found;
}

bool security_has_secret(const char *folder, security_role_t role)
{
    size_t count;
    free(find_only(folder, role, &count));
    return count > 0;
}

/* Whose key is the own one: the name given, or that of the only one. NULL after a problem. */
static char *choose_name(const security_settings_t *settings)
{
    if (settings->name != NULL) {
        return memory_copy_text(settings->name, strlen(settings->name));
    }
    size_t count;
    const char *role = role_texts[settings->role];
    char *name = find_only(settings->folder, settings->role, &count);
    char problem[SECURITY_PROBLEM_SIZE];
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
    security_problem_t problem;
    char *path = security_secret_path(self->folder, self->role, self->name);
    status_t status = security_read_secret(path, &self->own, &problem);
    if (status == STATUS_NOT_FOUND) {
        bool of_member = self->role == SECURITY_MEMBER || self->role == SECURITY_FRONT_END;
        snprintf(problem.text, sizeof problem.text,
                 "the key %s is missing; `herdctl keygen %s%s%s%s` makes it", path,
                 of_member ? "" : "--role ", of_member ? "" : role_texts[self->role],
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
    security_pair_t pair = {0};
    security_problem_t problem;
    char *path = security_secret_path(self->folder, self->role, self->name);
    bool differs = security_read_secret(path, &pair, &problem) == STATUS_OK &&
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
    return key.size == SECURITY_KEY_SIZE ? table_find(&self->table, key.data) : NULL;
}

const char *security_key(const security_t *self, security_role_t role, const char *name)
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

status_t security_serve(const security_t *self, void *socket, security_domain_t domain)
{
    return self == NULL ? STATUS_OK
                        : sockets_secure_server(socket, self->own.secret_key, domain_texts[domain]);
}

status_t security_connect(const security_t *self, void *socket, const char *member)
{
    if (self == NULL) {
        return STATUS_OK;
    }
    const char *server = security_key(self, SECURITY_MEMBER, member);
    return server == NULL
               ? STATUS_NOT_FOUND
               : sockets_secure_client(socket, self->own.public_key, self->own.secret_key, server);
}
