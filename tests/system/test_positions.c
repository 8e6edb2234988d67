/* herdctl journal export and import: positions out of a journal, and into a running herd. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/port.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/buffer.h"
#include "common/base/files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CLIENTS = 10000,
    LINE_SIZE_MAX = 256,
    NAP_MS = 5,
};

#define SETTINGS "journal = \"yes\"\njournal_interval = \"20\"\ntraffic = \"no\"\n"

static const herd_member_t line[] = {{"A", "B"}, {"B", "A C"}, {"C", "B"}};

static herd_t *new_herd(void **state, size_t count, const char *settings)
{
    herd_t *herd =
        herd_new(&(herd_options_t){.members = line, .member_count = count, .settings = settings});
    *state = herd;
    return herd;
}

static const herd_member_t lone[] = {{"A", ""}};

static herd_t *new_lone_herd(void **state, const char *settings)
{
    herd_t *herd =
        herd_new(&(herd_options_t){.members = lone, .member_count = 1, .settings = settings});
    *state = herd;
    return herd;
}

/* IDs, positions and times as few clients have them. */
static const text_t odd_updates[] = {
    {"IAMAT a,\"b +1+2 1", sizeof "IAMAT a,\"b +1+2 1" - 1},
    {"IAMAT \\x41\\ +1+2 1", sizeof "IAMAT \\x41\\ +1+2 1" - 1},
    {"IAMAT \0\x01\xff +1+2 1", sizeof "IAMAT \0\x01\xff +1+2 1" - 1},
    {"IAMAT Zo\xc3\xab +1+2 1", sizeof "IAMAT Zo\xc3\xab +1+2 1" - 1},
    {"IAMAT =1+1 -00.0+000.000 007.5", sizeof "IAMAT =1+1 -00.0+000.000 007.5" - 1},
    {"IAMAT minutes +3404.1358-11826.7076 2", sizeof "IAMAT minutes +3404.1358-11826.7076 2" - 1},
    {"IAMAT crs +27.5916+086.5640+8850CRS\xff,\"/ 3",
     sizeof "IAMAT crs +27.5916+086.5640+8850CRS\xff,\"/ 3" - 1},
    {"IAMAT long +1.00000000000000000000000001-2 1.9999999999999999999999",
     sizeof "IAMAT long +1.00000000000000000000000001-2 1.9999999999999999999999" - 1},
    {"IAMAT FeatureCollection +1+2 9223372036.854775807",
     sizeof "IAMAT FeatureCollection +1+2 9223372036.854775807" - 1},
};

static void add(buffer_t *out, text_t text)
{
    assert_int_equal(buffer_append(out, text.data, text.size), STATUS_OK);
}

/* Updates of CLIENTS clients. */
static void make_updates(buffer_t *out)
{
    buffer_init(out, SIZE_MAX / 2);
    for (size_t i = 0; i < ARRAY_COUNT(odd_updates); i++) {
        add(out, odd_updates[i]);
        add(out, TEXT("\n"));
    }
    for (unsigned i = ARRAY_COUNT(odd_updates); i < CLIENTS; i++) {
        assert_int_equal(
            buffer_format(out, "IAMAT c%u +%u.%05u-%u.5 1%u.%u\n", i, i % 90, i, i % 180, i, i),
            STATUS_OK);
    }
}

/* What the member shows of each client of those updates, without server and difference. */
static void show(herd_t *herd, const char *member, const buffer_t *updates, buffer_t *out)
{
    text_t rest = buffer_text(updates);
    text_t update;
    client_t *client = herd_connect(herd, member);
    buffer_init(out, SIZE_MAX / 2);
    while (text_take_line(&rest, &update)) {
        buffer_t question;
        text_t id;
        buffer_init(&question, SIZE_MAX / 2);
        assert_true(text_take_field(&update, &id) && text_take_field(&update, &id));
        add(&question, TEXT("WHATSAT "));
        add(&question, id);
        add(&question, TEXT(" 0 0\n"));
        client_send(client, buffer_text(&question));
        buffer_done(&question);
    }
    client_half_close(client);
    rest = client_read_all(client);
    while (text_take_line(&rest, &update)) {
        text_t field;
        if (text_equal(text_first(update, 3), TEXT("AT "))) {
            assert_true(text_take_field(&update, &field) && text_take_field(&update, &field) &&
                        text_take_field(&update, &field));
            add(out, update);
            add(out, TEXT("\n"));
        }
    }
    client_destroy(&client);
}

