/* The power goes: what was answered with `acknowledge = "disk"` is on the disk (J1 to J7).
 *
 * A node is recorded while it makes its folder, writes, has syncs that fail, is killed, fills the
 * map of LMDB, compacts, and writes its file anew. At moments of that record disks are made as they
 * may be after a loss of power (support/disk_image.h). The real node starts with each, and is asked
 * for all that had been answered before. The same with syncs that are not believed shows that the
 * test can fail.
 *
 * Usage: system_power_loss [IMAGES [SEED]] */
#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/protocol/message.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/disk_image.h"
#include "tests/support/herd.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    IMAGES = 14,
    BROKEN_MAX = 30, /* images in which a sync that is not believed must show */
    CLIENTS = 120,
    BATCH = 20, /* updates under way */
    BATCHES = 30,
    LARGE = 70, /* clients with large ids: 4 MiB, which is seldom worth a new file */
    LARGE_ID_SIZE = 64000,
    LARGE_LIFE_S = 1,
    EXPIRE_AFTER_S = 3600,
    LINE_SIZE_MAX = 160,
    FEW_BYTES = 1 << 20,
};

#define SETTINGS                                                                                   \
    "journal = \"yes\"\nacknowledge = \"disk\"\nexpire_after = \"3600\"\nexpire_grace = \"1\"\n"
#define MAP_SIZE "524288"

static const herd_member_t single[] = {{"A", ""}};
static size_t images = IMAGES;
static uint64_t seed = 1;

typedef struct {
    herd_t *herd;
    char *trace;
    char *data;
    char *failing;        /* the file by which syncs fail */
    unsigned sent;        /* updates */
    disk_image_t *image;  /* when all is recorded */
    text_t last[CLIENTS]; /* answers before the moment of an image */
    uint64_t random;
} scene_t;

/* ---- what is recorded ---- */

static void start_recorded(scene_t *scene)
{
    disk_image_t *image;
    if (access(scene->trace, F_OK) == 0) {
        image = disk_image_new(scene->trace); /* mends the end, if it was killed */
        disk_image_destroy(&image);
    }
    assert_int_equal(setenv("HERD_RECORD", scene->trace, 1), 0);
    assert_int_equal(setenv("HERD_RECORD_FOLDER", scene->data, 1), 0);
    assert_int_equal(setenv("HERD_RECORD_MAP_SIZE", MAP_SIZE, 1), 0);
    assert_int_equal(setenv("HERD_RECORD_FAIL", scene->failing, 1), 0);
    assert_int_equal(setenv("LD_PRELOAD", DISK_RECORDER, 1), 0);
    herd_start_node(scene->herd, "A");
    assert_int_equal(unsetenv("LD_PRELOAD"), 0);
    herd_wait_serving(scene->herd, "A");
}

