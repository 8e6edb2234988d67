/* herdctl places import: a dump of GeoNames becomes a file that a node has ready at once.
 *
 * Rows come in from a file or a pipe, one by one. Malformed ones are skipped and counted, the first
 * NAMED_ROWS_MAX named; rows of other classes are counted. The others go into a new file beside the
 * destination; behind the last one the index is built. DEST is replaced when the new file is whole
 * and on the disk; until then, and after a failure or a signal, it stays as it was. */
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/places/writer.h"
#include "common/program/signals.h"
#include "deploy/herdctl/frame/progress.h"
#include "deploy/herdctl/frame/source.h"
#include "deploy/herdctl/places/places.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Bad rows that are named, at most. */
enum { NAMED_ROWS_MAX = 10 };

/* The command line. */
typedef struct {
    const char *source;         /* path, or "-" */
    const char *destination;    /* path */
    const char *classes_text;   /* as given; "" for all */
    geonames_classes_t classes; /* of rows that are taken */
    bool progress;              /* lines if there is no terminal */
} arguments_t;

/* One import under way. */
typedef struct {
    const arguments_t *arguments;
    int signals; /* signalfd */
    herdctl_source_t *source;
    places_writer_t *writer;
    herdctl_progress_t progress;
    uint64_t skipped_count; /* bad rows */
    uint64_t other_count;   /* rows of other classes */
} import_t;

static bool read_arguments(const herdctl_t *self, arguments_t *arguments, herdctl_exit_t *ret_exit)
{
    *arguments = (arguments_t){.classes_text = "", .classes = GEONAMES_ALL_CLASSES};
    const options_row_t rows[] = {
        {"feature-classes", "LETTERS", "take only places of these classes, e.g. PSTH",
         .string = &arguments->classes_text},
        {"progress", NULL, "print a line every five seconds if stderr is not a terminal",
         .flag = &arguments->progress},
        {0},
    };
    const herdctl_command_line_t line = {
        .rows = rows,
        .operands_min = 2,
        .operands_max = 2,
        .operands = "places import takes a source and a destination",
    };
    options_operands_t files;
    if (!herdctl_command_read(self, &line, &files, ret_exit)) {
        return false;
    }
    if (geonames_parse_classes(text_of(arguments->classes_text), &arguments->classes) !=
        STATUS_OK) {
        *ret_exit = herdctl_command_refuse("feature classes are letters of \"" GEONAMES_CLASSES
                                           "\", each once, not \"%s\"",
                                           arguments->classes_text);
        return false;
    }
    arguments->source = files.items[0];
    arguments->destination = files.items[1];
    return true;
}

/* Refuses, before the work, what the rename would fail at, and a destination that is the source. */
static bool is_destination(const arguments_t *arguments)
{
    struct stat source;
    struct stat destination;
    if (stat(arguments->destination, &destination) != 0) {
        return true;
    }
    if (!S_ISREG(destination.st_mode)) {
        fprintf(stderr, "herdctl: %s is not a plain file\n", arguments->destination);
        return false;
    }
    if (stat(arguments->source, &source) == 0 && source.st_dev == destination.st_dev &&
        source.st_ino == destination.st_ino) {
        fprintf(stderr, "herdctl: %s is the source itself\n", arguments->destination);
        return false;
    }
    return true;
}

static void skip_row(import_t *self, status_t reason)
{
    if (self->skipped_count++ < NAMED_ROWS_MAX) {
        herdctl_progress_clear(&self->progress);
        fprintf(stderr, "%s:%" PRIu64 ": skipped: %s\n", self->arguments->source,
                herdctl_source_state(self->source)->line, status_text(reason));
    }
}

/* `status`: how the line was taken from the source. */
static status_t import_line(import_t *self, status_t status, text_t line)
{
    geonames_row_t row;
    if (status == STATUS_OK && line.size == 0) {
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = geonames_parse_row(line, &row);
    }
    if (status != STATUS_OK) {
        skip_row(self, status);
        return STATUS_OK;
    }
    if (!geonames_has_class(self->arguments->classes, row.feature_class)) {
        self->other_count++;
        return STATUS_OK;
    }
    return places_writer_add(self->writer, &row);
}

/* STATUS_OK at the end of the source; STATUS_UNREACHABLE if it cannot be read; STATUS_AGAIN for a
 * signal; else as places_writer_add. */