static void expect_same(const buffer_t *one, const buffer_t *other)
{
    if (!text_equal(buffer_text(one), buffer_text(other))) {
        fail_msg("%zu and %zu bytes of answers, and they differ", one->size, other->size);
    }
}

/* DATA_DIR/A */
static char *journal_of(const herd_t *herd)
{
    return workspace_path(herd_folder(herd), "data/A");
}

static void remove_journal(const char *folder)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "lock"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        char *path = workspace_path(folder, names[i]);
        assert_int_equal(unlink(path), 0);
        free(path);
    }
}

/* Exports to a file; its path, which the caller frees. */
static char *export_to(herd_t *herd, const char *from, const char *format)
{
    char *program = herd_program("herdctl");
    char *path = workspace_path(herd_folder(herd), format);
    const char *const argv[] = {
        program, "--config", herd_file(herd), "journal", "export", "--format", format, from, NULL};
    (void)unlink(path);
    assert_int_equal(process_run(&(process_options_t){.argv = argv, .output = path}, WAIT_LIMIT_MS),
                     0);
    free(program);
    return path;
}

static void expect_same_files(const char *one, const char *other)
{
    size_t sizes[2];
    char *contents[] = {workspace_read(one, &sizes[0]), workspace_read(other, &sizes[1])};
    assert_non_null(contents[0]);
    assert_non_null(contents[1]);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(contents[0], contents[1], sizes[0]);
    free(contents[0]);
    free(contents[1]);
}

/* A new journal, and what the file has. */
static void import_anew(herd_t *herd, const char *folder, const char *path)
{
    char end[LINE_SIZE_MAX];
    remove_journal(folder);
    herd_start_node(herd, "A");
    herd_wait_serving(herd, "A");
    snprintf(end, sizeof end, ": taken: %d, older than the herd's: 0, expired: 0, bad: 0\n",
             CLIENTS);
    herdctl_expect(herd, 0, end, "journal", "import", path, NULL);
}

/* What a running node has on its disk comes out by "-", and is what comes out of its folder when it
 * is stopped; while it runs that one is refused. */
static void expect_running_export(herd_t *herd, const char *folder)
{
    herdctl_expect(herd, 1, "a node writes it: export a copy, or \"-\"", "journal", "export",
                   folder, NULL);
    assert_int_equal(herd_stop_node(herd, "A"), 0);
    char *stopped = export_to(herd, folder, "csv");
    char *kept = workspace_path(herd_folder(herd), "kept");
    assert_int_equal(rename(stopped, kept), 0);
    herd_start_node(herd, "A");
    herd_wait_serving(herd, "A");
    char *running = export_to(herd, "-", "csv");
    expect_same_files(kept, running);
    free(stopped);
    free(kept);
    free(running);
}

static void what_goes_out_comes_in_again(void **state)
{
    static const char *const formats[] = {"jsonl", "csv", "geojson"};
    herd_t *herd = new_lone_herd(state, SETTINGS);
    char *folder = journal_of(herd);
    buffer_t updates;
    buffer_t before;
    make_updates(&updates);
    herd_start_all(herd);
    client_t *client = herd_connect(herd, "A");
    client_send(client, buffer_text(&updates));
    client_half_close(client);
    (void)client_read_all(client);
    client_destroy(&client);
    show(herd, "A", &updates, &before);
    for (size_t i = 0; i < ARRAY_COUNT(formats); i++) {
        buffer_t after;
        assert_int_equal(herd_stop_node(herd, "A"), 0);
        char *path = export_to(herd, folder, formats[i]);
        import_anew(herd, folder, path);
        show(herd, "A", &updates, &after);
        expect_same(&before, &after);
        buffer_done(&after);
        free(path);
    }
    expect_running_export(herd, folder);
    buffer_done(&before);
    buffer_done(&updates);
    free(folder);
}