static void note_answer(const scene_t *scene, text_t line)
{
    const trace_head_t head = {.kind = TRACE_ANSWER, .file = -1, .size = line.size};
    struct iovec parts[] = {{.iov_base = (void *)(uintptr_t)&head, .iov_len = sizeof head},
                            {.iov_base = (void *)(uintptr_t)line.data, .iov_len = line.size}};
    int file = open(scene->trace, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(writev(file, parts, 2), (ssize_t)(sizeof head + line.size));
    close(file);
}

static void say_updates(scene_t *scene, client_t *client, size_t count)
{
    char lines[BATCH * LINE_SIZE_MAX];
    char *end = lines;
    char time[TIMESTAMP_SIZE];
    for (size_t i = 0; i < count; i++, scene->sent++) {
        size_t size = timestamp_write(clock_now_ns(), time);
        end += snprintf(end, LINE_SIZE_MAX, "IAMAT small.%u +34.068930-118.445127 %.*s\n",
                        scene->sent % CLIENTS, (int)size, time);
    }
    client_say(client, lines);
}

/* Answers to small ones are noted. */
static void read_answers(const scene_t *scene, client_t *client, size_t count)
{
    while (count > 0) {
        text_t line = client_read_line(client);
        if (line.size < LINE_SIZE_MAX) {
            note_answer(scene, line);
            count--;
        }
    }
}

static void update(scene_t *scene, size_t batches)
{
    client_t *client = herd_connect(scene->herd, "A");
    for (size_t i = 0; i < batches; i++) {
        say_updates(scene, client, BATCH);
        read_answers(scene, client, BATCH);
    }
    client_destroy(&client);
}

/* It is killed with updates under way. */
static void kill_within(scene_t *scene)
{
    client_t *client = herd_connect(scene->herd, "A");
    for (size_t i = 0; i < 5; i++) {
        say_updates(scene, client, BATCH);
    }
    read_answers(scene, client, BATCH);
    herd_kill_node(scene->herd, "A");
    client_destroy(&client);
}

/* Large records that expire soon; beside them small ones, whose answers are noted. */
static void grow(scene_t *scene)
{
    client_t *client = herd_connect(scene->herd, "A");
    char *line = memory_new(LARGE_ID_SIZE + LINE_SIZE_MAX);
    char time[TIMESTAMP_SIZE];
    int64_t time_ns = clock_now_ns() - (EXPIRE_AFTER_S - LARGE_LIFE_S) * TIMESTAMP_NS_PER_S;
    for (int i = 0; i < LARGE; i++) {
        size_t size = timestamp_write(time_ns + i, time);
        char *end = line + snprintf(line, LINE_SIZE_MAX, "IAMAT large.%d.", i);
        memset(end, 'x', LARGE_ID_SIZE);
        snprintf(end + LARGE_ID_SIZE, LINE_SIZE_MAX / 2, " +1-1 %.*s\n", (int)size, time);
        client_say(client, line);
        if (i % 10 == 9) {
            say_updates(scene, client, BATCH / 2);
            read_answers(scene, client, BATCH / 2);
        }
    }
    free(line);
    client_destroy(&client);
}

/* The large ones are out of the store, and out of the chunks. */
static bool is_small(void *argument)
{
    scene_t *scene = argument;
    report_t report;
    uint64_t bytes = UINT64_MAX;
    update(scene, 1); /* compaction follows changes */
    report_read(herd_requests(scene->herd, "A"), &report);
    bool small = report.records == CLIENTS &&
                 message_number(text_of(report.body), "journal_live", UINT64_MAX, &bytes) &&
                 bytes < FEW_BYTES;
    report_done(&report);
    return small;
}

static void set_failing(const scene_t *scene, unsigned char what)
{
    int file = open(scene->failing, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, &what, 1, 0), 1);
    close(file);
}

typedef struct {
    herd_t *herd;
    uint64_t errors; /* more than these */
} awaited_t;

static bool has_errors(void *argument)
{
    awaited_t *awaited = argument;
    report_t report;
    uint64_t errors = 0;
    report_read(herd_requests(awaited->herd, "A"), &report);
    (void)message_number(text_of(report.body), "journal_errors", UINT64_MAX, &errors);
    report_done(&report);
    return errors > awaited->errors;
}

/* Syncs fail while clients wait; then the disk is well again, and they have their answers. */
static void fail_within(scene_t *scene, unsigned char what)
{
    awaited_t awaited = {.herd = scene->herd};
    client_t *client = herd_connect(scene->herd, "A");
    set_failing(scene, what);
    say_updates(scene, client, BATCH);
    assert_true(wait_until(has_errors, &awaited, WAIT_LIMIT_MS));
    say_updates(scene, client, BATCH); /* so what is written anew is not the same */
    set_failing(scene, 0);
    read_answers(scene, client, (size_t)2 * BATCH);
    client_destroy(&client);
    update(scene, BATCHES / 3);
}

