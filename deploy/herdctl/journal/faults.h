/* faults.h - what a check of a journal found damaged, kept until all of it is known.
 *
 * Owner: the command. Threads: one.
 */
#ifndef HERD_DEPLOY_HERDCTL_JOURNAL_FAULTS_H
#define HERD_DEPLOY_HERDCTL_JOURNAL_FAULTS_H

#include <stddef.h>

enum { JOURNAL_FAULTS_NAMED_MAX = 20 };

/* Open value struct; begins with zeros. */
typedef struct {
    char *texts[JOURNAL_FAULTS_NAMED_MAX]; /* of the first ones */
    size_t named;                          /* texts that there are */
    size_t count;                          /* of all */
} journal_faults_t;

/* A journal_check_fault_fn, whose argument is a journal_faults_t. */
void journal_faults_take(void *argument, const char *text);

/* Prints them to stderr, a line each: "herdctl: SUBJECT is damaged: TEXT". */
void journal_faults_print(const journal_faults_t *self, const char *subject);

void journal_faults_done(journal_faults_t *self);

#endif
