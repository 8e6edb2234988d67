/* herdctl status: what each member says of itself; a member that does not answer is named, never waited for. Nor is
 * one that is still computing its digest: it is asked again within the same limit, then shown without.
 * --plain, for scripts: one line a member, fields separated by tabs, "-" where nothing is known:
 *   NAME  up|down  PID  SINCE (POSIX s)  RECORDS  FRONTENDS  CLIENTS  LINKS_UP  LINKS  ROOT (of the digest)  LAG  PLACES
 * New fields come at the end. */
#include "common/memory.h"
#include "common/message.h"
#include "common/timestamp.h"
#include "deploy/herdctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_LIMIT_MS = 1000, /* all members together get this long to answer */
    ASK_AGAIN_MS = 20,      /* between two questions to a member that has no digest yet */
    FIGURE_SIZE = 24,       /* the longest number, and a zero */
    ROOT_SIZE = 33,         /* 32 hex digits, and a zero */
    ROOT_SHOWN = 16,        /* digits that tell people digests apart */
};

/* What one member said, as text (open value struct). */
typedef struct {
    const config_member_t *member;
    void *socket;   /* NULL where it could not be asked */
    int64_t ask_ns; /* steady: when to ask (again) */
    bool asked;     /* STATUS was sent, and its REPORT is awaited */
    bool up;        /* a REPORT came */
    char pid[FIGURE_SIZE];
    char since[FIGURE_SIZE]; /* ns, POSIX time */
    char records[FIGURE_SIZE];
    char frontends[FIGURE_SIZE];
    char clients[FIGURE_SIZE];
    char links_up[FIGURE_SIZE];
    char links[FIGURE_SIZE];
    char lag[FIGURE_SIZE]; /* entries to send to its neighbours, at most */
    char root[ROOT_SIZE];  /* of its digest; "-" while it is computing that */
    const char *places;    /* whether its provider of places is asked: one of place_states */
} member_status_t;

/* What a member may say of its provider of places: there is none, it is asked, left alone, or tried again. */
static const char *const place_states[] = {"-", "closed", "open", "half-open"};

/* Sets `out` to the value of `key` in a "key value" body, where it is a number that fits; else leaves it. */
static void take_figure(text_t body, const char *key, char *out)
{
    uint64_t value;
    if (message_number(body, key, UINT64_MAX, &value)) {
        out[text_write_u64(value, out)] = '\0';
    }
}

/* Only what is a root may reach the terminal. */
static void take_root(text_t body, char *out)
{
    static const char digits[] = "0123456789abcdef";
    text_t root;
    if (!message_value(body, "root", &root) || root.size != ROOT_SIZE - 1) {
        return;
    }
    for (size_t i = 0; i < root.size; i++) {
        if (memchr(digits, root.data[i], sizeof digits - 1) == NULL) {
            return;
        }
    }
    *text_copy(root, out) = '\0';
}

/* The sum over lines such as
 *   link Hands up 17 4711 0       the first number is the lag */
static void take_lag(text_t body, char *out)
{
    enum { LAG = 3 };
    uint64_t sum = 0;
    text_t line;
    while (text_take_line(&body, &line)) {
        text_t field;
        uint64_t lag = 0;
        if (!text_take_field(&line, &field) || !text_equal(field, TEXT("link"))) {
            continue;
        }
        for (size_t i = 0; i < LAG && text_take_field(&line, &field); i++) {
        }
        if (text_to_u64(field, UINT64_MAX, &lag)) {
            sum += lag;
        }
    }
    out[text_write_u64(sum, out)] = '\0';
}

/* Of a line such as
 *   places google open 17 5 3 0 2 */
static void take_places(member_status_t *status, text_t body)
{
    text_t value;
    text_t name;
    text_t state;
    if (!message_value(body, "places", &value) || !text_take_field(&value, &name) ||
        !text_take_field(&value, &state)) {
        return;
    }
    for (size_t i = 0; i < sizeof place_states / sizeof place_states[0]; i++) {
        if (text_equal(state, text_of(place_states[i]))) {
            status->places = place_states[i];
        }
    }
}

static bool has_root(const member_status_t *status)
{
    return status->root[0] != '-';
}

