/* clients.h - commands about the clients that a running member has: one function and one file for
 * each.
 *
 * Threads: one beside ZeroMQ's.
 */
#ifndef HERD_DEPLOY_HERDCTL_CLIENTS_CLIENTS_H
#define HERD_DEPLOY_HERDCTL_CLIENTS_CLIENTS_H

#include "deploy/herdctl/frame/command.h"

herdctl_command_fn herdctl_clients_export;
herdctl_command_fn herdctl_clients_watch;

#endif