/* The forgotten are gone; the herd file says who has expired, unless it is of another herd. */
static void some_do_not_go_out(void **state)
{
    herd_t *herd = new_lone_herd(state, SETTINGS);
    char *folder = journal_of(herd);
    herd_start_all(herd);
    (void)herd_ask(herd, "A", "IAMAT old +1+2 5\nIAMAT gone +1+2 5\nIAMAT new +1+2 9000000000\n");
    herdctl_expect(herd, 0, "", "forget", "gone", NULL);
    assert_int_equal(herd_stop_node(herd, "A"), 0);
    herdctl_run_t run = herdctl_run(herd, "journal", "export", folder, NULL);
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.output, "{\"client\":\"old\",\"latitude\":1,\"longitude\":2,"));
    assert_non_null(strstr(run.output, "\"new\""));
    assert_null(strstr(run.output, "gone"));
    herd_rewrite(herd, &(herd_options_t){.members = lone,
                                         .member_count = 1,
                                         .settings = SETTINGS "expire_after = \"3600\"\n"});
    run = herdctl_run(herd, "journal", "export", folder, NULL);
    assert_int_equal(run.status, 0);
    assert_null(strstr(run.output, "\"old\""));
    assert_non_null(strstr(run.output, "\"new\""));
    herdctl_expect(herd, 0, "\"old\"", "journal", "export", "--all", folder, NULL);
    free(folder);
}

/* Clients from .. until as jsonl. */
static void make_lines(buffer_t *out, unsigned from, unsigned until)
{
    buffer_init(out, SIZE_MAX / 2);
    for (unsigned i = from; i < until; i++) {
        assert_int_equal(buffer_format(out,
                                       "{\"client\":\"c%u\",\"lat\":%u.%05u,\"lon\":-%u.5,"
                                       "\"time\":7}\n",
                                       i, i % 90, i, i % 180),
                         STATUS_OK);
    }
}

/* An import whose file the test writes (open value struct). */
typedef struct {
    process_t *process;
    int file;     /* a pipe */
    char *path;   /* of that */
    char *output; /* path of what it prints */
} import_t;

static import_t start_import(herd_t *herd)
{
    char *program = herd_program("herdctl");
    import_t import = {.path = workspace_path(herd_folder(herd), "pipe"),
                       .output = workspace_path(herd_folder(herd), "import.out")};
    const char *const argv[] = {program,     "--config", herd_file(herd), "journal", "import",
                                import.path, NULL};
    (void)unlink(import.output);
    assert_int_equal(mkfifo(import.path, 0600), 0);
    import.process = process_start(&(process_options_t){.argv = argv, .output = import.output});
    import.file = open(import.path, O_WRONLY | O_CLOEXEC);
    assert_true(import.file >= 0);
    free(program);
    return import;
}

static void write_lines(const import_t *import, unsigned from, unsigned until)
{
    buffer_t lines;
    make_lines(&lines, from, until);
    assert_int_equal(files_write(import->file, buffer_text(&lines)).size, 0);
    buffer_done(&lines);
}

/* Waits for its end, and that it printed `part`. */
static void end_import(import_t *import, int status, const char *part)
{
    int found = -1;
    size_t size;
    close(import->file);
    assert_true(process_wait(import->process, WAIT_LIMIT_MS, &found));
    char *output = workspace_read(import->output, &size);
    if (found != status || strstr(output, part) == NULL) {
        fail_msg("herdctl journal import: exit status %d: %s", found, output);
    }
    free(output);
    process_destroy(&import->process);
    (void)unlink(import->path);
    free(import->path);
    free(import->output);
}

/* Waits until a member shows what the last line of some says. */
static void wait_for(herd_t *herd, const char *member, unsigned client)
{
    char at_line[LINE_SIZE_MAX];
    char question[LINE_SIZE_MAX];
    const char *answer;
    int64_t end_ms = wait_clock_ms() + WAIT_LIMIT_MS;
    snprintf(question, sizeof question, "WHATSAT c%u 0 0\n", client);
    snprintf(at_line, sizeof at_line, " c%u ", client);
    for (;;) {
        answer = herd_ask(herd, member, question);
        if (answer[0] == 'A' && strstr(answer, at_line) != NULL) {
            return;
        }
        assert_true(wait_clock_ms() < end_ms);
        wait_nap(NAP_MS);
    }
}

/* Waits until a member has so many: what other members took may still be on its way. */
static void expect_records(herd_t *herd, unsigned count)
{
    char part[LINE_SIZE_MAX];
    int64_t end_ms = wait_clock_ms() + WAIT_LIMIT_MS;
    snprintf(part, sizeof part, "\"records\": %u,", count);
    for (;;) {
        herdctl_run_t run = herdctl_run(herd, "status", "--json", "A", NULL);
        if (run.status == 0 && strstr(run.output, part) != NULL) {
            return;
        }
        if (wait_clock_ms() > end_ms) {
            fail_msg("not %u records: %s", count, run.output);
        }
        wait_nap(NAP_MS);
    }
}

