/* Any bytes as the headers Retry-After and Date, a line each: what is said is within its limits,
 * and a number alone decides by itself. */
#include "common/base/limits.h"
#include "node/places/retry_after.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t date = {.data = (const char *)data, .size = size};
    text_t value = {.data = date.data, .size = 0};
    (void)text_take_until(&date, '\n', &value);
    int64_t seconds = retry_after_read(value, date, INT64_C(1700000000));
    assert(seconds >= 0 && seconds <= LIMIT_RETRY_AFTER_S);
    uint64_t number;
    if (text_to_u64(value, LIMIT_RETRY_AFTER_S, &number)) {
        assert(seconds == (number > 0 ? (int64_t)number : 1));
    }
    return 0;
}
