/* Any bytes as a herd file: no crash, no leak, printable findings, and NULL exactly after an
 * error. */
#include "common/config/config.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_finding(void *argument, config_severity_t severity, const char *file,
                          unsigned line, const char *text)
{
    size_t *error_count = argument;
    (void)file;
    (void)line;
    *error_count += severity == CONFIG_ERROR ? 1 : 0;
    assert(text[0] != '\0');
    for (const char *byte = text; *byte != '\0'; byte++) {
        assert(*byte >= 0x20 && *byte < 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file = memfd_create("herd.cfg", MFD_CLOEXEC);
    assert(file >= 0);
    ssize_t written = write(file, data, size);
    assert(written == (ssize_t)size);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    size_t error_count = 0;
    config_t *config = config_load(path, check_finding, &error_count);
    assert((config == NULL) == (error_count > 0));
    config_destroy(&config);
    close(file);
    return 0;
}
