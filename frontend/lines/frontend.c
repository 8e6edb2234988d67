/* One turn of the loop, after libuv has read and accepted and before it sleeps:
 *
 * The replies of the node go to their sessions (upstream_turn, on_replied), sessions that have more
 * lines than one turn takes get their parts of it (give_turns), requests of sessions go to the node
 * in one batch (ask_node), sessions write their output (flush_sessions). Sessions only
 * put themselves on lists meanwhile, so a batch is what one turn has gathered, and no timer waits
 * for it. Output that has left lets sessions take more lines, so the node is asked once more at the
 * end. If anything is left to do then, an idle handle keeps the loop awake.
 *
 * The end: frontend_stop or a signal closes the listeners, after those clients that the kernel has
 * taken were accepted, and asks the sessions to finish once they are quiet; when the
 * last one is gone, or after STOP_MS, all handles are closed and uv_run returns. SIGHUP opens the
 * log anew and reads the keys again (K6).
 */
#include "frontend/lines/frontend.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "common/security/security.h"
#include "common/sockets/address.h"
#include "common/sockets/claim.h"
#include "common/sockets/endpoint.h"
#include "frontend/lines/doors.h"
#include "frontend/lines/file_budget.h"
#include "frontend/lines/session.h"
#include "frontend/upstream/upstream.h"

#include <assert.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 100,
    /* How long answers under way and lingering sessions have at the end, which takes 2 s in all. */
    STOP_MS = 1500,
    /* How long clients may go on asking, of that. */
    FINISH_MS = 1000,
    SIGNALS = 3,
    TURN_NS = 500000,         /* for those who wait, in one turn of the loop */
    GIVE_BACK_SIZE = 1048576, /* bytes that are worth malloc's search */
};

struct frontend {
    frontend_settings_t settings;
    uv_loop_t loop;
    session_shared_t shared; /* with all sessions */
    upstream_t *upstream;    /* the link to the node */
    list_link_t asking;   /* sessions out of shared.unasked that have had their part of a batch */
    bool row;             /* whose turn is next in a batch: theirs, or that of shared.unasked */
    security_t *security; /* NULL without keys */
    doors_t *doors;
    file_budget_t files;
    uv_prepare_t before_sleep;
    uv_check_t after_sleep;
    uv_idle_t awake;              /* active while something is left to do: keeps the loop awake */
    uv_timer_t tick;              /* runs while sessions are active */
    uv_timer_t ending;            /* runs while stopping */
    uv_async_t stop_asked;        /* by frontend_stop */
    uv_signal_t signals[SIGNALS]; /* if settings.signals */
    bool ended;                   /* all handles are closed, or about to be */
};

/* Adds some requests of one session to the batch. True if it has more. */
static bool gather_some(frontend_t *self, session_t *session)
{
    pipeline_request_t request;
    uint64_t number = session_number(session);
    for (int i = 0; i < LIMIT_REQUESTS_PER_TURN && upstream_takes(self->upstream); i++) {
        if (!session_ask(session, &request)) {
            return false;
        }
        upstream_add(self->upstream, number, &request);
    }
    return true;
}

/* Adds the requests of sessions to the batch, some of each in turn, while the node takes more.
 * Those that have had their part and have more stand in a row of their own; the two rows have turns
 * alternately, so that who asks little waits for few of those who ask much, and no one for
 * ever. */
static void gather(frontend_t *self)
{
    list_link_t *rows[] = {&self->shared.unasked, &self->asking};
    while (!(list_is_empty(rows[0]) && list_is_empty(rows[1])) && upstream_takes(self->upstream)) {
        list_link_t *row = rows[list_is_empty(rows[self->row]) ? !self->row : self->row];
        list_link_t *link = row->next;
        self->row = !self->row;
        if (gather_some(self, session_of_unasked(link))) {
            list_remove(link);
            list_append(&self->asking, link);
        }
    }
}

static void ask_node(frontend_t *self)
{
    gather(self);
    upstream_flush(self->upstream);
}

/* Gives the sessions that have lines left their parts in turn, until TURN_NS have passed. */
static void give_turns(frontend_t *self)
{
    list_link_t *waiting = &self->shared.waiting;
    uint64_t end_ns = list_is_empty(waiting) ? 0 : uv_hrtime() + TURN_NS;
    while (!list_is_empty(waiting)) {
        session_take_turn(session_of_waiting(list_take_first(waiting)));
        gather(self);
        if (uv_hrtime() >= end_ns) {
            break;
        }
    }
}

