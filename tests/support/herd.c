#include "tests/support/herd.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/port.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PROBE_LIMIT_MS =
        2000, /* for one answer: a node that is starting may take a while to be found */
    STOP_LIMIT_MS = WAIT_LIMIT_MS,
    SEEN_LIMIT_MS = WAIT_LIMIT_MS,
    CONTROL_ARGUMENTS_MAX = 32,
};

/* A client that no test ever locates: the answer comes from the node, for only it can know that. */
static const char probe_line[] = "WHATSAT herd.probe.nobody 0 0\n";
static const char probe_answer[] = "? WHATSAT herd.probe.nobody 0 0";

typedef struct {
    char *name;
    uint16_t clients_port;
    uint16_t bus_port;
    uint16_t tap_port;
    uint16_t requests_port;             /* 0: a Unix socket */
    char bus_address[LAN_ADDRESS_SIZE]; /* where the bus port is */
    char *requests;                     /* endpoint: where front-ends and operators ask */
    char *tap;                          /* endpoint: where the node publishes */
    char *node_output;                  /* path: what the node prints */
    char *frontend_output;              /* path: what the front-end prints */
    process_t *node;                    /* NULL while it does not run */
    process_t *frontend;                /* NULL while it does not run */
} member_t;

struct herd {
    char *folder; /* the workspace */
    char *file;   /* path of the herd file */
    port_pool_t *ports;
    lan_t *lan; /* where nodes are separate, else NULL */
    member_t *members;
    size_t member_count;
    size_t frontend_max_files; /* 0 inherits */
    char **answers;            /* what herd_ask handed out */
    size_t answer_count;
};

static char *path_from(const char *variable, const char *name)
{
    const char *folder = getenv(variable);
    if (folder == NULL) {
        fail_msg("%s is not set: run this test by ctest", variable);
    }
    return workspace_path(folder, name);
}

char *herd_program(const char *name)
{
    return path_from("HERD_BIN", name);
}

char *herd_source(const char *name)
{
    return path_from("HERD_SOURCE", name);
}

bool herd_programs_exist(void)
{
    static const char *const programs[] = {"herd-node", "herd-frontend"};
    const char *folder = getenv("HERD_BIN");
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        char *path = workspace_path(folder != NULL ? folder : "", programs[i]);
        int result = access(path, X_OK);
        if (result < 0) {
            fprintf(stderr, "skipped: no program %s\n", path);
        }
        free(path);
        if (result < 0) {
            return false;
        }
    }
    return true;
}

static member_t *find(herd_t *self, const char *name)
{
    for (size_t i = 0; i < self->member_count; i++) {
        if (strcmp(self->members[i].name, name) == 0) {
            return &self->members[i];
        }
    }
    fail_msg("no member %s", name);
    return NULL;
}

/* The settings given, one a line, each behind `indentation`. */
static void write_settings(FILE *file, const char *settings, const char *indentation)
{
    text_t rest = text_of(settings != NULL ? settings : "");
    text_t line;
    while (text_take_line(&rest, &line)) {
        fprintf(file, "%s%.*s\n", indentation, (int)line.size, line.data);
    }
    assert_int_equal(rest.size, 0);
}

static void write_places(FILE *file, const herd_options_t *options)
{
    if (options->places_settings != NULL) {
        fprintf(file, "    places\n");
        write_settings(file, options->places_settings, "        ");
        return;
    }
    if (!options->local_places) {
        fprintf(file, "    places\n        provider = \"none\"\n");
        return;
    }
    const char *name = options->places != NULL ? options->places : "tests/support/places.tsv";
    char *places = name[0] == '/' ? memory_copy_text(name, strlen(name)) : herd_source(name);
    fprintf(file, "    places\n        provider = \"local\"\n        file = \"%s\"\n", places);
    if (options->places_classes != NULL) {
        fprintf(file, "        feature_classes = \"%s\"\n", options->places_classes);
    }
    free(places);
}

static void write_clients(FILE *file, const member_t *member, const char *hosts)
{
    text_t rest = text_of(hosts != NULL ? hosts : "127.0.0.1");
    text_t host;
    fprintf(file, "        clients = \"");
    for (const char *gap = ""; text_take_field(&rest, &host); gap = " ") {
        fprintf(file, "%stcp://%.*s:%u", gap, (int)host.size, host.data,
                (unsigned)member->clients_port);
    }
    fprintf(file, "\"\n");
}