/* Front-ends go away one after the other, in the middle, and come back later or never. */
static void front_ends_may_be_killed(void **state)
{
    enum { PART = 3000 };
    herd_needs_pairs(); /* A's node goes on */
    herd_t *herd = new_herd(state, ARRAY_COUNT(line), SETTINGS);
    herd_start_all(herd);
    import_t import = start_import(herd);
    write_lines(&import, 0, PART);
    herd_kill_frontend(herd, "B");
    write_lines(&import, PART, 2 * PART);
    herd_kill_frontend(herd, "A");
    herd_start_frontend(herd, "B");
    write_lines(&import, 2 * PART, 3 * PART);
    herd_kill_frontend(herd, "C");
    write_lines(&import, 3 * PART, 4 * PART);
    herd_start_frontend(herd, "A");
    end_import(&import, 0, ": taken: 12000, older than the herd's: 0, expired: 0, bad: 0\n");
    herd_wait_serving(herd, "A");
    for (unsigned i = 0; i < 4 * PART; i += PART - 1) {
        wait_for(herd, "A", i);
    }
    wait_for(herd, "A", 4 * PART - 1);
    expect_records(herd, 4 * PART);
}

/* An import is ended half-way by a signal, and tells how far it came; it is repeated as a whole,
 * and continued. A node that is killed meanwhile is waited for; what it answered is on its disk. */
static void an_import_is_repeated(void **state)
{
    enum { HALF = 3000 };
    herd_t *herd = new_lone_herd(state, SETTINGS "acknowledge = \"disk\"\n");
    herd_start_all(herd);
    import_t import = start_import(herd);
    write_lines(&import, 0, HALF);
    wait_for(herd, "A", HALF - 1);
    process_signal(import.process, SIGTERM);
    end_import(&import, 128 + SIGTERM, "ended by a signal\n");
    import = start_import(herd);
    write_lines(&import, 0, HALF);
    herd_kill_node(herd, "A");
    herd_start_node(herd, "A");
    write_lines(&import, HALF, 2 * HALF);
    end_import(&import, 0, ": taken: 6000, older than the herd's: 0, expired: 0, bad: 0\n");
    expect_records(herd, 2 * HALF);
    (void)herd_ask(herd, "A", "IAMAT c0 +1+2 8\n");
    buffer_t lines;
    char *path = workspace_path(herd_folder(herd), "lines");
    make_lines(&lines, 0, 3);
    add(&lines, TEXT("{\"client\":\"c 4\"}\n{\"client\":\"c4\",\"lat\":1,\"lon\":2,\"time\":7}\n"));
    workspace_write(path, buffer_text(&lines));
    herdctl_expect(herd, 1, "lines:4: no \"time\"\nherdctl: the first 3 positions of ", "journal",
                   "import", path, NULL);
    herdctl_expect(herd, 1, ": taken: 3, older than the herd's: 1, expired: 0, bad: 1\n", "journal",
                   "import", "--keep-going", path, NULL);
    herdctl_expect(herd, 0, ": taken: 1, older than the herd's: 0, expired: 0, bad: 0\n", "journal",
                   "import", "--skip", "4", path, NULL);
    buffer_done(&lines);
    free(path);
}

/* One import of a file, which fails and says both. */
static void expect_failure(herd_t *herd, const char *path, const char *one, const char *other)
{
    herdctl_run_t run =
        herdctl_run(herd, "journal", "import", "--keep-going", "--timeout", "0.6", path, NULL);
    if (run.status != 1 || strstr(run.output, one) == NULL || strstr(run.output, other) == NULL) {
        fail_msg("exit status %d, or no \"%s\" or \"%s\" in: %s", run.status, one, other,
                 run.output);
    }
}

