/* The files of the page, as part of the program (frontend/web/page/page.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/web/page/page.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_SIZE_MAX = 1 << 20 };

#define FOLDER HERD_SOURCE_DIR "/frontend/web/page/"

/* The size in the last four bytes of what gzip makes (RFC 1952, 2.3.1). */
static size_t unpacked_size(text_t packed)
{
    size_t size = 0;
    for (size_t i = 1; i <= 4; i++) {
        size = size << 8 | (unsigned char)packed.data[packed.size - i];
    }
    return size;
}

static void check_file(const char *path)
{
    static char content[FILE_SIZE_MAX];
    page_file_t file;
    FILE *source = fopen(path, "rb");
    assert_non_null(source);
    size_t size = fread(content, 1, sizeof content, source);
    assert_int_equal(fclose(source), 0);

    assert_true(page_find(text_of(strrchr(path, '/') + 1), &file));
    assert_int_equal(file.plain.size, size);
    assert_memory_equal(file.plain.data, content, size);
    assert_true(file.packed.size > 18 && file.packed.size < size + 18);
    assert_memory_equal(file.packed.data, "\x1f\x8b\x08\x00", 4); /* deflate; no name, no time */
    assert_int_equal(unpacked_size(file.packed), size);
    assert_true(strlen(file.tag) == 36 && strncmp(file.tag, "W/\"", 3) == 0 && file.tag[35] == '"');
}

static void every_file_of_the_page_is_in_the_program(void **state)
{
    (void)state;
    static const char *const patterns[] = {FOLDER "*.html", FOLDER "*.css", FOLDER "*.js",
                                           FOLDER "*.svg", FOLDER "*.bin"};
    for (size_t i = 0; i < ARRAY_COUNT(patterns); i++) {
        glob_t found;
        assert_int_equal(glob(patterns[i], 0, NULL, &found), 0);
        for (size_t j = 0; j < found.gl_pathc; j++) {
            check_file(found.gl_pathv[j]);
        }
        globfree(&found);
    }
}

static void types_and_tags_tell_files_apart(void **state)
{
    (void)state;
    page_file_t page;
    page_file_t script;
    page_file_t file;
    assert_true(page_find(TEXT(""), &page));
    assert_string_equal(page.type, "text/html; charset=utf-8");
    assert_true(page_find(TEXT("index.html"), &file));
    assert_string_equal(file.tag, page.tag);
    assert_true(page_find(TEXT("app.js"), &script));
    assert_string_equal(script.type, "text/javascript; charset=utf-8");
    assert_string_not_equal(script.tag, page.tag);
    assert_true(page_find(TEXT("basemap.bin"), &file));
    assert_string_equal(file.type, "application/octet-stream");
}

static void nothing_else_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"page.c",  "README.md", "package.json", "INDEX.HTML",
                                        "app.js/", "/app.js",   "app.jsx",      "app.j",
                                        ".",       "..",        "../page.h",    "basemap"};
    page_file_t file = {.tag = "untouched"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        assert_false(page_find(text_of(names[i]), &file));
        assert_string_equal(file.tag, "untouched");
    }
    assert_false(page_find((text_t){.data = "app.js\0", .size = 7}, &file));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_of_the_page_is_in_the_program),
        cmocka_unit_test(types_and_tags_tell_files_apart),
        cmocka_unit_test(nothing_else_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
