/* followers - herd-sim-followers: programs that follow nodes, by the seed, on a virtual clock
 * (replication.md, R20). The links and copies are those of production.
 *
 * usage: herd-sim-followers [--seed N] [--seeds N] [--first] [--mutant RULE]
 *
 * Some nodes have about the same clients; some followers each follow one of them. Clients report,
 * are forgotten and expire; followers are slow, are restarted, move to another node; connections
 * break with all that is under way, and what they lose may come late; nodes are killed, and come
 * back with nothing, with a part, or with what they had at some moment, as their parent. What must
 * hold:
 *   always   a watcher is told of each client that comes and goes, under one number; nothing is
 *            dropped that the node has, and has sent
 *   at rest  each copy is its node's store, to the byte, before the first audit
 */
#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/copy/copy.h"
#include "tests/sim/random.h"
#ifdef HERD_MUTANTS
#include "tests/sim/mutant.h"
#endif

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES_MAX = 3,
    FOLLOWERS_MAX = 4,
    CLIENTS_MAX = 300,
    PIPE_SIZE = 16,
    FAILURE_SIZE = 160,
    DIGEST_STEP = 40,
    BATCHES_PER_TURN = 2,
    TICKS_PER_SECOND = 100,
    EVENT_TICKS = 60 * TICKS_PER_SECOND,
    REST_TICKS = 12 * TICKS_PER_SECOND,
};

static const int64_t tick_ns = TIMESTAMP_NS_PER_S / TICKS_PER_SECOND;
static const int64_t epoch_ns = 1772000000 * TIMESTAMP_NS_PER_S;
static const int64_t expire_after_ns = 15 * TIMESTAMP_NS_PER_S;
static const int64_t half_grace_ns = 3 * TIMESTAMP_NS_PER_S;
static const int64_t silence_ns = 5 * TIMESTAMP_NS_PER_S;

/* A message under way. */
typedef struct {
    message_type_t type;
    int64_t arrival_ns;
    buffer_t header;
    buffer_t body;
} packet_t;

typedef struct {
    packet_t packets[PIPE_SIZE]; /* oldest first */
    unsigned count;
} pipe_t;

typedef struct {
    store_t *store;
    generation_t generation;
    bool alive;
    int64_t back_ns;
    bool has_parent;
    link_checkpoint_t parent;
    buffer_t snapshot; /* bus lines: its list at a moment of this life */
    uint64_t snapshot_tail;
    generation_t snapshot_generation;
    int64_t since_ns[CLIENTS_MAX]; /* by client: since when it is served without a break */
} node_t;

typedef struct {
    copy_t *copy;
    unsigned node;
    bool connected;
    int64_t connect_ns; /* when it connects next */
    int64_t heard_ns;
    int64_t opened_ns; /* when `link` was made */
    int64_t latency_ns;
    unsigned slow; /* ticks between two messages that it reads */
    link_t *link;  /* the node's; NULL: it does not follow */
    pipe_t to;
    pipe_t from; /* the node */
    bool stepping;
    uint64_t dropped;                /* by the copy, of these */
    char known[CLIENTS_MAX * 2][16]; /* by number: the client; "": none */
} follower_t;

static struct {
    uint64_t seed;
    random_t random;
    int64_t now_ns;
    int64_t served_from_ns; /* of all nodes */
    bool expires;
    unsigned node_count;
    unsigned follower_count;
    unsigned client_count;
    size_t batch_size;
    node_t nodes[NODES_MAX];
    follower_t followers[FOLLOWERS_MAX];
    char failure[FAILURE_SIZE];
} sim;

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void fail(const char *format, ...)
{
    if (sim.failure[0] == '\0') {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(sim.failure, sizeof sim.failure, format, arguments);
        va_end(arguments);
    }
}

static bool once_in(uint64_t count)
{
    return random_once_in(&sim.random, count);
}

