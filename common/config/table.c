#include "common/config/table.h"

#include "common/base/limits.h"
#include "common/config/places.h"
#include "common/config/security.h"
#include "common/config/tiles.h"
#include "common/config/values.h"

#include <assert.h>

#define HERD(field)   .section = CONFIG_SECTION_HERD, .offset = offsetof(config_t, field)
#define PLACES(field) .section = CONFIG_SECTION_PLACES, .offset = offsetof(config_t, field)
#define MEMBER(field) .section = CONFIG_SECTION_MEMBER, .offset = offsetof(config_member_t, field)

#define RANGE(from, to, of) .minimum = (from), .maximum = (to), .unit = (of)

/* A setting a row: clang-format would fill the lines. */
/* clang-format off */
static const config_key_t rows[] = {
    {.section = CONFIG_SECTION_ROOT, .name = "herd", .required = true},
    {.section = CONFIG_SECTION_ROOT, .name = "members", .required = true},

    {HERD(herd_name), .name = "name", .parse = config_values_name, .required = true},
    {HERD(run_dir), .name = "run_dir", .parse = config_values_path, .default_text = "run"},
    {HERD(log_dir), .name = "log_dir", .parse = config_values_path, .default_text = "log"},
    {HERD(data_dir), .name = "data_dir", .parse = config_values_path, .default_text = "data"},
    {HERD(journal), .name = "journal", .parse = config_values_yes_no, .default_text = "no"},
    {HERD(journal_interval_ms), .name = "journal_interval", .parse = config_values_time,
     .default_text = "1000", RANGE(0, LIMIT_JOURNAL_INTERVAL_MS, "milliseconds")},
    {HERD(keys), .name = "keys", .parse = config_values_path},
    {HERD(security), .name = "security", .parse = config_security_parse},
    {HERD(web_open), .name = "web_security", .parse = config_security_parse_web,
     .default_text = "local"},
    {.section = CONFIG_SECTION_HERD, .name = "web_tiles", .parse = config_tiles_url},
    {HERD(tiles.attribution), .name = "web_tiles_attribution", .parse = config_tiles_attribution},
    {HERD(tiles.zoom_max), .name = "web_tiles_zoom", .parse = config_values_size,
     .default_text = "19", RANGE(0, LIMIT_TILES_ZOOM, "levels")},
    {HERD(tiles.referrer), .name = "web_tiles_referrer", .parse = config_values_yes_no,
     .default_text = "no"},
    {HERD(traffic), .name = "traffic", .parse = config_values_traffic, .default_text = "yes"},
    {HERD(bus_traffic), .name = "bus_traffic", .parse = config_values_yes_no,
     .default_text = "no"},
    {HERD(max_line), .name = "max_line", .parse = config_values_size, .default_text = "65536",
     RANGE(LIMIT_LINE_SIZE_MIN, LIMIT_LINE_SIZE, "bytes")},
    {HERD(max_output), .name = "max_output", .parse = config_values_size, .default_text = "262144",
     RANGE(LIMIT_OUTPUT_SIZE_MIN, LIMIT_OUTPUT_SIZE, "bytes")},
    {HERD(max_connections), .name = "max_connections", .parse = config_values_size,
     .default_text = "10000", RANGE(1, LIMIT_CONNECTIONS, "connections")},
    {HERD(max_connections_per_address), .name = "max_connections_per_address",
     .parse = config_values_size, .default_text = "0",
     RANGE(0, LIMIT_CONNECTIONS, "connections")},
    {HERD(idle_timeout_s), .name = "idle_timeout", .parse = config_values_time,
     .default_text = "0", RANGE(0, LIMIT_IDLE_TIMEOUT_S, "seconds")},
    {HERD(max_clients), .name = "max_clients", .parse = config_values_size,
     .default_text = "100000000", RANGE(1, LIMIT_CLIENTS, "clients")},
    {HERD(max_memory), .name = "max_memory", .parse = config_values_size, .default_text = "0",
     RANGE(0, LIMIT_STORE_MEMORY, "bytes")},
    {HERD(max_followers), .name = "max_followers", .parse = config_values_size,
     .default_text = "64", RANGE(0, LIMIT_FOLLOWERS, "followers")},
    {HERD(request_timeout_ms), .name = "request_timeout", .parse = config_values_time,
     .default_text = "5000",
     RANGE(LIMIT_REQUEST_TIMEOUT_MS_MIN, LIMIT_REQUEST_TIMEOUT_MS, "milliseconds")},
    {HERD(max_clock_lead_ms), .name = "max_clock_lead", .parse = config_values_time,
     .default_text = "10000", RANGE(0, LIMIT_CLOCK_LEAD_MS, "milliseconds")},
    {HERD(clock_warning_ms), .name = "clock_warning", .parse = config_values_time,
     .default_text = "500",
     RANGE(LIMIT_CLOCK_WARNING_MS_MIN, LIMIT_CLOCK_WARNING_MS, "milliseconds")},
    {HERD(acknowledge_peers), .name = "acknowledge", .parse = config_values_acknowledge,
     .default_text = "memory", .minimum = 1, .maximum = LIMIT_ACKNOWLEDGING_PEERS},
    {HERD(expire_after_s), .name = "expire_after", .parse = config_values_time,
     .default_text = "0", RANGE(0, LIMIT_EXPIRE_AFTER_S, "seconds")},
    {HERD(expire_grace_s), .name = "expire_grace", .parse = config_values_time,
     .default_text = "60", RANGE(1, LIMIT_EXPIRE_GRACE_S, "seconds")},
    {.section = CONFIG_SECTION_HERD, .name = "places"},

    {PLACES(places), .name = "provider", .parse = config_places_provider, .default_text = "none"},
    {PLACES(places_file), .name = "file", .parse = config_values_path},
    {PLACES(places_classes), .name = "feature_classes", .parse = config_values_classes,
     .default_text = ""},
    {PLACES(provider.base_url), .name = "base_url", .parse = config_places_base_url},
    {PLACES(provider.key_env), .name = "key_env", .parse = config_places_variable},
    {PLACES(provider.key_file), .name = "key_file", .parse = config_values_path},
    {PLACES(provider.field_mask), .name = "field_mask", .parse = config_places_word,
     .default_text = "places.id,places.displayName,places.location,places.types,"
                     "places.shortFormattedAddress,places.rating,places.userRatingCount,"
                     "places.businessStatus"},
    {PLACES(provider.rank), .name = "rank", .parse = config_places_rank,
     .default_text = "popularity"},
    {PLACES(provider.language), .name = "language", .parse = config_places_word},
    {PLACES(provider.ca_file), .name = "ca_file", .parse = config_values_path},
    {PLACES(provider.proxy), .name = "proxy", .parse = config_places_proxy},
    {PLACES(provider.user_agent), .name = "user_agent", .parse = config_places_phrase,
     .default_text = "herd/" HERD_VERSION},
    {PLACES(provider.connect_timeout_ms), .name = "connect_timeout", .parse = config_values_time,
     .default_text = "2000",
     RANGE(LIMIT_PLACES_TIMEOUT_MS_MIN, LIMIT_PLACES_TIMEOUT_MS, "milliseconds")},
    {PLACES(provider.timeout_ms), .name = "timeout", .parse = config_values_time,
     .default_text = "4000",
     RANGE(LIMIT_PLACES_TIMEOUT_MS_MIN, LIMIT_PLACES_TIMEOUT_MS, "milliseconds")},
    {PLACES(provider.max_concurrent), .name = "max_concurrent", .parse = config_values_size,
     .default_text = "8", RANGE(1, LIMIT_PLACES_CONCURRENT, "requests")},
    {PLACES(provider.lock_dir), .name = "lock_dir", .parse = config_values_path},
    {PLACES(provider.cache_s), .name = "cache_seconds", .parse = config_values_time,
     .default_text = "300", RANGE(0, LIMIT_CACHE_S, "seconds")},
    {PLACES(provider.breaker_failures), .name = "breaker_failures", .parse = config_values_size,
     .default_text = "5", RANGE(1, LIMIT_BREAKER_FAILURES, "failures")},
    {PLACES(provider.breaker_pause_ms), .name = "breaker_pause", .parse = config_values_time,
     .default_text = "10000", RANGE(1, LIMIT_BREAKER_PAUSE_MS, "milliseconds")},
    {PLACES(provider.busy_pause_ms), .name = "busy_pause", .parse = config_values_time,
     .default_text = "30000", RANGE(1, LIMIT_BREAKER_PAUSE_MS, "milliseconds")},

    {.section = CONFIG_SECTION_MEMBER, .name = "clients", .parse = config_values_listeners,
     .required = true},
    {MEMBER(requests), .name = "requests", .parse = config_values_endpoint},
    {MEMBER(bus), .name = "bus", .parse = config_values_endpoint, .required = true},
    {MEMBER(tap), .name = "tap", .parse = config_values_endpoint},
    {.section = CONFIG_SECTION_MEMBER, .name = "web", .parse = config_values_web},
    {MEMBER(single), .name = "single", .parse = config_values_yes_no, .default_text = "no"},
    {.section = CONFIG_SECTION_MEMBER, .name = "neighbours", .parse = config_values_later,
     .default_text = ""},
};
/* clang-format on */

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static_assert((size_t)ROW_COUNT <= (size_t)CONFIG_KEYS_MAX, "config_found_t has room for each row");

const config_table_t *config_table(void)
{
    static const config_table_t table = {.rows = rows, .count = ROW_COUNT};
    return &table;
}
