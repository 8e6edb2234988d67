#include "tests/sim/totals.h"

#include "common/base/timestamp.h"

#include <stdio.h>

/* No update reaches all members in less than half a round trip over the herd's diameter. */
static void add_spread(totals_t *self, const sim_settings_t *settings, const sim_result_t *result)
{
    double round_trip_ns = 2 * (double)settings->latency_ns * (double)result->diameter;
    if (round_trip_ns <= 0) {
        return;
    }
    double longest = (double)result->spread.longest_ns / round_trip_ns;
    self->spread += result->spread.count;
    self->spread_ns += result->spread.total_ns;
    self->spread_round_trips += (double)result->spread.total_ns / round_trip_ns;
    self->spread_longest = longest > self->spread_longest ? longest : self->spread_longest;
}

void totals_add(totals_t *self, const sim_settings_t *settings, const sim_result_t *result)
{
    self->runs++;
    self->failed += result->failure[0] != '\0' ? 1 : 0;
    self->updates += result->updates;
    self->messages += result->network.messages;
    self->bytes += result->network.bytes;
    self->batches += result->network.batches;
    self->batch_bytes += result->network.batch_bytes;
    self->least += result->least;
    self->flooded += result->flooded;
    self->lost += result->network.lost;
    self->late += result->network.late;
    self->sent += result->members.sent;
    self->newer += result->members.newer;
    self->same += result->members.same;
    self->gaps += result->members.gaps;
    self->connected += result->members.connected;
    self->audits += result->members.audits;
    self->comparisons += result->members.comparisons;
    self->repaired += result->members.repaired;
    self->answered += result->members.answered;
    self->unanswered += result->members.unanswered;
    self->resumed += result->members.resumed;
    self->recovered += result->members.recovered;
    self->trace = self->trace * 31 + result->network.trace;
    self->virtual_ns += result->virtual_ns;
    if (result->converged_ns > self->converged_max_ns) {
        self->converged_max_ns = result->converged_ns;
    }
    add_spread(self, settings, result);
}

double totals_per(uint64_t count, uint64_t of)
{
    return of > 0 ? (double)count / (double)of : 0;
}

static void print_count(const char *name, uint64_t count, uint64_t updates)
{
    printf("%-16s%llu, %.2f per update\n", name, (unsigned long long)count,
           totals_per(count, updates));
}

static void print_updates(const totals_t *self)
{
    printf("updates         %llu, %llu answered, %llu not in time\n",
           (unsigned long long)self->updates, (unsigned long long)self->answered,
           (unsigned long long)self->unanswered);
    printf("records sent    %llu, %.2f per update (least %.2f, without marks %.2f)\n",
           (unsigned long long)self->sent, totals_per(self->sent, self->updates),
           totals_per(self->least, self->updates), totals_per(self->flooded, self->updates));
    print_count("records taken", self->newer, self->updates);
    print_count("duplicates", self->same, self->updates);
    print_count("batches", self->batches, self->updates);
    print_count("bytes of these", self->batch_bytes, self->updates);
    if (self->spread > 0) {
        printf("spread          %.2f round trips over the herd, %.2f at most; %.1f ms\n",
               self->spread_round_trips / (double)self->spread, self->spread_longest,
               (double)self->spread_ns / (double)self->spread / (double)TIMESTAMP_NS_PER_MS);
    }
}

void totals_print(const totals_t *self)
{
    printf("runs            %llu, %llu failed, %.1f virtual seconds each\n",
           (unsigned long long)self->runs, (unsigned long long)self->failed,
           totals_per((uint64_t)self->virtual_ns, self->runs) / (double)TIMESTAMP_NS_PER_S);
    print_updates(self);
    printf("messages        %llu, %llu lost, %llu late\n", (unsigned long long)self->messages,
           (unsigned long long)self->lost, (unsigned long long)self->late);
    printf("bytes           %llu\n", (unsigned long long)self->bytes);
    printf("gaps            %llu\n", (unsigned long long)self->gaps);
    printf("connections     %llu made\n", (unsigned long long)self->connected);
    printf("lives           %llu resumed, %llu damaged\n", (unsigned long long)self->resumed,
           (unsigned long long)self->recovered);
    printf("audits          %llu; %llu comparisons, %llu records repaired\n",
           (unsigned long long)self->audits, (unsigned long long)self->comparisons,
           (unsigned long long)self->repaired);
    printf("convergence     %.3f s after the end of faults and updates, at most\n",
           (double)self->converged_max_ns / (double)TIMESTAMP_NS_PER_S);
    printf("trace           %016llx\n", (unsigned long long)self->trace);
}
