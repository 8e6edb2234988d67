/* Replies in the body of a REPLY (frontend/upstream/reply.h; bus-protocol.md, request link). */
#include "tests/support/cmocka_herd.h"

#include "frontend/upstream/reply.h"

static void replies_are_cut_by_their_length(void **state)
{
    (void)state;
    text_t body = TEXT("1048576 1 5 AT a\n18446744073709551615 2 12 AT b\n{\n  }\n\n7 3 2 ?\n");
    reply_t reply;
    assert_true(reply_take(&body, &reply));
    assert_int_equal(reply.connection, 1048576);
    assert_int_equal(reply.sequence, 1);
    assert_text_equal(reply.text, "AT a\n");
    assert_true(reply_take(&body, &reply));
    assert_true(reply.connection == UINT64_MAX);
    assert_text_equal(reply.text, "AT b\n{\n  }\n\n");
    assert_true(reply_take(&body, &reply));
    assert_text_equal(reply.text, "?\n");
    assert_int_equal(body.size, 0);
    assert_false(reply_take(&body, &reply));
}

static void anything_else_is_refused_and_stays(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        " ",
        "1",
        "1 ",
        "1 1",
        "1 1 ",
        "1 1 5",
        "1 1 5 ",
        "1 1 5 AT a",    /* one byte missing */
        "1 1 4 AT a\n",  /* does not end in LF */
        "1 1 0 ",        /* empty */
        "1 1 1 \n",      /* no answer */
        "1 1 3 ? \n",    /* the mark has no space */
        "1 1 5 at a\n",  /* no AT line */
        "1 1 5 HTTP\n",  /* neither */
        "x 1 5 AT a\n",  /* no number */
        "1 -1 5 AT a\n", /* sign */
        "1  1 5 AT a\n", /* empty field */
        "1 1 +5 AT a\n", /* sign */
        " 1 1 5 AT a\n", /* leading space */
        "18446744073709551616 1 5 AT a\n",
        "1 1 99999999999999999999 AT a\n",
        "1 1 1048577 AT a\n",
        "000000000000000000001 1 5 AT a\n", /* 21 digits */
    };
    for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
        text_t body = text_of(bodies[i]);
        reply_t reply;
        if (reply_take(&body, &reply)) {
            fail_msg("taken: \"%s\"", bodies[i]);
        }
        assert_text_equal(body, bodies[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_are_cut_by_their_length),
        cmocka_unit_test(anything_else_is_refused_and_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
