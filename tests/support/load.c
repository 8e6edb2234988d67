#include "tests/support/load.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"

#include "common/base/memory.h"
#include "common/protocol/record.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    GROUP = 10, /* clients of one connection, and those of all */
    CLIENTS = (1 + LOAD_CONNECTIONS_MAX) * GROUP,
    UNDER_WAY = 16, /* most updates of one connection without an answer */
    LINE_SIZE_MAX = 192,
    WARM_MS = 500, /* load before the first fault */
    TURN_MS = 1,   /* how long a turn waits for the answers of one connection */
    TICK_MS = 20,  /* all updates of one tick have the same client time */
};

/* The greatest acknowledged record of one client. */
typedef struct {
    char line[LINE_SIZE_MAX]; /* the AT line, without LF; "" before the first */
} known_t;

/* A connection that sends updates. */
typedef struct {
    client_t *client;
    const char *member; /* the herd's */
    uint64_t sent;      /* updates */
    unsigned under_way; /* updates without an answer */
} loader_t;

/* A connection that sees what a member shows: WHATSAT for all clients, then their answers. */
typedef struct {
    client_t *client;
    size_t next;  /* the client whose answer comes next */
    bool asked;   /* the questions were sent */
    bool level;   /* all answers so far were what they must be */
    size_t wrong; /* if not: a client of which one was not */
    bool is_done; /* the member has shown everything */
} watcher_t;

struct load {
    herd_t *herd;
    int64_t start_ms; /* steady: client times count from here */
    loader_t loaders[LOAD_CONNECTIONS_MAX];
    size_t loader_count;
    watcher_t *watchers; /* one for each member */
    size_t watcher_count;
    uint64_t acknowledged;    /* updates */
    known_t newest[CLIENTS];  /* of all answers */
    known_t awaited[CLIENTS]; /* what the members must show, or newer */
    bool exact;               /* no more updates are sent: they must show exactly that */
    bool torn;                /* some updates were under way when their connection ended */
};

/* Makes the connections and sends nothing yet. */
static load_t *connect_all(herd_t *herd, const char *members)
{
    load_t *self = memory_new(sizeof *self);
    text_t rest = text_of(members);
    text_t field;
    self->herd = herd;
    self->start_ms = wait_clock_ms();
    while (text_take_field(&rest, &field)) {
        char *name = memory_copy_text(field.data, field.size);
        assert_true(self->loader_count < LOAD_CONNECTIONS_MAX);
        loader_t *loader = &self->loaders[self->loader_count++];
        loader->member = herd_member_name(herd, herd_number(herd, name));
        loader->client = herd_connect(herd, name);
        free(name);
    }
    self->watcher_count = herd_member_count(herd);
    self->watchers = memory_new_array(self->watcher_count, sizeof *self->watchers);
    return self;
}

void load_adapt(load_t *self)
{
    size_t count = herd_member_count(self->herd);
    for (size_t i = count; i < self->watcher_count; i++) {
        client_destroy(&self->watchers[i].client);
    }
    self->watchers = memory_resize(self->watchers, count * sizeof *self->watchers);
    for (size_t i = self->watcher_count; i < count; i++) {
        self->watchers[i] = (watcher_t){0};
    }
    self->watcher_count = count;
}

void load_reconnect(load_t *self)
{
    self->torn = true;
    for (size_t i = 0; i < self->loader_count; i++) {
        loader_t *loader = &self->loaders[i];
        client_destroy(&loader->client);
        loader->client = herd_connect(self->herd, loader->member);
        loader->under_way = 0;
    }
    for (size_t i = 0; i < self->watcher_count; i++) {
        client_destroy(&self->watchers[i].client);
        self->watchers[i].asked = false;
    }
}

uint64_t load_acknowledged(const load_t *self)
{
    return self->acknowledged;
}

void load_destroy(load_t **self_p)
{
    load_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->loader_count; i++) {
        client_destroy(&self->loaders[i].client);
    }
    for (size_t i = 0; i < self->watcher_count; i++) {
        client_destroy(&self->watchers[i].client);
    }
    free(self->watchers);
    free(self);
    *self_p = NULL;
}

