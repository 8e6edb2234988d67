/* Which replies herd-bench takes for right (tests/bench/bench_peer.h). */
#include "tests/bench/bench_peer.h"

#include "common/base/timestamp.h"
#include "tests/support/cmocka_herd.h"

/* -80.000000, -179.000000 */
static const bench_request_t iamat = {
    .kind = BENCH_IAMAT, .id = 7, .position = 0, .time_ns = 1621464827959498503};
static const bench_request_t whatsat = {.kind = BENCH_WHATSAT, .id = 7};
static const bench_request_t position = {.kind = BENCH_POSITION, .id = 7};
static const bench_request_t around = {.kind = BENCH_WHATSAT, .id = 7, .around_places = true};

#define AT   "AT Clark +0.263873386 bench.7 -80.000000-179.000000 1621464827.959498503\n"
#define JSON "{\n   \"results\" : []\n}\n\n"

static void expect_request(bench_peer_t peer, const bench_request_t *request, const char *expected)
{
    char out[BENCH_REQUEST_SIZE_MAX];
    text_t written = {.data = out, .size = bench_peer_write(peer, request, out)};
    assert_text_equal(written, expected);
}

/* Whole it is `expected`, and so much of it is taken; less of it is a part. */
static void expect_reply(bench_peer_t peer, const bench_request_t *request, const char *reply,
                         bench_reply_t expected)
{
    text_t taken;
    text_t rest = text_of(reply);
    assert_int_equal(bench_peer_take(peer, request, &rest, &taken), expected);
    if (expected != BENCH_REPLY_RIGHT) {
        return;
    }
    assert_int_equal(rest.size, 0);
    assert_text_equal(taken, reply);
    for (size_t size = 0; size < taken.size; size++) {
        rest = text_first(text_of(reply), size);
        assert_int_equal(bench_peer_take(peer, request, &rest, &taken), BENCH_REPLY_PART);
        assert_int_equal(rest.size, size);
        taken = text_of(reply);
    }
}

static void a_herd_is_asked_in_lines(void **state)
{
    (void)state;
    bench_request_t other = iamat;
    other.position = UINT64_C(179000001) << 32 | 80000001;
    expect_request(BENCH_PEER_HERD, &iamat,
                   "IAMAT bench.7 -80.000000-179.000000 1621464827.959498503\n");
    expect_request(BENCH_PEER_HERD, &other,
                   "IAMAT bench.7 +00.000001+000.000001 1621464827.959498503\n");
    expect_request(BENCH_PEER_ECHO, &whatsat, "WHATSAT bench.7 10 5\n");
}

static void redis_is_asked_in_resp(void **state)
{
    (void)state;
    expect_request(BENCH_PEER_REDIS, &iamat,
                   "*5\r\n$6\r\nGEOADD\r\n$10\r\nherd-bench\r\n$11\r\n-179.000000\r\n"
                   "$10\r\n-80.000000\r\n$7\r\nbench.7\r\n");
    expect_request(BENCH_PEER_REDIS, &whatsat,
                   "*11\r\n$9\r\nGEOSEARCH\r\n$10\r\nherd-bench\r\n$10\r\nFROMMEMBER\r\n"
                   "$7\r\nbench.7\r\n$8\r\nBYRADIUS\r\n$2\r\n10\r\n$2\r\nkm\r\n$3\r\nASC\r\n"
                   "$5\r\nCOUNT\r\n$1\r\n5\r\n$9\r\nWITHCOORD\r\n");
}

static void an_at_line_repeats_the_fields(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "\n",
        "? IAMAT bench.7\n",
        "AT\n",
        "AT Clark 0.263873386 bench.7 -80.000000-179.000000 1621464827.959498503\n",
        "AT Clark +0.263873386 bench.8 -80.000000-179.000000 1621464827.959498503\n",
        "AT Clark +0.263873386 bench.7 -80.000000-179.000001 1621464827.959498503\n",
        "AT Clark +0.263873386 bench.7 -80.000000-179.000000 1621464827.959498504\n",
        "AT Clark +0.263873386 bench.7 -80.000000-179.000000 1621464827.959498503 \n",
        "AT  +0.263873386 bench.7 -80.000000-179.000000 1621464827.959498503\n",
    };
    expect_reply(BENCH_PEER_HERD, &iamat, AT, BENCH_REPLY_RIGHT);
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        expect_reply(BENCH_PEER_HERD, &iamat, wrong[i], BENCH_REPLY_WRONG);
    }
}

