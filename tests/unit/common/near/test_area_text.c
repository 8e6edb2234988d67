/* Boxes and circles as people write them (common/near/area_text.h). */
#include "common/near/area_text.h"

#include "tests/support/cmocka_herd.h"

static void boxes_have_four_edges(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",        "1,2,3",    "1,2,3,4,5", "1,2,,4",   "-180.0000001,0,1,1", "0,0,1,91", "0,2,1,1",
        "a,0,1,1", "+1,0,2,1", "0x1,0,2,1", "1,0,2, 1", "nan,0,1,1",          "inf,0,1,1"};
    area_box_t box = {0};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_false(area_text_box(text_of(bad[i]), &box));
        assert_int_equal(box.west_e7, 0);
    }
    assert_true(area_text_box(TEXT("170,-90,-170.00000005,9e1"), &box));
    assert_int_equal(box.west_e7, 1700000000);
    assert_int_equal(box.south_e7, -AREA_POLE_E7);
    assert_int_equal(box.east_e7, -1700000001); /* rounded once, half up */
    assert_int_equal(box.north_e7, AREA_POLE_E7);
}

static void circles_have_a_position_and_a_radius(void **state)
{
    (void)state;
    static const char *const bad[] = {"",          "1,2",     "1,2,",         "1,2,-1",  "90.1,0,1",
                                      "0,180.1,1", "1,2,3,4", "0,0,20037509", "0,0,1 km"};
    area_circle_t circle;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_false(area_text_circle(text_of(bad[i]), &circle));
    }
    assert_true(area_text_circle(TEXT("-90,180,0.0005"), &circle));
    assert_true(circle.radius_m == 0.001);
    assert_true(area_text_circle(TEXT("0,0,20037508.5"), &circle));
    assert_true(area_circle_contains(&circle, area_position_at(0, 180)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_have_four_edges),
        cmocka_unit_test(circles_have_a_position_and_a_radius),
    };
    return cmocka_run_group_tests_name("area_text", tests, NULL, NULL);
}
