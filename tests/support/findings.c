#include "tests/support/findings.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>

/* The file being loaded and what is found in it. */
typedef struct {
    findings_t *findings;
    const char *path;
} loading_t;

static void note(void *argument, config_severity_t severity, const char *file, unsigned line,
                 const char *text)
{
    const loading_t *self = argument;
    findings_t *findings = self->findings;
    assert_string_equal(file, self->path);
    assert_in_range(findings->count, 0, FINDINGS_MAX - 1);
    assert_in_range(strlen(text), 1, FINDING_SIZE - 1);
    findings->severities[findings->count] = severity;
    findings->lines[findings->count] = line;
    snprintf(findings->texts[findings->count++], FINDING_SIZE, "%s", text);
}

config_t *findings_load(findings_t *ret_findings, const char *path)
{
    loading_t loading = {.findings = ret_findings, .path = path};
    ret_findings->count = 0;
    return config_load(path, note, &loading);
}

config_t *findings_load_text(findings_t *ret_findings, const char *text)
{
    char *folder = workspace_new();
    char *path = workspace_path(folder, "herd.cfg");
    workspace_write(path, text_of(text));
    config_t *config = findings_load(ret_findings, path);
    free(path);
    free(folder);
    return config;
}

static void print_findings(const findings_t *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        print_error("finding %u: %s\n", findings->lines[i], findings->texts[i]);
    }
}

config_t *findings_load_good(const char *text)
{
    findings_t findings;
    config_t *config = findings_load_text(&findings, text);
    if (config == NULL) {
        print_findings(&findings);
        fail_msg("in:\n%s", text);
    }
    return config;
}

void findings_expect(const finding_case_t *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        findings_t findings;
        config_t *config = findings_load_text(&findings, cases[i].text);
        bool as_expected = findings.count == 1 && findings.severities[0] == cases[i].severity &&
                           findings.lines[0] == cases[i].line &&
                           strstr(findings.texts[0], cases[i].part) != NULL &&
                           (config == NULL) == (cases[i].severity == CONFIG_ERROR);
        config_destroy(&config);
        if (!as_expected) {
            print_findings(&findings);
            fail_msg("case %zu, expected %u: %s, for:\n%s", i, cases[i].line, cases[i].part,
                     cases[i].text);
        }
    }
}
