#include "deploy/herdctl/journal/faults.h"

#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void journal_faults_take(void *argument, const char *text)
{
    journal_faults_t *self = argument;
    self->count++;
    if (self->named < JOURNAL_FAULTS_NAMED_MAX) {
        self->texts[self->named++] = memory_copy_text(text, strlen(text));
    }
}

void journal_faults_print(const journal_faults_t *self, const char *subject)
{
    for (size_t i = 0; i < self->named; i++) {
        fprintf(stderr, "herdctl: %s is damaged: %s\n", subject, self->texts[i]);
    }
    if (self->count > self->named) {
        fprintf(stderr, "herdctl: %s is damaged: %zu more parts of it\n", subject,
                self->count - self->named);
    }
}

void journal_faults_done(journal_faults_t *self)
{
    for (size_t i = 0; i < self->named; i++) {
        free(self->texts[i]);
    }
    *self = (journal_faults_t){0};
}
