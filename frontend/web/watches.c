/* A change of a client marks it in the sets of those whose view it was in or is in (mark), and puts
 * these on the list of who is due. When their session can take more (pump), each marked client is
 * looked up where it is now, and told_settle says what the reader has to hear.
 *
 * Indices count the changes that this process saw, so they mean something in this life alone; an ID
 * names life, watch and index. Who comes with another one is told `reset`, and then the state. */
#include "frontend/web/watches.h"

#include "common/base/entropy.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/json/quote.h"
#include "common/watch/told.h"
#include "common/watch/views.h"
#include "frontend/web/geo/feature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECOND_MS = 1000,
    COMMENT_MS = 15000,
    KEPT_MS = 300000,    /* how long a watch whose reader is gone is kept */
    KEPT_MAX = 1024,     /* so many of these, at most */
    WATCHES_MAX = 16384, /* all */
    EVENTS_SIZE = 4096,  /* bytes that are made at once */
    SCAN_SIZE = 1024,    /* clients of a page, when a view begins */
    ID_DIGITS = 32,      /* of an ID, before its index */
};

#define VIEWS_MEMORY ((size_t)1 << 30)

typedef struct {
    bool used;
    uint32_t serial;        /* differs between two uses of a number */
    uint64_t session;       /* 0: its reader is gone */
    uint64_t cut_ms;        /* steady: since when */
    uint64_t said_ms;       /* steady: the last word to the reader */
    watches_view_t view;    /* its client is ours */
    uint32_t number;        /* its own */
    uint32_t client_number; /* of its client in the copy; UINT32_MAX: it is none, or not known */
    told_t *told;
    bool begun;      /* who is in view was looked for */
    bool reset;      /* the reader is to forget what it knows */
    bool news;       /* `up-to-date` is to be said once all is told */
    bool stale;      /* it was said that the node is away */
    list_link_t due; /* in watches_t.due */
    list_link_t cut; /* in watches_t.cut, while its reader is gone */
} watch_t;

struct watches {
    const session_shared_t *shared;
    mirror_t *mirror;
    views_t *views;
    watch_t **watches;    /* WATCHES_MAX; NULL: never used */
    uint32_t end;         /* numbers that were used */
    size_t open;          /* with a reader */
    size_t kept;          /* without */
    uint32_t *of_clients; /* watches of single clients */
    size_t of_client_count;
    list_link_t due;
    list_link_t cut;       /* watches without a reader, the one cut first is the first */
    char **departed;       /* by number: the ID of who is gone, for those who have to hear it */
    uint32_t departed_end; /* of these */
    uint64_t life;         /* of the indices */
    uint64_t index;        /* of the newest change */
    uint64_t events;       /* told */
    buffer_t out;
    near_point_t *page;
    uv_timer_t timer;
};

static uint64_t now_ms(const watches_t *self)
{
    return uv_now(self->shared->loop);
}

static watch_t *watch_at(const watches_t *self, uint32_t number)
{
    return number < self->end && self->watches[number]->used ? self->watches[number] : NULL;
}

static void forget_departed(watches_t *self, uint32_t number)
{
    if (number < self->departed_end) {
        free(self->departed[number]);
        self->departed[number] = NULL;
    }
}

static void keep_departed(watches_t *self, uint32_t number, text_t client)
{
    if (number >= self->departed_end) {
        uint32_t end = number + number / 2 + SCAN_SIZE;
        self->departed = memory_resize(self->departed, end * sizeof *self->departed);
        memset(self->departed + self->departed_end, 0,
               (end - self->departed_end) * sizeof *self->departed);
        self->departed_end = end;
    }
    forget_departed(self, number);
    self->departed[number] = memory_copy_text(client.data, client.size);
}

static void leave_clients(watches_t *self, uint32_t number)
{
    for (size_t i = 0; i < self->of_client_count; i++) {
        if (self->of_clients[i] == number) {
            self->of_clients[i] = self->of_clients[--self->of_client_count];
            return;
        }
    }
}

static void free_watch(watches_t *self, uint32_t number)
{
    watch_t *watch = self->watches[number];
    (void)views_remove(self->views, number);
    leave_clients(self, number);
    list_remove(&watch->due);
    list_remove(&watch->cut);
    told_destroy(&watch->told);
    free((char *)(uintptr_t)watch->view.client.data);
    self->kept -= watch->session == 0;
    self->open -= watch->session != 0;
    *watch = (watch_t){.serial = watch->serial};
}