static generation_t any_generation(void)
{
    generation_t generation;
    for (size_t i = 0; i < GENERATION_SIZE; i++) {
        generation.hex[i] = "0123456789abcdef"[random_below(&sim.random, 16)];
    }
    return generation;
}

/* ---- pipes ---- */

static void drop_first(pipe_t *pipe)
{
    buffer_done(&pipe->packets[0].header);
    buffer_done(&pipe->packets[0].body);
    pipe->count--;
    memmove(pipe->packets, pipe->packets + 1, pipe->count * sizeof pipe->packets[0]);
}

static bool put(pipe_t *pipe, const message_t *message, int64_t latency_ns)
{
    if (pipe->count == PIPE_SIZE) {
        return false;
    }
    packet_t *packet = &pipe->packets[pipe->count++];
    *packet = (packet_t){.type = message->type, .arrival_ns = sim.now_ns + latency_ns};
    buffer_init(&packet->header, LIMIT_HEADER_SIZE);
    buffer_init(&packet->body, LIMIT_BODY_SIZE);
    status_t status = buffer_append(&packet->header, message->header.data, message->header.size);
    if (status == STATUS_OK) {
        status = buffer_append(&packet->body, message->body.data, message->body.size);
    }
    assert(status == STATUS_OK);
    return true;
}

static bool peek(const pipe_t *pipe, message_t *ret_message)
{
    if (pipe->count == 0 || pipe->packets[0].arrival_ns > sim.now_ns) {
        return false;
    }
    const packet_t *packet = &pipe->packets[0];
    *ret_message = (message_t){.type = packet->type,
                               .header = buffer_text(&packet->header),
                               .body = buffer_text(&packet->body)};
    return true;
}

/* ---- followers ---- */

static void on_changed(void *argument, uint32_t number, const record_t *record, bool known)
{
    follower_t *self = argument;
    char client[16];
    snprintf(client, sizeof client, "%.*s", (int)record->client.size, record->client.data);
    assert(number < CLIENTS_MAX * 2);
    if (known != (self->known[number][0] != '\0') ||
        (known && strcmp(self->known[number], client) != 0)) {
        fail("number %u of %s is told wrong", number, client);
    }
    memcpy(self->known[number], client, sizeof client);
}

/* "c17" */
static unsigned number_of(text_t client)
{
    uint64_t number = 0;
    (void)text_to_u64(text_after(client, 1), CLIENTS_MAX - 1, &number);
    return (unsigned)number;
}

/* What its node has served for as long as it follows is not to go, only to come again. */
static void on_removed(void *argument, uint32_t number, text_t client)
{
    follower_t *self = argument;
    record_t record;
    const node_t *node = &sim.nodes[self->node];
    copy_state_t state = copy_state(self->copy);
    if (self->known[number][0] == '\0') {
        fail("number %u went twice", number);
    }
    self->known[number][0] = '\0';
    bool dropped = state.dropped > self->dropped; /* and did not expire, for one */
    self->dropped = state.dropped;
    if (dropped && node->alive && state.open && generation_equal(&state.node, &node->generation) &&
        store_find(node->store, client, &record) &&
        node->since_ns[number_of(client)] < self->opened_ns) {
        fail("%.*s was dropped, and its node has it", (int)client.size, client.data);
    }
}

static void make_copy(follower_t *self)
{
    const copy_settings_t settings = {.herd = TEXT("simulated"),
                                      .follower = TEXT("web"),
                                      .max_clients = CLIENTS_MAX,
                                      .seed = random_next(&sim.random),
                                      .life = any_generation(),
                                      .changed = on_changed,
                                      .removed = on_removed,
                                      .argument = self};
    memset(self->known, 0, sizeof self->known);
    self->dropped = 0;
    self->copy = copy_new(&settings);
    copy_follow(self->copy, TEXT("N"));
}

