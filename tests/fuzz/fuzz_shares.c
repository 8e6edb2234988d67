/* Any lines of any peers at the log's shares: what is taken keeps the limits, and what a peer has
 * that sends little is taken. An input is four bytes a line: peer, seconds that have passed, size;
 * beside them a plain sum of each peer. */
#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/log/shares.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    PEERS = 256, /* few enough that none of them shares another's place */
    STEP_SIZE = 4,
    REPEATS = 64, /* of one line: a short input reaches the limits */
    EXTRA = 96,   /* bytes that a line has in the log beside itself */
};

typedef struct {
    size_t lines;
    size_t size;
} sum_t;

static void say(log_shares_t *shares, uint64_t peer, int64_t now_ns, size_t size, sum_t *sums)
{
    sum_t *sum = &sums[peer];
    sum_t *all = &sums[PEERS];
    bool sure = sum->lines < LIMIT_TRAFFIC_SURE_LINES &&
                sum->size + size + EXTRA <= LIMIT_TRAFFIC_SURE_SIZE;
    bool taken = log_shares_take(shares, peer, now_ns, size);
    assert(taken || !sure);
    if (!taken) {
        assert(sum->lines >= LIMIT_TRAFFIC_LINES || sum->size >= LIMIT_TRAFFIC_SIZE ||
               all->size >= LIMIT_TRAFFIC_TOTAL);
        return;
    }
    assert(sure || all->size < LIMIT_TRAFFIC_TOTAL);
    assert(sum->lines < LIMIT_TRAFFIC_LINES && sum->size < LIMIT_TRAFFIC_SIZE);
    sum->lines++;
    sum->size += size + EXTRA;
    all->size += size + EXTRA;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static log_shares_t *shares;
    static int64_t now_ns = TIMESTAMP_NS_PER_S;
    sum_t sums[PEERS + 1] = {0};
    if (shares == NULL) {
        shares = log_shares_new();
    }
    now_ns += TIMESTAMP_NS_PER_S;
    for (size_t at = 0; at + STEP_SIZE <= size; at += STEP_SIZE) {
        size_t line_size = (size_t)data[at + 2] * 256 + data[at + 3];
        if (data[at + 1] % 8 == 7) {
            now_ns += TIMESTAMP_NS_PER_S;
            memset(sums, 0, sizeof sums);
        }
        for (int i = 0; i < REPEATS; i++) {
            say(shares, data[at], now_ns, line_size, sums);
        }
    }
    return 0;
}
