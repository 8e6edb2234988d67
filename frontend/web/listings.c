/* A listing goes through the numbers of the copy, which stay with their clients, from 0 on. A
 * client that comes meanwhile may be missed, one that stays is told once. Of users each is told
 * once: a set has the hashes of those that were, so a list has at most USERS_MAX of them, and says
 * so where there are more.
 *
 * A step that found nothing to say has no reader to wait for: the idle handle goes on with it in
 * the next turn of the loop, one listing a turn. A reader that takes nothing for as long as others
 * may (LIMIT_HTTP_READING_MS) is let go. */
#include "frontend/web/listings.h"

#include "common/base/entropy.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/sheet.h"
#include "common/json/quote.h"
#include "frontend/web/geo/location.h"

#include <stdlib.h>
#include <xxhash.h>

enum {
    SEND_SIZE = 1 << 18, /* bytes that the kernel may hold of one: streams are given less */
    STEP_NUMBERS = 2048, /* clients looked at in one step */
    STEP_SIZE = 1 << 18, /* bytes of a step, behind which it ends */
    OUT_SIZE = 1 << 23,  /* bytes of the longest step */
    USERS_MAX = 1 << 16, /* users of a list */
    SET_SIZE = 2 * USERS_MAX,
    SECOND_MS = 1000,
};

/* One that is under way. */
typedef struct {
    listings_query_t query;
    uint64_t session;  /* 0: this place is free */
    uint32_t next;     /* number of the copy */
    bool said;         /* something was: a comma is due */
    bool truncated;    /* there are more users than are told */
    bool ended;        /* all was written */
    uint64_t moved_ms; /* steady time at which its reader took something */
    size_t unread;     /* bytes that it had not read then */
    uint64_t *told;    /* [USERS] SET_SIZE hashes of users, or 0 */
    size_t told_count;
} listing_t;

struct listings {
    const session_shared_t *shared;
    mirror_t *mirror;
    uv_timer_t timer;
    uv_idle_t idle;
    uint64_t seed; /* of hashes */
    buffer_t out;  /* a piece */
    buffer_t id;   /* of a client that is asked for */
    uint32_t turn; /* the place that goes on next */
    listing_t places[LISTINGS_MAX];
};

/* Whether the user was not told yet; it counts as told then. */
static bool take_user(listings_t *self, listing_t *listing, text_t user)
{
    uint64_t hash = XXH3_64bits_withSeed(user.data, user.size, self->seed);
    hash += hash == 0;
    size_t at = hash % SET_SIZE;
    if (listing->told == NULL) {
        listing->told = memory_new_array(SET_SIZE, sizeof *listing->told);
    }
    for (; listing->told[at] != 0; at = (at + 1) % SET_SIZE) {
        if (listing->told[at] == hash) {
            return false;
        }
    }
    if (listing->told_count == USERS_MAX) {
        listing->truncated = true;
        return false;
    }
    listing->told[at] = hash;
    listing->told_count++;
    return true;
}

/* A client "sam" would be the device sam/client, which counts where there is one. */
static bool is_hidden(listings_t *self, text_t client)
{
    const text_t rest = TEXT("/" LOCATION_DEVICE);
    uint32_t number;
    record_t record;
    buffer_clear(&self->id);
    return buffer_append(&self->id, client.data, client.size) == STATUS_OK &&
           buffer_append(&self->id, rest.data, rest.size) == STATUS_OK &&
           copy_find(mirror_copy(self->mirror), buffer_text(&self->id), &number, &record);
}

static void put_comma(listing_t *listing, sheet_t *sheet)
{
    sheet_put_string(sheet, listing->said ? ",\n" : "\n");
    listing->said = true;
}

static void put_name(listing_t *listing, text_t name, sheet_t *sheet)
{
    put_comma(listing, sheet);
    quote_put_json(sheet, name);
}

/* Reads a client that is to be told; false: it is not. */
static bool find_client(listings_t *self, const listing_t *listing, uint32_t number,
                        record_t *ret_record)
{
    copy_t *copy = mirror_copy(self->mirror);
    if (!copy_read(copy, number, ret_record)) {
        return false;
    }
    location_owner_t owner = location_owner(ret_record->client);
    bool of_all = listing->query.user.size == 0;
    if (!of_all && !text_equal(owner.user, listing->query.user)) {
        return false;
    }
    if (owner.is_pair || listing->query.kind == LISTINGS_USERS) {
        return true;
    }
    /* a question ends what is borrowed of the copy */
    return !is_hidden(self, ret_record->client) && copy_read(copy, number, ret_record);
}

