/* herdctl_places.h - what `herdctl places` has below it: one function and one file for each.
 *
 * Threads: one.
 */
#ifndef HERD_HERDCTL_PLACES_H
#define HERD_HERDCTL_PLACES_H

#include "deploy/herdctl.h"

/* argv[0] is "import", "info". */
herdctl_command_fn herdctl_places_import;
herdctl_command_fn herdctl_places_info;

#endif
