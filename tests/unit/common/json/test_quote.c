/* Any bytes as text of JSON and CSV (common/json/quote.h). */
#include "common/json/quote.h"

#include "tests/support/cmocka_herd.h"

enum { SIZE_MAX_HERE = 24 };

/* The inside of a JSON string that is one byte of ASCII, or none. */
static text_t json_of(unsigned char byte, char out[QUOTE_SIZE])
{
    bool is_printable = byte >= ' ' && byte < 0x7f;
    if (byte == '"') {
        return TEXT("\\\"");
    }
    if (is_printable && byte != '\\') {
        out[0] = (char)byte;
        return (text_t){.data = out, .size = 1};
    }
    text_copy(TEXT("\\\\x"), out);
    text_write_hex(byte, 2, out + 3);
    return (text_t){.data = out, .size = QUOTE_SIZE};
}

/* Each byte at each place of texts of each size: they are looked at eight bytes at a time. */
static void each_byte_is_quoted_at_each_place(void **state)
{
    (void)state;
    char text[SIZE_MAX_HERE];
    char out[QUOTE_SIZE * SIZE_MAX_HERE + 2];
    char wanted[QUOTE_SIZE * SIZE_MAX_HERE];
    for (size_t size = 1; size <= SIZE_MAX_HERE; size++) {
        for (size_t at = 0; at < size; at++) {
            for (unsigned byte = 0; byte <= UINT8_MAX; byte++) {
                char one[QUOTE_SIZE];
                memset(text, 'x', sizeof text);
                memset(wanted, 'x', sizeof wanted);
                text[at] = (char)byte;
                text_t quoted = json_of((unsigned char)byte, one);
                text_copy(quoted, wanted + at);
                size_t out_size =
                    (size_t)(quote_json((text_t){.data = text, .size = size}, out) - out);
                assert_int_equal(out_size, size - 1 + quoted.size);
                memset(wanted + at + quoted.size, 'x', size - at - 1);
                assert_memory_equal(out, wanted, out_size);
            }
        }
    }
}

static void fields_of_csv_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *csv;
    } cases[] = {{"kiwi-and-more", "kiwi-and-more"},
                 {"kiwi,and-more", "\"kiwi,and-more\""},
                 {"kiwi\"and-more", "\"kiwi\"\"and-more\""},
                 {"", ""}};
    char out[QUOTE_SIZE * SIZE_MAX_HERE + 2];
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        *quote_csv(text_of(cases[i].text), out) = '\0';
        assert_string_equal(out, cases[i].csv);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_is_quoted_at_each_place),
        cmocka_unit_test(fields_of_csv_are_quoted_where_they_must_be),
    };
    return cmocka_run_group_tests_name("quote", tests, NULL, NULL);
}