static void json_ends_with_an_empty_line(void **state)
{
    (void)state;
    expect_reply(BENCH_PEER_HERD, &whatsat, AT JSON, BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_HERD, &whatsat, "? WHATSAT bench.7 10 5\n", BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_HERD, &whatsat, AT AT, BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_HERD, &whatsat, AT "{ cut\n\n", BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_HERD, &whatsat, "AT Clark +0.263873386 bench.77 -80-1 1\n" JSON,
                 BENCH_REPLY_WRONG);
}

static void an_echo_is_the_line(void **state)
{
    (void)state;
    expect_reply(BENCH_PEER_ECHO, &whatsat, "WHATSAT bench.7 10 5\n", BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_ECHO, &whatsat, "WHATSAT bench.8 10 5\n", BENCH_REPLY_WRONG);
}

static void redis_answers_in_resp(void **state)
{
    (void)state;
    expect_reply(BENCH_PEER_REDIS, &iamat, ":0\r\n", BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_REDIS, &iamat, ":2\r\n", BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_REDIS, &iamat, "-ERR no\r\n", BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_REDIS, &whatsat,
                 "*2\r\n*2\r\n$7\r\nbench.7\r\n*2\r\n$2\r\n-1\r\n$2\r\n+1\r\n"
                 "*2\r\n$7\r\nbench.8\r\n*2\r\n$2\r\n-1\r\n$2\r\n+1\r\n",
                 BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_REDIS, &whatsat,
                 "*1\r\n*2\r\n$7\r\nbench.8\r\n*2\r\n$2\r\n-1\r\n$2\r\n+1\r\n", BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_REDIS, &whatsat, "*0\r\n", BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_REDIS, &whatsat, "*1\r\n$7\r\nbench.7\r\n", BENCH_REPLY_WRONG);
}

static void places_are_asked_for_by_position(void **state)
{
    (void)state;
    expect_request(BENCH_PEER_HERD, &around, "WHATSAT bench.7 10 5\n");
    expect_request(BENCH_PEER_REDIS, &around,
                   "*12\r\n$9\r\nGEOSEARCH\r\n$17\r\nherd-bench-places\r\n$10\r\nFROMLONLAT\r\n"
                   "$11\r\n-179.000000\r\n$10\r\n-80.000000\r\n$8\r\nBYRADIUS\r\n$2\r\n10\r\n"
                   "$2\r\nkm\r\n$3\r\nASC\r\n$5\r\nCOUNT\r\n$1\r\n5\r\n$9\r\nWITHCOORD\r\n");
    expect_reply(BENCH_PEER_REDIS, &around, "*0\r\n", BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_REDIS, &around,
                 "*1\r\n*2\r\n$4\r\n2960\r\n*2\r\n$2\r\n-1\r\n$2\r\n+1\r\n", BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_REDIS, &around, "-ERR no\r\n", BENCH_REPLY_WRONG);
}

#define HEAD "HTTP/1.1 200 OK\r\nDate: Fri, 27 Nov 2026 09:24:12 GMT\r\n"
#define FEATURE                                                                                    \
    "{\"type\":\"Feature\",\"id\":\"bench.7\",\"properties\":{\"time\":\"1621464827.5\"}}\n"

/* A number of JSON has no zeros at its end, and comes back without. */
static void herd_web_is_asked_by_http(void **state)
{
    (void)state;
    bench_request_t put = iamat;
    put.time_ns = 1621464827500000000;
    const bench_request_t near = {.kind = BENCH_NEAR, .id = 7};
    expect_request(
        BENCH_PEER_WEB, &put,
        "PUT /v1/clients/bench.7 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 64\r\n\r\n"
        "{\"lat\":-80.000000,\"lon\":-179.000000,\"time\":1621464827.500000000}");
    expect_request(BENCH_PEER_WEB, &position,
                   "GET /v1/clients/bench.7 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect_request(BENCH_PEER_WEB, &near,
                   "GET /v1/near?lat=-80.000000&lon=-179.000000&radius=10000&limit=10 HTTP/1.1\r\n"
                   "Host: localhost\r\n\r\n");
    expect_reply(BENCH_PEER_WEB, &put, HEAD "Content-Length: 71\r\n\r\n" FEATURE,
                 BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_WEB, &iamat, HEAD "Content-Length: 71\r\n\r\n" FEATURE,
                 BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_WEB, &whatsat, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                 BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_WEB, &near,
                 HEAD
                 "Content-Length: 44\r\n\r\n{\"type\":\"FeatureCollection\",\"features\":[\n]}\n",
                 BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_WEB, &near, HEAD "Content-Length: 71\r\n\r\n" FEATURE,
                 BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_WEB, &near, "? no HTTP\r\n\r\n", BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_HTTP, &put, "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n",
                 BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_HTTP, &put, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno",
                 BENCH_REPLY_WRONG);
}

