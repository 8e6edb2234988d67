/* Request records as they are written, one after the other (frontend/upstream/request_text.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/upstream/request_text.h"

#include <stdio.h>

static void expect_written(request_text_t *texts, uint64_t connection,
                           const pipeline_request_t *request)
{
    char out[256];
    char expected[256];
    int size =
        snprintf(expected, sizeof expected, "%llu %llu %lld %.*s\n", (unsigned long long)connection,
                 (unsigned long long)request->sequence, (long long)request->receipt_ns,
                 (int)request->line.size, request->line.data != NULL ? request->line.data : "");
    const char *end = request_text_write(texts, connection, request, out);
    assert_int_equal(end - out, size);
    assert_memory_equal(out, expected, (size_t)size);
    assert_true((size_t)size <= REQUEST_TEXT_EXTRA_SIZE + request->line.size);
}

/* Each number behind each other, so that one is written anew or kept in each way. */
static void a_record_does_not_depend_on_the_one_before(void **state)
{
    (void)state;
    static const uint64_t connections[] = {0, 1, 9, 10, 1048577, 1048578, UINT64_MAX};
    static const int64_t times_ns[] = {1621464828000000000,
                                       1621464828000000001,
                                       1621464828000009999,
                                       1621464828000010000,
                                       1621464829000000007,
                                       INT64_MAX,
                                       0,
                                       1,
                                       9999,
                                       10000,
                                       10001,
                                       99999,
                                       -1,
                                       INT64_MIN};
    const text_t lines[] = {TEXT("WHATSAT kiwi 10 5"), {0}};
    request_text_t texts = {0};
    uint64_t sequence = 0;
    for (size_t i = 0; i < ARRAY_COUNT(connections) * ARRAY_COUNT(connections); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(times_ns) * ARRAY_COUNT(times_ns); j++) {
            size_t first = j / ARRAY_COUNT(times_ns);
            size_t second = j % ARRAY_COUNT(times_ns);
            pipeline_request_t request = {.sequence = sequence++, .line = lines[j % 2]};
            request.receipt_ns = times_ns[first];
            expect_written(&texts, connections[i / ARRAY_COUNT(connections)], &request);
            request.receipt_ns = times_ns[second];
            expect_written(&texts, connections[i % ARRAY_COUNT(connections)], &request);
        }
    }
}

static void the_longest_numbers_have_room(void **state)
{
    (void)state;
    request_text_t texts = {0};
    pipeline_request_t request = {.sequence = UINT64_MAX, .receipt_ns = INT64_MIN};
    expect_written(&texts, UINT64_MAX, &request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_does_not_depend_on_the_one_before),
        cmocka_unit_test(the_longest_numbers_have_room),
    };
    return cmocka_run_group_tests_name("request_text", tests, NULL, NULL);
}
