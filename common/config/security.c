#include "common/config/security.h"

#include "common/config/values.h"

#include <string.h>

const char *config_security_text(config_security_t security)
{
    switch (security) {
    case CONFIG_SECURITY_CURVE: return "curve";
    case CONFIG_SECURITY_NONE: return "none";
    case CONFIG_SECURITY_LOCAL: break;
    }
    return "local";
}

void config_security_parse(const config_reader_t *reader, const config_key_t *key,
                           const config_setting_t *setting, void *structure)
{
    config_security_t security = CONFIG_SECURITY_CURVE;
    if (strcmp(setting->value, "none") == 0) {
        security = CONFIG_SECURITY_NONE;
    } else if (strcmp(setting->value, "curve") != 0) {
        config_values_bad(reader, setting, "\"curve\" or \"none\"");
        return;
    }
    *(config_security_t *)config_values_field(key, structure) = security;
}

void config_security_parse_web(const config_reader_t *reader, const config_key_t *key,
                               const config_setting_t *setting, void *structure)
{
    bool open = strcmp(setting->value, "none") == 0;
    if (!open && strcmp(setting->value, "local") != 0) {
        config_values_bad(reader, setting, "\"local\" or \"none\"");
        return;
    }
    *(bool *)config_values_field(key, structure) = open;
}

void config_security_check(const config_reader_t *reader, const config_found_t *found,
                           config_t *config)
{
    const config_setting_t *keys = config_keys_found(found, "keys");
    const config_setting_t *security = config_keys_found(found, "security");
    if (config->keys == NULL) {
        if (keys == NULL && security != NULL && config->security == CONFIG_SECURITY_CURVE) {
            config_findings_error(
                reader->findings, security->line,
                "\"security\" is \"curve\", but no folder of keys is named (keys)");
        }
        return;
    }
    if (security == NULL) {
        config->security = CONFIG_SECURITY_CURVE;
    } else if (config->security == CONFIG_SECURITY_NONE) {
        config_findings_warning(reader->findings, keys->line,
                                "\"keys\" are not used: \"security\" is \"none\" (line %u)",
                                security->line);
        config->keys = NULL;
    }
}
