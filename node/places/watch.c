/* Two things may happen to the file, and both show in a look once a second, or in a question:
 *
 *   touched, written to   The file that is open has other times or another size. Its content is
 *                         compared with what was opened. The same: nothing has happened. Another:
 *                         what is mapped is no file of places any more, and is closed; questions
 *                         are answered with an error until there is a file that can be loaded.
 *   replaced              Under the path lies another file. It is loaded by a thread of its own;
 *                         then it takes the place of the one that was served till now. If it cannot
 *                         be used, the old one goes on.
 *
 * A file that is just being written has other times in each look: it is loaded when two looks in a
 * row have seen the same, or when an operator asks. One that could not be used is not tried again
 * until it is another, except where the reason was none of the file's own, such as a right that is
 * missing. */
#include "node/places/watch.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "node/places/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    LOOK_MS = 1000,   /* between two looks */
    LOADING_MS = 20,  /* while a file is being loaded */
    REASON_SIZE = 256 /* bytes of a reason, with the zero */
};

/* Which file, and which state of it (open value struct); zeros: none. */
typedef struct {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec modified;
    struct timespec changed;
} identity_t;

/* A file that is being loaded by a thread of its own; freed by the last of the two that have it. */
typedef struct {
    char *path;
    geonames_classes_t classes;
    identity_t identity; /* what the look saw that asked for it */
    int64_t begin_ns;    /* steady */
    places_local_t *local;
    status_t status;
    int error;         /* errno of a STATUS_SYSTEM */
    atomic_int owners; /* the thread, and the watch */
    atomic_bool done;  /* the three above are written */
} loading_t;

struct places_watch {
    const config_t *config;
    log_t *log;
    places_local_t *local; /* that is served; NULL: none, because it was written to */
    loading_t *loading;    /* NULL: none */
    identity_t seen;       /* at the path, by the last look */
    identity_t refused;    /* it could not be used */
    int64_t next_look_ns;  /* steady */
    char shown[PATH_MAX];  /* the path, for people */
    places_figures_t figures;
};

/* ---- files ---- */

static identity_t identity_of(const struct stat *state)
{
    return (identity_t){.device = state->st_dev,
                        .number = state->st_ino,
                        .size = state->st_size,
                        .modified = state->st_mtim,
                        .changed = state->st_ctim};
}