static void record(scene_t *scene)
{
    set_failing(scene, 0);
    herd_start_frontend(scene->herd, "A");
    start_recorded(scene);
    update(scene, BATCHES / 3);
    fail_within(scene, TRACE_FAILS_META);
    kill_within(scene);
    start_recorded(scene);
    fail_within(scene, TRACE_FAILS_SYNC);
    grow(scene);
    assert_true(wait_until(is_small, scene, WAIT_LIMIT_MS));
    herd_kill_node(scene->herd, "A");
    start_recorded(scene);
    herd_wait_logged(scene->herd, "A", "node", "journal-shrunk");
    update(scene, BATCHES / 3);
    assert_int_equal(herd_stop_node(scene->herd, "A"), 0);
    scene->image = disk_image_new(scene->trace);
}

/* ---- images ---- */

static void empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char *inner = workspace_path(path, entry->d_name);
        if (entry->d_name[0] != '.' && unlink(inner) != 0) {
            empty_folder(inner);
            assert_int_equal(rmdir(inner), 0);
        }
        free(inner);
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

static size_t client_of(text_t answer)
{
    unsigned number = CLIENTS;
    text_t field = {0};
    for (int i = 0; i < 4; i++) { /* AT A difference client */
        assert_true(text_take_field(&answer, &field));
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "small.%u", i);
        number = text_equal(field, text_of(name)) ? i : number;
    }
    return number;
}

static int64_t time_of(text_t answer)
{
    text_t field = {0};
    int64_t time_ns = INT64_MIN;
    while (text_take_field(&answer, &field)) {
    }
    assert_true(timestamp_parse(field, &time_ns));
    return time_ns;
}

static void find_answers(scene_t *scene, size_t moment)
{
    text_t payload;
    memset(scene->last, 0, sizeof scene->last);
    for (size_t i = 0; i < moment; i++) {
        if (disk_image_kind(scene->image, i, &payload) == TRACE_ANSWER) {
            scene->last[client_of(payload)] = payload;
        }
    }
}

/* Clients whose answer the member does not show, nor a later one. */
static size_t count_lost(scene_t *scene)
{
    char lines[CLIENTS * LINE_SIZE_MAX];
    char *end = lines;
    int64_t shown_ns[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        shown_ns[i] = INT64_MIN;
        end += snprintf(end, LINE_SIZE_MAX, "WHATSAT small.%zu 0 0\n", i);
    }
    text_t seen = text_of(herd_ask(scene->herd, "A", lines));
    text_t line;
    while (text_take_line(&seen, &line)) {
        if (line.size > 3 && memcmp(line.data, "AT ", 3) == 0) {
            shown_ns[client_of(line)] = time_of(line);
        }
    }
    size_t lost = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        bool gone = scene->last[i].size > 0 && shown_ns[i] < time_of(scene->last[i]);
        lost += gone ? 1 : 0;
    }
    return lost;
}

/* What came of a start with an image (open value struct). */
typedef struct {
    size_t lost;
    uint64_t damaged;
} outcome_t;

static outcome_t try_image(scene_t *scene, size_t moment, disk_image_syncs_t syncs)
{
    outcome_t outcome = {0};
    report_t report;
    char *made = workspace_path(herd_folder(scene->herd), "made");
    char *data = workspace_path(made, "data");
    find_answers(scene, moment);
    disk_image_write(scene->image, &(disk_image_loss_t){.moment = moment,
                                                        .syncs = syncs,
                                                        .root = herd_folder(scene->herd),
                                                        .to = made,
                                                        .random = &scene->random});
    empty_folder(scene->data);
    assert_true(rmdir(scene->data) == 0 || access(scene->data, F_OK) != 0);
    assert_true(rename(data, scene->data) == 0 || access(data, F_OK) != 0);
    assert_int_equal(rmdir(made), 0);
    herd_start_node(scene->herd, "A");
    herd_wait_serving(scene->herd, "A");
    report_read(herd_requests(scene->herd, "A"), &report);
    assert_true(
        message_number(text_of(report.body), "journal_damaged", UINT64_MAX, &outcome.damaged));
    report_done(&report);
    outcome.lost = count_lost(scene);
    herd_kill_node(scene->herd, "A");
    free(made);
    free(data);
    return outcome;
}