static void write_member(FILE *file, const member_t *member, const char *neighbours,
                         const char *hosts)
{
    fprintf(file, "    %s\n", member->name);
    write_clients(file, member, hosts);
    fprintf(file, "        bus = \"tcp://%s:%u\"\n", member->bus_address,
            (unsigned)member->bus_port);
    if (member->requests_port != 0) {
        fprintf(file, "        requests = \"%s\"\n", member->requests);
    }
    fprintf(file, "        tap = \"%s\"\n", member->tap);
    fprintf(file, "        neighbours = \"%s\"\n", neighbours);
}

static void write_herd_file(const herd_t *self, const herd_options_t *options)
{
    char *path = NULL;
    if (asprintf(&path, "%s.new", self->file) < 0) {
        abort();
    }
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        fail_msg("%s: %s", path, strerror(errno));
    }
    fprintf(file, "herd\n    name = \"test\"\n");
    fprintf(file, "    run_dir = \"run\"\n    log_dir = \"log\"\n    data_dir = \"data\"\n");
    if (options->keys) {
        fprintf(file, "    keys = \"keys\"\n");
    } else if (self->lan != NULL) {
        fprintf(file, "    security = \"none\"\n"); /* addresses of a network */
    }
    write_settings(file, options->settings, "    ");
    write_places(file, options);
    fprintf(file, "members\n");
    for (size_t i = 0; i < self->member_count; i++) {
        write_member(file, &self->members[i], options->members[i].neighbours, options->hosts);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(path, self->file), 0);
    free(path);
}

static char *output_path(const herd_t *self, const char *member, const char *program)
{
    char name[128];
    snprintf(name, sizeof name, "%s-%s.out", member, program);
    return workspace_path(self->folder, name);
}

static void set_member(herd_t *self, size_t number, const char *name, bool tcp_requests)
{
    member_t *member = &self->members[number];
    *member = (member_t){.name = memory_copy_text(name, strlen(name)),
                         .clients_port = port_pool_take(self->ports),
                         .bus_port = port_pool_take(self->ports),
                         .tap_port = port_pool_take(self->ports),
                         .requests_port = tcp_requests ? port_pool_take(self->ports) : 0,
                         .bus_address = "127.0.0.1",
                         .node_output = output_path(self, name, "node"),
                         .frontend_output = output_path(self, name, "frontend")};
    if (self->lan != NULL) {
        lan_address(number, member->bus_address);
    }
    /* What the herd file has by default. A Unix socket is reached from any network namespace. */
    int size = tcp_requests
                   ? asprintf(&member->requests, "tcp://127.0.0.1:%u", member->requests_port)
                   : asprintf(&member->requests, "ipc://%s/run/%s.requests", self->folder, name);
    if (size < 0 || asprintf(&member->tap, "tcp://127.0.0.1:%u", (unsigned)member->tap_port) < 0) {
        abort();
    }
}

static const char *keep_answer(herd_t *self, text_t text)
{
    size_t count = self->answer_count + 1;
    self->answers = memory_resize(self->answers, count * sizeof *self->answers);
    self->answers[self->answer_count] = memory_copy_text(text.data, text.size);
    return self->answers[self->answer_count++];
}

int herd_control(herd_t *self, const char *const *arguments, const char **ret_output)
{
    char *program = herd_program("herdctl");
    char *output = workspace_path(self->folder, "herdctl.out");
    const char *argv[CONTROL_ARGUMENTS_MAX + 4] = {program, "--config", self->file};
    for (size_t i = 0; arguments[i] != NULL && i < CONTROL_ARGUMENTS_MAX; i++) {
        argv[3 + i] = arguments[i];
    }
    (void)unlink(output);
    int status = process_run(&(process_options_t){.argv = argv, .output = output}, WAIT_LIMIT_MS);
    size_t size;
    char *text = workspace_read(output, &size);
    assert_non_null(text);
    const char *kept = keep_answer(self, (text_t){.data = text, .size = size});
    if (ret_output != NULL) {
        *ret_output = kept;
    }
    free(text);
    free(output);
    free(program);
    return status;
}