/* The client that the loader's update of this number moves; half of these are common to all. */
static size_t client_of(size_t loader, uint64_t update)
{
    size_t group = update % 2 == 0 ? 0 : 1 + loader;
    return group * GROUP + update / 2 % GROUP;
}

static void send_updates(load_t *self, size_t number)
{
    loader_t *loader = &self->loaders[number];
    unsigned long long time_s = (unsigned long long)((wait_clock_ms() - self->start_ms) / TICK_MS);
    char line[LINE_SIZE_MAX];
    for (; loader->under_way < UNDER_WAY; loader->under_way++) {
        uint64_t update = ++loader->sent;
        snprintf(line, sizeof line, "IAMAT runner.%zu +%u-%zu %llu\n", client_of(number, update),
                 (unsigned)(update % 90), number, time_s);
        client_say(loader->client, line);
    }
}

/* Compares the records of two AT lines (record_compare); no line is less than any. */
static int compare_lines(text_t one, const char *other)
{
    record_t records[2];
    if (other[0] == '\0') {
        return 1;
    }
    char lines[2][LINE_SIZE_MAX];
    snprintf(lines[0], LINE_SIZE_MAX, "%.*s =", (int)one.size, one.data);
    snprintf(lines[1], LINE_SIZE_MAX, "%s =", other);
    for (size_t i = 0; i < 2; i++) {
        /* The line of the bus has the order time too: it is the client time, which is long past. */
        if (record_parse_bus_line(text_of(lines[i]), &records[i]) != STATUS_OK) {
            fail_msg("\"%s\" is no record", lines[i]);
        }
    }
    return record_compare(&records[0], &records[1]);
}

/* AT Goloman +1621464827.263873386 runner.17 +57-1 4057 */
static size_t client_in(text_t line)
{
    enum { NAME = 3 };
    static const char prefix[] = "runner.";
    text_t field = {0};
    text_t rest = line;
    uint64_t client = 0;
    for (size_t i = 0; i <= NAME; i++) {
        assert_true(text_take_field(&rest, &field));
    }
    assert_true(field.size > strlen(prefix));
    assert_true(text_to_u64(text_after(field, strlen(prefix)), CLIENTS - 1, &client));
    return (size_t)client;
}

static void take_answers(load_t *self, loader_t *loader, int64_t limit_ms)
{
    text_t line;
    while (loader->under_way > 0 && client_try_line(loader->client, limit_ms, &line)) {
        known_t *known = &self->newest[client_in(line)];
        loader->under_way--;
        self->acknowledged++;
        if (compare_lines(line, known->line) > 0) {
            snprintf(known->line, sizeof known->line, "%.*s", (int)line.size, line.data);
        }
    }
}

/* Gives all connections one turn. */
static void load_turn(load_t *self)
{
    for (size_t i = 0; i < self->loader_count; i++) {
        send_updates(self, i);
        take_answers(self, &self->loaders[i], TURN_MS);
    }
}

void load_for(load_t *self, int64_t duration_ms)
{
    int64_t end_ms = wait_clock_ms() + duration_ms;
    while (wait_clock_ms() < end_ms) {
        load_turn(self);
    }
}

load_t *load_start(herd_t *herd, const char *members)
{
    herd_start_all(herd);
    load_t *self = connect_all(herd, members);
    load_for(self, WARM_MS);
    return self;
}

/* The next client, from `client` on, that members must show; CLIENTS if there is none. */
static size_t next_awaited(const load_t *self, size_t client)
{
    while (client < CLIENTS && self->awaited[client].line[0] == '\0') {
        client++;
    }
    return client;
}

static void ask(load_t *self, watcher_t *watcher)
{
    char line[LINE_SIZE_MAX];
    for (size_t i = next_awaited(self, 0); i < CLIENTS; i = next_awaited(self, i + 1)) {
        snprintf(line, sizeof line, "WHATSAT runner.%zu 0 0\n", i);
        client_say(watcher->client, line);
    }
    watcher->asked = true;
    watcher->level = true;
    watcher->next = next_awaited(self, 0);
}