/* Flushes each session at most once; one that comes up meanwhile has its turn after the others. */
static void flush_sessions(frontend_t *self)
{
    list_link_t batch;
    list_init(&batch);
    list_take_all(&batch, &self->shared.unwritten);
    for (list_link_t *link = list_take_first(&batch); link != NULL;
         link = list_take_first(&batch)) {
        session_flush(session_of_unwritten(link));
    }
}

static bool has_work(const frontend_t *self)
{
    return upstream_is_due(self->upstream) || !list_is_empty(&self->shared.unwritten) ||
           !list_is_empty(&self->shared.waiting) ||
           ((!list_is_empty(&self->shared.unasked) || !list_is_empty(&self->asking)) &&
            upstream_takes(self->upstream));
}

/* What idle sessions free lies between memory in use: malloc keeps it unless it is asked to look.
 * That takes a few milliseconds for 20,000 sessions. */
static void give_back(session_shared_t *shared)
{
    if (shared->given_back >= GIVE_BACK_SIZE) {
        malloc_trim(0);
        shared->given_back = 0;
    }
}

static bool needs_ticks(const frontend_t *self)
{
    bool watches_idle =
        self->settings.config->idle_timeout_s > 0 && sessions_count(self->shared.table) > 0;
    return !list_is_empty(&self->shared.active) || watches_idle ||
           comings_wait(&self->shared.comings);
}

static void on_tick(uv_timer_t *timer)
{
    frontend_t *self = timer->data;
    list_link_t batch;
    list_init(&batch);
    list_take_all(&batch, &self->shared.active);
    for (list_link_t *link = list_take_first(&batch); link != NULL;
         link = list_take_first(&batch)) {
        list_append(&self->shared.active, link);
        session_tick(session_of_active(link));
    }
    session_end_idle(&self->shared);
    comings_tick(&self->shared.comings, uv_now(&self->loop));
    give_back(&self->shared);
    if (!needs_ticks(self)) {
        uv_timer_stop(timer);
    }
}

static void end_if_done(frontend_t *self);