static void who_is_near_is_asked_of_redis(void **state)
{
    (void)state;
    const bench_request_t near = {.kind = BENCH_NEAR, .id = 7};
    const char *two = "*2\r\n*2\r\n$7\r\nbench.9\r\n*2\r\n$2\r\n-1\r\n$2\r\n+1\r\n"
                      "*2\r\n$7\r\nbench.8\r\n*2\r\n$2\r\n-1\r\n$2\r\n+1\r\n";
    expect_request(BENCH_PEER_REDIS, &near,
                   "*12\r\n$9\r\nGEOSEARCH\r\n$10\r\nherd-bench\r\n$10\r\nFROMLONLAT\r\n"
                   "$11\r\n-179.000000\r\n$10\r\n-80.000000\r\n$8\r\nBYRADIUS\r\n$2\r\n10\r\n"
                   "$2\r\nkm\r\n$3\r\nASC\r\n$5\r\nCOUNT\r\n$2\r\n10\r\n$9\r\nWITHCOORD\r\n");
    expect_reply(BENCH_PEER_REDIS, &near, "*0\r\n", BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_REDIS, &near, two, BENCH_REPLY_RIGHT);
    assert_int_equal(bench_peer_results(BENCH_PEER_REDIS, text_of(two)), 2);
    assert_int_equal(bench_peer_results(BENCH_PEER_REDIS, TEXT("*10\r\n*2\r\n")), 10);
    assert_int_equal(
        bench_peer_results(BENCH_PEER_WEB, TEXT("[{\"distance\":1},{\"distance\":2}]")), 2);
}

static void expect_position(int32_t latitude_e6, int32_t longitude_e6, const char *fields)
{
    bench_request_t request = iamat;
    request.position = bench_peer_position(latitude_e6, longitude_e6);
    char out[BENCH_REQUEST_SIZE_MAX];
    text_t written = {.data = out, .size = bench_peer_write(BENCH_PEER_HERD, &request, out)};
    text_t command;
    assert_true(text_take_until(&written, ' ', &command) &&
                text_take_until(&written, ' ', &command));
    assert_text_equal(text_first(written, strlen(fields)), fields);
}

/* The position alone is asked for: of a herd without places, of Redis by GEOPOS. */
static void a_position_is_read(void **state)
{
    (void)state;
    expect_request(BENCH_PEER_HERD, &position, "WHATSAT bench.7 0 0\n");
    expect_reply(BENCH_PEER_HERD, &position, AT JSON, BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_HERD, &position, "? WHATSAT bench.7 0 0\n", BENCH_REPLY_WRONG);
    expect_request(BENCH_PEER_REDIS, &position,
                   "*3\r\n$6\r\nGEOPOS\r\n$10\r\nherd-bench\r\n$7\r\nbench.7\r\n");
    expect_reply(BENCH_PEER_REDIS, &position, "*1\r\n*2\r\n$2\r\n-1\r\n$2\r\n+1\r\n",
                 BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_REDIS, &position, "*1\r\n*-1\r\n", BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_REDIS, &position, "*0\r\n", BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_REDIS, &position, "*1\r\n$7\r\nbench.7\r\n", BENCH_REPLY_WRONG);
}

#define PLACE "-80.000000-179.000000 1621464827.959498503"

