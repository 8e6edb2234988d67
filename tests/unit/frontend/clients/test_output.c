/* What a client has yet to read (frontend/clients/output.h), on a socket pair of this process. */
#include "tests/support/cmocka_herd.h"

#include "frontend/clients/output.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAXIMUM = 4 << 20, LARGE = 2 << 20 };

/* An output on one end of the pair (open value struct). */
typedef struct {
    uv_loop_t loop;
    uv_tcp_t stream;
    int client; /* the other end, -1 when closed */
    output_t output;
    uint64_t sent;
    unsigned left; /* calls of on_left */
    int outcome;   /* of the last one */
} fixture_t;

static void begin(fixture_t *fixture)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    *fixture = (fixture_t){.client = ends[1]};
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    assert_int_equal(uv_tcp_init(&fixture->loop, &fixture->stream), 0);
    assert_int_equal(uv_tcp_open(&fixture->stream, ends[0]), 0);
    fixture->stream.data = fixture;
    output_init(&fixture->output, MAXIMUM);
}

static void close_client(fixture_t *fixture)
{
    if (fixture->client >= 0) {
        close(fixture->client);
        fixture->client = -1;
    }
}

static void end(fixture_t *fixture)
{
    uv_close((uv_handle_t *)&fixture->stream, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    assert_null(fixture->output.writing);
    output_done(&fixture->output);
    close_client(fixture);
}

static void on_left(void *owner, int outcome)
{
    fixture_t *fixture = owner;
    fixture->left++;
    fixture->outcome = outcome;
}

static int flush(fixture_t *fixture)
{
    return output_flush(&fixture->output, (uv_stream_t *)&fixture->stream, on_left, &fixture->sent);
}

static void gather(fixture_t *fixture, size_t size, char byte)
{
    assert_int_equal(buffer_reserve(&fixture->output.gathered, size), STATUS_OK);
    memset(fixture->output.gathered.data + fixture->output.gathered.size, byte, size);
    buffer_commit(&fixture->output.gathered, size);
}

/* Reads what there is, which must be `byte` alone; returns the size. */
static size_t read_all(fixture_t *fixture, char byte)
{
    static char bytes[65536];
    size_t total = 0;
    ssize_t size;
    while ((size = read(fixture->client, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < size; i++) {
            assert_int_equal(bytes[i], byte);
        }
        total += (size_t)size;
    }
    return total;
}

static void what_the_socket_takes_leaves_at_once(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    assert_int_equal(flush(&fixture), 0);
    assert_int_equal(fixture.sent, 0);
    gather(&fixture, 100, 'a');
    assert_int_equal(output_size(&fixture.output), 100);
    assert_int_equal(flush(&fixture), 0);
    assert_int_equal(output_size(&fixture.output), 0);
    assert_int_equal(read_all(&fixture, 'a'), 100);
    assert_int_equal(fixture.sent, 100);
    assert_int_equal(fixture.left, 0);
    end(&fixture);
}

static void the_rest_leaves_when_the_client_reads(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    gather(&fixture, LARGE, 'a');
    assert_int_equal(flush(&fixture), UV_EAGAIN);
    assert_int_equal(output_size(&fixture.output), LARGE);
    assert_true(output_footprint(&fixture.output) > LARGE);
    gather(&fixture, 10, 'b');
    assert_int_equal(flush(&fixture), UV_EALREADY);
    assert_int_equal(output_size(&fixture.output), LARGE + 10);
    size_t total = 0;
    while (fixture.left == 0) {
        total += read_all(&fixture, 'a');
        uv_run(&fixture.loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(total + read_all(&fixture, 'a'), LARGE);
    assert_int_equal(fixture.outcome, 0);
    assert_int_equal(output_size(&fixture.output), 10);
    assert_int_equal(flush(&fixture), 0);
    assert_int_equal(read_all(&fixture, 'b'), 10);
    assert_int_equal(fixture.sent, LARGE + 10);
    assert_int_equal(fixture.left, 1);
    end(&fixture);
}

static void a_client_that_is_gone_is_reported(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    close_client(&fixture);
    gather(&fixture, 10, 'a');
    assert_int_equal(flush(&fixture), UV_EPIPE);
    assert_int_equal(fixture.sent, 0);
    end(&fixture);
    begin(&fixture);
    gather(&fixture, LARGE, 'a');
    assert_int_equal(flush(&fixture), UV_EAGAIN);
    close_client(&fixture);
    while (fixture.left == 0) {
        uv_run(&fixture.loop, UV_RUN_NOWAIT);
    }
    assert_true(fixture.outcome < 0);
    end(&fixture);
}

/* A stream that closes ends the write under way. */
static void a_write_ends_with_its_stream(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    gather(&fixture, LARGE, 'a');
    assert_int_equal(flush(&fixture), UV_EAGAIN);
    end(&fixture);
    assert_int_equal(fixture.left, 1);
    assert_int_equal(fixture.outcome, UV_ECANCELED);
}

static void only_a_short_buffer_is_kept(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    gather(&fixture, 100, 'a');
    output_trim(&fixture.output);
    assert_int_equal(output_size(&fixture.output), 100);
    assert_int_equal(flush(&fixture), 0);
    assert_false(output_shrink(&fixture.output));
    assert_true(output_footprint(&fixture.output) > 0);
    output_trim(&fixture.output);
    assert_int_equal(output_footprint(&fixture.output), 0);
    gather(&fixture, OUTPUT_IDLE_SIZE, 'a');
    assert_int_equal(flush(&fixture), 0);
    assert_false(output_shrink(&fixture.output));
    gather(&fixture, OUTPUT_IDLE_SIZE + 1, 'a');
    assert_false(output_shrink(&fixture.output));
    assert_int_equal(output_size(&fixture.output), OUTPUT_IDLE_SIZE + 1);
    (void)read_all(&fixture, 'a');
    assert_int_equal(flush(&fixture), 0);
    assert_true(output_shrink(&fixture.output));
    assert_int_equal(output_footprint(&fixture.output), 0);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_socket_takes_leaves_at_once),
        cmocka_unit_test(the_rest_leaves_when_the_client_reads),
        cmocka_unit_test(a_client_that_is_gone_is_reported),
        cmocka_unit_test(a_write_ends_with_its_stream),
        cmocka_unit_test(only_a_short_buffer_is_kept),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
