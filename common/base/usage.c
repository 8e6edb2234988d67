#include "common/base/usage.h"

#include "common/base/text.h"
#include "common/base/timestamp.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* The second field of /proc/self/statm, in pages (proc(5)). */
static uint64_t resident_size(void)
{
    char text[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return 0;
    }
    text_t rest = {.data = text, .size = fread(text, 1, sizeof text, file)};
    text_t all;
    text_t resident;
    uint64_t pages;
    (void)fclose(file);
    bool read = text_take_field(&rest, &all) && text_take_field(&rest, &resident) &&
                text_to_u64(resident, UINT32_MAX, &pages);
    return read ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t time_ns(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * TIMESTAMP_NS_PER_S + (uint64_t)time->tv_usec * 1000;
}

usage_t usage_read(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage); /* fails for no valid argument */
    return (usage_t){.cpu_ns = time_ns(&usage.ru_utime) + time_ns(&usage.ru_stime),
                     .resident_size = resident_size()};
}
