/* The reactor's part of the journal. At the start it waits for the disk: nothing else is there yet.
 * From then on a turn of the reactor ends with journal_keeper_pump, which packs a few chunks at
 * most and gives them to the writer's thread; news of that thread come at a socket, and lead to the
 * next ones. So packing goes on in small steps, and clients have their turns in between. How far
 * the neighbours' lists have been processed is read in the turn in which a transaction ends
 * (J2). */
#include "node/journal/keeper.h"

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/journal/disk/start.h"
#include "common/journal/gather.h"
#include "common/journal/journal.h"
#include "node/journal/writer.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    /* Bytes of a chunk: a thousand records, a hundred microseconds or two. */
    CHUNK_SIZE = JOURNAL_CHUNK_SIZE / 4,
    /* Nanoseconds of the processor's time after which a turn packs no further chunk. */
    TURN_NS = 500000,
};

struct journal_keeper {
    journal_keeper_context_t context;
    const neighbours_t *neighbours; /* NULL: not known yet */
    journal_state_t life;           /* as it was committed at the start */
    journal_t *journal;
    journal_writer_t *writer;
    loop_watch_t *timer_watch;        /* of `timer`; NULL: none */
    char *chunks[JOURNAL_CHUNKS_MAX]; /* free ones */
    size_t chunk_count;
    bool stopping;
    uint64_t told;        /* a sum over the checkpoints of the newest transaction */
    uint64_t pumped_tail; /* of the list, at the end of the last turn */
    journal_gather_t gather;
    int timer;  /* timerfd: the gathering is over */
    bool armed; /* it is set */
    journal_keeper_figures_t figures;
};

/* ---- the start ---- */

static void log_start(journal_keeper_t *self, const journal_started_t *started)
{
    const journal_recovery_result_t *recovery = &started->recovery;
    log_t *log = self->context.log;
    size_t clients = store_count(self->context.store);
    if (recovery->damaged > 0 || started->set_aside) {
        log_event(log, LOG_JOURNAL_DAMAGED,
                  LOG_ABOUT(NULL, LOG_NUMBER("damaged", recovery->damaged),
                            LOG_NUMBER("clients", clients)),
                  "%s; %zu clients were found whole, and the neighbours are compared with",
                  started->damage.text, clients);
    }
    if (recovery->refused > 0) {
        log_event(log, LOG_JOURNAL_TOO_LARGE,
                  LOG_ABOUT(NULL, LOG_NUMBER("refused", recovery->refused)),
                  "%llu records of the journal found no room (max_clients, max_memory); they stay "
                  "on the disk, and come back at a start that has room",
                  (unsigned long long)recovery->refused);
    }
    log_event(log, LOG_JOURNAL_READ,
              LOG_ABOUT(NULL, LOG_NUMBER("clients", clients), LOG_NUMBER("bytes", recovery->bytes)),
              started->is_new ? "the journal is new: %zu clients known"
                              : "the journal was read: %zu clients known",
              clients);
    if (started->shrunk) {
        log_event(log, LOG_JOURNAL_SHRUNK, NULL,
                  "the journal's file was much larger than what it held; it was written anew");
    }
}

/* DATA_DIR; the folder of the member in it is made by journal_start. */
static status_t make_data_dir(const journal_keeper_t *self)
{
    const char *path = self->context.config->data_dir;
    if (mkdir(path, 0755) == 0 || errno == EEXIST) {
        return STATUS_OK;
    }
    log_event(self->context.log, LOG_JOURNAL_UNUSABLE, NULL,
              "the journal's folder %s cannot be made: %s; the start ends here", path,
              strerror(errno));
    return STATUS_SYSTEM;
}