static void take_report(member_status_t *status, text_t body)
{
    status->up = true;
    status->asked = false;
    status->ask_ns = timestamp_steady_ns() + ASK_AGAIN_MS * TIMESTAMP_NS_PER_MS;
    take_figure(body, "pid", status->pid);
    take_figure(body, "since", status->since);
    take_figure(body, "records", status->records);
    take_figure(body, "frontends", status->frontends);
    take_figure(body, "clients", status->clients);
    take_figure(body, "links_up", status->links_up);
    take_figure(body, "links", status->links);
    take_lag(body, status->lag);
    take_root(body, status->root);
    take_places(status, body);
}

/* Asks where it is time to and the connection is there, and takes the report. */
static void advance(member_status_t *status)
{
    const message_t question = {.type = MESSAGE_STATUS};
    if (!status->asked && timestamp_steady_ns() >= status->ask_ns) {
        status->asked = message_send(status->socket, (text_t){0}, &question) == STATUS_OK;
    }
    message_inbound_t inbound;
    status_t received = message_receive(status->socket, false, &inbound);
    if (received == STATUS_OK && inbound.message.type == MESSAGE_REPORT) {
        take_report(status, inbound.message.body);
    }
    if (received != STATUS_AGAIN && received != STATUS_SYSTEM) {
        message_inbound_done(&inbound);
    }
}

/* What one turn waits for (open value struct). */
typedef struct {
    zmq_pollitem_t *items; /* those that a message can come from, or go to */
    size_t *indices;       /* whose they are */
    size_t item_count;
    size_t
        open_count; /* members that have not said everything yet: these, and those to be asked again */
} turn_t;

static void prepare_turn(turn_t *turn, const member_status_t *statuses, size_t count)
{
    int64_t now_ns = timestamp_steady_ns();
    turn->item_count = 0;
    turn->open_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (statuses[i].socket == NULL || (statuses[i].up && has_root(&statuses[i]))) {
            continue;
        }
        turn->open_count++;
        if (statuses[i].asked || now_ns >= statuses[i].ask_ns) {
            short events = statuses[i].asked ? ZMQ_POLLIN : ZMQ_POLLOUT;
            turn->items[turn->item_count] =
                (zmq_pollitem_t){.socket = statuses[i].socket, .events = events};
            turn->indices[turn->item_count++] = i;
        }
    }
}

/* Waits until one of them has something to do, and does it; false after the end of the time. */
static bool take_turn(const turn_t *turn, member_status_t *statuses, int64_t end_ns)
{
    int64_t left_ms = (end_ns - timestamp_steady_ns()) / TIMESTAMP_NS_PER_MS;
    long wait_ms = left_ms < ASK_AGAIN_MS ? (long)left_ms : ASK_AGAIN_MS;
    if (left_ms <= 0 || zmq_poll(turn->items, (int)turn->item_count, wait_ms) < 0) {
        return false;
    }
    for (size_t i = 0; i < turn->item_count; i++) {
        if (turn->items[i].revents != 0) {
            advance(&statuses[turn->indices[i]]);
        }
    }
    return true;
}

static void ask_all(member_status_t *statuses, size_t count)
{
    turn_t turn = {.items = memory_new_array(count, sizeof *turn.items),
                   .indices = memory_new_array(count, sizeof *turn.indices)};
    int64_t end_ns = timestamp_steady_ns() + ANSWER_LIMIT_MS * TIMESTAMP_NS_PER_MS;
    do {
        prepare_turn(&turn, statuses, count);
    } while (turn.open_count > 0 && take_turn(&turn, statuses, end_ns));
    free(turn.items);
    free(turn.indices);
}

/* POSIX time, ns; 0 where it was not told. */
static int64_t since_ns(const member_status_t *status)
{
    int64_t value = 0;
    (void)text_to_i64(text_of(status->since), &value);
    return value;
}

static void print_plain(const member_status_t *status)
{
    long long since_s = since_ns(status) / TIMESTAMP_NS_PER_S;
    if (!status->up) {
        printf("%s\tdown\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\n", status->member->name);
        return;
    }
    printf("%s\tup\t%s\t%lld\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", status->member->name, status->pid,
           since_s, status->records, status->frontends, status->clients, status->links_up,
           status->links, status->root, status->lag, status->places);
}

static void print_head(void)
{
    printf("%-16s %-5s %-24s %8s %12s %-16s %10s %8s %7s %10s\n", "MEMBER", "STATE", "UP SINCE",
           "PID", "RECORDS", "DIGEST", "FRONTENDS", "CLIENTS", "LINKS", "LAG");
}

