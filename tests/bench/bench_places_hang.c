/* What a provider that hangs costs an IAMAT: the same client asks, one line at a time, in turns
 * with and without 200 WHATSATs that wait for the provider, so that whatever else the machine does
 * affects both. Prints the 99th percentiles and their ratio; fails if it is above the bar. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/scene.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"
#include "common/clock/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    TURNS = 10,    /* of each kind */
    IAMATS = 3000, /* of a turn */
    SAMPLES = TURNS * IAMATS,
    WHATSATS = 200, /* that wait */
    RESULTS = 20,
    ASKERS = 10, /* connections; one alone may not have that much under way (max_output) */
    LINE_SIZE = 64,
};

static const double bar = 1.5;

/* Times of one kind of turn, in ns. */
typedef struct {
    int64_t *times_ns;
    size_t count;
} samples_t;

static int compare(const void *one, const void *other)
{
    int64_t difference_ns = *(const int64_t *)one - *(const int64_t *)other;
    return (difference_ns > 0) - (difference_ns < 0);
}

static double percentile_us(samples_t *samples, double part)
{
    qsort(samples->times_ns, samples->count, sizeof samples->times_ns[0], compare);
    return (double)samples->times_ns[(size_t)(part * (double)(samples->count - 1))] / 1000;
}

static void measure(client_t *client, samples_t *samples)
{
    static uint64_t time_s;
    char line[LINE_SIZE];
    for (size_t i = 0; i < IAMATS; i++) {
        snprintf(line, sizeof line, "IAMAT bench +34.0-118.0 %llu\n", (unsigned long long)time_s++);
        int64_t begin_ns = clock_steady_ns();
        client_say(client, line);
        (void)client_read_line(client);
        samples->times_ns[samples->count++] = clock_steady_ns() - begin_ns;
    }
}

/* Asks WHATSATS different questions, from connections of their own. */
static void ask_many(client_t **askers)
{
    char line[LINE_SIZE];
    for (unsigned i = 0; i < ASKERS; i++) {
        askers[i] = herd_connect(scene_herd(), "Clark");
    }
    for (unsigned i = 0; i < WHATSATS; i++) {
        snprintf(line, sizeof line, "WHATSAT " SCENE_CLIENT " %u %u\n", 1 + i / RESULTS,
                 1 + i % RESULTS);
        client_say(askers[i % ASKERS], line);
    }
}

static void end_many(client_t **askers)
{
    for (unsigned i = 0; i < ASKERS; i++) {
        client_half_close(askers[i]);
        (void)client_read_all(askers[i]);
        client_destroy(&askers[i]);
    }
}

static void positions_do_not_wait_for_places(void **state)
{
    scene_start(state,
                &(scene_options_t){.provider = "google",
                                   .places = "max_concurrent = \"64\"\ntimeout = \"600000\"\n",
                                   .herd = "request_timeout = \"600000\"\ntraffic = \"no\"\n"});
    samples_t without = {.times_ns = memory_new_array(SAMPLES, sizeof(int64_t))};
    samples_t with = {.times_ns = memory_new_array(SAMPLES, sizeof(int64_t))};
    client_t *client = herd_connect(scene_herd(), "Clark");
    for (size_t turn = 0; turn < TURNS; turn++) {
        measure(client, &without);
        size_t before = provider_request_count(scene_provider());
        provider_set_reply(scene_provider(), &(provider_reply_t){.manner = PROVIDER_HANGS});
        client_t *askers[ASKERS];
        ask_many(askers);
        provider_wait_requests(scene_provider(), before + 64);
        measure(client, &with);
        provider_set_body(scene_provider(), "{}");
        end_many(askers);
    }
    double without_us = percentile_us(&without, 0.99);
    double with_us = percentile_us(&with, 0.99);
    printf("IAMAT, %d each, us: p50 %.0f without, %.0f with %d WHATSATs waiting; p99 %.0f without, "
           "%.0f with; "
           "ratio of p99 %.2f (bar %.1f)\n",
           SAMPLES, percentile_us(&without, 0.5), percentile_us(&with, 0.5), WHATSATS, without_us,
           with_us, with_us / without_us, bar);
    assert_true(with_us <= bar * without_us);
    client_destroy(&client);
    free(without.times_ns);
    free(with.times_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(positions_do_not_wait_for_places),
    };
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