/* `late`: one message each way comes all the same, after the next connection. */
static void disconnect(follower_t *self, bool late)
{
    self->connected = false;
    self->connect_ns = sim.now_ns + random_duration(&sim.random, tick_ns, TIMESTAMP_NS_PER_S);
    copy_lost(self->copy);
    while (self->from.count > (late ? 1U : 0U)) {
        drop_first(&self->from);
    }
    while (self->to.count > (late ? 1U : 0U)) {
        drop_first(&self->to);
    }
    if (once_in(2)) {
        link_destroy(&self->link); /* the node noticed */
    }
}

static void make_link(follower_t *self)
{
    const node_t *node = &sim.nodes[self->node];
    const link_identity_t identity = {.kind = LINK_TO_FOLLOWER,
                                      .herd = TEXT("simulated"),
                                      .member = TEXT("N"),
                                      .neighbour = TEXT("web"),
                                      .generation = node->generation,
                                      .mark = LIMIT_MARKED_NEIGHBOURS,
                                      .has_parent = node->has_parent,
                                      .parent = node->parent,
                                      .batch_size = sim.batch_size,
                                      .first_session = random_next(&sim.random) / 2};
    link_destroy(&self->link);
    self->opened_ns = sim.now_ns;
    self->link = link_new(&identity, node->store);
    link_disconnected(self->link, sim.now_ns);
    link_connected(self->link, sim.now_ns);
}

static void connect_when_due(follower_t *self)
{
    if (!self->connected && sim.now_ns >= self->connect_ns && sim.nodes[self->node].alive) {
        self->connected = true;
        self->heard_ns = sim.now_ns;
        make_link(self);
    }
}

static void send_answers(follower_t *self)
{
    message_t answer;
    while (self->connected && copy_state(self->copy).open &&
           copy_next_answer(self->copy, sim.now_ns, sim.now_ns, &answer)) {
        (void)put(&self->from, &answer, self->latency_ns);
    }
}

static void read_messages(follower_t *self, uint64_t tick)
{
    message_t message;
    int limit = self->slow > 0 ? tick % self->slow == 0 : PIPE_SIZE;
    while (limit-- > 0 && peek(&self->to, &message)) {
        if (copy_take(self->copy, &message, sim.now_ns, sim.now_ns) != LINK_BAD) {
            self->heard_ns = sim.now_ns;
        }
        drop_first(&self->to);
    }
    if (tick % 10 == 0 || self->stepping) {
        self->stepping = copy_step(self->copy, sim.now_ns);
    }
    send_answers(self);
    if (self->connected && sim.now_ns - self->heard_ns >= silence_ns) {
        disconnect(self, false);
    }
}

/* ---- nodes ---- */

/* node/requests/followers.c */
static void pump(follower_t *self)
{
    message_t message;
    for (int sent = 0;
         self->connected && sent < BATCHES_PER_TURN && link_is_due(self->link, sim.now_ns) &&
         self->to.count < PIPE_SIZE && link_next(self->link, sim.now_ns, sim.now_ns, &message);
         sent++) {
        if (once_in(32) || !put(&self->to, &message, self->latency_ns)) {
            link_unsent(self->link);
            return;
        }
        link_sent(self->link, sim.now_ns);
    }
}

static void serve(follower_t *self)
{
    message_t message;
    while (peek(&self->from, &message)) {
        if (self->link != NULL && self->connected &&
            link_take_answer(self->link, &message, sim.now_ns) == LINK_RESET) {
            make_link(self);
        }
        drop_first(&self->from);
    }
    if (self->link == NULL) {
        return;
    }
    if (link_wants_digest(self->link, sim.now_ns)) {
        (void)store_digest_step(sim.nodes[self->node].store, DIGEST_STEP);
    }
    if (link_is_dead(self->link, sim.now_ns)) {
        disconnect(self, false);
        link_destroy(&self->link);
        return;
    }
    pump(self);
}

