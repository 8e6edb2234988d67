/* The log on real files, pipes and full disks (common/log/log.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 10000,
    CONTENT_SIZE = 16 * 1024 * 1024,
};

/* 2026-03-01T12:00:00.250Z */
static const int64_t now_ns = INT64_C(1772366400250000000);
static const text_t peer = {"127.0.0.1:40112#7", 17};

/* A folder of its own for each test, with the paths in it. */
typedef struct {
    char folder[64];
    char path[80];
    char other[80];
    char *content; /* CONTENT_SIZE + 1 bytes, for what was read */
} files_t;

static int files_setup(void **state)
{
    files_t *self = memory_new(sizeof *self);
    snprintf(self->folder, sizeof self->folder, "/tmp/herd-test-log-XXXXXX");
    assert_non_null(mkdtemp(self->folder));
    snprintf(self->path, sizeof self->path, "%s/log", self->folder);
    snprintf(self->other, sizeof self->other, "%s/other", self->folder);
    self->content = memory_new(CONTENT_SIZE + 1);
    *state = self;
    return 0;
}

static int files_teardown(void **state)
{
    files_t *self = *state;
    unlink(self->path);
    unlink(self->other);
    rmdir(self->folder);
    free(self->content);
    free(self);
    return 0;
}

static status_t open_as(const char *path, const char *member, const char *program, bool traffic,
                        log_t **ret_log)
{
    const log_options_t options = {
        .path = path, .member = member, .program = program, .traffic = traffic};
    return log_open(&options, ret_log);
}

static log_t *open_log(const char *path)
{
    log_t *log = NULL;
    assert_int_equal(open_as(path, "Goloman", "node", true, &log), STATUS_OK);
    assert_non_null(log);
    return log;
}

/* The file's content, "" if there is no file. */
static const char *read_all(files_t *files, const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    ssize_t got;
    while (file >= 0 && (got = read(file, files->content + size, CONTENT_SIZE - size)) > 0) {
        size += (size_t)got;
    }
    if (file >= 0) {
        close(file);
    }
    files->content[size] = '\0';
    return files->content;
}

static void pause_ms(long time_ms)
{
    const struct timespec time = {.tv_nsec = time_ms * 1000000};
    nanosleep(&time, NULL);
}

/* Until the file holds `text`, while the log is open. */
static void wait_for_text(files_t *files, const char *path, const char *text)
{
    int64_t end_ns = clock_steady_ns() + PATIENCE_MS * TIMESTAMP_NS_PER_MS;
    while (strstr(read_all(files, path), text) == NULL) {
        if (clock_steady_ns() > end_ns) {
            fail_msg("no \"%s\" in: %s", text, files->content);
        }
        pause_ms(5);
    }
}

/* Sum of what the notes about lost lines say. */
static unsigned long lost_in(const char *content)
{
    static const char mark[] = " lines-lost: ";
    unsigned long lost = 0;
    for (const char *at = strstr(content, mark); at != NULL; at = strstr(at + 1, mark)) {
        char *end;
        unsigned long count = strtoul(at + sizeof mark - 1, &end, 10);
        lost += strncmp(end, " lines lost", 11) == 0 ? count : 0;
    }
    return lost;
}

static void events_are_lines_with_time_level_and_source(void **state)
{
    files_t *files = *state;
    log_t *log = open_log(files->path);
    log_event(log, LOG_LINK_UP, LOG_PEER("Hands"), "up: %d changes to send", 512);
    wait_for_text(files, files->path, "512 changes to send\n");
    log_event(log, LOG_PLACES_PAUSED, NULL, "watch out");
    log_event(log, LOG_LINK_REPAIRED, LOG_PEER("Hands"), "too late");
    log_close(&log);
    assert_null(log);
    const char *content = read_all(files, files->path);
    assert_int_equal(count_in(content, "\n"), 3);
    assert_int_equal(content[4], '-');
    assert_int_equal(content[10], 'T');
    assert_int_equal(content[23], 'Z');
    static const char first[] = " info    Goloman/node Hands link-up: up: 512 changes to send\n";
    assert_memory_equal(content + 24, first, strlen(first));
    assert_non_null(strstr(content, "Z warning Goloman/node - places-paused: watch out\n"));
    assert_non_null(strstr(content, "Z error   Goloman/node Hands link-repaired: too late\n"));
}

