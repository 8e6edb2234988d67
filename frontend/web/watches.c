/* A change of a client marks it in the sets of those whose view it was in or is in (mark), and puts
 * these on the list of who is due. When their session can take more (pump), each marked client is
 * looked up where it is now, and told_settle says what the reader has to hear.
 *
 * Indices count the changes that this process saw, so they mean something in this life alone; an ID
 * names life, watch, view and index. Who comes back to a watch that is still there goes on with its
 * set. If that is gone a new one begins, from that index on (resume.h). Who comes with an ID of
 * another life or view is told `reset`, and then the state. */
#include "frontend/web/watches.h"

#include "common/base/entropy.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "frontend/web/watch_id.h"
#include "frontend/web/watches_parts.h"

#include <stdlib.h>

enum {
    STEPS = 20, /* of a second */
    STEP_MS = 1000 / STEPS,
    TURN_S = 15,        /* between two comments, or looks for silent WebSockets */
    KEPT_MS = 300000,   /* how long a watch whose reader is gone is kept */
    KEPT_MAX = 1024,    /* so many of these, at most */
    EVENTS_SIZE = 4096, /* bytes that are made at once ... */
    BATCH_SIZE = 8192,  /* ... and of a batch */
    BATCH_EVENTS = 24,  /* which does not wait for more if so many are there, */
    BATCH_MS = 20,      /* or so long after the one before */
    HURRY_MS = 10,      /* between two looks at those that wait, */
    HURRY_MAX = 256,    /* of whom so many are looked at in one turn */
    LARGE_SIZE = 10000, /* a view of more clients is large: it may take 8 MB ... */
    LARGE_MAX = 32,     /* ... and there are so many of these, at most */
    CHANGE_SHARE = 20,  /* of the time that changes of one view take, what may be theirs */
    MS_NS = 1000000,
    FILL_MS = 5000, /* between two times that who was left out is looked for */
};

#define VIEWS_MEMORY ((size_t)1 << 30)

static uint64_t now_ms(const watches_t *self)
{
    return uv_now(self->shared->loop);
}

static watch_t *watch_at(const watches_t *self, uint32_t number)
{
    return number < self->end && self->watches[number]->used ? self->watches[number] : NULL;
}

static void free_watch(watches_t *self, uint32_t number)
{
    watch_t *watch = self->watches[number];
    watches_remove_view(self, watch);
    list_remove(&watch->row);
    list_remove(&watch->hurried);
    watches_free_view(&watch->next);
    told_destroy(&watch->told);
    watches_done_view(&watch->view);
    self->kept -= watch->session == 0;
    self->open -= watch->session != 0;
    self->large -= watch->room > LARGE_SIZE;
    self->free_from = number < self->free_from ? number : self->free_from;
    *watch = (watch_t){.serial = watch->serial};
}

/* There is something to be told, if there is a reader. */
static void note_due(watches_t *self, watch_t *watch)
{
    if (watch->session != 0) {
        list_append(&self->due, &watch->row);
    }
}

/* The watch has to begin anew, behind what was told: its set cannot say any more whom its reader
 * knows. */
static void restart(watches_t *self, watch_t *watch, uint64_t base)
{
    watch->base = watch->is_partial || told_is_cut(watch->told) ? 0 : base;
    told_destroy(&watch->told);
    watch->told = told_new(watch->room);
    watch->begun = false;
    watch->reset = watch->reset || watch->base == 0;
    watch->news = true;
    note_due(self, watch);
}

static void look_anew(watches_t *self, watch_t *watch)
{
    watch->is_partial = true;
    watches_look_anew(self, watch);
    if (watch->reset) {
        restart(self, watch, 0);
    }
}

static void mark(watches_t *self, watch_t *watch, uint32_t number, bool is_in)
{
    const told_client_t client = {.handle = number,
                                  .serial = copy_serial(mirror_copy(self->mirror), number)};
    if (!watch->begun) {
        return;
    }
    uint64_t base = told_index(watch->told, self->index - 1);
    if (told_mark(watch->told, client, is_in, self->index) == STATUS_DAMAGED) {
        restart(self, watch, base);
    }
    note_due(self, watch);
}

/* What marks need, for views_match. */
typedef struct {
    watches_t *self;
    uint32_t number;
    const mirror_place_t *is;
} change_t;

