/* herdctl journal copy: a member's journal as it is at one moment, as a folder that a member can
 * start with, whether a node writes the journal or not.
 *
 * The bytes come from another process (stream.h) into a new folder beside the destination, which is
 * brought to the disk, checked as `journal check` does, and only then gets its name. Until then,
 * and after a failure or a signal, there is nothing. A name that is there is never replaced. */
#include "common/base/entropy.h"
#include "common/base/files.h"
#include "common/base/memory.h"
#include "common/journal/disk/check.h"
#include "common/program/signals.h"
#include "deploy/herdctl/journal/faults.h"
#include "deploy/herdctl/journal/journal.h"
#include "deploy/herdctl/journal/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_SIZE = 262144 };

/* One copy under way. */
typedef struct {
    const char *destination; /* as given */
    const char *member;      /* whose journal it is */
    char *source;            /* DATA_DIR/MEMBER */
    char *folder;            /* that is written */
    char *path;              /* data.mdb in it */
    char *parent;            /* the folder of both */
    int file;                /* -1: not made */
    int signals;             /* signalfd */
    journal_check_t check;   /* of what was written */
} copy_t;

__attribute__((format(printf, 1, 2))) static char *print(const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (size < 0) {
        abort(); /* as when memory runs out (memory.h) */
    }
    return text;
}

static bool say(const char *what, const char *path)
{
    fprintf(stderr, "herdctl: %s %s: %s\n", what, path, strerror(errno));
    return false;
}

