/* Files cut into items (deploy/herdctl/positions/items.h): each in one piece, and byte by byte. */
#include "tests/support/cmocka_herd.h"

#include "common/base/buffer.h"
#include "deploy/herdctl/positions/items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOUND_SIZE = 4096 };

/* Writes what comes of a file, `piece` more bytes at a time: "LINE:ITEM|", then how it ended. */
static void cut(positions_format_t format, text_t file, size_t piece, char found[FOUND_SIZE])
{
    positions_items_t items = positions_items_begin(format);
    size_t begin = 0;
    size_t end = 0;
    size_t used = 0;
    for (;;) {
        size_t taken;
        text_t item = {0};
        status_t status =
            positions_items_take(&items, (text_t){.data = file.data + begin, .size = end - begin},
                                 end == file.size, &taken, &item);
        assert_true(taken <= end - begin);
        begin += taken;
        if (status == STATUS_OK) {
            used += (size_t)snprintf(found + used, FOUND_SIZE - used, "%d:%.*s|",
                                     (int)items.at_line, (int)item.size, item.data);
        } else if (status == STATUS_AGAIN) {
            assert_true(end < file.size);
            end = end + piece < file.size ? end + piece : file.size;
        } else {
            snprintf(found + used, FOUND_SIZE - used, "%d:%s", (int)items.at_line,
                     status == STATUS_NOT_FOUND ? "end" : "bad");
            return;
        }
    }
}

static void expect(positions_format_t format, const char *file, const char *expected)
{
    char whole[FOUND_SIZE];
    for (size_t piece = strlen(file) + 1; piece > 0; piece /= 2) {
        cut(format, text_of(file), piece, whole);
        char *end = strrchr(whole, '|');
        end = end != NULL ? end + 1 : whole;
        if (strcmp(strchr(end, ':') + 1, "end") == 0) {
            memmove(end, strchr(end, ':') + 1, sizeof "end"); /* its line says nothing */
        }
        assert_string_equal(whole, expected);
    }
}

static void lines(void **state)
{
    (void)state;
    expect(POSITIONS_JSONL, "", "end");
    expect(POSITIONS_JSONL, "\n \r\n\n", "end");
    expect(POSITIONS_JSONL, "a\nb\n", "1:a|2:b|end");
    expect(POSITIONS_JSONL, "a\r\n\r\nb", "1:a|3:b|end");
    expect(POSITIONS_JSONL,
           "\xef\xbb\xbf"
           "a\n\xef\xbb\xbf"
           "b",
           "1:a|2:\xef\xbb\xbf"
           "b|end");
    expect(POSITIONS_JSONL, "\xef\xbb", "1:\xef\xbb|end");
    expect(POSITIONS_JSONL, "\"a\nb\"\n", "1:\"a|2:b\"|end");
}

static void rows(void **state)
{
    (void)state;
    expect(POSITIONS_CSV, "a,b\r\nc\r\n", "1:a,b|2:c|end");
    expect(POSITIONS_CSV, "\"a\r\nb\",c\r\n\r\nd", "1:\"a\r\nb\",c|4:d|end");
    expect(POSITIONS_CSV, "\"a\"\"\n\"\nb", "1:\"a\"\"\n\"|3:b|end");
    expect(POSITIONS_CSV, "\"a\nb", "1:\"a\nb|end");
}

static void features(void **state)
{
    (void)state;
    expect(POSITIONS_GEOJSON, "{\"features\":[]}", "end");
    expect(POSITIONS_GEOJSON,
           "\xef\xbb\xbf {\"type\":\"FeatureCollection\",\n\"features\": [\n"
           "{\"a\":1},\n{\"b\":{\"c\":\"}\\\"}\"}} , {}]\n , \"x\":[{\"y\":1}]}\n",
           "3:{\"a\":1}|4:{\"b\":{\"c\":\"}\\\"}\"}}|4:{}|end");
    expect(POSITIONS_GEOJSON,
           "{\"a\":\"features\",\"b\":[{}],\"c\":{\"features\":[{}]},"
           "\"features\"\n:\n[{\n}\n,{}\n]}",
           "3:{\n}|5:{}|end");
    expect(POSITIONS_GEOJSON, "{\"features\":[{}],\"features\":[{}]}", "1:{}|end");
    expect(POSITIONS_GEOJSON, "{\"features1\":[{}],\"feature\":[{}],\"\":[{}]}", "1:bad");
}