static status_t import_lines(import_t *self)
{
    for (;;) {
        text_t line = {0};
        status_t status = herdctl_source_take(self->source, &line);
        if (status == STATUS_NOT_FOUND) {
            return STATUS_OK;
        }
        if (status == STATUS_SYSTEM) {
            return STATUS_UNREACHABLE;
        }
        if (status == STATUS_OK || status == STATUS_TOO_LONG) {
            status = import_line(self, status, line);
        }
        if (status != STATUS_OK) {
            return status;
        }
        herdctl_progress_row(&self->progress, herdctl_source_state(self->source)->read_size);
    }
}

static bool is_signalled(const import_t *self)
{
    struct pollfd signals = {.fd = self->signals, .events = POLLIN};
    return poll(&signals, 1, 0) == 1;
}

/* The steps after the last row. */
static status_t complete(import_t *self)
{
    const herdctl_source_state_t *state = herdctl_source_state(self->source);
    const places_writer_source_t source = {.name = state->name,
                                           .skipped_count = self->skipped_count,
                                           .other_count = self->other_count,
                                           .size = state->read_size,
                                           .time_s = state->time_s,
                                           .import_time_s = clock_now_ns() / TIMESTAMP_NS_PER_S};
    herdctl_progress_stage(&self->progress, "building the index");
    status_t status = places_writer_finish(self->writer, &source);
    if (status == STATUS_OK && is_signalled(self)) {
        status = STATUS_AGAIN;
    }
    return status == STATUS_OK ? places_writer_replace(self->writer) : status;
}

static void say_failure(const import_t *self, status_t status)
{
    const arguments_t *arguments = self->arguments;
    switch (status) {
    case STATUS_AGAIN:
        fprintf(stderr, "herdctl: ended by a signal; %s is as it was\n", arguments->destination);
        break;
    case STATUS_UNREACHABLE:
        fprintf(stderr, "herdctl: %s cannot be read: %s\n", arguments->source, strerror(errno));
        break;
    case STATUS_NOT_FOUND:
        fprintf(stderr,
                "herdctl: no row of %s is a place%s%s: 19 columns, tab-separated, are expected\n",
                arguments->source, self->other_count > 0 ? " of the classes " : "",
                self->other_count > 0 ? arguments->classes_text : "");
        break;
    case STATUS_FULL:
        fprintf(stderr, "herdctl: %s has more rows than one file takes, 4 GiB of them\n",
                arguments->source);
        break;
    default:
        fprintf(stderr, "herdctl: %s cannot be written: %s\n", arguments->destination,
                strerror(errno));
        break;
    }
}

static void say_unnamed_rows(const import_t *self)
{
    if (self->skipped_count > NAMED_ROWS_MAX) {
        fprintf(stderr, "%s: %" PRIu64 " more rows skipped\n", self->arguments->source,
                self->skipped_count - NAMED_ROWS_MAX);
    }
}

static void say_success(const import_t *self)
{
    const arguments_t *arguments = self->arguments;
    printf("%s: %" PRIu64 " places of %s; bad rows: %" PRIu64 ", rows of other classes: %" PRIu64
           "\n",
           arguments->destination, places_writer_header(self->writer)->row_count, arguments->source,
           self->skipped_count, self->other_count);
}

static status_t run_import(import_t *self)
{
    const arguments_t *arguments = self->arguments;
    status_t status = herdctl_source_open(arguments->source, self->signals, &self->source);
    if (status != STATUS_OK) {
        return STATUS_UNREACHABLE;
    }
    herdctl_progress_init(&self->progress, "rows", herdctl_source_state(self->source)->size,
                          arguments->progress);
    status = places_writer_open(arguments->destination, &self->writer);
    if (status == STATUS_OK) {
        status = import_lines(self);
    }
    if (status == STATUS_OK) {
        status = complete(self);
    }
    int error = errno;
    herdctl_progress_clear(&self->progress);
    say_unnamed_rows(self);
    errno = error;
    return status;
}

herdctl_exit_t herdctl_places_import(const herdctl_t *self)
{
    arguments_t arguments;
    herdctl_exit_t result;
    if (!read_arguments(self, &arguments, &result)) {
        return result;
    }
    if (!is_destination(&arguments)) {
        return HERDCTL_FAILED;
    }
    int ends[SIGNALS_ENDING + 1];
    import_t import = {.arguments = &arguments, .signals = signals_open_ending(ends)};
    status_t status = run_import(&import);
    if (status == STATUS_OK) {
        say_success(&import);
    } else {
        say_failure(&import, status);
    }
    places_writer_close(&import.writer);
    herdctl_source_close(&import.source);
    /* A signal that came is still pending, and now ends us as it ends others. */
    signals_close(import.signals, ends);
    return status == STATUS_OK ? HERDCTL_OK : HERDCTL_FAILED;
}
