/* herdctl journal import: positions out of a file go into a running herd, through its front door.
 *
 * Each position is an IAMAT with the client's own time, so the herd's order holds whatever it has
 * by now, and a position that comes twice changes nothing: an import that was ended is run again.
 * Some connections at a time, to different members, take updates as they have room (client.h);
 * each is kept until it is answered. A bad position ends the import behind those that are under
 * way, or is left out with --keep-going. */
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/program/signals.h"
#include "common/sockets/endpoint.h"
#include "deploy/herdctl/frame/progress.h"
#include "deploy/herdctl/journal/client.h"
#include "deploy/herdctl/journal/journal.h"
#include "deploy/herdctl/journal/updates.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLIENTS_MAX = 4,  /* connections */
    NAMED_MAX = 10,   /* bad positions that are named */
    OUTCOMES = 4,     /* herdctl_client_outcome_t */
    PLACES_MAX = 256, /* front-ends that are tried */
    WAIT_MAX_MS = 3600000,
};

#define SILENCE_NS (30 * TIMESTAMP_NS_PER_S)

/* The command line. */
typedef struct {
    herdctl_updates_settings_t file;
    positions_format_t format; /* if one was given */
    bool keep_going;
    bool progress;
    int64_t silence_ns; /* without any answer, after which it ends */
    options_operands_t members;
} arguments_t;

/* One import under way. */
typedef struct {
    const arguments_t *arguments;
    const config_t *config;
    int signals; /* signalfd */
    herdctl_updates_t *updates;
    herdctl_client_place_t *places;
    size_t place_count;
    herdctl_client_t *clients[CLIENTS_MAX];
    size_t client_count;
    herdctl_progress_t progress;
    bool ended;          /* no more is taken from the file */
    bool failed;         /* and not because it has no more; it was said */
    uint64_t stopped_at; /* number of the bad position that ended it; 0: none did */
    bool waits;          /* for bytes of the file */
    int64_t answers_ns;  /* steady: when there was an answer last, or nothing under way */
    uint64_t counts[OUTCOMES];
    uint64_t bad_count;
} import_t;

static bool read_arguments(const herdctl_t *self, arguments_t *arguments, herdctl_exit_t *ret_exit)
{
    static const char *const formats[] = {POSITIONS_FORMAT_NAMES, NULL};
    size_t choice = SIZE_MAX;
    *arguments = (arguments_t){.silence_ns = SILENCE_NS};
    const options_row_t rows[] = {
        {"format", "FORMAT", "jsonl, csv or geojson (default: the file's content tells)",
         .choice = &choice, .choices = formats},
        {"keep-going", NULL, "leave bad positions out, and go on", .flag = &arguments->keep_going},
        {"progress", NULL, "print a line every five seconds if stderr is not a terminal",
         .flag = &arguments->progress},
        {"skip", "N", "pass over the first N positions of the file",
         .number = &arguments->file.skip, .maximum = INT64_MAX},
        {"timeout", "SECONDS", "give up if no front-end answers for so long (default: 30)",
         .seconds_ns = &arguments->silence_ns},
        {0},
    };
    const herdctl_command_line_t line = {
        .rows = rows,
        .operands_min = 1,
        .operands_max = OPTIONS_MANY,
        .operands = "journal import takes a file, or \"-\", and members",
    };
    options_operands_t operands;
    if (!herdctl_command_read(self, &line, &operands, ret_exit)) {
        return false;
    }
    if (choice != SIZE_MAX) {
        arguments->format = (positions_format_t)choice;
        arguments->file.format = &arguments->format;
    }
    arguments->file.path = operands.items[0];
    arguments->members = (options_operands_t){operands.items + 1, operands.count - 1};
    return true;
}

static const char *file_name(const import_t *self)
{
    const char *path = self->arguments->file.path;
    return strcmp(path, "-") == 0 ? "stdin" : path;
}

/* How a front-end is reached that listens at an endpoint of `clients`: where it listens on every
 * address, by that at which the node's neighbours reach it. */
