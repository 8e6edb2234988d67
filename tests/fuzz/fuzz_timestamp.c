/* Any bytes as a time and as a difference: a difference has one text (D2), and a time that is
 * printed and parsed has the same value. */
#include "common/base/timestamp.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t text = {.data = (const char *)data, .size = size};
    char out[TIMESTAMP_DIFFERENCE_SIZE];
    int64_t time_ns;
    int64_t again_ns;
    if (timestamp_parse_difference(text, &time_ns)) {
        size_t out_size = timestamp_write_difference(time_ns, out);
        assert(text_equal(text, (text_t){.data = out, .size = out_size}));
    }
    if (timestamp_parse(text, &time_ns)) {
        assert(time_ns >= 0);
        size_t out_size = timestamp_write_difference(time_ns, out);
        /* Less its sign, a difference from 1970 is a time. */
        bool taken = timestamp_parse((text_t){.data = out + 1, .size = out_size - 1}, &again_ns);
        assert(taken && again_ns == time_ns);
        char date[TIMESTAMP_ISO8601_SIZE];
        timestamp_write_iso8601(time_ns, date);
        assert(memcmp(date, "1970-01-01T00:00:00.000Z", sizeof date) >= 0);
        assert(memcmp(date, "2262-04-11T23:47:16.854Z", sizeof date) <= 0);
    }
    return 0;
}