static void print_row(const member_status_t *status)
{
    char since[TIMESTAMP_ISO8601_SIZE + 1] = "-";
    if (!status->up) {
        printf("%-16s down  %-24s %8s %12s %-16s %10s %8s %7s %10s\n", status->member->name, "-",
               "-", "-", "-", "-", "-", "-", "-");
        return;
    }
    timestamp_write_iso8601(since_ns(status), since);
    since[TIMESTAMP_ISO8601_SIZE] = '\0';
    printf("%-16s up    %-24s %8s %12s %-16.*s %10s %8s %3s/%-3s %10s\n", status->member->name,
           since, status->pid, status->records, ROOT_SHOWN, status->root, status->frontends,
           status->clients, status->links_up, status->links, status->lag);
}

/* Whether two members told digests that differ. */
static bool digests_differ(const member_status_t *statuses, size_t count)
{
    const char *first = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!has_root(&statuses[i])) {
            continue;
        }
        if (first != NULL && strcmp(first, statuses[i].root) != 0) {
            return true;
        }
        first = statuses[i].root;
    }
    return false;
}

static void print_table(const member_status_t *statuses, size_t count)
{
    print_head();
    for (size_t i = 0; i < count; i++) {
        print_row(&statuses[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(statuses[i].places, "open") == 0) {
            printf("%s: the places provider fails, and is left alone for a while.\n",
                   statuses[i].member->name);
        }
    }
    if (digests_differ(statuses, count)) {
        puts("\nMembers have different digests: they do not hold the same records, or updates are "
             "on their "
             "way.");
    }
}

static bool are_all_up(const member_status_t *statuses, size_t count)
{
    bool all_up = true;
    for (size_t i = 0; i < count; i++) {
        all_up = all_up && statuses[i].up;
    }
    return all_up;
}

static void print_all(const member_status_t *statuses, size_t count, bool plain)
{
    if (!plain) {
        print_table(statuses, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        print_plain(&statuses[i]);
    }
}

static void set_member(member_status_t *status, const config_member_t *member)
{
    status->member = member;
    char *figures[] = {status->pid,     status->since,    status->records, status->frontends,
                       status->clients, status->links_up, status->links,   status->lag};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        memcpy(figures[i], "0", 2);
    }
    memcpy(status->root, "-", 2);
    status->places = place_states[0];
}

/* One for each name, or for each member where there are none. NULL, and said so, where a name is unknown. */
static member_status_t *choose_members(const config_t *config, char **names, size_t name_count,
                                       size_t *ret_count)
{
    size_t count = name_count > 0 ? name_count : config->member_count;
    member_status_t *statuses = memory_new_array(count, sizeof *statuses);
    for (size_t i = 0; i < count; i++) {
        const config_member_t *member =
            name_count > 0 ? config_member(config, names[i]) : &config->members[i];
        if (member == NULL) {
            fprintf(stderr, "herdctl: no member \"%s\" in %s\n", names[i], config->file);
            free(statuses);
            return NULL;
        }
        set_member(&statuses[i], member);
    }
    *ret_count = count;
    return statuses;
}

static herdctl_exit_t report_members(const config_t *config, char **names, size_t name_count,
                                     bool plain)
{
    size_t count;
    member_status_t *statuses = choose_members(config, names, name_count, &count);
    if (statuses == NULL) {
        return HERDCTL_FAILED;
    }
    void *context = zmq_ctx_new();
    for (size_t i = 0; i < count; i++) {
        statuses[i].socket = herdctl_connect(context, statuses[i].member);
    }
    ask_all(statuses, count);
    print_all(statuses, count, plain);
    bool all_up = are_all_up(statuses, count);
    for (size_t i = 0; i < count; i++) {
        if (statuses[i].socket != NULL) {
            zmq_close(statuses[i].socket);
        }
    }
    zmq_ctx_term(context);
    free(statuses);
    return all_up ? HERDCTL_OK : HERDCTL_FAILED;
}

herdctl_exit_t herdctl_status(const herdctl_t *self, int argc, char **argv)
{
    bool plain = argc > 1 && strcmp(argv[1], "--plain") == 0;
    int first = plain ? 2 : 1;
    if (argc > first && argv[first][0] == '-') {
        return herdctl_usage_error("status knows no option %s", argv[first]);
    }
    config_t *config = herdctl_load(self);
    if (config == NULL) {
        return HERDCTL_FAILED;
    }
    herdctl_exit_t result = report_members(config, argv + first, (size_t)(argc - first), plain);
    config_destroy(&config);
    return result;
}
