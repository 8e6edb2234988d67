#include "node/security/accept4.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* When there is no descriptor at all the listener is ready at once again: ms until then. */
enum { EXHAUSTED_PAUSE_MS = 20 };

/* The one variable of this process that modules share: ZeroMQ calls without an argument of ours. */
static atomic_int ceiling_now;

void accept4_set_ceiling(int ceiling)
{
    atomic_store(&ceiling_now, ceiling);
}

int accept4_ceiling(void)
{
    return atomic_load(&ceiling_now);
}

/* Ends it as if it had never been: its peer need not wait for an answer. */
static void reset(int file)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(file, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(file);
}

/* Errors of programmers, and those that ZeroMQ expects from all its listeners, are passed on. The
 * others, also those of the network that accept(2) lists, would end the process. */
static void soften(void)
{
    switch (errno) {
    case EBADF:
    case EFAULT:
    case EINVAL:
    case ENOTSOCK:
    case EAGAIN:
    case EINTR: return;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: (void)poll(NULL, 0, EXHAUSTED_PAUSE_MS); break;
    default: break;
    }
    errno = ECONNABORTED;
}

/* A descriptor above the ceiling is given back. */
static int keep_below_ceiling(int file)
{
    int ceiling = accept4_ceiling();
    if (ceiling > 0 && file >= ceiling) {
        reset(file);
        errno = ECONNABORTED;
        file = -1;
    }
    return file;
}

/* A connection that was handed over; -1 with errno, EAGAIN if there is none. */
static int take_handed_over(int receiver)
{
    char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = sizeof byte};
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    int file = -1;
    ssize_t size = recvmsg(receiver, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size <= 0) {
        errno = size == 0 ? EAGAIN : errno; /* the other end is closed: the node ends */
        return -1;
    }
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        memcpy(&file, CMSG_DATA(header), sizeof file);
    } else {
        errno = ECONNABORTED; /* there was no descriptor left for it */
    }
    return file;
}

bool accept4_hand_over(int sender, int file)
{
    char byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = sizeof byte};
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    const struct msghdr message = {.msg_iov = &part,
                                   .msg_iovlen = 1,
                                   .msg_control = &control,
                                   .msg_controllen = sizeof control};
    control.aligned = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof file), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.aligned), &file, sizeof file);
    bool sent = sendmsg(sender, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof byte;
    close(file);
    return sent;
}

int accept4_take(int listener)
{
    int file = (int)syscall(SYS_accept4, listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return file >= 0 ? keep_below_ceiling(file) : file;
}

/* Declared by glibc with a union of all pointers to addresses. */
int accept4(int listener, __SOCKADDR_ARG address, socklen_t *restrict size, int flags)
{
    int file = (int)syscall(SYS_accept4, listener, address.__sockaddr__, size, flags);
    if (file < 0 && errno == EINVAL) {
        file = take_handed_over(listener); /* it does not listen */
    }
    if (file < 0) {
        soften();
        return -1;
    }
    return keep_below_ceiling(file);
}
