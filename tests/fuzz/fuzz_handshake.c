/* Any bytes as a head that may want a WebSocket, and as lists in its fields: a key that is answered
 * has 16 bytes to czmq's reader of base64, too; tokens are found in lists where another look at
 * each place finds them; and answers are compressed only for who names gzip, or all codings. */
#include "frontend/web/handshake.h"

#include <assert.h>
#include <czmq.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether czmq finds 16 bytes in the key; behind those it counts a zero. */
static bool is_key(text_t key)
{
    char text[32];
    zarmour_t *armour = zarmour_new();
    assert(key.size < sizeof text);
    *text_copy(key, text) = '\0';
    zchunk_t *chunk = zarmour_decode(armour, text);
    bool found = chunk != NULL && zchunk_size(chunk) == 16 + 1;
    zchunk_destroy(&chunk);
    zarmour_destroy(&armour);
    return found;
}

static void check_taken(const http_head_t *head, const char *accept)
{
    text_t key;
    text_t version;
    bool has_both = http_head_find(head, TEXT("sec-websocket-key"), &key) &&
                    http_head_find(head, TEXT("sec-websocket-version"), &version);
    assert(has_both && text_equal(version, TEXT("13")) && is_key(key));
    assert(head->method == HTTP_GET && !head->is_chunked && head->content_length == 0);
    assert(strlen(accept) == HANDSHAKE_ACCEPT_SIZE - 1 && accept[HANDSHAKE_ACCEPT_SIZE - 2] == '=');
}

/* A token is in a list if it is one of its parts, without the white space around them. */
static bool has_token(text_t list, text_t token)
{
    for (size_t begin = 0; begin + token.size <= list.size; begin++) {
        size_t first = begin;
        size_t last = begin + token.size;
        while (first > 0 && (list.data[first - 1] == ' ' || list.data[first - 1] == '\t')) {
            first--;
        }
        while (last < list.size && (list.data[last] == ' ' || list.data[last] == '\t')) {
            last++;
        }
        if (http_head_same(text_first(text_after(list, begin), token.size), token) &&
            (first == 0 || list.data[first - 1] == ',') &&
            (last == list.size || list.data[last] == ',')) {
            return true;
        }
    }
    return false;
}

/* Whether a list of codings may mean gzip. */
static bool may_mean_gzip(text_t list)
{
    bool found = list.size > 0 && memchr(list.data, '*', list.size) != NULL;
    for (size_t i = 0; i < list.size; i++) {
        found = found || http_head_same(text_first(text_after(list, i), 4), TEXT("gzip"));
    }
    return found;
}

static void check_lists(const http_head_t *head)
{
    static const text_t tokens[] = {{"gzip", 4}, {"close", 5}, {"\"a\"", 3}};
    bool may = false;
    for (size_t i = 0; i < head->field_count; i++) {
        text_t value = head->fields[i].value;
        for (size_t j = 0; j < sizeof tokens / sizeof tokens[0]; j++) {
            assert(http_head_list_has(value, tokens[j]) == has_token(value, tokens[j]));
        }
        may = may || (http_head_same(head->fields[i].name, TEXT("accept-encoding")) &&
                      may_mean_gzip(value));
    }
    assert(may || !head->takes_gzip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static http_head_t head;
    char accept[HANDSHAKE_ACCEPT_SIZE];
    const char *reason = NULL;
    http_status_t status;
    text_t bytes = {.data = (const char *)data, .size = size};
    http_scan_t scan = {0};
    if (http_head_scan(&scan, bytes, &status) != HTTP_SCAN_FOUND ||
        http_head_read(text_first(bytes, scan.scanned), &head) != HTTP_OK) {
        return 0;
    }
    check_lists(&head);
    if (handshake_check(&head, accept, &reason) == HTTP_SWITCHING_PROTOCOLS) {
        check_taken(&head, accept);
    } else {
        assert(reason != NULL);
    }
    return 0;
}