static void what_is_no_geojson(void **state)
{
    (void)state;
    expect(POSITIONS_GEOJSON, "", "1:bad");
    expect(POSITIONS_GEOJSON, "\n[]", "2:bad");
    expect(POSITIONS_GEOJSON, "{}", "1:bad");
    expect(POSITIONS_GEOJSON, "{\"features\":{}}", "1:bad");
    expect(POSITIONS_GEOJSON, "{\"features\":[", "1:bad");
    expect(POSITIONS_GEOJSON, "{\"features\":[{}", "1:{}|1:bad");
    expect(POSITIONS_GEOJSON, "{\"features\":[{}]", "1:{}|1:bad");
    expect(POSITIONS_GEOJSON, "{\"features\":[\n{\n", "2:bad");
    expect(POSITIONS_GEOJSON, "{\"features\":[{}{}]}", "1:{}|1:bad");
    expect(POSITIONS_GEOJSON, "{\"features\":[{},]}", "1:{}|1:bad");
    expect(POSITIONS_GEOJSON, "{\"features\":[,{}]}", "1:bad");
    expect(POSITIONS_GEOJSON, "{\"features\":[1,{}]}", "1:bad");
    expect(POSITIONS_GEOJSON, "{\"features\":[]}x", "1:bad");
    expect(POSITIONS_GEOJSON, "{\"features\":[]}}", "1:bad");
}

/* A file of `parts`, of which the second is repeated until the file has `size` bytes or more. */
static char *make_long(const char *const parts[3], size_t size, text_t *ret_file)
{
    buffer_t file;
    buffer_init(&file, 4 * size);
    assert_int_equal(buffer_append(&file, parts[0], strlen(parts[0])), STATUS_OK);
    while (file.size < size) {
        assert_int_equal(buffer_append(&file, parts[1], strlen(parts[1])), STATUS_OK);
    }
    assert_int_equal(buffer_append(&file, parts[2], strlen(parts[2])), STATUS_OK);
    *ret_file = buffer_text(&file);
    return file.data;
}

/* What is too long is told with its line, and what comes behind it is taken. */
static void expect_too_long(positions_format_t format, const char *const parts[3],
                            const char *second, uint64_t line)
{
    enum { PIECE = 65536 };
    text_t file;
    char *memory = make_long(parts, (size_t)3 * POSITIONS_ITEM_SIZE, &file);
    positions_items_t items = positions_items_begin(format);
    size_t begin = 0;
    size_t end = 0;
    bool seen = false;
    status_t status;
    do {
        size_t taken;
        text_t item;
        text_t bytes = {.data = file.data + begin, .size = end - begin};
        assert_true(bytes.size <= POSITIONS_ITEM_SIZE + PIECE);
        status = positions_items_take(&items, bytes, end == file.size, &taken, &item);
        begin += taken;
        if (status == STATUS_AGAIN) {
            end = end + PIECE < file.size ? end + PIECE : file.size;
        } else if (status == STATUS_TOO_LONG) {
            assert_false(seen);
            seen = true;
            assert_int_equal(items.at_line, line);
        } else if (status == STATUS_OK) {
            assert_true(seen);
            assert_true(text_equal(item, text_of(second)));
        }
    } while (status != STATUS_NOT_FOUND && status != STATUS_INVALID);
    assert_int_equal(status, STATUS_NOT_FOUND);
    assert_true(seen);
    free(memory);
}

static void too_long(void **state)
{
    (void)state;
    const char *const line[] = {"\n\n", "abcdefgh", "\nb\n"};
    const char *const row[] = {"\"", "abc\ndefgh", "\"\nb\n"};
    const char *const feature[] = {"{\"features\":[\n{", "\"a\":{\"b\":\"}\"},\n",
                                   "\"z\":1},{\"b\":1}]}"};
    expect_too_long(POSITIONS_JSONL, line, "b", 3);
    expect_too_long(POSITIONS_CSV, row, "b", 1);
    expect_too_long(POSITIONS_GEOJSON, feature, "{\"b\":1}", 2);
}

static void formats_are_guessed(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        bool known; /* before the end */
        positions_format_t format;
    } rows[] = {
        {"", false, POSITIONS_CSV},
        {"\n\n\n\n", false, POSITIONS_CSV},
        {"client,time", true, POSITIONS_CSV},
        {"\xef\xbb\xbf\n {\"client\":1} \r\n", true, POSITIONS_JSONL},
        {"{\"client\":\"FeatureCollection\"}\n", true, POSITIONS_JSONL},
        {"{\"type\":\"Feature\"}", false, POSITIONS_JSONL},
        {"{\n", false, POSITIONS_JSONL},
        {"{ \"name\":\"type\",\n \"type\" :\n \"FeatureCollection\"", true, POSITIONS_GEOJSON},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        positions_format_t format;
        text_t head = text_of(rows[i].head);
        assert_int_equal(positions_items_guess(head, false, &format), rows[i].known);
        assert_true(positions_items_guess(head, true, &format));
        assert_int_equal(format, rows[i].format);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),    cmocka_unit_test(rows),
        cmocka_unit_test(features), cmocka_unit_test(what_is_no_geojson),
        cmocka_unit_test(too_long), cmocka_unit_test(formats_are_guessed),
    };
    return cmocka_run_group_tests_name("positions_items", tests, NULL, NULL);
}