static bool find_place(const config_member_t *member, const char *clients,
                       herdctl_client_place_t *ret_place)
{
    endpoint_t endpoint;
    endpoint_t bus;
    if (endpoint_parse(clients, &endpoint) != STATUS_OK || endpoint.kind != ENDPOINT_TCP) {
        return false;
    }
    *ret_place = (herdctl_client_place_t){.member = member->name, .address = endpoint.address};
    if (address_is_everywhere(&endpoint.address)) {
        bool known = endpoint_parse(member->bus, &bus) == STATUS_OK && bus.kind == ENDPOINT_TCP &&
                     !address_is_everywhere(&bus.address);
        snprintf(ret_place->address.host, sizeof ret_place->address.host, "%s",
                 known ? bus.address.host : "localhost");
    }
    return true;
}

static bool find_places(import_t *self)
{
    size_t count;
    const config_member_t **members =
        herdctl_command_members(self->config, self->arguments->members, &count);
    if (members == NULL) {
        return false;
    }
    self->places = memory_new_array(PLACES_MAX, sizeof *self->places);
    /* First each member's first endpoint: connections go to different members. */
    for (size_t at = 0; at < LIMIT_LISTENERS; at++) {
        for (size_t i = 0; i < count && self->place_count < PLACES_MAX; i++) {
            if (at < members[i]->client_count &&
                find_place(members[i], members[i]->clients[at], &self->places[self->place_count])) {
                self->place_count++;
            }
        }
    }
    self->client_count = count < CLIENTS_MAX ? count : CLIENTS_MAX;
    free(members);
    return self->place_count > 0;
}

/* Names a position that does not come in, the first NAMED_MAX of them. */
static void name_bad(import_t *self, uint64_t number, uint64_t line, const char *problem)
{
    if (self->bad_count++ < NAMED_MAX) {
        herdctl_progress_clear(&self->progress);
        fprintf(stderr, "%s:%" PRIu64 ": %s%s\n", file_name(self), line,
                self->arguments->keep_going ? "left out: " : "", problem);
    }
    if (!self->arguments->keep_going) {
        self->ended = true;
        self->failed = true;
        self->stopped_at = self->stopped_at == 0 ? number : self->stopped_at;
    }
}

static void on_answer(void *argument, const herdctl_client_update_t *update,
                      herdctl_client_outcome_t outcome)
{
    import_t *self = argument;
    self->answers_ns = clock_steady_ns();
    self->counts[outcome]++;
    herdctl_progress_row(&self->progress, herdctl_updates_read_size(self->updates));
    if (outcome == HERDCTL_CLIENT_REFUSED) {
        name_bad(self, update->number, update->line, "the front-end answers \"?\"");
    }
}

static void on_loss(void *argument, const char *problem)
{
    import_t *self = argument;
    herdctl_progress_clear(&self->progress);
    fprintf(stderr, "herdctl: %s; asking again\n", problem);
}

static bool is_too_long(const import_t *self, const positions_update_t *update)
{
    enum { FRAME_SIZE = sizeof "IAMAT   " - 1 };
    return update->client.size + update->position.size + update->client_time.size + FRAME_SIZE >
           self->config->max_line;
}

/* Gives the next update to a client, if there is one now. */
static void feed_one(import_t *self, herdctl_client_t *client)
{
    positions_update_t update;
    herdctl_updates_next_t next = herdctl_updates_take(self->updates, &update);
    uint64_t number = herdctl_updates_number(self->updates);
    uint64_t line = herdctl_updates_line(self->updates);
    switch (next) {
    case HERDCTL_UPDATES_TAKEN:
        if (is_too_long(self, &update)) {
            name_bad(self, number, line, "longer than max_line of the herd file");
        } else {
            herdctl_client_add(client, &update, number, line);
        }
        break;
    case HERDCTL_UPDATES_BAD:
        name_bad(self, number, line, herdctl_updates_problem(self->updates));
        break;
    case HERDCTL_UPDATES_WAIT: self->waits = true; break;
    case HERDCTL_UPDATES_END: self->ended = true; break;
    case HERDCTL_UPDATES_BROKEN:
        name_bad(self, number + 1, line, herdctl_updates_problem(self->updates));
        self->ended = true;
        self->failed = true;
        break;
    }
}

