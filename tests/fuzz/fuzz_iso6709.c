/* Any bytes as a position: degrees within their ranges, the same with a closing "/" (P4, P5);
 * what is taken is what is valid. */
#include "common/protocol/iso6709.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t text = {.data = (const char *)data, .size = size};
    iso6709_position_t position;
    bool taken = iso6709_parse(text, &position);
    assert(iso6709_is_valid(text) == taken);
    if (!taken) {
        return 0;
    }
    assert(position.latitude_deg >= -90 && position.latitude_deg <= 90);
    assert(position.longitude_deg >= -180 && position.longitude_deg <= 180);
    assert(data[0] == '+' ? position.latitude_deg >= 0 : position.latitude_deg <= 0);
    char closed[8192];
    if (size < sizeof closed) {
        char *end = text_copy(TEXT("/"), text_copy(text, closed));
        iso6709_position_t again;
        bool complete = data[size - 1] == '/';
        bool taken_closed =
            iso6709_parse((text_t){.data = closed, .size = (size_t)(end - closed)}, &again);
        assert(taken_closed == !complete);
        assert(complete || (again.latitude_deg == position.latitude_deg &&
                            again.longitude_deg == position.longitude_deg));
    }
    return 0;
}
