/* security.h - `keys` and `security` of the herd file, which belong together.
 *
 * Owner: config_load. Threads: one.
 */
#ifndef HERD_COMMON_CONFIG_SECURITY_H
#define HERD_COMMON_CONFIG_SECURITY_H

#include "common/config/keys.h"

config_parse_fn config_security_parse;     /* config_security_t: what the file says */
config_parse_fn config_security_parse_web; /* bool: whether "none" */

/* Sets `config`->security by `keys` and `security` together: `keys` alone means "curve"; "curve"
 * without keys is an error; with "none" the keys are not used, which is a warning. */
void config_security_check(const config_reader_t *reader, const config_found_t *found,
                           config_t *config);

#endif
