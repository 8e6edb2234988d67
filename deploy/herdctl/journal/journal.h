/* journal.h - the commands below `herdctl journal`: one function and one file for each.
 *
 * Threads: one.
 */
#ifndef HERD_DEPLOY_HERDCTL_JOURNAL_JOURNAL_H
#define HERD_DEPLOY_HERDCTL_JOURNAL_JOURNAL_H

#include "deploy/herdctl/frame/command.h"

/* The command. */
herdctl_command_fn herdctl_journal;

/* The commands below it: `herdctl journal status` ... */
herdctl_command_fn herdctl_journal_check;
herdctl_command_fn herdctl_journal_copy;
herdctl_command_fn herdctl_journal_status;
herdctl_command_fn herdctl_journal_export;
herdctl_command_fn herdctl_journal_import;

#endif
