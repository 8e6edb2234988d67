/* One turn of the loop, after libuv has read and accepted and before it sleeps:
 *
 * The replies of the node go to their sessions (upstream_turn, on_replied), sessions that have more
 * lines than one turn takes get their parts of it (give_turns), requests of sessions go to the node
 * in one batch (ask_node), sessions write their output (flush_sessions). Sessions only
 * put themselves on lists meanwhile, so a batch is what one turn has gathered, and no timer waits
 * for it. Output that has left lets sessions take more lines, so the node is asked once more at the
 * end. If anything is left to do then, an idle handle keeps the loop awake.
 *
 * The end: serving_stop or a signal closes the listeners, after those clients that the kernel has
 * taken were accepted, and asks the sessions to finish once they are quiet; when the
 * last one is gone, or after STOP_MS, all handles are closed and uv_run returns. SIGHUP opens the
 * log anew and reads the keys again (K6).
 */
#include "frontend/clients/serving.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "common/sockets/address.h"
#include "frontend/clients/doors.h"
#include "frontend/clients/file_budget.h"
#include "frontend/clients/node_keys.h"
#include "frontend/upstream/upstream.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    /* How long answers under way and lingering sessions have at the end, which takes 2 s in all. */
    STOP_MS = 1500,
    /* How long clients may go on asking, of that. */
    FINISH_MS = 1000,
    TURN_NS = 500000,         /* for those who wait, in one turn of the loop */
    GIVE_BACK_SIZE = 1048576, /* bytes that are worth malloc's search */
};

/* Adds some requests of one session to the batch. True if it has more. */
static bool gather_some(serving_t *self, session_t *session)
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
static void gather(serving_t *self)
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

static void ask_node(serving_t *self)
{
    gather(self);
    upstream_flush(self->upstream);
}

/* Gives the sessions that have lines left their parts in turn, until TURN_NS have passed. */
static void give_turns(serving_t *self)
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
static void flush_sessions(serving_t *self)
{
    list_link_t batch;
    list_init(&batch);
    list_take_all(&batch, &self->shared.unwritten);
    for (list_link_t *link = list_take_first(&batch); link != NULL;
         link = list_take_first(&batch)) {
        session_flush(session_of_unwritten(link));
    }
}

static bool has_work(void *argument)
{
    serving_t *self = argument;
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

static bool needs_ticks(void *argument)
{
    const serving_t *self = argument;
    bool watches_idle =
        self->settings.config->idle_timeout_s > 0 && sessions_count(self->shared.table) > 0;
    return !list_is_empty(&self->shared.active) || watches_idle ||
           comings_wait(&self->shared.comings);
}

static void tick(void *argument)
{
    serving_t *self = argument;
    list_link_t batch;
    list_init(&batch);
    list_take_all(&batch, &self->shared.active);
    for (list_link_t *link = list_take_first(&batch); link != NULL;
         link = list_take_first(&batch)) {
        list_append(&self->shared.active, link);
        session_tick(session_of_active(link));
    }
    session_end_idle(&self->shared);
    comings_tick(&self->shared.comings, uv_now(self->reactor.uv));
    give_back(&self->shared);
}

static void end_if_done(serving_t *self);

/* Does what there is to do in one turn. Requests go first: the node works while we write. */
static void turn(void *argument)
{
    serving_t *self = argument;
    upstream_turn(self->upstream);
    gather(self);
    give_turns(self);
    ask_node(self);
    flush_sessions(self);
    ask_node(self);
    self->shared.turn_end_ns = 0;
    end_if_done(self);
}

static void on_opened(void *argument)
{
    serving_t *self = argument;
    self->shared.node_serves = true;
    doors_node_came(self->doors);
    list_link_t *active = &self->shared.active;
    for (list_link_t *link = active->next; link != active; link = link->next) {
        session_ask_again(session_of_active(link));
    }
}

static void on_lost(void *argument, uint64_t since_ms)
{
    serving_t *self = argument;
    self->shared.node_serves = false;
    doors_node_left(self->doors, since_ms);
}

static void on_replied(void *argument, uint64_t connection, uint64_t sequence, text_t text)
{
    const serving_t *self = argument;
    session_t *session = sessions_find(self->shared.table, connection);
    /* The client may have left meanwhile. */
    if (session != NULL) {
        session_answer(session, sequence, text);
    }
}

/* Q8 */
static status_t write_figures(void *argument, buffer_t *out)
{
    serving_t *self = argument;
    figures_others_t others = {.clients = sessions_count(self->shared.table),
                               .log_lost = log_lost_count(self->settings.log),
                               .now_ns = clock_now_ns()};
    return figures_write(&self->shared.figures, &others, out);
}

/* Its address has as many connections as one may have. */
static void turn_away_neighbour(serving_t *self, int file, const struct sockaddr *address)
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
    serving_t *self = argument;
    session_shared_t *shared = &self->shared;
    size_t clients = sessions_count(shared->table);
    return clients < file_budget_for_clients(&self->files) || (wanted && session_make_room(shared));
}

