/* places.h - the commands below `herdctl places`: one function and one file for each.
 *
 * Threads: one.
 */
#ifndef HERD_DEPLOY_HERDCTL_PLACES_PLACES_H
#define HERD_DEPLOY_HERDCTL_PLACES_PLACES_H

#include "deploy/herdctl/frame/command.h"

/* The command. */
herdctl_command_fn herdctl_places;

/* The commands below it: `herdctl places import`, `herdctl places info`. */
herdctl_command_fn herdctl_places_import;
herdctl_command_fn herdctl_places_info;

#endif
