/* changes.h - the keys on which two herd files differ, as one member sees them.
 *
 * Owner: none. Threads: any, while both configurations live.
 */
#ifndef HERD_COMMON_CONFIG_CHANGES_H
#define HERD_COMMON_CONFIG_CHANGES_H

#include "common/config/keys.h"

/* A herd file as one member sees it (open value struct); borrowed. */
typedef struct {
    const config_t *config;
    const config_member_t *member; /* of `config` */
} config_view_t;

/* Receives one key and what the files say of it: NULL if a file does not set it and there is no
 * default. */
typedef void config_change_fn(void *argument, const config_key_t *key, const char *before,
                              const char *now);

/* Reports each key of the herd, of its places and of the member that differs, in the order of the
 * table. Texts are compared: "5000" and "05000" differ. A configuration that no file gave differs
 * from none. */
void config_changes_report(const config_view_t *before, const config_view_t *now,
                           config_change_fn *report, void *argument);

#endif
