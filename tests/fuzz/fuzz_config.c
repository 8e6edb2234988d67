/* Any bytes as a herd file: printable findings, and NULL exactly after an error. What is accepted
 * keeps its limits, its links have two ends, its endpoints can be read, and it differs from itself
 * in nothing. */
#include "common/base/limits.h"
#include "common/config/changes.h"
#include "common/protocol/record.h"
#include "common/sockets/endpoint.h"

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_finding(void *argument, config_severity_t severity, const char *file,
                          unsigned line, const char *text)
{
    size_t *error_count = argument;
    (void)file;
    (void)line;
    *error_count += severity == CONFIG_ERROR ? 1 : 0;
    assert(text[0] != '\0');
    for (const char *byte = text; *byte != '\0'; byte++) {
        assert(*byte >= 0x20 && *byte < 0x7f);
    }
}

static void check_limits(const config_t *config)
{
    assert(record_name_is_valid(text_of(config->herd_name)));
    assert(config->member_count > 0 && config->member_count <= LIMIT_MEMBERS);
    assert(config->max_line >= LIMIT_LINE_SIZE_MIN && config->max_line <= LIMIT_LINE_SIZE);
    assert(config->max_output >= LIMIT_OUTPUT_SIZE_MIN && config->max_output <= LIMIT_OUTPUT_SIZE);
    assert(config->max_connections > 0 && config->max_connections <= LIMIT_CONNECTIONS);
    assert(config->max_clients > 0 && config->max_clients <= LIMIT_CLIENTS);
    assert(config->max_memory <= LIMIT_STORE_MEMORY);
    assert(config->request_timeout_ms >= LIMIT_REQUEST_TIMEOUT_MS_MIN &&
           config->request_timeout_ms <= LIMIT_REQUEST_TIMEOUT_MS);
    assert(config->max_clock_lead_ms >= 0 && config->max_clock_lead_ms <= LIMIT_CLOCK_LEAD_MS);
    assert(config->acknowledge_peers <= LIMIT_ACKNOWLEDGING_PEERS);
    assert(config->expire_after_s >= 0 && config->expire_after_s <= LIMIT_EXPIRE_AFTER_S);
    assert((config->keys != NULL) == (config->security == CONFIG_SECURITY_CURVE));
    assert(config->places != CONFIG_PLACES_LOCAL || config->places_file != NULL);
}

/* Whether `member` has a link to the member with that index. */
static bool names(const config_member_t *member, size_t index)
{
    size_t count = 0;
    for (size_t i = 0; i < member->neighbour_count; i++) {
        count += member->neighbours[i] == index ? 1 : 0;
    }
    assert(count <= 1);
    return count > 0;
}

static void check_endpoint(const char *text)
{
    endpoint_t endpoint;
    status_t status = endpoint_parse(text, &endpoint);
    assert(status == STATUS_OK);
}

static void check_member(const config_t *config, size_t index)
{
    const config_member_t *member = &config->members[index];
    assert(record_name_is_valid(text_of(member->name)));
    assert(config_member(config, member->name) == member);
    assert(member->client_count > 0 && member->client_count <= LIMIT_LISTENERS);
    for (size_t i = 0; i < member->client_count; i++) {
        check_endpoint(member->clients[i]);
    }
    check_endpoint(member->requests);
    check_endpoint(member->bus);
    if (member->tap != NULL) {
        check_endpoint(member->tap);
    }
    for (size_t i = 0; i < member->neighbour_count; i++) {
        assert(member->neighbours[i] < config->member_count && member->neighbours[i] != index);
        assert(names(&config->members[member->neighbours[i]], index));
    }
}

static void fail_on_change(void *argument, const config_key_t *key, const char *before,
                           const char *now)
{
    (void)argument;
    (void)key;
    (void)before;
    (void)now;
    assert(false);
}

static void check_config(const config_t *config)
{
    check_limits(config);
    for (size_t i = 0; i < config->member_count; i++) {
        const config_view_t view = {.config = config, .member = &config->members[i]};
        check_member(config, i);
        config_changes_report(&view, &view, fail_on_change, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file = memfd_create("herd.cfg", MFD_CLOEXEC);
    assert(file >= 0);
    ssize_t written = write(file, data, size);
    assert(written == (ssize_t)size);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    size_t error_count = 0;
    config_t *config = config_load(path, check_finding, &error_count);
    assert((config == NULL) == (error_count > 0));
    if (config != NULL) {
        check_config(config);
    }
    config_destroy(&config);
    close(file);
    return 0;
}
