/* Any bytes as what a client of a WebSocket sends, in pieces that the first byte chooses: pieces
 * change nothing, nor does a new reader wherever one stands between messages; messages keep to
 * their limit and are UTF-8; and a view that is read is one of a query, with nothing smuggled into
 * it. */
#include "common/base/limits.h"
#include "common/json/json_string.h"
#include "frontend/web/query.h"
#include "frontend/web/view_message.h"
#include "frontend/web/websocket/websocket_reader.h"

#include <assert.h>

enum { TOLD_SIZE = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_view(text_t text)
{
    static const query_bounds_t bounds = {
        .radius_m = 1, .radius_max_m = 1e7, .limit = 1, .limit_max = 10000};
    view_message_t message;
    query_t query;
    buffer_t bytes;
    buffer_t client;
    buffer_init(&bytes, (size_t)3 * LIMIT_WEBSOCKET_MESSAGE_SIZE);
    buffer_init(&client, LIMIT_WEBSOCKET_MESSAGE_SIZE);
    if (view_message_read(text, &bytes, &message) == NULL) {
        assert(message.is_json);
        for (size_t i = 0; i < message.query.size; i++) {
            char byte = message.query.data[i];
            assert(text_is_alphanumeric(byte) || strchr("%=&,.-_~", byte) != NULL);
        }
        if (query_read(message.query, &bounds, &client, &query) == NULL) {
            assert(!query.has_after);
        }
    }
    buffer_done(&client);
    buffer_done(&bytes);
}

static void check_event(const websocket_event_t *event)
{
    assert(event->kind != WEBSOCKET_REFUSED || (event->code >= 1000 && event->reason != NULL));
    if (event->kind == WEBSOCKET_TEXT) {
        assert(event->content.size <= LIMIT_WEBSOCKET_MESSAGE_SIZE);
        assert(json_string_is_utf8(event->content));
        check_view(event->content);
    } else {
        assert(event->content.size <= 125);
    }
}

/* Gives one piece; false: it has ended. What came is told to `told`. */
static bool give(websocket_reader_t *reader, text_t piece, buffer_t *told)
{
    websocket_event_t event;
    websocket_reader_give(reader, piece);
    do {
        event = websocket_reader_next(reader);
        if (event.kind != WEBSOCKET_MORE) {
            check_event(&event);
            assert(buffer_format(told, "%d %u %zu ", (int)event.kind, (unsigned)event.code,
                                 event.content.size) == STATUS_OK);
            assert(buffer_append(told, event.content.data, event.content.size) == STATUS_OK);
        }
        if (event.kind == WEBSOCKET_CLOSE || event.kind == WEBSOCKET_REFUSED) {
            return false;
        }
    } while (event.kind != WEBSOCKET_MORE);
    return true;
}

/* Reads all of it in steps. */
static void read_in_steps(text_t bytes, size_t step, buffer_t *told)
{
    websocket_reader_t *reader = websocket_reader_new();
    bool goes_on = true;
    while (goes_on && bytes.size > 0) {
        text_t piece = text_first(bytes, step);
        bytes = text_after(bytes, piece.size);
        goes_on = give(reader, piece, told);
        assert(websocket_reader_memory(reader) < 16384);
        if (goes_on && websocket_reader_is_between(reader)) {
            websocket_reader_destroy(&reader);
            reader = websocket_reader_new();
        }
    }
    websocket_reader_destroy(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    buffer_t told;
    buffer_t whole;
    if (size == 0) {
        return 0;
    }
    text_t bytes = {.data = (const char *)data + 1, .size = size - 1};
    buffer_init(&told, TOLD_SIZE);
    buffer_init(&whole, TOLD_SIZE);
    read_in_steps(bytes, (size_t)data[0] % 32 + 1, &told);
    read_in_steps(bytes, bytes.size + 1, &whole);
    assert(text_equal(buffer_text(&told), buffer_text(&whole)));
    buffer_done(&told);
    buffer_done(&whole);
    return 0;
}