static status_t start_disk(journal_keeper_t *self, journal_started_t *started)
{
    const journal_keeper_context_t *context = &self->context;
    journal_disk_problem_t problem = {0};
    char *folder = NULL;
    status_t status = make_data_dir(self);
    if (status != STATUS_OK) {
        return status;
    }
    if (asprintf(&folder, "%s/%s", context->config->data_dir, context->member->name) < 0) {
        abort(); /* no memory: as memory_new does */
    }
    const journal_start_t start = {.folder = folder,
                                   .herd = text_of(context->config->herd_name),
                                   .member = text_of(context->member->name),
                                   .store = context->store,
                                   .generation = context->generation,
                                   /* R16: our clock alone does not decide what has expired; it is
                                    * purged when the neighbours' are known. */
                                   .kept_from_ns = INT64_MIN,
                                   .now_ns = clock_now_ns()};
    status = journal_start(&start, started, &problem);
    free(folder);
    if (status != STATUS_OK) {
        log_event(context->log, LOG_JOURNAL_UNUSABLE, NULL,
                  "the journal cannot be used: %s; the start ends here", problem.text);
    }
    return status;
}

static int64_t interval_ns(const journal_keeper_t *self)
{
    return self->context.config->journal_interval_ms * TIMESTAMP_NS_PER_MS;
}

static void make_journal(journal_keeper_t *self, const journal_started_t *started)
{
    const journal_recovery_result_t *recovery = &started->recovery;
    const journal_settings_t settings = {.store = self->context.store,
                                         .tail = started->on_disk,
                                         .records = journal_disk_records(started->disk),
                                         .serial = recovery->serial,
                                         .interval_ns = interval_ns(self),
                                         .chunk_size = CHUNK_SIZE,
                                         .kept_until =
                                             recovery->refused > 0 ? started->on_disk : 0};
    self->journal = journal_new(&settings);
    self->pumped_tail = started->on_disk;
    self->figures.records = settings.records;
    self->figures.size = journal_disk_size(started->disk);
    self->figures.live_size = journal_disk_live_size(started->disk);
    self->figures.damaged = recovery->damaged;
    self->figures.committed_ns = started->state.written_ns;
    self->figures.commits = 1;
}

status_t journal_keeper_new(const journal_keeper_context_t *context, journal_keeper_t **ret_self)
{
    journal_keeper_t *self = memory_new(sizeof *self);
    journal_started_t started;
    self->context = *context;
    status_t status = start_disk(self, &started);
    if (status != STATUS_OK) {
        free(self);
        return status;
    }
    self->life = started.state;
    log_start(self, &started);
    make_journal(self, &started);
    self->writer = journal_writer_new(&started.disk);
    self->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    assert(self->timer >= 0); /* at the start */
    *ret_self = self;
    return STATUS_OK;
}

void journal_keeper_destroy(journal_keeper_t **self_p)
{
    journal_keeper_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    journal_writer_destroy(&self->writer);
    loop_unwatch(&self->timer_watch);
    journal_destroy(&self->journal);
    journal_state_done(&self->life);
    close(self->timer);
    for (size_t i = 0; i < self->chunk_count; i++) {
        free(self->chunks[i]);
    }
    free(self);
    *self_p = NULL;
}

const journal_state_t *journal_keeper_life(const journal_keeper_t *self)
{
    return &self->life;
}

void journal_keeper_watch(journal_keeper_t *self, const neighbours_t *neighbours)
{
    self->neighbours = neighbours;
}

status_t journal_keeper_hook(journal_keeper_t *self, loop_t *loop, loop_fn *call, void *argument)
{
    self->timer_watch = loop_watch_file(loop, self->timer, call, argument);
    return self->timer_watch != NULL ? journal_writer_watch(self->writer, loop, call, argument)
                                     : STATUS_SYSTEM;
}

/* ---- what comes ---- */

static void keep_chunk(journal_keeper_t *self, char *chunk)
{
    if (chunk != NULL && self->chunk_count < JOURNAL_CHUNKS_MAX) {
        self->chunks[self->chunk_count++] = chunk;
    } else {
        free(chunk);
    }
}