/* Does what there is to do in one turn. Requests go first: the node works while we write. */
static void turn(frontend_t *self)
{
    if (self->ended) {
        return;
    }
    upstream_turn(self->upstream);
    gather(self);
    give_turns(self);
    ask_node(self);
    flush_sessions(self);
    ask_node(self);
    self->shared.turn_end_ns = 0;
    if (needs_ticks(self) && !uv_is_active((uv_handle_t *)&self->tick)) {
        uv_timer_start(&self->tick, on_tick, TICK_MS, TICK_MS);
    }
    end_if_done(self);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void on_after_sleep(uv_check_t *check)
{
    turn(check->data);
}

/* The last look before the loop sleeps. */
static void on_before_sleep(uv_prepare_t *prepare)
{
    frontend_t *self = prepare->data;
    if (!self->ended && has_work(self)) {
        turn(self);
    }
    if (!self->ended && has_work(self)) {
        uv_idle_start(&self->awake, on_idle);
    } else {
        uv_idle_stop(&self->awake);
    }
}

static void on_opened(void *argument)
{
    frontend_t *self = argument;
    doors_node_came(self->doors);
    list_link_t *active = &self->shared.active;
    for (list_link_t *link = active->next; link != active; link = link->next) {
        session_ask_again(session_of_active(link));
    }
}

static void on_lost(void *argument, uint64_t since_ms)
{
    const frontend_t *self = argument;
    doors_node_left(self->doors, since_ms);
}

static void on_replied(void *argument, uint64_t connection, uint64_t sequence, text_t text)
{
    const frontend_t *self = argument;
    session_t *session = sessions_find(self->shared.table, connection);
    /* The client may have left meanwhile. */
    if (session != NULL) {
        session_answer(session, sequence, text);
    }
}

/* Q8 */
static status_t write_figures(void *argument, buffer_t *out)
{
    frontend_t *self = argument;
    figures_others_t others = {.clients = sessions_count(self->shared.table),
                               .log_lost = log_lost_count(self->settings.log),
                               .now_ns = clock_now_ns()};
    return figures_write(&self->shared.figures, &others, out);
}

/* Its address has as many connections as one may have. */
static void turn_away_neighbour(frontend_t *self, int file, const struct sockaddr *address)
{
    char peer[ADDRESS_TEXT_SIZE];
    size_t size = address_write(address, peer);
    self->shared.figures.turned_away++;
    log_event(self->settings.log, LOG_CLIENT_TURNED_AWAY,
              LOG_ABOUT(NULL, LOG_TEXT("address", size > 0 ? peer : "?")),
              "client refused: %s has all %zu connections that one address may have "
              "(max_connections_per_address); it was disconnected",
              size > 0 ? peer : "?", self->settings.config->max_connections_per_address);
    close(file);
}

/* While there are descriptors for fewer than max_connections, those who come wait in the kernel
 * until one is free. */
static bool has_room(void *argument, bool wanted)
{
    frontend_t *self = argument;
    session_shared_t *shared = &self->shared;
    size_t clients = sessions_count(shared->table);
    return clients < file_budget_for_clients(&self->files) || (wanted && session_make_room(shared));
}

static void on_accepted(void *argument, int file, const struct sockaddr *address)
{
    frontend_t *self = argument;
    session_shared_t *shared = &self->shared;
    const config_t *config = self->settings.config;
    size_t of_address = config->max_connections_per_address;
    if (of_address > 0 && addresses_count(shared->addresses, addresses_of(address)) >= of_address) {
        turn_away_neighbour(self, file, address);
        return;
    }
    if (sessions_count(shared->table) == config->max_connections) {
        (void)session_make_room(shared);
    }
    if (session_open(shared, file, address) == STATUS_FULL) {
        shared->figures.turned_away++;
        log_event(self->settings.log, LOG_CLIENT_TURNED_AWAY, NULL,
                  "client refused: all %zu connections (max_connections) are in use; it was "
                  "disconnected",
                  self->settings.config->max_connections);
    }
}

static void close_handle(void *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

/* Closes everything; the loop ends when libuv has let go. */
static void end(frontend_t *self)
{
    self->ended = true;
    upstream_close(&self->upstream);
    doors_close(&self->doors);
    close_handle(&self->before_sleep);
    close_handle(&self->after_sleep);
    close_handle(&self->awake);
    close_handle(&self->tick);
    close_handle(&self->ending);
    close_handle(&self->stop_asked);
    for (size_t i = 0; self->settings.signals && i < SIGNALS; i++) {
        close_handle(&self->signals[i]);
    }
}

static void end_if_done(frontend_t *self)
{
    if (self->shared.stopping && self->shared.handles == 0 && !self->ended) {
        log_event(self->settings.log, LOG_STOPPED, NULL, "stopped");
        end(self);
    }
}

static void on_session_closed(void *argument)
{
    frontend_t *self = argument;
    if (self->doors != NULL) {
        doors_retry(self->doors);
    }
    end_if_done(self);
}

static void close_sessions(frontend_t *self)
{
    size_t cursor = 0;
    for (session_t *session = sessions_next(self->shared.table, &cursor); session != NULL;
         session = sessions_next(self->shared.table, &cursor)) {
        session_close(session);
    }
}

static void on_ending(uv_timer_t *timer)
{
    frontend_t *self = timer->data;
    size_t left = sessions_count(self->shared.table);
    if (left > 0) {
        log_event(self->settings.log, LOG_CLIENTS_CUT_OFF,
                  LOG_ABOUT(NULL, LOG_NUMBER("clients", left)),
                  "%zu clients closed before they were done; they may ask again elsewhere", left);
    }
    close_sessions(self);
}

static void begin_stop(frontend_t *self)
{
    if (self->shared.stopping) {
        return;
    }
    self->shared.stopping = true;
    log_event(self->settings.log, LOG_STOPPING,
              LOG_ABOUT(NULL, LOG_NUMBER("clients", sessions_count(self->shared.table))),
              "no more clients are taken; %zu get the answers that are under way",
              sessions_count(self->shared.table));
    doors_shut(self->doors);
    self->shared.finish_ms = uv_now(&self->loop) + FINISH_MS;
    size_t cursor = 0;
    for (session_t *session = sessions_next(self->shared.table, &cursor); session != NULL;
         session = sessions_next(self->shared.table, &cursor)) {
        session_stop(session);
    }
    uv_timer_start(&self->ending, on_ending, STOP_MS, 0);
}

static void on_stop_asked(uv_async_t *async)
{
    begin_stop(async->data);
}

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
static status_t open_keys(const frontend_t *self, log_t *log, security_t **ret_security)
{
    const frontend_settings_t *of = &self->settings;
    security_settings_t settings = {.folder = of->config->keys,
                                    .role = ROLES_FRONT_END,
                                    .name = of->member->name,
                                    .problem = log != NULL ? log_problem : ignore_problem,
                                    .argument = log};
    return security_open(&settings, ret_security);
}

/* Whether our own key or the node's is another one. */
static bool keys_differ(const frontend_t *self, const security_t *security)
{
    const char *member = self->settings.member->name;
    const char *before = security_key(self->security, ROLES_MEMBER, member);
    const char *after = security_key(security, ROLES_MEMBER, member);
    return strcmp(security_own_key(self->security), security_own_key(security)) != 0 ||
           strcmp(before != NULL ? before : "", after != NULL ? after : "") != 0;
}

/* Uses these keys from now on if they are new for our link. Takes them; false if they are not. */
static bool take_keys(frontend_t *self, security_t **security_p)
{
    bool differ = keys_differ(self, *security_p);
    if (differ) {
        log_event(self->settings.log, LOG_KEYS_READ, NULL,
                  "keys read: there are new ones; connecting to the node with them");
        upstream_use_keys(self->upstream, *security_p);
        security_t *former = self->security;
        self->security = *security_p;
        *security_p = former;
    }
    security_close(security_p);
    return differ;
}

/* K6: neither keys that cannot be read nor keys of others change anything. */
static void reload_keys(frontend_t *self)
{
    security_t *security = NULL;
    if (self->security == NULL) {
        return;
    }
    if (open_keys(self, self->settings.log, &security) != STATUS_OK) {
        log_event(self->settings.log, LOG_KEY_UNUSABLE, NULL,
                  "the keys could not be read again; those of before stay in use");
    } else if (!take_keys(self, &security)) {
        log_event(self->settings.log, LOG_KEYS_READ, NULL, "keys read: ours are as they were");
    }
}

static void on_key_missing(void *argument)
{
    frontend_t *self = argument;
    security_t *security = NULL;
    if (open_keys(self, NULL, &security) == STATUS_OK) {
        (void)take_keys(self, &security);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    frontend_t *self = handle->data;
    if (number == SIGHUP) {
        log_reopen(self->settings.log);
        log_event(self->settings.log, LOG_REOPENED, NULL,
                  "SIGHUP: log opened anew; reading keys again, settings are read at a start only");
        reload_keys(self);
    } else {
        begin_stop(self);
    }
}

static void watch_signals(frontend_t *self)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&self->loop, &self->signals[i]);
        self->signals[i].data = self;
        uv_signal_start(&self->signals[i], on_signal, numbers[i]);
    }
}

