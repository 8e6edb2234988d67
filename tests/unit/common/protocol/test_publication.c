/* publication: topic and meta frame of what a tap publishes. */
#include "common/protocol/publication.h"
#include "tests/support/cmocka_herd.h"

/* Kinds as bits. */
#define BIT(kind) PUBLICATION_BIT(PUBLICATION_##kind)

static void kinds_have_texts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PUBLICATION_KINDS; i++) {
        publication_kind_t kind;
        const char *text = publication_kind_text((publication_kind_t)i);
        assert_true(publication_kind_parse(text_of(text), &kind));
        assert_int_equal(kind, i);
    }
    publication_kind_t kind;
    assert_false(publication_kind_parse(TEXT(""), &kind));
    assert_false(publication_kind_parse(TEXT("i"), &kind));
    assert_false(publication_kind_parse(TEXT("inn"), &kind));
    assert_false(publication_kind_parse(TEXT("IN"), &kind));
}

static void a_prefix_names_the_kinds_that_it_may_begin(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        unsigned kinds;
    } cases[] = {
        {"", PUBLICATION_ALL},
        {"i", BIT(IN)},
        {"in", BIT(IN)},
        {"in/", BIT(IN)},
        {"in/Hands/DATA", BIT(IN)},
        {"re", BIT(REQUEST) | BIT(REPLY)},
        {"req", BIT(REQUEST)},
        {"apply/a/b", BIT(APPLY)},
        {"tap", BIT(TAP)},
        {"inn", 0},
        {"i/", 0},
        {"/in", 0},
        {"/", 0},
        {"IN/", 0},
        {"reply ", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(publication_kinds(text_of(cases[i].prefix)), cases[i].kinds);
    }
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    buffer_t topic;
    buffer_t meta;
    publication_t read;
    publication_count_t count = {.length = 3, .opening = 5, .number = UINT64_MAX};
    buffer_init(&topic, 100);
    buffer_init(&meta, 200);
    assert_int_equal(publication_write_topic(PUBLICATION_IN, TEXT("Hands"), "DATA", &topic),
                     STATUS_OK);
    assert_int_equal(
        publication_write_meta(TEXT("Goloman"), INT64_C(-5), TEXT("0123456789abcdef"), &meta),
        STATUS_OK);
    assert_int_equal(publication_append_count(&count, &meta), STATUS_OK);
    assert_text_equal(buffer_text(&topic), "in/Hands/DATA");
    assert_text_equal(buffer_text(&meta), "Goloman -5 0123456789abcdef 3.5.18446744073709551615");
    assert_int_equal(publication_parse(buffer_text(&topic), buffer_text(&meta), &read), STATUS_OK);
    assert_int_equal(read.kind, PUBLICATION_IN);
    assert_text_equal(read.peer, "Hands");
    assert_text_equal(read.type, "DATA");
    assert_text_equal(read.member, "Goloman");
    assert_int_equal(read.time_ns, -5);
    assert_text_equal(read.session, "0123456789abcdef");
    publication_count_t found;
    assert_true(publication_take_count(&read.counts, &found));
    assert_int_equal(found.length, 3);
    assert_int_equal(found.opening, 5);
    assert_true(found.number == UINT64_MAX);
    assert_false(publication_take_count(&read.counts, &found));
    buffer_done(&topic);
    buffer_done(&meta);
}

static void topics_are_written_anew(void **state)
{
    (void)state;
    buffer_t topic;
    buffer_init(&topic, 12);
    assert_int_equal(publication_write_topic(PUBLICATION_APPLY, TEXT("kiwi"), "", &topic),
                     STATUS_OK);
    assert_text_equal(buffer_text(&topic), "apply/kiwi");
    assert_int_equal(publication_write_topic(PUBLICATION_LINK, TEXT("A"), "up", &topic), STATUS_OK);
    assert_text_equal(buffer_text(&topic), "link/A/up");
    assert_int_equal(publication_write_topic(PUBLICATION_APPLY, TEXT("kiwi.cs"), "", &topic),
                     STATUS_FULL);
    buffer_done(&topic);
}

static void clients_may_have_slashes(void **state)
{
    (void)state;
    publication_t read;
    assert_int_equal(publication_parse(TEXT("apply/a/b/"), TEXT("A 1 2"), &read), STATUS_OK);
    assert_text_equal(read.peer, "a/b/");
    assert_int_equal(read.type.size, 0);
    assert_int_equal(publication_parse(TEXT("tap/"), TEXT("A 1 2"), &read), STATUS_OK);
    assert_int_equal(read.peer.size, 0);
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    publication_t read;
    static const char *const topics[] = {
        "", "/", "in", "in/", "in/Hands", "inn/", "in/Hands/", "In/Hands/DATA", "/in/Hands/DATA"};
    static const char *const metas[] = {"",      " ",    "A",    "A 1",   "A 1 ",
                                        "A x 2", " 1 2", "A  2", "A 1x 2"};
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        assert_int_equal(publication_parse(text_of(topics[i]), TEXT("A 1 2"), &read),
                         STATUS_INVALID);
    }
    for (size_t i = 0; i < sizeof metas / sizeof metas[0]; i++) {
        assert_int_equal(publication_parse(TEXT("in/Hands/DATA"), text_of(metas[i]), &read),
                         STATUS_INVALID);
    }
}

static void what_is_no_count_is_passed_over(void **state)
{
    (void)state;
    text_t counts = TEXT("x 1 1.2 1.2.3.4 -1.2.3 1.2. 0.7.9 later=1  4.1.1");
    publication_count_t count;
    assert_true(publication_take_count(&counts, &count));
    assert_int_equal(count.length, 0);
    assert_int_equal(count.opening, 7);
    assert_int_equal(count.number, 9);
    assert_true(publication_take_count(&counts, &count));
    assert_int_equal(count.length, 4);
    assert_false(publication_take_count(&counts, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_texts),
        cmocka_unit_test(a_prefix_names_the_kinds_that_it_may_begin),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(topics_are_written_anew),
        cmocka_unit_test(clients_may_have_slashes),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(what_is_no_count_is_passed_over),
    };
    return cmocka_run_group_tests_name("publication", tests, NULL, NULL);
}
