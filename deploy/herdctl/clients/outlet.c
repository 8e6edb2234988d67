#include "deploy/herdctl/clients/outlet.h"

#include "common/base/entropy.h"
#include "common/base/files.h"
#include "common/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe that poll(2) calls writable takes so much without waiting (pipe(7)). */
enum { PIECE_SIZE = PIPE_BUF, SIGNALLED = -1 };

struct herdctl_outlet {
    const char *given; /* path; NULL: stdout */
    char *path;        /* where it gets its name: with links followed */
    char *beside;      /* where it is written */
    int file;
    int signals;
    bool is_plain; /* writing does not wait for anyone */
    int error;     /* errno of what failed, or SIGNALLED; 0: nothing did */
};

static bool say(const char *path, const char *reason)
{
    if (path != NULL) {
        fprintf(stderr, "herdctl: %s cannot be written: %s\n", path, reason);
    } else {
        fprintf(stderr, "herdctl: cannot write its output: %s\n", reason);
    }
    return false;
}

/* Where the file will be. False if what is there is not to be replaced. */
static bool find_place(herdctl_outlet_t *self)
{
    struct stat state;
    self->path = realpath(self->given, NULL);
    if (self->path == NULL) {
        self->path = memory_copy_text(self->given, strlen(self->given));
    } else if (stat(self->path, &state) == 0 && !S_ISREG(state.st_mode)) {
        fprintf(stderr, "herdctl: %s is %s: redirect the output there\n", self->given,
                files_kind(self->path));
        return false;
    }
    size_t size = strlen(self->path) + sizeof ".0123456789abcdef";
    self->beside = memory_new(size);
    snprintf(self->beside, size, "%s.%016" PRIx64, self->path, entropy_number());
    return true;
}

static bool make_file(herdctl_outlet_t *self)
{
    if (!find_place(self)) {
        return false;
    }
    self->file = open(self->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return self->file >= 0 || say(self->given, strerror(errno));
}

herdctl_outlet_t *herdctl_outlet_open(const char *path, int signals)
{
    struct stat state;
    herdctl_outlet_t *self = memory_new(sizeof *self);
    *self = (herdctl_outlet_t){
        .given = path, .file = path != NULL ? -1 : STDOUT_FILENO, .signals = signals};
    if (path != NULL && !make_file(self)) {
        herdctl_outlet_destroy(&self);
        return NULL;
    }
    self->is_plain = fstat(self->file, &state) == 0 && S_ISREG(state.st_mode);
    return self;
}

/* Waits until the reader takes something. False: a signal came first. */
static bool wait_for_reader(herdctl_outlet_t *self)
{
    struct pollfd files[] = {{.fd = self->file, .events = POLLOUT},
                             {.fd = self->signals, .events = POLLIN}};
    while (!self->is_plain && files[0].revents == 0) {
        if (poll(files, 2, -1) < 0 && errno != EINTR) {
            return true; /* writing tells more */
        }
        if (files[1].revents != 0) {
            self->error = SIGNALLED;
            return false;
        }
    }
    return true;
}

bool herdctl_outlet_write(herdctl_outlet_t *self, text_t text)
{
    while (self->error == 0 && text.size > 0 && wait_for_reader(self)) {
        text_t piece = self->is_plain ? text : text_first(text, PIECE_SIZE);
        size_t rest = files_write(self->file, piece).size;
        self->error = rest > 0 ? errno : 0;
        text = text_after(text, piece.size);
    }
    return self->error == 0;
}

bool herdctl_outlet_is_closed(const herdctl_outlet_t *self)
{
    struct pollfd file = {.fd = self->file};
    return !self->is_plain && poll(&file, 1, 0) == 1 && (file.revents & POLLERR) != 0;
}

/* fsync(2) of the file's folder: its new name is on the disk then. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash != NULL ? memory_copy_text(path, (size_t)(slash - path) + 1)
                                 : memory_copy_text(".", 1);
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = file >= 0 && fsync(file) == 0;
    if (file >= 0) {
        close(file);
    }
    free(folder);
    return synced;
}

/* False with errno. */
static bool give_name(herdctl_outlet_t *self)
{
    bool good = fsync(self->file) == 0;
    int file = self->file;
    self->file = -1;
    if (close(file) != 0 || !good || rename(self->beside, self->path) != 0) {
        return false;
    }
    free(self->beside);
    self->beside = NULL;
    return sync_folder(self->path);
}

bool herdctl_outlet_finish(herdctl_outlet_t *self)
{
    if (self->error == SIGNALLED) {
        return say(self->given, "ended by a signal");
    }
    if (self->error == 0 && self->given != NULL && !give_name(self)) {
        self->error = errno;
    }
    return self->error == 0 || say(self->given, strerror(self->error));
}

void herdctl_outlet_destroy(herdctl_outlet_t **self_p)
{
    herdctl_outlet_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->given != NULL && self->file >= 0) {
        close(self->file);
    }
    if (self->beside != NULL) {
        (void)unlink(self->beside);
    }
    free(self->path);
    free(self->beside);
    free(self);
    *self_p = NULL;
}
