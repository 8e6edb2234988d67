/* herdctl check: everything that is wrong with a herd file. */
#include "deploy/herdctl/commands.h"

#include "common/program/herd_file.h"

#include <stdio.h>

static const char *herdctl_plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static size_t herdctl_link_count(const config_t *config)
{
    size_t ends = 0;
    for (size_t i = 0; i < config->member_count; i++) {
        ends += config->members[i].neighbour_count;
    }
    return ends / 2; /* a link has two */
}

static void herdctl_check_summary(const config_t *config, size_t warning_count)
{
    size_t links = herdctl_link_count(config);
    printf("%s: herd %s, %zu member%s, %zu link%s", config->file, config->herd_name,
           config->member_count, herdctl_plural(config->member_count), links,
           herdctl_plural(links));
    if (warning_count > 0) {
        printf(", %zu warning%s", warning_count, herdctl_plural(warning_count));
    }
    puts("");
}

herdctl_exit_t herdctl_check(const herdctl_t *self, int argc, char **argv)
{
    if (argc > 2) {
        return herdctl_usage_error("check takes one file");
    }
    if (argc == 2 && argv[1][0] == '-') {
        return herdctl_usage_error("check knows no option %s", argv[1]);
    }
    herd_file_printer_t printer;
    herd_file_printer_init(&printer, stderr);
    const char *path = argc == 2 ? argv[1] : self->config_path;
    config_t *config = config_load(path, herd_file_print_finding, &printer);
    if (config == NULL) {
        printf("%s: %zu error%s, %zu warning%s\n", path, printer.error_count,
               herdctl_plural(printer.error_count), printer.warning_count,
               herdctl_plural(printer.warning_count));
        return HERDCTL_FAILED;
    }
    herdctl_check_summary(config, printer.warning_count);
    config_destroy(&config);
    return HERDCTL_OK;
}
