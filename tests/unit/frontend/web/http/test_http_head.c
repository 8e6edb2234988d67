/* Heads of requests (frontend/web/http/http_head.h): what is taken, what is refused and how. */
#include "tests/support/cmocka_herd.h"

#include "frontend/web/http/http_head.h"

#define LINE "GET /v1/near?a=b HTTP/1.1\r\n"
#define HOST "Host: localhost\r\n"

static http_status_t read_head(text_t bytes, http_head_t *head)
{
    http_scan_t scan = {0};
    http_status_t status = HTTP_OK;
    switch (http_head_scan(&scan, bytes, &status)) {
    case HTTP_SCAN_MORE: return HTTP_NO_CONTENT;
    case HTTP_SCAN_REFUSED: return status;
    case HTTP_SCAN_FOUND: break;
    }
    assert_int_equal(scan.scanned, bytes.size);
    return http_head_read(bytes, head);
}

/* A head, and what becomes of it. */
typedef struct {
    text_t bytes;
    http_status_t status;
} case_t;

static void expect(const case_t *cases, size_t count)
{
    http_head_t head;
    for (size_t i = 0; i < count; i++) {
        http_status_t status = read_head(cases[i].bytes, &head);
        if (status != cases[i].status) {
            fail_msg("case %zu: %d instead of %d", i, (int)status, (int)cases[i].status);
        }
    }
}