static void on_view(void *argument, uint32_t view)
{
    change_t *change = argument;
    watch_t *watch = change->self->watches[view];
    bool is_in = change->is->is_there && area_contains(&watch->view.area, change->is->position);
    mark(change->self, watch, change->number, is_in);
}

static void on_client(void *argument, watch_t *watch)
{
    change_t *change = argument;
    mark(change->self, watch, change->number, change->is->is_there);
    if (!change->is->is_there) {
        /* When it comes again it may have another number, and its own may be another client's. */
        watches_clients_put(change->self->clients, watch, UINT32_MAX);
    }
}

/* Marks it for those who watch this client alone. */
static void mark_clients(change_t *change, bool came)
{
    watches_t *self = change->self;
    record_t record;
    if (came && copy_read(mirror_copy(self->mirror), change->number, &record)) {
        watches_clients_came(self->clients, change->number, record.client);
    }
    watches_clients_each(self->clients, change->number, on_client, change);
}

/* Each change has a greater index. One that is not in the copy's list, as the client was there
 * before and is served again, gets it from the past. */
static void note_change(watches_t *self, uint32_t number)
{
    record_t record;
    copy_t *copy = mirror_copy(self->mirror);
    if (past_index(self->past, copy_tail(copy)) == self->index &&
        copy_read(copy, number, &record)) {
        const told_client_t client = {.handle = number, .serial = copy_serial(copy, number)};
        past_add(self->past, client, copy_tail(copy), record.client);
    }
    self->index = past_index(self->past, copy_tail(copy));
}

void watches_changed(watches_t *self, uint32_t number, const mirror_place_t *was,
                     const mirror_place_t *is)
{
    change_t change = {.self = self, .number = number, .is = is};
    note_change(self, number);
    if (self->open + self->kept == 0) {
        return;
    }
    if (was->is_there) {
        views_match(self->views, was->position, on_view, &change);
    }
    if (is->is_there) {
        views_match(self->views, is->position, on_view, &change);
    }
    mark_clients(&change, !was->is_there);
}

void watches_departed(watches_t *self, uint32_t number, text_t client)
{
    const copy_t *copy = mirror_copy(self->mirror);
    past_add(self->past, (told_client_t){.handle = number, .serial = copy_serial(copy, number)},
             copy_tail(copy), client);
}

/* Frees the large watch without a reader that was cut first, if there is one. */
static void free_large(watches_t *self)
{
    for (list_link_t *link = self->cut.next; link != &self->cut; link = link->next) {
        const watch_t *watch = LIST_OWNER(link, watch_t, row);
        if (watch->room > LARGE_SIZE) {
            free_watch(self, watch->number);
            return;
        }
    }
}

/* For how many clients a watch of that view gets room. When there are as many large ones as there
 * may be, one more is not large: its reader hears that its view is truncated. */
static size_t room_for(watches_t *self, const watches_view_t *view)
{
    if (view->limit <= LARGE_SIZE) {
        return view->limit;
    }
    if (self->large == LARGE_MAX) {
        free_large(self);
    }
    return self->large < LARGE_MAX ? view->limit : LARGE_SIZE;
}

static void on_hurry(uv_timer_t *timer);
static void on_step(uv_timer_t *timer);

/* It is too early for what this watch is to get: looks again soon. */
static void hurry(watches_t *self, watch_t *watch)
{
    list_append(&self->hurried, &watch->hurried);
    if (!uv_is_active((uv_handle_t *)&self->hurry)) {
        uv_timer_start(&self->hurry, on_hurry, HURRY_MS, 0);
    }
}

/* Gives a watch its next view, unless the last one came just now. False: there is no room. */
static bool change_view(watches_t *self, watch_t *watch)
{
    size_t limit = watch->view.limit;
    uint64_t start_ns = uv_hrtime();
    if (now_ms(self) < watch->early_ms) {
        hurry(self, watch);
        return true;
    }
    if (!watches_replace_view(self, watch)) {
        return false;
    }
    self->views_changed++;
    watch->news = watch->moved = true;
    watch->stale = false;
    if (watch->view.limit != limit) {
        self->large -= watch->room > LARGE_SIZE;
        watch->room = (uint32_t)room_for(self, &watch->view);
        self->large += watch->room > LARGE_SIZE;
        restart(self, watch, 0);
    } else if (watch->begun) {
        look_anew(self, watch);
    } else if (watch->base > 0) {
        restart(self, watch, 0); /* what its reader knows is of another view */
    }
    uint64_t rest_ms = (uv_hrtime() - start_ns) / MS_NS * CHANGE_SHARE;
    watch->early_ms =
        now_ms(self) + (rest_ms > LIMIT_WEBSOCKET_VIEW_MS ? rest_ms : LIMIT_WEBSOCKET_VIEW_MS);
    return true;
}

