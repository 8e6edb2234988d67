/* A row is cut into its 19 columns at the tabs, eight bytes at a time; the ten that the herd uses
 * are checked, the others are not looked at. What a row is becomes Google's types by two tables:
 * its class finds a list, its code an entry there. */
#include "common/places/geonames.h"

#include "common/base/digits.h"
#include "common/base/limits.h"

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

/* A mask with 0x80 at each tab among eight bytes. After the xor a tab is a zero byte; for any other
 * byte, it or the sum has the highest bit set. */
static uint64_t find_tabs(const char *at)
{
    uint64_t bytes = digits_load(at) ^ DIGITS_EACH('\t');
    return ~(((bytes & DIGITS_EACH(0x7f)) + DIGITS_EACH(0x7f)) | bytes | DIGITS_EACH(0x7f));
}

/* The row as far as it was cut. */
typedef struct {
    text_t *columns;   /* COLUMN_COUNT */
    size_t count;      /* columns that ended */
    const char *start; /* of the next one */
} cut_t;

/* Ends a column at `tab`; false if there is one column too many. */
static bool end_column(cut_t *cut, const char *tab)
{
    if (cut->count == COLUMN_COUNT - 1) {
        return false;
    }
    cut->columns[cut->count++] = (text_t){.data = cut->start, .size = (size_t)(tab - cut->start)};
    cut->start = tab + 1;
    return true;
}

/* Cuts the row into exactly COLUMN_COUNT columns. */
static bool cut_columns(text_t row, text_t *ret_columns)
{
    cut_t cut = {.columns = ret_columns, .start = row.data};
    size_t at = 0;
    for (; row.size - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
        for (uint64_t tabs = find_tabs(row.data + at); tabs != 0; tabs &= tabs - 1) {
            if (!end_column(&cut, row.data + at + __builtin_ctzll(tabs) / 8)) {
                return false;
            }
        }
    }
    for (; at < row.size; at++) {
        if (row.data[at] == '\t' && !end_column(&cut, row.data + at)) {
            return false;
        }
    }
    if (cut.count != COLUMN_COUNT - 1) {
        return false;
    }
    ret_columns[cut.count] =
        (text_t){.data = cut.start, .size = (size_t)(row.data + row.size - cut.start)};
    return true;
}

/* The part behind the point, as seven decimals; 10,000,000 if it rounds up to one. */
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