static void make_keys(herd_t *self)
{
    static const char *const of_operator[] = {"keygen", "--role", "operator", "anna", NULL};
    const char *of_members[CONTROL_ARGUMENTS_MAX + 1] = {"keygen"};
    assert_true(self->member_count < CONTROL_ARGUMENTS_MAX);
    for (size_t i = 0; i < self->member_count; i++) {
        of_members[1 + i] = self->members[i].name;
    }
    assert_int_equal(herd_control(self, of_members, NULL), 0);
    assert_int_equal(herd_control(self, of_operator, NULL), 0);
}

herd_t *herd_new(const herd_options_t *options)
{
    herd_t *self = memory_new(sizeof *self);
    self->folder = workspace_new();
    self->file = workspace_path(self->folder, "herd.cfg");
    self->ports = port_pool_new();
    self->members = memory_new_array(options->member_count, sizeof *self->members);
    self->member_count = options->member_count;
    self->frontend_max_files = options->frontend_max_files;
    self->lan = options->separate ? lan_new(options->member_count) : NULL;
    for (size_t i = 0; i < self->member_count; i++) {
        set_member(self, i, options->members[i].name, options->tcp_requests);
    }
    write_herd_file(self, options);
    if (options->keys) {
        make_keys(self);
    }
    return self;
}

herd_t *herd_new_single(void)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    return herd_new(&(herd_options_t){.members = members, .member_count = 1});
}

herd_t *herd_new_sample(void)
{
    static const herd_member_t members[] = {
        {.name = "Goloman", .neighbours = "Hands Holiday Wilkes"},
        {.name = "Hands", .neighbours = "Goloman Wilkes"},
        {.name = "Holiday", .neighbours = "Goloman Welsh Wilkes"},
        {.name = "Welsh", .neighbours = "Holiday"},
        {.name = "Wilkes", .neighbours = "Goloman Hands Holiday"},
    };
    return herd_new(&(herd_options_t){.members = members,
                                      .member_count = sizeof members / sizeof members[0],
                                      .local_places = true});
}

static void free_member(member_t *member)
{
    process_destroy(&member->frontend);
    process_destroy(&member->node);
    free(member->name);
    free(member->requests);
    free(member->tap);
    free(member->node_output);
    free(member->frontend_output);
}

void herd_rewrite(herd_t *self, const herd_options_t *options)
{
    size_t count = options->member_count;
    assert_null(self->lan);
    while (self->member_count > count) {
        member_t *member = &self->members[--self->member_count];
        assert_null(member->node);
        assert_null(member->frontend);
        free_member(member);
    }
    self->members = memory_resize(self->members, count * sizeof *self->members);
    for (size_t i = 0; i < count; i++) {
        if (i < self->member_count) {
            assert_string_equal(self->members[i].name, options->members[i].name);
        } else {
            set_member(self, i, options->members[i].name, options->tcp_requests);
        }
    }
    self->member_count = count;
    write_herd_file(self, options);
}

void herd_move_bus(herd_t *self, const char *member)
{
    find(self, member)->bus_port = port_pool_take(self->ports);
}

void herd_destroy(herd_t **self_p)
{
    herd_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->member_count; i++) {
        free_member(&self->members[i]);
    }
    for (size_t i = 0; i < self->answer_count; i++) {
        free(self->answers[i]);
    }
    lan_destroy(&self->lan);
    port_pool_destroy(&self->ports);
    free(self->answers);
    free(self->members);
    free(self->file);
    free(self->folder);
    free(self);
    *self_p = NULL;
}

static process_t *start(herd_t *self, const member_t *member, const char *program)
{
    bool is_frontend = strcmp(program, "herd-frontend") == 0;
    char *path = herd_program(program);
    const char *const argv[] = {path, "--config", self->file, member->name, NULL};
    process_t *process = process_start(&(process_options_t){
        .argv = argv,
        .output = is_frontend ? member->frontend_output : member->node_output,
        .max_files = is_frontend ? self->frontend_max_files : 0,
        .network = !is_frontend && self->lan != NULL
                       ? lan_namespace(self->lan, herd_number(self, member->name))
                       : 0,
    });
    free(path);
    return process;
}

void herd_start_node(herd_t *self, const char *member_name)
{
    member_t *member = find(self, member_name);
    assert_null(member->node);
    member->node = start(self, member, "herd-node");
}