static void strings_of_redis_keep_what_an_iamat_tells(void **state)
{
    (void)state;
    expect_request(BENCH_PEER_REDIS_SET, &iamat,
                   "*3\r\n$3\r\nSET\r\n$7\r\nbench.7\r\n$42\r\n" PLACE "\r\n");
    expect_reply(BENCH_PEER_REDIS_SET, &iamat, "+OK\r\n", BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_REDIS_SET, &iamat, "-OOM no\r\n", BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_REDIS_SET, &iamat, "+OK\n", BENCH_REPLY_WRONG);
    expect_request(BENCH_PEER_REDIS_SET, &position, "*2\r\n$3\r\nGET\r\n$7\r\nbench.7\r\n");
    expect_reply(BENCH_PEER_REDIS_SET, &position, "$42\r\n" PLACE "\r\n", BENCH_REPLY_RIGHT);
    expect_reply(BENCH_PEER_REDIS_SET, &position, "$-1\r\n", BENCH_REPLY_WRONG);
    expect_reply(BENCH_PEER_REDIS_SET, &position, "+OK\r\n", BENCH_REPLY_WRONG);
}

/* Whatever client, position or time differs: it is another update that is shown. */
static void an_update_is_shown_whole(void **state)
{
    (void)state;
    bench_request_t others[] = {iamat, iamat, iamat};
    others[0].id++;
    others[1].position++;
    others[2].time_ns++;
    assert_true(bench_peer_shows(BENCH_PEER_HERD, &iamat, TEXT(AT JSON)));
    assert_false(bench_peer_shows(BENCH_PEER_HERD, &iamat, TEXT("? WHATSAT bench.7 0 0\n")));
    assert_true(bench_peer_shows(BENCH_PEER_REDIS_SET, &iamat, TEXT("$42\r\n" PLACE "\r\n")));
    assert_false(bench_peer_shows(BENCH_PEER_REDIS_SET, &iamat, TEXT("$-1\r\n")));
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        assert_false(bench_peer_shows(BENCH_PEER_HERD, &others[i], TEXT(AT JSON)));
        /* A string is that of its key, which is not repeated. */
        assert_int_equal(
            bench_peer_shows(BENCH_PEER_REDIS_SET, &others[i], TEXT("$42\r\n" PLACE "\r\n")),
            i == 0);
    }
}

static void a_request_may_be_at_a_position(void **state)
{
    (void)state;
    expect_position(34068930, -118445127, "+34.068930-118.445127 ");
    expect_position(-1, 0, "-00.000001+000.000000 ");
    expect_position(90000000, 180000000, "+80.000000+179.000000 ");
    expect_position(-90000000, -180000000, "-80.000000-179.000000 ");
    assert_int_equal(bench_peer_position_near(bench_peer_position(10, 20), -5, 7),
                     bench_peer_position(5, 27));
    assert_int_equal(bench_peer_position_near(bench_peer_position(80000000, 0), 1, 0),
                     bench_peer_position(80000000, 0));
}

static void results_are_counted(void **state)
{
    (void)state;
    static const char two[] =
        AT "{\n   \"results\" : [\n {\"place_id\" : \"1\"}, {\"place_id\" : \"2\"}]\n}\n\n";
    assert_int_equal(bench_peer_results(BENCH_PEER_HERD, text_of(two)), 2);
    assert_int_equal(bench_peer_results(BENCH_PEER_HERD, TEXT(AT JSON)), 0);
    assert_int_equal(bench_peer_results(BENCH_PEER_REDIS, TEXT("*3\r\n")), 3);
    assert_int_equal(bench_peer_results(BENCH_PEER_REDIS, TEXT("*0\r\n")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_herd_is_asked_in_lines),
        cmocka_unit_test(redis_is_asked_in_resp),
        cmocka_unit_test(an_at_line_repeats_the_fields),
        cmocka_unit_test(json_ends_with_an_empty_line),
        cmocka_unit_test(an_echo_is_the_line),
        cmocka_unit_test(redis_answers_in_resp),
        cmocka_unit_test(herd_web_is_asked_by_http),
        cmocka_unit_test(who_is_near_is_asked_of_redis),
        cmocka_unit_test(places_are_asked_for_by_position),
        cmocka_unit_test(a_position_is_read),
        cmocka_unit_test(strings_of_redis_keep_what_an_iamat_tells),
        cmocka_unit_test(an_update_is_shown_whole),
        cmocka_unit_test(a_request_may_be_at_a_position),
        cmocka_unit_test(results_are_counted),
    };
    return cmocka_run_group_tests_name("bench_peer", tests, NULL, NULL);
}
