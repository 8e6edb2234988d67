/* herdctl export and watch: the clients that a running member has, and what they do. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/load.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MANY = 1000,
    SLOW = 5000, /* more than a pipe holds */
    WIDTH = 360, /* degrees, one client each */
};

static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};

static herd_t *start_pair(void **state, const herd_options_t *options)
{
    herd_options_t all = *options;
    all.members = pair;
    all.member_count = 2;
    herd_t *herd = *state = herd_new(&all);
    herd_start_all(herd);
    return herd;
}

/* Clients around the equator, one a degree: c0 at -180. */
static void report_clients(herd_t *herd, int count)
{
    buffer_t lines;
    buffer_init(&lines, LIMIT_BODY_SIZE);
    for (int i = 0; i < count; i++) {
        assert_int_equal(buffer_format(&lines, "IAMAT c%d +1.5%+d 100\n", i, i % WIDTH - WIDTH / 2),
                         STATUS_OK);
    }
    assert_int_equal(buffer_append(&lines, "", 1), STATUS_OK);
    (void)herd_ask(herd, "A", lines.data);
    buffer_done(&lines);
}

/* Lines of what such an export prints; each is an object with another client. */
static size_t count_clients(herd_t *herd, const char *option, const char *value)
{
    herdctl_run_t run = herdctl_run(herd, "export", "--from", "B", option, value, NULL);
    assert_int_equal(run.status, 0);
    text_t rest = text_of(run.output);
    text_t line;
    json_t *met = json_object();
    while (text_take_line(&rest, &line)) {
        json_t *object = json_loadb(line.data, line.size, 0, NULL);
        const char *client = json_string_value(json_object_get(object, "client"));
        assert_non_null(client);
        assert_null(json_object_get(met, client));
        json_object_set_new(met, client, json_true());
        json_decref(object);
    }
    size_t count = json_object_size(met);
    json_decref(met);
    return count;
}

static char *read_file(herd_t *herd, const char *name)
{
    size_t size;
    char *path = workspace_path(herd_folder(herd), name);
    char *text = workspace_read(path, &size);
    assert_non_null(text);
    free(path);
    return text;
}

/* Files of the folder whose name begins so. */
static size_t count_files(herd_t *herd, const char *stem)
{
    size_t count = 0;
    DIR *folder = opendir(herd_folder(herd));
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += strncmp(entry->d_name, stem, strlen(stem)) == 0 ? 1 : 0;
    }
    closedir(folder);
    return count;
}

/* With keys, over TCP: the operator's key may follow. */
static void a_member_s_clients_go_into_files(void **state)
{
    herd_t *herd = start_pair(state, &(herd_options_t){.keys = true, .tcp_requests = true});
    report_clients(herd, MANY);
    (void)herd_ask(herd, "A", "IAMAT odd,\"\xff +12-34 100.5\n");
    herdctl_expect(herd, 0, "", "forget", "c0", "A", NULL);
    herd_wait_seen(herd, "B", "c0", "? WHATSAT c0 0 0\n");

    char *csv = workspace_path(herd_folder(herd), "map.csv");
    char *link_path = workspace_path(herd_folder(herd), "link.geojson");
    char *geojson = workspace_path(herd_folder(herd), "target");
    workspace_write(geojson, TEXT("old"));
    assert_int_equal(symlink("target", link_path), 0);
    herdctl_expect(herd, 0, "map.csv: 1000 clients of B\n", "export", "--from", "B", csv, NULL);
    char *text = read_file(herd, "map.csv");
    assert_int_equal(count_in(text, "\r\n"), MANY + 1);
    assert_non_null(strstr(text, "\r\n\"odd,\"\"\\xff\",12,-34,+12-34,100.5,"));
    free(text);

    /* A link stays, and what it leads to is another file. */
    herdctl_expect(herd, 0, " clients of ", "export", link_path, NULL);
    text = read_file(herd, "target");
    json_t *json = json_loads(text, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(json, "features")), MANY);
    json_decref(json);
    free(text);
    struct stat entry;
    assert_int_equal(lstat(link_path, &entry), 0);
    assert_true(S_ISLNK(entry.st_mode));
    assert_int_equal(count_files(herd, "target"), 1);

    /* What is in a box that crosses 180 degrees, in a circle, nowhere */
    assert_int_equal(count_clients(herd, "--box", "178.5,1,-179,2"), 2 + 5);
    assert_int_equal(count_clients(herd, "--near", "1.5,10,112000"), 9);
    assert_int_equal(count_clients(herd, "--box", "0,3,1,4"), 0);

    /* Not over a device or a folder; a member that is away, one that takes no follower. */
    herdctl_expect(herd, 1, "/dev/null is a device", "export", "/dev/null", NULL);
    herd_kill_node(herd, "B");
    herdctl_expect(herd, 1, "herdctl: B did not answer\n", "export", "--from", "B", csv, NULL);
    herdctl_expect(herd, 0, "\"c999\"", "export", NULL);
    assert_int_equal(count_files(herd, "map.csv"), 1);
    free(csv);
    free(link_path);
    free(geojson);
}

