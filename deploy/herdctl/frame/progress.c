#include "deploy/herdctl/frame/progress.h"

#include "common/base/timestamp.h"
#include "common/clock/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    BAR_WIDTH = 30,       /* characters */
    BAR_PAUSE_MS = 100,   /* between two drawings */
    LINE_PAUSE_MS = 5000, /* between two lines */
    ROWS_PER_LOOK = 4096, /* from one look at the clock to the next */
    MEGABYTE = 1000000,
};

void herdctl_progress_init(herdctl_progress_t *self, const char *unit, uint64_t size, bool asked)
{
    bool bar = isatty(STDERR_FILENO) == 1;
    *self = (herdctl_progress_t){.unit = unit,
                                 .shown = bar || asked,
                                 .bar = bar,
                                 .begin_ns = clock_steady_ns(),
                                 .size = size};
    self->next_ns = self->begin_ns + (bar ? BAR_PAUSE_MS : LINE_PAUSE_MS) * TIMESTAMP_NS_PER_MS;
}

void herdctl_progress_clear(herdctl_progress_t *self)
{
    if (self->drawn) {
        fputs("\r\x1b[K", stderr); /* to the start of the line; erase it (ECMA-48, CR and EL) */
        self->drawn = false;
    }
}

static void begin_line(herdctl_progress_t *self)
{
    if (self->bar) {
        herdctl_progress_clear(self);
        self->drawn = true;
    } else {
        fputs("herdctl: ", stderr);
    }
}

static void end_line(const herdctl_progress_t *self)
{
    if (!self->bar) {
        fputc('\n', stderr);
    }
}

/* 0 .. 1; the source may have grown meanwhile. */
static double share_of(const herdctl_progress_t *self)
{
    return self->read_size < self->size ? (double)self->read_size / (double)self->size : 1;
}

static void print_bar(const herdctl_progress_t *self)
{
    char bar[BAR_WIDTH + 1];
    size_t full = (size_t)(share_of(self) * BAR_WIDTH);
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', full);
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "[%s] ", bar);
}

static void print_figures(const herdctl_progress_t *self, int64_t now_ns)
{
    double seconds = (double)(now_ns - self->begin_ns) / (double)TIMESTAMP_NS_PER_S;
    fprintf(stderr, "%" PRIu64 " %s, %" PRIu64 " MB", self->row_count, self->unit,
            self->read_size / MEGABYTE);
    if (self->size > 0) {
        double share = share_of(self);
        fprintf(stderr, ", %.0f %%", share * 100);
        if (share > 0) {
            fprintf(stderr, ", %.0f s left", seconds / share - seconds);
        }
    }
}

static void show(herdctl_progress_t *self, int64_t now_ns)
{
    begin_line(self);
    if (self->bar && self->size > 0) {
        print_bar(self);
    }
    print_figures(self, now_ns);
    end_line(self);
    self->next_ns = now_ns + (self->bar ? BAR_PAUSE_MS : LINE_PAUSE_MS) * TIMESTAMP_NS_PER_MS;
}

void herdctl_progress_row(herdctl_progress_t *self, uint64_t read_size)
{
    self->row_count++;
    self->read_size = read_size;
    if (!self->shown || self->row_count % ROWS_PER_LOOK != 0) {
        return;
    }
    int64_t now_ns = clock_steady_ns();
    if (now_ns >= self->next_ns) {
        show(self, now_ns);
    }
}

void herdctl_progress_stage(herdctl_progress_t *self, const char *stage)
{
    if (self->shown) {
        begin_line(self);
        fprintf(stderr, "%" PRIu64 " %s read, %s", self->row_count, self->unit, stage);
        end_line(self);
    }
}
