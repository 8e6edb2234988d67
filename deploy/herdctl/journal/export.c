/* herdctl journal export: the positions that a member's journal has, for other programs.
 *
 * The folder is read as `journal check` reads it (common/journal/disk/check.h) into a store, by
 * which each client has its newest record, as at a member's start. Then the records go out in the
 * order of their last change, piece by piece. With "-" the journal is that of a member here, whose
 * node may write it: a copy of it is made for as long as it is read. */
#include "common/base/files.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/journal/disk/check.h"
#include "common/program/allowance.h"
#include "common/program/signals.h"
#include "deploy/herdctl/frame/progress.h"
#include "deploy/herdctl/journal/faults.h"
#include "deploy/herdctl/journal/journal.h"
#include "deploy/herdctl/journal/stream.h"
#include "deploy/herdctl/positions/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PIECE_SIZE = 262144,
    PATH_SIZE = 4096,
    MEMORY_PARTS = 4, /* of what the process may take, records may take all but one */
};

/* The command line. */
typedef struct {
    const char *folder; /* or "-" */
    const char *member; /* with "-"; NULL: the first that has a journal here */
    positions_format_t format;
    bool all; /* expired ones too */
    bool progress;
} arguments_t;

/* One export under way. */
typedef struct {
    const arguments_t *arguments;
    config_t *config; /* NULL: there is none */
    store_t *store;
    journal_check_t check;
    journal_faults_t faults;
} export_t;

static bool read_arguments(const herdctl_t *self, arguments_t *arguments, herdctl_exit_t *ret_exit)
{
    static const char *const formats[] = {POSITIONS_FORMAT_NAMES, NULL};
    size_t format = POSITIONS_JSONL;
    *arguments = (arguments_t){0};
    const options_row_t rows[] = {
        {"all", NULL, "positions that have expired, too", .flag = &arguments->all},
        {"format", "FORMAT", "jsonl, csv or geojson (default: jsonl)", .choice = &format,
         .choices = formats},
        {"progress", NULL, "print a line every five seconds if stderr is not a terminal",
         .flag = &arguments->progress},
        {0},
    };
    static const char takes[] = "journal export takes a folder, or \"-\" and a member";
    const herdctl_command_line_t line = {
        .rows = rows, .operands_min = 1, .operands_max = 2, .operands = takes};
    options_operands_t operands;
    if (!herdctl_command_read(self, &line, &operands, ret_exit)) {
        return false;
    }
    arguments->format = (positions_format_t)format;
    arguments->folder = operands.items[0];
    arguments->member = operands.items[1];
    if (arguments->member != NULL && strcmp(arguments->folder, "-") != 0) {
        *ret_exit = herdctl_command_refuse("%s", takes);
        return false;
    }
    return true;
}

/* Reads a folder that no node writes. */
static bool read_folder(export_t *self, const char *folder)
{
    journal_disk_problem_t problem;
    const journal_check_reading_t reading = {.folder = folder,
                                             .store = self->store,
                                             .fault = journal_faults_take,
                                             .argument = &self->faults};
    status_t status = journal_check_read(&reading, &self->check, &problem);
    if (status == STATUS_IN_USE) {
        fprintf(stderr, "herdctl: %s: a node writes it: export a copy, or \"-\"\n", folder);
        return false;
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "herdctl: %s\n", problem.text);
        return false;
    }
    if (self->check.recovery.refused > 0) {
        fprintf(stderr,
                "herdctl: %s has more records than the memory that this process may take holds: "
                "%" PRIu64 " found no room\n",
                folder, self->check.recovery.refused);
        return false;
    }
    return true;
}

/* Writes all that comes by the stream to a file; false with errno, 0 for a signal. */
static bool write_stream(const journal_stream_t *stream, int file, int signals)
{
    char *piece = memory_new(PIECE_SIZE);
    struct pollfd files[] = {{.fd = stream->bytes, .events = POLLIN},
                             {.fd = signals, .events = POLLIN}};
    ssize_t size = 1;
    bool good = true;
    while (good && size > 0) {
        good = poll(files, 2, -1) >= 0 || errno == EINTR;
        if (good && files[1].revents != 0) {
            errno = 0;
            good = false;
        }
        size = good ? read(stream->bytes, piece, PIECE_SIZE) : 0;
        if (size < 0) {
            good = errno == EINTR;
            size = good ? 1 : 0;
        } else if (size > 0) {
            good = files_write(file, (text_t){.data = piece, .size = (size_t)size}).size == 0;
        }
    }
    free(piece);
    return good;
}

/* Copies the journal in `source`, which a node may write, to the file `path`. */
static bool copy_journal(const char *source, const char *path, int signals)
{
    journal_stream_t stream;
    journal_disk_problem_t problem;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 || !journal_stream_open(source, &stream)) {
        fprintf(stderr, "herdctl: %s cannot be copied: %s\n", source, strerror(errno));
        if (file >= 0) {
            close(file);
        }
        return false;
    }
    bool written = write_stream(&stream, file, signals);
    int error = errno;
    bool whole = journal_stream_close(&stream, &problem);
    close(file);
    if (!written) {
        fprintf(stderr, "herdctl: %s cannot be written: %s\n", path,
                error != 0 ? strerror(error) : "ended by a signal");
    } else if (!whole) {
        fprintf(stderr, "herdctl: %s cannot be read: %s\n", source, problem.text);
    }
    return written && whole;
}

