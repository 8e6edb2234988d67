#include "common/config/keys.h"

#include "common/base/limits.h"
#include "common/base/spelling.h"
#include "common/config/places.h"
#include "common/config/security.h"
#include "common/config/values.h"

#include <assert.h>
#include <string.h>

#define HERD(field)   .section = CONFIG_SECTION_HERD, .offset = offsetof(config_t, field)
#define PLACES(field) .section = CONFIG_SECTION_PLACES, .offset = offsetof(config_t, field)
#define MEMBER(field) .section = CONFIG_SECTION_MEMBER, .offset = offsetof(config_member_t, field)

/* clang-format off */
static const config_key_t config_keys[] = {
    {.section = CONFIG_SECTION_ROOT, .name = "herd", .required = true},
    {.section = CONFIG_SECTION_ROOT, .name = "members", .required = true},

    {HERD(herd_name), .name = "name", .parse = config_parse_name, .required = true},
    {HERD(run_dir), .name = "run_dir", .parse = config_parse_path, .default_text = "run"},
    {HERD(log_dir), .name = "log_dir", .parse = config_parse_path, .default_text = "log"},
    {HERD(data_dir), .name = "data_dir", .parse = config_parse_path, .default_text = "data"},
    {HERD(keys), .name = "keys", .parse = config_parse_path},
    {HERD(security), .name = "security", .parse = config_parse_security},
    {HERD(traffic), .name = "traffic", .parse = config_parse_yes_no, .default_text = "yes"},
    {HERD(max_line), .name = "max_line", .parse = config_parse_size, .default_text = "65536",
     .minimum = LIMIT_LINE_SIZE_MIN, .maximum = LIMIT_LINE_SIZE, .unit = "bytes"},
    {HERD(max_output), .name = "max_output", .parse = config_parse_size, .default_text = "262144",
     .minimum = LIMIT_OUTPUT_SIZE_MIN, .maximum = LIMIT_OUTPUT_SIZE, .unit = "bytes"},
    {HERD(max_connections), .name = "max_connections", .parse = config_parse_size, .default_text = "10000",
     .minimum = 1, .maximum = LIMIT_CONNECTIONS, .unit = "connections"},
    {HERD(max_clients), .name = "max_clients", .parse = config_parse_size, .default_text = "100000000",
     .minimum = 1, .maximum = LIMIT_CLIENTS, .unit = "clients"},
    {HERD(max_memory), .name = "max_memory", .parse = config_parse_size, .default_text = "0",
     .minimum = 0, .maximum = LIMIT_STORE_MEMORY, .unit = "bytes"},
    {HERD(request_timeout_ms), .name = "request_timeout", .parse = config_parse_time, .default_text = "5000",
     .minimum = LIMIT_REQUEST_TIMEOUT_MS_MIN, .maximum = LIMIT_REQUEST_TIMEOUT_MS, .unit = "milliseconds"},
    {HERD(max_clock_lead_ms), .name = "max_clock_lead", .parse = config_parse_time, .default_text = "10000",
     .minimum = 0, .maximum = LIMIT_CLOCK_LEAD_MS, .unit = "milliseconds"},
    {HERD(acknowledge_peers), .name = "acknowledge", .parse = config_parse_acknowledge, .default_text = "memory",
     .minimum = 1, .maximum = LIMIT_ACKNOWLEDGING_PEERS},
    {HERD(expire_after_s), .name = "expire_after", .parse = config_parse_time, .default_text = "0",
     .minimum = 0, .maximum = LIMIT_EXPIRE_AFTER_S, .unit = "seconds"},
    {HERD(expire_grace_s), .name = "expire_grace", .parse = config_parse_time, .default_text = "60",
     .minimum = 1, .maximum = LIMIT_EXPIRE_GRACE_S, .unit = "seconds"},
    {.section = CONFIG_SECTION_HERD, .name = "places"},

    {PLACES(places), .name = "provider", .parse = config_parse_provider, .default_text = "none"},
    {PLACES(places_file), .name = "file", .parse = config_parse_path},
    {PLACES(places_classes), .name = "feature_classes", .parse = config_parse_classes, .default_text = ""},
    {PLACES(provider.base_url), .name = "base_url", .parse = config_parse_base_url},
    {PLACES(provider.key_env), .name = "key_env", .parse = config_parse_variable},
    {PLACES(provider.key_file), .name = "key_file", .parse = config_parse_path},
    {PLACES(provider.field_mask), .name = "field_mask", .parse = config_parse_word,
     .default_text = "places.id,places.displayName,places.location,places.types,places.shortFormattedAddress,"
                     "places.rating,places.userRatingCount,places.businessStatus"},
    {PLACES(provider.rank), .name = "rank", .parse = config_parse_rank, .default_text = "popularity"},
    {PLACES(provider.language), .name = "language", .parse = config_parse_word},
    {PLACES(provider.ca_file), .name = "ca_file", .parse = config_parse_path},
    {PLACES(provider.proxy), .name = "proxy", .parse = config_parse_proxy},
    {PLACES(provider.user_agent), .name = "user_agent", .parse = config_parse_phrase,
     .default_text = "herd/" HERD_VERSION},
    {PLACES(provider.connect_timeout_ms), .name = "connect_timeout", .parse = config_parse_time,
     .default_text = "2000", .minimum = LIMIT_PLACES_TIMEOUT_MS_MIN, .maximum = LIMIT_PLACES_TIMEOUT_MS,
     .unit = "milliseconds"},
    {PLACES(provider.timeout_ms), .name = "timeout", .parse = config_parse_time, .default_text = "4000",
     .minimum = LIMIT_PLACES_TIMEOUT_MS_MIN, .maximum = LIMIT_PLACES_TIMEOUT_MS, .unit = "milliseconds"},
    {PLACES(provider.max_concurrent), .name = "max_concurrent", .parse = config_parse_size, .default_text = "8",
     .minimum = 1, .maximum = LIMIT_PLACES_CONCURRENT, .unit = "requests"},
    {PLACES(provider.cache_s), .name = "cache_seconds", .parse = config_parse_time, .default_text = "300",
     .minimum = 0, .maximum = LIMIT_CACHE_S, .unit = "seconds"},
    {PLACES(provider.breaker_failures), .name = "breaker_failures", .parse = config_parse_size, .default_text = "5",
     .minimum = 1, .maximum = LIMIT_BREAKER_FAILURES, .unit = "failures"},
    {PLACES(provider.breaker_pause_ms), .name = "breaker_pause", .parse = config_parse_time, .default_text = "10000",
     .minimum = 1, .maximum = LIMIT_BREAKER_PAUSE_MS, .unit = "milliseconds"},

    {.section = CONFIG_SECTION_MEMBER, .name = "clients", .parse = config_parse_listeners, .required = true},
    {MEMBER(requests), .name = "requests", .parse = config_parse_endpoint},
    {MEMBER(bus), .name = "bus", .parse = config_parse_endpoint, .required = true},
    {MEMBER(tap), .name = "tap", .parse = config_parse_endpoint},
    {.section = CONFIG_SECTION_MEMBER, .name = "neighbours", .parse = config_parse_later, .default_text = ""},
};
/* clang-format on */

