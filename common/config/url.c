#include "common/config/url.h"

#include "common/sockets/address.h"

#include <string.h>

bool config_url_is_printable(const char *value, char first)
{
    size_t i = 0;
    while (value[i] >= first && value[i] <= '~') {
        i++;
    }
    return i > 0 && value[i] == '\0';
}

bool config_url_is_loopback(const config_reader_t *reader, text_t host)
{
    address_t address;
    const char *text = arena_format(reader->arena, "%.*s:1", (int)host.size, host.data);
    return address_parse(text_of(text), &address) == STATUS_OK && address_is_loopback(&address);
}

bool config_url_take_host(text_t *rest, text_t *ret_host)
{
    text_t authority;
    text_t host;
    text_t port;
    uint16_t number;
    if (!text_take_until(rest, '/', &authority) || !address_split(authority, &host, &port) ||
        (port.data != NULL && address_parse_port(port, &number) != STATUS_OK)) {
        return false;
    }
    bool is_bracketed = host.size > 0 && host.data[0] == '[';
    *ret_host = host;
    return host.size > 0 && (is_bracketed || memchr(host.data, ':', host.size) == NULL);
}

bool config_url_take_prefix(text_t *rest, text_t prefix)
{
    if (!text_equal(text_first(*rest, prefix.size), prefix)) {
        return false;
    }
    *rest = text_after(*rest, prefix.size);
    return true;
}

bool config_url_take_origin(text_t *rest, text_t *ret_host, bool *ret_secure)
{
    *ret_secure = config_url_take_prefix(rest, TEXT("https://"));
    return (*ret_secure || config_url_take_prefix(rest, TEXT("http://"))) &&
           config_url_take_host(rest, ret_host);
}
