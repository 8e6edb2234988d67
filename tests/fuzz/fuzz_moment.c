/* Any bytes as a time that a reader asks for: a span does not end before it begins, and what is one
 * time by RFC 3339 is the same one as an interval, and as a short time. */
#include "frontend/web/geo/moment.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t text = {.data = (const char *)data, .size = size};
    moment_span_t span;
    moment_span_t other;
    if (moment_read(text, &span)) {
        assert(span.from_ns >= -1 && span.from_ns <= span.to_ns);
        assert(moment_read_interval(text, &other));
        assert(other.from_ns == span.from_ns && other.to_ns == span.to_ns);
        assert(moment_read_short(text, &other));
        assert(other.from_ns == span.from_ns && other.to_ns == span.to_ns);
    }
    if (moment_read_short(text, &span)) {
        assert(span.from_ns >= -1 && span.from_ns <= span.to_ns);
    }
    if (moment_read_interval(text, &span)) {
        assert(span.from_ns <= span.to_ns);
    }
    return 0;
}