static void traffic_shows_direction_peer_and_line(void **state)
{
    files_t *files = *state;
    log_t *log = open_log(files->path);
    assert_true(log_has_traffic(log));
    log_traffic(log, LOG_RECEIVED, now_ns, peer, TEXT("WHATSAT kiwi 10 5"));
    log_traffic(log, LOG_ANSWERED, now_ns + 999999, peer, TEXT("? WHATSAT kiwi 10 5"));
    log_traffic(log, LOG_RECEIVED, now_ns + 750000000, peer, (text_t){0});
    log_traffic(log, LOG_RECEIVED, now_ns, (text_t){0}, TEXT("x"));
    log_close(&log);
    assert_string_equal(
        read_all(files, files->path),
        "2026-03-01T12:00:00.250Z <       Goloman/node 127.0.0.1:40112#7 WHATSAT kiwi 10 5\n"
        "2026-03-01T12:00:00.250Z >       Goloman/node 127.0.0.1:40112#7 ? WHATSAT kiwi 10 5\n"
        "2026-03-01T12:00:01.000Z <       Goloman/node 127.0.0.1:40112#7 \n"
        "2026-03-01T12:00:00.250Z <       Goloman/node  x\n");
}

static void traffic_is_written_without_an_event(void **state)
{
    files_t *files = *state;
    log_t *log = open_log(files->path);
    log_traffic(log, LOG_RECEIVED, now_ns, peer, TEXT("lone line"));
    wait_for_text(files, files->path, "lone line\n");
    log_close(&log);
}

static void hostile_bytes_are_escaped(void **state)
{
    files_t *files = *state;
    log_t *log = open_log(files->path);
    log_traffic(log, LOG_RECEIVED, now_ns, peer, TEXT("a\x1b[2J\r\0\xff\x7f\\b"));
    log_traffic(log, LOG_ANSWERED, now_ns, peer, TEXT("{\n   \"status\"\n}\n"));
    log_traffic(log, LOG_RECEIVED, now_ns, peer, TEXT("\n"));
    log_close(&log);
    const char *content = read_all(files, files->path);
    assert_int_equal(count_in(content, "\n"), 3);
    assert_non_null(strstr(content, "#7 a\\x1b[2J\\x0d\\x00\\xff\\x7f\\x5cb\n"));
    assert_non_null(strstr(content, "#7 {\\x0a   \"status\"\\x0a}\\x0a\n"));
    assert_non_null(strstr(content, "#7 \\x0a\n"));
}

/* The longest client line is logged whole, whatever its bytes; a longer answer is cut. */
static void long_lines_are_kept_or_cut(void **state)
{
    files_t *files = *state;
    enum { LINE_SIZE = 65536 };
    char *line = memory_new((size_t)4 * LINE_SIZE + 1);
    log_t *log = open_log(files->path);
    memset(line, '\xff', LINE_SIZE);
    log_traffic(log, LOG_RECEIVED, now_ns, peer, (text_t){line, LINE_SIZE});
    wait_for_text(files, files->path, "\\xff\n");
    assert_int_equal(count_in(files->content, "\\xff"), LINE_SIZE);
    line[LINE_SIZE] = '\n';
    log_traffic(log, LOG_ANSWERED, now_ns, peer, (text_t){line, LINE_SIZE + 1});
    wait_for_text(files, files->path, "\\xff...\n");
    memset(line, 'x', (size_t)4 * LINE_SIZE + 1);
    log_traffic(log, LOG_ANSWERED, now_ns, peer, (text_t){line, (size_t)4 * LINE_SIZE + 1});
    wait_for_text(files, files->path, "xxx...\n");
    char event[2000];
    memset(event, 'e', sizeof event - 1);
    event[sizeof event - 1] = '\0';
    log_event(log, LOG_STARTED, NULL, "%s", event);
    log_close(&log);
    assert_int_equal(count_in(read_all(files, files->path), "\n"), 4);
    /* Cut to one less than 1024; "/node" has an e in each line, "started" one more. */
    assert_int_equal(count_in(files->content, "e"), 1023 + 4 + 1);
    assert_int_equal(lost_in(files->content), 0);
    free(line);
}