static void feed(import_t *self)
{
    self->waits = false;
    for (size_t i = 0; i < self->client_count; i++) {
        while (!self->ended && !self->waits && herdctl_client_has_room(self->clients[i])) {
            feed_one(self, self->clients[i]);
        }
    }
}

static bool is_idle(const import_t *self)
{
    bool idle = true;
    for (size_t i = 0; i < self->client_count; i++) {
        idle = idle && herdctl_client_is_idle(self->clients[i]);
    }
    return idle;
}

/* The first update that is not answered: all before it are, or are bad. NULL: all are. */
static const herdctl_client_update_t *first_open(const import_t *self)
{
    const herdctl_client_update_t *first = NULL;
    for (size_t i = 0; i < self->client_count; i++) {
        const herdctl_client_update_t *one = herdctl_client_lowest(self->clients[i]);
        first = one != NULL && (first == NULL || one->number < first->number) ? one : first;
    }
    return first;
}

/* Until when poll(2) may wait, in milliseconds. */
static int wait_ms(const import_t *self, bool under_way, int64_t now_ns)
{
    int64_t due_ns = under_way ? self->answers_ns + self->arguments->silence_ns : INT64_MAX;
    for (size_t i = 0; i < self->client_count; i++) {
        int64_t client_ns = herdctl_client_due_ns(self->clients[i]);
        due_ns = client_ns < due_ns ? client_ns : due_ns;
    }
    if (due_ns == INT64_MAX) {
        return -1;
    }
    int64_t left_ms = (due_ns - now_ns) / TIMESTAMP_NS_PER_MS + 1;
    return left_ms < 0 ? 0 : left_ms > WAIT_MAX_MS ? WAIT_MAX_MS : (int)left_ms;
}

enum { SIGNALS, FILE_BYTES, CLIENTS, POLLED = CLIENTS + CLIENTS_MAX };

/* Lets the clients do what they can. False if one of them meets what is no front-end. */
static bool step(import_t *self, const struct pollfd *polled, int64_t now_ns)
{
    for (size_t i = 0; i < self->client_count; i++) {
        herdctl_client_step(self->clients[i], polled[CLIENTS + i].revents, now_ns);
        const char *problem = herdctl_client_problem(self->clients[i]);
        if (problem != NULL) {
            herdctl_progress_clear(&self->progress);
            fprintf(stderr, "herdctl: %s\n", problem);
            return false;
        }
    }
    return true;
}

/* Waits, and does what became possible. STATUS_AGAIN: a signal. STATUS_UNREACHABLE: it was said.
 * STATUS_SYSTEM: the file cannot be read, see errno. */
static status_t turn(import_t *self, bool under_way)
{
    struct pollfd polled[POLLED] = {
        [SIGNALS] = {.fd = self->signals, .events = POLLIN},
        [FILE_BYTES] = {.fd = self->waits ? herdctl_updates_file(self->updates) : -1,
                        .events = POLLIN},
    };
    for (size_t i = 0; i < self->client_count; i++) {
        polled[CLIENTS + i] = herdctl_client_wanted(self->clients[i]);
    }
    int ready =
        poll(polled, CLIENTS + self->client_count, wait_ms(self, under_way, clock_steady_ns()));
    if (ready < 0) {
        return errno == EINTR ? STATUS_OK : STATUS_SYSTEM;
    }
    if (polled[SIGNALS].revents != 0) {
        return STATUS_AGAIN;
    }
    if (polled[FILE_BYTES].revents != 0 && herdctl_updates_read(self->updates) != STATUS_OK) {
        return STATUS_SYSTEM;
    }
    return step(self, polled, clock_steady_ns()) ? STATUS_OK : STATUS_UNREACHABLE;
}

static void say_silence(const import_t *self)
{
    const herdctl_client_update_t *open = first_open(self);
    fprintf(stderr,
            "herdctl: no front-end has answered for %.3g s; %s:%" PRIu64
            " is the first that waits; `herdctl health` may tell why\n",
            (double)self->arguments->silence_ns / (double)TIMESTAMP_NS_PER_S, file_name(self),
            open != NULL ? open->line : 0);
}

