/* Any bytes as a provider's JSON: walking it ends and stays within bounds. What passes the check is
 * printed so that it passes again, means the same, and has no two LFs in a row. */
#include "common/json/json_read.h"
#include "node/places/json_print.h"

#include <assert.h>
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(text_t value)
{
    text_t rest = json_read_inside(value);
    text_t name;
    text_t found;
    while (json_read_member(&rest, &name, &found)) {
        assert(found.size > 0 && found.data + found.size <= value.data + value.size);
    }
    rest = json_read_inside(value);
    while (json_read_element(&rest, &found)) {
        double number;
        assert(found.size > 0 && found.data + found.size <= value.data + value.size);
        (void)json_read_double(found, &number);
    }
}

static void check_same(text_t one, text_t other)
{
    json_t *first = json_loadb(one.data, one.size, JSON_ALLOW_NUL, NULL);
    json_t *second = json_loadb(other.data, other.size, JSON_ALLOW_NUL, NULL);
    assert(first != NULL && second != NULL && json_equal(first, second));
    json_decref(first);
    json_decref(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t text = {.data = (const char *)data, .size = size};
    buffer_t out;
    buffer_init(&out, 256 * (size + 1));
    text_t value;
    walk(text);
    json_print_t printer = json_print_begin(&out);
    json_print_value(&printer, text);
    status_t printed = json_print_end(&printer);
    if (json_read_check(text, size, &value) == STATUS_OK) {
        assert(printed == STATUS_OK);
        assert(memmem(out.data, out.size, "\n\n", 2) == NULL);
        check_same(value, buffer_text(&out));
    }
    buffer_done(&out);
    return 0;
}
