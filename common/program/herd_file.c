#include "common/program/herd_file.h"

#include "common/base/spelling.h"
#include "common/program/terminal.h"

void herd_file_printer_init(herd_file_printer_t *self, FILE *file)
{
    *self = (herd_file_printer_t){
        .file = file,
        .colour = terminal_has_colours(file),
    };
}

void herd_file_print_finding(void *printer, config_severity_t severity, const char *file,
                             unsigned line, const char *text)
{
    herd_file_printer_t *self = printer;
    bool error = severity == CONFIG_ERROR;
    *(error ? &self->error_count : &self->warning_count) += 1;
    const char *start = error ? "\033[1;31m" : "\033[1;33m";
    fprintf(self->file, "%s:", file);
    if (line > 0) {
        fprintf(self->file, "%u:", line);
    }
    fprintf(self->file, " %s%s:%s %s\n", self->colour ? start : "", error ? "error" : "warning",
            self->colour ? "\033[0m" : "", text);
}

/* The member of that name in `config`, which is freed if it has none. */
static config_t *find_member(config_t *config, const char *path, const char *name,
                             const config_member_t **ret_member)
{
    const config_member_t *member = config_member(config, name);
    if (member != NULL) {
        *ret_member = member;
        return config;
    }
    spelling_t spelling = {.word = text_of(name)};
    for (size_t i = 0; i < config->member_count; i++) {
        spelling_consider(&spelling, config->members[i].name);
    }
    char shown[256];
    text_escape(text_of(name), shown, sizeof shown);
    bool near = spelling.nearest != NULL;
    fprintf(stderr, "%s: error: no member \"%s\"%s%s%s\n", path, shown,
            near ? "; did you mean \"" : "", near ? spelling.nearest : "", near ? "\"?" : "");
    config_destroy(&config);
    return NULL;
}

config_t *herd_file_load(const char *path, const char *name, const config_member_t **ret_member)
{
    herd_file_printer_t printer;
    herd_file_printer_init(&printer, stderr);
    config_t *config = config_load(path, herd_file_print_finding, &printer);
    return config != NULL ? find_member(config, path, name, ret_member) : NULL;
}

config_t *herd_file_load_to_ask(const char *path, const char *name,
                                const config_member_t **ret_member)
{
    herd_file_printer_t printer;
    herd_file_printer_init(&printer, stderr);
    config_t *config = config_load_to_ask(path, herd_file_print_finding, &printer);
    return config != NULL ? find_member(config, path, name, ret_member) : NULL;
}
