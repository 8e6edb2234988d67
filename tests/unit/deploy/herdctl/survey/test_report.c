/* What a member reports of itself (deploy/herdctl/survey/report.h): only checked values come in. */
#include "tests/support/cmocka_herd.h"

#include "common/base/buffer.h"
#include "deploy/herdctl/survey/report.h"

static herdctl_report_t take(const char *body)
{
    herdctl_report_t report;
    herdctl_report_init(&report);
    herdctl_report_take(&report, text_of(body), 42);
    return report;
}

static void a_whole_report_is_taken(void **state)
{
    (void)state;
    herdctl_report_t report =
        take("name Goloman\nversion 0.1.0\npid 4711\nsince 1795223287765086336\nrecords 3\n"
             "root 0123456789abcdef0123456789abcdef\nplaces google half-open 17 5 3 0 2\n"
             "log_level warning\nfrontends 2\nclients 9\nacknowledge disk peers 2\n"
             "journal_error no \x1b space\n"
             "frontend Goloman/12 clients=4 lines=7\nfrontend ?/0 clients=5\n"
             "link Hands up 17 4711 2 sent=42 clock=-3000000 unheard=7\n"
             "link Wilkes down 4 0 0 changed=5\n"
             "link_error Wilkes 1795223287765086336 nothing heard for 5 s\n");
    assert_true(report.answered);
    assert_int_equal(report.elapsed_ns, 42);
    assert_string_equal(report.version, "0.1.0");
    assert_string_equal(report.log_level, "warning");
    assert_string_equal(report.acknowledge, "disk peers 2");
    assert_string_equal(report.journal_error, "no ? space");
    assert_string_equal(report.root, "0123456789abcdef0123456789abcdef");
    assert_int_equal(report.figures[HERDCTL_MEMBER_PID].value, 4711);
    assert_int_equal(report.figures[HERDCTL_MEMBER_SINCE].value, 1795223287765086336);
    assert_true(report.figures[HERDCTL_MEMBER_RECORDS].known);
    assert_false(report.figures[HERDCTL_MEMBER_CPU].known);
    assert_string_equal(report.provider, "google");
    assert_int_equal(report.places, HERDCTL_PLACES_HALF_OPEN);
    assert_int_equal(report.places_figures[HERDCTL_PLACES_REFUSED].value, 2);
    assert_int_equal(report.frontend_count, 2);
    assert_string_equal(report.frontends[0].label, "Goloman/12");
    assert_int_equal(report.frontends[0].figures[HERDCTL_FRONTEND_LINES].value, 7);
    assert_string_equal(report.frontends[1].label, "?/0");
    assert_false(report.frontends[1].figures[HERDCTL_FRONTEND_LINES].known);
    assert_int_equal(report.link_count, 2);
    const herdctl_link_t *hands = herdctl_report_link(&report, "Hands");
    assert_true(hands->up);
    assert_int_equal(hands->figures[HERDCTL_LINK_LAG].value, 17);
    assert_int_equal(hands->figures[HERDCTL_LINK_BAD_MESSAGES].value, 2);
    assert_int_equal(hands->figures[HERDCTL_LINK_SENT].value, 42);
    assert_int_equal(hands->figures[HERDCTL_LINK_CLOCK].value, -3000000);
    assert_string_equal(hands->error, "");
    const herdctl_link_t *wilkes = herdctl_report_link(&report, "Wilkes");
    assert_false(wilkes->up);
    assert_string_equal(wilkes->error, "nothing heard for 5 s");
    assert_int_equal(wilkes->error_ns, 1795223287765086336);
    assert_null(herdctl_report_link(&report, "Welsh"));
    assert_int_equal(herdctl_report_lag(&report), 21);
    herdctl_report_done(&report);
    assert_false(report.answered);
    assert_int_equal(report.link_count, 0);
}

