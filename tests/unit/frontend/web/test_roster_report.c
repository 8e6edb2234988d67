/* REPORT to JSON (frontend/web/roster_report.h). */
#include "frontend/web/roster_report.h"

#include "common/base/buffer.h"
#include "tests/support/cmocka_herd.h"

static void assert_said(const char *body, const char *expected)
{
    buffer_t out;
    buffer_init(&out, 4096);
    sheet_t sheet = sheet_begin(&out);
    roster_report_put(text_of(body), &sheet);
    assert_int_equal(sheet_end(&sheet), STATUS_OK);
    assert_int_equal(out.size, strlen(expected));
    assert_memory_equal(out.data, expected, out.size);
    buffer_done(&out);
}

static void a_report_becomes_json(void **state)
{
    (void)state;
    assert_said("name Goloman\nversion 0.2.0\nsince 1000000000\ntime 87400000000999\nrecords 12\n"
                "clients 3\nfollowers 1\nlinks 2\n"
                "link Hands up 0 42 0 sent=42\nlink Wilkes down 7 1 0\n",
                ",\"version\":\"0.2.0\",\"uptime\":87399,\"records\":12,\"connections\":3,"
                "\"followers\":1,\"links\":[{\"to\":\"Hands\",\"state\":\"up\",\"lag\":0},"
                "{\"to\":\"Wilkes\",\"state\":\"down\",\"lag\":7}]");
}

/* Whatever a member says, JSON comes out. */
static void malformed_lines_are_left_out(void **state)
{
    (void)state;
    assert_said("", ",\"links\":[]");
    assert_said("version \"\nrecords -1\nclients 1e3\nsince 5\ntime 4\n"
                "link\nlink Hands\nlink Hands sideways 0\nlink Ha\"nds up 0\nlink Hands up -1\n"
                "link Hands up\nlinks up 1\nlink Hands up 99999999999999999999\n",
                ",\"links\":[]");
    assert_said("records 7", ",\"links\":[]"); /* lines end in LF */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_becomes_json),
        cmocka_unit_test(malformed_lines_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