static void watch_loop(frontend_t *self)
{
    uv_prepare_init(&self->loop, &self->before_sleep);
    uv_check_init(&self->loop, &self->after_sleep);
    uv_idle_init(&self->loop, &self->awake);
    uv_timer_init(&self->loop, &self->tick);
    uv_timer_init(&self->loop, &self->ending);
    uv_async_init(&self->loop, &self->stop_asked, on_stop_asked);
    self->before_sleep.data = self->after_sleep.data = self->awake.data = self;
    self->tick.data = self->ending.data = self->stop_asked.data = self;
    uv_prepare_start(&self->before_sleep, on_before_sleep);
    uv_check_start(&self->after_sleep, on_after_sleep);
    if (self->settings.signals) {
        watch_signals(self);
    }
}

static void share(frontend_t *self)
{
    session_shared_t *shared = &self->shared;
    *shared = (session_shared_t){.loop = &self->loop,
                                 .memory_max = self->settings.memory_max,
                                 .config = self->settings.config,
                                 .log = self->settings.log,
                                 .closed = on_session_closed,
                                 .argument = self};
    shared->table = sessions_new(self->settings.config->max_connections);
    shared->read_buffer = memory_new(LIMIT_READ_SIZE);
    list_init(&shared->waiting);
    list_init(&shared->unasked);
    list_init(&self->asking);
    list_init(&shared->unwritten);
    list_init(&shared->newcomers);
    list_init(&shared->idle);
    list_init(&shared->active);
    shared->addresses = addresses_new();
    comings_init(&shared->comings, self->settings.log);
}