enum { CONFIG_KEY_COUNT = sizeof config_keys / sizeof config_keys[0] };

static_assert((size_t)CONFIG_KEY_COUNT <= (size_t)CONFIG_KEYS_MAX,
              "a section's findings have a place for each row");

size_t config_key_count(void)
{
    return CONFIG_KEY_COUNT;
}

const config_key_t *config_key_at(size_t index)
{
    assert(index < CONFIG_KEY_COUNT);
    return &config_keys[index];
}

static const config_key_t *config_key_find(config_section_t section, const char *name)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (config_keys[i].section == section && strcmp(config_keys[i].name, name) == 0) {
            return &config_keys[i];
        }
    }
    return NULL;
}

static void config_unknown_key(const config_reader_t *reader, config_section_t section,
                               const config_setting_t *setting)
{
    spelling_t spelling = {.word = text_of(setting->name)};
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (config_keys[i].section == section) {
            spelling_consider(&spelling, config_keys[i].name);
        }
    }
    const char *shown = config_shown(reader->findings, setting->name);
    if (spelling.nearest != NULL) {
        config_error(reader->findings, setting->line, "unknown key \"%s\"; did you mean \"%s\"?",
                     shown, spelling.nearest);
    } else {
        config_error(reader->findings, setting->line, "unknown key \"%s\"", shown);
    }
}