static void on_accepted(void *argument, int file, const struct sockaddr *address)
{
    serving_t *self = argument;
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

/* Closes everything; the loop ends when libuv has let go. */
static void end(serving_t *self)
{
    if (self->settings.ended != NULL) {
        self->settings.ended(self->settings.ended_argument);
    }
    upstream_close(&self->upstream);
    doors_close(&self->doors);
    reactor_end(&self->reactor);
}

static void end_if_done(serving_t *self)
{
    if (self->shared.stopping && self->shared.handles == 0 && !self->reactor.ended) {
        log_event(self->settings.log, LOG_STOPPED, NULL, "stopped");
        end(self);
    }
}

static void on_session_closed(void *argument)
{
    serving_t *self = argument;
    if (self->doors != NULL) {
        doors_retry(self->doors);
    }
    end_if_done(self);
}

static void close_sessions(serving_t *self)
{
    size_t cursor = 0;
    for (session_t *session = sessions_next(self->shared.table, &cursor); session != NULL;
         session = sessions_next(self->shared.table, &cursor)) {
        session_close(session);
    }
}

static void overdue(void *argument)
{
    serving_t *self = argument;
    size_t left = sessions_count(self->shared.table);
    if (left > 0) {
        log_event(self->settings.log, LOG_CLIENTS_CUT_OFF,
                  LOG_ABOUT(NULL, LOG_NUMBER("clients", left)),
                  "%zu clients closed before they were done; they may ask again elsewhere", left);
    }
    close_sessions(self);
}

static void stop(void *argument)
{
    serving_t *self = argument;
    if (self->shared.stopping) {
        return;
    }
    self->shared.stopping = true;
    log_event(self->settings.log, LOG_STOPPING,
              LOG_ABOUT(NULL, LOG_NUMBER("clients", sessions_count(self->shared.table))),
              "no more clients are taken; %zu get the answers that are under way",
              sessions_count(self->shared.table));
    doors_shut(self->doors);
    self->shared.finish_ms = uv_now(self->reactor.uv) + FINISH_MS;
    size_t cursor = 0;
    for (session_t *session = sessions_next(self->shared.table, &cursor); session != NULL;
         session = sessions_next(self->shared.table, &cursor)) {
        session_stop(session);
    }
    reactor_set_end(&self->reactor, STOP_MS);
}

static void on_key_missing(void *argument)
{
    serving_t *self = argument;
    node_keys_look(&self->keys);
}

static void reload(void *argument)
{
    serving_t *self = argument;
    node_keys_reload(&self->keys);
}

static void share(serving_t *self)
{
    session_shared_t *shared = &self->shared;
    *shared =
        (session_shared_t){.kind = self->settings.kind,
                           .loop = self->reactor.uv,
                           .memory_max = self->settings.memory_max > 0 ? self->settings.memory_max
                                                                       : LIMIT_CLIENTS_MEMORY,
                           .config = self->settings.config,
                           .log = self->settings.log,
                           .closed = on_session_closed,
                           .argument = self,
                           .program = self->settings.sessions};
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

static status_t open_upstream(serving_t *self)
{
    upstream_settings_t settings = {.loop = self->reactor.uv,
                                    .log = self->settings.log,
                                    .endpoint = self->settings.member->requests,
                                    .herd = self->settings.config->herd_name,
                                    .name = self->settings.member->name,
                                    .program = self->settings.program,
                                    .bus = self->settings.member->bus,
                                    .file = self->settings.config->path,
                                    .keys = self->settings.config->keys,
                                    .security = self->keys.security,
                                    .passage = self->settings.passage,
                                    .opened = on_opened,
                                    .lost = on_lost,
                                    .key_missing = on_key_missing,
                                    .replied = on_replied,
                                    .figures = write_figures,
                                    .argument = self};
    status_t status = upstream_open(&settings, &self->upstream);
    self->keys.upstream = self->upstream;
    return status;
}

static status_t open_doors(serving_t *self)
{
    doors_settings_t settings = {.loop = self->reactor.uv,
                                 .log = self->settings.log,
                                 .endpoints = self->settings.endpoints,
                                 .endpoint_count = self->settings.endpoint_count,
                                 .tenant =
                                     doors_tenant(self->settings.config, self->settings.member),
                                 .patience_ms = self->settings.patience_ms,
                                 .accepted = on_accepted,
                                 .has_room = has_room,
                                 .argument = self,
                                 .pauses = &self->shared.figures.accept_pauses};
    return doors_open(&settings, &self->doors);
}

/* A node in this process is known without. */
static status_t open_keys(serving_t *self)
{
    const serving_settings_t *of = &self->settings;
    return of->passage != NULL ? STATUS_OK
                               : node_keys_init(&self->keys, of->config, of->member, of->log);
}

status_t serving_init(serving_t *self, const serving_settings_t *settings)
{
    *self = (serving_t){.settings = *settings};
    const reactor_settings_t reactor = {.log = settings->log,
                                        .shared = settings->loop,
                                        .signals = settings->signals,
                                        .turn = turn,
                                        .has_work = has_work,
                                        .needs_ticks = needs_ticks,
                                        .tick = tick,
                                        .stop = stop,
                                        .reload = reload,
                                        .overdue = overdue,
                                        .argument = self};
    if (reactor_init(&self->reactor, &reactor) != STATUS_OK) {
        return STATUS_SYSTEM;
    }
    share(self);
    self->files.ceiling = settings->files_max;
    status_t status = open_keys(self);
    if (status == STATUS_OK) {
        status = open_upstream(self);
    }
    if (status == STATUS_OK) {
        status = open_doors(self);
    }
    if (status != STATUS_OK) {
        serving_done(self);
        return status;
    }
    log_event(settings->log, LOG_STARTED,
              LOG_ABOUT(NULL, LOG_TEXT("version", HERD_VERSION), LOG_NUMBER("pid", getpid())),
              "started: version %s, process %ld", HERD_VERSION, (long)getpid());
    file_budget_count(&self->files);
    file_budget_tell(&self->files, settings->config->max_connections, settings->log);
    return STATUS_OK;
}

void serving_run(serving_t *self)
{
    reactor_run(&self->reactor);
}

void serving_reload(serving_t *self)
{
    reactor_reload(&self->reactor);
}

void serving_stop(serving_t *self)
{
    reactor_stop(&self->reactor);
}

void serving_done(serving_t *self)
{
    if (!self->reactor.ended) {
        self->shared.stopping = true;
        close_sessions(self);
        end(self);
    }
    reactor_done(&self->reactor);
    node_keys_done(&self->keys);
    sessions_destroy(&self->shared.table);
    addresses_destroy(&self->shared.addresses);
    free(self->shared.read_buffer);
}
