/* herdctl watch: who comes, moves and leaves, as it happens.
 *
 * The copy (session.h) has the clients in view and no others, and tells of their changes. While the
 * member is away the copy stays; when it is back it sends what was missed, or in another life the
 * copy is compared with it, so each change is told once. A reader that pauses hears of the newest
 * of each client when it goes on. */
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/json/quote.h"
#include "common/program/signals.h"
#include "deploy/herdctl/clients/clients.h"
#include "deploy/herdctl/clients/outlet.h"
#include "deploy/herdctl/clients/session.h"
#include "deploy/herdctl/clients/view.h"
#include "deploy/herdctl/frame/table.h"
#include "deploy/herdctl/positions/writer.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PIECE_SIZE = 65536,
    OUT_SIZE = PIECE_SIZE + 2 * POSITIONS_WRITER_SIZE,
    WORD_WIDTH = 5,
};

typedef enum { FORMAT_TEXT, FORMAT_JSONL } format_t;

/* The command line. */
typedef struct {
    herdctl_view_t view;
    char *client; /* what the view's client borrows; NULL: none */
    const char *from;
    format_t format;
} arguments_t;

typedef struct {
    const arguments_t *arguments;
    herdctl_outlet_t *outlet;
    buffer_t out;    /* written, but not to the outlet */
    buffer_t record; /* one, as JSON */
    bool current;    /* all that were in view at the beginning were told */
    bool away;       /* it was said that the member is away */
    bool failed;     /* the outlet did not take something */
    bool closed;     /* the reader of the output has gone */
    bool lacks;      /* it was said that there is no memory for all clients */
} watch_t;

static bool read_arguments(const herdctl_t *self, arguments_t *arguments, herdctl_exit_t *ret_exit)
{
    static const char *const formats[] = {"text", "jsonl", NULL};
    size_t format = FORMAT_TEXT;
    bool json;
    *arguments = (arguments_t){0};
    const options_row_t rows[] = {
        HERDCTL_VIEW_OPTIONS(&arguments->view),
        {"format", "FORMAT", "text, or jsonl for programs, as --json (default: text)",
         .choice = &format, .choices = formats},
        {"from", "MEMBER", "the member that is asked (default: the first that answers)",
         .string = &arguments->from},
        {0},
    };
    const herdctl_command_line_t line = {.rows = rows,
                                         .json = &json,
                                         .operands_max = 1,
                                         .operands = "watch takes one client at most"};
    options_operands_t operands;
    if (!herdctl_command_read(self, &line, &operands, ret_exit)) {
        return false;
    }
    arguments->format = json ? FORMAT_JSONL : (format_t)format;
    *ret_exit = HERDCTL_USAGE;
    return (operands.count == 0 ||
            herdctl_command_take_client(operands.items[0], &arguments->client,
                                        &arguments->view.client)) &&
           herdctl_view_is_one(&arguments->view);
}

