#include "common/base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void output_begin(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        if (fcntl(file, F_GETFD) < 0 && errno == EBADF) {
            /* The lowest free number is this one. The wrong direction: using it is an error. */
            (void)!open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

/* Why an earlier write failed: stdio keeps only that it did. What was to be written is cut already;
 * one byte more tells the reason, if it still holds. */
static int reason_of_loss(void)
{
    return write(STDOUT_FILENO, "\n", 1) < 0 ? errno : 0;
}

int output_end(const char *program, int code)
{
    const char *problem = NULL;
    bool lost = ferror(stdout) != 0;
    if (fflush(stdout) != 0) {
        problem = strerror(errno);
    } else if (lost) {
        int reason = reason_of_loss();
        problem = reason != 0 ? strerror(reason) : "a part of it is lost";
    }
    /* A file system of another machine may say only now that it has no room. */
    if (fclose(stdout) != 0 && problem == NULL) {
        problem = strerror(errno);
    }
    if (problem == NULL) {
        return code;
    }
    fprintf(stderr, "%s: cannot write its output: %s\n", program, problem);
    return code != 0 ? code : 1;
}
