/* Tiles for the page of herd-web: a URL with {z}, {x} and {y}.
 *
 * What passes goes to two places. Its origin, scheme and host, becomes a source of the page's
 * Content-Security-Policy, in a header field: so it is made of letters, digits, "-", "." and a port
 * alone, and of hosts that browsers compare (CSP Level 3, section 6.7.2.8: names, and of addresses
 * 127.0.0.1). The whole goes to the page as JSON. */
#include "common/config/tiles.h"

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/config/url.h"
#include "common/config/values.h"
#include "common/json/json_string.h"
#include "common/sockets/address.h"

#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static bool config_is_source(text_t host)
{
    static const char allowed[] = LETTERS "0123456789-.";
    for (size_t i = 0; i < host.size; i++) {
        if (memchr(allowed, host.data[i], sizeof allowed - 1) == NULL) {
            return false;
        }
    }
    return host.size <= ADDRESS_HOST_SIZE &&
           (!address_looks_ipv4(host) || text_equal(host, TEXT("127.0.0.1")));
}

/* Whether {z}, {x} and {y} stand there, each once, and no other brace. */
static bool config_has_tile(const char *path)
{
    static const char *const parts[] = {"{z}", "{x}", "{y}"};
    size_t braces = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *part = strstr(path, parts[i]);
        if (part == NULL || strstr(part + 1, parts[i]) != NULL) {
            return false;
        }
    }
    for (const char *at = path; (at = strpbrk(at, "{}")) != NULL; at++) {
        braces++;
    }
    return braces == 2 * sizeof parts / sizeof parts[0];
}

/* No fragment, and nothing that ends a word of a header field or of HTML. */
static bool config_is_tiles_url(const char *value)
{
    return config_url_is_printable(value, '!') && strpbrk(value, "\"'`;,<>#\\^|") == NULL &&
           strlen(value) <= LIMIT_BASE_URL_SIZE;
}

void config_tiles_url(const config_reader_t *reader, const config_key_t *key,
                      const config_setting_t *setting, void *structure)
{
    (void)key;
    config_t *config = structure;
    const char *value = setting->value;
    text_t rest = text_of(value);
    text_t host;
    bool secure;
    if (!config_is_tiles_url(value) || !config_url_take_origin(&rest, &host, &secure) ||
        rest.size == 0 || !config_has_tile(rest.data)) {
        config_values_bad(
            reader, setting,
            "of the form https://host/{z}/{x}/{y}.png: each of the three once, behind "
            "the host, no other braces, no spaces, quotation marks, \";\" or \",\"");
        return;
    }
    if (!config_is_source(host)) {
        config_values_bad(reader, setting,
                          "a URL whose host is a name of letters, digits, \"-\" and \".\", or "
                          "127.0.0.1: browsers load from no other addresses that a page names");
        return;
    }
    if (!secure && !config_url_is_loopback(reader, host)) {
        config_findings_error(
            reader->findings, setting->line,
            "\"%s\" must begin with https:// unless its host is this machine (127.0.0.1, "
            "localhost): what part of the world is looked at would travel in the open",
            setting->name);
        return;
    }
    config->tiles.url = value;
    config->tiles.origin = arena_copy_text(reader->arena, value, (size_t)(rest.data - value) - 1);
}

void config_tiles_attribution(const config_reader_t *reader, const config_key_t *key,
                              const config_setting_t *setting, void *structure)
{
    text_t text = text_of(setting->value);
    if (text.size == 0 || text.size > LIMIT_ATTRIBUTION_SIZE || !json_string_is_utf8(text)) {
        config_findings_error(reader->findings, setting->line,
                              "\"%s\" must be 1 to %d bytes of UTF-8", setting->name,
                              LIMIT_ATTRIBUTION_SIZE);
        return;
    }
    *(const char **)config_values_field(key, structure) = setting->value;
}

void config_tiles_check(const config_reader_t *reader, const config_found_t *found)
{
    static const char *const others[] = {"web_tiles_attribution", "web_tiles_zoom",
                                         "web_tiles_referrer"};
    const config_setting_t *url = config_keys_found(found, "web_tiles");
    if (url != NULL && config_keys_found(found, others[0]) == NULL) {
        config_findings_error(reader->findings, url->line,
                              "\"web_tiles\" needs \"web_tiles_attribution\", which the map "
                              "shows: whose tiles these are");
    }
    for (size_t i = 0; url == NULL && i < sizeof others / sizeof others[0]; i++) {
        const config_setting_t *other = config_keys_found(found, others[i]);
        if (other != NULL) {
            config_findings_warning(reader->findings, other->line,
                                    "\"%s\" is not used: there is no \"web_tiles\"", others[i]);
        }
    }
}