static void put(watch_t *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(watch_t *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    status_t status = buffer_format_list(&self->out, format, arguments);
    va_end(arguments);
    assert(status == STATUS_OK); /* OUT_SIZE */
}

static void flush(watch_t *self)
{
    if (!herdctl_outlet_write(self->outlet, buffer_text(&self->out))) {
        self->failed = true;
        self->closed = herdctl_outlet_is_closed(self->outlet);
    }
    buffer_clear(&self->out);
}

static void flush_much(watch_t *self)
{
    if (self->out.size >= PIECE_SIZE) {
        flush(self);
    }
}

/* 2026-03-01T12:00:00.250Z came  */
static void put_word(watch_t *self, const char *word, herdctl_colour_t colour)
{
    char time[TIMESTAMP_ISO8601_SIZE];
    timestamp_write_iso8601(clock_now_ns(), time);
    put(self, "%.*s %s%-*s%s ", TIMESTAMP_ISO8601_SIZE, time,
        herdctl_table_colour_start(stdout, colour), WORD_WIDTH, word,
        herdctl_table_colour_end(stdout, colour));
}

static void put_escaped(watch_t *self, text_t text)
{
    char shown[HERDCTL_CLIENT_SHOWN];
    text_escape(text, shown, sizeof shown);
    put(self, "%s", shown);
}

static void put_position(watch_t *self, const record_t *record, bool known)
{
    const char *word = known ? "moved" : self->current ? "came" : "there";
    put_word(self, word, known || !self->current ? HERDCTL_PLAIN : HERDCTL_GOOD);
    put_escaped(self, record->client);
    put(self, " ");
    put_escaped(self, record->position);
    put(self, " %.*s\n", (int)record->origin.size, record->origin.data);
}

/* The object that `export` writes, with two members in front. */
static void put_position_json(watch_t *self, const record_t *record, bool known)
{
    buffer_clear(&self->record);
    positions_writer_t writer = positions_writer_begin(POSITIONS_JSONL, &self->record);
    positions_writer_add(&writer, record, &self->record);
    text_t inside = text_after(buffer_text(&self->record), 1);
    put(self, "{\"event\":\"position\",\"new\":%s,", known ? "false" : "true");
    status_t status = buffer_append(&self->out, inside.data, inside.size);
    assert(status == STATUS_OK); /* OUT_SIZE */
}

static bool keep(void *argument, const record_t *record, bool served)
{
    const watch_t *self = argument;
    (void)served;
    return herdctl_view_contains(&self->arguments->view, record);
}

static void on_changed(void *argument, uint32_t number, const record_t *record, bool known)
{
    watch_t *self = argument;
    (void)number;
    if (self->arguments->format == FORMAT_JSONL) {
        put_position_json(self, record, known);
    } else {
        put_position(self, record, known);
    }
    flush_much(self);
}

static void on_removed(void *argument, uint32_t number, text_t client)
{
    watch_t *self = argument;
    (void)number;
    if (self->arguments->format == FORMAT_JSONL) {
        put(self, "{\"event\":\"leave\",\"client\":\"");
        status_t status = buffer_reserve(&self->out, QUOTE_SIZE * client.size);
        assert(status == STATUS_OK); /* OUT_SIZE */
        char *start = self->out.data + self->out.size;
        buffer_commit(&self->out, (size_t)(quote_json(client, start) - start));
        put(self, "\"}\n");
    } else {
        put_word(self, "left", HERDCTL_BAD);
        put_escaped(self, client);
        put(self, "\n");
    }
    flush_much(self);
}

static void tell_away(watch_t *self, const herdctl_session_state_t *state)
{
    const char *problem = state->problem[0] != '\0' ? state->problem : "connection lost";
    if (self->arguments->format == FORMAT_JSONL) {
        char quoted[QUOTE_SIZE * LIMIT_LOG_SAMPLE + 1];
        *quote_json(text_of(problem), quoted) = '\0';
        put(self, "{\"event\":\"stale\",\"member\":\"%s\",\"problem\":\"%s\"}\n", state->member,
            quoted);
    } else {
        put_word(self, "--", HERDCTL_DOUBTFUL);
        put(self, "%s is away: %s; trying again\n", state->member, problem);
    }
    self->away = true;
}

static void tell_current(watch_t *self, const herdctl_session_state_t *state)
{
    size_t clients = state->copy.served;
    if (self->arguments->format == FORMAT_JSONL) {
        put(self, "{\"event\":\"up-to-date\",\"member\":\"%s\",\"clients\":%zu}\n", state->member,
            clients);
    } else {
        put_word(self, "--", HERDCTL_DOUBTFUL);
        put(self, "%s %s, %zu client%s in view\n", state->member,
            self->away ? "is back" : "has told all", clients, clients == 1 ? "" : "s");
    }
    self->current = true;
    self->away = false;
}

static bool turn(void *argument, const herdctl_session_state_t *state)
{
    watch_t *self = argument;
    if (state->was_up && !state->up && !self->away) {
        tell_away(self, state);
    } else if (state->copy.current && (self->away || !self->current)) {
        tell_current(self, state);
    }
    if (state->copy.unstored > 0 && !self->lacks) {
        fputs("herdctl: there is no memory for all clients in view: some are not shown\n", stderr);
        self->lacks = true;
    }
    if (self->out.size > 0) {
        flush(self);
    }
    self->closed = self->closed || herdctl_outlet_is_closed(self->outlet);
    return !self->failed && !self->closed;
}

/* A reader that has gone has what it wanted; so has whoever sends a signal. */
static bool watch(const arguments_t *arguments, const herdctl_t *herdctl, int signals)
{
    watch_t self = {.arguments = arguments, .outlet = herdctl_outlet_open(NULL, signals)};
    const herdctl_session_settings_t session = {.herdctl = herdctl,
                                                .from = arguments->from,
                                                .signals = signals,
                                                .keeps = keep,
                                                .changed = on_changed,
                                                .removed = on_removed,
                                                .turned = turn,
                                                .argument = &self};
    buffer_init(&self.out, OUT_SIZE);
    buffer_init(&self.record, POSITIONS_WRITER_SIZE);
    bool good = herdctl_session_run(&session);
    bool signalled = signals_take(signals) != 0;
    if (good && self.failed && !self.closed && !signalled) {
        good = false;
        (void)herdctl_outlet_finish(self.outlet);
    }
    herdctl_outlet_destroy(&self.outlet);
    buffer_done(&self.out);
    buffer_done(&self.record);
    return good;
}

herdctl_exit_t herdctl_clients_watch(const herdctl_t *self)
{
    arguments_t arguments;
    herdctl_exit_t result;
    if (read_arguments(self, &arguments, &result)) {
        int ends[SIGNALS_ENDING + 1];
        int signals = signals_open_ending(ends);
        (void)signal(SIGPIPE, SIG_IGN);
        result = watch(&arguments, self, signals) ? HERDCTL_OK : HERDCTL_FAILED;
        signals_close(signals, ends);
    }
    free(arguments.client);
    return result;
}
