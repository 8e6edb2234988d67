/* Which connections come to nothing, by ZeroMQ's events (node/security/arrivals.h). */
#include "tests/support/cmocka_herd.h"

#include "node/security/arrivals.h"

#include <errno.h>

/* Descriptors that are not open: their peers have left. */
enum { FIRST = 1000000, SECOND, THIRD };

#define LEFT "somebody who left at once"

static void expect_nothing(arrivals_t *arrivals, uint16_t event, uint32_t value)
{
    arrivals_failure_t failure;
    assert_false(arrivals_take(arrivals, event, value, &failure));
}

static void expect_failure(arrivals_t *arrivals, uint32_t file, const char *reason)
{
    arrivals_failure_t failure;
    assert_true(arrivals_take(arrivals, ZMQ_EVENT_DISCONNECTED, file, &failure));
    assert_string_equal(failure.reason, reason);
    assert_string_equal(failure.peer, LEFT);
}

static void a_connection_that_succeeded_may_end(void **state)
{
    (void)state;
    arrivals_t *arrivals = arrivals_new(true);
    expect_nothing(arrivals, ZMQ_EVENT_ACCEPTED, FIRST);
    expect_nothing(arrivals, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0);
    expect_nothing(arrivals, ZMQ_EVENT_DISCONNECTED, FIRST);
    arrivals_destroy(&arrivals);
    arrivals_destroy(&arrivals);
}

static void a_failure_is_that_of_the_next_end(void **state)
{
    (void)state;
    arrivals_t *arrivals = arrivals_new(true);
    expect_nothing(arrivals, ZMQ_EVENT_ACCEPTED, FIRST);
    expect_nothing(arrivals, ZMQ_EVENT_ACCEPTED, SECOND);
    expect_nothing(arrivals, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ECONNRESET);
    expect_failure(arrivals, SECOND, "it hung up, or was silent, before its handshake was done");
    expect_nothing(arrivals, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL,
                   ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
    expect_failure(arrivals, FIRST, "it comes without keys");
    arrivals_destroy(&arrivals);
}

/* With keys: of some garbage ZeroMQ tells the end only; what ZAP refused is told by the guard. */
static void an_end_alone_is_a_failure_with_keys(void **state)
{
    (void)state;
    arrivals_t *arrivals = arrivals_new(true);
    expect_nothing(arrivals, ZMQ_EVENT_ACCEPTED, FIRST);
    expect_failure(arrivals, FIRST, "what it sent is no handshake");
    expect_nothing(arrivals, ZMQ_EVENT_ACCEPTED, FIRST);
    expect_nothing(arrivals, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 400);
    expect_nothing(arrivals, ZMQ_EVENT_DISCONNECTED, FIRST);
    expect_nothing(arrivals, ZMQ_EVENT_DISCONNECTED, THIRD);
    arrivals_destroy(&arrivals);
    arrivals = arrivals_new(false);
    expect_nothing(arrivals, ZMQ_EVENT_ACCEPTED, FIRST);
    expect_nothing(arrivals, ZMQ_EVENT_DISCONNECTED, FIRST);
    arrivals_destroy(&arrivals);
}

static void another_socket_knows_nothing_of_the_former(void **state)
{
    (void)state;
    arrivals_t *arrivals = arrivals_new(true);
    expect_nothing(arrivals, ZMQ_EVENT_ACCEPTED, FIRST);
    expect_nothing(arrivals, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ECONNRESET);
    arrivals_clear(arrivals);
    expect_nothing(arrivals, ZMQ_EVENT_DISCONNECTED, FIRST);
    expect_nothing(arrivals, ZMQ_EVENT_ACCEPTED, SECOND);
    expect_failure(arrivals, SECOND, "what it sent is no handshake");
    arrivals_destroy(&arrivals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_succeeded_may_end),
        cmocka_unit_test(a_failure_is_that_of_the_next_end),
        cmocka_unit_test(an_end_alone_is_a_failure_with_keys),
        cmocka_unit_test(another_socket_knows_nothing_of_the_former),
    };
    return cmocka_run_group_tests_name("arrivals", tests, NULL, NULL);
}
