#include "frontend/web/view_message.h"

#include "common/base/limits.h"
#include "common/base/sheet.h"
#include "common/json/json_read.h"
#include "frontend/web/http/http_target.h"

/* Bytes of the longest ID of an event. */
enum { LAST_MAX = 128 };

static void put_value(sheet_t *sheet, text_t text)
{
    if (!http_target_encode(text, sheet->out)) {
        sheet_fail(sheet, STATUS_FULL);
    }
}

/* [1, 2.5] as 1,2.5 */
static bool put_numbers(sheet_t *sheet, text_t value)
{
    text_t rest = json_read_inside(value);
    text_t element;
    bool is_first = true;
    while (json_read_element(&rest, &element)) {
        if (!json_read_is_number(element)) {
            return false;
        }
        if (!is_first) {
            sheet_put_byte(sheet, ',');
        }
        is_first = false;
        put_value(sheet, element);
    }
    return !is_first;
}

static bool put_text(sheet_t *sheet, text_t value)
{
    char bytes[LIMIT_WEBSOCKET_MESSAGE_SIZE];
    buffer_t plain = {.data = bytes, .capacity = sizeof bytes, .maximum = sizeof bytes};
    if (!json_read_decode(value, &plain)) {
        return false;
    }
    put_value(sheet, buffer_text(&plain));
    return true;
}

static bool put_any(sheet_t *sheet, text_t value)
{
    if (json_read_is_number(value)) {
        put_value(sheet, value);
        return true;
    }
    return json_read_is_array(value) ? put_numbers(sheet, value) : put_text(sheet, value);
}

static bool is_of_view(text_t name)
{
    static const char *const names[] = {"client", "bbox", "near", "lat", "lon", "radius", "limit"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (text_equal(name, text_of(names[i]))) {
            return true;
        }
    }
    return false;
}

/* The members of a view. */
static const char *read_view(text_t view, sheet_t *sheet)
{
    text_t rest = json_read_inside(view);
    text_t name;
    text_t value;
    bool is_first = true;
    while (json_read_member(&rest, &name, &value)) {
        if (!is_of_view(name)) {
            return "A view has client, bbox, near, lat, lon, radius and limit.";
        }
        if (!is_first) {
            sheet_put_byte(sheet, '&');
        }
        is_first = false;
        sheet_put(sheet, name);
        sheet_put_byte(sheet, '=');
        if (!put_any(sheet, value)) {
            return "What a view has are numbers, lists of numbers, and texts.";
        }
    }
    return NULL;
}

/* The members of a message. */
static const char *read_members(text_t message, text_t *ret_view, view_message_t *ret_message)
{
    text_t rest = json_read_inside(message);
    text_t name;
    text_t value;
    text_t view = {0};
    while (json_read_is_object(message) && json_read_member(&rest, &name, &value)) {
        if (text_equal(name, TEXT("view")) && json_read_is_object(value)) {
            view = value;
        } else if (text_equal(name, TEXT("last")) && json_read_is_string(value)) {
            ret_message->has_last = true;
            ret_message->last = text_first(json_read_string(value), LAST_MAX);
        } else {
            return "A message has an object, view; the first may have a text, last.";
        }
    }
    *ret_view = view;
    return view.size > 0 ? NULL : "A message has a view.";
}

const char *view_message_read(text_t text, buffer_t *bytes, view_message_t *ret_message)
{
    text_t message;
    text_t view = {0};
    *ret_message = (view_message_t){0};
    if (json_read_check(text, LIMIT_WEBSOCKET_MESSAGE_SIZE, &message) != STATUS_OK) {
        return "The message is not JSON.";
    }
    ret_message->is_json = true;
    const char *problem = read_members(message, &view, ret_message);
    if (problem != NULL) {
        return problem;
    }
    buffer_clear(bytes);
    sheet_t sheet = sheet_begin(bytes);
    problem = read_view(view, &sheet);
    if (sheet_end(&sheet) != STATUS_OK) {
        return "The view is too long.";
    }
    ret_message->query = buffer_text(bytes);
    return problem;
}
