#include "node/reload.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "common/config/changes.h"
#include "common/program/allowance.h"
#include "common/protocol/report_keys.h"
#include "common/sockets/endpoint.h"
#include "node/needs.h"
#include "node/security/accept4.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* SIGHUP or an operator (S6) asks for a reload.
 *   1. Keys are read first: a neighbour that comes needs its own (K6). They come and go whatever
 *      the file is, because an error in it must not keep a revoked key in use; connections with a
 *      key that went end (K7).
 *   2. The herd file is read. If it has an error, is of another herd, or does not have this member,
 *      nothing of it is taken.
 *   3. Settings that a running node can change are copied, and what depends on them is made anew.
 *      A change since the last reload is reported once; what differs from the start and needs a
 *      restart is reported each time.
 *   4. The provider of places looks again at its file, or its key, in its own thread.
 *   5. Links to members that are no neighbours any more end, new ones begin, those that moved are
 *      opened anew. The others go on undisturbed.
 * What was found goes to the log, and to the operator who asked. */

enum {
    LINE_SIZE = 2048, /* bytes of a line of the report: a finding, or a key with two values */
    NEEDS_SIZE = 160, /* "64, and 5 for each of 18 neighbours" */
    /* Bytes that the lines leave for the figures at the end. */
    ENDING_SIZE = 512,
    /* After this time an operator who waits has the answer, and connections with revoked keys are
     * cut. */
    ANSWER_LEAVES_MS = 1500,
};

struct reload {
    reload_context_t context;
    config_t *last; /* the newest file that was taken; NULL: that of the start */
    const config_member_t *last_member; /* of it */
    /* Of the present run: */
    buffer_t *report;        /* NULL: no operator asked */
    bool report_full;        /* lines were left out */
    security_changes_t keys; /* what became of the keys */
    size_t errors;
    size_t changes;
    size_t restarts;
};

/* What becomes of a key that has changed. */
typedef enum {
    EFFECT_RESTART,  /* the node must be started anew: all keys that are not below */
    EFFECT_NOW,      /* reload_take_settings copies it */
    EFFECT_LINKS,    /* apply_neighbours looks after it */
    EFFECT_FRONTEND, /* the front-end must be started anew */
    EFFECT_WEB,      /* herd-web must be started anew */
} effect_t;

/* A setting a row: clang-format would put two where their number is even. */
/* clang-format off */
static const struct {
    const char *name;
    effect_t effect;
} effects[] = {
    {"bus_traffic", EFFECT_NOW},
    {"max_clients", EFFECT_NOW},
    {"max_memory", EFFECT_NOW},
    {"max_followers", EFFECT_NOW},
    {"request_timeout", EFFECT_NOW},
    {"clock_warning", EFFECT_NOW},
    {"max_clock_lead", EFFECT_NOW},
    {"acknowledge", EFFECT_NOW},
    {"expire_after", EFFECT_NOW},
    {"expire_grace", EFFECT_NOW},
    {"neighbours", EFFECT_LINKS},
    {"traffic", EFFECT_FRONTEND},
    {"max_line", EFFECT_FRONTEND},
    {"max_output", EFFECT_FRONTEND},
    {"max_connections", EFFECT_FRONTEND},
    {"clients", EFFECT_FRONTEND},
    {"max_connections_per_address", EFFECT_FRONTEND},
    {"idle_timeout", EFFECT_FRONTEND},
    {"web", EFFECT_WEB},
    {"web_security", EFFECT_WEB},
    {"web_tiles", EFFECT_WEB},
    {"web_tiles_attribution", EFFECT_WEB},
    {"web_tiles_zoom", EFFECT_WEB},
    {"web_tiles_referrer", EFFECT_WEB},
    {"journal_interval", EFFECT_NOW},
};
/* clang-format on */

static effect_t effect_of(const config_key_t *key)
{
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        if (strcmp(effects[i].name, key->name) == 0) {
            return effects[i].effect;
        }
    }
    return EFFECT_RESTART;
}

reload_t *reload_new(const reload_context_t *context)
{
    reload_t *self = memory_new(sizeof *self);
    self->context = *context;
    return self;
}

void reload_destroy(reload_t **self_p)
{
    reload_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    config_destroy(&self->last);
    free(self);
    *self_p = NULL;
}

/* A line of the report: `key` and the text, escaped. */
__attribute__((format(printf, 3, 4))) static void add_line(reload_t *self, report_key_t key,
                                                           const char *format, ...)
{
    char text[LINE_SIZE];
    char shown[LINE_SIZE];
    va_list arguments;
    if (self->report == NULL) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_escape(text_of(text), shown, sizeof shown);
    if (self->report->size + sizeof shown + ENDING_SIZE > LIMIT_BODY_SIZE ||
        buffer_format(self->report, "%s %s\n", report_keys_text(key), shown) != STATUS_OK) {
        self->report_full = true;
    }
}

