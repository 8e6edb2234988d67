/* Signals from a descriptor (common/program/signals.h). */
#include "tests/support/cmocka_herd.h"

#include "common/program/signals.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t handled; /* signals that took effect */

static void count(int signal_number)
{
    (void)signal_number;
    handled++;
}

static bool is_readable(int descriptor)
{
    struct pollfd item = {.fd = descriptor, .events = POLLIN};
    return poll(&item, 1, 0) == 1;
}

static void signals_are_taken_when_they_come(void **state)
{
    (void)state;
    static const int taken[] = {SIGUSR1, SIGUSR2, 0};
    int signals = signals_open(taken);
    assert_true(signals >= 0);
    assert_int_equal(signals_take(signals), 0); /* and does not wait */
    assert_int_equal(raise(SIGUSR2), 0);
    assert_true(is_readable(signals));
    assert_int_equal(signals_take(signals), SIGUSR2);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(raise(SIGUSR1), 0); /* a second one is not kept beside the first (signal(7)) */
    assert_int_equal(signals_take(signals), SIGUSR1);
    assert_int_equal(signals_take(signals), 0);
    assert_int_equal(handled, 0);
    signals_close(signals, taken);
}

/* A signal that was not taken takes effect when the descriptor is closed. */
static void a_pending_signal_takes_effect_at_the_end(void **state)
{
    (void)state;
    static const int taken[] = {SIGUSR1, 0};
    int signals = signals_open(taken);
    handled = 0;
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(handled, 0);
    signals_close(signals, taken);
    assert_int_equal(handled, 1);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(handled, 2);
}

static void other_signals_take_effect_at_once(void **state)
{
    (void)state;
    static const int taken[] = {SIGUSR2, 0};
    static const int none[] = {0};
    int signals = signals_open(taken);
    int nothing = signals_open(none);
    handled = 0;
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(handled, 1);
    assert_false(is_readable(signals));
    assert_false(is_readable(nothing));
    signals_close(nothing, none);
    signals_close(signals, taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_are_taken_when_they_come),
        cmocka_unit_test(a_pending_signal_takes_effect_at_the_end),
        cmocka_unit_test(other_signals_take_effect_at_once),
    };
    struct sigaction action = {.sa_handler = count};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