static unsigned below(scene_t *scene, size_t limit)
{
    scene->random = scene->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)((scene->random >> 33) % limit);
}

/* A moment at most `most` records behind one of that kind. */
static size_t soon_behind(scene_t *scene, trace_kind_t kind, size_t most)
{
    text_t payload;
    size_t count = disk_image_count(scene->image);
    size_t found = 0;
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        if (disk_image_kind(scene->image, i, &payload) == kind && below(scene, ++found) == 0) {
            chosen = i;
        }
    }
    assert_true(found > 0);
    chosen += 1 + below(scene, most);
    return chosen < count ? chosen : count;
}

/* Within a start, first that of a new folder; after syncs that failed; the growth of the map; the
 * copy and its rename; anywhere. */
static size_t choose_moment(scene_t *scene, size_t number)
{
    switch (number % 7) {
    case 0: return 1 + below(scene, 40);
    case 1: return soon_behind(scene, TRACE_FAIL_RANGE, 16);
    case 2: return soon_behind(scene, TRACE_MAP, 30);
    case 3: return soon_behind(scene, TRACE_RENAME, 30) - below(scene, 20);
    case 4: return soon_behind(scene, TRACE_FAIL, 16);
    case 5: return soon_behind(scene, TRACE_START, 30);
    default: return below(scene, disk_image_count(scene->image));
    }
}

/* Images of a disk that does not sync: at least one of them lacks something. */
static void expect_caught(scene_t *scene, disk_image_syncs_t syncs, const char *name)
{
    for (unsigned i = 1; i <= BROKEN_MAX; i++) {
        size_t moment = below(scene, disk_image_count(scene->image));
        outcome_t outcome = try_image(scene, moment, syncs);
        if (outcome.lost > 0 || outcome.damaged > 0) {
            print_message("%s: image %u lacks %zu answers\n", name, i, outcome.lost);
            return;
        }
    }
    fail_msg("%s is not noticed", name);
}

static void what_was_answered_is_on_the_disk(void **state)
{
    scene_t scene = {.random = seed};
    scene.herd =
        herd_new(&(herd_options_t){.members = single, .member_count = 1, .settings = SETTINGS});
    *state = scene.herd;
    scene.trace = workspace_path(herd_folder(scene.herd), "trace");
    scene.data = workspace_path(herd_folder(scene.herd), "data");
    scene.failing = workspace_path(herd_folder(scene.herd), "failing");
    record(&scene);
    print_message("%zu records, seed %llu\n", disk_image_count(scene.image),
                  (unsigned long long)seed);
    for (size_t i = 0; i < images; i++) {
        size_t moment = choose_moment(&scene, i);
        outcome_t outcome = try_image(&scene, moment, DISK_IMAGE_SYNCED);
        if (outcome.lost > 0 || outcome.damaged > 0) {
            fail_msg("image %zu at %zu: %zu answers are lost, %llu parts are damaged", i, moment,
                     outcome.lost, (unsigned long long)outcome.damaged);
        }
    }
    expect_caught(&scene, DISK_IMAGE_NO_SYNC, "without fdatasync");
    expect_caught(&scene, DISK_IMAGE_NO_META_SYNC, "without O_DSYNC");
    disk_image_destroy(&scene.image);
    free(scene.trace);
    free(scene.failing);
    free(scene.data);
}

int main(int argc, char **argv)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    images = argc > 1 ? argument_number(argv[1]) : IMAGES;
    seed = argc > 2 ? argument_number(argv[2]) : seed;
    const struct CMUnitTest tests[] = {HERD_TEST_OWN(what_was_answered_is_on_the_disk)};
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
