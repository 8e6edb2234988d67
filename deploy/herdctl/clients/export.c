/* herdctl export: the clients that a running member has, for other programs.
 *
 * The member sends its list of changes, each client at the place of its last change, and each
 * record is written as it comes; nothing of it is kept but a hash of its client (seen.h): a client
 * that moves meanwhile comes again, from further behind, and is left out then. It is over when the
 * member has sent all that it has. A connection that breaks, as it does where the reader of the
 * output pauses for long, is made anew, and goes on where it was. */
#include "common/base/entropy.h"
#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/program/signals.h"
#include "deploy/herdctl/clients/clients.h"
#include "deploy/herdctl/clients/outlet.h"
#include "deploy/herdctl/clients/seen.h"
#include "deploy/herdctl/clients/session.h"
#include "deploy/herdctl/clients/view.h"
#include "deploy/herdctl/frame/progress.h"
#include "deploy/herdctl/positions/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PIECE_SIZE = 262144 };

static const int64_t away_max_ns = 10 * TIMESTAMP_NS_PER_S; /* a member that took us */

static const char *const formats[] = {POSITIONS_FORMAT_NAMES, NULL};

/* The command line. */
typedef struct {
    herdctl_view_t view;
    const char *from;
    const char *file; /* NULL: stdout */
    positions_format_t format;
    bool progress;
} arguments_t;

/* One export under way. */
typedef struct {
    const arguments_t *arguments;
    char member[LIMIT_NAME_SIZE + 1]; /* that sent all; and a zero */
    herdctl_outlet_t *outlet;
    positions_writer_t writer;
    buffer_t out; /* written, but not to the outlet */
    herdctl_seen_t seen;
    herdctl_progress_t progress;
    uint64_t size;    /* bytes of output */
    uint64_t entries; /* of the member's list, when it began to send */
    bool written;     /* the outlet took all so far */
    bool away;        /* the member went away for too long */
    bool complete;
} export_t;

/* "map.geojson" is of that format; others are jsonl. */
static size_t format_of(const char *file)
{
    const char *dot = file != NULL ? strrchr(file, '.') : NULL;
    for (size_t i = 0; dot != NULL && formats[i] != NULL; i++) {
        if (strcmp(dot + 1, formats[i]) == 0) {
            return i;
        }
    }
    return POSITIONS_JSONL;
}

static bool read_arguments(const herdctl_t *self, arguments_t *arguments, herdctl_exit_t *ret_exit)
{
    size_t format = SIZE_MAX;
    *arguments = (arguments_t){0};
    const options_row_t rows[] = {
        HERDCTL_VIEW_OPTIONS(&arguments->view),
        {"format", "FORMAT", "jsonl, csv or geojson (default: as FILE ends, else jsonl)",
         .choice = &format, .choices = formats},
        {"from", "MEMBER", "the member that is asked (default: the first that answers)",
         .string = &arguments->from},
        {"progress", NULL, "print a line every five seconds if stderr is not a terminal",
         .flag = &arguments->progress},
        {0},
    };
    const herdctl_command_line_t line = {
        .rows = rows, .operands_max = 1, .operands = "export takes one file at most"};
    options_operands_t operands;
    if (!herdctl_command_read(self, &line, &operands, ret_exit)) {
        return false;
    }
    bool has_file = operands.count > 0 && strcmp(operands.items[0], "-") != 0;
    arguments->file = has_file ? operands.items[0] : NULL;
    arguments->format =
        (positions_format_t)(format != SIZE_MAX ? format : format_of(arguments->file));
    *ret_exit = HERDCTL_USAGE;
    return herdctl_view_is_one(&arguments->view);
}

static void flush(export_t *self)
{
    self->written = self->written && herdctl_outlet_write(self->outlet, buffer_text(&self->out));
    self->size += self->out.size;
    buffer_clear(&self->out);
}

/* Writes a record; the copy keeps none. */
static bool pass(void *argument, const record_t *record, bool served)
{
    export_t *self = argument;
    if (served && herdctl_view_contains(&self->arguments->view, record) &&
        herdctl_seen_add(&self->seen, record->client)) {
        positions_writer_add(&self->writer, record, &self->out);
    }
    if (self->out.size >= PIECE_SIZE) {
        flush(self);
    }
    herdctl_progress_row(&self->progress, self->size + self->out.size);
    return false;
}

/* How much there will be, by the part of the list that has come. */
static void estimate(export_t *self, uint64_t behind)
{
    self->entries = self->entries > 0 ? self->entries : behind;
    uint64_t passed = self->entries > behind ? self->entries - behind : 0;
    if (passed > 0) {
        self->progress.size =
            (uint64_t)((double)self->size / (double)passed * (double)self->entries);
    }
}

static bool turn(void *argument, const herdctl_session_state_t *state)
{
    export_t *self = argument;
    if (state->away_ns > away_max_ns) {
        herdctl_progress_clear(&self->progress);
        fprintf(stderr, "herdctl: %s has gone away%s%s\n", state->member,
                state->problem[0] != '\0' ? ": " : "", state->problem);
        self->away = true;
    }
    estimate(self, state->copy.behind);
    self->complete = state->copy.current;
    if (self->complete) {
        snprintf(self->member, sizeof self->member, "%s", state->member);
    }
    return self->written && !self->away && !self->complete;
}

static bool run(export_t *self, const herdctl_t *herdctl, int signals)
{
    const herdctl_session_settings_t session = {.herdctl = herdctl,
                                                .from = self->arguments->from,
                                                .signals = signals,
                                                .keeps = pass,
                                                .turned = turn,
                                                .argument = self};
    self->writer = positions_writer_begin(self->arguments->format, &self->out);
    bool begun = herdctl_session_run(&session);
    herdctl_progress_clear(&self->progress);
    if (!begun || self->away) {
        return false;
    }
    if (self->complete) {
        positions_writer_end(&self->writer, &self->out);
        flush(self);
    } else if (self->written) {
        fputs("herdctl: ended by a signal\n", stderr);
        return false;
    }
    return herdctl_outlet_finish(self->outlet);
}

static bool export(const arguments_t *arguments, const herdctl_t *herdctl, int signals)
{
    export_t self = {.arguments = arguments,
                     .written = true,
                     .outlet = herdctl_outlet_open(arguments->file, signals)};
    if (self.outlet == NULL) {
        return false;
    }
    buffer_init(&self.out, PIECE_SIZE + POSITIONS_WRITER_SIZE);
    herdctl_seen_init(&self.seen, entropy_number());
    herdctl_progress_init(&self.progress, "positions", 0, arguments->progress);
    bool good = run(&self, herdctl, signals);
    if (good && arguments->file != NULL) {
        printf("%s: %" PRIu64 " clients of %s\n", arguments->file, self.writer.count, self.member);
    }
    herdctl_outlet_destroy(&self.outlet);
    herdctl_seen_done(&self.seen);
    buffer_done(&self.out);
    return good;
}

herdctl_exit_t herdctl_clients_export(const herdctl_t *self)
{
    arguments_t arguments;
    herdctl_exit_t result;
    if (!read_arguments(self, &arguments, &result)) {
        return result;
    }
    int ends[SIGNALS_ENDING + 1];
    int signals = signals_open_ending(ends);
    result = export(&arguments, self, signals) ? HERDCTL_OK : HERDCTL_FAILED;
    /* A signal that came is still pending, and now ends us as it ends others. */
    signals_close(signals, ends);
    return result;
}
