/* A library for LD_PRELOAD: the clock that people set is off by what a file says, as a number of
 * nanoseconds in 8 bytes, which a test changes while programs run. The steady clock is left alone.
 * HERD_FAKE_CLOCK names the file. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const int64_t ns_per_s = 1000000000;
static const volatile int64_t *offset_ns; /* NULL: none */

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("HERD_FAKE_CLOCK");
    int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) {
        return;
    }
    void *mapped = mmap(NULL, sizeof *offset_ns, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    offset_ns = mapped != MAP_FAILED ? mapped : NULL;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME && offset_ns != NULL) {
        int64_t time_ns = (int64_t)now->tv_sec * ns_per_s + now->tv_nsec + *offset_ns;
        now->tv_sec = time_ns / ns_per_s;
        now->tv_nsec = time_ns % ns_per_s;
    }
    return result;
}