/* Lines as long as a client's can be; a herd that has no room for them, or lets them expire. */
static void limits_of_the_herd_hold(void **state)
{
    herd_t *herd = new_lone_herd(
        state, "max_line = \"200\"\nexpire_after = \"3600\"\nrequest_timeout = \"200\"\n"
               "max_clients = \"1\"\ntraffic = \"no\"\n");
    char *path = workspace_path(herd_folder(herd), "lines");
    buffer_t lines;
    herd_start_all(herd);
    make_lines(&lines, 0, 1);
    assert_int_equal(
        buffer_format(&lines, "{\"client\":\"%0190d\",\"time\":7,\"position\":\"+1+2\"}\n", 1),
        STATUS_OK);
    workspace_write(path, buffer_text(&lines));
    expect_failure(herd, path, "lines:2: left out: longer than max_line of the herd file\n",
                   ": taken: 0, older than the herd's: 0, expired: 1, bad: 1\n");
    workspace_write(path, TEXT("client,lat,lon,time\na,1,2,9000000000\nb,1,2,9000000000\n"));
    expect_failure(herd, path, "it closed the connection; asking again\n",
                   "lines:3 is the first that waits; `herdctl health` may tell why\n"
                   "herdctl: the first 1 positions of ");
    buffer_done(&lines);
    free(path);
}

/* Reads what a client asks, two lines. */
static void read_question(int client)
{
    char byte;
    for (int lines = 0; lines < 2 && read(client, &byte, 1) == 1;) {
        lines += byte == '\n' ? 1 : 0;
    }
}

/* Gives one client on a port these answers, one for each question. */
static void serve(uint16_t port, const char *const *answers)
{
    int listening = port_occupy(port);
    if (fork() == 0) {
        alarm(WAIT_LIMIT_MS / 1000);
        int client = accept(listening, NULL, NULL);
        close(listening); /* who is answered may listen at the port itself */
        for (; *answers != NULL; answers++) {
            read_question(client);
            (void)!write(client, *answers, strlen(*answers));
        }
        read_question(client);
        _exit(0);
    }
    close(listening);
}

static void where_there_is_no_front_end(void **state)
{
    herd_t *herd = new_lone_herd(state, SETTINGS);
    char *path = workspace_path(herd_folder(herd), "lines");
    workspace_write(path, TEXT("client,lat,lon,time\r\nkiwi,1,2,3\r\n"));
    herdctl_expect(herd, 1, "Connection refused; asking again\n", "journal", "import", "--timeout",
                   "0.2", path, NULL);
    static const char *const strange[] = {"HTTP/1.1 400 Bad Request\r\n", NULL};
    serve(herd_port(herd, "A"), strange);
    herdctl_expect(herd, 1, "answers as no front-end does: \"HTTP/1.1 400 Bad Request\\x0d\"\n",
                   "journal", "import", path, NULL);
    free(path);
}

/* A node that ends behind the answer to an IAMAT may have forgotten it when the WHATSAT comes. */
static void what_the_herd_lost_comes_again(void **state)
{
    herd_t *herd = new_lone_herd(state, SETTINGS);
    char *path = workspace_path(herd_folder(herd), "lines");
    static const char *const found[] = {"AT A +0.5 kiwi +1+2 3\n? WHATSAT kiwi 0 0\n",
                                        "AT A +0.5 kiwi +1+2 3\nAT A +0.5 kiwi +9+9 2\n{}\n\n",
                                        "AT A +0.5 kiwi +1+2 3\nAT A +0.5 kiwi +1+2 3\n{}\n\n",
                                        NULL};
    static const char *const newer[] = {"AT A +0.5 kiwi +1+2 3\nAT A +0.5 kiwi +9+9 4\n{}\n\n",
                                        NULL};
    workspace_write(path, TEXT("client,lat,lon,time\r\nkiwi,1,2,3\r\n"));
    serve(herd_port(herd, "A"), found);
    herdctl_expect(herd, 0, ": taken: 1, older than the herd's: 0, expired: 0", "journal", "import",
                   path, NULL);
    serve(herd_port(herd, "A"), newer);
    herdctl_expect(herd, 0, ": taken: 0, older than the herd's: 1, expired: 0", "journal", "import",
                   path, NULL);
    free(path);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(what_goes_out_comes_in_again),   HERD_TEST_OWN(some_do_not_go_out),
        HERD_TEST_OWN(front_ends_may_be_killed),       HERD_TEST_OWN(an_import_is_repeated),
        HERD_TEST_OWN(limits_of_the_herd_hold),        HERD_TEST_OWN(where_there_is_no_front_end),
        HERD_TEST_OWN(what_the_herd_lost_comes_again),
    };
    return workspace_finish(cmocka_run_group_tests_name("positions", tests, NULL, NULL));
}
