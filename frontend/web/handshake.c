#include "frontend/web/handshake.h"

#include "common/base/memory.h"

#include <czmq.h>

enum {
    KEY_SIZE = 24,       /* 16 bytes as base64 */
    KEY_DIGITS = 22,     /* of these, what is not filled up */
    SHA1_SIZE = 20,      /* bytes */
    ACCEPTED_SIZE = 128, /* for zdigest and zarmour, about */
};

/* The value of a field that is there once. */
static bool find_one(const http_head_t *head, text_t name, text_t *ret_value)
{
    size_t count = 0;
    for (size_t i = 0; i < head->field_count; i++) {
        if (http_head_same(head->fields[i].name, name)) {
            *ret_value = head->fields[i].value;
            count++;
        }
    }
    return count == 1;
}

/* dGhlIHNhbXBsZSBub25jZQ== */
static bool is_key(text_t text)
{
    if (text.size != KEY_SIZE || text.data[KEY_DIGITS] != '=' || text.data[KEY_DIGITS + 1] != '=') {
        return false;
    }
    for (size_t i = 0; i < KEY_DIGITS; i++) {
        if (!text_is_alphanumeric(text.data[i]) && text.data[i] != '+' && text.data[i] != '/') {
            return false;
        }
    }
    return true;
}

/* SHA-1 of the key and the number of RFC 6455, as base64. */
static void accept_key(text_t key, char out[HANDSHAKE_ACCEPT_SIZE])
{
    static const char number[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    zdigest_t *digest = memory_checked(zdigest_new(), ACCEPTED_SIZE);
    zarmour_t *armour = memory_checked(zarmour_new(), ACCEPTED_SIZE);
    zdigest_update(digest, (const byte *)key.data, key.size);
    zdigest_update(digest, (const byte *)number, sizeof number - 1);
    char *text = memory_checked(zarmour_encode(armour, zdigest_data(digest), SHA1_SIZE),
                                HANDSHAKE_ACCEPT_SIZE);
    *text_copy(text_first(text_of(text), HANDSHAKE_ACCEPT_SIZE - 1), out) = '\0';
    zstr_free(&text);
    zarmour_destroy(&armour);
    zdigest_destroy(&digest);
}

http_status_t handshake_check(const http_head_t *head, char ret_accept[HANDSHAKE_ACCEPT_SIZE],
                              const char **ret_reason)
{
    text_t version;
    text_t key;
    if (head->method != HTTP_GET || head->is_chunked || head->content_length > 0) {
        *ret_reason = "A WebSocket is asked for by GET, without a body.";
        return HTTP_BAD_REQUEST;
    }
    if (!find_one(head, TEXT("sec-websocket-version"), &version) ||
        !text_equal(version, TEXT("13"))) {
        *ret_reason = "A WebSocket here is of version 13.";
        return HTTP_UPGRADE_REQUIRED;
    }
    if (!find_one(head, TEXT("sec-websocket-key"), &key) || !is_key(key)) {
        *ret_reason = "Sec-WebSocket-Key is 16 bytes as base64, once.";
        return HTTP_BAD_REQUEST;
    }
    accept_key(key, ret_accept);
    return HTTP_SWITCHING_PROTOCOLS;
}
