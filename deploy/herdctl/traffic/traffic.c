/* herdctl traffic: prints logs of traffic, of records or of lines. */
#include "deploy/herdctl/traffic/traffic.h"

#include "common/base/timestamp.h"

#include <stdlib.h>
#include <string.h>

/* What stands on the command line (open value struct). */
typedef struct {
    herdctl_traffic_filter_t filter;
    char *client; /* the bytes of filter.client */
    bool follow;
    bool json;
} arguments_t;

/* "2026-03-01T12:00:00Z", "2026-03-01T12:00:00.250Z" or "1772366400.25" */
static bool take_time(void *argument, const char *value)
{
    int64_t *time_ns = argument;
    text_t text = text_of(value);
    return timestamp_parse(text, time_ns) || timestamp_parse_iso8601(text, time_ns);
}

/* A choice of --kind to bits. */
static unsigned kinds_of(size_t choice)
{
    static const unsigned kinds[] = {~0U, 1U << LOG_RECEIVED, 1U << LOG_ANSWERED, 1U << LOG_CAME,
                                     1U << LOG_LEFT};
    return kinds[choice];
}

static bool read_line(const herdctl_t *self, arguments_t *arguments, options_operands_t *ret_files,
                      herdctl_exit_t *ret_exit)
{
    static const char *const kinds[] = {"all", "received", "answered", "came", "left", NULL};
    size_t kind = 0;
    const char *client = NULL;
    herdctl_traffic_filter_t *filter = &arguments->filter;
    const options_row_t rows[] = {
        {"client", "ID", "only lines about this client", .string = &client},
        {"since", "TIME", "only from this time on: 2026-03-01T12:00:00Z, or POSIX seconds",
         .take = take_time, .argument = &filter->since_ns,
         .refusal = "--since takes a time as 2026-03-01T12:00:00Z, or POSIX seconds"},
        {"until", "TIME", "only before this time", .take = take_time, .argument = &filter->until_ns,
         .refusal = "--until takes a time as 2026-03-01T12:00:00Z, or POSIX seconds"},
        {"kind", "KIND", "only of this kind: received, answered, came, left", .choice = &kind,
         .choices = kinds},
        {"follow", NULL, "go on as the file grows and is rotated", 'f', .flag = &arguments->follow},
        {.value = "FILE", .help = "a log of traffic, of records or of lines; - is standard input"},
        {0},
    };
    const herdctl_command_line_t line = {
        .rows = rows,
        .json = &arguments->json,
        .operands_min = 1,
        .operands_max = OPTIONS_MANY,
        .operands = "traffic takes files, or - for standard input",
    };
    if (!herdctl_command_read(self, &line, ret_files, ret_exit)) {
        return false;
    }
    filter->kinds = kinds_of(kind);
    filter->has_client = client != NULL;
    *ret_exit = HERDCTL_USAGE;
    return client == NULL ||
           herdctl_command_take_client(client, &arguments->client, &filter->client);
}

static herdctl_exit_t print_files(arguments_t *arguments, options_operands_t files)
{
    herdctl_traffic_show_t show;
    herdctl_exit_t result = HERDCTL_OK;
    herdctl_traffic_show_init(&show, arguments->json);
    for (size_t i = 0; i < files.count; i++) {
        herdctl_exit_t one = herdctl_traffic_files_print(files.items[i], arguments->follow,
                                                         &arguments->filter, &show);
        result = one != HERDCTL_OK ? one : result;
    }
    herdctl_traffic_show_done(&show);
    return result;
}

herdctl_exit_t herdctl_traffic(const herdctl_t *self)
{
    arguments_t arguments = {.filter = {.since_ns = INT64_MIN, .until_ns = INT64_MAX}};
    options_operands_t files;
    herdctl_exit_t result;
    if (!read_line(self, &arguments, &files, &result)) {
        return result;
    }
    if (arguments.follow && (files.count > 1 || strcmp(files.items[0], "-") == 0)) {
        result = herdctl_command_refuse("traffic --follow takes one file");
    } else {
        result = print_files(&arguments, files);
    }
    free(arguments.client);
    return result;
}