/* Until all is answered, or it cannot go on: then it was said. STATUS_AGAIN: a signal. */
static status_t run(import_t *self)
{
    self->answers_ns = clock_steady_ns();
    for (;;) {
        feed(self);
        bool under_way = !is_idle(self);
        int64_t now_ns = clock_steady_ns();
        if (self->ended && !under_way) {
            return STATUS_OK;
        }
        self->answers_ns = under_way ? self->answers_ns : now_ns;
        if (now_ns - self->answers_ns > self->arguments->silence_ns) {
            herdctl_progress_clear(&self->progress);
            say_silence(self);
            return STATUS_UNREACHABLE;
        }
        status_t status = turn(self, under_way);
        if (status == STATUS_SYSTEM) {
            herdctl_progress_clear(&self->progress);
            fprintf(stderr, "herdctl: %s cannot be read: %s\n", file_name(self), strerror(errno));
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
}

/* How many positions from the first on need not come again. */
static uint64_t done_count(const import_t *self)
{
    const herdctl_client_update_t *open = first_open(self);
    uint64_t done = herdctl_updates_number(self->updates);
    if (self->stopped_at > 0 && self->stopped_at <= done) {
        done = self->stopped_at - 1;
    }
    return open != NULL && open->number <= done ? open->number - 1 : done;
}

static void print_end(const import_t *self, status_t status)
{
    uint64_t done = done_count(self);
    if (self->bad_count > NAMED_MAX) {
        fprintf(stderr, "%s: %" PRIu64 " more left out\n", file_name(self),
                self->bad_count - NAMED_MAX);
    }
    if (status == STATUS_AGAIN) {
        fputs("herdctl: ended by a signal\n", stderr);
    }
    if ((status != STATUS_OK || self->failed) && done > 0) {
        fprintf(stderr,
                "herdctl: the first %" PRIu64 " positions of %s are done: run it again, or go on "
                "with --skip %" PRIu64 "\n",
                done, file_name(self), done);
    }
    printf("%s: taken: %" PRIu64 ", older than the herd's: %" PRIu64 ", expired: %" PRIu64
           ", bad: %" PRIu64 "\n",
           file_name(self), self->counts[HERDCTL_CLIENT_STANDS], self->counts[HERDCTL_CLIENT_OLDER],
           self->counts[HERDCTL_CLIENT_EXPIRED], self->bad_count);
}

/* With a herd file and a file that is open. */
static status_t import(import_t *self)
{
    const herdctl_client_events_t events = {
        .answered = on_answer, .lost = on_loss, .argument = self};
    for (size_t i = 0; i < self->client_count; i++) {
        self->clients[i] = herdctl_client_new(self->places, self->place_count, i, &events);
    }
    herdctl_progress_init(&self->progress, "positions", herdctl_updates_size(self->updates),
                          self->arguments->progress);
    status_t status = run(self);
    herdctl_progress_clear(&self->progress);
    print_end(self, status);
    for (size_t i = 0; i < self->client_count; i++) {
        herdctl_client_destroy(&self->clients[i]);
    }
    return status;
}

static herdctl_exit_t open_and_import(import_t *self)
{
    if (!find_places(self)) {
        return HERDCTL_FAILED;
    }
    if (herdctl_updates_open(&self->arguments->file, &self->updates) != STATUS_OK) {
        fprintf(stderr, "herdctl: %s cannot be read: %s\n", self->arguments->file.path,
                strerror(errno));
        return HERDCTL_FAILED;
    }
    status_t status = import(self);
    herdctl_updates_close(&self->updates);
    return status == STATUS_OK && self->bad_count == 0 ? HERDCTL_OK : HERDCTL_FAILED;
}

herdctl_exit_t herdctl_journal_import(const herdctl_t *self)
{
    arguments_t arguments;
    herdctl_exit_t result;
    if (!read_arguments(self, &arguments, &result)) {
        return result;
    }
    config_t *config = herdctl_command_load(self);
    if (config == NULL) {
        return HERDCTL_FAILED;
    }
    int ends[SIGNALS_ENDING + 1];
    import_t import = {
        .arguments = &arguments, .config = config, .signals = signals_open_ending(ends)};
    result = open_and_import(&import);
    free(import.places);
    config_destroy(&config);
    /* A signal that came is still pending, and now ends us as it ends others. */
    signals_close(import.signals, ends);
    return result;
}