void herd_start_frontend(herd_t *self, const char *member_name)
{
    member_t *member = find(self, member_name);
    assert_null(member->frontend);
    member->frontend = start(self, member, "herd-frontend");
}

static void print_file(const char *path)
{
    size_t size = 0;
    char *content = workspace_read(path, &size);
    fprintf(stderr, "%s:\n%s\n", path, content != NULL ? content : "(no such file)");
    free(content);
}

typedef struct {
    member_t *member;
    bool died; /* one of its processes ended: no use in waiting */
} probe_t;

static bool serves(void *argument)
{
    probe_t *probe = argument;
    member_t *member = probe->member;
    if ((member->node != NULL && !process_is_running(member->node)) ||
        (member->frontend != NULL && !process_is_running(member->frontend))) {
        probe->died = true;
        return true;
    }
    client_t *client = client_try(member->clients_port);
    if (client == NULL) {
        return false;
    }
    text_t line;
    bool answered = client_send_some(client, text_of(probe_line), PROBE_LIMIT_MS) > 0 &&
                    client_try_line(client, PROBE_LIMIT_MS, &line) &&
                    text_equal(line, text_of(probe_answer));
    client_destroy(&client);
    return answered;
}

void herd_wait_serving(herd_t *self, const char *member_name)
{
    probe_t probe = {.member = find(self, member_name)};
    bool served = wait_until(serves, &probe, WAIT_LIMIT_MS);
    if (!served || probe.died) {
        print_file(probe.member->node_output);
        print_file(probe.member->frontend_output);
        fail_msg("%s %s", member_name, served ? "ended" : "does not serve");
    }
}

void herd_start(herd_t *self, const char *member)
{
    herd_start_node(self, member);
    herd_start_frontend(self, member);
    herd_wait_serving(self, member);
}

void herd_start_all(herd_t *self)
{
    for (size_t i = 0; i < self->member_count; i++) {
        herd_start_node(self, self->members[i].name);
        herd_start_frontend(self, self->members[i].name);
    }
    for (size_t i = 0; i < self->member_count; i++) {
        herd_wait_serving(self, self->members[i].name);
    }
}

void herd_kill_node(herd_t *self, const char *member)
{
    process_destroy(&find(self, member)->node);
}

void herd_kill_frontend(herd_t *self, const char *member)
{
    process_destroy(&find(self, member)->frontend);
}

static int stop(process_t **process)
{
    int status = 0;
    assert_non_null(*process);
    process_signal(*process, SIGTERM);
    if (!process_wait(*process, STOP_LIMIT_MS, &status)) {
        fail_msg("process %ld does not end on SIGTERM", (long)process_pid(*process));
    }
    process_destroy(process);
    return status;
}

int herd_stop_node(herd_t *self, const char *member)
{
    return stop(&find(self, member)->node);
}

int herd_stop_frontend(herd_t *self, const char *member)
{
    return stop(&find(self, member)->frontend);
}

process_t *herd_node(herd_t *self, const char *member)
{
    return find(self, member)->node;
}

process_t *herd_frontend(herd_t *self, const char *member)
{
    return find(self, member)->frontend;
}

size_t herd_member_count(const herd_t *self)
{
    return self->member_count;
}

const char *herd_member_name(const herd_t *self, size_t index)
{
    return self->members[index].name;
}

size_t herd_number(herd_t *self, const char *member)
{
    return (size_t)(find(self, member) - self->members);
}

const char *herd_tap(herd_t *self, const char *member)
{
    return find(self, member)->tap;
}

const char *herd_requests(herd_t *self, const char *member)
{
    return find(self, member)->requests;
}

herd_ports_t herd_node_ports(herd_t *self, const char *member_name)
{
    const member_t *member = find(self, member_name);
    return (herd_ports_t){member->bus_port, member->requests_port, member->tap_port};
}

lan_t *herd_lan(const herd_t *self)
{
    return self->lan;
}

void herd_set_way(herd_t *self, const char *from, const char *to, const lan_way_t *way)
{
    lan_set_way(self->lan, herd_number(self, from), herd_number(self, to), way);
}

void herd_set_link(herd_t *self, const char *one, const char *other, const lan_way_t *way)
{
    herd_set_way(self, one, other, way);
    herd_set_way(self, other, one, way);
}

