/* Why a herd is not well (deploy/herdctl/survey/reasons.h): each reason by its figures and their
 * bad neighbours, and its row in docs/operations.md. */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "deploy/herdctl/survey/reasons.h"

#include <stdio.h>
#include <stdlib.h>

enum { DOCUMENT_SIZE = 262144 };

/* The words of all reasons that a report shows, each with a comma. */
static void expect(const char *body, const char *words)
{
    herdctl_report_t report;
    char found[1024] = "";
    size_t row = 0;
    reasons_shown_t shown;
    herdctl_report_init(&report);
    herdctl_report_take(&report, text_of(body), 1);
    while (reasons_next(&report, &row, &shown)) {
        size_t size = strlen(found);
        snprintf(found + size, sizeof found - size, "%s,", reasons_text(shown.reason));
    }
    assert_string_equal(found, words);
    herdctl_report_done(&report);
}

static void a_count_is_a_reason_for_five_minutes(void **state)
{
    (void)state;
    expect("time 1000000000000\nclients_refused 3\nclients_refused_last 999000000000\n",
           "clients-refused,");
    expect("time 1000000000000\nclients_refused 3\nclients_refused_last 700000000001\n",
           "clients-refused,");
    expect("time 1000000000000\nclients_refused 3\nclients_refused_last 700000000000\n", "");
    expect("time 1000000000000\nclients_refused 0\nclients_refused_last 0\n", "");
    expect("time 1000000000000\nclients_refused 3\n", "");
    expect("clients_refused 3\nclients_refused_last 999000000000\n", "");
    /* Its clock was set back; and a liar's. */
    expect("time 1000000000000\nclients_refused 3\nclients_refused_last 2000000000000\n",
           "clients-refused,");
    expect("time 0\nclients_refused 9223372036854775807\n"
           "clients_refused_last 9223372036854775807\n",
           "clients-refused,");
    expect("time -1\nclients_refused 3\nclients_refused_last 5\n", "");
}

static void every_count_has_its_reason(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"clients_refused", "clients-refused,"},
        {"frontend_accept_pauses", "clients-wait,"},
        {"unstored", "store-full,"},
        {"unkept", "unkept,"},
        {"keys_refused", "keys-refused,"},
        {"connections_cut", "connections-cut,"},
        {"connections_refused", "connections-refused,"},
        {"followers_refused", "followers-refused,"},
        {"tap_resets", "tap-reset,"},
        {"log_lost", "log-lost,"},
        {"frontend_log_lost", "frontend-log-lost,"},
        {"frontend_traffic_cut", ""}, /* as its limit says: no fault */
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char body[256];
        snprintf(body, sizeof body, "time 2000000000\n%s 1\n%s_last 1000000000\n", rows[i][0],
                 rows[i][0]);
        expect(body, rows[i][1]);
    }
}

static void nine_tenths_are_near(void **state)
{
    (void)state;
    expect("records 90\nrecords_max 100\n", "records-near-limit,");
    expect("records 89\nrecords_max 100\n", "");
    expect("records 90\n", "");
    expect("records 0\nrecords_max 0\n", "");
    expect("records 1\nrecords_max 1\n", "records-near-limit,");
    expect("memory 9000\nmemory_max 10000\n", "memory-near-limit,");
    expect("memory 8999\nmemory_max 10000\n", "");
    expect("memory 9223372036854775807\nmemory_max 9223372036854775807\n", "memory-near-limit,");
}

static void a_refused_reload_is_a_reason_until_one_is_not(void **state)
{
    (void)state;
    expect("reload_refused 1\n", "reload-refused,");
    expect("reload_refused 0\n", "");
    expect("", "");
}

static void a_journal_is_a_reason_while_it_fails(void **state)
{
    (void)state;
    expect("journal_failing 1\njournal_damaged 0\n", "journal-failing,");
    expect("journal_failing 0\njournal_damaged 3\n", "journal-damaged,");
    expect("journal_failing 0\njournal_damaged 0\njournal_lag 5\n", "");
}

static void the_document_has_a_row_for_each(void **state)
{
    (void)state;
    FILE *file = fopen(HERD_SOURCE_DIR "/docs/operations.md", "re");
    assert_non_null(file);
    char *document = memory_new(DOCUMENT_SIZE + 1);
    assert_in_range(fread(document, 1, DOCUMENT_SIZE, file), 1, DOCUMENT_SIZE - 1);
    fclose(file);
    const char *table = strstr(document, "| reason | what it means | what to do |");
    assert_non_null(table);
    char *end = strstr(table, "\n\n");
    assert_non_null(end);
    *end = '\0';
    size_t rows = 0;
    for (const char *at = strstr(table, "\n| `"); at != NULL; at = strstr(at + 1, "\n| `")) {
        rows++;
    }
    for (unsigned i = 0; i < REASONS; i++) {
        char row[64];
        snprintf(row, sizeof row, "\n| `%s` | ", reasons_text((reasons_t)i));
        if (strstr(table, row) == NULL) {
            fail_msg("docs/operations.md has no row \"%s\"", row + 1);
        }
    }
    assert_int_equal(rows, REASONS);
    free(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_is_a_reason_for_five_minutes),
        cmocka_unit_test(every_count_has_its_reason),
        cmocka_unit_test(nine_tenths_are_near),
        cmocka_unit_test(a_refused_reload_is_a_reason_until_one_is_not),
        cmocka_unit_test(a_journal_is_a_reason_while_it_fails),
        cmocka_unit_test(the_document_has_a_row_for_each),
    };
    return cmocka_run_group_tests_name("herdctl_reasons", tests, NULL, NULL);
}