static bool is_of_client(const watch_t *watch)
{
    return watch->view.client.size > 0;
}

/* Where a client is now: whether that is in view. */
static bool is_in_view(watches_t *self, const watch_t *watch, told_client_t client)
{
    area_position_t position;
    record_t record;
    copy_t *copy = mirror_copy(self->mirror);
    if (copy_serial(copy, client.handle) != client.serial ||
        !copy_read(copy, client.handle, &record)) {
        return false;
    }
    if (is_of_client(watch)) {
        return text_equal(record.client, watch->view.client);
    }
    return near_find(mirror_near(self->mirror), client.handle, &position) &&
           area_contains(&watch->view.area, position);
}

/* The watch has to begin anew: what it was told cannot be followed any more. */
static void restart(watches_t *self, watch_t *watch)
{
    told_destroy(&watch->told);
    watch->told = told_new(watch->view.limit);
    watch->begun = false;
    watch->reset = true;
    watch->news = true;
    list_append(&self->due, &watch->due);
}

static void mark(watches_t *self, watch_t *watch, uint32_t number, bool is_in)
{
    const told_client_t client = {.handle = number,
                                  .serial = copy_serial(mirror_copy(self->mirror), number)};
    if (!watch->begun) {
        return;
    }
    if (told_mark(watch->told, client, is_in, self->index) == STATUS_DAMAGED) {
        restart(self, watch);
    }
    list_append(&self->due, &watch->due);
}

/* What marks need, for views_match. */
typedef struct {
    watches_t *self;
    uint32_t number;
    const mirror_place_t *is;
    bool found;
} change_t;

static void on_view(void *argument, uint32_t view)
{
    change_t *change = argument;
    watch_t *watch = change->self->watches[view];
    bool is_in = change->is->is_there && area_contains(&watch->view.area, change->is->position);
    change->found = true;
    mark(change->self, watch, change->number, is_in);
}

/* Marks it for those who watch this client alone. */
static void mark_clients(change_t *change, bool came)
{
    watches_t *self = change->self;
    record_t record = {0};
    bool is_there = copy_read(mirror_copy(self->mirror), change->number, &record);
    for (size_t i = 0; i < self->of_client_count; i++) {
        watch_t *watch = self->watches[self->of_clients[i]];
        if (came && is_there && text_equal(record.client, watch->view.client)) {
            watch->client_number = change->number;
        }
        if (watch->client_number == change->number) {
            change->found = true;
            mark(self, watch, change->number, change->is->is_there);
        }
    }
}

void watches_changed(watches_t *self, uint32_t number, const mirror_place_t *was,
                     const mirror_place_t *is)
{
    change_t change = {.self = self, .number = number, .is = is};
    self->index++;
    if (self->open + self->kept == 0) {
        return;
    }
    if (was->is_there) {
        views_match(self->views, was->position, on_view, &change);
    }
    if (is->is_there) {
        views_match(self->views, is->position, on_view, &change);
        forget_departed(self, number);
    }
    mark_clients(&change, !was->is_there);
}

void watches_departed(watches_t *self, uint32_t number, text_t client)
{
    if (self->open + self->kept > 0) {
        keep_departed(self, number, client);
    }
}

/* Tells the set of a client that is in view. Beyond the limit it is left out (told_is_cut). */
static void scan_one(watches_t *self, watch_t *watch, uint32_t number)
{
    const told_client_t client = {.handle = number,
                                  .serial = copy_serial(mirror_copy(self->mirror), number)};
    if (told_scan(watch->told, client, self->index) == STATUS_DAMAGED) {
        watch->reset = true;
    }
}

/* Looks who is in a box of its area. */
static void scan_box(watches_t *self, watch_t *watch, const area_box_t *box)
{
    near_cursor_t cursor = {0};
    near_page_t page = {.more = true};
    while (page.more && !told_is_cut(watch->told)) {
        const near_box_query_t ask = {.box = *box, .maximum = SCAN_SIZE, .budget = NEAR_BUDGET};
        page = near_box(mirror_near(self->mirror), &ask, &cursor, self->page);
        for (size_t i = 0; i < page.count; i++) {
            if (area_contains(&watch->view.area, self->page[i].position)) {
                scan_one(self, watch, self->page[i].handle);
            }
        }
    }
}

