/* "tcp://host:port" and "ipc://path" (common/sockets/endpoint.h). */
#include "common/sockets/endpoint.h"

#include "tests/support/cmocka_herd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void tcp_is_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *host;
        uint16_t port;
        bool numeric;
    } cases[] = {
        {"tcp://127.0.0.1:11490", "127.0.0.1", 11490, true},
        {"tcp://[::1]:1", "::1", 1, true},
        {"tcp://[fe80::1]:65535", "fe80::1", 65535, true},
        {"tcp://*:80", "*", 80, false},
        {"tcp://localhost:00080", "localhost", 80, false},
        {"tcp://a-b.c_d.example:9", "a-b.c_d.example", 9, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        endpoint_t endpoint;
        assert_int_equal(endpoint_parse(cases[i].text, &endpoint), STATUS_OK);
        assert_int_equal(endpoint.kind, ENDPOINT_TCP);
        assert_string_equal(endpoint.address.host, cases[i].host);
        assert_int_equal(endpoint.address.port, cases[i].port);
        assert_string_equal(endpoint.path, "");
        assert_int_equal(address_is_numeric(&endpoint.address), cases[i].numeric);
    }
}

static void ipc_is_a_path(void **state)
{
    (void)state;
    endpoint_t endpoint;
    assert_int_equal(endpoint_parse("ipc:///run/herd/Goloman.requests", &endpoint), STATUS_OK);
    assert_int_equal(endpoint.kind, ENDPOINT_IPC);
    assert_string_equal(endpoint.path, "/run/herd/Goloman.requests");
    assert_string_equal(endpoint.address.host, "");
    assert_int_equal(endpoint.address.port, 0);
    assert_false(address_is_numeric(&endpoint.address));
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        status_t status;
    } cases[] = {
        {"", STATUS_INVALID},
        {"tcp:/", STATUS_INVALID},
        {"tcp://", STATUS_INVALID},
        {"udp://127.0.0.1:1", STATUS_INVALID},
        {"TCP://127.0.0.1:1", STATUS_INVALID},
        {"127.0.0.1:11490", STATUS_INVALID},
        {"tcp://127.0.0.1", STATUS_INVALID},
        {"tcp://:11490", STATUS_INVALID},
        {"tcp://127.0.0.1:", STATUS_INVALID},
        {"tcp://127.0.0.1:+1", STATUS_INVALID},
        {"tcp://127.0.0.1:*", STATUS_INVALID},
        {"tcp://127.0.0.1:0", STATUS_OUT_OF_RANGE},
        {"tcp://127.0.0.1:65536", STATUS_OUT_OF_RANGE},
        {"tcp://127.0.0.1:99999999999999999999", STATUS_OUT_OF_RANGE},
        {"tcp://127.0.0.256:1", STATUS_INVALID},
        {"tcp://127.0.0:1", STATUS_INVALID},
        {"tcp://::1:11490", STATUS_INVALID},
        {"tcp://[::1:11490", STATUS_INVALID},
        {"tcp://[127.0.0.1]:11490", STATUS_INVALID},
        {"tcp://[]:11490", STATUS_INVALID},
        {"tcp://**:1", STATUS_INVALID},
        {"tcp://a b:1", STATUS_INVALID},
        {"ipc://", STATUS_INVALID},
        {"ipc://*", STATUS_INVALID},
        {"ipc://@abstract", STATUS_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        endpoint_t endpoint = {.address.port = 7};
        assert_int_equal(endpoint_parse(cases[i].text, &endpoint), cases[i].status);
        assert_int_equal(endpoint.address.port, 7);
    }
}

/* "ipc://" + `size` times "p" */
static status_t parse_ipc_path(size_t size, endpoint_t *ret_endpoint)
{
    char text[6 + LIMIT_IPC_PATH_SIZE + 2] = "ipc://";
    assert_true(size + 6 < sizeof text);
    memset(text + 6, 'p', size);
    return endpoint_parse(text, ret_endpoint);
}

