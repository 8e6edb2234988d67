/* url.h - URLs as values of the herd file, taken apart.
 *
 * Owner: config_load. Threads: one.
 */
#ifndef HERD_COMMON_CONFIG_URL_H
#define HERD_COMMON_CONFIG_URL_H

#include "common/base/text.h"
#include "common/config/keys.h"

#include <stdbool.h>

/* Whether it is one or more bytes from `first` (space or "!") to "~". */
bool config_url_is_printable(const char *value, char first);

/* Cuts `prefix`, as "https://", off; false: it is not there. */
bool config_url_take_prefix(text_t *rest, text_t prefix);

/* Cuts "host", "host:port" or "[IPv6]:port" off, and the "/" behind it if there is one; false for
 * anything else. `ret_host` is without the port, an IPv6 address with its brackets. */
bool config_url_take_host(text_t *rest, text_t *ret_host);

/* The same behind "https://" or "http://"; sets whether it was the first. */
bool config_url_take_origin(text_t *rest, text_t *ret_host, bool *ret_secure);

/* Whether a host is this machine whatever a name server says. */
bool config_url_is_loopback(const config_reader_t *reader, text_t host);

#endif
