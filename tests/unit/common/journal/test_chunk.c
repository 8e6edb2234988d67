/* Chunks, written, read, and damaged (common/journal/chunk.h). */
#include "common/journal/chunk.h"

#include "common/base/limits.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/records.h"

#include <stdlib.h>

enum { SERIAL = 7 };

typedef struct {
    journal_chunk_writer_t *writer;
    journal_chunk_reader_t *reader;
    char *chunk; /* JOURNAL_CHUNK_SIZE bytes */
    size_t size; /* bytes */
    journal_chunk_name_t name;
} scene_t;

static scene_t scene;

static int open_scene(void **state)
{
    (void)state;
    scene = (scene_t){.writer = journal_chunk_writer_new(0),
                      .reader = journal_chunk_reader_new(),
                      .chunk = calloc(1, JOURNAL_CHUNK_SIZE)};
    assert_non_null(scene.chunk);
    journal_chunk_begin(scene.writer, scene.chunk);
    return 0;
}

static int close_scene(void **state)
{
    (void)state;
    journal_chunk_writer_destroy(&scene.writer);
    journal_chunk_reader_destroy(&scene.reader);
    free(scene.chunk);
    return 0;
}

static bool add(const record_t *record, uint64_t index)
{
    store_entry_t entry = {.record = *record, .index = index};
    return journal_chunk_add(scene.writer, &entry);
}

static void end_chunk(void)
{
    scene.size = journal_chunk_end(scene.writer, SERIAL, &scene.name);
    journal_chunk_seal(scene.chunk, scene.size);
}

/* In a block of just its size, which the address sanitizer guards. */
static text_t chunk_block(void)
{
    char *block = malloc(scene.size);
    assert_non_null(block);
    memcpy(block, scene.chunk, scene.size);
    return (text_t){.data = block, .size = scene.size};
}

static void assert_next(const record_t *record, uint64_t index)
{
    store_entry_t entry;
    assert_int_equal(journal_chunk_next(scene.reader, &entry), STATUS_OK);
    assert_true(entry.index == index);
    assert_int_equal(entry.marks, 0);
    assert_int_equal(record_compare(&entry.record, record), 0);
    assert_true(text_equal(entry.record.client, record->client));
    assert_true(entry.record.client_time_ns == record->client_time_ns);
    assert_true(entry.record.era_ns == record->era_ns);
}

static void records_come_back_as_they_were(void **state)
{
    (void)state;
    record_t records[] = {
        record_for_test("kiwi", "1621464827.959498503", "Clark", 1621464828),
        record_for_test("emu", "5", "Bona", 7),                        /* another origin */
        record_for_test("\xff\x01", "0.0000000000000001", "Clark", 0), /* long decimals */
        record_for_test("moa", "100.5", "Clark", 7),                   /* a tombstone */
        record_for_test("far", "9000000000", "Bona", 7),               /* its clock is ahead */
        record_for_test("up", "6", "Bona", 7), /* letters cannot be packed */
    };
    records[3].position = (text_t){0};
    records[3].era_ns = records[3].order_time_ns;
    records[5].era_ns = INT64_MAX;
    records[1].era_ns = 1;
    records[4].order_time_ns = 17 * TIMESTAMP_NS_PER_S;
    records[5].position = TEXT("+27.5916+086.5640+8850CRSWGS_84/");
    for (size_t i = 0; i < ARRAY_COUNT(records); i++) {
        assert_int_equal(journal_chunk_is_empty(scene.writer), i == 0);
        assert_true(add(&records[i], 10 * i + 3));
    }
    end_chunk();
    journal_chunk_name_t name;
    text_t block = chunk_block();
    assert_int_equal(journal_chunk_open(scene.reader, block, &name), STATUS_OK);
    assert_true(name.first == 3 && name.last == 53 && name.count == 6 && name.serial == SERIAL);
    for (size_t i = 0; i < ARRAY_COUNT(records); i++) {
        assert_next(&records[i], 10 * i + 3);
    }
    store_entry_t entry;
    assert_int_equal(journal_chunk_next(scene.reader, &entry), STATUS_NOT_FOUND);
    free((void *)(uintptr_t)block.data);
}

/* An ID of 64 KiB fits an empty chunk, and three more behind it; then it is full. */
static void a_chunk_has_an_end(void **state)
{
    (void)state;
    static char id[LIMIT_LINE_SIZE];
    memset(id, 'x', sizeof id);
    record_t record = record_for_test("", "5", "Clark", 7);
    record.position = TEXT("+1-1");
    record.client = (text_t){.data = id, .size = LIMIT_LINE_SIZE - 6};
    uint64_t count = 0;
    while (add(&record, count + 1)) {
        count++;
    }
    assert_true(count == 3);
    record.client = TEXT("kiwi"); /* a short one still fits */
    assert_true(add(&record, count + 1));
    end_chunk();
    assert_true(scene.size <= JOURNAL_CHUNK_SIZE);
    journal_chunk_name_t name;
    store_entry_t entry;
    text_t chunk = {.data = scene.chunk, .size = scene.size};
    assert_int_equal(journal_chunk_open(scene.reader, chunk, &name), STATUS_OK);
    for (uint64_t i = 0; i < name.count; i++) {
        assert_int_equal(journal_chunk_next(scene.reader, &entry), STATUS_OK);
    }
    assert_int_equal(journal_chunk_next(scene.reader, &entry), STATUS_NOT_FOUND);
}