/* Looks who is in view. */
static void scan(watches_t *self, watch_t *watch)
{
    record_t record;
    area_box_t boxes[AREA_BOXES_MAX];
    if (is_of_client(watch)) {
        if (copy_find(mirror_copy(self->mirror), watch->view.client, &watch->client_number,
                      &record)) {
            scan_one(self, watch, watch->client_number);
        }
        return;
    }
    size_t count = area_boxes(&watch->view.area, boxes);
    for (size_t i = 0; i < count; i++) {
        scan_box(self, watch, &boxes[i]);
    }
}

static void put_id(const watches_t *self, uint32_t number, const watch_t *watch, sheet_t *sheet)
{
    uint64_t index = told_index(watch->told, self->index);
    if (index > 0) {
        sheet_format(sheet, "id: %016llx%08x%08x-%llu\n", (unsigned long long)self->life, number,
                     watch->serial, (unsigned long long)index);
    }
}

static void put_leave(watches_t *self, told_client_t client, sheet_t *sheet)
{
    record_t record;
    copy_t *copy = mirror_copy(self->mirror);
    text_t name = {0};
    if (copy_serial(copy, client.handle) == client.serial &&
        copy_read(copy, client.handle, &record)) {
        name = record.client;
    } else if (client.handle < self->departed_end && self->departed[client.handle] != NULL) {
        name = text_of(self->departed[client.handle]);
    }
    sheet_put_string(sheet, "event: leave\ndata: {\"client\":\"");
    char *out = sheet_reserve(sheet, QUOTE_SIZE * name.size + 1);
    if (out != NULL) {
        buffer_commit(&self->out, (size_t)(quote_json(name, out) - out));
    }
    sheet_put_string(sheet, "\"}\n");
}

static void put_event(watches_t *self, told_client_t client, told_event_t event, sheet_t *sheet)
{
    record_t record;
    if (event == TOLD_LEAVE) {
        put_leave(self, client, sheet);
        return;
    }
    if (copy_read(mirror_copy(self->mirror), client.handle, &record)) {
        feature_t feature = feature_from_record(&record);
        sheet_put_string(sheet, "event: position\ndata: ");
        feature_put(&feature, sheet);
        sheet_put_byte(sheet, '\n');
    }
}

/* The next event of those that wait; false if none does. */
static bool put_next(watches_t *self, uint32_t number, sheet_t *sheet)
{
    watch_t *watch = self->watches[number];
    told_client_t client;
    if (!told_next(watch->told, &client)) {
        return false;
    }
    told_event_t event = told_settle(watch->told, is_in_view(self, watch, client));
    if (event != TOLD_NOTHING) {
        put_event(self, client, event, sheet);
        put_id(self, number, watch, sheet);
        sheet_put_byte(sheet, '\n');
        self->events++;
    }
    return true;
}

static void begin(watches_t *self, watch_t *watch)
{
    told_begin(watch->told, 0, self->index);
    scan(self, watch);
    told_end(watch->told);
    watch->begun = true;
    watch->news = true;
}

/* What is to be said beside clients. */
static void put_state(watches_t *self, uint32_t number, sheet_t *sheet)
{
    watch_t *watch = self->watches[number];
    uint64_t age_s = mirror_age_s(self->mirror);
    if (age_s > 0 && !watch->stale) {
        sheet_format(sheet, "event: stale\ndata: {\"age\":%llu}\n\n", (unsigned long long)age_s);
        watch->stale = watch->news = true;
    }
    if (watch->news && age_s == 0 && told_waiting(watch->told) == 0) {
        sheet_format(sheet, "event: up-to-date\ndata: {\"clients\":%zu,\"truncated\":%s}\n",
                     told_count(watch->told), told_is_cut(watch->told) ? "true" : "false");
        put_id(self, number, watch, sheet);
        sheet_put_byte(sheet, '\n');
        watch->news = watch->stale = false;
    }
}

/* Tells the reader of a watch what it can take. */
static void pump(watches_t *self, uint32_t number)
{
    watch_t *watch = watch_at(self, number);
    session_t *session = watch != NULL ? sessions_find(self->shared->table, watch->session) : NULL;
    if (session == NULL || !web_session_stream_takes(session)) {
        return;
    }
    buffer_clear(&self->out);
    sheet_t sheet = sheet_begin(&self->out);
    if (watch->reset) {
        sheet_put_string(&sheet, "event: reset\ndata: {}\n\n");
        watch->reset = false;
    }
    if (!watch->begun && mirror_is_ready(self->mirror)) {
        begin(self, watch);
    }
    if (watch->begun) {
        while (self->out.size < EVENTS_SIZE && put_next(self, number, &sheet)) {
        }
        put_state(self, number, &sheet);
    }
    if (self->out.size > 0 && sheet_end(&sheet) == STATUS_OK) {
        watch->said_ms = now_ms(self);
        web_session_stream_write(session, buffer_text(&self->out));
    }
}

