#include "common/config/values.h"

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/sockets/endpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool config_values_check_name(const config_reader_t *reader, const char *name, unsigned line)
{
    size_t size = strlen(name);
    bool valid = size > 0 && size <= LIMIT_NAME_SIZE && text_is_alphanumeric(name[0]);
    for (size_t i = 0; valid && i < size; i++) {
        valid = text_is_alphanumeric(name[i]) || strchr("_-.", name[i]) != NULL;
    }
    if (!valid) {
        config_findings_error(
            reader->findings, line,
            "\"%s\" is no name: 1 to %d letters, digits, \"_\", \"-\" and \".\", the first "
            "a letter or digit",
            config_findings_shown(reader->findings, name), LIMIT_NAME_SIZE);
    }
    return valid;
}

void *config_values_field(const config_key_t *key, void *structure)
{
    return (char *)structure + key->offset;
}

void config_values_bad(const config_reader_t *reader, const config_setting_t *setting,
                       const char *right)
{
    config_findings_error(reader->findings, setting->line, "\"%s\" must be %s, not \"%s\"",
                          setting->name, right,
                          config_findings_shown(reader->findings, setting->value));
}

void config_values_name(const config_reader_t *reader, const config_key_t *key,
                        const config_setting_t *setting, void *structure)
{
    if (config_values_check_name(reader, setting->value, setting->line)) {
        *(const char **)config_values_field(key, structure) = setting->value;
    }
}

void config_values_path(const config_reader_t *reader, const config_key_t *key,
                        const config_setting_t *setting, void *structure)
{
    if (setting->value[0] == '\0') {
        config_values_bad(reader, setting, "a path");
        return;
    }
    *(const char **)config_values_field(key, structure) =
        config_values_absolute_path(reader, setting->value);
}

void config_values_yes_no(const config_reader_t *reader, const config_key_t *key,
                          const config_setting_t *setting, void *structure)
{
    bool yes = strcmp(setting->value, "yes") == 0;
    if (!yes && strcmp(setting->value, "no") != 0) {
        config_values_bad(reader, setting, "\"yes\" or \"no\"");
        return;
    }
    *(bool *)config_values_field(key, structure) = yes;
}

void config_values_traffic(const config_reader_t *reader, const config_key_t *key,
                           const config_setting_t *setting, void *structure)
{
    static const char *const texts[] = {[CONFIG_TRAFFIC_NO] = "no",
                                        [CONFIG_TRAFFIC_YES] = "yes",
                                        [CONFIG_TRAFFIC_BINARY] = "binary"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(setting->value, texts[i]) == 0) {
            *(config_traffic_t *)config_values_field(key, structure) = (config_traffic_t)i;
            return;
        }
    }
    config_values_bad(reader, setting, "\"yes\", \"binary\" or \"no\"");
}

static bool config_values_number(const config_reader_t *reader, const config_key_t *key,
                                 const config_setting_t *setting, uint64_t *ret_number)
{
    uint64_t number;
    if (!text_to_u64(text_of(setting->value), key->maximum, &number) || number < key->minimum) {
        char right[96];
        snprintf(right, sizeof right, "a whole number of %s from %" PRIu64 " to %" PRIu64,
                 key->unit, key->minimum, key->maximum);
        config_values_bad(reader, setting, right);
        return false;
    }
    *ret_number = number;
    return true;
}

void config_values_size(const config_reader_t *reader, const config_key_t *key,
                        const config_setting_t *setting, void *structure)
{
    uint64_t number;
    if (config_values_number(reader, key, setting, &number)) {
        *(size_t *)config_values_field(key, structure) = (size_t)number;
    }
}

void config_values_time(const config_reader_t *reader, const config_key_t *key,
                        const config_setting_t *setting, void *structure)
{
    uint64_t number;
    if (config_values_number(reader, key, setting, &number)) {
        *(int64_t *)config_values_field(key, structure) = (int64_t)number;
    }
}

/* "memory", "peers 2", "disk", "disk peers 2"; false for all else. */
static bool config_read_acknowledge(const config_key_t *key, text_t value, bool *ret_disk,
                                    uint64_t *ret_peers)
{
    text_t word;
    text_t number;
    text_t extra;
    if (!text_take_field(&value, &word)) {
        return false;
    }
    bool disk = text_equal(word, TEXT("disk"));
    bool more = disk ? text_take_field(&value, &word) : !text_equal(word, TEXT("memory"));
    *ret_disk = disk;
    *ret_peers = 0;
    if (!more) {
        return !text_take_field(&value, &extra);
    }
    return text_equal(word, TEXT("peers")) && text_take_field(&value, &number) &&
           !text_take_field(&value, &extra) && text_to_u64(number, key->maximum, ret_peers) &&
           *ret_peers >= key->minimum;
}

