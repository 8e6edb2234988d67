/* Who holds which key.
 *
 * In come the certificates of a folder (certificates.h): the secret one of the program itself, and
 * the public ones of everybody. Out comes a table that says of a key whose it is (K2). The folder
 * is the authority: a reload (K6) accepts the keys of new files and revokes those whose files are
 * gone (K7).
 *
 * A public file that cannot be used is reported and left out: one bad file must not keep the others
 * out. If a folder cannot be read, or has too many keys, the whole reading fails, because a table
 * with half of the keys would cut off members at random; a reload then keeps the table that it has.
 * A key that stands in two files proves neither holder, so both are left out.
 *
 * The program's own pair is read once: ZeroMQ takes keys only before a socket is bound or
 * connected. A reload merely says whether its file has changed. */
#include "common/security/security.h"

#include "common/base/memory.h"
#include "common/sockets/sockets.h"

#include <errno.h>
#include <stdarg.h>
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
    security_change_fn *change; /* NULL: no one is told */
    void *change_argument;
};

/* Where problems go. */
typedef struct {
    security_problem_fn *problem;
    void *argument;
} reporter_t;

static void report(const reporter_t *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void report(const reporter_t *self, const char *format, ...)
{
    char problem[CERTIFICATES_PROBLEM_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem, sizeof problem, format, arguments);
    va_end(arguments);
    self->problem(self->argument, problem);
}

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

/* The index behind the holders, from `first` on, that have its key. */
static size_t table_end_of_key(const table_t *self, size_t first)
{
    size_t end = first + 1;
    while (end < self->count && compare_keys(&self->holders[first], &self->holders[end]) == 0) {
        end++;
    }
    return end;
}

/* With one key in two files each of their holders could pass as the other. */
static void table_drop_doubles(table_t *self, const reporter_t *reporter)
{
    size_t kept = 0;
    size_t end;
    for (size_t i = 0; i < self->count; i = end) {
        const security_holder_t *holder = &self->holders[i];
        end = table_end_of_key(self, i);
        if (end == i + 1) {
            self->holders[kept++] = *holder;
        } else {
            report(reporter, "%s/%s and %s/%s have the same key; neither is accepted",
                   roles_text(holder->role), holder->name, roles_text(holder[1].role),
                   holder[1].name);
        }
    }
    self->count = kept;
}

/* A role whose certificates are being read. */
typedef struct {
    const char *folder;
    roles_role_t role;
    const reporter_t *reporter;
    table_t *table;
    bool full; /* there are more than the table may hold */
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
        report(self->reporter, "%s", problem.text);
    }
    free(path);
    return true;
}

/* A file that was meant to let someone in, and does not. */
static bool report_odd(void *argument, text_t file)
{
    const reading_t *self = argument;
    char shown[LIMIT_LOG_SAMPLE];
    text_escape(file, shown, sizeof shown);
    report(self->reporter, "%s/%s/%s lets no one in: that is no name for a key", self->folder,
           roles_text(self->role), shown);
    return true;
}

/* Adds the holders of one role. STATUS_SYSTEM, reported: there are too many, or their folder cannot
 * be read. */
static status_t read_role(const char *folder, roles_role_t role, const reporter_t *reporter,
                          table_t *table)
{
    reading_t reading = {.folder = folder, .role = role, .reporter = reporter, .table = table};
    status_t status = certificates_list(folder, role, false, read_holder, &reading);
    if (status == STATUS_OK && !reading.full) {
        const certificates_listing_t listing = {.each = report_odd, .argument = &reading};
        status = certificates_list_odd(folder, role, &listing);
    }
    if (status == STATUS_OK && !reading.full) {
        return STATUS_OK;
    }
    const char *reason = reading.full ? "too many" : strerror(errno);
    char *path = certificates_role_folder(folder, role);
    report(reporter, "the keys in %s cannot be read: %s", path, reason);
    free(path);
    return STATUS_SYSTEM;
}

