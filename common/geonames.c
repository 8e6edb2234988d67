#include "common/geonames.h"

#include "common/limits.h"

enum {
    COLUMN_ID,
    COLUMN_NAME,
    COLUMN_ASCII_NAME,
    COLUMN_ALTERNATE_NAMES,
    COLUMN_LATITUDE,
    COLUMN_LONGITUDE,
    COLUMN_FEATURE_CLASS,
    COLUMN_FEATURE_CODE,
    COLUMN_COUNTRY,
    COLUMN_OTHER_COUNTRIES,
    COLUMN_ADMIN1,
    COLUMN_ADMIN2,
    COLUMN_ADMIN3,
    COLUMN_ADMIN4,
    COLUMN_POPULATION,
    COLUMN_ELEVATION,
    COLUMN_TERRAIN_HEIGHT,
    COLUMN_TIME_ZONE,
    COLUMN_MODIFIED,
    COLUMN_COUNT
};

/* Decimals that are kept of a coordinate. */
enum { DECIMALS = 7 };

/* Cuts the row into exactly COLUMN_COUNT columns. */
static bool cut_columns(text_t row, text_t *ret_columns)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        const char *tab = row.size > 0 ? memchr(row.data, '\t', row.size) : NULL;
        bool last = i == COLUMN_COUNT - 1;
        if (last != (tab == NULL)) {
            return false;
        }
        size_t size = last ? row.size : (size_t)(tab - row.data);
        ret_columns[i] = (text_t){.data = row.data, .size = size};
        row = text_after(row, last ? size : size + 1);
    }
    return true;
}

/* The part behind the point, as seven decimals; 10,000,000 where it rounds up to one. */
static bool parse_decimals(text_t digits, int64_t *ret_e7)
{
    int64_t value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (!text_is_digit(digits.data[i])) {
            return false;
        }
        if (i < DECIMALS) {
            value = value * 10 + (digits.data[i] - '0');
        }
    }
    for (size_t i = digits.size; i < DECIMALS; i++) {
        value *= 10;
    }
    bool up = digits.size > DECIMALS && digits.data[DECIMALS] >= '5';
    *ret_e7 = value + (up ? 1 : 0);
    return true;
}

/* Degrees with perhaps a sign and decimals, e.g. "-118.24368", "34", within +-`limit_deg`. */
static status_t parse_degrees(text_t text, uint64_t limit_deg, int32_t *ret_e7)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    bool has_sign = negative || (text.size > 0 && text.data[0] == '+');
    text_t number = has_sign ? text_after(text, 1) : text;
    text_t rest = number;
    text_t whole = {0};
    uint64_t degrees = 0;
    int64_t decimals = 0;
    bool has_whole = text_take_until(&rest, '.', &whole);
    bool has_bare_point = whole.size < number.size && rest.size == 0;
    if (!has_whole || has_bare_point || !text_to_u64(whole, UINT64_MAX, &degrees) ||
        !parse_decimals(rest, &decimals)) {
        return STATUS_INVALID;
    }
    if (degrees > limit_deg) {
        return STATUS_OUT_OF_RANGE;
    }
    int64_t value = (int64_t)degrees * 10000000 + decimals;
    if (value > (int64_t)limit_deg * 10000000) {
        return STATUS_OUT_OF_RANGE;
    }
    *ret_e7 = (int32_t)(negative ? -value : value);
    return STATUS_OK;
}

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static status_t parse_texts(const text_t *columns, geonames_row_t *row)
{
    row->name = columns[COLUMN_NAME];
    row->feature_code = columns[COLUMN_FEATURE_CODE];
    row->country = columns[COLUMN_COUNTRY];
    row->admin1 = columns[COLUMN_ADMIN1];
    text_t class = columns[COLUMN_FEATURE_CLASS];
    bool has_class = class.size == 1 && is_letter(class.data[0]);
    bool has_country = row->country.size == 2 && is_letter(row->country.data[0]) &&
                       is_letter(row->country.data[1]);
    if (row->name.size == 0 || (class.size > 0 && !has_class) ||
        (row->country.size > 0 && !has_country)) {
        return STATUS_INVALID;
    }
    if (row->name.size > GEONAMES_NAME_SIZE || row->admin1.size > GEONAMES_ADMIN1_SIZE ||
        row->feature_code.size > GEONAMES_CODE_SIZE) {
        return STATUS_TOO_LONG;
    }
    row->feature_class = ' ';
    if (has_class) {
        row->feature_class = class.data[0];
    }
    return STATUS_OK;
}

/* A row, its tabs shown as "|" (the sixth and later columns are mostly empty in the file we ship):
 *   5368361|Los Angeles|Los Angeles|LA,Los Angeles|34.05223|-118.24368|P|PPLA2|US||CA|037|||3971883|89|96|America/Los_Angeles|2019-09-19
 */
