/* Any bytes as host and port: the parts lie in the text; an address of numbers, looked up and
 * written, is read as the same socket address again. */
#include "common/sockets/address.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Looks the address up, without asking anyone, and writes it. */
static size_t write_resolved(const address_t *address, char out[ADDRESS_TEXT_SIZE])
{
    struct addrinfo *found = NULL;
    int error = address_resolve(address, AI_NUMERICHOST, &found);
    assert(error == 0);
    size_t written = address_write(found->ai_addr, out);
    assert(written > 0 && written < ADDRESS_TEXT_SIZE && out[written] == '\0');
    freeaddrinfo(found);
    return written;
}

static void check_split(text_t text)
{
    text_t host;
    text_t port;
    if (address_split(text, &host, &port)) {
        assert(host.size + port.size <= text.size);
        assert(port.data == NULL || port.data + port.size == text.data + text.size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t text = {.data = (const char *)data, .size = size};
    address_t address;
    check_split(text);
    if (address_parse(text, &address) != STATUS_OK) {
        return 0;
    }
    assert(address.port > 0 && address.host[0] != '\0');
    if (address_is_numeric(&address)) {
        char written[ADDRESS_TEXT_SIZE];
        char again[ADDRESS_TEXT_SIZE];
        write_resolved(&address, written);
        status_t status = address_parse(text_of(written), &address);
        assert(status == STATUS_OK && address_is_numeric(&address));
        write_resolved(&address, again);
        assert(strcmp(written, again) == 0);
    }
    return 0;
}
