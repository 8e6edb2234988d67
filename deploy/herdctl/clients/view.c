#include "deploy/herdctl/clients/view.h"

#include "common/near/area_text.h"
#include "common/protocol/iso6709.h"
#include "deploy/herdctl/frame/command.h"

/* An area of that kind is given: one of the other kind was not. */
static void note_area(herdctl_view_t *self, area_kind_t kind)
{
    self->is_twice = self->is_twice || (self->has_area && self->area.kind != kind);
    self->has_area = true;
    self->area.kind = kind;
}

bool herdctl_view_take_box(void *argument, const char *value)
{
    herdctl_view_t *self = argument;
    note_area(self, AREA_BOX);
    return area_text_box(text_of(value), &self->area.box);
}

bool herdctl_view_take_near(void *argument, const char *value)
{
    herdctl_view_t *self = argument;
    note_area(self, AREA_CIRCLE);
    return area_text_circle(text_of(value), &self->area.circle);
}

bool herdctl_view_is_one(const herdctl_view_t *self)
{
    if (self->is_twice || (self->has_area && self->client.size > 0)) {
        (void)herdctl_command_refuse("a client, --box and --near exclude each other");
        return false;
    }
    return true;
}

bool herdctl_view_contains(const herdctl_view_t *self, const record_t *record)
{
    if (self->client.size > 0) {
        return text_equal(record->client, self->client);
    }
    if (!self->has_area) {
        return true;
    }
    iso6709_position_t degrees = {0};
    (void)iso6709_parse(record->position, &degrees); /* a record's position is valid */
    return area_contains(&self->area,
                         area_position_at(degrees.latitude_deg, degrees.longitude_deg));
}