static void heads_are_taken_or_refused(void **state)
{
    const case_t cases[] = {
        {TEXT(LINE HOST "\r\n"), HTTP_OK},
        {TEXT("\r\n" LINE HOST "\r\n"), HTTP_OK},
        {TEXT(LINE HOST "Content-Length: 0\r\n\r\n"), HTTP_OK},
        {TEXT(LINE HOST "Transfer-Encoding: Chunked\r\n\r\n"), HTTP_OK},
        {TEXT(LINE HOST "X: a\tb \xe9 \r\n\r\n"), HTTP_OK},
        {TEXT("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), HTTP_OK},
        {TEXT("GET http://localhost/x HTTP/1.1\r\n" HOST "\r\n"), HTTP_OK},
        {TEXT("GET http://localhost HTTP/1.1\r\n" HOST "\r\n"), HTTP_OK},
        {TEXT("GET / HTTP/1.0\r\n" HOST "\r\n"), HTTP_OK},
        {TEXT("GET / HTTP/1.9\r\n" HOST "\r\n"), HTTP_OK},
        /* not whole */
        {TEXT("GET / HTTP/1.1\r\n" HOST), HTTP_NO_CONTENT},
        {TEXT(""), HTTP_NO_CONTENT},
        /* ends of lines */
        {TEXT("GET / HTTP/1.1\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: localhost\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "X: a\rb\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT("\r\n\r\n" LINE HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("\n" LINE HOST "\r\n"), HTTP_BAD_REQUEST},
        /* the first line */
        {TEXT("GET /\r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET  HTTP/1.1\r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET /a b HTTP/1.1\r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET /a#b HTTP/1.1\r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET /\xe9 HTTP/1.1\r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET / HTTP/1.1 \r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET x HTTP/1.1\r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET * HTTP/1.1\r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET / http/1.1\r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET / HTTP/11\r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET / HTTP/2.0\r\n" HOST "\r\n"), HTTP_VERSION_NOT_SUPPORTED},
        {TEXT("BREW / HTTP/1.1\r\n" HOST "\r\n"), HTTP_NOT_IMPLEMENTED},
        {TEXT("get / HTTP/1.1\r\n" HOST "\r\n"), HTTP_NOT_IMPLEMENTED},
        {TEXT("G\x01T / HTTP/1.1\r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("\x16\x03\x01"), HTTP_BAD_REQUEST},
    };
    (void)state;
    expect(cases, ARRAY_COUNT(cases));
}

static void fields_are_taken_or_refused(void **state)
{
    const case_t cases[] = {
        /* fields */
        {TEXT(LINE HOST "X : a\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "X: a\r\n b\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST ": a\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "X\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "X: a\0b\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "X: \x7f\r\n\r\n"), HTTP_BAD_REQUEST},
        /* whom it is for */
        {TEXT(LINE "\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: \r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: a/b\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: a@b\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: a:\r\n\r\n"), HTTP_OK},
        {TEXT(LINE "Host: a:b\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: a:65536\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: a:1:2\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: :80\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: ::1\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: [::1\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: [::1]a\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE "Host: [::1]:80\r\n\r\n"), HTTP_OK},
        {TEXT("GET http://other/x HTTP/1.1\r\n" HOST "\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET / HTTP/1.0\r\n\r\n"), HTTP_BAD_REQUEST},
        /* how the body comes */
        {TEXT(LINE HOST "Content-Length: +1\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "Content-Length: -1\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "Content-Length: 0x1\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "Content-Length:\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "Content-Length: 1, 1\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "Content-Length: 99999999999999999999\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
         HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
         HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"), HTTP_NOT_IMPLEMENTED},
        {TEXT(LINE HOST "Transfer-Encoding: identity\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT("GET / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"), HTTP_BAD_REQUEST},
        {TEXT(LINE HOST "Expect: something\r\n\r\n"), HTTP_EXPECTATION_FAILED},
    };
    (void)state;
    expect(cases, ARRAY_COUNT(cases));
}

static void a_head_says_what_it_says(void **state)
{
    http_head_t head = {0};
    text_t value;
    (void)state;
    assert_int_equal(read_head(TEXT("PUT /v1/clients/a%20b?x=1?2 HTTP/1.1\r\nhOST:\t[::1]:80 \r\n"
                                    "Content-Length: 37\r\nExpect: 100-Continue\r\n"
                                    "Accept-Encoding: br;q=1, GZIP;q=0.5\r\n"
                                    "Connection: foo, Close\r\n\r\n"),
                               &head),
                     HTTP_OK);
    assert_int_equal(head.method, HTTP_PUT);
    assert_text_equal(head.path, "/v1/clients/a%20b");
    assert_text_equal(head.query, "x=1?2");
    assert_text_equal(head.host, "[::1]:80");
    assert_int_equal(head.content_length, 37);
    assert_true(head.expects_continue && head.takes_gzip && !head.keeps_alive && !head.is_chunked);
    assert_true(http_head_find(&head, TEXT("content-length"), &value));
    assert_text_equal(value, "37");
    assert_false(http_head_find(&head, TEXT("content-lengt"), &value));
    assert_int_equal(read_head(TEXT("GET / HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n"
                                    "Accept-Encoding: gzip;q=0, *\r\n\r\n"),
                               &head),
                     HTTP_OK);
    assert_true(head.keeps_alive && !head.takes_gzip);
    assert_int_equal(read_head(TEXT(LINE HOST "Upgrade: WebSocket\r\n"
                                              "Connection: keep-alive, Upgrade\r\n\r\n"),
                               &head),
                     HTTP_OK);
    assert_true(head.wants_websocket);
}

/* However the bytes come in. */
static void a_head_in_pieces_is_the_same(void **state)
{
    static const char bytes[] = LINE HOST "X: y\r\n\r\nrest";
    size_t head_size = sizeof bytes - 1 - 4;
    http_scan_t scan = {0};
    http_status_t status = HTTP_OK;
    (void)state;
    for (size_t size = 1; size < head_size; size++) {
        text_t part = {.data = bytes, .size = size};
        assert_int_equal(http_head_scan(&scan, part, &status), HTTP_SCAN_MORE);
    }
    text_t all = {.data = bytes, .size = sizeof bytes - 1};
    assert_int_equal(http_head_scan(&scan, all, &status), HTTP_SCAN_FOUND);
    assert_int_equal(scan.scanned, head_size);
}

/* Before the end of a line that has none. */
static void what_is_too_long_is_refused(void **state)
{
    static char bytes[LIMIT_HTTP_HEAD_SIZE + 64];
    http_scan_t scan = {0};
    http_status_t status = HTTP_OK;
    (void)state;
    memset(bytes, 'a', sizeof bytes);
    text_t line = {.data = bytes, .size = LIMIT_HTTP_LINE_SIZE};
    assert_int_equal(http_head_scan(&scan, line, &status), HTTP_SCAN_MORE);
    line.size++;
    assert_int_equal(http_head_scan(&scan, line, &status), HTTP_SCAN_REFUSED);
    assert_int_equal(status, HTTP_URI_TOO_LONG);
    scan = (http_scan_t){0};
    text_copy(TEXT("GET / HTTP/1.1\r\n"), bytes);
    text_t head = {.data = bytes, .size = LIMIT_HTTP_HEAD_SIZE};
    assert_int_equal(http_head_scan(&scan, head, &status), HTTP_SCAN_MORE);
    head.size++;
    assert_int_equal(http_head_scan(&scan, head, &status), HTTP_SCAN_REFUSED);
    assert_int_equal(status, HTTP_HEADER_FIELDS_TOO_LARGE);
    scan = (http_scan_t){0};
    char *end = text_copy(TEXT(LINE), bytes);
    for (size_t i = 0; i <= LIMIT_HTTP_FIELDS; i++) {
        end = text_copy(TEXT("a: b\r\n"), end);
    }
    text_t fields = {.data = bytes, .size = (size_t)(end - bytes)};
    assert_int_equal(http_head_scan(&scan, fields, &status), HTTP_SCAN_REFUSED);
    assert_int_equal(status, HTTP_HEADER_FIELDS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_taken_or_refused),
        cmocka_unit_test(fields_are_taken_or_refused),
        cmocka_unit_test(a_head_says_what_it_says),
        cmocka_unit_test(a_head_in_pieces_is_the_same),
        cmocka_unit_test(what_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