static void take_failure(journal_keeper_t *self, const journal_writer_news_t *news,
                         int64_t steady_ns)
{
    journal_keeper_figures_t *figures = &self->figures;
    bool at_once = news->status == STATUS_AGAIN;
    journal_failed(self->journal, news->transaction, at_once, steady_ns);
    if (at_once) {
        return;
    }
    journal_touch(self->journal); /* the next one shows whether the cause has gone */
    figures->errors++;
    figures->failing = true;
    text_escape(text_of(news->problem.text), figures->error, sizeof figures->error);
    log_event(self->context.log, LOG_JOURNAL_FAILED, NULL,
              "%s; the member goes on from memory, and what is missing on the disk is written when "
              "it can be",
              news->problem.text);
}

static void take_commit(journal_keeper_t *self, const journal_writer_news_t *news)
{
    journal_keeper_figures_t *figures = &self->figures;
    journal_committed(self->journal, news->transaction, news->records);
    figures->records = news->records;
    figures->size = news->size;
    figures->live_size = news->live_size;
    figures->commits++;
    figures->committed_ns = clock_now_ns();
    figures->took_ns = news->took_ns;
    if (figures->failing) {
        log_event(self->context.log, LOG_JOURNAL_BACK, NULL,
                  "the journal is written again, and has all that was missing");
    }
    figures->failing = false;
}

static void clear_timer(journal_keeper_t *self)
{
    uint64_t expired;
    if (self->armed && read(self->timer, &expired, sizeof expired) == (ssize_t)sizeof expired) {
        self->armed = false;
    }
}

bool journal_keeper_receive(journal_keeper_t *self, size_t waiting, int64_t steady_ns)
{
    journal_writer_news_t news;
    uint64_t held = journal_held(self->journal);
    clear_timer(self);
    while (journal_writer_receive(self->writer, &news)) {
        keep_chunk(self, news.chunk);
        switch (news.event) {
        case JOURNAL_WRITER_TAKEN: journal_taken(self->journal, news.transaction); break;
        case JOURNAL_WRITER_COMMITTED:
            take_commit(self, &news);
            journal_gather_begin(&self->gather, waiting, news.took_ns, steady_ns);
            break;
        case JOURNAL_WRITER_FAILED: take_failure(self, &news, steady_ns); break;
        }
    }
    return journal_held(self->journal) > held;
}

/* ---- what goes ---- */

static char *take_chunk(journal_keeper_t *self)
{
    return self->chunk_count > 0 ? self->chunks[--self->chunk_count]
                                 : memory_new(JOURNAL_CHUNK_SIZE);
}

/* A number that changes with any checkpoint. */
static uint64_t sum_checkpoints(const journal_keeper_t *self)
{
    uint64_t sum = 0;
    link_checkpoint_t checkpoint;
    size_t count = self->neighbours != NULL ? neighbours_count(self->neighbours) : 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t digits;
        const link_t *link = neighbour_link(neighbours_all(self->neighbours)[i]);
        if (link_checkpoint(link, &checkpoint)) {
            memcpy(&digits, checkpoint.generation.hex, sizeof digits);
            sum = (sum ^ digits) * 31 + checkpoint.index * 7 + checkpoint.level;
        }
    }
    return sum;
}

/* J2 */
static void commit(journal_keeper_t *self, const journal_part_t *end)
{
    journal_state_t state = self->life;
    size_t count = self->neighbours != NULL ? neighbours_count(self->neighbours) : 0;
    state.checkpoints = NULL;
    state.checkpoint_count = 0;
    state.tail = end->tail;
    state.serial = end->serial;
    state.written_ns = clock_now_ns();
    for (size_t i = 0; i < count; i++) {
        const neighbour_t *neighbour = neighbours_all(self->neighbours)[i];
        link_checkpoint_t checkpoint;
        if (link_checkpoint(neighbour_link(neighbour), &checkpoint)) {
            journal_state_add(&state, text_of(neighbour_name(neighbour)), &checkpoint);
        }
    }
    self->told = sum_checkpoints(self);
    journal_writer_commit(self->writer, end, &state);
}

