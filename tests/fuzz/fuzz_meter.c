/* Any connections and limits at the meter: what stays is within the limits, what is cut had to be,
 * members before strangers, large ones and old ones first. An input is four bytes of limits, then
 * three a connection: flags, bytes, and a part of the number. */
#include "common/sockets/meter.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONNECTIONS_MAX = 128, LIMITS_SIZE = 4, CONNECTION_SIZE = 3, UNIT_SIZE = 1024 };

static bool is_past_own(const meter_connection_t *connection, const meter_limits_t *limits)
{
    return connection->open_size >
           (connection->unread ? limits->open_unread_max : limits->open_max);
}

/* Those that are not named and stay, or stayed when only each one's own limit counted. */
typedef struct {
    uint64_t size;
    size_t strangers;
    size_t all;
} sums_t;

static sums_t sum(const meter_connection_t *connections, size_t count, const meter_limits_t *limits,
                  bool own_only)
{
    sums_t sums = {0};
    for (size_t i = 0; i < count; i++) {
        const meter_connection_t *connection = &connections[i];
        bool stays = own_only ? !is_past_own(connection, limits) : connection->verdict == NULL;
        sums.all += stays ? 1 : 0;
        sums.strangers += stays && !connection->named ? 1 : 0;
        sums.size += stays && !connection->named ? connection->open_size : 0;
    }
    return sums;
}

static bool holds(const sums_t *sums, const meter_limits_t *limits)
{
    return sums->size <= limits->open_total && sums->strangers <= limits->stranger_count &&
           (sums->all <= limits->connection_count || sums->strangers == 0);
}

static void check(const meter_connection_t *connections, size_t count, const meter_limits_t *limits,
                  size_t cut)
{
    sums_t own = sum(connections, count, limits, true);
    sums_t left = sum(connections, count, limits, false);
    assert(left.all + cut == count && holds(&left, limits));
    if (holds(&own, limits)) {
        assert(left.all == own.all);
    }
    for (size_t i = 0; i < count; i++) {
        const meter_connection_t *one = &connections[i];
        bool past_own = is_past_own(one, limits);
        assert(!past_own || one->verdict != NULL);
        assert(one->verdict == NULL || !one->named || past_own);
        if (one->verdict == NULL || past_own) {
            continue;
        }
        /* A stranger that stays is neither older nor larger than one that had to go. */
        for (size_t j = 0; j < count; j++) {
            const meter_connection_t *other = &connections[j];
            assert(other->verdict != NULL || other->named || other->number > one->number ||
                   other->open_size <= one->open_size);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    meter_connection_t connections[CONNECTIONS_MAX];
    size_t count = 0;
    if (size < LIMITS_SIZE) {
        return 0;
    }
    const meter_limits_t limits = {.open_max = (uint64_t)data[0] * UNIT_SIZE,
                                   .open_unread_max = (uint64_t)(data[0] + data[1]) * UNIT_SIZE,
                                   .open_total = (uint64_t)data[1] * 4 * UNIT_SIZE,
                                   .stranger_count = data[2],
                                   .connection_count = data[3]};
    for (size_t at = LIMITS_SIZE; at + CONNECTION_SIZE <= size && count < CONNECTIONS_MAX;
         at += CONNECTION_SIZE) {
        connections[count] = (meter_connection_t){.number = (uint64_t)data[at + 2] << 8 | count,
                                                  .open_size = (uint64_t)data[at + 1] * UNIT_SIZE,
                                                  .unread = (data[at] & 1) != 0,
                                                  .named = (data[at] & 2) != 0};
        count++;
    }
    size_t cut = meter_judge(connections, count, &limits);
    check(connections, count, &limits, cut);
    return 0;
}
