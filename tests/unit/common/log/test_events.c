/* The list of events (common/log/events.h), and what docs/operations.md says of them. */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/log/events.h"
#include "common/log/level.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

enum { DOCUMENT_SIZE = 262144 };

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *text = memory_new(DOCUMENT_SIZE + 1);
    size_t size = fread(text, 1, DOCUMENT_SIZE, file);
    assert_in_range(size, 1, DOCUMENT_SIZE - 1);
    fclose(file);
    return text;
}

static char *read_document(void)
{
    return read_file(HERD_SOURCE_DIR "/docs/operations.md");
}

static void names_are_whole_and_differ(void **state)
{
    (void)state;
    char before[LOG_EVENT_COUNT][LOG_EVENTS_TEXT_SIZE];
    for (unsigned i = 0; i < LOG_EVENT_COUNT; i++) {
        log_events_text((log_event_t)i, before[i]);
        assert_in_range(strlen(before[i]), 3, LOG_EVENTS_TEXT_SIZE - 2);
        assert_int_equal(strspn(before[i], "abcdefghijklmnopqrstuvwxyz-"), strlen(before[i]));
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(before[i], before[j]);
        }
    }
    log_events_text(LOG_LINK_DOWN, before[0]);
    assert_string_equal(before[0], "link-down");
    assert_int_equal(log_events_level(LOG_LINK_DOWN), LOG_LEVEL_WARNING);
    assert_true(log_events_is_counted(LOG_LINK_DOWN));
    assert_false(log_events_is_counted(LOG_STARTED));
}

static void levels_are_read_as_they_are_written(void **state)
{
    (void)state;
    static const log_level_t levels[] = {LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO};
    log_level_t level = LOG_LEVEL_ERROR;
    for (size_t i = 0; i < ARRAY_COUNT(levels); i++) {
        assert_true(log_level_parse(text_of(log_level_text(levels[i])), &level));
        assert_int_equal(level, levels[i]);
    }
    static const char *const bad[] = {"", "inf", "infos", "Info", "info ", "2"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_false(log_level_parse(text_of(bad[i]), &level));
        assert_int_equal(level, LOG_LEVEL_INFO);
    }
}

/* A row "| `link-down` | warning | ..." for each warning and error. */
static void each_warning_and_error_is_explained(void **state)
{
    (void)state;
    char *document = read_document();
    for (unsigned i = 0; i < LOG_EVENT_COUNT; i++) {
        log_level_t level = log_events_level((log_event_t)i);
        char name[LOG_EVENTS_TEXT_SIZE];
        char row[LOG_EVENTS_TEXT_SIZE + 32];
        log_events_text((log_event_t)i, name);
        snprintf(row, sizeof row, "\n| `%s` | %s | ", name, log_level_text(level));
        if (level != LOG_LEVEL_INFO && strstr(document, row) == NULL) {
            fail_msg("docs/operations.md has no row \"%s...\"", row + 1);
        }
    }
    free(document);
}

static bool is_event(text_t name)
{
    char text[LOG_EVENTS_TEXT_SIZE];
    bool found = false;
    for (unsigned i = 0; i < LOG_EVENT_COUNT && !found; i++) {
        log_events_text((log_event_t)i, text);
        found = text_equal(text_of(text), name);
    }
    return found;
}

/* `level`: what stands behind the event's name in a row. */
static unsigned check_rows(const char *document, const char *level)
{
    unsigned rows = 0;
    for (const char *end = strstr(document, level); end != NULL; end = strstr(end + 1, level)) {
        const char *start = end;
        while (start[-1] != '`') {
            start--;
        }
        text_t name = {.data = start, .size = (size_t)(end - start)};
        if (!is_event(name)) {
            fail_msg("docs/operations.md: no event is named \"%.*s\"", (int)name.size, name.data);
        }
        rows++;
    }
    return rows;
}

/* The other way: no row of an event that is no more. */
static void each_row_is_of_an_event(void **state)
{
    (void)state;
    char *document = read_document();
    assert_true(check_rows(document, "` | warning | ") > 0);
    assert_true(check_rows(document, "` | error | ") > 0);
    free(document);
}

/* What nftw(3) is looking for: it has no argument to pass on. */
static struct {
    const char *word;
    bool found;
} wanted;

/* Whether a source has the word, and no longer one that begins with it. */
static int look_in_source(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)place;
    size_t length = strlen(path);
    if (kind != FTW_F || length < 2 || strcmp(path + length - 2, ".c") != 0) {
        return 0;
    }
    char *text = read_file(path);
    size_t size = strlen(wanted.word);
    for (const char *at = strstr(text, wanted.word); at != NULL && !wanted.found;
         at = strstr(at + 1, wanted.word)) {
        wanted.found = at[size] != '_' && (at[size] < 'A' || at[size] > 'Z');
    }
    free(text);
    return wanted.found ? 1 : 0;
}

static bool is_in_sources(const char *folder, const char *word)
{
    enum { DESCRIPTORS = 8 };
    wanted.word = word;
    wanted.found = false;
    assert_int_not_equal(nftw(folder, look_in_source, DESCRIPTORS, FTW_PHYS), -1);
    return wanted.found;
}

/* An event that nothing logs would be explained to no end. */
static void each_event_is_logged_somewhere(void **state)
{
    (void)state;
    static const char *const names[] = {
#define EVENTS_NAME(name, level, repeats) "LOG_" #name,
        LOG_EVENTS_MAP(EVENTS_NAME)
#undef EVENTS_NAME
    };
    for (size_t i = 0; i < LOG_EVENT_COUNT; i++) {
        if (!is_in_sources(HERD_SOURCE_DIR "/node", names[i]) &&
            !is_in_sources(HERD_SOURCE_DIR "/frontend", names[i]) &&
            !is_in_sources(HERD_SOURCE_DIR "/common", names[i])) {
            fail_msg("nothing logs %s", names[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_whole_and_differ),
        cmocka_unit_test(levels_are_read_as_they_are_written),
        cmocka_unit_test(each_warning_and_error_is_explained),
        cmocka_unit_test(each_row_is_of_an_event),
        cmocka_unit_test(each_event_is_logged_somewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