/* A figure of the report, at its end. */
static void add_figure(reload_t *self, report_key_t key, size_t value)
{
    if (self->report != NULL) {
        status_t status = buffer_format(self->report, "%s %zu\n", report_keys_text(key), value);
        assert(status == STATUS_OK); /* ENDING_SIZE */
    }
}

static void on_finding(void *argument, config_severity_t severity, const char *file, unsigned line,
                       const char *text)
{
    reload_t *self = argument;
    bool error = severity == CONFIG_ERROR;
    char number[32] = "";
    if (line > 0) {
        snprintf(number, sizeof number, "%u:", line);
    }
    self->errors += error ? 1 : 0;
    log_event(self->context.log, error ? LOG_RELOAD_ERROR : LOG_RELOAD_WARNING,
              LOG_ABOUT(NULL, LOG_TEXT("file", file), LOG_NUMBER("line", line)), "%s:%s %s", file,
              number, text);
    add_line(self, error ? REPORT_KEY_ERROR : REPORT_KEY_WARNING, "%s:%s %s", file, number, text);
}

/* Whether the file, which has no error, is for us. */
static bool suits(reload_t *self, const config_t *config, const config_member_t *member)
{
    const reload_context_t *context = &self->context;
    char text[LINE_SIZE];
    if (strcmp(config->herd_name, context->config->herd_name) != 0) {
        snprintf(text, sizeof text, "it is the file of herd \"%s\", and this node is one of \"%s\"",
                 config->herd_name, context->config->herd_name);
    } else if (member == NULL) {
        snprintf(text, sizeof text,
                 "it has no member \"%s\" any more; to take this one out of the herd, stop it",
                 context->member->name);
    } else {
        return true;
    }
    on_finding(self, CONFIG_ERROR, config->file, 0, text);
    return false;
}