static status_t read_table(const char *folder, const reporter_t *reporter, table_t *ret_table)
{
    table_t table = {0};
    status_t status = STATUS_OK;
    for (unsigned role = 0; role < ROLES_COUNT && status == STATUS_OK; role++) {
        status = read_role(folder, (roles_role_t)role, reporter, &table);
    }
    if (status != STATUS_OK) {
        free(table.holders);
        return status;
    }
    if (table.count > 0) {
        qsort(table.holders, table.count, sizeof *table.holders, compare_keys);
    }
    table_drop_doubles(&table, reporter);
    *ret_table = table;
    return STATUS_OK;
}

/* The name of our own certificate: the one given, or that of the only one here. NULL after a
 * problem. */
static char *choose_name(const security_settings_t *settings, const reporter_t *reporter)
{
    if (settings->name != NULL) {
        return memory_copy_text(settings->name, strlen(settings->name));
    }
    size_t count;
    const char *role = roles_text(settings->role);
    char *name = certificates_only_secret(settings->folder, settings->role, &count);
    if (count == 0) {
        report(reporter,
               "there is no secret key in %s/%s; `herdctl keygen --role %s NAME` makes one",
               settings->folder, role, role);
    } else if (count > 1) {
        report(reporter, "there are %zu secret keys in %s/%s; say which is yours", count,
               settings->folder, role);
    }
    return name;
}

static void report_missing(const security_t *self, const reporter_t *reporter, const char *path)
{
    if (self->role == ROLES_MEMBER || self->role == ROLES_FRONT_END) {
        report(reporter, "the key %s is missing; `herdctl keygen %s` makes it", path, self->name);
    } else {
        report(reporter, "the key %s is missing; `herdctl keygen --role %s %s` makes it", path,
               roles_text(self->role), self->name);
    }
}

static status_t read_own(security_t *self, const reporter_t *reporter)
{
    certificates_problem_t problem;
    char *path = certificates_secret_path(self->folder, self->role, self->name);
    status_t status = certificates_read_secret(path, &self->own, &problem);
    if (status == STATUS_NOT_FOUND) {
        report_missing(self, reporter, path);
    } else if (status != STATUS_OK) {
        report(reporter, "%s", problem.text);
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
    reporter_t reporter = {.problem = settings->problem, .argument = settings->argument};
    char *name = choose_name(settings, &reporter);
    if (name == NULL) {
        return STATUS_NOT_FOUND;
    }
    security_t *self = memory_new(sizeof *self);
    self->folder = memory_copy_text(settings->folder, strlen(settings->folder));
    self->role = settings->role;
    self->name = name;
    status_t status = read_own(self, &reporter);
    if (status == STATUS_OK) {
        status = read_table(self->folder, &reporter, &self->table);
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

/* Whether that key is still held by the same holder. */
static bool has_same(const table_t *table, const security_holder_t *holder)
{
    const security_holder_t *same = table_find(table, holder->key);
    return same != NULL && same->role == holder->role && strcmp(same->name, holder->name) == 0;
}

static void tell(const security_t *self, const security_holder_t *holder, bool added)
{
    if (self->change != NULL) {
        self->change(self->change_argument, holder, added);
    }
}

static security_changes_t compare_with(const security_t *self, const table_t *after)
{
    const table_t *before = &self->table;
    security_changes_t changes = {0};
    for (size_t i = 0; i < before->count; i++) {
        if (!has_same(after, &before->holders[i])) {
            changes.removed++;
            changes.revoked[before->holders[i].role] = true;
            tell(self, &before->holders[i], false);
        }
    }
    for (size_t i = 0; i < after->count; i++) {
        if (!has_same(before, &after->holders[i])) {
            changes.added++;
            tell(self, &after->holders[i], true);
        }
    }
    return changes;
}

void security_tell_changes(security_t *self, security_change_fn *change, void *argument)
{
    self->change = change;
    self->change_argument = argument;
}

/* Whether the file of our own pair now holds another pair. That the file is gone is no change: the
 * pair is in use. */
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
    reporter_t reporter = {.problem = problem, .argument = argument};
    status_t status = read_table(self->folder, &reporter, &table);
    if (status != STATUS_OK) {
        return status;
    }
    *ret_changes = compare_with(self, &table);
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
