/* herdctl journal: what members keep on their disks. */
#include "deploy/herdctl/journal/journal.h"

herdctl_exit_t herdctl_journal(const herdctl_t *self)
{
    static const herdctl_command_t rows[] = {
        {"journal status", "[--plain] [MEMBER...]", "ask members how their journals are",
         herdctl_journal_status},
        {"journal check", "DIR", "tell what is in a folder of a journal, and what is damaged",
         herdctl_journal_check},
        {"journal copy", "DIR [MEMBER]", "copy a member's journal, while it runs or not",
         herdctl_journal_copy},
        {"journal export", "[OPTION...] DIR|- [MEMBER]", "print the positions that a journal has",
         herdctl_journal_export},
        {"journal import", "[OPTION...] FILE [MEMBER...]",
         "bring positions of a file into a running herd", herdctl_journal_import},
    };
    static const herdctl_command_family_t family = {
        "journal", "look at what members keep on their disks", rows, sizeof rows / sizeof rows[0]};
    return herdctl_command_run_family(self, &family);
}
