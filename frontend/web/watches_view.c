/* Who is in a view: where changes find it, and looking who is there when it begins. */
#include "common/base/memory.h"
#include "frontend/web/resume.h"
#include "frontend/web/watch_id.h"
#include "frontend/web/watches_parts.h"

#include <stdlib.h>

bool watches_place_view(watches_t *self, watch_t *watch)
{
    if (watches_is_of_client(watch)) {
        watches_clients_put(self->clients, watch, UINT32_MAX);
        return true;
    }
    return views_add(self->views, watch->number, &watch->view.area) == STATUS_OK;
}

void watches_remove_view(watches_t *self, watch_t *watch)
{
    (void)views_remove(self->views, watch->number);
    watches_clients_remove(watch);
}

bool watches_has_in_view(watches_t *self, const watch_t *watch, told_client_t client,
                         record_t *ret_record)
{
    area_position_t position;
    copy_t *copy = mirror_copy(self->mirror);
    if (copy_serial(copy, client.handle) != client.serial ||
        !copy_read(copy, client.handle, ret_record)) {
        return false;
    }
    if (watches_is_of_client(watch)) {
        return text_equal(ret_record->client, watch->view.client);
    }
    return near_find(mirror_near(self->mirror), client.handle, &position) &&
           area_contains(&watch->view.area, position);
}

/* Tells the set of a client that is in view. Beyond the limit it is left out (told_is_cut). */
static void scan_one(watches_t *self, watch_t *watch, const resume_t *since, uint32_t number)
{
    const told_client_t client = {.handle = number, .serial = copy_serial(since->copy, number)};
    uint64_t index = resume_is_known(since, number) ? watch->base : self->index;
    if (told_scan(watch->told, client, index) == STATUS_DAMAGED) {
        watch->reset = true;
    }
}

/* Looks who is in a box of its area. */
static void scan_box(watches_t *self, watch_t *watch, const resume_t *since, const area_box_t *box)
{
    near_cursor_t cursor = {0};
    near_page_t page = {.more = true};
    while (page.more && !told_is_cut(watch->told)) {
        const near_box_query_t ask = {
            .box = *box, .maximum = WATCHES_SCAN_SIZE, .budget = NEAR_BUDGET};
        page = near_box(mirror_near(self->mirror), &ask, &cursor, self->page);
        for (size_t i = 0; i < page.count; i++) {
            if (area_contains(&watch->view.area, self->page[i].position)) {
                scan_one(self, watch, since, self->page[i].handle);
            }
        }
    }
}

/* Looks who is in view. `since`: what its reader knows, by the base. */
static void scan(watches_t *self, watch_t *watch, const resume_t *since)
{
    uint32_t number;
    record_t record;
    area_box_t boxes[AREA_BOXES_MAX];
    if (watches_is_of_client(watch)) {
        if (copy_find(since->copy, watch->view.client, &number, &record)) {
            watches_clients_put(self->clients, watch, number);
            scan_one(self, watch, since, number);
        }
        return;
    }
    size_t count = area_boxes(&watch->view.area, boxes);
    for (size_t i = 0; i < count; i++) {
        scan_box(self, watch, since, &boxes[i]);
    }
}

bool watches_begin_view(watches_t *self, watch_t *watch)
{
    const resume_t since = resume_from(mirror_copy(self->mirror), self->past, watch->base);
    told_begin(watch->told, watch->base, self->index);
    scan(self, watch, &since);
    if (watch->base > 0 &&
        (told_is_cut(watch->told) || !resume_doubts(&since, watch->view.client, watch->told))) {
        return false;
    }
    told_end(watch->told);
    watch->base = 0;
    watch->begun = true;
    watch->news = true;
    return true;
}

void watches_look_anew(watches_t *self, watch_t *watch)
{
    const resume_t since = resume_from(mirror_copy(self->mirror), self->past, watch->base);
    told_recheck(watch->told, self->index);
    scan(self, watch, &since);
    told_end(watch->told);
}

void watches_init_view(watches_view_t *self, const watches_view_t *view)
{
    *self = *view;
    self->client.data =
        view->client.size > 0 ? memory_copy_text(view->client.data, view->client.size) : NULL;
}

void watches_done_view(watches_view_t *self)
{
    free((char *)(uintptr_t)self->client.data);
    self->client = (text_t){0};
}

watches_view_t *watches_copy_view(const watches_view_t *view)
{
    watches_view_t *copy = memory_new(sizeof *copy);
    watches_init_view(copy, view);
    return copy;
}

void watches_free_view(watches_view_t **view_p)
{
    if (*view_p != NULL) {
        watches_done_view(*view_p);
        free(*view_p);
        *view_p = NULL;
    }
}

bool watches_replace_view(watches_t *self, watch_t *watch)
{
    watches_view_t former = watch->view;
    watches_remove_view(self, watch);
    watch->view = *watch->next;
    *watch->next = former;
    watches_free_view(&watch->next);
    watch->view_id = watch_id_view(&watch->view.area, watch->view.client, watch->view.limit);
    return watches_place_view(self, watch);
}
