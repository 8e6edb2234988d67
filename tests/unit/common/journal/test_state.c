/* What a journal keeps beside its chunks (common/journal/state.h). */
#include "common/journal/state.h"

#include "tests/support/cmocka_herd.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

static generation_t generation_of(char digit)
{
    generation_t generation;
    memset(generation.hex, digit, sizeof generation.hex);
    return generation;
}

static journal_state_t make_state(void)
{
    journal_state_t state;
    journal_state_init(&state);
    snprintf(state.herd, sizeof state.herd, "ucla");
    snprintf(state.member, sizeof state.member, "Goloman");
    state.generation = generation_of('a');
    state.has_parent = true;
    state.parent = (link_checkpoint_t){.generation = generation_of('b'), .index = 4711};
    state.tail = UINT64_MAX;
    state.serial = UINT32_MAX;
    state.written_ns = INT64_C(1772000000123456789);
    state.refused = UINT64_MAX;
    journal_state_add(
        &state, TEXT("Hands"),
        &(link_checkpoint_t){.generation = generation_of('c'), .index = 980, .level = 970});
    journal_state_add(&state, TEXT("Wilkes"),
                      &(link_checkpoint_t){.generation = generation_of('d')});
    return state;
}

static void it_comes_back_as_it_was(void **unused)
{
    (void)unused;
    journal_state_t state = make_state();
    journal_state_t again;
    link_checkpoint_t checkpoint;
    buffer_t text;
    buffer_init(&text, JOURNAL_STATE_SIZE);
    journal_state_write(&state, &text);
    assert_int_equal(journal_state_read(buffer_text(&text), &again), STATUS_OK);
    assert_string_equal(again.herd, "ucla");
    assert_string_equal(again.member, "Goloman");
    assert_true(generation_equal(&again.generation, &state.generation));
    assert_true(again.has_parent && again.parent.index == 4711);
    assert_true(generation_equal(&again.parent.generation, &state.parent.generation));
    assert_true(again.tail == UINT64_MAX && again.serial == UINT32_MAX);
    assert_true(again.written_ns == state.written_ns && again.refused == UINT64_MAX);
    assert_int_equal(again.checkpoint_count, 2);
    assert_true(journal_state_find(&again, TEXT("Hands"), &checkpoint));
    assert_true(checkpoint.index == 980 && checkpoint.level == 970);
    assert_true(journal_state_find(&again, TEXT("Wilkes"), &checkpoint));
    assert_true(checkpoint.index == 0);
    assert_false(journal_state_find(&again, TEXT("Wilke"), &checkpoint));
    journal_state_done(&again);
    buffer_done(&text);
    journal_state_done(&state);
}

static void the_largest_fits(void **unused)
{
    (void)unused;
    journal_state_t state = make_state();
    journal_state_t again;
    char name[LIMIT_NAME_SIZE + 1];
    link_checkpoint_t checkpoint = {
        .generation = generation_of('c'), .index = UINT64_MAX, .level = UINT64_MAX};
    while (state.checkpoint_count < LIMIT_MEMBERS) {
        snprintf(name, sizeof name, "%063zu", state.checkpoint_count);
        journal_state_add(&state, text_of(name), &checkpoint);
    }
    buffer_t text;
    buffer_init(&text, JOURNAL_STATE_SIZE);
    journal_state_write(&state, &text);
    assert_int_equal(journal_state_read(buffer_text(&text), &again), STATUS_OK);
    assert_int_equal(again.checkpoint_count, LIMIT_MEMBERS);
    journal_state_done(&again);
    buffer_done(&text);
    journal_state_done(&state);
}

/* Each bit, and each size. */
static void damage_is_noticed(void **unused)
{
    (void)unused;
    journal_state_t state = make_state();
    journal_state_t again;
    buffer_t text;
    buffer_init(&text, JOURNAL_STATE_SIZE);
    journal_state_write(&state, &text);
    for (size_t bit = 0; bit < 8 * text.size; bit++) {
        text.data[bit / 8] = (char)(text.data[bit / 8] ^ (1 << bit % 8));
        assert_int_not_equal(journal_state_read(buffer_text(&text), &again), STATUS_OK);
        text.data[bit / 8] = (char)(text.data[bit / 8] ^ (1 << bit % 8));
    }
    for (size_t size = 0; size < text.size; size++) {
        assert_int_not_equal(journal_state_read(text_first(buffer_text(&text), size), &again),
                             STATUS_OK);
    }
    buffer_done(&text);
    journal_state_done(&state);
}

#define HEX "0123456789abcdef0123456789abcdef"

/* The text with its right checksum. */
static status_t read_sealed(const char *lines)
{
    char text[2048];
    journal_state_t state;
    snprintf(text, sizeof text, "%schecksum %016llx\n", lines,
             (unsigned long long)XXH3_64bits(lines, strlen(lines)));
    status_t status = journal_state_read(text_of(text), &state);
    if (status == STATUS_OK) {
        journal_state_done(&state);
    }
    return status;
}

static void what_no_writer_writes_is_refused(void **unused)
{
    (void)unused;
    static const char good[] =
        "herd-journal 1\nherd ucla\nmember M\ngeneration " HEX "\ntail 5\nserial 1\nwritten -1\n";
    assert_int_equal(read_sealed(good), STATUS_OK);
    static const char *const bad[] = {
        "",
        "herd-journal\n",
        "herd-journal x\n",
        "herd-journal 1\nherd \nmember M\ngeneration " HEX "\ntail 5\nserial 1\nwritten -1\n",
        "herd-journal 1\nherd -\nmember M\ngeneration " HEX "\ntail 5\nserial 1\nwritten -1\n",
        "herd-journal 1\nmember M\nherd ucla\ngeneration " HEX "\ntail 5\nserial 1\nwritten -1\n",
        "herd-journal 1\nherd ucla\nmember M\ngeneration " HEX "0\ntail 5\nserial 1\nwritten -1\n",
        "herd-journal 1\nherd ucla\nmember M\ngeneration " HEX "\ntail -5\nserial 1\nwritten -1\n",
        "herd-journal 1\nherd ucla\nmember M\ngeneration " HEX
        "\ntail 5\nserial 4294967296\nwritten -1\n",
        "herd-journal 1\nherd ucla\nmember M\ngeneration " HEX "\nparent " HEX
        "\ntail 5\nserial 1\nwritten -1\n",
        "herd-journal 1\nherd ucla\nmember M\ngeneration " HEX
        "\ntail 5\nserial 1\nwritten -1\ncheckpoint Hands " HEX " 5\n",
        "herd-journal 1\nherd ucla\nmember M\ngeneration " HEX
        "\ntail 5\nserial 1\nwritten -1\nmore\n",
        "herd-journal 1\nherd ucla\nmember M\ngeneration " HEX
        "\ntail 5\nserial 1\nwritten -1\nrefused 0\n",
        "herd-journal 1\nherd ucla\nmember M\ngeneration " HEX
        "\ntail 5\nserial 1\nwritten -1\nrefused x\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_int_equal(read_sealed(bad[i]), STATUS_DAMAGED);
    }
    /* Whatever stands in it. */
    assert_int_equal(read_sealed("herd-journal 2\nmore\n"), STATUS_VERSION);
    assert_int_equal(read_sealed("herd-journal 0\n"), STATUS_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_back_as_it_was),
        cmocka_unit_test(the_largest_fits),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(what_no_writer_writes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
