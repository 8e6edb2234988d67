#include "common/program/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t set_of(const int *signals)
{
    sigset_t set;
    sigemptyset(&set);
    for (; *signals != 0; signals++) {
        sigaddset(&set, *signals);
    }
    return set;
}

int signals_open(const int *signals)
{
    sigset_t set = set_of(signals);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int signals_open_ending(int ret_signals[SIGNALS_ENDING + 1])
{
    static const int numbers[SIGNALS_ENDING] = {SIGINT, SIGTERM, SIGHUP};
    int *out = ret_signals;
    for (size_t i = 0; i < SIGNALS_ENDING; i++) {
        struct sigaction action;
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
            *out++ = numbers[i];
        }
    }
    *out = 0;
    return signals_open(ret_signals);
}

void signals_close(int descriptor, const int *signals)
{
    sigset_t set = set_of(signals);
    close(descriptor);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int signals_take_from(int descriptor, long *ret_process, unsigned *ret_user)
{
    struct signalfd_siginfo info;
    if (read(descriptor, &info, sizeof info) != sizeof info) {
        return 0;
    }
    *ret_process = (long)info.ssi_pid;
    *ret_user = info.ssi_uid;
    return (int)info.ssi_signo;
}

int signals_take(int descriptor)
{
    long process;
    unsigned user;
    return signals_take_from(descriptor, &process, &user);
}