void config_values_acknowledge(const config_reader_t *reader, const config_key_t *key,
                               const config_setting_t *setting, void *structure)
{
    config_t *config = structure;
    uint64_t peers;
    bool disk;
    if (!config_read_acknowledge(key, text_of(setting->value), &disk, &peers)) {
        char right[128];
        snprintf(right, sizeof right,
                 "\"memory\", or \"peers N\" with N from %" PRIu64 " to %" PRIu64
                 ", or with the disk \"disk\" or \"disk peers N\"",
                 key->minimum, key->maximum);
        config_values_bad(reader, setting, right);
        return;
    }
    config->acknowledge_disk = disk;
    *(size_t *)config_values_field(key, structure) = (size_t)peers;
}

void config_values_classes(const config_reader_t *reader, const config_key_t *key,
                           const config_setting_t *setting, void *structure)
{
    geonames_classes_t classes;
    if (geonames_parse_classes(text_of(setting->value), &classes) != STATUS_OK) {
        config_values_bad(reader, setting,
                          "letters of \"" GEONAMES_CLASSES "\", each once, or empty for all");
        return;
    }
    *(geonames_classes_t *)config_values_field(key, structure) = classes;
}

/* How the file writes a kind of endpoint (open value struct). */
typedef struct {
    const char *scheme; /* before host and port */
    const char *right;  /* what others must be */
} config_form_t;

static const config_form_t endpoint_form = {"tcp://", "of the form tcp://host:port or ipc://path"};
static const config_form_t clients_form = {"tcp://", "of the form tcp://host:port"};
static const config_form_t web_form = {"http://", "of the form http://host:port"};

/* What must be instead of what is not a host and a port. */
static const char *config_right_form(const config_form_t *form, const char *text)
{
    size_t size = strlen(form->scheme);
    text_t rest = text_of(text);
    text_t host;
    text_t port;
    uint16_t number;
    if (strncmp(text, form->scheme, size) != 0 ||
        !address_split(text_after(rest, size), &host, &port) ||
        address_parse_port(port, &number) == STATUS_INVALID) {
        return form->right;
    }
    if (host.size > 0 && memchr(host.data, '%', host.size) != NULL) {
        return "an endpoint whose zone is that of a link-local address, [fe80::1%eth0]: an "
               "interface's name of 1 to 15 letters";
    }
    if (address_looks_ipv4(host)) {
        return "an endpoint whose IPv4 address is four decimal numbers from 0 to 255, without "
               "zeros before them";
    }
    return form->right;
}

/* Why an endpoint does not parse; `text` is as the file has it. */
static void config_bad_endpoint(const config_reader_t *reader, const config_setting_t *setting,
                                const config_form_t *form, const char *text, status_t status)
{
    const char *shown = config_findings_shown(reader->findings, text);
    const char *reason = config_right_form(form, text);
    if (status == STATUS_OUT_OF_RANGE) {
        reason = "an endpoint with a port from 1 to 65535";
    } else if (status == STATUS_TOO_LONG && strncmp(text, "ipc:", 4) == 0) {
        config_findings_error(
            reader->findings, setting->line,
            "\"%s\": the socket path %s is %zu bytes long; Unix sockets take %d at most, so use a "
            "shorter folder",
            setting->name, shown, strlen(text) - strlen("ipc://"), LIMIT_IPC_PATH_SIZE);
        return;
    } else if (status == STATUS_TOO_LONG) {
        reason = "an endpoint with a host of at most 255 bytes";
    }
    config_findings_error(reader->findings, setting->line, "\"%s\" must be %s, not \"%s\"",
                          setting->name, reason, shown);
}

/* A relative ipc path is relative to the herd file, like every path in it. */
static const char *config_absolute_endpoint(const config_reader_t *reader, const char *text)
{
    static const char ipc[] = "ipc://";
    size_t size = sizeof ipc - 1;
    if (strncmp(text, ipc, size) != 0 || text[size] == '/' || text[size] == '\0' ||
        text[size] == '*' || text[size] == '@') {
        return text;
    }
    return arena_format(reader->arena, "%s%s", ipc,
                        config_values_absolute_path(reader, text + size));
}