/* There is no room for a watcher. */
static uint32_t refuse(watches_t *self)
{
    self->refused++;
    log_event(self->shared->log, LOG_WATCHER_REFUSED,
              LOG_ABOUT(NULL, LOG_NUMBER("watchers", self->open), LOG_NUMBER("kept", self->kept)),
              "a watcher was turned away: %zu are connected, %zu may come back, and there is no "
              "room for more; it may ask another member",
              self->open, self->kept);
    return UINT32_MAX;
}

/* The watch of a WebSocket ends, and with it the WebSocket. */
static void end_socket(watches_t *self, watch_t *watch, session_t *session)
{
    (void)refuse(self);
    web_session_set_stream(session, WEB_SESSION_NO_STREAM);
    free_watch(self, watch->number);
    web_session_end_socket(session, WEBSOCKET_TRY_AGAIN_LATER, "There is no room for this view.");
}

/* Whether clients that were left out are to be looked for, as others have left. */
static bool has_room(const watches_t *self, const watch_t *watch)
{
    return told_is_cut(watch->told) && told_waiting(watch->told) == 0 &&
           told_count(watch->told) < watch->room &&
           (watch->moved || now_ms(self) - watch->filled_ms >= FILL_MS);
}

static void begin(watches_t *self, watch_t *watch)
{
    if (!watches_begin_view(self, watch)) {
        restart(self, watch, 0);
        (void)watches_begin_view(self, watch);
    }
}

/* Appends events, as many as are made at once. */
static void put_events(watches_t *self, watch_t *watch)
{
    status_t status = STATUS_OK;
    size_t size = self->in_batch ? BATCH_SIZE : EVENTS_SIZE;
    while (watch->begun && watches_put_size(self) < size && status == STATUS_OK) {
        uint64_t base = told_index(watch->told, self->index);
        status = watches_put_next(self, watch);
        if (status == STATUS_DAMAGED) {
            restart(self, watch, base);
        }
    }
}

static void put_clients(watches_t *self, watch_t *watch)
{
    put_events(self, watch);
    if (watch->begun && has_room(self, watch)) {
        watch->moved = false;
        watch->news = true;
        watch->filled_ms = now_ms(self);
        look_anew(self, watch);
        put_events(self, watch);
    }
}

/* Whether what is there to tell waits for more, so that a batch is of many events. */
static bool gathers(const watches_t *self, const watch_t *watch)
{
    return self->in_batch && (uint32_t)now_ms(self) - watch->batch_ms < BATCH_MS && watch->begun &&
           !watch->reset && !watch->news && watch->next == NULL &&
           told_waiting(watch->told) < BATCH_EVENTS;
}

