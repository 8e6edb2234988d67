/* changes.h - which keys two herd files say different things of, for one member.
 *
 * Owner: none. Threads: any, while both configurations live.
 */
#ifndef HERD_COMMON_CONFIG_CHANGES_H
#define HERD_COMMON_CONFIG_CHANGES_H

#include "common/config/keys.h"

/* One member in one file (open value struct); borrowed. */
typedef struct {
    const config_t *config;
    const config_member_t *member; /* of `config` */
} config_place_t;

/* Receives one key and what the files say of it: NULL where one says nothing and there is no default. */
typedef void config_change_fn(void *argument, const config_key_t *key, const char *before,
                              const char *now);

/* Tells each key of the herd, of its places and of the member, in the order of the table. A file that differs only in
 * spelling ("5000" and "05000") differs. A configuration that no file gave differs from none. */
void config_changes_tell(const config_place_t *before, const config_place_t *now,
                         config_change_fn *tell, void *argument);

#endif
