/* Any bytes as numbers, fields, lines and text for a terminal: a number prints as it was
 * written, but for zeros in front; fields and lines are the text again; escaped text fits and is
 * printable. */
#include "common/base/text.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SHOWN_SIZE_MAX = 64 };

static text_t without_zeros(text_t digits)
{
    while (digits.size > 1 && digits.data[0] == '0') {
        digits = text_after(digits, 1);
    }
    return digits;
}

static void check_numbers(text_t text)
{
    char out[TEXT_NUMBER_SIZE];
    uint64_t number;
    uint64_t again;
    int64_t sign;
    if (text_to_u64(text, UINT64_MAX, &number)) {
        text_t written = {.data = out, .size = text_write_u64(number, out)};
        assert(text_equal(written, without_zeros(text)));
        assert(text_to_u64(text, number, &again) && again == number);
        assert(number == 0 || !text_to_u64(text, number - 1, &again));
        assert(text_to_i64(text, &sign) == (number <= INT64_MAX));
    }
    if (text_to_i64(text, &sign)) {
        text_t written = {.data = out, .size = text_write_i64(sign, out)};
        assert(text_to_i64(written, &sign) && written.size <= text.size);
    }
    if (text_from_hex(text, &number)) {
        text_write_hex(number, text.size, out);
        assert(text_equal(text, (text_t){.data = out, .size = text.size}));
    }
}

/* A number and its separator are what is before the separator, read as a number. */
static void check_taken(text_t text)
{
    text_t rest = text;
    text_t other = text;
    text_t part;
    uint64_t number;
    uint64_t again;
    if (text_take_u64(&rest, ' ', UINT64_MAX, &number)) {
        bool taken = text_take_until(&other, ' ', &part) && text_to_u64(part, UINT64_MAX, &again);
        assert(taken && again == number && text_equal(rest, other));
    } else {
        assert(text_equal(rest, text));
    }
}

static void check_parts(text_t text)
{
    size_t bytes = 0;
    text_t part;
    text_t rest = text;
    while (text_take_line(&rest, &part)) {
        bytes += part.size + 1;
        assert(part.size == 0 || memchr(part.data, '\n', part.size) == NULL);
    }
    assert(bytes + rest.size == text.size);
    rest = text;
    while (text_take_field(&rest, &part)) {
        for (size_t i = 0; i < part.size; i++) {
            assert(!text_is_space(part.data[i]));
        }
        assert(part.size > 0 && (rest.size == 0 || text_is_space(rest.data[0])));
    }
}

static void check_shown(text_t text, size_t out_size)
{
    char out[SHOWN_SIZE_MAX];
    memset(out, '\n', sizeof out);
    text_escape(text, out, out_size);
    size_t size = strlen(out);
    assert(size < out_size && (out_size == sizeof out || out[out_size] == '\n'));
    for (size_t i = 0; i < size; i++) {
        assert(out[i] >= ' ' && out[i] <= '~');
    }
    assert(size >= text.size || out_size < 4 || memcmp(out + size - 3, "...", 3) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t text = {.data = (const char *)data, .size = size};
    check_numbers(text);
    check_taken(text);
    check_parts(text);
    for (size_t out_size = 1; out_size <= SHOWN_SIZE_MAX; out_size++) {
        check_shown(text, out_size);
    }
    return 0;
}