/* An AT line, "? WHATSAT ..." for an unknown client, or part of the JSON text between these. */
static void take_shown(const load_t *self, watcher_t *watcher, text_t line)
{
    bool is_at = line.size > 3 && memcmp(line.data, "AT ", 3) == 0;
    bool is_unknown = line.size > 0 && line.data[0] == '?';
    if (!is_at && !is_unknown) {
        return;
    }
    const char *awaited = self->awaited[watcher->next].line;
    int order = is_at ? compare_lines(line, awaited) : -1;
    if (order < 0 || (order > 0 && self->exact)) {
        watcher->level = false;
        watcher->wrong = watcher->next;
    }
    watcher->next = next_awaited(self, watcher->next + 1);
}

/* Looks on at a member. */
static void watch(load_t *self, watcher_t *watcher, const char *member)
{
    text_t line;
    if (watcher->client == NULL) {
        watcher->client = herd_connect(self->herd, member);
    }
    if (!watcher->asked) {
        ask(self, watcher);
    }
    while (watcher->next < CLIENTS && client_try_line(watcher->client, TURN_MS, &line)) {
        take_shown(self, watcher, line);
    }
    if (watcher->next == CLIENTS) {
        watcher->asked = false;
        watcher->is_done = watcher->level;
    }
}

/* Looks on at all members; returns whether all are level. */
static bool watch_all(load_t *self)
{
    bool all_done = true;
    for (size_t i = 0; i < self->watcher_count; i++) {
        watcher_t *watcher = &self->watchers[i];
        if (!watcher->is_done) {
            watch(self, watcher, herd_member_name(self->herd, i));
        }
        all_done = all_done && watcher->is_done;
    }
    return all_done;
}

/* From now on all members must show what is acknowledged by now. */
static void await_newest(load_t *self)
{
    memcpy(self->awaited, self->newest, sizeof self->awaited);
    for (size_t i = 0; i < self->watcher_count; i++) {
        self->watchers[i].is_done = false;
    }
}

static void fail_not_level(const load_t *self)
{
    for (size_t i = 0; i < self->watcher_count; i++) {
        if (!self->watchers[i].is_done) {
            print_error("%s does not show what was acknowledged: \"%s\"\n",
                        herd_member_name(self->herd, i),
                        self->awaited[self->watchers[i].wrong].line);
        }
    }
    fail_msg("not all members show what was acknowledged");
}

void load_expect_level(load_t *self, const char *fault)
{
    int64_t start_ms = wait_clock_ms();
    await_newest(self);
    while (!watch_all(self)) {
        load_turn(self);
        if (wait_clock_ms() > start_ms + WAIT_LIMIT_MS) {
            fail_not_level(self);
        }
    }
    print_message("%s: level after %lld ms\n", fault, (long long)(wait_clock_ms() - start_ms));
}

static bool all_level(void *argument)
{
    return watch_all(argument);
}

static bool roots_are_equal(void *argument)
{
    load_t *self = argument;
    char first[REPORT_ROOT_SIZE] = "";
    bool equal = true;
    for (size_t i = 0; i < self->watcher_count; i++) {
        report_t report;
        report_read_root(herd_requests(self->herd, herd_member_name(self->herd, i)), &report);
        if (i == 0) {
            memcpy(first, report.root, sizeof first);
        }
        equal = equal && strcmp(first, report.root) == 0;
        report_done(&report);
    }
    return equal;
}

void load_end(load_t **self_p)
{
    load_t *self = *self_p;
    int64_t start_ms = wait_clock_ms();
    for (size_t i = 0; i < self->loader_count; i++) {
        take_answers(self, &self->loaders[i], WAIT_LIMIT_MS);
        assert_int_equal(self->loaders[i].under_way, 0);
    }
    self->exact = !self->torn;
    await_newest(self);
    if (!wait_until(all_level, self, WAIT_LIMIT_MS)) {
        fail_not_level(self);
    }
    if (!wait_until(roots_are_equal, self, WAIT_LIMIT_MS)) {
        fail_msg("members that show the same have different digests");
    }
    print_message("load ended after %llu updates: settled after %lld ms\n",
                  (unsigned long long)self->acknowledged, (long long)(wait_clock_ms() - start_ms));
    load_destroy(self_p);
}
