/* Views as JSON (frontend/web/view_message.h). What is refused is in tests/system/web_socket.py. */
#include "tests/support/cmocka_herd.h"

#include "frontend/web/view_message.h"

static void views_become_queries(void **state)
{
    static const struct {
        const char *message;
        const char *query;
        const char *last;
    } cases[] = {
        {"{\"view\":{\"bbox\":[ -1.5 , 2,3e0,4 ],\"limit\":5}}", "bbox=-1.5,2,3e0,4&limit=5", ""},
        {" {\"last\":\"a-1\",\"view\":{\"near\":\"1,2\"}}", "near=1%2C2", "a-1"},
        {"{\"view\":{\"client\":\"a&limit=5 \\u00fc\\/%\"}}", "client=a%26limit%3D5%20%C3%BC%2F%25",
         ""},
        {"{\"view\":{\"lat\":1,\"lon\":-2,\"radius\":1e+3}}", "lat=1&lon=-2&radius=1e%2B3", ""},
        {"{\"view\":{}}", "", ""},
    };
    buffer_t bytes;
    view_message_t message;
    (void)state;
    buffer_init(&bytes, 1000);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_null(view_message_read(text_of(cases[i].message), &bytes, &message));
        assert_true(text_equal(message.query, text_of(cases[i].query)));
        assert_true(text_equal(message.last, text_of(cases[i].last)));
        assert_int_equal(message.has_last, message.last.size > 0);
    }
    bytes.maximum = 10;
    buffer_done(&bytes);
    assert_non_null(view_message_read(text_of(cases[2].message), &bytes, &message));
    buffer_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(views_become_queries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
