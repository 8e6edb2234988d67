/* Connections that reach ZeroMQ by way of us; those above the ceiling (node/security/accept4.h). */
#include "node/security/accept4.h"

#include "tests/support/cmocka_herd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HANDED_OVER_MAX = 100000 };

/* As the node has it: ZeroMQ "listens" at `receiver`. */
static struct {
    int sender;
    int receiver;
} pair;

static int open_pair(void **state)
{
    int files[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, files), 0);
    pair.sender = files[0];
    pair.receiver = files[1];
    return 0;
}

static int close_pair(void **state)
{
    (void)state;
    accept4_set_ceiling(0);
    close(pair.sender);
    close(pair.receiver);
    return 0;
}

/* A connection: the end that was accepted, and that of its peer. */
static void connect_pair(int *ret_accepted, int *ret_peer)
{
    int files[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, files), 0);
    *ret_accepted = files[0];
    *ret_peer = files[1];
}

static int take(void)
{
    errno = 0;
    return accept4(pair.receiver, NULL, NULL, SOCK_CLOEXEC);
}

static void expect_end(int peer)
{
    char byte;
    ssize_t size = recv(peer, &byte, sizeof byte, MSG_DONTWAIT);
    assert_true(size == 0 || (size < 0 && errno == ECONNRESET));
    close(peer);
}

static void a_connection_that_is_handed_over_is_accepted(void **state)
{
    (void)state;
    int accepted;
    int peer;
    char byte = 'x';
    connect_pair(&accepted, &peer);
    assert_true(accept4_hand_over(pair.sender, accepted));
    assert_int_equal(fcntl(accepted, F_GETFD), -1); /* it is no longer ours */
    int taken = take();
    assert_true(taken >= 0);
    assert_int_equal(fcntl(taken, F_GETFD), FD_CLOEXEC);
    assert_int_equal(send(peer, "k", 1, MSG_NOSIGNAL), 1);
    assert_int_equal(recv(taken, &byte, sizeof byte, MSG_DONTWAIT), 1);
    assert_int_equal(byte, 'k');
    close(taken);
    expect_end(peer);
}

static void where_none_waits_there_is_none(void **state)
{
    (void)state;
    assert_int_equal(take(), -1);
    assert_int_equal(errno, EAGAIN);
    /* The node ends: its end of the pair goes first. */
    close(pair.sender);
    pair.sender = -1;
    assert_int_equal(take(), -1);
    assert_int_equal(errno, EAGAIN);
}

/* The kernel had no descriptor for it, and left it out. */
static void a_word_without_a_connection_is_one_that_was_given_up(void **state)
{
    (void)state;
    assert_int_equal(send(pair.sender, "", 1, MSG_NOSIGNAL), 1);
    assert_int_equal(take(), -1);
    assert_int_equal(errno, ECONNABORTED);
}

static void above_the_ceiling_it_is_ended(void **state)
{
    (void)state;
    int accepted;
    int peer;
    connect_pair(&accepted, &peer);
    assert_true(accept4_hand_over(pair.sender, accepted));
    accept4_set_ceiling(accepted); /* the lowest free number is given again */
    assert_int_equal(accept4_ceiling(), accepted);
    assert_int_equal(take(), -1);
    assert_int_equal(errno, ECONNABORTED);
    expect_end(peer);
    /* One below it is taken. */
    connect_pair(&accepted, &peer);
    assert_true(accept4_hand_over(pair.sender, accepted));
    accept4_set_ceiling(accepted + 1);
    int taken = take();
    assert_int_equal(taken, accepted);
    close(taken);
    close(peer);
}

/* The pair holds so many, and no more: nothing waits, nothing is left over. */
static void more_than_may_be_under_way_are_ended(void **state)
{
    (void)state;
    int accepted;
    int peer;
    size_t count = 0;
    connect_pair(&accepted, &peer);
    while (accept4_hand_over(pair.sender, dup(accepted)) && count < HANDED_OVER_MAX) {
        count++;
    }
    assert_in_range(count, 1, HANDED_OVER_MAX - 1);
    close(accepted);
    for (; count > 0; count--) {
        int taken = take();
        assert_true(taken >= 0);
        close(taken);
    }
    assert_int_equal(take(), -1);
    expect_end(peer);
}

static void a_listener_of_our_own_has_the_same_ceiling(void **state)
{
    (void)state;
    struct sockaddr address = {.sa_family = AF_UNIX}; /* the kernel chooses a name */
    struct sockaddr_storage name;
    socklen_t name_size = sizeof name;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, &address, sizeof address.sa_family), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&name, &name_size), 0);
    assert_int_equal(accept4_take(listener), -1);
    assert_int_equal(errno, EAGAIN);
    int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(peer, (struct sockaddr *)&name, name_size), 0);
    accept4_set_ceiling(peer + 1);
    assert_int_equal(accept4_take(listener), -1);
    assert_int_equal(errno, ECONNABORTED);
    expect_end(peer);
    accept4_set_ceiling(0);
    peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(peer, (struct sockaddr *)&name, name_size), 0);
    int taken = accept4_take(listener);
    assert_true(taken >= 0);
    assert_true((fcntl(taken, F_GETFL) & O_NONBLOCK) != 0);
    close(taken);
    close(peer);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_connection_that_is_handed_over_is_accepted, open_pair,
                                        close_pair),
        cmocka_unit_test_setup_teardown(where_none_waits_there_is_none, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(a_word_without_a_connection_is_one_that_was_given_up,
                                        open_pair, close_pair),
        cmocka_unit_test_setup_teardown(above_the_ceiling_it_is_ended, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(more_than_may_be_under_way_are_ended, open_pair,
                                        close_pair),
        cmocka_unit_test_setup_teardown(a_listener_of_our_own_has_the_same_ceiling, open_pair,
                                        close_pair),
    };
    return cmocka_run_group_tests_name("accept4", tests, NULL, NULL);
}
