/* Sockets that listen on every address, with IPv6 and without (common/sockets/listening.h). */
#include "common/sockets/listening.h"

#include "tests/support/cmocka_herd.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const listening_t settings = {.queue = 4};

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
    int file = listening_open_everywhere(&settings, 0);
    assert_true(file >= 0);
    (void)family_of(file, &port);
    expect_taken_over_ipv4(file, port);
    close(file);
}

static void a_port_in_use_is_not_shared(void **state)
{
    (void)state;
    uint16_t port;
    int file = listening_open_everywhere(&settings, 0);
    (void)family_of(file, &port);
    errno = 0;
    assert_int_equal(listening_open_everywhere(&settings, port), -1);
    assert_int_equal(errno, EADDRINUSE);
    close(file);
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
    int file = listening_open_everywhere(&settings, 0);
    assert_true(file >= 0);
    assert_int_equal(family_of(file, &port), AF_INET);
    expect_taken_over_ipv4(file, port);
    close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everywhere_takes_ipv4), cmocka_unit_test(a_port_in_use_is_not_shared),
        cmocka_unit_test(without_ipv6_it_is_ipv4), /* the last one */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
