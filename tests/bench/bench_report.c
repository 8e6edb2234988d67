#include "tests/bench/bench_report.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    double percent;    /* of the values */
    const char *title; /* in the table and in JSON */
} report_percentiles[] = {{50, "p50"}, {90, "p90"}, {99, "p99"}, {99.9, "p99.9"}};

static const double OWN_SHARE_MOST = 0.9; /* tests/bench/compare/result.py has the same */

enum { PERCENTILES = sizeof report_percentiles / sizeof report_percentiles[0] };

static const char *const kind_names[BENCH_KINDS] = {"iamat", "whatsat", "position", "near",
                                                    "event"};

const char *const bench_report_peers[] = {"herd", "redis", "redis-set", "echo",
                                          "web",  "http",  NULL};

const char *bench_report_peer(bench_peer_t peer)
{
    return bench_report_peers[peer];
}

static double us(uint64_t time_ns)
{
    return (double)time_ns / 1000;
}

static void print_row(const char *name, const histogram_t *histogram)
{
    printf("%-8s %12llu", name, (unsigned long long)histogram->count);
    for (size_t i = 0; i < PERCENTILES; i++) {
        printf(" %10.1f", us(histogram_percentile(histogram, report_percentiles[i].percent)));
    }
    printf(" %10.1f\n", us(histogram->max));
}

static double results_per_answer(const bench_result_t *result)
{
    uint64_t answers = result->answers_looked_at;
    return answers > 0 ? (double)result->results / (double)answers : 0;
}

/* Of one processor, which is all that one thread can have. */
static double own_share(const bench_result_t *result)
{
    return result->took_ns > 0 ? (double)result->spent_ns / (double)result->took_ns : 0;
}

static void print_table(const bench_result_t *result, const histogram_t *all, double rate)
{
    printf("%.0f lines/s for %.3f s: %llu right, %llu wrong, %llu lost, %llu unsent, "
           "%llu connections closed\n\n",
           rate, (double)result->took_ns / (double)TIMESTAMP_NS_PER_S,
           (unsigned long long)all->count, (unsigned long long)result->wrong,
           (unsigned long long)result->lost, (unsigned long long)result->unsent,
           (unsigned long long)result->closed);
    printf("herd-bench itself was busy %.0f %% of the time%s\n\n", own_share(result) * 100,
           own_share(result) > OWN_SHARE_MOST ? ": it, not the peer, may be what was measured"
                                              : "");
    if (result->answers_looked_at > 0) {
        printf("%.2f results in an answer, on average\n\n", results_per_answer(result));
    }
    printf("%-8s %12s", "us", "lines");
    for (size_t i = 0; i < PERCENTILES; i++) {
        printf(" %10s", report_percentiles[i].title);
    }
    printf(" %10s\n", "max");
    print_row("all", all);
    for (size_t i = 0; i < BENCH_KINDS; i++) {
        print_row(kind_names[i], &result->latencies[i]);
    }
}

static void print_object(const char *name, const histogram_t *histogram, const char *behind)
{
    printf("    \"%s\": {\"count\": %llu", name, (unsigned long long)histogram->count);
    for (size_t i = 0; i < PERCENTILES; i++) {
        printf(", \"%s\": %.1f", report_percentiles[i].title,
               us(histogram_percentile(histogram, report_percentiles[i].percent)));
    }
    printf(", \"max\": %.1f}%s\n", us(histogram->max), behind);
}

static void print_json(const bench_settings_t *settings, const bench_result_t *result,
                       const histogram_t *all, double rate)
{
    printf("{\n  \"version\": \"%s\",\n  \"peer\": \"%s\",\n  \"loop\": \"%s\",\n", HERD_VERSION,
           bench_report_peer(settings->peer), settings->rate > 0 ? "open" : "closed");
    printf("  \"clients\": %llu,\n  \"pipeline\": %llu,\n  \"ids\": %llu,\n  \"rate\": %llu,\n",
           (unsigned long long)settings->clients, (unsigned long long)settings->pipeline,
           (unsigned long long)settings->ids, (unsigned long long)settings->rate);
    printf("  \"mix\": {\"iamat\": %llu, \"whatsat\": %llu, \"position\": %llu, \"near\": %llu},\n",
           (unsigned long long)settings->weights[BENCH_IAMAT],
           (unsigned long long)settings->weights[BENCH_WHATSAT],
           (unsigned long long)settings->weights[BENCH_POSITION],
           (unsigned long long)settings->weights[BENCH_NEAR]);
    printf("  \"seconds\": %.3f,\n  \"lines_per_s\": %.1f,\n",
           (double)result->took_ns / (double)TIMESTAMP_NS_PER_S, rate);
    printf("  \"right\": %llu,\n  \"wrong\": %llu,\n  \"lost\": %llu,\n  \"unsent\": %llu,\n"
           "  \"connections_closed\": %llu,\n",
           (unsigned long long)all->count, (unsigned long long)result->wrong,
           (unsigned long long)result->lost, (unsigned long long)result->unsent,
           (unsigned long long)result->closed);
    printf("  \"ended\": %.6f,\n  \"generator_share\": %.3f,\n  \"results_per_answer\": %.2f,\n",
           (double)result->ended_ns / (double)TIMESTAMP_NS_PER_S, own_share(result),
           results_per_answer(result));
    puts("  \"latency_us\": {");
    print_object("all", all, ",");
    print_object(kind_names[BENCH_IAMAT], &result->latencies[BENCH_IAMAT], ",");
    print_object(kind_names[BENCH_WHATSAT], &result->latencies[BENCH_WHATSAT], ",");
    print_object(kind_names[BENCH_POSITION], &result->latencies[BENCH_POSITION], ",");
    print_object(kind_names[BENCH_NEAR], &result->latencies[BENCH_NEAR], ",");
    print_object(kind_names[BENCH_EVENT], &result->latencies[BENCH_EVENT], "");
    puts("  }\n}");
}

void bench_report_print(const bench_settings_t *settings, const bench_result_t *result)
{
    histogram_t *all = memory_new(sizeof *all);
    for (size_t i = 0; i < BENCH_EVENT; i++) {
        histogram_merge(all, &result->latencies[i]);
    }
    double seconds = (double)result->took_ns / (double)TIMESTAMP_NS_PER_S;
    double rate = seconds > 0 ? (double)all->count / seconds : 0;
    if (settings->json) {
        print_json(settings, result, all, rate);
    } else {
        print_table(result, all, rate);
    }
    free(all);
}
