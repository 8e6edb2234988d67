/* The engine behind the table of keys.
 *
 * A section comes in as settings with their lines. Each setting must name a key of that section,
 * once, and have the form of that key: a value, or settings of its own. Then the parser of the key
 * writes the value into the section's structure. At the end each key that the file does not set
 * gets its default through the same parser, or an error if the key is required. Whatever is wrong
 * becomes a finding with its line; reading always goes on to the end.
 */
#include "common/config/keys.h"

#include "common/base/spelling.h"

#include <assert.h>
#include <string.h>

/* The row of key `name` in the section. NULL if there is none. */
static const config_key_t *config_keys_find(const config_found_t *found, const char *name)
{
    for (size_t i = 0; i < found->table->count; i++) {
        const config_key_t *key = &found->table->rows[i];
        if (key->section == found->section && strcmp(key->name, name) == 0) {
            return key;
        }
    }
    return NULL;
}

static void config_unknown_key(const config_reader_t *reader, config_section_t section,
                               const config_setting_t *setting)
{
    spelling_t spelling = {.word = text_of(setting->name)};
    for (size_t i = 0; i < reader->table->count; i++) {
        const config_key_t *key = &reader->table->rows[i];
        if (key->section == section) {
            spelling_consider(&spelling, key->name);
        }
    }
    const char *shown = config_findings_shown(reader->findings, setting->name);
    if (spelling.nearest != NULL) {
        config_findings_error(reader->findings, setting->line,
                              "unknown key \"%s\"; did you mean \"%s\"?", shown, spelling.nearest);
    } else {
        config_findings_error(reader->findings, setting->line, "unknown key \"%s\"", shown);
    }
}

/* A key has a value and nothing below it; a section has no value. */
static bool config_check_form(const config_reader_t *reader, const config_lines_t *lines,
                              size_t index, const config_key_t *key)
{
    const config_setting_t *setting = &lines->settings[index];
    if (key->parse == NULL) {
        if (setting->has_value) {
            config_findings_error(reader->findings, setting->line,
                                  "\"%s\" takes no value; its settings stand below it, indented",
                                  key->name);
        }
        return !setting->has_value;
    }
    if (!setting->has_value) {
        config_findings_error(reader->findings, setting->line, "\"%s\" needs a value: %s = \"...\"",
                              key->name, key->name);
        return false;
    }
    if (setting->end > index + 1) {
        config_findings_error(reader->findings, lines->settings[index + 1].line,
                              "\"%s\" takes a value, not settings of its own", key->name);
        return false;
    }
    return true;
}

/* One line of a section. */
static void config_key_read(const config_reader_t *reader, const config_lines_t *lines,
                            size_t index, config_found_t *found, void *structure)
{
    const config_setting_t *setting = &lines->settings[index];
    const config_key_t *key = config_keys_find(found, setting->name);
    if (key == NULL) {
        config_unknown_key(reader, found->section, setting);
        return;
    }
    const config_setting_t **slot = &found->by_row[key - found->table->rows];
    if (*slot != NULL) {
        config_findings_error(reader->findings, setting->line,
                              "\"%s\" again; it is set in line %u already", key->name,
                              (*slot)->line);
        return;
    }
    *slot = setting;
    if (config_check_form(reader, lines, index, key) && key->parse != NULL) {
        key->parse(reader, key, setting, structure);
    }
}

/* Gives each key that the file does not set its default, or reports it as missing at `line`. */
static void config_keys_complete(const config_reader_t *reader, unsigned line,
                                 const config_found_t *found, void *structure)
{
    for (size_t i = 0; i < found->table->count; i++) {
        const config_key_t *key = &found->table->rows[i];
        if (key->section != found->section || found->by_row[i] != NULL) {
            continue;
        }
        if (key->required) {
            config_findings_error(reader->findings, line, "\"%s\" is missing%s", key->name,
                                  line > 0 ? " below this line" : "");
        } else if (key->default_text != NULL) {
            config_setting_t setting = {
                .name = key->name, .value = key->default_text, .line = line};
            key->parse(reader, key, &setting, structure);
        }
    }
}

void config_keys_read(const config_reader_t *reader, const config_lines_t *lines, size_t parent,
                      config_found_t *found, void *structure)
{
    unsigned line = 0;
    size_t end = lines->count;
    size_t child = 0;
    if (parent != CONFIG_NO_PARENT) {
        line = lines->settings[parent].line;
        end = lines->settings[parent].end;
        child = parent + 1;
    }
    for (; child < end; child = lines->settings[child].end) {
        config_key_read(reader, lines, child, found, structure);
    }
    config_keys_complete(reader, line, found, structure);
}

void config_keys_note(const config_found_t *found, const char **texts)
{
    for (size_t i = 0; i < found->table->count; i++) {
        const config_key_t *key = &found->table->rows[i];
        if (key->section == found->section && key->parse != NULL) {
            texts[i] = found->by_row[i] != NULL ? found->by_row[i]->value : key->default_text;
        }
    }
}

const config_setting_t *config_keys_found(const config_found_t *self, const char *name)
{
    const config_key_t *key = config_keys_find(self, name);
    assert(key != NULL);
    return self->by_row[key - self->table->rows];
}
