/* Section `places`: the parsers of its values, and which of its keys go together.
 *
 * Each value is parsed by itself first; config_places_check then looks at the section as a whole.
 * The provider decides: the table `uses` says which keys it has a use for, and others are warnings.
 * The local provider must have a file, those of Google exactly one source of a key, and what the
 * owners of a service forbid is an error (docs/places.md). Files are opened, to be sure that a
 * start will not fail by them; the file of a key is not, because it is the node's alone to read.
 */
#include "common/config/places.h"

#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/config/url.h"
#include "common/config/values.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Names of providers, by config_places_t. */
static const char *const provider_names[] = {
    [CONFIG_PLACES_NONE] = "none",         [CONFIG_PLACES_LOCAL] = "local",
    [CONFIG_PLACES_GOOGLE] = "google",     [CONFIG_PLACES_GOOGLE_LEGACY] = "google-legacy",
    [CONFIG_PLACES_OVERPASS] = "overpass",
};

enum {
    PROVIDER_COUNT = sizeof provider_names / sizeof provider_names[0],
    FOR_LOCAL = 1 << CONFIG_PLACES_LOCAL,
    FOR_GOOGLE = 1 << CONFIG_PLACES_GOOGLE,
    FOR_LEGACY = 1 << CONFIG_PLACES_GOOGLE_LEGACY,
    FOR_OVERPASS = 1 << CONFIG_PLACES_OVERPASS,
    FOR_KEYED = FOR_GOOGLE | FOR_LEGACY,
    FOR_REMOTE = FOR_KEYED | FOR_OVERPASS,
};

/* Which providers have a use for a key. */
static const struct {
    const char *name;
    unsigned providers; /* bits FOR_... */
} uses[] = {
    {"file", FOR_LOCAL},
    {"base_url", FOR_REMOTE},
    {"key_env", FOR_KEYED},
    {"key_file", FOR_KEYED},
    {"field_mask", FOR_GOOGLE},
    {"rank", FOR_GOOGLE},
    {"language", FOR_KEYED},
    {"ca_file", FOR_REMOTE},
    {"proxy", FOR_REMOTE},
    {"user_agent", FOR_REMOTE},
    {"connect_timeout", FOR_REMOTE},
    {"timeout", FOR_REMOTE},
    {"max_concurrent", FOR_REMOTE},
    {"lock_dir", FOR_OVERPASS},
    {"cache_seconds", FOR_REMOTE},
    {"breaker_failures", FOR_REMOTE},
    {"breaker_pause", FOR_REMOTE},
    {"busy_pause", FOR_OVERPASS},
};

void config_places_provider(const config_reader_t *reader, const config_key_t *key,
                            const config_setting_t *setting, void *structure)
{
    for (size_t i = 0; i < PROVIDER_COUNT; i++) {
        if (strcmp(setting->value, provider_names[i]) == 0) {
            *(config_places_t *)config_values_field(key, structure) = (config_places_t)i;
            return;
        }
    }
    config_values_bad(reader, setting,
                      "\"local\", \"google\", \"google-legacy\", \"overpass\" or \"none\"");
}

void config_places_rank(const config_reader_t *reader, const config_key_t *key,
                        const config_setting_t *setting, void *structure)
{
    bool by_distance = strcmp(setting->value, "distance") == 0;
    if (!by_distance && strcmp(setting->value, "popularity") != 0) {
        config_values_bad(reader, setting, "\"popularity\" or \"distance\"");
        return;
    }
    *(config_rank_t *)config_values_field(key, structure) =
        by_distance ? CONFIG_RANK_DISTANCE : CONFIG_RANK_POPULARITY;
}

void config_places_word(const config_reader_t *reader, const config_key_t *key,
                        const config_setting_t *setting, void *structure)
{
    if (!config_url_is_printable(setting->value, '!')) {
        config_values_bad(reader, setting, "printable ASCII without spaces");
        return;
    }
    *(const char **)config_values_field(key, structure) = setting->value;
}

void config_places_phrase(const config_reader_t *reader, const config_key_t *key,
                          const config_setting_t *setting, void *structure)
{
    if (!config_url_is_printable(setting->value, ' ')) {
        config_values_bad(reader, setting, "printable ASCII");
        return;
    }
    *(const char **)config_values_field(key, structure) = setting->value;
}

static bool config_is_variable(const char *value)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    size_t size = strlen(value);
    return size > 0 && strchr(letters, value[0]) != NULL &&
           strspn(value, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") == size;
}

/* The value is not shown: someone who puts the key where its name belongs must not find it in a
 * log. */
void config_places_variable(const config_reader_t *reader, const config_key_t *key,
                            const config_setting_t *setting, void *structure)
{
    if (!config_is_variable(setting->value)) {
        config_findings_error(
            reader->findings, setting->line,
            "\"%s\" must be the name of an environment variable: letters, digits and "
            "\"_\", the first no "
            "digit; the key itself does not belong in this file",
            setting->name);
        return;
    }
    *(const char **)config_values_field(key, structure) = setting->value;
}

/* No user name or password, no question, no fragment: the provider's own path is put behind it. */
static bool config_is_plain_url(const char *value)
{
    return config_url_is_printable(value, '!') && strpbrk(value, "@?#\\") == NULL &&
           strlen(value) <= LIMIT_BASE_URL_SIZE;
}

