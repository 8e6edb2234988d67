/* herdctl status: what each member says of itself; a member that does not answer is named, never waited for.
 * --plain, for scripts: one line a member, fields separated by tabs, "-" where nothing is known:
 *   NAME  up|down  PID  SINCE (POSIX s)  RECORDS  FRONTENDS  CLIENTS  LINKS_UP  LINKS */
#include "common/memory.h"
#include "common/message.h"
#include "common/sockets.h"
#include "common/timestamp.h"
#include "deploy/herdctl.h"

#include <stdio.h>
#include <stdlib.h>

/* All members together get this long to answer. */
enum { ANSWER_LIMIT_MS = 1000 };

enum { FIGURE_SIZE = 24 }; /* the longest number, and a zero */

/* What one member said, as text (open value struct). */
typedef struct {
    const config_member_t *member;
    void *socket; /* NULL where it could not be asked */
    bool asked;   /* STATUS was sent */
    bool up;      /* and a REPORT came */
    char pid[FIGURE_SIZE];
    char since[FIGURE_SIZE]; /* ns, POSIX time */
    char records[FIGURE_SIZE];
    char frontends[FIGURE_SIZE];
    char clients[FIGURE_SIZE];
    char links_up[FIGURE_SIZE];
    char links[FIGURE_SIZE];
} member_status_t;

/* Sets `out` to the value of `key` in a "key value" body, where it is a number that fits; else leaves it. */
static void take_figure(text_t body, const char *key, char *out)
{
    uint64_t value;
    if (message_number(body, key, UINT64_MAX, &value)) {
        out[text_write_u64(value, out)] = '\0';
    }
}

static void take_report(member_status_t *status, text_t body)
{
    status->up = true;
    take_figure(body, "pid", status->pid);
    take_figure(body, "since", status->since);
    take_figure(body, "records", status->records);
    take_figure(body, "frontends", status->frontends);
    take_figure(body, "clients", status->clients);
    take_figure(body, "links_up", status->links_up);
    take_figure(body, "links", status->links);
}

static void connect_member(member_status_t *status, void *context)
{
    void *socket = zmq_socket(context, ZMQ_DEALER);
    /* Without a routing id: two connections of one name would take it from each other. */
    if (socket != NULL && (sockets_configure(socket, SOCKETS_REQUESTS_DEALER,
                                             status->member->requests, NULL) != STATUS_OK ||
                           zmq_connect(socket, status->member->requests) != 0)) {
        zmq_close(socket);
        socket = NULL;
    }
    status->socket = socket;
}

/* Asks as soon as the connection is there, and takes the report. */
static void advance(member_status_t *status)
{
    const message_t question = {.type = MESSAGE_STATUS};
    if (!status->asked) {
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

/* Polls for those that have not answered yet; the number of them. */
static size_t fill_items(const member_status_t *statuses, size_t count, zmq_pollitem_t *items,
                         size_t *indices)
{
    size_t open = 0;
    for (size_t i = 0; i < count; i++) {
        if (statuses[i].socket != NULL && !statuses[i].up) {
            short events = statuses[i].asked ? ZMQ_POLLIN : ZMQ_POLLOUT;
            items[open] = (zmq_pollitem_t){.socket = statuses[i].socket, .events = events};
            indices[open++] = i;
        }
    }
    return open;
}

static void ask_all(member_status_t *statuses, size_t count)
{
    zmq_pollitem_t *items = memory_new_array(count, sizeof *items);
    size_t *indices = memory_new_array(count, sizeof *indices);
    int64_t end_ns = timestamp_steady_ns() + ANSWER_LIMIT_MS * TIMESTAMP_NS_PER_MS;
    size_t open;
    while ((open = fill_items(statuses, count, items, indices)) > 0) {
        int64_t left_ms = (end_ns - timestamp_steady_ns()) / TIMESTAMP_NS_PER_MS;
        if (left_ms <= 0 || zmq_poll(items, (int)open, left_ms) < 0) {
            break;
        }
        for (size_t i = 0; i < open; i++) {
            if (items[i].revents != 0) {
                advance(&statuses[indices[i]]);
            }
        }
    }
    free(items);
    free(indices);
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
        printf("%s\tdown\t-\t-\t-\t-\t-\t-\t-\n", status->member->name);
        return;
    }
    printf("%s\tup\t%s\t%lld\t%s\t%s\t%s\t%s\t%s\n", status->member->name, status->pid, since_s,
           status->records, status->frontends, status->clients, status->links_up, status->links);
}

static void print_row(const member_status_t *status)
{
    char since[TIMESTAMP_ISO8601_SIZE + 1] = "-";
    if (!status->up) {
        printf("%-16s down  %-24s %8s %12s %10s %8s %7s\n", status->member->name, "-", "-", "-",
               "-", "-", "-");
        return;
    }
    timestamp_write_iso8601(since_ns(status), since);
    since[TIMESTAMP_ISO8601_SIZE] = '\0';
    printf("%-16s up    %-24s %8s %12s %10s %8s %3s/%s\n", status->member->name, since, status->pid,
           status->records, status->frontends, status->clients, status->links_up, status->links);
}

static bool print_all(const member_status_t *statuses, size_t count, bool plain)
{
    bool all_up = true;
    if (!plain) {
        printf("%-16s %-5s %-24s %8s %12s %10s %8s %7s\n", "MEMBER", "STATE", "UP SINCE", "PID",
               "RECORDS", "FRONTENDS", "CLIENTS", "LINKS");
    }
    for (size_t i = 0; i < count; i++) {
        if (plain) {
            print_plain(&statuses[i]);
        } else {
            print_row(&statuses[i]);
        }
        all_up = all_up && statuses[i].up;
    }
    return all_up;
}

static void set_member(member_status_t *status, const config_member_t *member)
{
    status->member = member;
    char *figures[] = {status->pid,     status->since,    status->records, status->frontends,
                       status->clients, status->links_up, status->links};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        memcpy(figures[i], "0", 2);
    }
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
        connect_member(&statuses[i], context);
    }
    ask_all(statuses, count);
    bool all_up = print_all(statuses, count, plain);
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
