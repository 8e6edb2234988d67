/* Clients that speak another protocol (frontend/lines/foreign.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/lines/foreign.h"

#define BYTES(string) ((text_t){.data = (string), .size = sizeof(string) - 1})

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";

static void heads_of_other_protocols_are_known(void **state)
{
    (void)state;
    static const char *const foreign[] = {
        "GET / HTTP/1.1",           "POST /IAMAT HTTP/1.0",           "PRI * HTTP/2.0",
        "OPTIONS * HTTP/1.1",       "CONNECT a:1 HTTP/1.1",           "M-SEARCH * HTTP/1.1",
        "DESCRIBE rtsp:x RTSP/1.0", "INVITE sip:x SIP/2.0",           "IAMAT kiwi +1-1 5 HTTP/1.1",
        "SSH-2.0-OpenSSH_9.2",      "PROXY TCP4 1.2.3.4 5.6.7.8 1 2", "PROXY UNKNOWN",
        "\x16\x03\x01\x02"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        assert_non_null(foreign_line(text_of(foreign[i])));
    }
    assert_non_null(foreign_unfinished(BYTES("\x16\x03\0\x02")));
    assert_non_null(foreign_unfinished(BYTES("\x16\x03\x04")));
}

static void lines_of_clients_are_not(void **state)
{
    (void)state;
    static const char *const ours[] = {"",
                                       "GET",
                                       "GET /",
                                       "get / HTTP/1.1",
                                       "IAMAT kiwi +1-1 5",
                                       " HTTP/1.1",
                                       "GET HTTP/1.1",
                                       "PROXY",
                                       "GET / HTTP/1.1 ",
                                       "WHATSAT HTTP/1.1 5 5",
                                       "HTTP/1.1",
                                       "/1.1",
                                       "GET  HTTP/1.1",
                                       "GET / /1.1",
                                       "GET / HTTP/11",
                                       "-A / HTTP/1.1",
                                       "GET / http/1.1",
                                       "SSH",
                                       "SSH-",
                                       "SSH-x",
                                       "\x16\x03",
                                       "\x16\x03\x05",
                                       "\x16\x02\x01",
                                       "\x17\x03\x01"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        assert_null(foreign_line(text_of(ours[i])));
    }
    assert_null(foreign_unfinished(BYTES("\x16\x03")));
    assert_null(foreign_unfinished(BYTES("\x16\x03\xff")));
}

static void assert_gives(foreign_head_t *head, bool must, text_t bytes)
{
    text_t given = foreign_head_give(head, must);
    assert_true(text_equal(given, bytes));
}

/* Wherever it is cut, only the first line comes out of it. */
static void a_proxys_head_in_two_pieces_is_known(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof signature - 1; cut++) {
        foreign_head_t head = {0};
        text_t one = {.data = signature, .size = cut};
        text_t other = {.data = signature + cut, .size = sizeof signature - 1 - cut + 1};
        assert_false(foreign_head_take(&head, &one));
        assert_int_equal(one.size, 0);
        assert_gives(&head, false, cut >= 2 ? BYTES("\r\n") : (text_t){0});
        assert_true(foreign_head_holds(&head) == (cut >= 4));
        assert_true(foreign_head_take(&head, &other));
        assert_int_equal(other.size, 1);
    }
}

/* A client that begins alike gets all of its bytes back, once. */
static void what_only_begins_like_a_head_comes_out_again(void **state)
{
    (void)state;
    foreign_head_t head = {0};
    text_t bytes = BYTES("\r\n\r\n\0\r\nQUIET\n");
    assert_false(foreign_head_take(&head, &bytes));
    assert_true(text_equal(bytes, TEXT("ET\n")));
    assert_gives(&head, false, BYTES("\r\n\r\n\0\r\nQUI"));
    assert_false(foreign_head_holds(&head));
    assert_gives(&head, true, (text_t){0});
    assert_false(foreign_head_take(&head, &bytes));
    assert_int_equal(bytes.size, 3);
}

/* One that pauses is answered, and is known all the same when it goes on. */
static void what_is_held_comes_out_when_it_must(void **state)
{
    (void)state;
    foreign_head_t head = {0};
    text_t bytes = BYTES("\r\n\r\n");
    text_t rest = BYTES("\0\r\nQUIT\n");
    assert_false(foreign_head_take(&head, &bytes));
    assert_gives(&head, true, BYTES("\r\n\r\n"));
    assert_false(foreign_head_holds(&head));
    assert_true(foreign_head_take(&head, &rest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_of_other_protocols_are_known),
        cmocka_unit_test(lines_of_clients_are_not),
        cmocka_unit_test(a_proxys_head_in_two_pieces_is_known),
        cmocka_unit_test(what_only_begins_like_a_head_comes_out_again),
        cmocka_unit_test(what_is_held_comes_out_when_it_must),
    };
    return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}