static void traffic_can_be_turned_off(void **state)
{
    files_t *files = *state;
    log_t *log = NULL;
    assert_int_equal(open_as(files->path, "Hands", "frontend", false, &log), STATUS_OK);
    assert_false(log_has_traffic(log));
    log_traffic(log, LOG_RECEIVED, now_ns, peer, TEXT("IAMAT"));
    log_event(log, LOG_STARTED, NULL, "stopped");
    log_close(&log);
    assert_null(strstr(read_all(files, files->path), "IAMAT"));
    assert_non_null(strstr(files->content, "Hands/frontend - started: stopped\n"));
}

static void no_log_is_fine(void **state)
{
    (void)state;
    log_t *log = NULL;
    log_event(NULL, LOG_STARTED, NULL, "nothing");
    log_traffic(NULL, LOG_RECEIVED, now_ns, peer, TEXT("nothing"));
    log_reopen(NULL);
    assert_false(log_has_traffic(NULL));
    log_close(&log);
}

static void a_path_that_cannot_be_opened_is_an_error(void **state)
{
    files_t *files = *state;
    log_t *log = NULL;
    snprintf(files->other, sizeof files->other, "%s/none/log", files->folder);
    assert_int_equal(open_as(files->other, "a", "b", true, &log), STATUS_SYSTEM);
    assert_int_equal(errno, ENOENT);
    assert_null(log);
    assert_int_equal(open_as(files->folder, "a", "b", true, &log), STATUS_SYSTEM);
    assert_int_equal(errno, EISDIR);
}

static void a_file_is_appended_to(void **state)
{
    files_t *files = *state;
    mode_t mask = umask(0);
    log_t *log = open_log(files->path);
    umask(mask);
    log_event(log, LOG_STARTED, NULL, "first");
    log_close(&log);
    log = open_log(files->path);
    log_event(log, LOG_STARTED, NULL, "second");
    log_close(&log);
    const char *content = read_all(files, files->path);
    assert_non_null(strstr(content, "first\n"));
    assert_true(strstr(content, "second\n") > strstr(content, "first\n"));
    struct stat status;
    assert_int_equal(stat(files->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
}

static void a_renamed_file_is_left_for_a_new_one(void **state)
{
    files_t *files = *state;
    log_t *log = open_log(files->path);
    log_event(log, LOG_STARTED, NULL, "before");
    wait_for_text(files, files->path, "before\n");
    assert_int_equal(rename(files->path, files->other), 0);
    log_event(log, LOG_STARTED, NULL, "between");
    wait_for_text(files, files->other, "between\n");
    log_reopen(log);
    log_event(log, LOG_STARTED, NULL, "after");
    log_close(&log);
    assert_null(strstr(read_all(files, files->path), "before"));
    assert_non_null(strstr(files->content, "after\n"));
    assert_null(strstr(read_all(files, files->other), "after"));
}

static void a_file_that_cannot_be_reopened_goes_on(void **state)
{
    files_t *files = *state;
    log_t *log = open_log(files->path);
    assert_int_equal(rename(files->path, files->other), 0);
    assert_int_equal(mkdir(files->path, 0700), 0);
    log_reopen(log);
    log_event(log, LOG_STARTED, NULL, "after");
    log_close(&log);
    assert_int_equal(rmdir(files->path), 0);
    assert_non_null(
        strstr(read_all(files, files->other), "warning Goloman/node - not-reopened: the file"));
    assert_non_null(strstr(files->content, "after\n"));
}

static void *write_events(void *argument)
{
    log_t *log = argument;
    for (unsigned i = 0; i < 500; i++) {
        log_event(log, LOG_STARTED, NULL, "event %u", i);
        log_traffic(log, LOG_RECEIVED, now_ns, peer, TEXT("traffic"));
    }
    return NULL;
}

/* 4,000 lines, fewer than a buffer takes, from four threads, reopening amid them: all are there. */
static void closing_writes_everything(void **state)
{
    files_t *files = *state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    log_t *log = open_log(files->path);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_events, log), 0);
    }
    for (unsigned i = 0; i < 20; i++) {
        log_reopen(log);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    log_close(&log);
    const char *content = read_all(files, files->path);
    assert_int_equal(count_in(content, " event "), THREADS * 500);
    assert_int_equal(count_in(content, "#7 traffic\n"), THREADS * 500);
    assert_int_equal(count_in(content, "\n"), THREADS * 1000);
    assert_int_equal(count_in(content, " event 499\n"), THREADS);
}

