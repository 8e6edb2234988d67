/* How records are printed: as the log of lines has them. */
#include "common/program/terminal.h"
#include "deploy/herdctl/traffic/traffic.h"

#include <assert.h>
#include <stdio.h>

enum {
    OUT_SIZE = 4 * 1024 * 1024, /* a line as JSON takes five bytes for each escaped one */
};

void herdctl_traffic_show_init(herdctl_traffic_show_t *self, bool json)
{
    *self =
        (herdctl_traffic_show_t){.json = json, .coloured = !json && terminal_has_colours(stdout)};
    log_traffic_text_init(&self->text, TEXT("-"), TEXT("-"), 0);
    buffer_init(&self->out, OUT_SIZE);
}

void herdctl_traffic_show_done(herdctl_traffic_show_t *self)
{
    log_traffic_text_done(&self->text);
    buffer_done(&self->out);
}

static void take_source(herdctl_traffic_show_t *self, const herdctl_traffic_item_t *item)
{
    if (!text_equal(item->member, text_of(self->text.member)) ||
        !text_equal(item->program, text_of(self->text.program))) {
        log_traffic_text_done(&self->text);
        log_traffic_text_init(&self->text, item->member, item->program, 0);
    }
}

/* What is received, what is sent, who comes and leaves. */
static const char *colour_of(const log_record_t *record)
{
    switch (record->kind) {
    case LOG_RECEIVED: return "\033[36m";
    case LOG_ANSWERED: return "\033[32m";
    case LOG_CAME:
    case LOG_LEFT: return "\033[2m";
    case LOG_BEGINNING:
    case LOG_KINDS: break;
    }
    return "";
}

void herdctl_traffic_show_print(herdctl_traffic_show_t *self, const herdctl_traffic_item_t *item)
{
    take_source(self, item);
    buffer_clear(&self->out);
    status_t status = self->json
                          ? log_traffic_text_append_json(&self->text, &item->record, &self->out)
                          : log_traffic_text_append(&self->text, &item->record, &self->out);
    assert(status == STATUS_OK); /* OUT_SIZE */
    text_t line = buffer_text(&self->out);
    if (!self->coloured) {
        (void)fwrite(line.data, 1, line.size, stdout);
    } else {
        printf("%s%.*s\033[0m\n", colour_of(&item->record), (int)line.size - 1, line.data);
    }
    self->count++;
}
