/* places.h - section `places` of the herd file: its kinds of values, and which of its keys go
 * together.
 *
 * Owner: config_load. Threads: one. The parsers are config_parse_fn (keys.h).
 */
#ifndef HERD_COMMON_CONFIG_PLACES_H
#define HERD_COMMON_CONFIG_PLACES_H

#include "common/config/keys.h"

config_parse_fn config_places_provider; /* config_places_t */
config_parse_fn config_places_rank;     /* config_rank_t */
/* const char *: https, or http on a loopback host; "/" at its end cut off */
config_parse_fn config_places_base_url;
config_parse_fn config_places_proxy;    /* const char *: URL without a path */
config_parse_fn config_places_variable; /* const char *: name of an environment variable */
config_parse_fn config_places_word;     /* const char *: printable ASCII, no space */
config_parse_fn config_places_phrase;   /* const char *: printable ASCII */

/* What the provider needs must be there and readable, or it is an error; what it has no use for is
 * a warning. */
void config_places_check(const config_reader_t *reader, const config_found_t *found,
                         config_t *config, unsigned section_line);

#endif
