/* Sockets that listen on every address, with IPv6 and without, and ports that are shared: whose
 * they are, and who has one (common/sockets/listening.h, claim.h, holder.h). */
#include "common/sockets/listening.h"

#include "common/sockets/claim.h"
#include "common/sockets/holder.h"

#include "tests/support/cmocka_herd.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static const listening_t settings = {.queue = 4};
static const listening_t ours = {.queue = 4, .tenant = 1};
static const listening_t theirs = {.queue = 4, .tenant = 2};

/* What listens everywhere. */
static listening_socket_t everywhere(const listening_t *of, uint16_t port)
{
    listening_socket_t socket;
    assert_true(listening_open_everywhere(of, port, &socket));
    return socket;
}

static bool try_address(const listening_t *of, const char *host, uint16_t port,
                        listening_socket_t *ret_socket)
{
    address_t address = {.port = port};
    struct addrinfo *found;
    text_copy(text_of(host), address.host);
    assert_int_equal(address_resolve(&address, AI_NUMERICHOST | AI_PASSIVE, &found), 0);
    bool opened = listening_open(of, found, ret_socket);
    int error = errno;
    freeaddrinfo(found);
    errno = error;
    return opened;
}

static void expect_refused(const listening_t *of, const char *host, uint16_t port)
{
    listening_socket_t socket;
    errno = 0;
    assert_false(try_address(of, host, port, &socket));
    assert_int_equal(errno, EADDRINUSE);
}

static sa_family_t family_of(int file, uint16_t *ret_port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {0}};
    socklen_t size = sizeof address;
    assert_int_equal(getsockname(file, &address.any, &size), 0);
    *ret_port =
        ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
    return address.any.sa_family;
}

static void expect_taken_over_ipv4(int listening, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(file, (struct sockaddr *)&address, sizeof address), 0);
    int taken = accept(listening, NULL, NULL);
    assert_true(taken >= 0);
    close(taken);
    close(file);
}

static void everywhere_takes_ipv4(void **state)
{
    (void)state;
    uint16_t port;
    listening_socket_t socket = everywhere(&settings, 0);
    (void)family_of(socket.file, &port);
    expect_taken_over_ipv4(socket.file, port);
    listening_close(&socket);
    assert_int_equal(socket.file, -1);
}

static void a_port_in_use_is_not_shared(void **state)
{
    (void)state;
    uint16_t port;
    listening_socket_t socket = everywhere(&settings, 0);
    (void)family_of(socket.file, &port);
    expect_refused(&settings, "::", port);
    expect_refused(&ours, "::", port);
    expect_refused(&ours, "127.0.0.1", port);
    listening_close(&socket);
}

/* Processes of one tenant, here one process several times. */
static void a_port_is_shared_within_a_tenant_only(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.1", "0.0.0.0", "::ffff:127.0.0.1"};
    uint16_t port;
    listening_socket_t first;
    listening_socket_t second;
    assert_true(try_address(&ours, "127.0.0.1", 0, &first));
    (void)family_of(first.file, &port);
    for (size_t i = 0; i < ARRAY_COUNT(hosts); i++) {
        expect_refused(&theirs, hosts[i], port);
        expect_refused(&settings, hosts[i], port);
    }
    assert_true(try_address(&ours, "127.0.0.1", port, &second));
    listening_close(&first);
    expect_taken_over_ipv4(second.file, port);
    expect_refused(&theirs, "127.0.0.1", port);
    listening_socket_t third;
    assert_true(try_address(&theirs, "127.0.0.2", port, &third)); /* is another one's to have */
    expect_refused(&ours, "127.0.0.2", port);
    listening_close(&third);
    listening_close(&second);
    assert_true(try_address(&theirs, "127.0.0.1", port, &third));
    listening_close(&third);
}

static void everywhere_is_shared_within_a_tenant_only(void **state)
{
    (void)state;
    uint16_t port;
    listening_socket_t first = everywhere(&ours, 0);
    (void)family_of(first.file, &port);
    listening_socket_t second = everywhere(&ours, port);
    expect_refused(&theirs, "127.0.0.1", port);
    expect_refused(&theirs, "::1", port);
    listening_socket_t none;
    assert_false(listening_open_everywhere(&theirs, port, &none));
    assert_int_equal(errno, EADDRINUSE);
    listening_close(&first);
    listening_close(&second);
}

/* Whoever sees only claims of its own tenant joins, and one of another tenant may have come in
 * between: its claim is seen then. */
