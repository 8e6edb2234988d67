/* Any bytes as the parameters of a request, of items and of others: what is read keeps to its
 * bounds; parameters in the other order, and with each byte of each value escaped, are read alike,
 * and what is refused so is refused. */
#include "frontend/web/http/http_target.h"
#include "frontend/web/query.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    PARAMETERS_MAX = 32,
    VALUE_MAX = 128, /* bytes: of a longer one escapes are not undone */
};

static const query_bounds_t of_items = {.limit = 100, .limit_max = 1000, .of_items = true};
static const query_bounds_t of_others = {
    .radius_m = 1000, .radius_max_m = 50000, .limit = 20, .limit_max = 1000};

/* A query, and what of it was decoded. */
typedef struct {
    query_t query;
    buffer_t bytes;
    bool is_good;
} reading_t;

static reading_t read_text(text_t text, const query_bounds_t *bounds)
{
    reading_t self;
    buffer_init(&self.bytes, text.size + 1);
    self.is_good = query_read(text, bounds, &self.bytes, &self.query) == NULL;
    return self;
}

static void check_bounds(const query_t *query, const query_bounds_t *bounds)
{
    assert(query->limit <= bounds->limit_max && (!bounds->of_items || query->limit > 0));
    assert(area_box_is_valid(&query->box) && query->low_mm <= query->high_mm);
    assert(!query->has_span || query->span.from_ns <= query->span.to_ns);
    assert(!query->has_client || query->client.data != NULL);
    if (bounds->of_items) {
        assert(!query->has_client && !query->has_place);
        return;
    }
    assert(query->radius_m >= 0 && query->radius_m <= bounds->radius_max_m);
    assert(query->latitude_deg >= -90 && query->latitude_deg <= 90);
    assert(query->longitude_deg >= -180 && query->longitude_deg <= 180);
    assert(!query->has_heights && !query->has_span);
}

static bool is_same_box(const query_t *one, const query_t *other)
{
    return one->has_box == other->has_box && one->box.west_e7 == other->box.west_e7 &&
           one->box.south_e7 == other->box.south_e7 && one->box.east_e7 == other->box.east_e7 &&
           one->box.north_e7 == other->box.north_e7 && one->has_heights == other->has_heights &&
           one->low_mm == other->low_mm && one->high_mm == other->high_mm;
}

static bool is_same_place(const query_t *one, const query_t *other)
{
    return one->has_place == other->has_place && one->latitude_deg == other->latitude_deg &&
           one->longitude_deg == other->longitude_deg && one->radius_m == other->radius_m;
}

static void check_same(const reading_t *one, const reading_t *other)
{
    const query_t *query = &one->query;
    const query_t *also = &other->query;
    assert(one->is_good == other->is_good);
    if (one->is_good) {
        assert(is_same_box(query, also) && is_same_place(query, also));
        assert(query->limit == also->limit && query->has_span == also->has_span);
        assert(query->span.from_ns == also->span.from_ns && query->span.to_ns == also->span.to_ns);
        assert(query->has_client == also->has_client && query->has_after == also->has_after);
        assert(text_equal(query->client, also->client) && text_equal(query->after, also->after));
    }
}

static void put(buffer_t *out, text_t text)
{
    status_t status = buffer_append(out, text.data, text.size);
    assert(status == STATUS_OK);
}

/* Appends a value with each of its bytes escaped; one that cannot be, as it is. */
static void put_escaped(buffer_t *out, text_t name, text_t value)
{
    buffer_t plain;
    char escape[] = "%00";
    bool is_client = text_equal(name, TEXT("client"));
    buffer_init(&plain, value.size + 1);
    if (text_equal(name, TEXT("after")) || (!is_client && value.size > VALUE_MAX) ||
        !http_target_decode(value, is_client, &plain) || plain.size == 0) {
        put(out, value);
        buffer_done(&plain);
        return;
    }
    for (size_t i = 0; i < plain.size; i++) {
        text_write_hex((unsigned char)plain.data[i], 2, escape + 1);
        put(out, text_first(text_of(escape), 3));
    }
    buffer_done(&plain);
}

/* The same parameters, the last one first. */
static void write_other(text_t text, bool escaped, buffer_t *out)
{
    text_t names[PARAMETERS_MAX];
    text_t values[PARAMETERS_MAX];
    size_t count = 0;
    while (count < PARAMETERS_MAX && http_target_parameter(&text, &names[count], &values[count])) {
        count++;
    }
    while (count-- > 0) {
        put(out, names[count]);
        put(out, TEXT("="));
        if (escaped) {
            put_escaped(out, names[count], values[count]);
        } else {
            put(out, values[count]);
        }
        put(out, TEXT("&"));
    }
}

static size_t count_parameters(text_t text)
{
    text_t name;
    text_t value;
    size_t count = 0;
    while (http_target_parameter(&text, &name, &value)) {
        count++;
    }
    return count;
}

static void check(text_t text, const query_bounds_t *bounds)
{
    reading_t reading = read_text(text, bounds);
    if (reading.is_good) {
        check_bounds(&reading.query, bounds);
        assert(count_parameters(text) < PARAMETERS_MAX); /* each once */
    }
    for (int escaped = 0; escaped < 2 && count_parameters(text) < PARAMETERS_MAX; escaped++) {
        buffer_t out;
        buffer_init(&out, 4 * text.size + 2);
        write_other(text, escaped, &out);
        reading_t other = read_text(buffer_text(&out), bounds);
        check_same(&reading, &other);
        buffer_done(&other.bytes);
        buffer_done(&out);
    }
    buffer_done(&reading.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t text = {.data = (const char *)data, .size = size};
    check(text, &of_items);
    check(text, &of_others);
    return 0;
}