/* Of a client, at an age: the same at each node that takes it. */
static void report(int64_t age_ns)
{
    char client[16];
    char time[TIMESTAMP_SIZE];
    int64_t time_ns = sim.now_ns - age_ns;
    snprintf(client, sizeof client, "c%u", (unsigned)random_below(&sim.random, sim.client_count));
    record_t record = {.client = text_of(client),
                       .position = once_in(2) ? TEXT("+34.068930-118.445127") : TEXT("+1-1"),
                       .client_time = {.data = time, .size = timestamp_write(time_ns, time)},
                       .origin = TEXT("N"),
                       .client_time_ns = time_ns,
                       .receipt_time_ns = time_ns,
                       .order_time_ns = time_ns};
    for (unsigned i = 0; i < sim.node_count; i++) {
        if (sim.nodes[i].alive && !once_in(8)) {
            record_t copy = record;
            record_t known;
            node_t *node = &sim.nodes[i];
            int64_t *since_ns = &node->since_ns[number_of(record.client)];
            *since_ns = store_find(node->store, record.client, &known) ? *since_ns : sim.now_ns;
            (void)store_update(node->store, &copy);
        }
    }
}

static void forget(void)
{
    char client[16];
    snprintf(client, sizeof client, "c%u", (unsigned)random_below(&sim.random, sim.client_count));
    node_t *node = &sim.nodes[random_below(&sim.random, sim.node_count)];
    if (node->alive) {
        (void)store_forget(node->store, text_of(client), TEXT("N"), sim.now_ns);
    }
}

static void take_snapshot(node_t *self)
{
    store_cursor_t cursor;
    store_entry_t entry;
    buffer_clear(&self->snapshot);
    store_cursor_open(self->store, &cursor);
    store_cursor_seek(&cursor, 0);
    while (store_cursor_peek(&cursor, &entry)) {
        status_t status = record_append_bus_line(&entry.record, &self->snapshot);
        assert(status == STATUS_OK);
        store_cursor_advance(&cursor);
    }
    store_cursor_close(&cursor);
    self->snapshot_tail = store_tail(self->store);
    self->snapshot_generation = self->generation;
}

static void set_horizon(const node_t *node)
{
    if (sim.served_from_ns != INT64_MIN) {
        store_set_horizon(node->store, sim.served_from_ns, sim.served_from_ns - half_grace_ns);
    }
}

static void kill_node(unsigned number)
{
    node_t *self = &sim.nodes[number];
    for (unsigned i = 0; i < sim.follower_count; i++) {
        if (sim.followers[i].node == number) {
            link_destroy(&sim.followers[i].link);
            disconnect(&sim.followers[i], once_in(2));
            link_destroy(&sim.followers[i].link);
        }
    }
    store_destroy(&self->store);
    self->alive = false;
    self->back_ns = sim.now_ns + random_duration(&sim.random, tick_ns, 4 * TIMESTAMP_NS_PER_S);
}

/* With all of the snapshot as its parent, with a part, or with nothing. */
static void start_node(node_t *self)
{
    text_t rest = buffer_text(&self->snapshot);
    text_t line;
    uint64_t kind = random_below(&sim.random, 4);
    self->alive = true;
    self->generation = any_generation();
    self->store = store_new(CLIENTS_MAX, random_next(&sim.random));
    while (kind > 0 && text_take_line(&rest, &line)) {
        record_t record;
        if ((kind > 1 || !once_in(4)) && record_parse_bus_line(line, &record) == STATUS_OK) {
            (void)store_merge(self->store, &record, 0);
        }
    }
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        self->since_ns[i] = sim.now_ns;
    }
    self->has_parent = kind > 1 && self->snapshot_generation.hex[0] != '\0' &&
                       self->snapshot_tail >= store_tail(self->store);
    if (self->has_parent) {
        self->parent = (link_checkpoint_t){.generation = self->snapshot_generation,
                                           .index = self->snapshot_tail};
        store_restore_tail(self->store, self->snapshot_tail);
    }
    take_snapshot(self);
    set_horizon(self);
}