static status_t open_upstream(frontend_t *self)
{
    upstream_settings_t settings = {.loop = &self->loop,
                                    .log = self->settings.log,
                                    .endpoint = self->settings.member->requests,
                                    .herd = self->settings.config->herd_name,
                                    .name = self->settings.member->name,
                                    .bus = self->settings.member->bus,
                                    .file = self->settings.config->path,
                                    .keys = self->settings.config->keys,
                                    .security = self->security,
                                    .opened = on_opened,
                                    .lost = on_lost,
                                    .key_missing = on_key_missing,
                                    .replied = on_replied,
                                    .figures = write_figures,
                                    .argument = self};
    return upstream_open(&settings, &self->upstream);
}

/* Whose the client ports are: all front-ends of one node, which its requests endpoint names. */
static uint64_t tenant_of(const frontend_settings_t *settings)
{
    char node[ENDPOINT_PATH_SIZE] = "";
    endpoint_t endpoint;
    if (endpoint_parse(settings->member->requests, &endpoint) == STATUS_OK) {
        endpoint_write(&endpoint, node);
    }
    return claim_tenant(text_of(settings->config->herd_name), text_of(settings->member->name),
                        text_of(node));
}

static status_t open_doors(frontend_t *self)
{
    doors_settings_t settings = {.loop = &self->loop,
                                 .log = self->settings.log,
                                 .member = self->settings.member,
                                 .tenant = tenant_of(&self->settings),
                                 .patience_ms = (uint64_t)self->settings.config->request_timeout_ms,
                                 .accepted = on_accepted,
                                 .has_room = has_room,
                                 .argument = self,
                                 .pauses = &self->shared.figures.accept_pauses};
    return doors_open(&settings, &self->doors);
}

/* Warns if there are fewer descriptors than max_connections clients would take. */
static void reckon_descriptors(frontend_t *self)
{
    file_budget_count(&self->files);
    size_t wanted = self->settings.config->max_connections;
    size_t clients = file_budget_for_clients(&self->files);
    if (clients >= wanted) {
        return;
    }
    log_event(self->settings.log, LOG_FILES_FEW,
              LOG_ABOUT(NULL, LOG_NUMBER("max_connections", wanted), LOG_NUMBER("clients", clients),
                        LOG_NUMBER("files", file_budget_allowed())),
              "max_connections is %zu, but %zu open files are allowed (ulimit -n, LimitNOFILE) and "
              "%zu of them are for the front-end itself; at most %zu clients are served at a time, "
              "others wait",
              wanted, file_budget_allowed(), self->files.own + LIMIT_FILES_RESERVE, clients);
}

status_t frontend_new(const frontend_settings_t *settings, frontend_t **ret_self)
{
    frontend_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    int outcome = uv_loop_init(&self->loop);
    if (outcome != 0) {
        log_event(settings->log, LOG_LOOP_FAILED, NULL, "no event loop: %s; the start ends here",
                  uv_strerror(outcome));
        free(self);
        return STATUS_SYSTEM;
    }
    share(self);
    watch_loop(self);
    status_t status = open_keys(self, self->settings.log, &self->security);
    if (status == STATUS_OK) {
        status = open_upstream(self);
    }
    if (status == STATUS_OK) {
        status = open_doors(self);
    }
    if (status != STATUS_OK) {
        frontend_destroy(&self);
        return status;
    }
    log_event(settings->log, LOG_STARTED,
              LOG_ABOUT(NULL, LOG_TEXT("version", HERD_VERSION), LOG_NUMBER("pid", getpid())),
              "started: version %s, process %ld", HERD_VERSION, (long)getpid());
    reckon_descriptors(self);
    *ret_self = self;
    return STATUS_OK;
}

void frontend_run(frontend_t *self)
{
    uv_run(&self->loop, UV_RUN_DEFAULT);
}

void frontend_stop(frontend_t *self)
{
    uv_async_send(&self->stop_asked);
}

void frontend_destroy(frontend_t **self_p)
{
    frontend_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (!self->ended) {
        self->shared.stopping = true;
        close_sessions(self);
        end(self);
    }
    uv_run(&self->loop, UV_RUN_DEFAULT);
    int outcome = uv_loop_close(&self->loop);
    assert(outcome == 0); /* every handle was closed above */
    security_close(&self->security);
    sessions_destroy(&self->shared.table);
    addresses_destroy(&self->shared.addresses);
    free(self->shared.read_buffer);
    free(self);
    *self_p = NULL;
}
