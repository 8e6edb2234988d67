/* findings.h - a test's herd file, and what config_load finds in it.
 *
 * Owner: the test. Threads: one.
 */
#ifndef HERD_TESTS_SUPPORT_FINDINGS_H
#define HERD_TESTS_SUPPORT_FINDINGS_H

#include "common/config/config.h"

#include <stddef.h>

enum { FINDINGS_MAX = 128, FINDING_SIZE = 1024 };

/* What config_load reported, in its order (open value struct). */
typedef struct {
    size_t count;
    config_severity_t severities[FINDINGS_MAX];
    unsigned lines[FINDINGS_MAX];
    char texts[FINDINGS_MAX][FINDING_SIZE];
} findings_t;

/* The only finding in an otherwise good file (open value struct). */
typedef struct {
    const char *text; /* the file */
    config_severity_t severity;
    unsigned line;
    const char *part; /* of its text */
} finding_case_t;

/* config_load: what it returns, and what it reports. Fails the test if a report is of another
 * file. */
config_t *findings_load(findings_t *ret_findings, const char *path);

/* The same for a herd file with that text, in a new folder with nothing else in it. */
config_t *findings_load_text(findings_t *ret_findings, const char *text);

/* The same for a text without any error; fails the test if there is one. */
config_t *findings_load_good(const char *text);

/* Loads the text of each case, and fails the test unless its finding is the only one, and no
 * configuration comes of exactly those with errors. */
void findings_expect(const finding_case_t *cases, size_t count);

#endif