/* One step; returns whether another may follow. */
static bool step(journal_keeper_t *self, int64_t steady_ns, uint64_t *packed)
{
    journal_part_t part;
    char *chunk = take_chunk(self);
    switch (journal_step(self->journal, steady_ns, chunk, &part)) {
    case JOURNAL_CHUNK:
        journal_writer_put(self->writer, &part, &chunk);
        *packed += part.name.count;
        return true;
    case JOURNAL_END:
        keep_chunk(self, chunk);
        commit(self, &part);
        return false;
    default: keep_chunk(self, chunk); return false;
    }
}

/* A transaction that must end comes nearer to the tail with each turn: it packs twice what the turn
 * has added to the list, and a while at least. So it costs a turn a share of what that did, and not
 * all that is behind. */
static bool may_go_on(const journal_keeper_t *self, int64_t steady_ns, uint64_t packed,
                      int64_t took_ns)
{
    uint64_t added = store_tail(self->context.store) - self->pumped_tail;
    return took_ns < TURN_NS || (packed < 2 * added && journal_must_end(self->journal, steady_ns));
}

static void pack_some(journal_keeper_t *self, int64_t steady_ns)
{
    int64_t begin_ns = clock_thread_ns();
    int64_t took_ns = 0;
    uint64_t packed = 0;
    while (may_go_on(self, steady_ns, packed, took_ns) &&
           journal_is_due(self->journal, steady_ns) && step(self, steady_ns, &packed)) {
        took_ns = clock_thread_ns() - begin_ns;
    }
    journal_writer_send(self->writer);
    took_ns = clock_thread_ns() - begin_ns;
    if (took_ns > self->figures.filling_ns) {
        self->figures.filling_ns = took_ns;
    }
}

void journal_keeper_pump(journal_keeper_t *self, int64_t steady_ns)
{
    if (journal_is_due(self->journal, steady_ns)) {
        pack_some(self, steady_ns);
    }
    self->pumped_tail = store_tail(self->context.store);
}

void journal_keeper_tick(journal_keeper_t *self, int64_t steady_ns)
{
    if (!self->stopping) {
        journal_set_interval(self->journal, interval_ns(self)); /* a reload may have changed it */
    }
    if (sum_checkpoints(self) != self->told) {
        journal_touch(self->journal);
    }
    journal_tick(self->journal, steady_ns);
    journal_keeper_pump(self, steady_ns);
}

static void set_timer(journal_keeper_t *self, int64_t left_ns)
{
    const struct itimerspec spec = {.it_value = {.tv_sec = left_ns / TIMESTAMP_NS_PER_S,
                                                 .tv_nsec = left_ns % TIMESTAMP_NS_PER_S}};
    if (!self->armed) {
        self->armed = timerfd_settime(self->timer, 0, &spec, NULL) == 0;
    }
}

void journal_keeper_hurry(journal_keeper_t *self, size_t waiting, int64_t steady_ns)
{
    if (journal_is_writing(self->journal)) {
        return; /* its end asks again */
    }
    int64_t left_ns = journal_gather_left_ns(&self->gather, waiting, steady_ns);
    if (left_ns > 0) {
        set_timer(self, left_ns);
    }
    if (left_ns == 0 || !self->armed) {
        journal_hurry(self->journal);
    }
}

void journal_keeper_stop(journal_keeper_t *self)
{
    self->stopping = true;
    journal_set_interval(self->journal, 0);
    journal_touch(self->journal);
}

uint64_t journal_keeper_held(const journal_keeper_t *self)
{
    return journal_held(self->journal);
}

bool journal_keeper_is_level(const journal_keeper_t *self)
{
    return journal_is_level(self->journal) && sum_checkpoints(self) == self->told;
}

journal_keeper_figures_t journal_keeper_figures(const journal_keeper_t *self, int64_t steady_ns)
{
    journal_keeper_figures_t figures = self->figures;
    figures.lag_ns = journal_lag_ns(self->journal, steady_ns);
    figures.lag_records = store_tail(self->context.store) - journal_held(self->journal);
    return figures;
}