void herd_set_links(herd_t *self, const lan_way_t *way)
{
    for (size_t from = 0; from < self->member_count; from++) {
        for (size_t to = 0; to < self->member_count; to++) {
            lan_set_way(self->lan, from, to, way);
        }
    }
}

uint16_t herd_port(herd_t *self, const char *member)
{
    return find(self, member)->clients_port;
}

client_t *herd_connect(herd_t *self, const char *member)
{
    return client_new(herd_port(self, member));
}

const char *herd_ask(herd_t *self, const char *member, const char *lines)
{
    client_t *client = herd_connect(self, member);
    client_say(client, lines);
    client_half_close(client);
    const char *answer = keep_answer(self, client_read_all(client));
    client_destroy(&client);
    return answer;
}

typedef struct {
    herd_t *herd;
    const char *member;
    const char *line;     /* the WHATSAT to ask */
    const char *expected; /* what its answer must begin with */
    const char *answer;   /* the last one */
} sight_t;

static bool is_seen(void *argument)
{
    sight_t *sight = argument;
    sight->answer = herd_ask(sight->herd, sight->member, sight->line);
    return strncmp(sight->answer, sight->expected, strlen(sight->expected)) == 0;
}

void herd_wait_seen(herd_t *self, const char *member, const char *client, const char *at_line)
{
    char *line = NULL;
    if (asprintf(&line, "WHATSAT %s 0 0\n", client) < 0) {
        abort();
    }
    sight_t sight = {.herd = self, .member = member, .line = line, .expected = at_line};
    bool seen = wait_until(is_seen, &sight, SEEN_LIMIT_MS);
    free(line);
    if (!seen) {
        fail_msg("%s does not know \"%s\", it says \"%s\"", member, at_line, sight.answer);
    }
}

int herd_setup_single(void **state)
{
    herd_t *self = herd_new_single();
    *state = self;
    herd_start_all(self);
    return 0;
}

int herd_setup_sample(void **state)
{
    herd_t *self = herd_new_sample();
    *state = self;
    herd_start_all(self);
    return 0;
}

int herd_setup_none(void **state)
{
    *state = NULL;
    return 0;
}

/* SIGTERM to a process, which may be stopped; 0 where it then exits with 0, or does not run. SIGCONT goes first: it
 * undoes any SIGSTOP that is pending, also that by which LeakSanitizer's tracer halts an exiting process, which both
 * then would wait for without end. */
static int end_process(process_t *process, const char *output)
{
    int status = 0;
    if (process == NULL) {
        return 0;
    }
    process_signal(process, SIGCONT);
    process_signal(process, SIGTERM);
    if (process_wait(process, STOP_LIMIT_MS, &status) && status == 0) {
        return 0;
    }
    fprintf(stderr, "process %ld does not end well: status %d\n", (long)process_pid(process),
            status);
    print_file(output);
    return -1;
}

int herd_teardown(void **state)
{
    herd_t *self = *state;
    int result = 0;
    for (size_t i = 0; self != NULL && i < self->member_count; i++) {
        const member_t *member = &self->members[i];
        result |= end_process(member->frontend, member->frontend_output);
        result |= end_process(member->node, member->node_output);
    }
    herd_destroy(&self);
    *state = NULL;
    return result;
}

const char *herd_folder(const herd_t *self)
{
    return self->folder;
}

const char *herd_file(const herd_t *self)
{
    return self->file;
}

typedef struct {
    const char *path; /* of the log */
    const char *part; /* that it is to have */
} logged_t;

static bool is_logged(void *argument)
{
    const logged_t *logged = argument;
    size_t size;
    char *content = workspace_read(logged->path, &size);
    bool found = content != NULL && strstr(content, logged->part) != NULL;
    free(content);
    return found;
}

void herd_wait_logged(const herd_t *self, const char *member, const char *program, const char *part)
{
    char name[128];
    snprintf(name, sizeof name, "log/%s.%s.log", member, program);
    char *path = workspace_path(self->folder, name);
    logged_t logged = {.path = path, .part = part};
    bool found = wait_until(is_logged, &logged, WAIT_LIMIT_MS);
    if (!found) {
        print_file(path);
    }
    free(path);
    if (!found) {
        fail_msg("no \"%s\" in the log of the %s of %s", part, program, member);
    }
}
