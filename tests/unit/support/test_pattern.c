/* What the protocol cases compare with (tests/support/pattern.h) must refuse what is nearly
 * right. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/pattern.h"

static bool matches(const char *pattern, const char *answer)
{
    char reason[512];
    return pattern_match(text_of(pattern), text_of(answer), reason, sizeof reason);
}

static void literals_match_byte_for_byte(void **state)
{
    (void)state;
    assert_true(matches("", ""));
    assert_true(matches("? x\n", "? x\n"));
    assert_false(matches("? x\n", "? x"));
    assert_false(matches("? x", "? x\n"));
    assert_false(matches("? x\n", "? X\n"));
    assert_false(matches("", "\n"));
    assert_false(matches("\n", ""));
}

static void differences_have_sign_and_nine_decimals(void **state)
{
    (void)state;
    assert_true(matches("AT C {difference} k\n", "AT C +0.263873386 k\n"));
    assert_true(matches("{difference}", "-1621464827.000000000"));
    assert_false(matches("{difference}", "0.263873386"));
    assert_false(matches("{difference}", "+0.26387338"));
    assert_false(matches("{difference}", "+0.2638733860"));
    assert_false(matches("{difference}", "+.263873386"));
    assert_false(matches("{difference}", "+263873386"));
    assert_false(matches("{difference}", "+"));
    assert_false(matches("{difference}", ""));
}

static void lines_can_be_asked_again(void **state)
{
    (void)state;
    assert_true(matches("{difference}\n{line 1}\n", "+1.000000000\n+1.000000000\n"));
    assert_false(matches("{difference}\n{line 1}\n", "+1.000000000\n+1.000000001\n"));
    assert_false(matches("{line 0}", ""));
    assert_false(matches("{line}", ""));
    assert_false(matches("{line 2}", "a\n"));
}

static const char one_result[] = "{\n"
                                 "   \"html_attributions\" : [],\n"
                                 "   \"results\" : [\n"
                                 "      {\n"
                                 "         \"name\" : \"a \\\"{:\",\n"
                                 "         \"types\" : [ \"x\", \"y\" ]\n"
                                 "      }\n"
                                 "   ],\n"
                                 "   \"status\" : \"OK\"\n"
                                 "}\n\n";

static void json_has_its_layout_and_content(void **state)
{
    (void)state;
    assert_true(matches("{json}\n", one_result));
    assert_true(matches("{json OK 1}\n", one_result));
    assert_false(matches("{json OK 2}\n", one_result));
    assert_false(matches("{json ZERO_RESULTS 1}\n", one_result));
    assert_false(matches("{json}", one_result));
    assert_false(matches("{json}\n\n", one_result));
    assert_false(matches("{json}\n", "{\n   \"status\" : \"OK\"\n}\n\n"));
    assert_false(matches("{json}\n", "[]\n\n"));
    assert_false(matches("{json}\n", "{\n\n}\n\n"));
    assert_false(matches("{json}\n", "{\n"
                                     "  \"html_attributions\" : [],\n"
                                     "  \"results\" : [],\n"
                                     "  \"status\" : \"OK\"\n"
                                     "}\n\n"));
    assert_false(matches("{json}\n", "{\n"
                                     "   \"html_attributions\" : [], \"results\" : [],\n"
                                     "   \"status\" : \"OK\"\n"
                                     "}\n\n"));
}

static void broken_patterns_match_nothing(void **state)
{
    (void)state;
    assert_false(matches("{", ""));
    assert_false(matches("{}", ""));
    assert_false(matches("{nonsense}", "{nonsense}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_match_byte_for_byte),
        cmocka_unit_test(differences_have_sign_and_nine_decimals),
        cmocka_unit_test(lines_can_be_asked_again),
        cmocka_unit_test(json_has_its_layout_and_content),
        cmocka_unit_test(broken_patterns_match_nothing),
    };
    return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
