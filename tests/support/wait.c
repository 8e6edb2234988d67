#include "tests/support/wait.h"

#include <time.h>

enum { NAP_MS = 5 };

int64_t wait_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void wait_nap(int64_t nap_ms)
{
    struct timespec nap = {.tv_sec = nap_ms / 1000, .tv_nsec = nap_ms % 1000 * 1000000};
    nanosleep(&nap, NULL);
}

bool wait_until(wait_condition_fn *condition, void *argument, int64_t limit_ms)
{
    int64_t deadline_ms = wait_clock_ms() + limit_ms;
    while (!condition(argument)) {
        if (wait_clock_ms() >= deadline_ms) {
            return false;
        }
        wait_nap(NAP_MS);
    }
    return true;
}
