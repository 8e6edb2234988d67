/* Any bytes as a row of GeoNames, in range if it is taken, and as a JSON string, always valid. */
#include "common/json/json_string.h"
#include "common/places/geonames.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 8259: inside a string is no quotation mark, control byte or lone backslash. */
static void check_string(text_t string)
{
    assert(string.size >= 2 && string.data[0] == '"' && string.data[string.size - 1] == '"');
    for (size_t i = 1; i + 1 < string.size; i++) {
        unsigned char byte = (unsigned char)string.data[i];
        assert(byte >= 0x20 && byte != '"');
        if (byte == '\\') {
            i++;
            assert(i + 1 < string.size && memchr("\"\\/bfnrtu", string.data[i], 9) != NULL);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t row = {.data = (const char *)data, .size = size};
    geonames_row_t place;
    buffer_t json;
    buffer_init(&json, 6 * size + 2);
    sheet_t sheet = sheet_begin(&json);
    json_string_put(&sheet, row);
    if (sheet_end(&sheet) == STATUS_OK) {
        check_string(buffer_text(&json));
    }
    buffer_done(&json);
    if (geonames_parse_row(row, &place) == STATUS_OK) {
        assert(place.latitude_e7 >= -900000000 && place.latitude_e7 <= 900000000);
        assert(place.longitude_e7 >= -1800000000 && place.longitude_e7 <= 1800000000);
        assert(place.name.size > 0 && place.name.size <= GEONAMES_NAME_SIZE);
        const geonames_types_t *types = geonames_types(place.feature_class, place.feature_code);
        assert(types->count > 0 && types->count <= GEONAMES_TYPES_MAX);
    }
    return 0;
}