static void a_claim_says_whose_a_port_is(void **state)
{
    (void)state;
    address_point_t point = {.number.s6_addr = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1}, .port = 1};
    address_point_t any = {.port = 1};
    address_point_t other = {.port = 2};
    assert_int_equal(claim_look(&point, 1, -1), CLAIM_NONE);
    int first = claim_make(&point, 1);
    int second = claim_make(&point, 1);
    assert_true(first >= 0 && second >= 0);
    assert_int_equal(claim_look(&point, 1, -1), CLAIM_OURS);
    assert_int_equal(claim_look(&point, 1, first), CLAIM_OURS);
    assert_int_equal(claim_look(&point, 2, -1), CLAIM_THEIRS);
    assert_int_equal(claim_look(&any, 2, -1), CLAIM_THEIRS);
    assert_int_equal(claim_look(&any, 1, -1), CLAIM_NONE); /* to join it takes the same address */
    assert_int_equal(claim_look(&other, 2, -1), CLAIM_NONE);
    close(second);
    assert_int_equal(claim_look(&point, 1, first), CLAIM_NONE);
    int third = claim_make(&any, 2);
    assert_int_equal(claim_look(&point, 1, first), CLAIM_THEIRS);
    close(third);
    close(first);
    assert_int_equal(claim_look(&point, 2, -1), CLAIM_NONE);
}

static void tenants_differ_in_each_part(void **state)
{
    (void)state;
    uint64_t tenant = claim_tenant(TEXT("ucla"), TEXT("Goloman"), TEXT("/run/Goloman.requests"));
    assert_true(tenant != 0);
    assert_true(tenant ==
                claim_tenant(TEXT("ucla"), TEXT("Goloman"), TEXT("/run/Goloman.requests")));
    assert_true(tenant != claim_tenant(TEXT("ucla"), TEXT("Goloman"), TEXT("/run/2")));
    assert_true(tenant != claim_tenant(TEXT("ucla"), TEXT("Hands"), TEXT("/run/Goloman.requests")));
    assert_true(claim_tenant(TEXT("a"), TEXT("bc"), TEXT("")) !=
                claim_tenant(TEXT("ab"), TEXT("c"), TEXT("")));
}

static void the_holder_of_a_port_is_named(void **state)
{
    (void)state;
    uint16_t port;
    char expected[64];
    char endpoint[64];
    char reason[HOLDER_SIZE];
    listening_socket_t socket = everywhere(&ours, 0);
    (void)family_of(socket.file, &port);
    snprintf(expected, sizeof expected, "(process %ld)", (long)getpid());
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", (unsigned)port);
    holder_explain(EADDRINUSE, endpoint, reason);
    assert_non_null(strstr(reason, expected));
    assert_non_null(strstr(reason, "Address already in use, by test_common_sockets_listening "));
    listening_close(&socket);
    holder_explain(EADDRINUSE, endpoint, reason);
    assert_string_equal(reason, "Address already in use, by another process");
    holder_explain(EADDRINUSE, "no endpoint", reason);
    assert_string_equal(reason, "Address already in use, by another process");
    holder_explain(EACCES, endpoint, reason);
    assert_string_equal(reason, "Permission denied");
}

static void the_holder_of_a_path_is_named(void **state)
{
    (void)state;
    char expected[64];
    char endpoint[64];
    char reason[HOLDER_SIZE];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/herd-test-holder.%ld",
             (long)getpid());
    snprintf(endpoint, sizeof endpoint, "ipc:///tmp/../tmp/herd-test-holder.%ld", (long)getpid());
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(file, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(file, 1), 0);
    snprintf(expected, sizeof expected, "(process %ld)", (long)getpid());
    holder_explain(EADDRINUSE, endpoint, reason);
    assert_non_null(strstr(reason, expected));
    close(file);
    assert_int_equal(unlink(address.sun_path), 0);
}

/* From here on this process gets no IPv6 socket, as on a machine booted with ipv6.disable=1. */
static bool lose_ipv6(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = ARRAY_COUNT(filter), .filter = filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

static void without_ipv6_it_is_ipv4(void **state)
{
    (void)state;
    uint16_t port;
    if (!lose_ipv6()) {
        skip();
    }
    listening_socket_t socket = everywhere(&ours, 0);
    assert_int_equal(family_of(socket.file, &port), AF_INET);
    expect_taken_over_ipv4(socket.file, port);
    listening_close(&socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everywhere_takes_ipv4),
        cmocka_unit_test(a_port_in_use_is_not_shared),
        cmocka_unit_test(a_port_is_shared_within_a_tenant_only),
        cmocka_unit_test(everywhere_is_shared_within_a_tenant_only),
        cmocka_unit_test(a_claim_says_whose_a_port_is),
        cmocka_unit_test(tenants_differ_in_each_part),
        cmocka_unit_test(the_holder_of_a_port_is_named),
        cmocka_unit_test(the_holder_of_a_path_is_named),
        cmocka_unit_test(without_ipv6_it_is_ipv4), /* the last one */
    };
    return cmocka_run_group_tests_name("listening", tests, NULL, NULL);
}
