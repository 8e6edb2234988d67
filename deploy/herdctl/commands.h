/* commands.h - the commands of herdctl: each is one function in a file of its own, NAME.c, and one
 * row of the table in main.c. Those with more than one file have a room: tap/tap.h,
 * places/places.h, journal/journal.h, clients/clients.h, traffic/traffic.h.
 *
 * Threads: one.
 */
#ifndef HERD_DEPLOY_HERDCTL_COMMANDS_H
#define HERD_DEPLOY_HERDCTL_COMMANDS_H

#include "deploy/herdctl/frame/command.h"

herdctl_command_fn herdctl_check;
herdctl_command_fn herdctl_exporter;
herdctl_command_fn herdctl_forget;
herdctl_command_fn herdctl_health;
herdctl_command_fn herdctl_keygen;
herdctl_command_fn herdctl_log_level;
herdctl_command_fn herdctl_members;
herdctl_command_fn herdctl_metrics;
herdctl_command_fn herdctl_ping;
herdctl_command_fn herdctl_reload;
herdctl_command_fn herdctl_status;
herdctl_command_fn herdctl_top;
herdctl_command_fn herdctl_version;
herdctl_command_fn herdctl_where;

#endif