__attribute__((format(printf, 3, 4))) static void note_change(reload_t *self, const char *peer,
                                                              const char *format, ...)
{
    char text[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    self->changes++;
    log_event(self->context.log, LOG_RELOAD_CHANGED, LOG_PEER(peer), "%s", text);
    add_line(self, REPORT_KEY_CHANGED, "%s%s%s", peer != NULL ? peer : "", peer != NULL ? ": " : "",
             text);
}

static const char *shown(const char *text)
{
    return text != NULL ? text : "(nothing)";
}

/* For each key that has changed since the last reload. */
static void note_applied(void *argument, const config_key_t *key, const char *before,
                         const char *now)
{
    if (effect_of(key) == EFFECT_NOW) {
        note_change(argument, NULL, "%s is %s now, it was %s", key->name, shown(now),
                    shown(before));
    }
}

/* For each key that differs from the start, which is what the node still goes by. */
static void note_restart(void *argument, const config_key_t *key, const char *before,
                         const char *now)
{
    reload_t *self = argument;
    static const char *const programs[] = {[EFFECT_RESTART] = "the node",
                                           [EFFECT_NOW] = NULL,
                                           [EFFECT_LINKS] = NULL,
                                           [EFFECT_FRONTEND] = "the front-end",
                                           [EFFECT_WEB] = "herd-web"};
    effect_t effect = effect_of(key);
    const char *who = programs[effect];
    if (who == NULL) {
        return;
    }
    if (self->context.in_one && effect != EFFECT_WEB) {
        who = "herd-single";
    }
    self->restarts++;
    log_event(self->context.log, LOG_RELOAD_NEEDS_RESTART,
              LOG_ABOUT(NULL, LOG_TEXT("key", key->name)),
              "%s: \"%s\" takes effect when %s is started anew; until then it is \"%s\"", key->name,
              shown(now), who, shown(before));
    add_line(self, REPORT_KEY_RESTART, "%s: \"%s\" takes effect when %s is started anew", key->name,
             shown(now), who);
}

void reload_tell_memory(const config_t *settings, log_t *log)
{
    allowance_t allowance = allowance_read();
    bool scarce = settings->max_memory > allowance.size;
    log_event(log, scarce ? LOG_MEMORY_SCARCE : LOG_MEMORY,
              LOG_ABOUT(NULL, LOG_NUMBER("records", settings->max_memory),
                        LOG_NUMBER("process", allowance.size)),
              "client records take %llu bytes at most; the process may take %llu (%s)%s",
              (unsigned long long)settings->max_memory, (unsigned long long)allowance.size,
              allowance.source,
              scarce ? "; it is ended by the kernel before they have as much as max_memory allows"
                     : "");
}

void reload_take_settings(config_t *settings, const config_t *config)
{
    settings->bus_traffic = config->bus_traffic;
    settings->max_clients = config->max_clients;
    settings->max_followers = config->max_followers;
    settings->max_memory = allowance_for_records(config->max_memory);
    settings->request_timeout_ms = config->request_timeout_ms;
    settings->max_clock_lead_ms = config->max_clock_lead_ms;
    settings->clock_warning_ms = config->clock_warning_ms;
    settings->acknowledge_peers = config->acknowledge_peers;
    /* Without a journal nothing can be waited for: it comes with the next start. */
    settings->acknowledge_disk = config->acknowledge_disk && settings->journal;
    settings->journal_interval_ms = config->journal_interval_ms;
    settings->expire_after_s = config->expire_after_s;
    settings->expire_grace_s = config->expire_grace_s;
}

static void note_settings(reload_t *self, const config_view_t *now)
{
    const reload_context_t *context = &self->context;
    const config_view_t first = {.config = context->config, .member = context->member};
    const config_view_t last =
        self->last != NULL ? (config_view_t){self->last, self->last_member} : first;
    config_changes_report(&last, now, note_applied, self);
    config_changes_report(&first, now, note_restart, self);
}

/* What is made of the settings anew when they have changed. */
static void apply_settings(const reload_context_t *context)
{
    const config_t *settings = context->settings;
    store_limit_clients(context->store, settings->max_clients);
    store_limit_memory(context->store, settings->max_memory);
    if (settings->expire_after_s == 0) {
        store_set_horizon(context->store, INT64_MIN, INT64_MIN);
    }
    log_set_traffic(context->log, settings->bus_traffic);
    service_apply(context->service);
}

/* The member of that name if it is our neighbour now; else NULL. */
static const config_member_t *neighbour_in(const config_view_t *now, const char *name)
{
    for (size_t i = 0; i < now->member->neighbour_count; i++) {
        const config_member_t *neighbour = &now->config->members[now->member->neighbours[i]];
        if (strcmp(neighbour->name, name) == 0) {
            return neighbour;
        }
    }
    return NULL;
}

static void remove_neighbours(reload_t *self, const config_view_t *now)
{
    neighbours_t *neighbours = self->context.neighbours;
    for (size_t i = neighbours_count(neighbours); i > 0; i--) {
        neighbour_t *neighbour = neighbours_all(neighbours)[i - 1];
        if (neighbour_in(now, neighbour_name(neighbour)) == NULL) {
            note_change(self, neighbour_name(neighbour),
                        "no neighbour any more; the link to it has ended");
            neighbours_remove(neighbours, neighbour);
        }
    }
}

static void apply_neighbour(reload_t *self, const config_member_t *member)
{
    neighbours_t *neighbours = self->context.neighbours;
    neighbour_t *neighbour = neighbours_find(neighbours, text_of(member->name));
    if (neighbour == NULL) {
        note_change(self, member->name, "a neighbour now, at %s; opening a link to it",
                    member->bus);
        neighbours_add(neighbours, member->name, member->bus);
    } else if (!endpoint_same(text_of(neighbour_endpoint(neighbour)), member->bus)) {
        note_change(self, member->name, "at %s now, it was at %s; opening the link anew",
                    member->bus, neighbour_endpoint(neighbour));
        neighbour_move(neighbour, member->bus);
    }
}

static void apply_neighbours(reload_t *self, const config_view_t *now)
{
    remove_neighbours(self, now);
    for (size_t i = 0; i < now->member->neighbour_count; i++) {
        apply_neighbour(self, &now->config->members[now->member->neighbours[i]]);
    }
}

/* The limit of files was raised as far as it goes at the start. */
static void reckon_files(reload_t *self, const config_view_t *now)
{
    char what[NEEDS_SIZE];
    char text[LINE_SIZE];
    struct rlimit limit;
    size_t needed = needs_reckon(now->config, now->member, self->context.in_one, what, sizeof what);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    accept4_set_ceiling(needs_ceiling(limit.rlim_cur, needed));
    if (limit.rlim_cur < needed) {
        snprintf(text, sizeof text,
                 "%llu open files are allowed (ulimit -n), and %zu are needed now: %s; some links "
                 "may stay down until the node is started with more",
                 (unsigned long long)limit.rlim_cur, needed, what);
        on_finding(self, CONFIG_WARNING, now->config->file, 0, text);
    }
}

static void apply(reload_t *self, config_t *config, const config_member_t *member)
{
    const config_view_t now = {.config = config, .member = member};
    reload_take_settings(self->context.settings, config);
    reload_tell_memory(self->context.settings, self->context.log);
    note_settings(self, &now);
    reckon_files(self, &now);
    apply_neighbours(self, &now);
    config_destroy(&self->last);
    self->last = config;
    self->last_member = member;
    log_event(self->context.log, LOG_RELOADED,
              LOG_ABOUT(NULL, LOG_NUMBER("changes", self->changes),
                        LOG_NUMBER("restarts", self->restarts)),
              "%s read again: %zu changes are in effect, %zu settings wait for a restart",
              config->file, self->changes, self->restarts);
}

static void on_key_problem(void *argument, const char *problem)
{
    reload_t *self = argument;
    log_event(self->context.log, LOG_KEY_UNUSABLE, NULL, "%s", problem);
    add_line(self, REPORT_KEY_WARNING, "%s", problem);
}

static void on_key_change(void *argument, const security_holder_t *holder, bool added)
{
    char user[sizeof holder->name + 16];
    snprintf(user, sizeof user, "%s/%s", roles_text(holder->role), holder->name);
    note_change(argument, user, "its key is %s",
                added ? "accepted from now on"
                      : "revoked; what comes with it has no effect, its connections are cut");
}

static void note_keys(reload_t *self)
{
    if (guard_security(self->context.guard) == NULL) {
        return;
    }
    log_event(self->context.log, LOG_KEYS_READ, NULL, "keys read: %zu new, %zu revoked",
              self->keys.added, self->keys.removed);
    if (self->keys.own) {
        static const char text[] = "this member's own key is another one; it is used after a "
                                   "restart";
        self->restarts++;
        log_event(self->context.log, LOG_KEY_CHANGED, NULL, "%s", text);
        add_line(self, REPORT_KEY_RESTART, "%s", text);
    }
}

/* K6, K7. False if they could not be read; those read before count. */
static bool reload_keys(reload_t *self)
{
    const reload_context_t *context = &self->context;
    const guard_listener_t listener = {
        .problem = on_key_problem, .change = on_key_change, .argument = self};
    if (guard_reload(context->guard, &listener, &self->keys) != STATUS_OK) {
        return false;
    }
    note_keys(self);
    bool changed = self->keys.added > 0 || self->keys.removed > 0;
    for (size_t i = 0; changed && i < neighbours_count(context->neighbours); i++) {
        neighbour_keys_changed(neighbours_all(context->neighbours)[i], clock_steady_ns());
    }
    guard_cut_revoked(context->guard, &self->keys, self->report != NULL ? ANSWER_LEAVES_MS : 0);
    return true;
}

static void refuse(reload_t *self)
{
    char keys[128] = "";
    const security_changes_t *changes = &self->keys;
    if (changes->added > 0 || changes->removed > 0) {
        snprintf(keys, sizeof keys, " but the keys, %zu new and %zu revoked", changes->added,
                 changes->removed);
    }
    log_event(self->context.log, LOG_RELOAD_REFUSED,
              LOG_ABOUT(NULL, LOG_NUMBER("errors", self->errors),
                        LOG_NUMBER("keys_new", changes->added),
                        LOG_NUMBER("keys_revoked", changes->removed)),
              "%s has %zu errors; nothing has changed%s, correct it and reload again",
              self->context.config->file, self->errors, keys);
}

/* The end of the report: what programs may want to know. */
static void add_figures(reload_t *self, bool taken)
{
    if (guard_security(self->context.guard) != NULL) {
        add_figure(self, REPORT_KEY_KEYS_NEW, self->keys.added);
        add_figure(self, REPORT_KEY_KEYS_REVOKED, self->keys.removed);
    }
    if (self->report_full) {
        status_t status = buffer_format(self->report,
                                        "%s more was found than fits here; the log "
                                        "of this member has all of it\n",
                                        report_keys_text(REPORT_KEY_WARNING));
        assert(status == STATUS_OK); /* ENDING_SIZE */
    }
    add_figure(self, REPORT_KEY_RELOADED, taken ? 1 : 0);
}

void reload_run(reload_t *self, buffer_t *report)
{
    const reload_context_t *context = &self->context;
    self->report = report;
    if (context->places != NULL) {
        places_actor_look_again(context->places);
    }
    self->report_full = false;
    self->keys = (security_changes_t){0};
    self->errors = self->changes = self->restarts = 0;
    bool keys_read = reload_keys(self);
    config_t *config = config_load(context->config->path, on_finding, self);
    const config_member_t *member =
        config != NULL ? config_member(config, context->member->name) : NULL;
    if (!keys_read) {
        on_finding(self, CONFIG_ERROR, context->config->file, 0,
                   "the folder of keys cannot be read; those read before count");
    }
    bool taken = config != NULL && suits(self, config, member) && keys_read;
    if (taken) {
        apply(self, config, member);
    } else {
        config_destroy(&config);
        refuse(self);
    }
    add_figures(self, taken);
    service_note_reload(context->service, !taken, self->keys.added + self->keys.removed > 0);
    if (taken) {
        apply_settings(context);
    }
}
