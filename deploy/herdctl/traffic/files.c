/* The bytes of a file, from its beginning to its end, and with --follow what comes then. A rotation
 * gives the path to another file. The program goes on in the old one until it opens its log anew,
 * and from then on writes to the new one alone: so the old one is read to its end when there is
 * something in the new one, and only then left. A file that is cut off (copytruncate) is read from
 * its beginning again. */
#include "common/program/signals.h"
#include "deploy/herdctl/traffic/traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_INTERVAL_MS = 100 }; /* between two looks at a file that is followed */

/* A file that is printed. */
typedef struct {
    const char *path;
    int file;
    herdctl_traffic_reader_t reader;
    herdctl_traffic_filter_t *filter;
    herdctl_traffic_show_t *show;
    bool given_up; /* what follows cannot be read here */
    herdctl_exit_t result;
} source_t;

__attribute__((format(printf, 2, 3))) static void complain(source_t *self, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)fflush(stdout); /* in its place among the lines */
    fprintf(stderr, HERDCTL_PROGRAM ": %s: %s\n", self->path, text);
    self->result = HERDCTL_FAILED;
}

/* Bytes that are no record. */
static void complain_of(source_t *self, herdctl_traffic_step_t step,
                        const herdctl_traffic_place_t *place)
{
    const char *form = self->reader.form == HERDCTL_TRAFFIC_LINES ? "line of a log" : "record";
    switch (step) {
    case HERDCTL_TRAFFIC_SKIPPED:
        if (self->reader.form == HERDCTL_TRAFFIC_UNKNOWN) {
            complain(self, "is no log of traffic: no record and no line in its %" PRIu64 " bytes",
                     place->size);
            return;
        }
        complain(self, "offset %" PRIu64 ": %" PRIu64 " bytes are no %s; left out", place->offset,
                 place->size, form);
        return;
    case HERDCTL_TRAFFIC_TORN:
        complain(self, "offset %" PRIu64 ": the last %s breaks off after %" PRIu64 " bytes",
                 place->offset, form, place->size);
        return;
    case HERDCTL_TRAFFIC_NEWER:
        complain(self,
                 "offset %" PRIu64 ": a record of a later version; left out (this is herdctl %s)",
                 place->offset, HERD_VERSION);
        return;
    case HERDCTL_TRAFFIC_JSON:
        complain(self, "is a log of JSON objects, which is not read here; take jq(1)");
        self->given_up = true;
        return;
    case HERDCTL_TRAFFIC_ITEM:
    case HERDCTL_TRAFFIC_MORE: return;
    }
}

/* Prints what the bytes so far are. */
static void print_some(source_t *self, bool at_end)
{
    herdctl_traffic_item_t item;
    herdctl_traffic_place_t place;
    herdctl_traffic_step_t step = HERDCTL_TRAFFIC_ITEM;
    while (step != HERDCTL_TRAFFIC_MORE && !self->given_up) {
        step = herdctl_traffic_reader_take(&self->reader, at_end, &item, &place);
        if (step != HERDCTL_TRAFFIC_ITEM) {
            complain_of(self, step, &place);
        } else if (herdctl_traffic_filter_wants(self->filter, &item.record)) {
            herdctl_traffic_show_print(self->show, &item);
        }
    }
}

/* Reads to the end of what is there. */
static void read_on(source_t *self)
{
    ssize_t size = 1;
    while (size > 0 && !self->given_up && ferror(stdout) == 0) {
        char *room = herdctl_traffic_reader_room(&self->reader);
        size = read(self->file, room, HERDCTL_TRAFFIC_PART);
        if (size > 0) {
            buffer_commit(&self->reader.bytes, (size_t)size);
            print_some(self, false);
        } else if (size < 0 && errno == EINTR) {
            size = 1;
        }
    }
    if (size < 0) {
        complain(self, "cannot be read: %s", strerror(errno));
        self->given_up = true;
    }
}

/* Opens without waiting for the other end of a pipe, and reads with waiting. */
static bool open_file(source_t *self)
{
    self->file = strcmp(self->path, "-") == 0
                     ? STDIN_FILENO
                     : open(self->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (self->file < 0) {
        complain(self, "cannot be opened: %s", strerror(errno));
        return false;
    }
    if (self->file != STDIN_FILENO) {
        (void)fcntl(self->file, F_SETFL, 0);
    }
    return true;
}

static void close_file(source_t *self)
{
    if (self->file > STDIN_FILENO) {
        close(self->file);
    }
}

/* Whether the path is another file now, and has something in it. */
static bool is_rotated(const source_t *self)
{
    struct stat here;
    struct stat there;
    return fstat(self->file, &here) == 0 && stat(self->path, &there) == 0 && there.st_size > 0 &&
           (here.st_dev != there.st_dev || here.st_ino != there.st_ino);
}

static void read_again_if_cut(source_t *self)
{
    struct stat here;
    off_t position = lseek(self->file, 0, SEEK_CUR);
    if (position > 0 && fstat(self->file, &here) == 0 && here.st_size < position) {
        print_some(self, true);
        herdctl_traffic_reader_restart(&self->reader);
        (void)lseek(self->file, 0, SEEK_SET);
    }
}

/* Goes on with the new file. False if it cannot be opened. */
static bool change_over(source_t *self)
{
    read_on(self);
    print_some(self, true);
    close_file(self);
    herdctl_traffic_reader_restart(&self->reader);
    return open_file(self);
}

/* Waits for a moment. False if a signal has come, or no one reads stdout any more. */
static bool wait_a_moment(int signals)
{
    struct pollfd items[] = {{.fd = signals, .events = POLLIN}, {.fd = STDOUT_FILENO}};
    (void)poll(items, 2, LOOK_INTERVAL_MS);
    return items[0].revents == 0 && (items[1].revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

static void follow_on(source_t *self)
{
    static const int ends[] = {SIGINT, SIGTERM, 0};
    int signals = signals_open(ends);
    bool goes_on = fflush(stdout) == 0;
    while (goes_on && wait_a_moment(signals) && !self->given_up) {
        read_again_if_cut(self);
        read_on(self);
        goes_on = !is_rotated(self) || change_over(self);
        read_on(self);
        goes_on = fflush(stdout) == 0 && goes_on;
    }
    if (signals >= 0) {
        (void)signals_take(signals);
        signals_close(signals, ends);
    }
}

herdctl_exit_t herdctl_traffic_files_print(const char *path, bool follow,
                                           herdctl_traffic_filter_t *filter,
                                           herdctl_traffic_show_t *show)
{
    source_t self = {.path = path, .filter = filter, .show = show};
    if (!open_file(&self)) {
        return self.result;
    }
    herdctl_traffic_reader_init(&self.reader);
    read_on(&self);
    if (follow && !self.given_up) {
        follow_on(&self);
    } else {
        print_some(&self, true);
    }
    close_file(&self);
    herdctl_traffic_reader_done(&self.reader);
    return self.result;
}