void watches_turn(watches_t *self)
{
    list_link_t batch;
    list_init(&batch);
    list_take_all(&batch, &self->due);
    for (list_link_t *link = list_take_first(&batch); link != NULL;
         link = list_take_first(&batch)) {
        const watch_t *watch = LIST_OWNER(link, watch_t, due);
        pump(self, watch->number);
    }
}

void watches_drained(watches_t *self, uint32_t watch)
{
    pump(self, watch);
}

void watches_cut(watches_t *self, uint32_t number)
{
    watch_t *watch = watch_at(self, number);
    if (watch == NULL || watch->session == 0) {
        return;
    }
    watch->session = 0;
    watch->cut_ms = now_ms(self);
    self->open--;
    self->kept++;
    list_append(&self->cut, &watch->cut);
    if (self->kept > KEPT_MAX) {
        const watch_t *oldest = LIST_OWNER(self->cut.next, watch_t, cut);
        free_watch(self, oldest->number);
    }
}

static bool is_same_area(const area_t *one, const area_t *other)
{
    if (one->kind != other->kind) {
        return false;
    }
    if (one->kind == AREA_BOX) {
        return one->box.west_e7 == other->box.west_e7 && one->box.south_e7 == other->box.south_e7 &&
               one->box.east_e7 == other->box.east_e7 && one->box.north_e7 == other->box.north_e7;
    }
    return one->circle.from.latitude_deg == other->circle.from.latitude_deg &&
           one->circle.from.longitude_deg == other->circle.from.longitude_deg &&
           one->circle.radius_m == other->circle.radius_m;
}

/* Whether the ID is of a watch that is kept, with that view; `ret_index`: how far it was told. */
static watch_t *find_kept(watches_t *self, const watches_view_t *view, text_t id,
                          uint64_t *ret_index)
{
    uint64_t life;
    uint64_t number;
    uint64_t serial;
    if (id.size < ID_DIGITS + 2 || id.data[ID_DIGITS] != '-' ||
        !text_from_hex(text_first(id, 16), &life) ||
        !text_from_hex(text_first(text_after(id, 16), 8), &number) ||
        !text_from_hex(text_first(text_after(id, 24), 8), &serial) ||
        !text_to_u64(text_after(id, ID_DIGITS + 1), UINT64_MAX, ret_index) || life != self->life) {
        return NULL;
    }
    watch_t *watch = watch_at(self, (uint32_t)number);
    bool same = watch != NULL && watch->serial == serial &&
                text_equal(watch->view.client, view->client) && watch->view.limit == view->limit &&
                is_same_area(&watch->view.area, &view->area);
    return same && *ret_index <= self->index ? watch : NULL;
}

/* The reader of a watch has come back. False: its events cannot go on. */
static bool resume(watches_t *self, watch_t *watch, uint64_t index, uint64_t session)
{
    if (!watch->begun || watch->reset || !told_resume(watch->told, index)) {
        return false;
    }
    if (watch->session == 0) {
        list_remove(&watch->cut);
        self->kept--;
        self->open++;
    } else {
        /* Its connection is dead, but nobody has said so yet. The watch is not the former session's
         * any more when that ends, so it is not cut. */
        session_t *former = sessions_find(self->shared->table, watch->session);
        watch->session = 0;
        if (former != NULL) {
            session_close(former);
        }
    }
    watch->session = session;
    watch->news = true;
    list_append(&self->due, &watch->due);
    return true;
}

static uint32_t find_free(watches_t *self)
{
    for (uint32_t i = 0; i < self->end; i++) {
        if (!self->watches[i]->used) {
            return i;
        }
    }
    if (self->end == WATCHES_MAX) {
        return UINT32_MAX;
    }
    self->watches[self->end] = memory_new(sizeof(watch_t));
    return self->end++;
}

/* Puts the view where changes find it. */
static bool place_view(watches_t *self, watch_t *watch)
{
    if (is_of_client(watch)) {
        self->of_clients[self->of_client_count++] = watch->number;
        return true;
    }
    return views_add(self->views, watch->number, &watch->view.area) == STATUS_OK;
}

