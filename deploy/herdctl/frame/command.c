#include "deploy/herdctl/frame/command.h"

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/program/herd_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

herdctl_exit_t herdctl_usage_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("herdctl: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("; `herdctl help` shows the commands\n", stderr);
    va_end(arguments);
    return HERDCTL_USAGE;
}

static void print_error(void *printer, config_severity_t severity, const char *file, unsigned line,
                        const char *text)
{
    if (severity == CONFIG_ERROR) {
        herd_file_print_finding(printer, severity, file, line, text);
    }
}

config_t *herdctl_load(const herdctl_t *self)
{
    herd_file_printer_t printer;
    herd_file_printer_init(&printer, stderr);
    return config_load(self->config_path, print_error, &printer);
}

bool herdctl_is_client(const char *client)
{
    text_t rest = text_of(client);
    text_t field;
    if (strchr(client, '\n') != NULL || !text_take_field(&rest, &field) ||
        field.size != strlen(client)) {
        herdctl_usage_error("the ID of a client is not empty, and has no white space in it");
        return false;
    }
    return true;
}

char *herdctl_client_line(const char *client)
{
    size_t size = strlen(client);
    char *line = memory_new(size + 2);
    memcpy(line, client, size);
    line[size] = '\n';
    return line;
}
