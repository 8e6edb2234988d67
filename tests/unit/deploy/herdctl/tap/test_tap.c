/* herdctl tap: its subscriptions, the messages that it shows, and the records in them. */
#include "deploy/herdctl/tap/tap.h"
#include "tests/support/cmocka_herd.h"

#define BIT(kind) PUBLICATION_BIT(PUBLICATION_##kind)

static void kinds_are_a_list(void **state)
{
    (void)state;
    unsigned kinds = 0;
    assert_true(herdctl_tap_filter_parse_kinds("in,apply", &kinds));
    assert_int_equal(kinds, BIT(IN) | BIT(APPLY));
    static const char *const none[] = {"", ",", "in,", "in,,out", "tap", "in;out", "IN"};
    for (size_t i = 0; i < ARRAY_COUNT(none); i++) {
        bool taken = herdctl_tap_filter_parse_kinds(none[i], &kinds);
        assert_int_equal(taken, strcmp(none[i], "in,") == 0);
    }
}

static void as_much_as_possible_is_filtered_by_the_tap(void **state)
{
    (void)state;
    static const struct {
        herdctl_tap_filter_t filter;
        publication_kind_t kind;
        const char *prefix; /* NULL: nothing of this kind */
    } cases[] = {
        {{PUBLICATION_ALL, NULL, NULL, NULL}, PUBLICATION_IN, "in/"},
        {{PUBLICATION_ALL, NULL, NULL, NULL}, PUBLICATION_TAP, NULL},
        {{BIT(OUT), NULL, NULL, NULL}, PUBLICATION_IN, NULL},
        {{PUBLICATION_ALL, "Hands", NULL, NULL}, PUBLICATION_IN, "in/Hands/"},
        {{PUBLICATION_ALL, "Hands", "DATA", NULL}, PUBLICATION_IN, "in/Hands/DATA"},
        {{PUBLICATION_ALL, "Ha*", "DATA", NULL}, PUBLICATION_IN, "in/Ha"},
        {{PUBLICATION_ALL, NULL, "DATA", NULL}, PUBLICATION_OUT, "out/"},
        {{PUBLICATION_ALL, "Hands", NULL, NULL}, PUBLICATION_APPLY, NULL},
        {{PUBLICATION_ALL, NULL, "DATA", NULL}, PUBLICATION_APPLY, NULL},
        {{PUBLICATION_ALL, NULL, NULL, "kiwi"}, PUBLICATION_APPLY, "apply/kiwi"},
        {{PUBLICATION_ALL, NULL, NULL, "ki[wx]i"}, PUBLICATION_APPLY, "apply/ki"},
        {{PUBLICATION_ALL, NULL, NULL, "kiwi"}, PUBLICATION_LINK, NULL},
        {{PUBLICATION_ALL, NULL, NULL, "kiwi"}, PUBLICATION_REPLY, "reply/"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char prefix[HERDCTL_TAP_PREFIX_SIZE];
        bool wanted = herdctl_tap_filter_prefix(&cases[i].filter, cases[i].kind, prefix);
        assert_int_equal(wanted, cases[i].prefix != NULL);
        if (wanted) {
            assert_string_equal(prefix, cases[i].prefix);
        }
    }
}

static void long_globs_are_cut(void **state)
{
    (void)state;
    char client[1000];
    char prefix[HERDCTL_TAP_PREFIX_SIZE];
    memset(client, 'x', sizeof client - 1);
    client[sizeof client - 1] = '\0';
    herdctl_tap_filter_t filter = {.kinds = PUBLICATION_ALL, .client = client};
    assert_true(herdctl_tap_filter_prefix(&filter, PUBLICATION_APPLY, prefix));
    assert_int_equal(strlen(prefix), HERDCTL_TAP_PREFIX_SIZE - 1);
}

/* Frames of a message, NULL-ended; the caller destroys them. */
static zmsg_t *frames_of(const char *const *texts)
{
    zmsg_t *frames = zmsg_new();
    for (; *texts != NULL; texts++) {
        zmsg_addstr(frames, *texts);
    }
    return frames;
}

static bool is_wanted(const herdctl_tap_filter_t *filter, const char *const *texts)
{
    herdctl_tap_message_t message;
    zmsg_t *frames = frames_of(texts);
    assert_int_equal(herdctl_tap_records_decode(frames, &message), STATUS_OK);
    bool wanted = herdctl_tap_filter_wants(filter, &message);
    zmsg_destroy(&frames);
    return wanted;
}

#define META "A 1 0123456789abcdef"

static const char *const data[] = {"in/B/DATA",
                                   META,
                                   "HERD/1",
                                   "DATA",
                                   "1 2",
                                   ("AT B +0.500000000 emu +1-1 5 =\n"
                                    "AT B +0.500000000 kiwi +1-1 5 =\n"),
                                   NULL};
static const char *const request[] = {"request/A:7/REQUEST",       META, "HERD/1", "REQUEST", "1",
                                      "1 1 5 WHATSAT kiwi 10 1\n", NULL};
static const char *const reply[] = {
    "reply/A:7/REPLY",
    META,
    "HERD/1",
    "REPLY",
    "1 1",
    "1 1 6 ? emu\n1 2 40 AT B +0.500000000 kiwi +1-1 5\n{\n\"a\":1}\n\n",
    NULL};
static const char *const applied[] = {"apply/kiwi", META, "AT B +0.500000000 kiwi +1-1 5 =\n",
                                      NULL};
static const char *const down[] = {"link/B/down", META, "nothing heard\n", NULL};

static void clients_are_found_in_records(void **state)
{
    (void)state;
    const herdctl_tap_filter_t kiwi = {.kinds = PUBLICATION_ALL, .client = "k?wi"};
    const herdctl_tap_filter_t other = {.kinds = PUBLICATION_ALL, .client = "kiw"};
    const char *const *const messages[] = {data, request, reply, applied};
    for (size_t i = 0; i < ARRAY_COUNT(messages); i++) {
        assert_true(is_wanted(&kiwi, messages[i]));
        assert_false(is_wanted(&other, messages[i]));
    }
    assert_false(is_wanted(&kiwi, down));
}

/* \xHH in a glob is that byte, and nothing else. */
static void any_byte_can_be_in_a_glob(void **state)
{
    (void)state;
    const struct {
        const char *glob;
        text_t client;
        bool wanted;
    } cases[] = {
        {"a\\x00b", TEXT("a\0b"), true},
        {"a?b", TEXT("a\0b"), true},
        {"a*", TEXT("a\0b"), true},
        {"a", TEXT("a\0b"), false},
        {"a\\x00", TEXT("a\0b"), false},
        {"a\\x2ab", TEXT("a*b"), true},
        {"a\\x2Ab", TEXT("axb"), false},
        {"a\\x5bb", TEXT("a[b"), true},
        {"a\\x5cb", TEXT("a\\b"), true},
        {"a\\*b", TEXT("a*b"), true},
        {"a\\*b", TEXT("axb"), false},
        {"\\xff", TEXT("\xff"), true},
        {"[\\x01-\\x1f]", TEXT("\x1b"), true},
        {"a\\x0", TEXT("ax0"), true},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const herdctl_tap_filter_t filter = {.kinds = PUBLICATION_ALL, .client = cases[i].glob};
        const herdctl_tap_message_t message = {
            .publication = {.kind = PUBLICATION_APPLY, .peer = cases[i].client}};
        if (herdctl_tap_filter_wants(&filter, &message) != cases[i].wanted) {
            fail_msg("%s", cases[i].glob);
        }
    }
}

static void peers_and_types_are_compared(void **state)
{
    (void)state;
    const herdctl_tap_filter_t all = {.kinds = PUBLICATION_ALL};
    const herdctl_tap_filter_t b = {.kinds = PUBLICATION_ALL, .peer = "[AB]"};
    const herdctl_tap_filter_t ended = {.kinds = PUBLICATION_ALL, .peer = "B", .type = "down"};
    assert_true(is_wanted(&all, down));
    assert_true(is_wanted(&b, data));
    assert_false(is_wanted(&b, request));
    assert_false(is_wanted(&b, applied));
    assert_true(is_wanted(&ended, down));
    assert_false(is_wanted(&ended, data));
}

/* A reply may have many lines: its length says where the next reply begins. */
static void replies_are_taken_by_their_length(void **state)
{
    (void)state;
    herdctl_tap_message_t message;
    text_t record;
    zmsg_t *frames = frames_of(reply);
    assert_int_equal(herdctl_tap_records_decode(frames, &message), STATUS_OK);
    text_t rest = message.body;
    assert_true(herdctl_tap_records_take(&message, &rest, &record));
    assert_text_equal(record, "1 1 6 ? emu\n");
    assert_true(herdctl_tap_records_take(&message, &rest, &record));
    assert_text_equal(record, "1 2 40 AT B +0.500000000 kiwi +1-1 5\n{\n\"a\":1}\n\n");
    assert_false(herdctl_tap_records_take(&message, &rest, &record));
    rest = TEXT("1 2 999 too long\nend");
    assert_true(herdctl_tap_records_take(&message, &rest, &record));
    assert_text_equal(record, "1 2 999 too long");
    assert_true(herdctl_tap_records_take(&message, &rest, &record));
    assert_text_equal(record, "end");
    assert_false(herdctl_tap_records_take(&message, &rest, &record));
    zmsg_destroy(&frames);
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const cases[][8] = {
        {NULL},
        {"in/B/DATA", NULL},
        {"in/B", META, NULL},
        {"in/B/DATA", "A", NULL},
        {"in/B/DATA", META, "HERD/1", "DATA", NULL},
        {"in/B/DATA", META, "HERD/1", "DATA", "1", NULL},
        {"in/B/DATA", META, "HERD/1", "DATA", "1", "", "", NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        herdctl_tap_message_t message;
        zmsg_t *frames = frames_of(cases[i]);
        assert_int_equal(herdctl_tap_records_decode(frames, &message), STATUS_INVALID);
        zmsg_destroy(&frames);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_a_list),
        cmocka_unit_test(as_much_as_possible_is_filtered_by_the_tap),
        cmocka_unit_test(long_globs_are_cut),
        cmocka_unit_test(clients_are_found_in_records),
        cmocka_unit_test(any_byte_can_be_in_a_glob),
        cmocka_unit_test(peers_and_types_are_compared),
        cmocka_unit_test(replies_are_taken_by_their_length),
        cmocka_unit_test(what_is_none_is_refused),
    };
    return cmocka_run_group_tests_name("herdctl_tap", tests, NULL, NULL);
}