static void lengths_end_at_their_limit(void **state)
{
    (void)state;
    endpoint_t endpoint;
    assert_int_equal(parse_ipc_path(LIMIT_IPC_PATH_SIZE, &endpoint), STATUS_OK);
    assert_int_equal(strlen(endpoint.path), LIMIT_IPC_PATH_SIZE);
    assert_int_equal(parse_ipc_path(LIMIT_IPC_PATH_SIZE + 1, &endpoint), STATUS_TOO_LONG);

    char host[ADDRESS_HOST_SIZE + 1];
    memset(host, 'h', sizeof host);
    for (size_t size = ADDRESS_HOST_SIZE; size <= ADDRESS_HOST_SIZE + 1; size++) {
        char text[ADDRESS_HOST_SIZE + 16];
        snprintf(text, sizeof text, "tcp://%.*s:1", (int)size, host);
        assert_int_equal(endpoint_parse(text, &endpoint),
                         size == ADDRESS_HOST_SIZE ? STATUS_OK : STATUS_TOO_LONG);
    }
}

static bool is_same_path(const char *one, const char *other)
{
    endpoint_t first = {.kind = ENDPOINT_IPC};
    endpoint_t second = {.kind = ENDPOINT_IPC};
    text_copy(text_of(one), first.path);
    text_copy(text_of(other), second.path);
    return endpoint_same_path(&first, &second);
}

static void paths_are_compared_by_what_they_are(void **state)
{
    (void)state;
    char folder[] = "/tmp/herd-test-endpoint.XXXXXX";
    char link[sizeof folder + 8];
    char inside[sizeof folder + 32];
    char through[sizeof folder + 32];
    assert_non_null(mkdtemp(folder));
    snprintf(link, sizeof link, "%s.link", folder);
    assert_int_equal(symlink(folder, link), 0);
    snprintf(inside, sizeof inside, "%s/a", folder);
    snprintf(through, sizeof through, "%s//./a", link);
    assert_true(is_same_path(inside, through));
    snprintf(through, sizeof through, "%s/none/../a", link);
    assert_true(is_same_path(inside, through));
    snprintf(through, sizeof through, "%s/b", link);
    assert_false(is_same_path(inside, through));
    /* What binds at a link replaces it. */
    snprintf(through, sizeof through, "%s/b", folder);
    assert_int_equal(symlink(inside, through), 0);
    assert_false(is_same_path(inside, through));
    assert_int_equal(unlink(through), 0);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(rmdir(folder), 0);

    assert_true(is_same_path("/none/a", "/none/./a"));
    assert_true(is_same_path("/none/a", "//none//a"));
    assert_true(is_same_path("/none/a", "/none/b/../a"));
    assert_true(is_same_path("/none/a", "/../none/a"));
    assert_false(is_same_path("/none/a", "/none/a/b"));
    assert_false(is_same_path("/none/a", "/none/A"));
}

static void endpoints_are_written_as_what_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *written;
    } cases[] = {
        {"tcp://127.0.0.1:00009", "tcp/::ffff:127.0.0.1/9"},
        {"tcp://[::ffff:127.0.0.1]:9", "tcp/::ffff:127.0.0.1/9"},
        {"tcp://[0::1]:9", "tcp/::1/9"},
        {"tcp://a.example:9", "tcp/a.example/9"},
        {"ipc:///none/./a", "/none/a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        endpoint_t endpoint;
        char written[ENDPOINT_PATH_SIZE];
        assert_int_equal(endpoint_parse(cases[i].text, &endpoint), STATUS_OK);
        endpoint_write(&endpoint, written);
        assert_string_equal(written, cases[i].written);
    }
    assert_true(endpoint_same(TEXT("tcp://[::1]:9"), "tcp://[0::1]:09"));
    assert_true(endpoint_same(TEXT("ipc:///none/a"), "ipc:///none//a"));
    assert_true(endpoint_same(TEXT("nothing"), "nothing"));
    assert_false(endpoint_same(TEXT("nothing"), "tcp://[::1]:9"));
    assert_false(endpoint_same(TEXT("tcp://[::1]:9\0"), "tcp://[::1]:9"));
    assert_false(endpoint_same(TEXT("tcp://[::1]:9"), "tcp://[::1]:8"));
    assert_false(endpoint_same(TEXT("ipc:///none/a"), "tcp://[::1]:9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_is_taken_apart),
        cmocka_unit_test(ipc_is_a_path),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(lengths_end_at_their_limit),
        cmocka_unit_test(paths_are_compared_by_what_they_are),
        cmocka_unit_test(endpoints_are_written_as_what_they_are),
    };
    return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