static void tick_node(node_t *self)
{
    if (!self->alive) {
        if (sim.now_ns >= self->back_ns) {
            start_node(self);
        }
        return;
    }
    set_horizon(self);
    if (sim.expires) {
        (void)store_purge(self->store, sim.served_from_ns - 2 * half_grace_ns,
                          store_slot_count(self->store) / 50);
    }
}

/* ---- a run ---- */

static void befall(follower_t *self)
{
    switch (random_below(&sim.random, 6)) {
    case 0: /* it is restarted */
        disconnect(self, false);
        copy_destroy(&self->copy);
        make_copy(self);
        break;
    case 1: /* it moves */
        disconnect(self, once_in(2));
        link_destroy(&self->link);
        self->node = (unsigned)random_below(&sim.random, sim.node_count);
        copy_follow(self->copy, TEXT("N"));
        break;
    case 2: self->slow = (unsigned)random_below(&sim.random, 60); break;
    case 3: self->slow = 0; break;
    default: disconnect(self, once_in(2)); break;
    }
}

static void happen(void)
{
    for (uint64_t i = random_below(&sim.random, 4); i > 0; i--) {
        report(once_in(8) ? random_duration(&sim.random, 1, 10 * TIMESTAMP_NS_PER_S) : 0);
    }
    if (once_in(50)) {
        forget();
    }
    if (once_in(150)) {
        befall(&sim.followers[random_below(&sim.random, sim.follower_count)]);
    }
    unsigned number = (unsigned)random_below(&sim.random, sim.node_count);
    if (sim.nodes[number].alive && once_in(100)) {
        take_snapshot(&sim.nodes[number]);
    }
    if (sim.nodes[number].alive && once_in(500)) {
        kill_node(number);
    }
}

static void run_tick(uint64_t tick, bool events)
{
    sim.now_ns += tick_ns;
    if (events) {
        happen();
        sim.served_from_ns = sim.expires ? sim.now_ns - expire_after_ns : INT64_MIN;
    }
    for (unsigned i = 0; i < sim.node_count; i++) {
        tick_node(&sim.nodes[i]);
    }
    for (unsigned i = 0; i < sim.follower_count; i++) {
        connect_when_due(&sim.followers[i]);
        serve(&sim.followers[i]);
        read_messages(&sim.followers[i], tick);
    }
}

static void check_rest(const follower_t *self, unsigned number)
{
    store_t *store = sim.nodes[self->node].store;
    copy_state_t state = copy_state(self->copy);
    while (copy_digest(self->copy) == NULL) {
        (void)copy_step(self->copy, sim.now_ns);
    }
    (void)store_digest_step(store, SIZE_MAX);
    if (!state.current) {
        fail("follower %u is not current at rest", number);
    }
    if (!digest_sum_equal(digest_root(copy_digest(self->copy)), digest_root(store_digest(store)))) {
        fail("follower %u differs from its node at rest", number);
    }
    if (state.repaired > 0) {
        fail("audits repaired %llu records", (unsigned long long)state.repaired);
    }
    for (uint32_t i = 0; i < copy_number_end(self->copy); i++) {
        record_t record;
        bool served = copy_read(self->copy, i, &record);
        if (served != (self->known[i][0] != '\0') ||
            (served && !text_equal(record.client, text_of(self->known[i])))) {
            fail("follower %u told its watcher otherwise than it reads", number);
        }
    }
}