/* Writes what was made. */
static void write_events(watches_t *self, watch_t *watch, session_t *session)
{
    if (watches_put_batch(self) != STATUS_OK) {
        session_close_because(session, "more events than can be kept");
    } else if (self->out.size > 0) {
        watch->batch_ms = (uint32_t)now_ms(self);
        web_session_stream_write(session, buffer_text(&self->out));
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
    buffer_clear(&self->frame);
    self->in_frames = web_session_is_socket(session);
    self->in_batch = web_session_takes_batches(session);
    if (gathers(self, watch)) {
        hurry(self, watch);
        return;
    }
    if (watch->next != NULL && !change_view(self, watch)) {
        end_socket(self, watch, session);
        return;
    }
    if (!watch->begun && mirror_is_ready(self->mirror)) {
        begin(self, watch);
    }
    if (watch->reset) {
        watches_put_reset(self, watch);
    }
    if (watch->begun) {
        put_clients(self, watch);
    }
    if (watch->begun) {
        watches_put_state(self, watch);
    }
    write_events(self, watch, session);
}

void watches_turn(watches_t *self)
{
    list_link_t batch;
    list_init(&batch);
    list_take_all(&batch, &self->due);
    for (list_link_t *link = list_take_first(&batch); link != NULL;
         link = list_take_first(&batch)) {
        const watch_t *watch = LIST_OWNER(link, watch_t, row);
        pump(self, watch->number);
    }
}

static void on_hurry(uv_timer_t *timer)
{
    watches_t *self = timer->data;
    uint32_t looked_at = 0;
    list_link_t *link;
    if (list_is_empty(&self->rushed)) {
        list_take_all(&self->rushed, &self->hurried);
    }
    while (looked_at++ < HURRY_MAX && (link = list_take_first(&self->rushed)) != NULL) {
        const watch_t *watch = LIST_OWNER(link, watch_t, hurried);
        pump(self, watch->number);
    }
    if (!list_is_empty(&self->rushed)) {
        uv_timer_start(timer, on_hurry, 1, 0); /* the others have their turn first */
    } else if (!list_is_empty(&self->hurried)) {
        uv_timer_start(timer, on_hurry, HURRY_MS, 0);
    }
}

void watches_change_view(watches_t *self, uint32_t number, const watches_view_t *view)
{
    watch_t *watch = watch_at(self, number);
    if (watch != NULL) {
        watches_free_view(&watch->next);
        watch->next = watches_copy_view(view);
        pump(self, number);
    }
}

size_t watches_limit(const watches_t *self, uint32_t number)
{
    const watch_t *watch = watch_at(self, number);
    if (watch == NULL) {
        return 0;
    }
    return watch->next != NULL ? watch->next->limit : watch->view.limit;
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
    list_remove(&watch->row);
    list_append(&self->cut, &watch->row);
    if (self->kept > KEPT_MAX) {
        const watch_t *oldest = LIST_OWNER(self->cut.next, watch_t, row);
        free_watch(self, oldest->number);
    }
}

/* What the ID says of this life and view; its index is 0 if it says nothing of them. */
static watch_id_t read_id(const watches_t *self, uint64_t view_id, text_t text)
{
    watch_id_t id;
    bool is_ours = watch_id_read(text, &id) && id.life == self->life && id.view == view_id &&
                   id.index <= self->index;
    return is_ours ? id : (watch_id_t){0};
}

/* The watch that the ID is of, if it is kept. */
static watch_t *find_kept(const watches_t *self, const watch_id_t *id)
{
    watch_t *watch = id->index > 0 ? watch_at(self, id->number) : NULL;
    return watch != NULL && watch->serial == id->serial && watch->view_id == id->view ? watch
                                                                                      : NULL;
}

/* The reader of a watch has come back. False: its events cannot go on. */
static bool resume(watches_t *self, watch_t *watch, uint64_t index, uint64_t session)
{
    if (!watch->begun || watch->reset || !told_resume(watch->told, index)) {
        return false;
    }
    if (watch->session == 0) {
        list_remove(&watch->row);
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
    note_due(self, watch);
    return true;
}

static uint32_t find_free(watches_t *self)
{
    while (self->free_from < self->end) {
        if (!self->watches[self->free_from]->used) {
            return self->free_from;
        }
        self->free_from++;
    }
    if (self->end == WATCHES_MAX) {
        return UINT32_MAX;
    }
    self->watches[self->end] = memory_new(sizeof(watch_t));
    return self->end++;
}

/* A watch of its own for the session, which begins behind what its reader was told already. */
static uint32_t open_new(watches_t *self, uint64_t session, const watches_view_t *view,
                         uint64_t base)
{
    uint32_t number = find_free(self);
    if (number == UINT32_MAX) {
        return refuse(self);
    }
    watch_t *watch = self->watches[number];
    uint32_t room = (uint32_t)room_for(self, view);
    *watch = (watch_t){.used = true,
                       .serial = watch->serial + 1,
                       .session = session,
                       .view_id = watch_id_view(&view->area, view->client, view->limit),
                       .base = base,
                       .number = number,
                       .client_number = UINT32_MAX,
                       .room = room,
                       .told = told_new(room),
                       .news = true};
    watches_init_view(&watch->view, view);
    self->open++;
    if (!uv_is_active((uv_handle_t *)&self->timer)) {
        uv_timer_start(&self->timer, on_step, STEP_MS, STEP_MS);
    }
    self->large += room > LARGE_SIZE;
    if (!watches_place_view(self, watch)) {
        free_watch(self, number);
        return refuse(self);
    }
    note_due(self, watch);
    return number;
}

uint32_t watches_open(watches_t *self, uint64_t session, const watches_view_t *view, text_t last_id)
{
    watch_id_t id = read_id(self, watch_id_view(&view->area, view->client, view->limit), last_id);
    watch_t *kept = find_kept(self, &id);
    if (kept != NULL && resume(self, kept, id.index, session)) {
        return kept->number;
    }
    if (kept != NULL && kept->session == 0) {
        free_watch(self, kept->number);
    }
    uint64_t base = id.is_partial ? 0 : id.index;
    uint32_t number = open_new(self, session, view, base);
    if (number != UINT32_MAX) {
        self->watches[number]->reset = last_id.size > 0 && base == 0;
    }
    return number;
}

/* Whether it is this one's second of the fifteen. Watchers that came together would all have their
 * word at once else, and 10,000 of them hold up everyone for a tenth of a second. */
static bool has_turn(const watches_t *self, const watch_t *watch)
{
    return (self->steps / STEPS + watch->number / STEPS) % TURN_S == 0;
}

/* A word now and then keeps the connection alive, and shows that it is. */
static void keep_alive(watches_t *self, watch_t *watch)
{
    session_t *session = sessions_find(self->shared->table, watch->session);
    if (session != NULL && web_session_is_socket(session)) {
        web_session_beat(session, has_turn(self, watch));
    } else if (session != NULL && has_turn(self, watch) && web_session_stream_takes(session)) {
        web_session_stream_write(session, TEXT(":\n\n"));
    }
}

/* Once a second. */
static void look_after(watches_t *self, watch_t *watch)
{
    if (watch->session == 0) {
        if (now_ms(self) - watch->cut_ms >= KEPT_MS) {
            free_watch(self, watch->number);
        }
        return;
    }
    if (!watch->begun || watch->news || mirror_age_s(self->mirror) > 0 ||
        told_waiting(watch->told) > 0 || has_room(self, watch)) {
        pump(self, watch->number);
    }
    if (watch->used) {
        keep_alive(self, watch);
    }
}

/* Looks after one watch of so many, so that each has its turn in a second, and all never hold up
 * those who ask meanwhile. */
static void on_step(uv_timer_t *timer)
{
    watches_t *self = timer->data;
    for (uint32_t i = (uint32_t)(self->steps % STEPS); i < self->end; i += STEPS) {
        watch_t *watch = watch_at(self, i);
        if (watch != NULL) {
            look_after(self, watch);
        }
    }
    self->steps++;
    if (self->open + self->kept == 0) {
        uv_timer_stop(timer);
    }
}

watches_t *watches_new(uv_loop_t *loop, const session_shared_t *shared, mirror_t *mirror,
                       websocket_writer_t *writer)
{
    watches_t *self = memory_new(sizeof *self);
    self->shared = shared;
    self->mirror = mirror;
    self->views = views_new(VIEWS_MEMORY, entropy_number());
    self->watches = memory_new_array(WATCHES_MAX, sizeof(watch_t *));
    self->clients = watches_clients_new(entropy_number());
    self->page = memory_new_array(WATCHES_SCAN_SIZE, sizeof *self->page);
    self->past = past_new(LIMIT_PAST_CLIENTS, LIMIT_PAST_SIZE);
    self->life = entropy_number();
    self->index = past_index(self->past, copy_tail(mirror_copy(mirror)));
    list_init(&self->due);
    list_init(&self->cut);
    list_init(&self->hurried);
    list_init(&self->rushed);
    buffer_init(&self->out, LIMIT_HTTP_CONTENT_SIZE);
    buffer_init(&self->frame, LIMIT_HTTP_CONTENT_SIZE);
    self->writer = writer;
    uv_timer_init(loop, &self->timer);
    self->timer.data = self;
    uv_timer_init(loop, &self->hurry);
    self->hurry.data = self;
    return self;
}

void watches_stop(watches_t *self)
{
    if (!uv_is_closing((uv_handle_t *)&self->timer)) {
        uv_close((uv_handle_t *)&self->timer, NULL);
        uv_close((uv_handle_t *)&self->hurry, NULL);
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
    views_destroy(&self->views);
    past_destroy(&self->past);
    buffer_done(&self->out);
    buffer_done(&self->frame);
    free(self->watches);
    watches_clients_destroy(&self->clients);
    free(self->page);
    free(self);
    *self_p = NULL;
}

watches_figures_t watches_figures(const watches_t *self)
{
    return (watches_figures_t){.open = self->open,
                               .kept = self->kept,
                               .large = self->large,
                               .refused = self->refused,
                               .views_changed = self->views_changed,
                               .events = self->events};
}
