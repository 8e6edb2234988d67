/* What the journal's thread says of its orders: as often as there is something to do about it. */
#include "node/journal/writer.h"

#include "tests/support/journal_scene.h"

static journal_writer_t *writer;
static loop_t *loop;

static void on_news(void *unused, short events)
{
    (void)unused;
    (void)events;
    loop_end(loop);
}

static int open_writer(void **state)
{
    (void)open_scene(state);
    start('a');
    loop = loop_new(NULL);
    writer = journal_writer_new(&scene.started.disk);
    return writer == NULL || journal_writer_watch(writer, loop, on_news, NULL) != STATUS_OK;
}

static int close_writer(void **state)
{
    journal_writer_destroy(&writer);
    loop_destroy(&loop);
    return close_scene(state);
}

#define writer_test(name) cmocka_unit_test_setup_teardown(name, open_writer, close_writer)

/* ctest ends it if there are none. */
static journal_writer_news_t next_news(void)
{
    journal_writer_news_t news;
    while (!journal_writer_receive(writer, &news)) {
        loop_run(loop);
    }
    return news;
}

/* The next step; a chunk goes to the writer. */
static journal_step_t step(journal_part_t *ret_part)
{
    char *chunk = memory_new(JOURNAL_CHUNK_SIZE);
    journal_step_t step = journal_step(scene.journal, 0, chunk, ret_part);
    if (step == JOURNAL_CHUNK) {
        journal_writer_put(writer, ret_part, &chunk);
    }
    free(chunk);
    return step;
}

static void end(const journal_part_t *part)
{
    journal_state_t state = scene.started.state; /* without checkpoints */
    state.tail = part->tail;
    state.serial = part->serial;
    journal_writer_commit(writer, part, &state);
}

static void expect(journal_writer_event_t event, bool chunk)
{
    journal_writer_news_t news = next_news();
    assert_int_equal(news.event, event);
    assert_true((news.chunk != NULL) == chunk);
    if (event == JOURNAL_WRITER_COMMITTED) {
        journal_committed(scene.journal, news.transaction, news.records);
    }
    free(news.chunk);
}

static void a_chunk_and_the_end_are_one_news(void **unused)
{
    (void)unused;
    journal_part_t part;
    for (unsigned client = 0; client < 3; client++) {
        update(client);
        assert_int_equal(step(&part), JOURNAL_CHUNK);
        assert_int_equal(step(&part), JOURNAL_END);
        end(&part);
        expect(JOURNAL_WRITER_COMMITTED, true); /* nothing before it */
    }
    journal_touch(scene.journal);
    assert_int_equal(step(&part), JOURNAL_END);
    end(&part);
    expect(JOURNAL_WRITER_COMMITTED, false); /* nor between them */
    journal_writer_destroy(&writer);
    leave();
    start('b');
    assert_true(store_count(scene.store) == 3);
}

static void each_chunk_comes_back_once(void **unused)
{
    (void)unused;
    enum { CLIENTS = 20000, CHUNKS_MIN = 3 };
    journal_part_t part;
    size_t chunks = 0;
    for (unsigned client = 0; client < CLIENTS; client++) {
        update(client);
    }
    while (step(&part) == JOURNAL_CHUNK) {
        chunks++;
    }
    end(&part);
    assert_true(chunks >= CHUNKS_MIN);
    for (size_t i = 1; i < chunks; i++) {
        expect(JOURNAL_WRITER_TAKEN, true);
    }
    expect(JOURNAL_WRITER_COMMITTED, true);
}

/* Whoever reads data.mdb alone has not long to wait, without another transaction. */
static void small_ones_come_into_data_mdb(void **unused)
{
    (void)unused;
    journal_part_t part;
    update(0);
    assert_int_equal(step(&part), JOURNAL_CHUNK);
    assert_int_equal(step(&part), JOURNAL_END);
    end(&part);
    expect(JOURNAL_WRITER_COMMITTED, true);
    assert_int_equal(journal_disk_settle_folder(scene.folder, &scene.problem), STATUS_OK);
}

/* A turn ends with a chunk: the reactor waits for its memory. */
static void what_was_put_is_sent(void **unused)
{
    (void)unused;
    journal_part_t part;
    update(0);
    assert_int_equal(step(&part), JOURNAL_CHUNK);
    journal_writer_send(writer);
    expect(JOURNAL_WRITER_TAKEN, true);
    journal_writer_send(writer); /* there is nothing */
    assert_int_equal(step(&part), JOURNAL_END);
    end(&part);
    expect(JOURNAL_WRITER_COMMITTED, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        writer_test(a_chunk_and_the_end_are_one_news),
        writer_test(each_chunk_comes_back_once),
        writer_test(what_was_put_is_sent),
        writer_test(small_ones_come_into_data_mdb),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