static void put_client(listings_t *self, listing_t *listing, const record_t *record, sheet_t *sheet)
{
    location_owner_t owner = location_owner(record->client);
    switch (listing->query.kind) {
    case LISTINGS_LOCATIONS:
        put_comma(listing, sheet);
        location_put(record, listing->query.fields, sheet);
        break;
    case LISTINGS_USERS:
        if (take_user(self, listing, owner.user)) {
            put_name(listing, owner.user, sheet);
        }
        break;
    case LISTINGS_DEVICES: put_name(listing, owner.device, sheet); break;
    }
}

static void put_end(const listing_t *listing, sheet_t *sheet)
{
    if (listing->query.kind == LISTINGS_LOCATIONS) {
        sheet_put_string(sheet, "]\n");
    } else {
        sheet_put_string(sheet, listing->truncated ? "],\"truncated\":true}\n" : "]}\n");
    }
}

/* Writes the next piece to `out`, cleared first. STATUS_FULL: one client is longer than a piece may
 * be. */
static status_t step(listings_t *self, listing_t *listing)
{
    copy_t *copy = mirror_copy(self->mirror);
    uint32_t left = STEP_NUMBERS;
    buffer_clear(&self->out);
    sheet_t sheet = sheet_begin(&self->out);
    if (listing->next == 0) {
        sheet_put_string(&sheet,
                         listing->query.kind == LISTINGS_LOCATIONS ? "[" : "{\"results\":[");
    }
    for (; left > 0 && listing->next < copy_number_end(copy) && self->out.size < STEP_SIZE;
         left--) {
        record_t record;
        if (find_client(self, listing, listing->next++, &record)) {
            put_client(self, listing, &record, &sheet);
        }
    }
    if (listing->next >= copy_number_end(copy)) {
        put_end(listing, &sheet);
        listing->ended = true;
    }
    return sheet_end(&sheet);
}

static void free_listing(listing_t *listing)
{
    free(listing->told);
    free((char *)(uintptr_t)listing->query.user.data);
    *listing = (listing_t){0};
}

static session_t *session_of(const listings_t *self, const listing_t *listing)
{
    return sessions_find(self->shared->table, listing->session);
}

/* Writes another piece, if the reader can take one. */
static void pump(listings_t *self, listing_t *listing)
{
    session_t *session = session_of(self, listing);
    if (session == NULL || listing->ended || !web_session_stream_takes(session)) {
        return;
    }
    if (step(self, listing) != STATUS_OK) {
        session_close(session); /* what was written is no whole JSON, so its reader sees that */
        return;
    }
    if (self->out.size > 0) {
        web_session_stream_write(session, buffer_text(&self->out));
    }
    if (listing->ended) {
        session_finish(session);
    }
}

/* Whether a listing can go on without its reader's doing. */
static bool is_due(const listings_t *self, const listing_t *listing)
{
    const session_t *session = session_of(self, listing);
    return session != NULL && !listing->ended && web_session_stream_takes(session);
}

/* One that can go on does; the loop is not to wait for others while there is one. */
static void on_idle(uv_idle_t *idle)
{
    listings_t *self = idle->data;
    for (uint32_t i = 0; i < LISTINGS_MAX; i++) {
        self->turn = (self->turn + 1) % LISTINGS_MAX;
        listing_t *listing = &self->places[self->turn];
        if (is_due(self, listing)) {
            pump(self, listing);
            return;
        }
    }
    uv_idle_stop(idle);
}

static void go_on(listings_t *self)
{
    uv_idle_start(&self->idle, on_idle);
}

/* Lets those go whose readers take nothing. */
static void on_second(uv_timer_t *timer)
{
    listings_t *self = timer->data;
    uint64_t now_ms = uv_now(self->shared->loop);
    for (size_t i = 0; i < LISTINGS_MAX; i++) {
        listing_t *listing = &self->places[i];
        session_t *session = session_of(self, listing);
        size_t unread = session != NULL ? output_size(&session->output) : 0;
        if (unread == 0 || unread != listing->unread) {
            listing->unread = unread;
            listing->moved_ms = now_ms;
        } else if (now_ms - listing->moved_ms >= LIMIT_HTTP_READING_MS) {
            session_close_because(session, "an answer that it does not read");
        }
    }
}

