/* Answers from the copy of all positions: Features, and pages of those in a box.
 *
 * A page ends where its limit or its budget does, or when its text is long; `next` is how far the
 * walk has come, in the numbers of near_cursor_t, as text. Those who are not asked for (by time,
 * by height) are passed over, as many as one turn of the loop may take. While the node is away
 * answers have the field Age (mirror_fields). */
#include "frontend/web/api_parts.h"

#include "common/geojson/coordinates.h"
#include "common/json/decimal.h"
#include "frontend/web/http/http_target.h"

enum {
    CURSOR_DIGITS = 16,   /* of its code, and half as many of its handle */
    STEP_CLIENTS = 16,    /* of one step of a walk: IDs may be long, so their text is bounded */
    LOOKED_MAX = 1 << 14, /* clients of which a page may read the records */
    MM_DECIMALS = 3,
};

bool api_copy_is_ready(const api_t *self, const api_request_t *request)
{
    if (mirror_is_ready(self->mirror)) {
        return true;
    }
    web_session_reply_problem(request->session, HTTP_SERVICE_UNAVAILABLE,
                              "The positions are still being copied; ask again in a few seconds.",
                              "Retry-After: 2\r\n");
    return false;
}

void api_reply_copy(api_t *self, const api_request_t *request, const char *type, sheet_t *sheet)
{
    char fields[MIRROR_FIELDS_SIZE];
    mirror_fields(self->mirror, self->shared->node_serves, fields);
    api_reply(self, request, (http_answer_t){.status = HTTP_OK, .type = type, .fields = fields},
              sheet);
}

bool api_find_client(api_t *self, text_t id, uint32_t *ret_number, record_t *ret_record)
{
    copy_t *copy = mirror_copy(self->mirror);
    if (copy_find(copy, id, ret_number, ret_record)) {
        return true;
    }
    buffer_clear(&self->line);
    if (id.size == 0 || buffer_reserve(&self->line, id.size) != STATUS_OK) {
        return false;
    }
    size_t size = text_unescape(id, self->line.data);
    return size < id.size &&
           copy_find(copy, (text_t){.data = self->line.data, .size = size}, ret_number, ret_record);
}

static void put_record(const record_t *record, double distance_m, bool *first, sheet_t *sheet)
{
    feature_t feature = feature_from_record(record);
    feature.distance_m = distance_m;
    sheet_put_string(sheet, *first ? "\n" : ",\n");
    *first = false;
    feature_put(&feature, sheet);
}

bool api_put_feature(api_t *self, uint32_t number, double distance_m, bool *first, sheet_t *sheet)
{
    record_t record;
    if (!copy_read(mirror_copy(self->mirror), number, &record)) {
        return false;
    }
    put_record(&record, distance_m, first, sheet);
    return true;
}

/* "c0ffee0000000000-0000002a" */
bool api_read_cursor(text_t text, near_cursor_t *ret_cursor)
{
    uint64_t handle;
    if (text.size != CURSOR_DIGITS + 1 + CURSOR_DIGITS / 2 || text.data[CURSOR_DIGITS] != '-' ||
        !text_from_hex(text_first(text, CURSOR_DIGITS), &ret_cursor->code) ||
        !text_from_hex(text_after(text, CURSOR_DIGITS + 1), &handle)) {
        return false;
    }
    ret_cursor->handle = (uint32_t)handle;
    ret_cursor->begun = true;
    return true;
}

void api_put_cursor(const near_cursor_t *cursor, sheet_t *sheet)
{
    sheet_format(sheet, "%016llx-%08x", (unsigned long long)cursor->code, (unsigned)cursor->handle);
}

void api_put_next_query(const near_cursor_t *cursor, text_t query, sheet_t *sheet)
{
    text_t name;
    text_t value;
    while (http_target_parameter(&query, &name, &value)) {
        if (!text_equal(name, TEXT("after"))) {
            sheet_put(sheet, name);
            sheet_put_byte(sheet, '=');
            sheet_put(sheet, value);
            sheet_put_byte(sheet, '&');
        }
    }
    sheet_put_string(sheet, "after=");
    api_put_cursor(cursor, sheet);
}

/* Whether a client is at such a height; one that says none may be at any. */
static bool has_height(api_t *self, const record_t *record, const query_t *query)
{
    coordinates_t coordinates = coordinates_of(record->position);
    decimal_t decimal;
    if (coordinates.altitude.size == 0) {
        return true;
    }
    buffer_clear(&self->line);
    if (buffer_reserve(&self->line, coordinates.altitude.size + COORDINATES_SIZE) != STATUS_OK) {
        return false;
    }
    const char *end = coordinates_put_altitude(&coordinates, self->line.data);
    text_t number = {.data = self->line.data, .size = (size_t)(end - self->line.data)};
    if (decimal_read(number, MM_DECIMALS, &decimal) != STATUS_OK) {
        return false; /* farther away than any bound */
    }
    int64_t mm = decimal.negative ? -(int64_t)decimal.units : (int64_t)decimal.units;
    return mm >= query->low_mm && mm <= query->high_mm;
}

static bool is_asked_for(api_t *self, const record_t *record, const query_t *query)
{
    return (!query->has_span || moment_has(&query->span, record->client_time_ns)) &&
           (!query->has_heights || has_height(self, record, query));
}

/* What is left of the budget of a turn. */
static size_t budget_of(const api_walk_t *walk)
{
    return walk->work < NEAR_BUDGET ? NEAR_BUDGET - walk->work : 0;
}

/* Writes those of the next few clients that are asked for. */
static void step(api_t *self, const query_t *query, api_walk_t *walk, sheet_t *sheet)
{
    near_box_query_t ask = {.box = query->box, .budget = budget_of(walk)};
    size_t left = query->limit - walk->returned;
    ask.maximum = left < STEP_CLIENTS ? left : STEP_CLIENTS;
    near_page_t page = near_box(mirror_near(self->mirror), &ask, &walk->cursor, self->points);
    for (size_t i = 0; i < page.count; i++) {
        record_t record;
        bool first = walk->returned == 0;
        if (copy_read(mirror_copy(self->mirror), self->points[i].handle, &record) &&
            is_asked_for(self, &record, query)) {
            put_record(&record, -1, &first, sheet);
            walk->returned++;
        }
    }
    walk->looked += page.count;
    walk->work += page.work;
    walk->more = page.more;
}

void api_walk(api_t *self, const query_t *query, api_walk_t *walk, sheet_t *sheet)
{
    do {
        step(self, query, walk, sheet);
    } while (walk->more && walk->returned < query->limit && walk->looked < LOOKED_MAX &&
             budget_of(walk) > 0 && sheet->out->size < API_TEXT_SIZE);
}

bool api_count_rest(api_t *self, const query_t *query, const api_walk_t *walk, size_t *ret_count)
{
    api_walk_t rest = *walk;
    near_box_query_t ask = {.box = query->box, .maximum = API_CLIENTS_MAX};
    size_t count = 0;
    while (rest.more && budget_of(&rest) > 0) {
        ask.budget = budget_of(&rest);
        near_page_t page = near_box(mirror_near(self->mirror), &ask, &rest.cursor, self->points);
        count += page.count;
        rest.work += page.work;
        rest.more = page.more;
    }
    *ret_count = count;
    return !rest.more;
}
