/* herdctl tap: shows what the taps of members publish (bus-protocol.md, The tap). */
#include "deploy/herdctl/tap/tap.h"
#include "deploy/herdctl/frame/connection.h"

#include "common/base/timestamp.h"
#include "deploy/herdctl/frame/options.h"

#include <stdio.h>
#include <stdlib.h>

/* As text. */
typedef struct {
    const char *kinds;
    const char *count;
    const char *duration;
    bool raw;
    bool json;
} arguments_t;

static bool read_arguments(const arguments_t *arguments, herdctl_tap_options_t *options)
{
    int64_t duration_ns = 0;
    if (arguments->raw && arguments->json) {
        herdctl_usage_error("tap prints with --raw or with --json, not both");
        return false;
    }
    if (arguments->kinds != NULL &&
        !herdctl_tap_parse_kinds(arguments->kinds, &options->filter.kinds)) {
        herdctl_usage_error("--kind takes some of in,out,request,reply,apply,link, not \"%s\"",
                            arguments->kinds);
        return false;
    }
    if (!herdctl_take_number("--count", arguments->count, 1, UINT64_MAX, &options->count) ||
        !herdctl_take_seconds("--duration", arguments->duration, &duration_ns)) {
        return false;
    }
    options->duration_ms = duration_ns / TIMESTAMP_NS_PER_MS;
    if (arguments->json) {
        options->format = HERDCTL_TAP_JSON;
    } else if (arguments->raw) {
        options->format = HERDCTL_TAP_RAW;
    }
    return true;
}

/* Whether any message could pass: clients have no peers, links have no clients. */
static bool may_match(const herdctl_tap_filter_t *filter)
{
    char prefix[HERDCTL_TAP_PREFIX_SIZE];
    for (unsigned kind = 0; kind < PUBLICATION_KINDS; kind++) {
        if (herdctl_tap_prefix(filter, (publication_kind_t)kind, prefix)) {
            return true;
        }
    }
    herdctl_usage_error("no message is of these kinds and has all of these");
    return false;
}

static herdctl_exit_t watch_some(const config_t *config, char **names, size_t name_count,
                                 herdctl_tap_options_t *options)
{
    security_t *keys = NULL;
    size_t count;
    const config_member_t **members = herdctl_choose_members(config, names, name_count, &count);
    herdctl_exit_t result = HERDCTL_FAILED;
    if (members != NULL && herdctl_open_tap_keys(config, &keys)) {
        options->keys = keys;
        result = herdctl_tap_watch(members, count, options);
    }
    security_close(&keys);
    free(members);
    return result;
}

herdctl_exit_t herdctl_tap(const herdctl_t *self, int argc, char **argv)
{
    arguments_t arguments = {.json = self->json};
    herdctl_tap_options_t options = {.filter = {.kinds = PUBLICATION_ALL}};
    const herdctl_option_t known[] = {
        {"--peer", NULL, &options.filter.peer},
        {"--type", NULL, &options.filter.type},
        {"--client", NULL, &options.filter.client},
        {"--kind", NULL, &arguments.kinds},
        {"--json", &arguments.json, NULL},
        {"--raw", &arguments.raw, NULL},
        {"--count", NULL, &arguments.count},
        {"--duration", NULL, &arguments.duration},
        {NULL, NULL, NULL},
    };
    if (!herdctl_take_options(known, &argc, argv) || !read_arguments(&arguments, &options) ||
        !may_match(&options.filter)) {
        return HERDCTL_USAGE;
    }
    config_t *config = herdctl_load(self);
    herdctl_exit_t result = HERDCTL_FAILED;
    if (config != NULL) {
        result = watch_some(config, argv + 1, (size_t)(argc - 1), &options);
    }
    config_destroy(&config);
    return result;
}