listings_t *listings_new(uv_loop_t *loop, const session_shared_t *shared, mirror_t *mirror)
{
    listings_t *self = memory_new(sizeof *self);
    self->shared = shared;
    self->mirror = mirror;
    self->seed = entropy_number();
    buffer_init(&self->out, OUT_SIZE);
    buffer_init(&self->id, (size_t)2 * LIMIT_LINE_SIZE);
    uv_timer_init(loop, &self->timer);
    uv_idle_init(loop, &self->idle);
    self->timer.data = self;
    self->idle.data = self;
    uv_timer_start(&self->timer, on_second, SECOND_MS, SECOND_MS);
    return self;
}

void listings_stop(listings_t *self)
{
    if (!uv_is_closing((uv_handle_t *)&self->timer)) {
        uv_close((uv_handle_t *)&self->timer, NULL);
        uv_close((uv_handle_t *)&self->idle, NULL);
    }
}

void listings_destroy(listings_t **self_p)
{
    listings_t *self = *self_p;
    if (self != NULL) {
        for (size_t i = 0; i < LISTINGS_MAX; i++) {
            free_listing(&self->places[i]);
        }
        buffer_done(&self->out);
        buffer_done(&self->id);
        free(self);
        *self_p = NULL;
    }
}

static uint32_t find_free(const listings_t *self)
{
    uint32_t i = 0;
    while (i < LISTINGS_MAX && self->places[i].session != 0) {
        i++;
    }
    return i;
}

/* What was made in the first turn is all of it. */
static void reply_whole(listings_t *self, session_t *session)
{
    char fields[MIRROR_FIELDS_SIZE];
    const http_answer_t answer = {.status = HTTP_OK,
                                  .type = "application/json",
                                  .content = buffer_text(&self->out),
                                  .fields = fields};
    mirror_fields(self->mirror, self->shared->node_serves, fields);
    web_session_reply(session, &answer);
}

/* The rest follows, and then the connection ends. */
static void reply_stream(listings_t *self, session_t *session, uint32_t place, bool without)
{
    static const char closes[] = "Connection: close\r\n";
    char fields[sizeof closes + MIRROR_FIELDS_SIZE];
    const http_answer_t answer = {.status = HTTP_OK, .type = "application/json", .fields = fields};
    mirror_fields(self->mirror, self->shared->node_serves, text_copy(text_of(closes), fields));
    listing_t *listing = &self->places[place];
    listing->session = session_number(session);
    listing->moved_ms = uv_now(self->shared->loop);
    listing->ended = without;
    web_session_stream(session, LISTINGS_STREAM + place, &answer,
                       without ? (text_t){0} : buffer_text(&self->out));
    int size = SEND_SIZE;
    (void)uv_send_buffer_size((uv_handle_t *)&session->tcp, &size);
    if (without) {
        session_finish(session);
    } else {
        go_on(self);
    }
}

void listings_answer(listings_t *self, session_t *session, const listings_query_t *query,
                     bool without)
{
    uint32_t place = find_free(self);
    if (place == LISTINGS_MAX) {
        web_session_reply_problem(session, HTTP_SERVICE_UNAVAILABLE,
                                  "As many lists as there may be are being made.",
                                  "Retry-After: 5\r\n");
        return;
    }
    listing_t *listing = &self->places[place];
    *listing = (listing_t){.query = *query};
    listing->query.user.data = memory_copy_text(query->user.data, query->user.size);
    if (step(self, listing) != STATUS_OK) {
        web_session_reply_problem(session, HTTP_INTERNAL_SERVER_ERROR, "The answer is too long.",
                                  NULL);
        free_listing(listing);
    } else if (listing->ended) {
        reply_whole(self, session);
        free_listing(listing);
    } else {
        reply_stream(self, session, place, without);
    }
}

void listings_drained(listings_t *self, uint32_t stream)
{
    (void)stream;
    go_on(self);
}

void listings_cut(listings_t *self, uint32_t stream)
{
    free_listing(&self->places[stream - LISTINGS_STREAM]);
}