static void begin(uint64_t seed)
{
    static const size_t batch_sizes[] = {0, 200, 2000};
    memset(&sim, 0, sizeof sim);
    sim.seed = seed;
    random_init(&sim.random, seed, 1);
    sim.now_ns = epoch_ns;
    sim.expires = once_in(2);
    sim.served_from_ns = INT64_MIN;
    sim.node_count = 1 + (unsigned)random_below(&sim.random, NODES_MAX);
    sim.follower_count = 1 + (unsigned)random_below(&sim.random, FOLLOWERS_MAX);
    sim.client_count = 2 + (unsigned)random_below(&sim.random, CLIENTS_MAX - 2);
    sim.batch_size = batch_sizes[random_below(&sim.random, 3)];
    for (unsigned i = 0; i < sim.node_count; i++) {
        buffer_init(&sim.nodes[i].snapshot, LIMIT_BODY_SIZE);
        start_node(&sim.nodes[i]);
    }
    for (unsigned i = 0; i < sim.follower_count; i++) {
        sim.followers[i].node = (unsigned)random_below(&sim.random, sim.node_count);
        sim.followers[i].latency_ns = random_duration(&sim.random, 1000, TIMESTAMP_NS_PER_S / 8);
        make_copy(&sim.followers[i]);
    }
}

static void end(void)
{
    for (unsigned i = 0; i < sim.follower_count; i++) {
        disconnect(&sim.followers[i], false);
        link_destroy(&sim.followers[i].link);
        copy_destroy(&sim.followers[i].copy);
    }
    for (unsigned i = 0; i < sim.node_count; i++) {
        store_destroy(&sim.nodes[i].store);
        buffer_done(&sim.nodes[i].snapshot);
    }
}

static bool all_connected(void)
{
    bool all = true;
    for (unsigned i = 0; i < sim.follower_count; i++) {
        sim.followers[i].slow = 0;
        all = all && sim.followers[i].connected && copy_state(sim.followers[i].copy).open;
    }
    return all;
}

static bool run(uint64_t seed)
{
    uint64_t tick = 0;
    begin(seed);
    while (tick < EVENT_TICKS && sim.failure[0] == '\0') {
        run_tick(tick++, true);
    }
    while (!all_connected() && tick < 2 * (uint64_t)EVENT_TICKS) {
        run_tick(tick++, false);
    }
    for (int i = 0; i < REST_TICKS && sim.failure[0] == '\0'; i++) {
        /* What may have been refused because of its age goes from the nodes, too. */
        sim.served_from_ns += i == REST_TICKS / 4 && sim.expires ? 2 * half_grace_ns : 0;
        run_tick(tick++, false);
    }
    for (unsigned i = 0; i < sim.follower_count && sim.failure[0] == '\0'; i++) {
        check_rest(&sim.followers[i], i);
    }
    end();
    if (sim.failure[0] != '\0') {
        printf("seed %llu failed: %s\n", (unsigned long long)seed, sim.failure);
    }
    return sim.failure[0] == '\0';
}

static bool select_rule(const char *name)
{
#ifdef HERD_MUTANTS
    return mutant_select(name);
#else
    return name == NULL;
#endif
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    uint64_t seeds = 1;
    uint64_t failed = 0;
    bool first = false;
    bool valid = true;
    for (int i = 1; i < argc && valid; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--first") == 0) {
            first = true;
        } else if (strcmp(argv[i], "--seed") == 0 && more) {
            valid = text_to_u64(text_of(argv[++i]), UINT64_MAX, &seed);
        } else if (strcmp(argv[i], "--seeds") == 0 && more) {
            valid = text_to_u64(text_of(argv[++i]), UINT64_MAX, &seeds);
        } else {
            valid = strcmp(argv[i], "--mutant") == 0 && more && select_rule(argv[++i]);
        }
    }
    if (!valid) {
        fprintf(stderr, "usage: %s [--seed N] [--seeds N] [--first] [--mutant RULE]\n", argv[0]);
        return 2;
    }
    for (uint64_t i = 0; i < seeds && !(first && failed > 0); i++) {
        failed += run(seed + i) ? 0 : 1;
    }
    printf("%llu seeds, %llu failed\n", (unsigned long long)seeds, (unsigned long long)failed);
    return failed > 0 ? 1 : 0;
}
