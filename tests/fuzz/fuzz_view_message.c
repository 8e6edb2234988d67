/* Any bytes as what a watcher says by WebSocket: the query that it becomes says of each member what
 * jansson finds there. (That it is JSON at all is jansson's word in the code, too.) */
#include "common/base/limits.h"
#include "frontend/web/http/http_target.h"
#include "frontend/web/query.h"
#include "frontend/web/view_message.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The number that a part of a query is. */
static double number_of(text_t part)
{
    char text[LIMIT_WEBSOCKET_MESSAGE_SIZE + 1];
    *text_copy(part, text) = '\0';
    return strtod(text, NULL);
}

static void check_numbers(const json_t *array, text_t plain)
{
    size_t index;
    json_t *element;
    text_t part;
    json_array_foreach(array, index, element)
    {
        bool is_there = text_take_until(&plain, ',', &part);
        assert(is_there && json_is_number(element));
        assert(number_of(part) == json_number_value(element));
    }
    assert(plain.size == 0);
}

static void check_value(const json_t *value, text_t plain)
{
    assert(value != NULL);
    if (json_is_number(value)) {
        assert(number_of(plain) == json_number_value(value));
    } else if (json_is_array(value)) {
        check_numbers(value, plain);
    } else {
        text_t text = {.data = json_string_value(value), .size = json_string_length(value)};
        assert(json_is_string(value) && text_equal(text, plain));
    }
}

/* Each parameter is a member of the view, and there are no others. */
static void check_view(const json_t *view, text_t query)
{
    size_t count = 0;
    text_t name;
    text_t value;
    while (http_target_parameter(&query, &name, &value)) {
        buffer_t plain;
        buffer_init(&plain, value.size + 1);
        bool is_decoded = http_target_decode(value, false, &plain);
        assert(is_decoded);
        check_value(json_object_getn(view, name.data, name.size), buffer_text(&plain));
        buffer_done(&plain);
        count++;
    }
    assert(count == json_object_size(view));
}

static void check_message(text_t text, const view_message_t *message)
{
    json_t *json = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    assert(json_is_object(json));
    assert(json_object_size(json) == (message->has_last ? 2 : 1));
    assert(json_is_string(json_object_get(json, "last")) == message->has_last);
    check_view(json_object_get(json, "view"), message->query);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t text = {.data = (const char *)data, .size = size};
    buffer_t bytes;
    view_message_t message;
    buffer_init(&bytes, (size_t)4 * LIMIT_WEBSOCKET_MESSAGE_SIZE);
    if (view_message_read(text, &bytes, &message) == NULL) {
        assert(size <= LIMIT_WEBSOCKET_MESSAGE_SIZE && message.is_json);
        check_message(text, &message);
    }
    buffer_done(&bytes);
    return 0;
}
