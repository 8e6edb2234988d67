#include "frontend/web/mirror.h"

#include "common/base/entropy.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/protocol/iso6709.h"

#include <stdlib.h>

/* Of the index: 20 bytes a client, for as many as a copy can have. */
#define NEAR_MEMORY ((size_t)1 << 36)

struct mirror {
    mirror_settings_t settings;
    copy_t *copy;
    near_t *near;
    follower_t *follower;
    bool ready; /* the copy was current once */
};

static area_position_t place_of(const record_t *record)
{
    iso6709_position_t degrees = {0};
    (void)iso6709_parse(record->position, &degrees); /* a record's position is valid */
    return area_position_at(degrees.latitude_deg, degrees.longitude_deg);
}

static mirror_place_t find_place(const mirror_t *self, uint32_t number)
{
    mirror_place_t place = {0};
    place.is_there = near_find(self->near, number, &place.position);
    return place;
}

static void on_changed(void *argument, uint32_t number, const record_t *record, bool known)
{
    mirror_t *self = argument;
    (void)known;
    mirror_place_t was = find_place(self, number);
    mirror_place_t is = {.is_there = true, .position = place_of(record)};
    /* Without room it is not found by its place, but by its ID; who watches hears of it. */
    if (near_put(self->near, (near_point_t){.handle = number, .position = is.position}) !=
        STATUS_OK) {
        (void)near_remove(self->near, number);
    }
    self->settings.changed(self->settings.argument, number, &was, &is);
}

static void on_coming(void *argument, const uint32_t *numbers, size_t count)
{
    const mirror_t *self = argument;
    near_fetch(self->near, numbers, count);
}

static void on_removed(void *argument, uint32_t number, text_t client)
{
    mirror_t *self = argument;
    self->settings.departed(self->settings.argument, number, client);
    mirror_place_t was = find_place(self, number);
    mirror_place_t is = {0};
    (void)near_remove(self->near, number);
    self->settings.changed(self->settings.argument, number, &was, &is);
}

static void on_turned(void *argument)
{
    mirror_t *self = argument;
    self->ready = self->ready || mirror_is_level(self);
    self->settings.turned(self->settings.argument);
}

static status_t follow(mirror_t *self)
{
    const mirror_settings_t *of = &self->settings;
    const follower_settings_t settings = {.loop = of->loop,
                                          .log = of->log,
                                          .copy = self->copy,
                                          .endpoint = of->member->requests,
                                          .herd = of->config->herd_name,
                                          .member = of->member->name,
                                          .name = of->member->name,
                                          .bus = of->member->bus,
                                          .file = of->config->path,
                                          .security = of->security,
                                          .turned = on_turned,
                                          .argument = self};
    return follower_open(&settings, &self->follower);
}

status_t mirror_open(const mirror_settings_t *settings, mirror_t **ret_self)
{
    mirror_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    const copy_settings_t copy = {.herd = text_of(settings->config->herd_name),
                                  .follower = text_of(settings->member->name),
                                  .max_clients = settings->config->max_clients,
                                  .max_memory = settings->records_max,
                                  .rest = LIMIT_PAST_CLIENTS,
                                  .seed = entropy_number(),
                                  .life = generation_new(),
                                  .changed = on_changed,
                                  .removed = on_removed,
                                  .coming = on_coming,
                                  .argument = self};
    self->copy = copy_new(&copy);
    self->near = near_new(NEAR_MEMORY);
    status_t status = follow(self);
    if (status != STATUS_OK) {
        mirror_close(&self);
        return status;
    }
    *ret_self = self;
    return STATUS_OK;
}

void mirror_stop(mirror_t *self)
{
    follower_close(&self->follower);
}

void mirror_close(mirror_t **self_p)
{
    mirror_t *self = *self_p;
    if (self != NULL) {
        follower_close(&self->follower);
        copy_destroy(&self->copy);
        near_destroy(&self->near);
        free(self);
        *self_p = NULL;
    }
}

void mirror_use_keys(mirror_t *self, const security_t *security)
{
    if (self->follower != NULL) {
        follower_use_keys(self->follower, security);
    }
}

copy_t *mirror_copy(mirror_t *self)
{
    return self->copy;
}

const near_t *mirror_near(const mirror_t *self)
{
    return self->near;
}

size_t mirror_records_max(const mirror_t *self)
{
    return self->settings.records_max;
}

bool mirror_is_ready(const mirror_t *self)
{
    return self->ready;
}

bool mirror_is_level(const mirror_t *self)
{
    return copy_state(self->copy).current;
}

uint64_t mirror_age_s(const mirror_t *self)
{
    copy_state_t state = copy_state(self->copy);
    int64_t age_ns = clock_steady_ns() - state.heard_ns;
    bool away = !state.open && state.heard_ns > 0 && age_ns > 0;
    return away ? (uint64_t)(age_ns / TIMESTAMP_NS_PER_S) + 1 : 0;
}

void mirror_fields(const mirror_t *self, bool node_serves, char out[MIRROR_FIELDS_SIZE])
{
    uint64_t age_s = mirror_age_s(self);
    char *end = text_copy(TEXT("Cache-Control: no-store\r\n"), out);
    *end = '\0';
    if (age_s > 0 || !node_serves) {
        end = text_copy(TEXT("Age: "), end);
        end += text_write_u64(age_s, end);
        *text_copy(TEXT("\r\n"), end) = '\0';
    }
}