/* Makes the folder and the file, of the owner of the journal if we are root. */
static bool make_files(copy_t *copy)
{
    struct stat state;
    if (lstat(copy->destination, &state) == 0) {
        fprintf(stderr, "herdctl: %s is there already\n", copy->destination);
        return false;
    }
    if (mkdir(copy->folder, 0700) != 0) {
        return say("cannot make", copy->destination);
    }
    copy->file = open(copy->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = copy->file >= 0;
    if (good && geteuid() == 0 && stat(copy->source, &state) == 0) {
        good = fchown(copy->file, state.st_uid, state.st_gid) == 0 &&
               chown(copy->folder, state.st_uid, state.st_gid) == 0;
    }
    return good || say("cannot make", copy->destination);
}

/* One piece. False at the end of the stream, or with `*ret_problem`. */
static bool take_piece(copy_t *copy, const journal_stream_t *stream, char *piece,
                       const char **ret_problem)
{
    struct pollfd files[] = {{.fd = stream->bytes, .events = POLLIN},
                             {.fd = copy->signals, .events = POLLIN}};
    if (poll(files, 2, -1) < 0) {
        return errno == EINTR;
    }
    if (files[1].revents != 0) {
        *ret_problem = "ended by a signal";
        return false;
    }
    ssize_t size = read(stream->bytes, piece, PIECE_SIZE);
    if (size <= 0) {
        return size < 0 && errno == EINTR;
    }
    if (files_write(copy->file, (text_t){.data = piece, .size = (size_t)size}).size > 0) {
        *ret_problem = strerror(errno);
        return false;
    }
    return true;
}

static bool write_file(copy_t *copy)
{
    journal_stream_t stream;
    journal_disk_problem_t problem;
    const char *own_problem = NULL;
    if (!journal_stream_open(copy->source, &stream)) {
        return say("cannot read", copy->source);
    }
    char *piece = memory_new(PIECE_SIZE);
    while (take_piece(copy, &stream, piece, &own_problem)) {
    }
    free(piece);
    bool good = journal_stream_close(&stream, &problem);
    if (own_problem != NULL) {
        fprintf(stderr, "herdctl: %s cannot be written: %s\n", copy->destination, own_problem);
        return false;
    }
    if (!good) {
        fprintf(stderr, "herdctl: the journal of %s cannot be read: %s\n", copy->member,
                problem.text);
    }
    return good;
}

/* fsync(2) of a folder: its new names are on the disk then. */
static bool sync_folder(const char *path)
{
    int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = file >= 0 && fsync(file) == 0;
    if (file >= 0) {
        close(file);
    }
    return synced;
}

static bool bring_to_disk(copy_t *copy)
{
    int file = copy->file;
    bool good = fsync(file) == 0;
    copy->file = -1;
    good = close(file) == 0 && good;
    return (good && sync_folder(copy->folder)) || say("cannot write", copy->destination);
}

static bool check_copy(copy_t *copy)
{
    journal_faults_t faults = {0};
    journal_disk_problem_t problem;
    status_t status =
        journal_check(copy->folder, journal_faults_take, &faults, &copy->check, &problem);
    if (status != STATUS_OK) {
        fprintf(stderr, "herdctl: the copy cannot be checked: %s\n", problem.text);
    } else if (faults.count > 0) {
        journal_faults_print(&faults, copy->source);
    }
    bool good = status == STATUS_OK && faults.count == 0;
    journal_faults_done(&faults);
    return good;
}

/* Not all file systems can refuse to replace; then what has come in the last moment is at risk only
 * if it is an empty folder. */
static bool give_name(copy_t *copy)
{
    int result = renameat2(AT_FDCWD, copy->folder, AT_FDCWD, copy->destination, RENAME_NOREPLACE);
    if (result != 0 && (errno == EINVAL || errno == ENOSYS)) {
        result = rename(copy->folder, copy->destination);
    }
    if (result != 0) {
        return say("cannot make", copy->destination);
    }
    return sync_folder(copy->parent) || say("cannot bring to the disk", copy->destination);
}

static bool is_signalled(const copy_t *copy)
{
    struct pollfd signals = {.fd = copy->signals, .events = POLLIN};
    if (poll(&signals, 1, 0) != 1) {
        return false;
    }
    fprintf(stderr, "herdctl: %s cannot be written: ended by a signal\n", copy->destination);
    return true;
}

static void remove_files(copy_t *copy)
{
    if (copy->file >= 0) {
        close(copy->file);
    }
    (void)unlink(copy->path);
    (void)rmdir(copy->folder);
}

/* What LMDB would not tell apart: no journal, and one that this user may not read. */
static bool is_readable(const copy_t *copy)
{
    struct stat state;
    char *path = print("%s/data.mdb", copy->source);
    bool readable = stat(path, &state) == 0 || errno == ENOENT || say("cannot read", path);
    free(path);
    return readable;
}

static bool run(copy_t *copy)
{
    bool made = is_readable(copy) && make_files(copy) && write_file(copy) && bring_to_disk(copy) &&
                check_copy(copy) && !is_signalled(copy) && give_name(copy);
    if (!made) {
        remove_files(copy);
    }
    return made;
}

/* The paths of what is written, beside the destination. */
static void set_paths(copy_t *copy)
{
    size_t size = strlen(copy->destination);
    while (size > 1 && copy->destination[size - 1] == '/') {
        size--;
    }
    const char *slash = memrchr(copy->destination, '/', size);
    int parent_size = slash != NULL ? (int)(slash - copy->destination) + 1 : 0;
    copy->folder = print("%.*s.%016" PRIx64, (int)size, copy->destination, entropy_number());
    copy->path = print("%s/data.mdb", copy->folder);
    copy->parent = print("%.*s.", parent_size, copy->destination);
}

static void print_success(const copy_t *copy)
{
    const journal_check_t *check = &copy->check;
    printf("%s: journal of member %s, up to %" PRIu64 ", %" PRIu64 " clients, %" PRIu64
           " tombstones, %" PRIu64 " bytes\n",
           copy->destination, copy->member, check->recovery.tail, check->clients, check->tombstones,
           check->size);
}

herdctl_exit_t herdctl_journal_copy(const herdctl_t *self)
{
    const herdctl_command_line_t line = {
        .operands_min = 1,
        .operands_max = 2,
        .operands = "journal copy takes a folder and, at most, one member"};
    options_operands_t operands;
    herdctl_exit_t result;
    if (!herdctl_command_read(self, &line, &operands, &result)) {
        return result;
    }
    config_t *config;
    copy_t copy = {.destination = operands.items[0], .file = -1};
    bool made = false;
    config = herdctl_command_load(self);
    if (config != NULL &&
        journal_stream_find(config, operands.items[1], &copy.member, &copy.source)) {
        int ends[SIGNALS_ENDING + 1];
        copy.signals = signals_open_ending(ends);
        set_paths(&copy);
        made = run(&copy);
        if (made) {
            print_success(&copy);
        }
        /* A signal that came is still pending, and now ends us as it ends others. */
        signals_close(copy.signals, ends);
    }
    config_destroy(&config);
    journal_state_done(&copy.check.state);
    free(copy.source);
    free(copy.folder);
    free(copy.path);
    free(copy.parent);
    return made ? HERDCTL_OK : HERDCTL_FAILED;
}