/* Reads a folder that a node may write by way of a copy in $TMPDIR. */
static bool read_copy(export_t *self, const char *source, int signals)
{
    char folder[PATH_SIZE];
    char path[PATH_SIZE + sizeof "/data.mdb"];
    const char *place = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/herdctl-XXXXXX",
             place != NULL && place[0] == '/' ? place : "/tmp");
    if (mkdtemp(folder) == NULL) {
        fprintf(stderr, "herdctl: cannot make %s: %s\n", folder, strerror(errno));
        return false;
    }
    snprintf(path, sizeof path, "%s/data.mdb", folder);
    bool good = copy_journal(source, path, signals) && read_folder(self, folder);
    (void)unlink(path);
    (void)rmdir(folder);
    return good;
}

/* The journal of a member here. A signal has its effect when the copy has been removed. */
static bool read_member(export_t *self)
{
    const char *member;
    char *folder;
    if (!journal_stream_find(self->config, self->arguments->member, &member, &folder)) {
        return false;
    }
    int ends[SIGNALS_ENDING + 1];
    int signals = signals_open_ending(ends);
    bool good = read_copy(self, folder, signals);
    signals_close(signals, ends);
    free(folder);
    return good;
}

/* Times before this have expired: what counts is when the journal was last written, so that a copy
 * has what its member served then. */
static int64_t served_from_ns(const export_t *self)
{
    const config_t *config = self->config;
    if (self->arguments->all || config == NULL || config->expire_after_s == 0) {
        return INT64_MIN;
    }
    if (!self->check.has_state || strcmp(self->check.state.herd, config->herd_name) != 0) {
        fprintf(stderr, "herdctl: %s is of another herd: nothing counts as expired\n",
                config->file);
        return INT64_MIN;
    }
    return self->check.state.written_ns - config->expire_after_s * TIMESTAMP_NS_PER_S;
}

/* Whether stdout took it; else what is to come would be lost too (output_end says so). */
static bool flush(buffer_t *out)
{
    bool good = fwrite(out->data, 1, out->size, stdout) == out->size;
    buffer_clear(out);
    return good;
}

static bool write_records(export_t *self, positions_writer_t *writer, buffer_t *out)
{
    herdctl_progress_t progress;
    store_cursor_t cursor;
    store_entry_t entry;
    int64_t from_ns = served_from_ns(self);
    uint64_t passed = 0;
    bool good = true;
    double bytes = (double)self->check.size / (double)(store_count(self->store) + 1);
    herdctl_progress_init(&progress, "positions", self->check.size, self->arguments->progress);
    store_cursor_open(self->store, &cursor);
    store_cursor_seek(&cursor, 0);
    for (; good && store_cursor_peek(&cursor, &entry); store_cursor_advance(&cursor)) {
        if (!record_is_tombstone(&entry.record) && record_age_from(&entry.record) >= from_ns) {
            positions_writer_add(writer, &entry.record, out);
        }
        herdctl_progress_row(&progress, (uint64_t)((double)++passed * bytes));
        good = out->size < PIECE_SIZE || flush(out);
    }
    store_cursor_close(&cursor);
    herdctl_progress_clear(&progress);
    return good;
}

static bool write_all(export_t *self)
{
    buffer_t out;
    buffer_init(&out, PIECE_SIZE + POSITIONS_WRITER_SIZE);
    positions_writer_t writer = positions_writer_begin(self->arguments->format, &out);
    bool good = write_records(self, &writer, &out);
    if (good) {
        positions_writer_end(&writer, &out);
        good = flush(&out);
    }
    buffer_done(&out);
    return good;
}

/* A folder needs no herd file; but where there is one, it says what has expired. */
static bool load_herd_file(const herdctl_t *self, export_t *export, bool needed)
{
    if (!needed && access(self->config_path, F_OK) != 0) {
        return true;
    }
    export->config = herdctl_command_load(self);
    return export->config != NULL;
}

herdctl_exit_t herdctl_journal_export(const herdctl_t *self)
{
    arguments_t arguments;
    herdctl_exit_t result;
    if (!read_arguments(self, &arguments, &result)) {
        return result;
    }
    bool is_running = strcmp(arguments.folder, "-") == 0;
    export_t export = {.arguments = &arguments, .store = store_new(SIZE_MAX, 0)};
    uint64_t allowed = allowance_read().size;
    store_limit_memory(export.store, allowed - allowed / MEMORY_PARTS);
    bool good = load_herd_file(self, &export, is_running) &&
                (is_running ? read_member(&export) : read_folder(&export, arguments.folder));
    if (good) {
        journal_faults_print(&export.faults, arguments.folder);
        good = write_all(&export) && export.faults.count == 0;
        journal_state_done(&export.check.state);
    }
    journal_faults_done(&export.faults);
    store_destroy(&export.store);
    config_destroy(&export.config);
    return good ? HERDCTL_OK : HERDCTL_FAILED;
}