static int open_fifo(const files_t *files)
{
    assert_int_equal(mkfifo(files->path, 0600), 0);
    int reader = open(files->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    return reader;
}

/* Reads what comes within `patience_ms`, behind `*size` bytes. False if nothing came. */
static bool read_more(files_t *files, int reader, int patience_ms, size_t *size)
{
    struct pollfd item = {.fd = reader, .events = POLLIN};
    if (poll(&item, 1, patience_ms) != 1) {
        return false;
    }
    ssize_t got = read(reader, files->content + *size, CONTENT_SIZE - *size);
    *size += got > 0 ? (size_t)got : 0;
    files->content[*size] = '\0';
    return got > 0;
}

/* While 240,000 lines come, no one reads: the caller is not held up, both buffers fill, the rest is
 * counted. Once someone reads, each line has come or is counted, and an event found room. */
static void a_stuck_target_blocks_nobody(void **state)
{
    files_t *files = *state;
    enum { LINES = 240000 };
    int reader = open_fifo(files);
    log_t *log = open_log(files->path);
    for (unsigned i = 0; i < LINES; i++) {
        log_traffic(log, LOG_RECEIVED, now_ns, peer, TEXT("IAMAT kiwi.cs.ucla.edu"));
    }
    log_event(log, LOG_STARTED, NULL, "still here");
    size_t size = 0;
    unsigned long lost = 0;
    size_t came = 0;
    int64_t end_ns = clock_steady_ns() + PATIENCE_MS * TIMESTAMP_NS_PER_MS;
    while (came + lost < LINES && clock_steady_ns() < end_ns) {
        while (read_more(files, reader, 50, &size)) {
        }
        lost = lost_in(files->content);
        came = count_in(files->content, "IAMAT");
    }
    log_close(&log);
    assert_int_equal(came + lost, LINES);
    assert_true(lost > 0);
    assert_int_equal(count_in(files->content, "still here\n"), 1);
    assert_false(read_more(files, reader, 0, &size));
    close(reader);
}

static void a_stuck_target_does_not_hold_up_the_end(void **state)
{
    files_t *files = *state;
    int reader = open_fifo(files);
    log_t *log = open_log(files->path);
    for (unsigned i = 0; i < 10000; i++) {
        log_traffic(log, LOG_RECEIVED, now_ns, peer, TEXT("IAMAT kiwi.cs.ucla.edu"));
    }
    int64_t start_ns = clock_steady_ns();
    log_close(&log);
    assert_null(log);
    assert_true(clock_steady_ns() - start_ns < 5 * TIMESTAMP_NS_PER_S);
    /* The writer goes on where it stood, and ends: the end of the file is there. */
    size_t size = 0;
    while (read_more(files, reader, PATIENCE_MS, &size)) {
    }
    assert_int_equal(count_in(files->content, "IAMAT"), 10000);
    close(reader);
}

/* A disk that is full, then has room: what it refused is counted, exactly. */
static void a_full_disk_costs_counted_lines(void **state)
{
    files_t *files = *state;
    assert_int_equal(symlink("/dev/full", files->path), 0);
    log_t *log = open_log(files->path);
    for (unsigned i = 0; i < 300; i++) {
        log_event(log, LOG_STARTED, NULL, "refused");
        if (i % 100 == 0) {
            pause_ms(10);
        }
    }
    /* Past a turn of the writer, in which its note is refused too. */
    pause_ms(300);
    assert_int_equal(unlink(files->path), 0);
    log_reopen(log);
    wait_for_text(files, files->path, "300 lines lost");
    log_event(log, LOG_STARTED, NULL, "taken");
    log_close(&log);
    const char *content = read_all(files, files->path);
    assert_int_equal(count_in(content, "refused"), 0);
    assert_int_equal(lost_in(content), 300);
    assert_int_equal(count_in(content, "taken\n"), 1);
    assert_int_equal(count_in(content, "\n"), 2);
}

static void a_full_disk_does_not_hold_up_the_end(void **state)
{
    (void)state;
    log_t *log = open_log("/dev/full");
    log_event(log, LOG_STARTED, NULL, "refused");
    log_close(&log);
    assert_null(log);
}

/* A line that the disk took half of does not swallow the next one. */
static void a_torn_line_stands_alone(void **state)
{
    files_t *files = *state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit narrow = {.rlim_cur = 100, .rlim_max = before.rlim_max};
    log_t *log = open_log(files->path);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
    log_event(log, LOG_STARTED, NULL, "%s", "first of all, and shorter than the limit");
    wait_for_text(files, files->path, "shorter than the limit\n");
    log_event(log, LOG_STARTED, NULL, "torn");
    wait_for_text(files, files->path, "limit\n2");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    log_event(log, LOG_STARTED, NULL, "next");
    log_close(&log);
    signal(SIGXFSZ, SIG_DFL);
    const char *content = read_all(files, files->path);
    assert_null(strstr(content, "torn"));
    assert_non_null(strstr(content, "info    Goloman/node - started: next\n"));
    assert_int_equal(lost_in(content), 1);
    const char *next = strstr(content, "next\n");
    while (next[-1] != '\n') {
        next--;
    }
    assert_memory_equal(next, "20", 2);
}

/* A log with echo while stderr goes to the file `path`. */
static void log_beside_stderr(const files_t *files, const char *path, log_format_t format)
{
    const log_options_t options = {.path = files->path,
                                   .member = "Welsh",
                                   .program = "node",
                                   .format = format,
                                   .traffic = true,
                                   .echo = true};
    int before = dup(STDERR_FILENO);
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    assert_true(before >= 0 && file >= 0);
    dup2(file, STDERR_FILENO);
    log_t *log = NULL;
    status_t status = log_open(&options, &log);
    log_event(log, LOG_LINK_DOWN, LOG_PEER("Holiday"), "down");
    log_traffic(log, LOG_RECEIVED, now_ns, peer, TEXT("IAMAT"));
    log_close(&log);
    dup2(before, STDERR_FILENO);
    close(before);
    close(file);
    assert_int_equal(status, STATUS_OK);
}

static void events_are_echoed_on_request(void **state)
{
    files_t *files = *state;
    log_beside_stderr(files, files->other, LOG_FORMAT_TEXT);
    assert_string_equal(read_all(files, files->other), "Welsh/node: warning: Holiday: down\n");
    assert_non_null(strstr(read_all(files, files->path), "link-down: down\n"));
}

static void nothing_is_echoed_into_the_log_itself(void **state)
{
    files_t *files = *state;
    log_beside_stderr(files, files->path, LOG_FORMAT_TEXT);
    const char *content = read_all(files, files->path);
    assert_non_null(strstr(content, " warning Welsh/node Holiday link-down: down\n"));
    assert_null(strstr(content, "Welsh/node: warning"));
}

static void events_go_to_the_journal_with_their_priority(void **state)
{
    files_t *files = *state;
    struct stat file;
    char stream[64];
    close(open(files->other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    assert_int_equal(stat(files->other, &file), 0);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)file.st_dev, (uintmax_t)file.st_ino);
    assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
    log_beside_stderr(files, files->other, LOG_FORMAT_TEXT);
    assert_string_equal(read_all(files, files->other), "<4>Welsh/node Holiday link-down: down\n");
    log_beside_stderr(files, files->other, LOG_FORMAT_JSON);
    assert_non_null(strstr(read_all(files, files->other), "\n<4>{\"time\":\""));
    assert_int_equal(count_in(files->content, "\n"), 2);
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

/* JOURNAL_STREAM is inherited: it counts only if stderr is that very stream. */
static void another_stream_is_not_the_journal(void **state)
{
    static const char *const streams[] = {"", ":", "1:1", "1:", ":1", "x:y", "1", "-1:-1"};
    files_t *files = *state;
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        assert_int_equal(setenv("JOURNAL_STREAM", streams[i], 1), 0);
        log_beside_stderr(files, files->other, LOG_FORMAT_TEXT);
        assert_string_equal(read_all(files, files->other), "Welsh/node: warning: Holiday: down\n");
        assert_int_equal(unlink(files->other), 0);
    }
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

/* Sum of what "(repeated N times)" says, and of the lines that say nothing. */
static unsigned long told_in(const char *content, const char *event)
{
    unsigned long told = 0;
    for (const char *at = strstr(content, event); at != NULL; at = strstr(at + 1, event)) {
        const char *end = strchr(at, '\n');
        const char *note = strstr(at, "(repeated ");
        told += note != NULL && note < end ? strtoul(note + 10, NULL, 10) : 1;
    }
    return told;
}

/* However long the machine takes: each event is shown or counted, and the last one is there. */
static void repeats_are_counted_and_none_is_forgotten(void **state)
{
    files_t *files = *state;
    log_t *log = open_log(files->path);
    for (unsigned i = 1; i <= 1000; i++) {
        log_event(log, LOG_LINK_GAP, LOG_PEER("Hands"), "gap %u", i);
        log_event(log, LOG_LINK_GAP, LOG_PEER("Holiday"), "other %u", i);
    }
    log_close(&log);
    const char *content = read_all(files, files->path);
    assert_non_null(strstr(content, " Hands link-gap: gap 1\n"));
    assert_non_null(strstr(content, " Holiday link-gap: other 1\n"));
    assert_non_null(strstr(content, "gap 1000 (repeated "));
    assert_int_equal(told_in(content, "Hands link-gap: "), 1000);
    assert_int_equal(told_in(content, "Holiday link-gap: "), 1000);
    assert_true(count_in(content, "\n") < 1000);
}

/* The last repeat does not wait for the next event of its kind. */
static void repeats_are_told_while_nothing_else_happens(void **state)
{
    files_t *files = *state;
    log_t *log = open_log(files->path);
    log_event(log, LOG_LINK_GAP, LOG_PEER("Hands"), "first");
    log_event(log, LOG_LINK_GAP, LOG_PEER("Hands"), "second");
    wait_for_text(files, files->path, "link-gap: second (repeated 1 times)\n");
    log_close(&log);
}

/* Each line of the file, which is JSON in full. */
static void expect_json_lines(const char *content, unsigned count)
{
    text_t rest = text_of(content);
    text_t line;
    unsigned lines = 0;
    while (text_take_line(&rest, &line)) {
        json_error_t error;
        json_t *object = json_loadb(line.data, line.size, JSON_REJECT_DUPLICATES, &error);
        if (object == NULL) {
            fail_msg("%s: %.*s", error.text, (int)line.size, line.data);
        }
        assert_string_equal(json_string_value(json_object_get(object, "member")), "Goloman");
        assert_non_null(json_string_value(json_object_get(object, "message")));
        json_decref(object);
        lines++;
    }
    assert_int_equal(rest.size, 0);
    assert_int_equal(lines, count);
}

static void a_log_of_json_is_json_whatever_the_bytes(void **state)
{
    files_t *files = *state;
    const log_options_t options = {.path = files->path,
                                   .member = "Goloman",
                                   .program = "node",
                                   .format = LOG_FORMAT_JSON,
                                   .traffic = true};
    char bytes[256];
    char string[256];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)i;
        string[i] = (char)(i + 1); /* the last one ends it */
    }
    log_t *log = NULL;
    assert_int_equal(log_open(&options, &log), STATUS_OK);
    log_traffic(log, LOG_RECEIVED, now_ns, peer, (text_t){bytes, sizeof bytes});
    log_traffic(log, LOG_ANSWERED, now_ns, (text_t){bytes, sizeof bytes}, (text_t){0});
    log_event(log, LOG_LINK_REFUSED, LOG_ABOUT(string, LOG_TEXT("reason", string)), "%s", string);
    log_dropped(log, "Hands", "link", "no \"good\"", (text_t){bytes, sizeof bytes});
    char *big = memory_new(600000);
    memset(big, '"', 600000);
    log_traffic(log, LOG_ANSWERED, now_ns, peer, (text_t){big, 600000});
    memset(big, '\xff', 600000);
    log_traffic(log, LOG_ANSWERED, now_ns, peer, (text_t){big, 600000});
    free(big);
    log_close(&log);
    expect_json_lines(read_all(files, files->path), 6);
    assert_non_null(strstr(files->content, "{\"time\":\"2026-03-01T12:00:00.250Z\",\"level\":"
                                           "\"traffic\",\"program\":\"node\",\"member\":"
                                           "\"Goloman\",\"peer\":\"127.0.0.1:40112#7\","
                                           "\"event\":\"received\",\"message\":\"\\\\x00"));
}