static bool are_same_times(const struct timespec *one, const struct timespec *other)
{
    return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

static bool is_same_file(const identity_t *one, const identity_t *other)
{
    return one->device == other->device && one->number == other->number;
}

static bool is_same(const identity_t *one, const identity_t *other)
{
    return is_same_file(one, other) && one->size == other->size &&
           are_same_times(&one->modified, &other->modified) &&
           are_same_times(&one->changed, &other->changed);
}

/* Why a file cannot be used, as the log puts it. */
static const char *load_trouble(status_t status, int error, char *out)
{
    switch (status) {
    case STATUS_NOT_FOUND: return "there is no such file";
    case STATUS_TOO_LONG:
        return "it is larger than 4 GiB; `herdctl places import` makes a smaller one of it";
    case STATUS_VERSION:
        return "it was imported by another version, or on another kind of machine; import it again";
    case STATUS_DAMAGED: return "it is damaged; import it again";
    case STATUS_INVALID: return "no row in it is a place: 19 columns, tab-separated, are expected";
    default: return strerror_r(error, out, REASON_SIZE);
    }
}

/* ---- what is told ---- */

static void log_ready(const places_watch_t *self, const loading_t *loading)
{
    const places_local_load_t *load = places_local_load(self->local);
    int64_t time_ms = (clock_steady_ns() - loading->begin_ns) / TIMESTAMP_NS_PER_MS;
    log_event(self->log, LOG_PLACES_READY, LOG_ABOUT(NULL, LOG_NUMBER("places", load->row_count)),
              "places: %zu places of %s ready in %lld ms, index %zu KiB", load->row_count,
              self->shown, (long long)time_ms, load->index_size / 1024);
    if (load->skipped_count > 0) {
        log_event(self->log, LOG_PLACES_ROWS_SKIPPED,
                  LOG_ABOUT(NULL, LOG_NUMBER("rows", load->skipped_count)),
                  "places: skipped %zu rows that are no places, the first of them in line %zu; the "
                  "others are served",
                  load->skipped_count, load->first_skipped);
    }
}

/* Tells what is wrong, for as long as it is; logs it once. */
static void tell(places_watch_t *self, const char *reason)
{
    char trouble[PLACES_TROUBLE_SIZE];
    snprintf(trouble, sizeof trouble, "the file %.*s: %s; %s", PLACES_TROUBLE_SIZE / 2, self->shown,
             reason,
             self->local != NULL ? "the places that were read before are served"
                                 : "no places are served");
    if (strcmp(trouble, self->figures.trouble) != 0) {
        memcpy(self->figures.trouble, trouble, sizeof trouble);
        log_event(self->log, LOG_PLACES_FILE_TROUBLE, NULL, "places: %s", trouble);
    }
}

static void tell_all_is_well(places_watch_t *self)
{
    if (self->figures.trouble[0] != '\0') {
        self->figures.trouble[0] = '\0';
        log_event(self->log, LOG_PLACES_FILE_WELL, NULL, "places: the file %s is well again",
                  self->shown);
    }
}

/* ---- loading ---- */

static void release(loading_t *loading)
{
    if (atomic_fetch_sub(&loading->owners, 1) == 1) {
        places_local_close(&loading->local);
        free(loading->path);
        free(loading);
    }
}

static void load(loading_t *loading)
{
    loading->status = places_local_open(loading->path, loading->classes, &loading->local);
    loading->error = errno;
    atomic_store(&loading->done, true);
}

static void *run_loading(void *argument)
{
    load(argument);
    release(argument);
    return NULL;
}

static loading_t *new_loading(const places_watch_t *self, int owners)
{
    const char *path = self->config->places_file;
    loading_t *loading = memory_new(sizeof *loading);
    loading->path = memory_copy_text(path, strlen(path));
    loading->classes = self->config->places_classes;
    loading->identity = self->seen;
    loading->begin_ns = clock_steady_ns();
    atomic_init(&loading->owners, owners);
    return loading;
}

/* Without a thread of its own, the file is loaded here: questions wait meanwhile. */
static void begin_loading(places_watch_t *self)
{
    pthread_t thread;
    self->loading = new_loading(self, 2);
    if (pthread_create(&thread, NULL, run_loading, self->loading) == 0) {
        pthread_detach(thread);
        return;
    }
    run_loading(self->loading);
}

/* Takes what was loaded; the old file, if there is one, goes on if that is of no use. */
static void end_loading(places_watch_t *self)
{
    char reason[REASON_SIZE];
    loading_t *loading = self->loading;
    self->loading = NULL;
    if (loading->status == STATUS_OK) {
        places_local_close(&self->local);
        self->local = loading->local;
        loading->local = NULL;
        self->refused = (identity_t){0};
        log_ready(self, loading);
        tell_all_is_well(self);
    } else {
        self->refused = loading->status == STATUS_SYSTEM ? (identity_t){0} : loading->identity;
        tell(self, load_trouble(loading->status, loading->error, reason));
    }
    release(loading);
}

/* ---- looking ---- */

static void close_changed(places_watch_t *self)
{
    places_local_close(&self->local);
    tell(self, "it was written to while it was in use");
}

/* Whether the open file still is what was opened; if not, it is closed. */
static bool keep_if_unchanged(places_watch_t *self, bool thoroughly)
{
    if (self->local == NULL) {
        return false;
    }
    bool untouched = thoroughly ? places_local_is_untouched_at_all(self->local)
                                : places_local_is_untouched(self->local);
    if (untouched || places_local_verify(self->local)) {
        return true;
    }
    close_changed(self);
    return false;
}

/* There is a file under the path, and it can be read. */
static void look_at(places_watch_t *self, const identity_t *found, bool now)
{
    bool kept = keep_if_unchanged(self, true);
    identity_t open = kept ? identity_of(places_local_state(self->local)) : (identity_t){0};
    bool settled = now || is_same(found, &self->seen);
    self->seen = *found;
    if (kept && is_same_file(&open, found)) {
        self->refused = (identity_t){0};
        tell_all_is_well(self);
    } else if (settled && self->loading == NULL && (now || !is_same(found, &self->refused))) {
        begin_loading(self);
    }
}

/* One look at the path. A file that is open needs no right any more, but the next start does. */
static void look(places_watch_t *self, bool now)
{
    char reason[REASON_SIZE];
    struct stat state;
    const char *path = self->config->places_file;
    if (stat(path, &state) != 0 || faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0) {
        int error = errno;
        (void)keep_if_unchanged(self, true);
        self->seen = (identity_t){0};
        tell(self, strerror_r(error, reason, sizeof reason));
        return;
    }
    const identity_t found = identity_of(&state);
    look_at(self, &found, now);
}

void places_watch_look(places_watch_t *self, bool now)
{
    if (self->loading != NULL && atomic_load(&self->loading->done)) {
        end_loading(self);
    }
    int64_t now_ns = clock_steady_ns();
    if (now || now_ns >= self->next_look_ns) {
        look(self, now);
        self->next_look_ns = now_ns + LOOK_MS * TIMESTAMP_NS_PER_MS;
    }
}

int64_t places_watch_wait_ms(const places_watch_t *self)
{
    int64_t left_ns = self->next_look_ns - clock_steady_ns();
    if (self->loading != NULL) {
        return LOADING_MS;
    }
    return left_ns > 0 ? left_ns / TIMESTAMP_NS_PER_MS + 1 : 0;
}

/* ---- answers ---- */

status_t places_watch_answer(places_watch_t *self, const places_local_query_t *query,
                             buffer_t *buffer)
{
    status_t status = keep_if_unchanged(self, false)
                          ? places_local_answer(self->local, query, buffer)
                          : STATUS_INVALID;
    /* It was touched between the two. */
    if (status == STATUS_INVALID && keep_if_unchanged(self, false)) {
        status = places_local_answer(self->local, query, buffer);
    }
    if (status != STATUS_INVALID) {
        return status;
    }
    if (self->local != NULL && !places_local_verify(self->local)) {
        close_changed(self); /* it was written to faster than the clock of its times goes */
    }
    self->figures.failures++;
    const places_answer_t trouble = {
        .status = PLACES_STATUS_UNKNOWN_ERROR,
        .error_message = TEXT("The file of places was written to while it was in use.")};
    return places_answer_write(&trouble, buffer);
}

/* ---- life ---- */

status_t places_watch_new(const config_t *config, log_t *log, places_watch_t **ret_self)
{
    char reason[REASON_SIZE];
    places_watch_t *self = memory_new(sizeof *self);
    *self = (places_watch_t){.config = config, .log = log};
    self->figures = (places_figures_t){.provider = "local", .state = "closed"};
    text_escape(text_of(config->places_file), self->shown, sizeof self->shown);
    loading_t *loading = new_loading(self, 1);
    load(loading);
    status_t status = loading->status;
    if (status == STATUS_OK) {
        self->local = loading->local;
        loading->local = NULL;
        self->next_look_ns = clock_steady_ns() + LOOK_MS * TIMESTAMP_NS_PER_MS;
        log_ready(self, loading);
        *ret_self = self;
    } else {
        log_event(log, LOG_PLACES_UNUSABLE, NULL, "places: cannot use %s: %s; the start ends here",
                  self->shown, load_trouble(status, loading->error, reason));
        free(self);
    }
    release(loading);
    if (status == STATUS_SYSTEM) {
        return STATUS_NOT_FOUND;
    }
    return status == STATUS_OK || status == STATUS_NOT_FOUND ? status : STATUS_INVALID;
}

void places_watch_destroy(places_watch_t **self_p)
{
    places_watch_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->loading != NULL) {
        release(self->loading);
    }
    places_local_close(&self->local);
    free(self);
    *self_p = NULL;
}

const places_figures_t *places_watch_figures(const places_watch_t *self)
{
    return &self->figures;
}
