/* A library for LD_PRELOAD: the clock that people set is off by what a file says, as a number of
 * nanoseconds in 8 bytes, which a test changes while programs run; so is the steady clock, by what
 * the next 8 bytes say, if there are any. HERD_FAKE_CLOCK names the file. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const int64_t ns_per_s = 1000000000;
enum { CLOCKS = 2 };

/* NULL: none. Behind the file's end is zero, in its page. */
static const volatile int64_t *offsets_ns;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("HERD_FAKE_CLOCK");
    int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) {
        return;
    }
    void *mapped = mmap(NULL, CLOCKS * sizeof *offsets_ns, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    offsets_ns = mapped != MAP_FAILED ? mapped : NULL;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    bool is_steady = clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE;
    if (result == 0 && offsets_ns != NULL && (clock == CLOCK_REALTIME || is_steady)) {
        int64_t time_ns = (int64_t)now->tv_sec * ns_per_s + now->tv_nsec + offsets_ns[is_steady];
        now->tv_sec = time_ns / ns_per_s;
        now->tv_nsec = time_ns % ns_per_s;
    }
    return result;
}