#define LOG_TEST(test) cmocka_unit_test_setup_teardown(test, files_setup, files_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(events_are_lines_with_time_level_and_source),
        LOG_TEST(events_go_to_the_journal_with_their_priority),
        LOG_TEST(another_stream_is_not_the_journal),
        LOG_TEST(repeats_are_counted_and_none_is_forgotten),
        LOG_TEST(repeats_are_told_while_nothing_else_happens),
        LOG_TEST(a_log_of_json_is_json_whatever_the_bytes),
        LOG_TEST(traffic_shows_direction_peer_and_line),
        LOG_TEST(traffic_is_written_without_an_event),
        LOG_TEST(hostile_bytes_are_escaped),
        LOG_TEST(long_lines_are_kept_or_cut),
        LOG_TEST(traffic_can_be_turned_off),
        LOG_TEST(no_log_is_fine),
        LOG_TEST(a_path_that_cannot_be_opened_is_an_error),
        LOG_TEST(a_file_is_appended_to),
        LOG_TEST(a_renamed_file_is_left_for_a_new_one),
        LOG_TEST(a_file_that_cannot_be_reopened_goes_on),
        LOG_TEST(closing_writes_everything),
        LOG_TEST(a_stuck_target_blocks_nobody),
        LOG_TEST(a_stuck_target_does_not_hold_up_the_end),
        LOG_TEST(a_full_disk_costs_counted_lines),
        LOG_TEST(a_full_disk_does_not_hold_up_the_end),
        LOG_TEST(a_torn_line_stands_alone),
        LOG_TEST(events_are_echoed_on_request),
        LOG_TEST(nothing_is_echoed_into_the_log_itself),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
