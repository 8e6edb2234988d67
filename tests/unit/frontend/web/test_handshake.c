/* How a WebSocket begins (frontend/web/handshake.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/web/handshake.h"

#include <stdio.h>

static http_status_t check(const char *line, const char *fields, char accept[HANDSHAKE_ACCEPT_SIZE])
{
    char bytes[1024];
    http_head_t head;
    const char *reason;
    int size = snprintf(bytes, sizeof bytes,
                        "%s HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "%s\r\n",
                        line, fields);
    assert_int_equal(http_head_read((text_t){.data = bytes, .size = (size_t)size}, &head), HTTP_OK);
    assert_true(head.wants_websocket);
    return handshake_check(&head, accept, &reason);
}

#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"

static void the_key_of_the_rfc_is_answered(void **state)
{
    char accept[HANDSHAKE_ACCEPT_SIZE];
    (void)state;
    assert_int_equal(check("GET /", KEY VERSION, accept), HTTP_SWITCHING_PROTOCOLS);
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void others_are_refused(void **state)
{
    char accept[HANDSHAKE_ACCEPT_SIZE];
    (void)state;
    assert_int_equal(check("GET /", KEY, accept), HTTP_UPGRADE_REQUIRED);
    assert_int_equal(check("GET /", KEY "Sec-WebSocket-Version: 7\r\n", accept),
                     HTTP_UPGRADE_REQUIRED);
    assert_int_equal(check("GET /", KEY VERSION VERSION, accept), HTTP_UPGRADE_REQUIRED);
    assert_int_equal(check("GET /", VERSION, accept), HTTP_BAD_REQUEST);
    assert_int_equal(check("GET /", VERSION KEY KEY, accept), HTTP_BAD_REQUEST);
    assert_int_equal(
        check("GET /", VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=a\r\n", accept),
        HTTP_BAD_REQUEST);
    assert_int_equal(check("HEAD /", KEY VERSION, accept), HTTP_BAD_REQUEST);
    assert_int_equal(check("GET /", KEY VERSION "Content-Length: 1\r\n", accept), HTTP_BAD_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_the_rfc_is_answered),
        cmocka_unit_test(others_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
