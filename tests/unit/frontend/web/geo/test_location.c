/* Positions as OwnTracks Recorder tells them (frontend/web/geo/location.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/web/geo/location.h"

static void ids_are_users_and_devices(void **state)
{
    static const struct {
        const char *client;
        const char *user;
        const char *device;
        bool is_pair;
    } cases[] = {
        {"sam/phone", "sam", "phone", true}, {"sam/a/b", "sam", "a/b", true},
        {"sam//", "sam", "/", true},         {"kiwi", "kiwi", "client", false},
        {"kiwi/", "kiwi/", "client", false}, {"/kiwi", "/kiwi", "client", false},
        {"/", "/", "client", false},         {"//", "//", "client", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        location_owner_t owner = location_owner(text_of(cases[i].client));
        assert_text_equal(owner.user, cases[i].user);
        assert_text_equal(owner.device, cases[i].device);
        assert_int_equal(owner.is_pair, cases[i].is_pair);
    }
}

static void assert_located(const char *client, const char *position, uint32_t fields,
                           const char *expected)
{
    const record_t record = {.client = text_of(client),
                             .position = text_of(position),
                             .client_time = TEXT("1440405601.5"),
                             .client_time_ns = INT64_C(1440405601500000000),
                             .receipt_time_ns = INT64_C(1440405602000000000),
                             .origin = TEXT("A")};
    buffer_t out;
    buffer_init(&out, 1 << 20);
    sheet_t sheet = sheet_begin(&out);
    location_put(&record, fields, &sheet);
    assert_int_equal(sheet_end(&sheet), STATUS_OK);
    assert_text_equal(buffer_text(&out), expected);
    buffer_done(&out);
}

static void records_become_locations(void **state)
{
    (void)state;
    assert_located("demo/iphone", "+51.06263391678321+013.60279820860699+262CRSWGS_84/",
                   LOCATION_ALL,
                   "{\"_type\":\"location\",\"tst\":1440405601,\"lat\":51.06263391678321,"
                   "\"lon\":13.60279820860699,\"alt\":262,\"tid\":\"ne\",\"username\":\"demo\","
                   "\"device\":\"iphone\",\"topic\":\"owntracks/demo/iphone\","
                   "\"ghash\":\"u31dmx9\",\"isotst\":\"2015-08-24T08:40:01Z\","
                   "\"disptst\":\"2015-08-24 08:40:01\",\"isorcv\":\"2015-08-24T08:40:02Z\"}");
    uint32_t some = location_fields(TEXT("tid,nothing,username,device,tid,alt"));
    assert_located("k", "+00+000", some,
                   "{\"tid\":\"k\",\"username\":\"k\",\"device\":\"client\"}");
    assert_located("k/\xc3\xbc\xe2\x82\xac!", "+00+000", location_fields(TEXT("tid")),
                   "{\"tid\":\"\xe2\x82\xac!\"}");
    assert_located("\xff\"\\", "+00+000", location_fields(TEXT("username,topic")),
                   "{\"username\":\"\\\\xff\\\"\\\\x5c\","
                   "\"topic\":\"owntracks/\\\\xff\\\"\\\\x5c/client\"}");
    assert_located("k", "+00+000", location_fields(TEXT("")), "{}");
}

static void hashes_are_those_of_others(void **state)
{
    static const struct {
        double latitude_deg;
        double longitude_deg;
        const char *hash;
    } cases[] = {
        {57.64911, 10.40744, "u4pruyd"},
        {-25.382708, -49.265506, "6gkzwgj"},
        {0, 0, "s000000"},
        {-90, -180, "0000000"},
        {90, 180, "zzzzzzz"},
        {48.669, -4.329, "gbsuv7z"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char hash[LOCATION_HASH_SIZE];
        location_hash(cases[i].latitude_deg, cases[i].longitude_deg, hash);
        assert_text_equal(((text_t){.data = hash, .size = sizeof hash}), cases[i].hash);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_users_and_devices),
        cmocka_unit_test(records_become_locations),
        cmocka_unit_test(hashes_are_those_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
