/* What can be told of a survey, without sockets. */
#include "deploy/herdctl/survey/survey_take.h"

#include <string.h>

static bool is_first_of_its_digest(const herdctl_survey_t *self, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(self->reports[i].root, self->reports[index].root) == 0) {
            return false;
        }
    }
    return herdctl_report_has_root(&self->reports[index]);
}

size_t herdctl_survey_digests(const herdctl_survey_t *self)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        count += is_first_of_its_digest(self, i) ? 1 : 0;
    }
    return count;
}
