/* What is shipped for Prometheus and Grafana asks for metrics that there are: each has its row in
 * docs/operations.md, and system/exporter and system/web compare these rows with what is served. */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_SIZE = 262144, NAME_SIZE = 96 };

static char *read_source(const char *path)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *content = memory_new(FILE_SIZE);
    size_t size = fread(content, 1, FILE_SIZE - 1, file);
    assert_in_range(size, 1, FILE_SIZE - 2);
    content[size] = '\0';
    fclose(file);
    return content;
}

static bool is_part(char byte)
{
    return text_is_alphanumeric(byte) || byte == '_';
}

/* The next metric's name from `at` on; NULL if there is no more. */
static const char *next_name(const char *at, const char *start, char out[NAME_SIZE])
{
    while ((at = strstr(at, "herd_")) != NULL) {
        size_t size = 0;
        while (is_part(at[size])) {
            size++;
        }
        if (at == start || !is_part(at[-1])) {
            assert_in_range(size, 1, NAME_SIZE - 1);
            memcpy(out, at, size);
            out[size] = '\0';
            return at + size;
        }
        at += size;
    }
    return NULL;
}

/* Bytes of the name that its row has: a histogram has series of its own names. */
static int size_in_row(const char *name)
{
    static const char series[] = "_seconds_bucket";
    size_t size = strlen(name);
    bool is_series = size > strlen(series) && strcmp(name + size - strlen(series), series) == 0;
    return (int)(is_series ? size - strlen("_bucket") : size);
}

static bool has_row(const char *document, const char *name)
{
    char row[NAME_SIZE + 8];
    snprintf(row, sizeof row, "\n| `%.*s` |", size_in_row(name), name);
    return strstr(document, row) != NULL;
}

/* Every metric that `path` names is one; `at_least` of them, so that this looks at something. */
static void expect_metrics(const char *path, size_t at_least)
{
    char *document = read_source(HERD_SOURCE_DIR "/docs/operations.md");
    char *content = read_source(path);
    char name[NAME_SIZE];
    size_t count = 0;
    const char *at = content;
    while ((at = next_name(at, content, name)) != NULL) {
        count++;
        if (!has_row(document, name)) {
            fail_msg("%s asks for %s, which there is not", path, name);
        }
    }
    assert_true(count >= at_least);
    free(content);
    free(document);
}

static void rules_ask_for_metrics_that_there_are(void **state)
{
    (void)state;
    enum { RULES = 20 };
    expect_metrics(HERD_SOURCE_DIR "/deploy/prometheus/herd.rules.yml", RULES);
}

static void the_dashboard_asks_for_metrics_that_there_are(void **state)
{
    (void)state;
    enum { EXPRESSIONS = 40 };
    expect_metrics(HERD_SOURCE_DIR "/deploy/grafana/herd.json", EXPRESSIONS);
}

/* What a journal says of itself is all on the dashboard, but when it last wrote: the lag says it
 * better. */
static void the_dashboard_shows_all_of_the_journal(void **state)
{
    (void)state;
    char *document = read_source(HERD_SOURCE_DIR "/docs/operations.md");
    char *dashboard = read_source(HERD_SOURCE_DIR "/deploy/grafana/herd.json");
    char name[NAME_SIZE];
    size_t count = 0;
    const char *at = document;
    while ((at = next_name(at, document, name)) != NULL) {
        if (strncmp(name, "herd_journal_", strlen("herd_journal_")) != 0 ||
            strcmp(name, "herd_journal_committed_time_seconds") == 0) {
            continue;
        }
        count++;
        if (strstr(dashboard, name) == NULL) {
            fail_msg("the dashboard does not show %s", name);
        }
    }
    enum { FIGURES = 9 };
    assert_true(count >= FIGURES);
    free(dashboard);
    free(document);
}

/* What herd-web serves of requests, streams, and its copy is on the dashboard. */
static void the_dashboard_shows_herd_web(void **state)
{
    (void)state;
    static const char *const names[] = {"herd_web_requests_total",
                                        "herd_web_request_seconds_bucket",
                                        "herd_web_streams",
                                        "herd_web_streams_refused_total",
                                        "herd_web_events_total",
                                        "herd_web_copy_age_seconds",
                                        "herd_web_copy_lag_records",
                                        "herd_follower_lag_records",
                                        "herd_web_process_resident_memory_bytes",
                                        "herd_web_copy_memory_bytes",
                                        "herd_web_index_memory_bytes",
                                        "herd_web_connections",
                                        "herd_web_node_up"};
    char *dashboard = read_source(HERD_SOURCE_DIR "/deploy/grafana/herd.json");
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (strstr(dashboard, names[i]) == NULL) {
            fail_msg("the dashboard does not show %s", names[i]);
        }
    }
    free(dashboard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_ask_for_metrics_that_there_are),
        cmocka_unit_test(the_dashboard_asks_for_metrics_that_there_are),
        cmocka_unit_test(the_dashboard_shows_all_of_the_journal),
        cmocka_unit_test(the_dashboard_shows_herd_web),
    };
    return cmocka_run_group_tests_name("deploy/herdctl/survey/metrics", tests, NULL, NULL);
}