status_t geonames_parse_row(text_t row, geonames_row_t *ret_row)
{
    if (row.size > LIMIT_PLACE_ROW_SIZE) {
        return STATUS_TOO_LONG;
    }
    if (row.size > 0 && row.data[row.size - 1] == '\r') {
        row.size--;
    }
    text_t columns[COLUMN_COUNT];
    geonames_row_t parsed = {0};
    if (!cut_columns(row, columns)) {
        return STATUS_INVALID;
    }
    text_t population = columns[COLUMN_POPULATION];
    if (!text_to_u64(columns[COLUMN_ID], INT64_MAX, &parsed.id) ||
        (population.size > 0 && !text_to_u64(population, INT64_MAX, &parsed.population))) {
        return STATUS_INVALID;
    }
    status_t status = parse_degrees(columns[COLUMN_LATITUDE], 90, &parsed.latitude_e7);
    if (status == STATUS_OK) {
        status = parse_degrees(columns[COLUMN_LONGITUDE], 180, &parsed.longitude_e7);
    }
    if (status == STATUS_OK) {
        status = parse_texts(columns, &parsed);
    }
    if (status == STATUS_OK) {
        *ret_row = parsed;
    }
    return status;
}

unsigned geonames_class_bit(char feature_class)
{
    return is_letter(feature_class) ? (unsigned)(feature_class - 'A') : GEONAMES_CLASS_BITS - 1;
}

status_t geonames_parse_classes(text_t text, geonames_classes_t *ret_classes)
{
    const text_t known = TEXT(GEONAMES_CLASSES);
    geonames_classes_t classes = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool is_known = memchr(known.data, text.data[i], known.size) != NULL;
        if (!is_known || geonames_has_class(classes, text.data[i])) {
            return STATUS_INVALID;
        }
        classes |= UINT64_C(1) << geonames_class_bit(text.data[i]);
    }
    *ret_classes = text.size > 0 ? classes : GEONAMES_ALL_CLASSES;
    return STATUS_OK;
}

/* The key of a row of the table: class letter, then code, zeros behind; one comparison of eight bytes. */
enum { KEY_SIZE = 8 };

typedef struct {
    char key[KEY_SIZE]; /* e.g. "PPPLX"; a class alone, e.g. "T", stands for its other codes */
    geonames_types_t types;
} types_entry_t;

#define TYPES_1(a)                                                                                 \
    {                                                                                              \
        {(a)}, 1                                                                                   \
    }
#define TYPES_2(a, b)                                                                              \
    {                                                                                              \
        {(a), (b)}, 2                                                                              \
    }
#define TYPES_3(a, b, c)                                                                           \
    {                                                                                              \
        {(a), (b), (c)}, 3                                                                         \
    }
#define TYPES_POI         TYPES_2("point_of_interest", "establishment")
#define TYPES_BUSINESS(a) TYPES_3((a), "point_of_interest", "establishment")
#define TYPES_WORSHIP(a)                                                                           \
    {                                                                                              \
        {(a), "place_of_worship", "point_of_interest", "establishment"}, 4                         \
    }
#define TYPES_STATION(a)                                                                           \
    {                                                                                              \
        {(a), "transit_station", "point_of_interest", "establishment"}, 4                          \
    }
#define TYPES_PLACE(a) TYPES_2((a), "political")
#define TYPES_NATURE   TYPES_2("natural_feature", "establishment")

