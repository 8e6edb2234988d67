/* Any bytes as the body of a REPORT: what herdctl takes of it is safe to print on a terminal and
 * names each link and front-end once. */
#include "deploy/herdctl/survey/report.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    for (; *text != '\0'; text++) {
        assert(*text >= ' ' && *text <= '~');
    }
}

static void check_links(const herdctl_report_t *report)
{
    assert(report->link_count <= LIMIT_MEMBERS);
    for (size_t i = 0; i < report->link_count; i++) {
        const herdctl_link_t *link = &report->links[i];
        check_text(link->peer);
        check_text(link->error);
        assert(herdctl_report_link(report, link->peer) == link);
        assert(link->figures[HERDCTL_LINK_LAG].value >= 0);
    }
    assert(herdctl_report_lag(report) >= 0);
}

static void check_frontends(const herdctl_report_t *report)
{
    assert(report->frontend_count <= LIMIT_FRONTENDS);
    for (size_t i = 0; i < report->frontend_count; i++) {
        check_text(report->frontends[i].label);
        for (size_t j = 0; j < i; j++) {
            assert(strcmp(report->frontends[i].label, report->frontends[j].label) != 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    herdctl_report_t report;
    herdctl_report_init(&report);
    herdctl_report_take(&report, (text_t){.data = (const char *)data, .size = size}, 0);
    check_text(report.version);
    check_text(report.log_level);
    check_text(report.security);
    check_text(report.acknowledge);
    check_text(report.journal_error);
    check_text(report.provider);
    check_text(report.root);
    check_links(&report);
    check_frontends(&report);
    herdctl_report_done(&report);
    return 0;
}
