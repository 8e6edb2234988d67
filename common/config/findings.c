#include "common/config/findings.h"

#include "common/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CONFIG_FINDING_SIZE = 1024, /* a sentence with two paths in it */
    CONFIG_SHOWN_SIZE = 160,    /* a value in a sentence */
};

__attribute__((format(printf, 3, 0))) static void config_findings_add(config_findings_t *self,
                                                                      config_finding_t finding,
                                                                      const char *format,
                                                                      va_list arguments)
{
    if (finding.severity == CONFIG_ERROR) {
        self->error_count++;
    }
    if (self->count == LIMIT_CONFIG_FINDINGS) {
        self->left_out++;
        return;
    }
    char text[CONFIG_FINDING_SIZE];
    vsnprintf(text, sizeof text, format, arguments);
    finding.text = arena_copy_text(self->arena, text, strlen(text));
    finding.sequence = self->count;
    self->kept[self->count++] = finding;
}

void config_findings_error(config_findings_t *self, unsigned line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    config_findings_add(self, (config_finding_t){.severity = CONFIG_ERROR, .line = line}, format,
                        arguments);
    va_end(arguments);
}

void config_findings_warning(config_findings_t *self, unsigned line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    config_findings_add(self, (config_finding_t){.severity = CONFIG_WARNING, .line = line}, format,
                        arguments);
    va_end(arguments);
}

const char *config_findings_shown(config_findings_t *self, const char *text)
{
    char shown[CONFIG_SHOWN_SIZE];
    text_escape(text_of(text), shown, sizeof shown);
    return arena_copy_text(self->arena, shown, strlen(shown));
}

static int config_finding_compare(const void *one_, const void *other_)
{
    const config_finding_t *one = one_;
    const config_finding_t *other = other_;
    if (one->line != other->line) {
        return one->line < other->line ? -1 : 1;
    }
    return one->sequence < other->sequence ? -1 : 1;
}

void config_findings_report(config_findings_t *self, const char *file, config_report_fn *report,
                            void *argument)
{
    qsort(self->kept, self->count, sizeof self->kept[0], config_finding_compare);
    for (size_t i = 0; i < self->count; i++) {
        report(argument, self->kept[i].severity, file, self->kept[i].line, self->kept[i].text);
    }
    if (self->left_out > 0) {
        const char *text =
            arena_format(self->arena, "%zu more findings are left out", self->left_out);
        report(argument, self->error_count > 0 ? CONFIG_ERROR : CONFIG_WARNING, file, 0, text);
    }
}
