/* herdctl check: everything that is wrong with a herd file. */
#include "deploy/herdctl/commands.h"

#include "common/program/herd_file.h"

#include <stdio.h>

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static size_t link_count(const config_t *config)
{
    size_t ends = 0;
    for (size_t i = 0; i < config->member_count; i++) {
        ends += config->members[i].neighbour_count;
    }
    return ends / 2; /* a link has two */
}

static void print_summary(const config_t *config, size_t warning_count)
{
    size_t links = link_count(config);
    printf("%s: herd %s, %zu member%s, %zu link%s", config->file, config->herd_name,
           config->member_count, plural(config->member_count), links, plural(links));
    if (warning_count > 0) {
        printf(", %zu warning%s", warning_count, plural(warning_count));
    }
    puts("");
}

herdctl_exit_t herdctl_check(const herdctl_t *self)
{
    const herdctl_command_line_t line = {.operands_max = 1, .operands = "check takes one file"};
    options_operands_t files;
    herdctl_exit_t result;
    if (!herdctl_command_read(self, &line, &files, &result)) {
        return result;
    }
    herd_file_printer_t printer;
    herd_file_printer_init(&printer, stderr);
    const char *path = files.count > 0 ? files.items[0] : self->config_path;
    config_t *config = config_load(path, herd_file_print_finding, &printer);
    if (config == NULL) {
        printf("%s: %zu error%s, %zu warning%s\n", path, printer.error_count,
               plural(printer.error_count), printer.warning_count, plural(printer.warning_count));
        return HERDCTL_FAILED;
    }
    print_summary(config, printer.warning_count);
    config_destroy(&config);
    return HERDCTL_OK;
}