static void who_moves_meanwhile_goes_out_once(void **state)
{
    herd_t *herd = *state = herd_new(&(herd_options_t){
        .members = pair, .member_count = 2, .settings = LOAD_SETTINGS "max_followers = \"1\"\n"});
    load_t *load = load_start(herd, "A A A B B B");
    report_clients(herd, MANY);
    load_for(load, 1000);
    size_t count = count_clients(herd, "--format", "jsonl");
    assert_true(count > MANY);
    load_for(load, 100);
    assert_int_equal(count_clients(herd, "--format", "jsonl"), count);
    load_end(&load);
}

/* A program that runs, and what it prints. */
typedef struct {
    process_t *process;
    char *path;
    const char *part; /* that is waited for ... */
    size_t count;     /* ... so many times */
} running_t;

static running_t start_herdctl(herd_t *herd, const char *output, const char *const *arguments)
{
    char *program = herd_program("herdctl");
    const char *argv[12] = {program, "--config", herd_file(herd)};
    for (size_t i = 0; arguments[i] != NULL; i++) {
        assert_true(i + 4 < ARRAY_COUNT(argv));
        argv[3 + i] = arguments[i];
    }
    running_t running = {.path = workspace_path(herd_folder(herd), output)};
    running.process = process_start(&(process_options_t){.argv = argv, .output = running.path});
    free(program);
    return running;
}

static bool has_printed(void *argument)
{
    const running_t *self = argument;
    size_t size;
    char *text = workspace_read(self->path, &size);
    bool has = text != NULL && count_in(text, self->part) >= self->count;
    free(text);
    return has;
}

static void expect_times(running_t *self, const char *part, size_t count)
{
    self->part = part;
    self->count = count;
    if (!wait_until(has_printed, self, WAIT_LIMIT_MS)) {
        size_t size;
        char *text = workspace_read(self->path, &size);
        fail_msg("\"%s\" is not there %zu times:\n%s", part, count, text);
    }
}

static void expect(running_t *self, const char *part)
{
    expect_times(self, part, 1);
}

static int end(running_t *self)
{
    int status = -1;
    if (!process_wait(self->process, WAIT_LIMIT_MS, &status)) {
        fail_msg("herdctl does not end");
    }
    process_destroy(&self->process);
    free(self->path);
    return status;
}

/* Its reader pauses, and the node is killed meanwhile: all goes out all the same, once. */
static void an_export_goes_on_after_a_pause(void **state)
{
    static const char *const arguments[] = {"export", "--from", "A", NULL};
    herd_t *herd = start_pair(state, &(herd_options_t){.settings = "traffic = \"no\"\n"});
    report_clients(herd, SLOW);
    char *fifo = workspace_path(herd_folder(herd), "pipe");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    running_t running = start_herdctl(herd, "pipe", arguments);
    herd_wait_logged(herd, "A", "node", "follower-came");
    herd_kill_node(herd, "A");
    herd_start_node(herd, "A");
    herd_wait_serving(herd, "A");
    herd_wait_seen(herd, "A", "c4999", "AT A");
    size_t lines = 0;
    ssize_t size = 1;
    assert_int_equal(fcntl(reader, F_SETFL, 0), 0);
    while (size > 0) {
        char piece[4096];
        size = read(reader, piece, sizeof piece);
        for (ssize_t i = 0; i < size; i++) {
            lines += piece[i] == '\n' ? 1 : 0;
        }
    }
    assert_int_equal(end(&running), 0);
    assert_int_equal(lines, SLOW);
    close(reader);
    free(fifo);
}

/* A signal leaves no part of a file. */
static void a_signal_leaves_no_file(void **state)
{
    herd_t *herd = start_pair(state, &(herd_options_t){0});
    report_clients(herd, MANY);
    process_signal(herd_node(herd, "A"), SIGSTOP);
    char *path = workspace_path(herd_folder(herd), "never.csv");
    const char *const arguments[] = {"export", "--from", "A", path, NULL};
    running_t running = start_herdctl(herd, "said", arguments);
    process_signal(running.process, SIGTERM);
    assert_int_not_equal(end(&running), 0);
    process_signal(herd_node(herd, "A"), SIGCONT);
    assert_int_equal(count_files(herd, "never"), 0);
    free(path);
}

