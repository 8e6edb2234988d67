#include "node/security/accept4.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
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

/* Declared by glibc with a union of all pointers to addresses. */
int accept4(int listener, __SOCKADDR_ARG address, socklen_t *restrict size, int flags)
{
    int file = (int)syscall(SYS_accept4, listener, address.__sockaddr__, size, flags);
    int ceiling = accept4_ceiling();
    if (file < 0) {
        soften();
    } else if (ceiling > 0 && file >= ceiling) {
        reset(file);
        errno = ECONNABORTED;
        file = -1;
    }
    return file;
}
