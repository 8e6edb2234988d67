/* Bodies of requests (frontend/web/http/http_body.h): with a length, and in chunks. */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "frontend/web/http/http_body.h"

/* Takes the bytes in pieces of `step`; returns the outcome, and the body in `out`. */
static http_body_outcome_t take_in_steps(text_t bytes, size_t step, char *out, size_t *ret_size,
                                         size_t *ret_taken)
{
    http_head_t head = {.is_chunked = true};
    http_body_t body;
    http_body_outcome_t outcome = HTTP_BODY_MORE;
    *ret_size = *ret_taken = 0;
    assert_int_equal(http_body_begin(&body, &head), HTTP_OK);
    while (outcome == HTTP_BODY_MORE && *ret_taken < bytes.size) {
        http_body_part_t part;
        outcome = http_body_take(&body, text_first(text_after(bytes, *ret_taken), step),
                                 out + *ret_size, &part);
        *ret_size += part.size;
        *ret_taken += part.taken;
    }
    return outcome;
}

static void chunks_are_put_together(void **state)
{
    static const char bytes[] = "5\r\nhello\r\n1;a=\"b\"\r\n,\r\n00006\r\n world\r\n0\r\n"
                                "Trailer: x\r\n\r\nGET";
    char out[64];
    (void)state;
    for (size_t step = 1; step < sizeof bytes; step++) {
        size_t size;
        size_t taken;
        assert_int_equal(take_in_steps(text_of(bytes), step, out, &size, &taken), HTTP_BODY_DONE);
        assert_text_equal(((text_t){.data = out, .size = size}), "hello, world");
        assert_int_equal(taken, sizeof bytes - 1 - 3);
    }
}

static void bad_chunks_are_refused(void **state)
{
    static const char *const bad[] = {
        "\r\n",        "g\r\n",       "-1\r\n",   " 1\r\n",   "1 \r\n",      "0x1\r\n",
        "1\n",         "1\rx",        "1\r\nab",  "1\r\na\n", "1\r\na\rx",   "000000001\r\n",
        "1;a\001\r\n", "0\r\n x\r\n", "0\r\nx\n", "0\r\n\rx", "fffffff\r\n", "0\r\nx: \001y",
    };
    char out[64];
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        size_t size;
        size_t taken;
        if (take_in_steps(text_of(bad[i]), 1, out, &size, &taken) != HTTP_BODY_REFUSED) {
            fail_msg("%zu: %s", i, bad[i]);
        }
    }
}

static void a_length_is_kept_to(void **state)
{
    http_head_t head = {.has_length = true, .content_length = 3};
    http_body_t body;
    http_body_part_t part;
    char out[8];
    (void)state;
    assert_int_equal(http_body_begin(&body, &head), HTTP_OK);
    assert_int_equal(http_body_take(&body, TEXT("ab"), out, &part), HTTP_BODY_MORE);
    assert_int_equal(http_body_take(&body, TEXT("cde"), out + 2, &part), HTTP_BODY_DONE);
    assert_int_equal(part.taken, 1);
    assert_memory_equal(out, "abc", 3);
    head.content_length = LIMIT_HTTP_BODY_SIZE;
    assert_int_equal(http_body_begin(&body, &head), HTTP_OK);
    head.content_length++;
    assert_int_equal(http_body_begin(&body, &head), HTTP_CONTENT_TOO_LARGE);
    head.content_length = 0;
    assert_int_equal(http_body_begin(&body, &head), HTTP_OK);
    assert_int_equal(http_body_take(&body, TEXT("GET"), out, &part), HTTP_BODY_DONE);
    assert_int_equal(part.taken, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_put_together),
        cmocka_unit_test(bad_chunks_are_refused),
        cmocka_unit_test(a_length_is_kept_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