uint32_t watches_open(watches_t *self, uint64_t session, const watches_view_t *view, text_t last_id)
{
    uint64_t index;
    watch_t *kept = find_kept(self, view, last_id, &index);
    if (kept != NULL && resume(self, kept, index, session)) {
        return kept->number;
    }
    uint32_t number = find_free(self);
    if (number == UINT32_MAX) {
        return number;
    }
    watch_t *watch = self->watches[number];
    *watch = (watch_t){.used = true,
                       .serial = watch->serial + 1,
                       .session = session,
                       .view = *view,
                       .number = number,
                       .client_number = UINT32_MAX,
                       .told = told_new(view->limit),
                       .reset = last_id.size > 0,
                       .news = true,
                       .said_ms = now_ms(self)};
    watch->view.client.data = memory_copy_text(view->client.data, view->client.size);
    self->open++;
    if (!place_view(self, watch)) {
        free_watch(self, number);
        return UINT32_MAX;
    }
    list_append(&self->due, &watch->due);
    return number;
}

/* A word now and then keeps the connection alive, and shows that it is. */
static void comment(watches_t *self, watch_t *watch)
{
    session_t *session = sessions_find(self->shared->table, watch->session);
    if (session != NULL && now_ms(self) - watch->said_ms >= COMMENT_MS &&
        web_session_stream_takes(session)) {
        watch->said_ms = now_ms(self);
        web_session_stream_write(session, TEXT(":\n\n"));
    }
}

static void on_second(uv_timer_t *timer)
{
    watches_t *self = timer->data;
    for (uint32_t i = 0; i < self->end; i++) {
        watch_t *watch = watch_at(self, i);
        if (watch == NULL) {
            continue;
        }
        if (watch->session == 0) {
            if (now_ms(self) - watch->cut_ms >= KEPT_MS) {
                free_watch(self, i);
            }
            continue;
        }
        if (!watch->begun || watch->news || mirror_age_s(self->mirror) > 0 ||
            told_waiting(watch->told) > 0) {
            pump(self, i);
        }
        comment(self, watch);
    }
}

watches_t *watches_new(uv_loop_t *loop, const session_shared_t *shared, mirror_t *mirror)
{
    watches_t *self = memory_new(sizeof *self);
    self->shared = shared;
    self->mirror = mirror;
    self->views = views_new(VIEWS_MEMORY, entropy_number());
    self->watches = memory_new_array(WATCHES_MAX, sizeof(watch_t *));
    self->of_clients = memory_new_array(WATCHES_MAX, sizeof *self->of_clients);
    self->page = memory_new_array(SCAN_SIZE, sizeof *self->page);
    self->life = entropy_number();
    self->index = 1;
    list_init(&self->due);
    list_init(&self->cut);
    buffer_init(&self->out, LIMIT_HTTP_CONTENT_SIZE);
    uv_timer_init(loop, &self->timer);
    self->timer.data = self;
    uv_timer_start(&self->timer, on_second, SECOND_MS, SECOND_MS);
    return self;
}

void watches_stop(watches_t *self)
{
    if (!uv_is_closing((uv_handle_t *)&self->timer)) {
        uv_close((uv_handle_t *)&self->timer, NULL);
    }
}

void watches_destroy(watches_t **self_p)
{
    watches_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (uint32_t i = 0; i < self->end; i++) {
        if (self->watches[i]->used) {
            free_watch(self, i);
        }
        free(self->watches[i]);
    }
    for (uint32_t i = 0; i < self->departed_end; i++) {
        free(self->departed[i]);
    }
    views_destroy(&self->views);
    buffer_done(&self->out);
    free(self->departed);
    free(self->watches);
    free(self->of_clients);
    free(self->page);
    free(self);
    *self_p = NULL;
}

void watches_write_metrics(const watches_t *self, sheet_t *sheet)
{
    sheet_format(sheet,
                 "# HELP herd_web_streams Watchers that are connected.\n"
                 "# TYPE herd_web_streams gauge\nherd_web_streams %zu\n"
                 "# HELP herd_web_streams_kept Watchers that may come back.\n"
                 "# TYPE herd_web_streams_kept gauge\nherd_web_streams_kept %zu\n"
                 "# HELP herd_web_events_total Events told to watchers.\n"
                 "# TYPE herd_web_events_total counter\nherd_web_events_total %llu\n",
                 self->open, self->kept, (unsigned long long)self->events);
}
