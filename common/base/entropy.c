#include "common/base/entropy.h"

#include <assert.h>
#include <sys/random.h>

uint64_t entropy_number(void)
{
    uint64_t number;
    ssize_t size = getrandom(&number, sizeof number, 0);
    assert(size == (ssize_t)sizeof number); /* getrandom(2): up to 256 bytes are never cut short */
    return number;
}
