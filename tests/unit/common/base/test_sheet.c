/* Text that is written piece by piece (common/base/sheet.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/sheet.h"

static void pieces_stand_behind_each_other(void **state)
{
    (void)state;
    buffer_t out;
    buffer_init(&out, 64);
    assert_int_equal(buffer_append(&out, "> ", 2), STATUS_OK);
    sheet_t sheet = sheet_begin(&out);
    sheet_put(&sheet, TEXT("a"));
    sheet_put(&sheet, (text_t){0});
    sheet_put_byte(&sheet, ' ');
    sheet_put_string(&sheet, "b");
    sheet_put_u64(&sheet, UINT64_MAX);
    sheet_format(&sheet, "%d%s", -1, "!");
    assert_int_equal(sheet_end(&sheet), STATUS_OK);
    assert_true(text_equal(buffer_text(&out), TEXT("> a b18446744073709551615-1!")));
    buffer_done(&out);
}

/* Whichever piece does not fit, nothing of the sheet stays, and what stood before it does. */
static void what_does_not_fit_leaves_nothing(void **state)
{
    (void)state;
    for (size_t maximum = 2; maximum < 8; maximum++) {
        buffer_t out;
        buffer_init(&out, maximum);
        assert_int_equal(buffer_append(&out, "> ", 2), STATUS_OK);
        sheet_t sheet = sheet_begin(&out);
        sheet_put(&sheet, TEXT("ab"));
        sheet_put_u64(&sheet, 123);
        sheet_put_byte(&sheet, 'c'); /* would fit behind a number that did not */
        assert_int_equal(sheet_end(&sheet), STATUS_FULL);
        assert_true(text_equal(buffer_text(&out), TEXT("> ")));
        buffer_done(&out);
    }
}

static void the_first_failure_is_remembered(void **state)
{
    (void)state;
    buffer_t out;
    buffer_init(&out, 4);
    sheet_t sheet = sheet_begin(&out);
    sheet_fail(&sheet, STATUS_INVALID);
    sheet_fail(&sheet, STATUS_SYSTEM);
    sheet_format(&sheet, "%s", "a");
    assert_int_equal(out.size, 0);
    assert_int_equal(sheet_end(&sheet), STATUS_INVALID);
    buffer_done(&out);
}

static void room_that_is_written_and_committed_is_a_piece(void **state)
{
    (void)state;
    buffer_t out;
    buffer_init(&out, 4);
    sheet_t sheet = sheet_begin(&out);
    sheet_put_byte(&sheet, 'a');
    char *room = sheet_reserve(&sheet, 3);
    assert_non_null(room);
    memcpy(room, "bcd", 3);
    buffer_commit(&out, 2);
    assert_true(text_equal(buffer_text(&out), TEXT("abc")));
    assert_null(sheet_reserve(&sheet, 2));
    assert_null(sheet_reserve(&sheet, 1)); /* would fit, behind a piece that did not */
    assert_int_equal(sheet_end(&sheet), STATUS_FULL);
    assert_int_equal(out.size, 0);
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_stand_behind_each_other),
        cmocka_unit_test(what_does_not_fit_leaves_nothing),
        cmocka_unit_test(the_first_failure_is_remembered),
        cmocka_unit_test(room_that_is_written_and_committed_is_a_piece),
    };
    return cmocka_run_group_tests_name("sheet", tests, NULL, NULL);
}
