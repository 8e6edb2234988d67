/* herdctl tap: shows what the taps of members publish (bus-protocol.md, The tap). */
#include "deploy/herdctl/tap/tap.h"

#include "common/base/timestamp.h"
#include "deploy/herdctl/frame/connection.h"

#include <stdio.h>
#include <stdlib.h>

/* Whether any message can match: clients have no peers, links have no clients. */
static bool may_match(const herdctl_tap_filter_t *filter)
{
    char prefix[HERDCTL_TAP_PREFIX_SIZE];
    for (unsigned kind = 0; kind < PUBLICATION_KINDS; kind++) {
        if (herdctl_tap_filter_prefix(filter, (publication_kind_t)kind, prefix)) {
            return true;
        }
    }
    return false;
}

static herdctl_exit_t watch_some(const config_t *config, options_operands_t names,
                                 herdctl_tap_options_t *options)
{
    security_t *keys = NULL;
    size_t count;
    const config_member_t **members = herdctl_command_members(config, names, &count);
    herdctl_exit_t result = HERDCTL_FAILED;
    if (members != NULL && herdctl_connection_open_tap_keys(config, &keys)) {
        options->keys = keys;
        result = herdctl_tap_watch(members, count, options);
    }
    security_close(&keys);
    free(members);
    return result;
}

static bool take_kinds(void *argument, const char *value)
{
    return herdctl_tap_filter_parse_kinds(value, argument);
}

static bool read_line(const herdctl_t *self, herdctl_tap_options_t *options,
                      options_operands_t *ret_names, herdctl_exit_t *ret_exit)
{
    int64_t duration_ns = 0;
    bool raw = false;
    bool json;
    const options_row_t rows[] = {
        {"kind", "KIND,...", "only of these kinds: in, out, request, reply, apply, link",
         .take = take_kinds, .argument = &options->filter.kinds,
         .refusal = "--kind takes some of in,out,request,reply,apply,link"},
        {"peer", "GLOB", "only of neighbours, or front-ends, that match",
         .string = &options->filter.peer},
        {"type", "TYPE", "only messages of this type, or such events",
         .string = &options->filter.type},
        {"client", "GLOB", "only with a record, request or reply of a client that matches",
         .string = &options->filter.client},
        {"count", "N", "end after so many messages", .number = &options->count, .minimum = 1,
         .maximum = UINT64_MAX},
        {"duration", "SECONDS", "end after this time", .seconds_ns = &duration_ns},
        {"raw", NULL, "print all frames, each with its length in bytes", .flag = &raw},
        {0},
    };
    if (!herdctl_command_read_members(self, rows, &json, ret_names, ret_exit)) {
        return false;
    }
    if (raw && json) {
        *ret_exit = herdctl_command_refuse("tap prints with --raw or with --json, not both");
        return false;
    }
    options->duration_ms = duration_ns / TIMESTAMP_NS_PER_MS;
    options->format = json ? HERDCTL_TAP_JSON : raw ? HERDCTL_TAP_RAW : HERDCTL_TAP_LINES;
    return true;
}

herdctl_exit_t herdctl_tap(const herdctl_t *self)
{
    herdctl_tap_options_t options = {.filter = {.kinds = PUBLICATION_ALL}};
    options_operands_t names;
    herdctl_exit_t result;
    if (!read_line(self, &options, &names, &result)) {
        return result;
    }
    if (!may_match(&options.filter)) {
        return herdctl_command_refuse("no message is of these kinds and has all of these");
    }
    config_t *config = herdctl_command_load(self);
    result = config != NULL ? watch_some(config, names, &options) : HERDCTL_FAILED;
    config_destroy(&config);
    return result;
}