/* A key has a value and nothing below it, a section the other way round. */
static bool config_check_form(const config_reader_t *reader, const config_lines_t *lines,
                              size_t index, const config_key_t *key)
{
    const config_setting_t *setting = &lines->settings[index];
    if (key->parse == NULL) {
        if (setting->has_value) {
            config_error(reader->findings, setting->line,
                         "\"%s\" takes no value; its settings stand below it, indented", key->name);
        }
        return !setting->has_value;
    }
    if (!setting->has_value) {
        config_error(reader->findings, setting->line, "\"%s\" needs a value: %s = \"...\"",
                     key->name, key->name);
        return false;
    }
    if (setting->end > index + 1) {
        config_error(reader->findings, lines->settings[index + 1].line,
                     "\"%s\" takes a value, not settings of its own", key->name);
        return false;
    }
    return true;
}

/* One line of a section. */
static void config_key_read(const config_reader_t *reader, const config_lines_t *lines,
                            size_t index, config_found_t *found, void *structure)
{
    const config_setting_t *setting = &lines->settings[index];
    config_section_t section = found->section;
    const config_key_t *key = config_key_find(section, setting->name);
    if (key == NULL) {
        config_unknown_key(reader, section, setting);
        return;
    }
    const config_setting_t **slot = &found->by_row[key - config_keys];
    if (*slot != NULL) {
        config_error(reader->findings, setting->line, "\"%s\" again; it is set in line %u already",
                     key->name, (*slot)->line);
        return;
    }
    *slot = setting;
    if (config_check_form(reader, lines, index, key) && key->parse != NULL) {
        key->parse(reader, key, setting, structure);
    }
}

/* What the file does not say: the default, or an error at `line`. */
static void config_keys_complete(const config_reader_t *reader, unsigned line,
                                 const config_found_t *found, void *structure)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const config_key_t *key = &config_keys[i];
        if (key->section != found->section || found->by_row[i] != NULL) {
            continue;
        }
        if (key->required) {
            config_error(reader->findings, line, "\"%s\" is missing%s", key->name,
                         line > 0 ? " below this line" : "");
        } else if (key->default_text != NULL) {
            config_setting_t setting = {
                .name = key->name, .value = key->default_text, .line = line};
            key->parse(reader, key, &setting, structure);
        }
    }
}

void config_keys_read(const config_reader_t *reader, const config_lines_t *lines, size_t parent,
                      config_found_t *found, void *structure)
{
    unsigned line = 0;
    size_t end = lines->count;
    size_t child = 0;
    if (parent != CONFIG_NO_PARENT) {
        line = lines->settings[parent].line;
        end = lines->settings[parent].end;
        child = parent + 1;
    }
    for (; child < end; child = lines->settings[child].end) {
        config_key_read(reader, lines, child, found, structure);
    }
    config_keys_complete(reader, line, found, structure);
}

void config_keys_note(const config_found_t *found, const char **texts)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const config_key_t *key = &config_keys[i];
        if (key->section == found->section && key->parse != NULL) {
            texts[i] = found->by_row[i] != NULL ? found->by_row[i]->value : key->default_text;
        }
    }
}

const config_setting_t *config_found(const config_found_t *self, const char *name)
{
    const config_key_t *key = config_key_find(self->section, name);
    assert(key != NULL);
    return self->by_row[key - config_keys];
}
