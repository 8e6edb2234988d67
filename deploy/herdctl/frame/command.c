#include "deploy/herdctl/frame/command.h"

#include "common/base/memory.h"
#include "common/base/sheet.h"
#include "common/base/text.h"
#include "common/program/herd_file.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ABOUT_SIZE = 256,
    FAMILY_SIZE = 4096, /* bytes of the usage of a family, or of its error */
};

/* The options of the command, and --json if it takes that. */
static void gather_rows(const herdctl_command_line_t *line, options_row_t *rows)
{
    size_t count = 0;
    for (const options_row_t *row = line->rows; row != NULL && row->name != NULL; row++) {
        assert(count < OPTIONS_ROWS_MAX - 1);
        rows[count++] = *row;
    }
    if (line->json != NULL) {
        rows[count++] =
            (options_row_t){"json", NULL, "print JSON, for programs", .flag = line->json};
    }
    rows[count] = (options_row_t){0};
}

bool herdctl_command_read(const herdctl_t *self, const herdctl_command_line_t *line,
                          options_operands_t *ret_operands, herdctl_exit_t *ret_exit)
{
    options_row_t rows[OPTIONS_ROWS_MAX + 1];
    char about[ABOUT_SIZE];
    const herdctl_command_t *command = self->command;
    gather_rows(line, rows);
    snprintf(about, sizeof about, HERDCTL_PROGRAM " %s: %s", command->name, command->summary);
    const options_t options = {
        .program = HERDCTL_PROGRAM,
        .command = command->name,
        .hint = HERDCTL_HINT,
        .usage = command->arguments,
        .about = about,
        .rows = rows,
        .ends_at_operand = line->ends_at_operand,
        .operands_min = line->operands_min,
        .operands_max = line->operands_max,
        .operands = line->operands,
    };
    if (self->json && line->json == NULL) {
        *ret_exit = herdctl_command_refuse("%s knows no option --json", command->name);
        return false;
    }
    if (line->json != NULL) {
        *line->json = self->json;
    }
    options_end_t end = options_read(&options, self->argc, self->argv, ret_operands);
    *ret_exit = end == OPTIONS_SHOWN ? HERDCTL_OK : HERDCTL_USAGE;
    return end == OPTIONS_READ;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): `json` is set by way of `line` */
bool herdctl_command_read_members(const herdctl_t *self, const options_row_t *rows, bool *json,
                                  options_operands_t *ret_names, herdctl_exit_t *ret_exit)
{
    const herdctl_command_line_t line = {.rows = rows, .json = json, .operands_max = OPTIONS_MANY};
    return herdctl_command_read(self, &line, ret_names, ret_exit);
}

/* The name of a command below the family's. */
static const char *part_of(const herdctl_command_family_t *family, const herdctl_command_t *command)
{
    return command->name + strlen(family->name) + 1;
}

/* Writes every command of the family with its arguments: for its usage, or for an error. */
static void list_family(const herdctl_command_family_t *family, bool error, char out[FAMILY_SIZE])
{
    buffer_t buffer;
    buffer_init(&buffer, FAMILY_SIZE);
    sheet_t sheet = sheet_begin(&buffer);
    const char *quote = error ? "\"" : "";
    sheet_format(&sheet, "%s%s", error ? family->name : "", error ? " takes " : "");
    for (size_t i = 0; i < family->count; i++) {
        const char *arguments = family->rows[i].arguments;
        const char *between = !error ? "\n" : i + 1 == family->count ? " or " : ", ";
        sheet_format(&sheet, "%s%s%s%s%s%s", i > 0 ? between : "", quote,
                     part_of(family, &family->rows[i]), arguments[0] != '\0' ? " " : "", arguments,
                     quote);
    }
    sheet_put_byte(&sheet, '\0');
    status_t status = sheet_end(&sheet);
    assert(status == STATUS_OK); /* the table is ours */
    memcpy(out, buffer.data, buffer.size);
    buffer_done(&buffer);
}

herdctl_exit_t herdctl_command_run_family(const herdctl_t *self,
                                          const herdctl_command_family_t *family)
{
    char usage[FAMILY_SIZE];
    char takes[FAMILY_SIZE];
    list_family(family, false, usage);
    list_family(family, true, takes);
    const herdctl_command_t own = {family->name, usage, family->summary, NULL};
    const herdctl_command_line_t line = {.ends_at_operand = true,
                                         .operands_min = 1,
                                         .operands_max = OPTIONS_MANY,
                                         .operands = takes};
    options_operands_t operands;
    herdctl_exit_t result;
    herdctl_t part = *self;
    part.command = &own;
    part.json = false; /* what is below takes it or not */
    if (!herdctl_command_read(&part, &line, &operands, &result)) {
        return result;
    }
    part = *self;
    part.argc = (int)operands.count;
    part.argv = operands.items;
    for (size_t i = 0; i < family->count; i++) {
        if (strcmp(part_of(family, &family->rows[i]), operands.items[0]) == 0) {
            part.command = &family->rows[i];
            return part.command->run(&part);
        }
    }
    return herdctl_command_refuse("%s", takes);
}

herdctl_exit_t herdctl_command_refuse(const char *format, ...)
{
    const options_t options = {.program = HERDCTL_PROGRAM, .hint = HERDCTL_HINT};
    va_list arguments;
    va_start(arguments, format);
    (void)options_refuse_list(&options, format, arguments);
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

config_t *herdctl_command_load(const herdctl_t *self)
{
    herd_file_printer_t printer;
    herd_file_printer_init(&printer, stderr);
    return config_load_to_ask(self->config_path, print_error, &printer);
}

static bool is_among(const config_member_t *member, const config_member_t *const *members,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (members[i] == member) {
            return true;
        }
    }
    return false;
}

const config_member_t **herdctl_command_members(const config_t *config, options_operands_t names,
                                                size_t *ret_count)
{
    size_t count = names.count > 0 ? names.count : config->member_count;
    const config_member_t **members = memory_new_array(count, sizeof(config_member_t *));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const config_member_t *member =
            names.count > 0 ? config_member(config, names.items[i]) : &config->members[i];
        if (member == NULL) {
            fprintf(stderr, "herdctl: no member \"%s\" in %s\n", names.items[i], config->file);
            free(members);
            return NULL;
        }
        if (names.count == 0 || !is_among(member, members, kept)) {
            members[kept++] = member;
        }
    }
    *ret_count = kept;
    return members;
}

bool herdctl_command_take_client(const char *operand, char **ret_bytes, text_t *ret_client)
{
    char *bytes = memory_copy_text(operand, strlen(operand));
    text_t client = {.data = bytes, .size = text_unescape(text_of(operand), bytes)};
    text_t rest = client;
    text_t field;
    if (!text_take_field(&rest, &field) || field.size != client.size ||
        memchr(client.data, '\n', client.size) != NULL) {
        (void)herdctl_command_refuse(
            "the ID of a client is not empty, and has no white space in it");
        free(bytes);
        return false;
    }
    *ret_bytes = bytes;
    *ret_client = client;
    return true;
}