/* Whatever is malformed is ignored; nothing else suffers. */
static void what_is_malformed_is_ignored(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "\n\n",
        "version",
        "version \x1b[31m\n",
        "version 0.1.0", /* without LF: no line */
        "log_level two words\n",
        "root 0123456789abcdef0123456789abcde\n",
        "root 0123456789abcdef0123456789abcdef0\n",
        "root 0123456789ABCDEF0123456789abcdef\n",
        "records -1\n",
        "records 1.5\n",
        "records 9223372036854775808\n",
        "records\n",
        "places google\n",
        "places google ajar 1 2 3\n",
        "places \x07 open 1 2 3\n",
        "link\n",
        "link Hands\n",
        "link -Hands up 1 2 3\n",
        "link \x1b[2J up 1 2 3\n",
        "link Ha/nds up 1 2 3\n",
        "link_error Hands 1 gone\n", /* no such link */
        "frontend\n",
        "frontend Goloman clients=1\n",
        "frontend Goloman/ clients=1\n",
        "frontend Goloman/x clients=1\n",
        "frontend Goloman/4294967296 clients=1\n",
        "frontend Golo\"man/1 clients=1\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
        herdctl_report_t report = take(bodies[i]);
        assert_true(report.answered);
        assert_string_equal(report.version, "-");
        assert_string_equal(report.log_level, "-");
        assert_string_equal(report.root, "-");
        assert_false(herdctl_report_has_root(&report));
        assert_string_equal(report.provider, "-");
        assert_int_equal(report.places, HERDCTL_PLACES_NONE);
        assert_int_equal(report.link_count, 0);
        assert_int_equal(report.frontend_count, 0);
        for (size_t j = 0; j < HERDCTL_MEMBER_FIGURES; j++) {
            assert_false(report.figures[j].known);
        }
        herdctl_report_done(&report);
    }
}

static void a_link_has_odd_fields(void **state)
{
    (void)state;
    herdctl_report_t report = take("link Hands maybe -1 x\n"
                                   "link Hands up 5 6 7\n" /* twice: the first one counts */
                                   "link Welsh up 1 2 3 sent= =4 newer=-1 same=5=6 older=07\n"
                                   "link_error Welsh -1 before time\n"
                                   "link_error Welsh 12 a\x1b[31m\xff\tb\n");
    assert_int_equal(report.link_count, 2);
    assert_false(report.links[0].up);
    assert_false(report.links[0].figures[HERDCTL_LINK_LAG].known);
    const herdctl_link_t *welsh = herdctl_report_link(&report, "Welsh");
    assert_false(welsh->figures[HERDCTL_LINK_SENT].known);
    assert_false(welsh->figures[HERDCTL_LINK_NEWER].known);
    assert_false(welsh->figures[HERDCTL_LINK_SAME].known);
    assert_int_equal(welsh->figures[HERDCTL_LINK_OLDER].value, 7);
    assert_int_equal(welsh->error_ns, 12);
    assert_string_equal(welsh->error, "a?[31m??b");
    herdctl_report_done(&report);
}

/* Front-ends of one label are added up: an exporter must not write a series twice. */
static void frontends_of_one_label_are_one(void **state)
{
    (void)state;
    herdctl_report_t report = take("frontend A/1 clients=3 lines=9223372036854775807\n"
                                   "frontend A/2 clients=5\n"
                                   "frontend A/1 clients=4 lines=1\n");
    assert_int_equal(report.frontend_count, 2);
    assert_int_equal(report.frontends[0].figures[HERDCTL_FRONTEND_CLIENTS].value, 7);
    assert_true(report.frontends[0].figures[HERDCTL_FRONTEND_LINES].value == INT64_MAX);
    herdctl_report_done(&report);
}

/* However many links and front-ends it names, a limited number is kept; sums do not overflow. */
static void a_report_is_bounded(void **state)
{
    (void)state;
    buffer_t body;
    buffer_init(&body, LIMIT_BODY_SIZE);
    for (int i = 0; i < 2 * LIMIT_MEMBERS; i++) {
        assert_int_equal(
            buffer_format(&body, "link M%d up 9223372036854775807 0 0\nfrontend A/%d\n", i, i),
            STATUS_OK);
    }
    herdctl_report_t report;
    herdctl_report_init(&report);
    herdctl_report_take(&report, buffer_text(&body), 0);
    assert_int_equal(report.link_count, LIMIT_MEMBERS);
    assert_int_equal(report.frontend_count, LIMIT_FRONTENDS);
    assert_true(herdctl_report_lag(&report) == INT64_MAX);
    herdctl_report_done(&report);
    buffer_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_report_is_taken), cmocka_unit_test(what_is_malformed_is_ignored),
        cmocka_unit_test(a_link_has_odd_fields),   cmocka_unit_test(frontends_of_one_label_are_one),
        cmocka_unit_test(a_report_is_bounded),
    };
    return cmocka_run_group_tests_name("herdctl_report", tests, NULL, NULL);
}