static void make_small_chunk(void)
{
    record_t one = record_for_test("kiwi", "5", "Clark", 7);
    record_t other = record_for_test("emu", "6", "Clark", 7);
    assert_true(add(&one, 1));
    assert_true(add(&other, 2));
    end_chunk();
}

static status_t read_all(text_t chunk)
{
    journal_chunk_name_t name;
    store_entry_t entry;
    status_t status = journal_chunk_open(scene.reader, chunk, &name);
    while (status == STATUS_OK) {
        status = journal_chunk_next(scene.reader, &entry);
    }
    return status;
}

/* Each bit, and each size. */
static void damage_is_noticed(void **state)
{
    (void)state;
    make_small_chunk();
    text_t chunk = {.data = scene.chunk, .size = scene.size};
    assert_int_equal(read_all(chunk), STATUS_NOT_FOUND);
    for (size_t bit = 0; bit < 8 * scene.size; bit++) {
        scene.chunk[bit / 8] = (char)(scene.chunk[bit / 8] ^ (1 << bit % 8));
        assert_int_equal(read_all(chunk), STATUS_DAMAGED);
        scene.chunk[bit / 8] = (char)(scene.chunk[bit / 8] ^ (1 << bit % 8));
    }
    for (size_t size = 0; size < scene.size; size++) {
        assert_int_equal(read_all(text_first(chunk, size)), STATUS_DAMAGED);
    }
    assert_int_equal(read_all(chunk), STATUS_NOT_FOUND);
}

/* With the right checksum: what no writer writes. */
static void what_no_writer_writes_is_refused(void **state)
{
    (void)state;
    make_small_chunk();
    const struct {
        size_t at;
        unsigned char byte;
    } changes[] = {
        {8, 'h'},                        /* magic */
        {12, 0xff},                      /* size */
        {16, 2},    {16, 0},             /* first: not that of the first record; none */
        {24, 9},    {24, 0},             /* last */
        {32, 1},    {32, 3},    {32, 0}, /* count */
        {40, 2},    {40, 9},             /* index of the first record */
        {64, 1},                         /* its origin: unknown */
        {66, 0},    {66, 0xff},          /* size of its client */
        {68, 0xff}, {68, 0},    /* of its position: too long, a tombstone with other texts */
        {70, 0},    {70, 0xff}, /* of its time */
        {72, 0},    {72, 64},   /* of its origin's name */
        {73, '-'},              /* the name itself */
        {78, ' '},  {78, '\n'}, /* its client */
        {55, 0x7f},             /* its order time is after its client time */
    };
    for (size_t i = 0; i < ARRAY_COUNT(changes); i++) {
        char before = scene.chunk[changes[i].at];
        scene.chunk[changes[i].at] = (char)changes[i].byte;
        journal_chunk_seal(scene.chunk, scene.size);
        text_t block = chunk_block();
        if (read_all(block) != STATUS_DAMAGED) {
            fail_msg("byte %zu as %u is taken", changes[i].at, changes[i].byte);
        }
        store_entry_t entry;
        assert_int_not_equal(journal_chunk_next(scene.reader, &entry), STATUS_OK);
        free((void *)(uintptr_t)block.data);
        scene.chunk[changes[i].at] = before;
    }
}

static void keys_sort_by_indices(void **state)
{
    (void)state;
    const journal_chunk_name_t names[] = {
        {1, 255, 3, 9},   {1, 256, 3, 1},   {255, 300, 1, 0},
        {256, 256, 1, 0}, {256, 256, 1, 1}, {UINT64_C(1) << 40, UINT64_MAX, UINT32_MAX, 0},
    };
    unsigned char before[JOURNAL_CHUNK_KEY_SIZE] = {0};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        unsigned char key[JOURNAL_CHUNK_KEY_SIZE];
        text_t text = {.data = (const char *)key, .size = sizeof key};
        journal_chunk_name_t again;
        journal_chunk_write_key(&names[i], key);
        assert_true(memcmp(before, key, sizeof key) < 0);
        memcpy(before, key, sizeof key);
        assert_true(journal_chunk_parse_key(text, &again));
        assert_memory_equal(&again, &names[i], sizeof again);
        assert_false(journal_chunk_parse_key(text_first(text, sizeof key - 1), &again));
    }
    const journal_chunk_name_t impossible[] = {
        {0, 5, 1, 1}, {5, 4, 1, 1}, {5, 6, 0, 1}, {5, 6, 3, 1}};
    for (size_t i = 0; i < ARRAY_COUNT(impossible); i++) {
        unsigned char key[JOURNAL_CHUNK_KEY_SIZE];
        journal_chunk_name_t again;
        journal_chunk_write_key(&impossible[i], key);
        assert_false(journal_chunk_parse_key(
            (text_t){.data = (const char *)key, .size = sizeof key}, &again));
    }
}

#define chunk_test(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        chunk_test(records_come_back_as_they_were),
        chunk_test(a_chunk_has_an_end),
        chunk_test(damage_is_noticed),
        chunk_test(what_no_writer_writes_is_refused),
        chunk_test(keys_sort_by_indices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
