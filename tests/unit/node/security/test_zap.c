/* Requests and replies of ZAP (node/security/zap.h). */
#include "tests/support/cmocka_herd.h"

#include "node/security/zap.h"

#include <zmq.h>

static const char key_text[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";

/* The frames of a request; NULL ends them. The key is added behind them, `key_size` bytes. */
static zmsg_t *make(const char *const *frames, size_t key_size)
{
    zmsg_t *message = zmsg_new();
    uint8_t key[64] = {0};
    assert_non_null(zmq_z85_decode(key, key_text));
    for (; *frames != NULL; frames++) {
        zmsg_addstr(message, *frames);
    }
    if (key_size > 0) {
        zmsg_addmem(message, key, key_size);
    }
    return message;
}

static void expect_bad(const char *const *frames, size_t key_size, const char *id)
{
    zap_request_t request;
    text_t found;
    zmsg_t *message = make(frames, key_size);
    assert_int_equal(zap_read(message, &request, &found), STATUS_INVALID);
    assert_text_equal(found, id);
    zmsg_destroy(&message);
}

static void a_request_is_taken_apart(void **state)
{
    (void)state;
    static const char *const frames[] = {"1.0", "17", "requests", "192.0.2.1", "", "CURVE", NULL};
    zap_request_t request;
    text_t id;
    zmsg_t *message = make(frames, CERTIFICATES_BINARY_SIZE);
    assert_int_equal(zap_read(message, &request, &id), STATUS_OK);
    assert_text_equal(id, "17");
    assert_text_equal(request.id, "17");
    assert_int_equal(request.domain, ROLES_DOMAIN_REQUESTS);
    assert_text_equal(request.address, "192.0.2.1");
    assert_string_equal(request.key, key_text);
    zmsg_destroy(&message);
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
#define FRAMES(...) (const char *const[]){__VA_ARGS__, NULL}
    expect_bad(FRAMES("1.1", "17", "bus", "192.0.2.1", "", "CURVE"), 32, "17");
    expect_bad(FRAMES("1.0", "17", "bus", "192.0.2.1", "", "CURVE"), 31, "17");
    expect_bad(FRAMES("1.0", "17", "bus", "192.0.2.1", "", "CURVE"), 33, "17");
    expect_bad(FRAMES("1.0", "17", "bus", "192.0.2.1", "", "CURVE"), 0, "17");
    expect_bad(FRAMES("1.0", "17", "bus", "192.0.2.1", "", "PLAIN"), 32, "17");
    expect_bad(FRAMES("1.0", "17", "buss", "192.0.2.1", "", "CURVE"), 32, "17");
    expect_bad(FRAMES("1.0", "17", "", "192.0.2.1", "", "CURVE"), 32, "17");
    expect_bad(FRAMES("1.0", "17", "bus", "192.0.2.1", "", "CURVE", "more"), 32, "17");
    expect_bad(FRAMES("1.0", "17"), 0, "17");
    expect_bad(FRAMES("1.0"), 0, "");
    expect_bad((const char *const[]){NULL}, 0, "");
#undef FRAMES
}

static void expect_frame(zmsg_t *message, const char *expected)
{
    zframe_t *frame = zmsg_pop(message);
    assert_non_null(frame);
    assert_true(zframe_streq(frame, expected));
    zframe_destroy(&frame);
}

static void replies_have_their_frames(void **state)
{
    (void)state;
    security_holder_t holder = {.role = ROLES_FRONT_END, .name = "Goloman"};
    memcpy(holder.key, key_text, sizeof key_text);
    zmsg_t *reply = zap_accept(TEXT("17"), &holder);
    expect_frame(reply, "1.0");
    expect_frame(reply, "17");
    expect_frame(reply, "200");
    expect_frame(reply, "OK");
    expect_frame(reply, "front-end/Goloman");
    zframe_t *metadata = zmsg_pop(reply);
    static const char expected[] = "\5X-Key\0\0\0\50Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
    assert_int_equal(zframe_size(metadata), sizeof expected - 1);
    assert_memory_equal(zframe_data(metadata), expected, sizeof expected - 1);
    zframe_destroy(&metadata);
    assert_int_equal(zmsg_size(reply), 0);
    zmsg_destroy(&reply);

    reply = zap_refuse(TEXT("18"));
    expect_frame(reply, "1.0");
    expect_frame(reply, "18");
    expect_frame(reply, "400");
    expect_frame(reply, "refused");
    expect_frame(reply, "");
    expect_frame(reply, "");
    assert_int_equal(zmsg_size(reply), 0);
    zmsg_destroy(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_taken_apart),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(replies_have_their_frames),
    };
    return cmocka_run_group_tests_name("zap", tests, NULL, NULL);
}