static void a_watch_tells_who_comes_moves_and_leaves(void **state)
{
    static const char *const in_box[] = {"watch", "--from", "A", "--box", "170,-10,-170,10", NULL};
    static const char *const as_json[] = {"watch",         "--from",   "A",     "--near",
                                          "1.5,175,30000", "--format", "jsonl", NULL};
    herd_t *herd = start_pair(state, &(herd_options_t){0});
    report_clients(herd, WIDTH);
    running_t text = start_herdctl(herd, "text", in_box);
    running_t json = start_herdctl(herd, "json", as_json);
    expect(&text, "A has told all, 21 clients in view\n");
    expect_times(&text, " there c", 21);
    expect(&json, "{\"event\":\"up-to-date\",\"member\":\"A\",\"clients\":1}\n");

    (void)herd_ask(herd, "B", "IAMAT kiwi +1.5+175 100\n");
    expect(&text, " came  kiwi +1.5+175 B\n");
    expect(&json, "{\"event\":\"position\",\"new\":true,\"client\":\"kiwi\",");
    (void)herd_ask(herd, "B", "IAMAT kiwi +1.5+175.1 101\n");
    expect(&text, " moved kiwi +1.5+175.1 B\n");
    expect(&json, "{\"event\":\"position\",\"new\":false,\"client\":\"kiwi\",");
    (void)herd_ask(herd, "B", "IAMAT kiwi +1.5+176 102\n"); /* out of the circle, not of the box */
    expect(&json, "{\"event\":\"leave\",\"client\":\"kiwi\"}\n");
    (void)herd_ask(herd, "B", "IAMAT kiwi +1.5-169 103\n");
    expect(&text, " left  kiwi\n");

    /* The node is killed: what happened meanwhile comes when it is back, and nothing twice. */
    herd_kill_node(herd, "A");
    expect(&text, " --    A is away: ");
    expect(&json, "{\"event\":\"stale\",\"member\":\"A\",\"problem\":\"");
    (void)herd_ask(herd, "B", "IAMAT kiwi +1.5+175 104\n");
    (void)herd_ask(herd, "B", "IAMAT c355 +1.5+0 104\n");
    herd_start_node(herd, "A");
    herd_wait_serving(herd, "A");
    expect_times(&text, " came  kiwi", 2);
    expect(&text, " left  c355\n");
    expect(&text, "A is back, 21 clients in view\n");
    expect_times(&json, "{\"event\":\"leave\"", 2);
    herdctl_expect(herd, 0, "", "forget", "kiwi", "A", NULL);
    expect_times(&text, " left  ", 3);
    expect_times(&json, "{\"event\":\"leave\"", 3);
    process_signal(text.process, SIGINT);
    process_signal(json.process, SIGTERM);

    char *all = read_file(herd, "text");
    assert_int_equal(count_in(all, " came "), 2);
    assert_int_equal(count_in(all, " there "), 21);
    assert_null(strchr(all, '\033')); /* no terminal, no colours */
    free(all);
    assert_int_equal(end(&text), 0);
    assert_int_equal(end(&json), 0);
}

/* Its reader goes while nothing happens: it ends, and says nothing. */
static void a_watch_ends_with_its_reader(void **state)
{
    static const char *const arguments[] = {"watch", "kiwi", NULL};
    herd_t *herd = start_pair(state, &(herd_options_t){0});
    char *fifo = workspace_path(herd_folder(herd), "pipe");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int reader = open(fifo, O_RDWR | O_CLOEXEC);
    running_t running = start_herdctl(herd, "pipe", arguments);
    char byte;
    assert_int_equal(read(reader, &byte, 1), 1);
    close(reader);
    assert_int_equal(end(&running), 0);
    free(fifo);

    static const char *const wrong[] = {"watch", "kiwi", "--box", "0,0,1,1", NULL};
    assert_int_equal(herd_control(herd, wrong, NULL), 2);
    herd_kill_node(herd, "A");
    herd_kill_node(herd, "B");
    herdctl_expect(herd, 1, "herdctl: no member answered\n", "watch", NULL);
}

/* A member has as many followers as it may. */
static void who_cannot_follow_is_told_why(void **state)
{
    static const char *const arguments[] = {"watch", "--from", "A", NULL};
    static const char refused[] = "herdctl: A cannot be followed: there are 1 followers already";
    herd_t *herd = start_pair(state, &(herd_options_t){.settings = "max_followers = \"1\"\n"});
    running_t running = start_herdctl(herd, "text", arguments);
    expect(&running, "A has told all");
    herdctl_expect(herd, 1, refused, "watch", "--from", "A", NULL);
    herdctl_expect(herd, 1, refused, "export", "--from", "A", NULL);
    process_signal(running.process, SIGTERM);
    assert_int_equal(end(&running), 0);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_member_s_clients_go_into_files),
        HERD_TEST_OWN(who_moves_meanwhile_goes_out_once),
        HERD_TEST_OWN(an_export_goes_on_after_a_pause),
        HERD_TEST_OWN(a_signal_leaves_no_file),
        HERD_TEST_OWN(a_watch_tells_who_comes_moves_and_leaves),
        HERD_TEST_OWN(a_watch_ends_with_its_reader),
        HERD_TEST_OWN(who_cannot_follow_is_told_why),
    };
    return workspace_finish(cmocka_run_group_tests_name("clients", tests, NULL, NULL));
}