static const types_entry_t types_table[] = {
    /* A: countries, states, counties; Google has no word for the other kinds of areas. */
    {"A", TYPES_1("political")},
    {"AADM1", TYPES_PLACE("administrative_area_level_1")},
    {"AADM2", TYPES_PLACE("administrative_area_level_2")},
    {"AADM3", TYPES_PLACE("administrative_area_level_3")},
    {"AADM4", TYPES_PLACE("administrative_area_level_4")},
    {"AADM5", TYPES_PLACE("administrative_area_level_5")},
    {"APCL", TYPES_PLACE("country")},
    {"APCLD", TYPES_PLACE("country")},
    {"APCLF", TYPES_PLACE("country")},
    {"APCLI", TYPES_PLACE("country")},
    {"APCLIX", TYPES_PLACE("country")},
    {"APCLS", TYPES_PLACE("country")},
    /* H, T, U, V: waters, heights, the sea floor, vegetation. */
    {"H", TYPES_NATURE},
    {"T", TYPES_NATURE},
    {"U", TYPES_NATURE},
    {"V", TYPES_NATURE},
    /* L: parks and areas. */
    {"LAMUS", TYPES_BUSINESS("amusement_park")},
    {"LCONT", TYPES_1("continent")},
    {"LPRK", TYPES_BUSINESS("park")},
    {"LRESN", TYPES_BUSINESS("park")},
    {"LRESW", TYPES_BUSINESS("park")},
    {"LRGN", TYPES_PLACE("colloquial_area")},
    /* P: every kind of populated place but the quarter of one is a locality. */
    {"P", TYPES_PLACE("locality")},
    {"PPPLX", TYPES_PLACE("neighborhood")},
    /* R: roads and railways. */
    {"RRD", TYPES_1("route")},
    {"RST", TYPES_1("route")},
    /* S: buildings and sites. */
    {"SADMF", TYPES_BUSINESS("local_government_office")},
    {"SAIRF", TYPES_BUSINESS("airport")},
    {"SAIRH", TYPES_BUSINESS("airport")},
    {"SAIRP", TYPES_BUSINESS("airport")},
    {"SAMTH", TYPES_BUSINESS("tourist_attraction")},
    {"SANS", TYPES_BUSINESS("tourist_attraction")},
    {"SBANK", TYPES_BUSINESS("bank")},
    {"SBUSTN", TYPES_STATION("bus_station")},
    {"SBUSTP", TYPES_STATION("bus_station")},
    {"SCH", TYPES_WORSHIP("church")},
    {"SCMTY", TYPES_BUSINESS("cemetery")},
    {"SCSNO", TYPES_BUSINESS("casino")},
    {"SCSTL", TYPES_BUSINESS("tourist_attraction")},
    {"SCTHSE", TYPES_BUSINESS("courthouse")},
    {"SCTRM", TYPES_BUSINESS("health")},
    {"SCTRR", TYPES_BUSINESS("place_of_worship")},
    {"SDIP", TYPES_BUSINESS("embassy")},
    {"SFYT", TYPES_BUSINESS("transit_station")},
    {"SGDN", TYPES_BUSINESS("park")},
    {"SGHSE", TYPES_BUSINESS("lodging")},
    {"SGRVE", TYPES_BUSINESS("cemetery")},
    {"SHSP", TYPES_BUSINESS("hospital")},
    {"SHSPC", TYPES_BUSINESS("health")},
    {"SHSPL", TYPES_BUSINESS("hospital")},
    {"SHSTS", TYPES_BUSINESS("tourist_attraction")},
    {"SHTL", TYPES_BUSINESS("lodging")},
    {"SLIBR", TYPES_BUSINESS("library")},
    {"SMALL", TYPES_BUSINESS("shopping_mall")},
    {"SMNMT", TYPES_BUSINESS("tourist_attraction")},
    {"SMSQE", TYPES_WORSHIP("mosque")},
    {"SMSTY", TYPES_BUSINESS("place_of_worship")},
    {"SMTRO", TYPES_STATION("subway_station")},
    {"SMUS", TYPES_BUSINESS("museum")},
    {"SPAL", TYPES_BUSINESS("tourist_attraction")},
    {"SPO", TYPES_BUSINESS("post_office")},
    {"SPP", TYPES_BUSINESS("police")},
    {"SREST", TYPES_BUSINESS("restaurant")},
    {"SRSRT", TYPES_BUSINESS("lodging")},
    {"SRSTN", TYPES_STATION("train_station")},
    {"SSCH", TYPES_BUSINESS("school")},
    {"SSCHC", TYPES_BUSINESS("university")},
    {"SSHRN", TYPES_BUSINESS("place_of_worship")},
    {"SSPA", TYPES_BUSINESS("spa")},
    {"SSTDM", TYPES_BUSINESS("stadium")},
    {"SSYG", TYPES_WORSHIP("synagogue")},
    {"STMPL", TYPES_BUSINESS("place_of_worship")},
    {"SUNIV", TYPES_BUSINESS("university")},
    {"SZOO", TYPES_BUSINESS("zoo")},
};

static const geonames_types_t types_of_the_rest = TYPES_POI;

static const geonames_types_t *find_types(const char *key)
{
    for (size_t i = 0; i < sizeof types_table / sizeof types_table[0]; i++) {
        if (memcmp(types_table[i].key, key, KEY_SIZE) == 0) {
            return &types_table[i].types;
        }
    }
    return NULL;
}

const geonames_types_t *geonames_types(char feature_class, text_t feature_code)
{
    const geonames_types_t *types = NULL;
    char key[KEY_SIZE] = {feature_class};
    if (feature_code.size > 0 && feature_code.size < KEY_SIZE) {
        memcpy(key + 1, feature_code.data, feature_code.size);
        types = find_types(key);
    }
    if (types == NULL) {
        const char class_key[KEY_SIZE] = {feature_class};
        types = find_types(class_key);
    }
    return types != NULL ? types : &types_of_the_rest;
}