void config_values_endpoint(const config_reader_t *reader, const config_key_t *key,
                            const config_setting_t *setting, void *structure)
{
    const char *text = config_absolute_endpoint(reader, setting->value);
    endpoint_t endpoint;
    status_t status = endpoint_parse(text, &endpoint);
    if (status != STATUS_OK) {
        config_bad_endpoint(reader, setting, &endpoint_form, text, status);
        return;
    }
    if (endpoint.kind == ENDPOINT_TCP && !address_is_numeric(&endpoint.address)) {
        config_findings_error(
            reader->findings, setting->line,
            "\"%s\" must have an IP address as its host, not \"%s\": ZeroMQ binds to no host "
            "names, and others connect to this endpoint",
            setting->name, config_findings_shown(reader->findings, endpoint.address.host));
        return;
    }
    if (address_is_link_local(&endpoint.address)) {
        config_findings_error(
            reader->findings, setting->line,
            "\"%s\" must not have a link-local address, %s: its zone is the name of an interface "
            "of one machine, and others connect to this endpoint",
            setting->name, config_findings_shown(reader->findings, endpoint.address.host));
        return;
    }
    *(const char **)config_values_field(key, structure) = text;
}

/* The endpoint of a listener, which the file has as `text`; NULL after an error. */
static const char *config_listener(const config_reader_t *reader, const config_setting_t *setting,
                                   const config_form_t *form, const char *text)
{
    size_t size = strlen(form->scheme);
    endpoint_t endpoint;
    const char *listener = NULL;
    status_t status = STATUS_INVALID;
    if (strncmp(text, form->scheme, size) == 0) {
        listener = arena_format(reader->arena, "tcp://%s", text + size);
        status = endpoint_parse(listener, &endpoint);
    }
    if (status != STATUS_OK) {
        config_bad_endpoint(reader, setting, form, text, status);
        return NULL;
    }
    if (address_is_link_local(&endpoint.address) && address_zone(&endpoint.address).size == 0) {
        config_findings_error(
            reader->findings, setting->line,
            "\"%s\" must name the interface of a link-local address, as [%s%%eth0]", setting->name,
            config_findings_shown(reader->findings, endpoint.address.host));
        return NULL;
    }
    return listener;
}

/* Listeners as a member has them. */
typedef struct {
    const char **endpoints; /* in the arena */
    size_t count;           /* 1 .. LIMIT_LISTENERS */
} config_found_listeners_t;

/* False after an error. */
static bool config_take_listeners(const config_reader_t *reader, const config_setting_t *setting,
                                  const config_form_t *form, config_found_listeners_t *ret_found)
{
    config_found_listeners_t found = {
        .endpoints = arena_take(reader->arena, LIMIT_LISTENERS * sizeof *found.endpoints)};
    text_t rest = text_of(setting->value);
    text_t field;
    while (text_take_field(&rest, &field)) {
        if (found.count == LIMIT_LISTENERS) {
            config_findings_error(reader->findings, setting->line,
                                  "\"%s\" has more than %d endpoints", setting->name,
                                  LIMIT_LISTENERS);
            return false;
        }
        const char *text = arena_copy_text(reader->arena, field.data, field.size);
        const char *listener = config_listener(reader, setting, form, text);
        if (listener == NULL) {
            return false;
        }
        found.endpoints[found.count++] = listener;
    }
    if (found.count == 0) {
        char right[64];
        snprintf(right, sizeof right, "one or more endpoints %shost:port", form->scheme);
        config_values_bad(reader, setting, right);
        return false;
    }
    *ret_found = found;
    return true;
}

void config_values_listeners(const config_reader_t *reader, const config_key_t *key,
                             const config_setting_t *setting, void *structure)
{
    (void)key;
    config_member_t *member = structure;
    config_found_listeners_t found;
    if (config_take_listeners(reader, setting, &clients_form, &found)) {
        member->clients = found.endpoints;
        member->client_count = found.count;
    }
}

void config_values_web(const config_reader_t *reader, const config_key_t *key,
                       const config_setting_t *setting, void *structure)
{
    (void)key;
    config_member_t *member = structure;
    config_found_listeners_t found;
    if (config_take_listeners(reader, setting, &web_form, &found)) {
        member->web = found.endpoints;
        member->web_count = found.count;
    }
}

void config_values_later(const config_reader_t *reader, const config_key_t *key,
                         const config_setting_t *setting, void *structure)
{
    (void)reader;
    (void)key;
    (void)setting;
    (void)structure;
}

const char *config_values_absolute_path(const config_reader_t *reader, const char *path)
{
    if (path[0] == '/') {
        return path;
    }
    bool at_root = strcmp(reader->folder, "/") == 0;
    return arena_format(reader->arena, "%s/%s", at_root ? "" : reader->folder, path);
}
