/* A row of a GeoNames file, written as an imported file has it, is taken as the same row; any bytes
 * that are taken as such a row, written, are taken as the same again. */
#include "common/places/row.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const geonames_row_t *row)
{
    char out[PLACES_ROW_SIZE];
    geonames_row_t again;
    text_t rest = {.data = out, .size = places_row_write(row, out)};
    assert(rest.size >= PLACES_ROW_SIZE_MIN && rest.size <= PLACES_ROW_SIZE);
    status_t status = places_row_take(&rest, &again);
    assert(status == STATUS_OK && rest.size == 0);
    assert(again.id == row->id && again.population == row->population);
    assert(again.latitude_e7 == row->latitude_e7 && again.longitude_e7 == row->longitude_e7);
    assert(again.feature_class == row->feature_class);
    assert(text_equal(again.feature_code, row->feature_code));
    assert(text_equal(again.country, row->country) && text_equal(again.admin1, row->admin1));
    assert(text_equal(again.name, row->name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t text = {.data = (const char *)data, .size = size};
    geonames_row_t row;
    if (geonames_parse_row(text, &row) == STATUS_OK) {
        check_written(&row);
    }
    size_t before = text.size;
    while (places_row_take(&text, &row) == STATUS_OK) {
        assert(text.size < before);
        before = text.size;
        check_written(&row);
    }
    assert(text.size == before);
    return 0;
}