void config_places_base_url(const config_reader_t *reader, const config_key_t *key,
                            const config_setting_t *setting, void *structure)
{
    text_t rest = text_of(setting->value);
    text_t host;
    bool secure;
    if (!config_is_plain_url(setting->value) || !config_url_take_origin(&rest, &host, &secure)) {
        config_values_bad(reader, setting,
                          "of the form https://host, https://host:port or https://host/path");
        return;
    }
    if (!secure && !config_url_is_loopback(reader, host)) {
        config_findings_error(
            reader->findings, setting->line,
            "\"%s\" must begin with https:// unless its host is this machine (127.0.0.1, [::1], "
            "localhost): keys and positions would travel in the open",
            setting->name);
        return;
    }
    size_t size = strlen(setting->value);
    while (setting->value[size - 1] == '/') {
        size--;
    }
    *(const char **)config_values_field(key, structure) =
        arena_copy_text(reader->arena, setting->value, size);
}

void config_places_proxy(const config_reader_t *reader, const config_key_t *key,
                         const config_setting_t *setting, void *structure)
{
    text_t rest = text_of(setting->value);
    text_t host;
    if (!config_is_plain_url(setting->value) ||
        (!config_url_take_prefix(&rest, TEXT("http://")) &&
         !config_url_take_prefix(&rest, TEXT("https://")) &&
         !config_url_take_prefix(&rest, TEXT("socks5h://"))) ||
        !config_url_take_host(&rest, &host) || rest.size > 0) {
        config_values_bad(
            reader, setting,
            "http://host:port, https://host:port or socks5h://host:port, without a password");
        return;
    }
    *(const char **)config_values_field(key, structure) = setting->value;
}

/* Whether the file that a setting names is a plain one that can be read. `path` is NULL if its own
 * parser refused it. Not looked at for those who only ask. */
static void config_check_file(const config_reader_t *reader, const config_setting_t *setting,
                              const char *path, const char *what)
{
    if (path == NULL || reader->leaves_files) {
        return;
    }
    int file;
    struct stat state;
    status_t status = files_open_plain(path, &file, &state);
    if (status == STATUS_OK) {
        close(file);
    } else if (status == STATUS_INVALID) {
        config_findings_error(reader->findings, setting->line, "the %s file %s is not a plain file",
                              what, config_findings_shown(reader->findings, path));
    } else {
        config_findings_error(reader->findings, setting->line,
                              "the %s file %s cannot be opened: %s", what,
                              config_findings_shown(reader->findings, path), strerror(errno));
    }
}

static void config_warn_unused(const config_reader_t *reader, const config_found_t *found,
                               config_places_t provider)
{
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        const config_setting_t *setting = config_keys_found(found, uses[i].name);
        if (setting != NULL && (uses[i].providers >> provider & 1) == 0) {
            config_findings_warning(reader->findings, setting->line,
                                    "\"%s\" is not used: the provider is \"%s\"", uses[i].name,
                                    provider_names[provider]);
        }
    }
}

/* The file of a key is looked at by the node alone: others that read the herd file need no right to
 * it. */
static void config_check_key(const config_reader_t *reader, const config_found_t *found,
                             const char *provider, unsigned section_line)
{
    const config_setting_t *variable = config_keys_found(found, "key_env");
    const config_setting_t *file = config_keys_found(found, "key_file");
    if (variable == NULL && file == NULL) {
        config_findings_error(
            reader->findings, section_line,
            "the provider \"%s\" needs a key: \"key_env\" names an environment variable, "
            "\"key_file\" a file",
            provider);
    } else if (variable != NULL && file != NULL) {
        config_findings_error(reader->findings, file->line,
                              "\"key_file\" and \"key_env\" (line %u) exclude each other",
                              variable->line);
    }
}

/* What the owners of a service allow. */
static void config_check_terms(const config_reader_t *reader, const config_found_t *found,
                               const config_t *config)
{
    const config_setting_t *cache = config_keys_found(found, "cache_seconds");
    const config_setting_t *concurrent = config_keys_found(found, "max_concurrent");
    unsigned provider = 1U << config->places;
    if (cache != NULL && (provider & FOR_KEYED) != 0) {
        config_findings_error(
            reader->findings, cache->line,
            "\"cache_seconds\" must not be set with \"%s\": Google's terms restrict "
            "keeping what it answers",
            provider_names[config->places]);
    }
    if (concurrent != NULL && (provider & FOR_OVERPASS) != 0 &&
        config->provider.max_concurrent > LIMIT_OVERPASS_CONCURRENT) {
        config_findings_error(reader->findings, concurrent->line,
                              "\"max_concurrent\" must be at most %d with \"overpass\"",
                              LIMIT_OVERPASS_CONCURRENT);
    }
}

void config_places_check(const config_reader_t *reader, const config_found_t *found,
                         config_t *config, unsigned section_line)
{
    unsigned provider = 1U << config->places;
    const config_setting_t *file = config_keys_found(found, "file");
    const config_setting_t *ca_file = config_keys_found(found, "ca_file");
    config_warn_unused(reader, found, config->places);
    if ((provider & FOR_LOCAL) != 0 && file == NULL) {
        config_findings_error(reader->findings, section_line,
                              "the provider \"local\" needs a \"file\"");
    } else if ((provider & FOR_LOCAL) != 0) {
        config_check_file(reader, file, config->places_file, "places");
    }
    if ((provider & FOR_REMOTE) != 0 && ca_file != NULL) {
        config_check_file(reader, ca_file, config->provider.ca_file, "certificate");
    }
    config_check_terms(reader, found, config);
    if ((provider & FOR_KEYED) != 0) {
        config_check_key(reader, found, provider_names[config->places], section_line);
    }
}
