/* tiles.h - `web_tiles` of the herd file, and what belongs to it.
 *
 * Owner: config_load. Threads: one. The parsers are config_parse_fn (keys.h).
 */
#ifndef HERD_COMMON_CONFIG_TILES_H
#define HERD_COMMON_CONFIG_TILES_H

#include "common/config/keys.h"

config_parse_fn config_tiles_url;         /* url and origin of config_t.tiles */
config_parse_fn config_tiles_attribution; /* const char *: UTF-8, to be shown as text */

/* Tiles without an attribution are an error; what is said of them where there are none is a
 * warning. */
void config_tiles_check(const config_reader_t *reader, const config_found_t *found);

#endif
