/* Connections that come and go, by their addresses: each address has as many as came and did not
 * go. An input is pairs of bytes: an odd one and an address for one that comes, an even one for one
 * that goes, if there is one. */
#include "frontend/clients/addresses.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ADDRESSES = 256 };

/* Networks that differ in their high bytes only, or in their low ones. */
static uint64_t address_at(unsigned index)
{
    return (uint64_t)(index & 15) << 56 | index >> 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t counts[ADDRESSES] = {0};
    addresses_t *addresses = addresses_new();
    for (size_t i = 0; i + 1 < size; i += 2) {
        unsigned index = data[i + 1];
        if ((data[i] & 1) != 0) {
            size_t count = addresses_add(addresses, address_at(index));
            assert(count == ++counts[index]);
        } else if (counts[index] > 0) {
            addresses_remove(addresses, address_at(index));
            counts[index]--;
        }
        assert(addresses_count(addresses, address_at(index)) == counts[index]);
    }
    for (unsigned i = 0; i < ADDRESSES; i++) {
        assert(addresses_count(addresses, address_at(i)) == counts[i]);
    }
    addresses_destroy(&addresses);
    return 0;
}