/* Degrees within +-`limit_deg`, a sign and decimals being optional, e.g. "-118.24368", "34". */
static status_t parse_degrees(text_t text, uint64_t limit_deg, int32_t *ret_e7)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    bool has_sign = negative || (text.size > 0 && text.data[0] == '+');
    text_t number = has_sign ? text_after(text, 1) : text;
    uint64_t degrees = 0;
    int64_t decimals = 0;
    if (number.size == 0) {
        return STATUS_INVALID;
    }
    const char *point = digits_take(number.data, number.data + number.size, &degrees);
    text_t whole = text_first(number, (size_t)(point - number.data));
    text_t rest = text_after(number, whole.size);
    bool has_point = rest.size > 1 && rest.data[0] == '.';
    if (whole.size == 0 || (rest.size > 0 && !has_point) ||
        (whole.size > DIGITS_MAX && !text_to_u64(whole, UINT64_MAX, &degrees)) ||
        (has_point && !parse_decimals(text_after(rest, 1), &decimals))) {
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

static status_t parse_texts(const text_t *columns, geonames_row_t *row)
{
    row->name = columns[COLUMN_NAME];
    row->feature_code = columns[COLUMN_FEATURE_CODE];
    row->country = columns[COLUMN_COUNTRY];
    row->admin1 = columns[COLUMN_ADMIN1];
    text_t class = columns[COLUMN_FEATURE_CLASS];
    bool has_class = class.size == 1 && text_is_letter(class.data[0]);
    bool has_country = row->country.size == 2 && text_is_letter(row->country.data[0]) &&
                       text_is_letter(row->country.data[1]);
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

/* A row, its tabs shown as "|", on one line:
 *   5368361|Los Angeles|Los Angeles|LA,Los Angeles|34.05223|-118.24368|P|PPLA2|
 *   US||CA|037|||3971883|89|96|America/Los_Angeles|2019-09-19
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
    return text_is_letter(feature_class) ? (unsigned)(feature_class - 'A')
                                         : GEONAMES_CLASS_BITS - 1;
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

/* A feature code padded with zeros, so that eight bytes are compared at once. */
enum { KEY_SIZE = 8 };

typedef struct {
    char code[KEY_SIZE]; /* e.g. "PPLX" */
    geonames_types_t types;
} types_entry_t;

/* The features of one class. */
typedef struct {
    char feature_class;
    geonames_types_t types;       /* of all codes not in the list */
    const types_entry_t *entries; /* `count` of them */
    size_t count;
} types_class_t;

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

/* A: countries, states, counties; Google has no word for other kinds of areas. */
static const types_entry_t area_types[] = {
    {"ADM1", TYPES_PLACE("administrative_area_level_1")},
    {"ADM2", TYPES_PLACE("administrative_area_level_2")},
    {"ADM3", TYPES_PLACE("administrative_area_level_3")},
    {"ADM4", TYPES_PLACE("administrative_area_level_4")},
    {"ADM5", TYPES_PLACE("administrative_area_level_5")},
    {"PCL", TYPES_PLACE("country")},
    {"PCLD", TYPES_PLACE("country")},
    {"PCLF", TYPES_PLACE("country")},
    {"PCLI", TYPES_PLACE("country")},
    {"PCLIX", TYPES_PLACE("country")},
    {"PCLS", TYPES_PLACE("country")},
};

/* L: parks and areas. */
static const types_entry_t park_types[] = {
    {"AMUS", TYPES_BUSINESS("amusement_park")},
    {"CONT", TYPES_1("continent")},
    {"PRK", TYPES_BUSINESS("park")},
    {"RESN", TYPES_BUSINESS("park")},
    {"RESW", TYPES_BUSINESS("park")},
    {"RGN", TYPES_PLACE("colloquial_area")},
};

/* P: every kind of populated place is a locality, except a quarter of one. */
static const types_entry_t populated_types[] = {
    {"PPLX", TYPES_PLACE("neighborhood")},
};

/* R: roads and railways. */
static const types_entry_t road_types[] = {
    {"RD", TYPES_1("route")},
    {"ST", TYPES_1("route")},
};

/* S: buildings and sites. */
static const types_entry_t site_types[] = {
    {"ADMF", TYPES_BUSINESS("local_government_office")},
    {"AIRF", TYPES_BUSINESS("airport")},
    {"AIRH", TYPES_BUSINESS("airport")},
    {"AIRP", TYPES_BUSINESS("airport")},
    {"AMTH", TYPES_BUSINESS("tourist_attraction")},
    {"ANS", TYPES_BUSINESS("tourist_attraction")},
    {"BANK", TYPES_BUSINESS("bank")},
    {"BUSTN", TYPES_STATION("bus_station")},
    {"BUSTP", TYPES_STATION("bus_station")},
    {"CH", TYPES_WORSHIP("church")},
    {"CMTY", TYPES_BUSINESS("cemetery")},
    {"CSNO", TYPES_BUSINESS("casino")},
    {"CSTL", TYPES_BUSINESS("tourist_attraction")},
    {"CTHSE", TYPES_BUSINESS("courthouse")},
    {"CTRM", TYPES_BUSINESS("health")},
    {"CTRR", TYPES_BUSINESS("place_of_worship")},
    {"DIP", TYPES_BUSINESS("embassy")},
    {"FYT", TYPES_BUSINESS("transit_station")},
    {"GDN", TYPES_BUSINESS("park")},
    {"GHSE", TYPES_BUSINESS("lodging")},
    {"GRVE", TYPES_BUSINESS("cemetery")},
    {"HSP", TYPES_BUSINESS("hospital")},
    {"HSPC", TYPES_BUSINESS("health")},
    {"HSPL", TYPES_BUSINESS("hospital")},
    {"HSTS", TYPES_BUSINESS("tourist_attraction")},
    {"HTL", TYPES_BUSINESS("lodging")},
    {"LIBR", TYPES_BUSINESS("library")},
    {"MALL", TYPES_BUSINESS("shopping_mall")},
    {"MNMT", TYPES_BUSINESS("tourist_attraction")},
    {"MSQE", TYPES_WORSHIP("mosque")},
    {"MSTY", TYPES_BUSINESS("place_of_worship")},
    {"MTRO", TYPES_STATION("subway_station")},
    {"MUS", TYPES_BUSINESS("museum")},
    {"PAL", TYPES_BUSINESS("tourist_attraction")},
    {"PO", TYPES_BUSINESS("post_office")},
    {"PP", TYPES_BUSINESS("police")},
    {"REST", TYPES_BUSINESS("restaurant")},
    {"RSRT", TYPES_BUSINESS("lodging")},
    {"RSTN", TYPES_STATION("train_station")},
    {"SCH", TYPES_BUSINESS("school")},
    {"SCHC", TYPES_BUSINESS("university")},
    {"SHRN", TYPES_BUSINESS("place_of_worship")},
    {"SPA", TYPES_BUSINESS("spa")},
    {"STDM", TYPES_BUSINESS("stadium")},
    {"SYG", TYPES_WORSHIP("synagogue")},
    {"TMPL", TYPES_BUSINESS("place_of_worship")},
    {"UNIV", TYPES_BUSINESS("university")},
    {"ZOO", TYPES_BUSINESS("zoo")},
};

#define TYPES_LIST(list) (list), sizeof(list) / sizeof((list)[0])

static const types_class_t types_classes[] = {
    {'P', TYPES_PLACE("locality"), TYPES_LIST(populated_types)},
    {'S', TYPES_POI, TYPES_LIST(site_types)},
    {'H', TYPES_NATURE, NULL, 0},
    {'T', TYPES_NATURE, NULL, 0},
    {'A', TYPES_1("political"), TYPES_LIST(area_types)},
    {'L', TYPES_POI, TYPES_LIST(park_types)},
    {'R', TYPES_POI, TYPES_LIST(road_types)},
    {'V', TYPES_NATURE, NULL, 0},
    {'U', TYPES_NATURE, NULL, 0},
};

static const geonames_types_t types_of_the_rest = TYPES_POI;

static const geonames_types_t *find_types(const types_class_t *class, const char *code)
{
    for (size_t i = 0; i < class->count; i++) {
        if (memcmp(class->entries[i].code, code, KEY_SIZE) == 0) {
            return &class->entries[i].types;
        }
    }
    return &class->types;
}

const geonames_types_t *geonames_types(char feature_class, text_t feature_code)
{
    const types_class_t *class = types_classes;
    const types_class_t *end = class + sizeof types_classes / sizeof types_classes[0];
    while (class < end && class->feature_class != feature_class) {
        class ++;
    }
    if (class == end) {
        return &types_of_the_rest;
    }
    char code[KEY_SIZE] = {0};
    if (feature_code.size >= KEY_SIZE) {
        return &class->types;
    }
    text_copy(feature_code, code);
    return find_types(class, code);
}
