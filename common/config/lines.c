/* The reader of ZPL: the text of a herd file, line by line, becomes settings.
 *
 * A line is trimmed (a CR that an editor left, spaces) and refused if it holds control bytes, which
 * hide things on a terminal. Its indentation gives its level, four spaces each, at most one deeper
 * than the setting before it. Then come a name, perhaps "=" and a value, perhaps a comment. The
 * first slip in a line is its finding, and the scan goes on, so that one run reports them all; the
 * level of the next line is then not checked, because the slip may have caused it. At the end each
 * setting learns where its descendants end.
 */
#include "common/config/lines.h"

#include "common/base/limits.h"

#include <limits.h>

enum { CONFIG_INDENTATION = 4 }; /* ZPL's spaces a level */

/* The state of the scan. */
typedef struct {
    arena_t *arena;              /* borrowed */
    config_findings_t *findings; /* borrowed */
    config_setting_t *settings;  /* LIMIT_CONFIG_SETTINGS of them */
    size_t count;                /* of settings in use */
    unsigned line;               /* being scanned, from 1 */
    unsigned level_max;          /* deepest level the next setting may have */
} config_scan_t;

/* ZPL's bytes of a name. */
static bool config_is_name_byte(char byte)
{
    return text_is_alphanumeric(byte) || (byte != '\0' && strchr("$-_@.&+/", byte) != NULL);
}

static text_t config_skip_spaces(text_t text)
{
    size_t count = 0;
    while (count < text.size && text.data[count] == ' ') {
        count++;
    }
    return text_after(text, count);
}

static text_t config_trim_spaces(text_t text)
{
    while (text.size > 0 && text.data[text.size - 1] == ' ') {
        text.size--;
    }
    return text;
}

/* The line without a CR that an editor left, and without trailing spaces. */
static text_t config_trim_line(text_t line)
{
    if (line.size > 0 && line.data[line.size - 1] == '\r') {
        line.size--;
    }
    return config_trim_spaces(line);
}

static bool config_scan_fail(const config_scan_t *self, const char *text)
{
    config_findings_error(self->findings, self->line, "%s", text);
    return false;
}

static bool config_scan_bytes(const config_scan_t *self, text_t line)
{
    for (size_t i = 0; i < line.size; i++) {
        unsigned char byte = (unsigned char)line.data[i];
        if (byte == '\t') {
            return config_scan_fail(self, "a tab: indent and separate with spaces");
        }
        if (byte < 0x20 || byte == 0x7f) {
            config_findings_error(self->findings, self->line,
                                  "a control byte (0x%02x) in column %zu", byte, i + 1);
            return false;
        }
    }
    return true;
}

/* What follows a value or a name: nothing, or a comment. */
static bool config_scan_end(const config_scan_t *self, text_t rest)
{
    rest = config_skip_spaces(rest);
    if (rest.size == 0 || rest.data[0] == '#') {
        return true;
    }
    char shown[64];
    text_escape(rest, shown, sizeof shown);
    config_findings_error(self->findings, self->line, "\"%s\" is not expected here", shown);
    return false;
}

/* `ucla" # comment`, behind the opening quotation mark */
static bool config_scan_quoted(const config_scan_t *self, char quote, text_t rest,
                               text_t *ret_value)
{
    const char *end = rest.size > 0 ? memchr(rest.data, quote, rest.size) : NULL;
    if (end == NULL) {
        return config_scan_fail(self, "the quotation mark is not closed");
    }
    *ret_value = text_first(rest, (size_t)(end - rest.data));
    return config_scan_end(self, text_after(rest, ret_value->size + 1));
}

/* ` "ucla"   # comment`, behind the "=" */
static bool config_scan_value(const config_scan_t *self, text_t rest, text_t *ret_value)
{
    rest = config_skip_spaces(rest);
    if (rest.size == 0 || rest.data[0] == '#') {
        return config_scan_fail(self, "no value after \"=\"; an empty one is written \"\"");
    }
    char quote = rest.data[0];
    if (quote == '"' || quote == '\'') {
        return config_scan_quoted(self, quote, text_after(rest, 1), ret_value);
    }
    const char *comment = memchr(rest.data, '#', rest.size);
    size_t size = comment != NULL ? (size_t)(comment - rest.data) : rest.size;
    *ret_value = config_trim_spaces(text_first(rest, size));
    return true;
}

/* Whether a setting of that name may stand here. */
static bool config_scan_name(const config_scan_t *self, unsigned level, text_t name)
{
    if (name.size == 0) {
        return config_scan_fail(
            self, "a line begins with a name of letters, digits, \"_\", \"-\" or \".\"");
    }
    if (name.data[0] == '/' || name.data[name.size - 1] == '/') {
        return config_scan_fail(self, "a name neither begins nor ends with \"/\"");
    }
    if (level > self->level_max) {
        return config_scan_fail(self, "indented deeper than one level below the line before it");
    }
    if (self->count == LIMIT_CONFIG_SETTINGS) {
        return config_scan_fail(self, "more settings than a herd file may have");
    }
    return true;
}

/* `name = "ucla"` or `herd`, behind the indentation */
static bool config_scan_setting(config_scan_t *self, unsigned level, text_t text)
{
    size_t size = 0;
    while (size < text.size && config_is_name_byte(text.data[size])) {
        size++;
    }
    text_t name = text_first(text, size);
    if (!config_scan_name(self, level, name)) {
        return false;
    }
    config_setting_t *setting = &self->settings[self->count++];
    *setting = (config_setting_t){
        .name = arena_copy_text(self->arena, name.data, name.size),
        .value = "",
        .line = self->line,
        .level = level,
    };
    self->level_max = level + 1;
    text_t rest = config_skip_spaces(text_after(text, size));
    if (rest.size == 0 || rest.data[0] != '=') {
        return config_scan_end(self, rest);
    }
    text_t value;
    if (!config_scan_value(self, text_after(rest, 1), &value)) {
        return false;
    }
    setting->has_value = true;
    setting->value = arena_copy_text(self->arena, value.data, value.size);
    return true;
}

static bool config_scan_line(config_scan_t *self, text_t line)
{
    if (line.size > LIMIT_CONFIG_LINE_SIZE) {
        config_findings_error(self->findings, self->line, "a line longer than %d bytes",
                              LIMIT_CONFIG_LINE_SIZE);
        return false;
    }
    line = config_trim_line(line);
    if (!config_scan_bytes(self, line) || line.size == 0) {
        return line.size == 0;
    }
    text_t text = config_skip_spaces(line);
    size_t indentation = line.size - text.size;
    if (indentation % CONFIG_INDENTATION != 0) {
        config_findings_error(self->findings, self->line,
                              "indented by %zu spaces; ZPL wants four for each level", indentation);
        return false;
    }
    if (text.data[0] == '#') {
        return true;
    }
    return config_scan_setting(self, (unsigned)(indentation / CONFIG_INDENTATION), text);
}

static bool config_scan(config_scan_t *self, text_t text)
{
    bool valid = true;
    text_t line;
    while (text_take_until(&text, '\n', &line)) {
        self->line++;
        if (!config_scan_line(self, line)) {
            valid = false;
            /* one slip, one finding: the lines below it are not to blame */
            self->level_max = UINT_MAX;
        }
    }
    return valid;
}

static void config_scan_find_ends(const config_scan_t *self)
{
    for (size_t i = self->count; i-- > 0;) {
        size_t end = i + 1;
        while (end < self->count && self->settings[end].level > self->settings[i].level) {
            end = self->settings[end].end;
        }
        self->settings[i].end = end;
    }
}

bool config_lines_read(text_t text, arena_t *arena, config_findings_t *findings,
                       config_lines_t *ret_lines)
{
    config_scan_t scan = {
        .arena = arena,
        .findings = findings,
        .settings = arena_take(arena, LIMIT_CONFIG_SETTINGS * sizeof(config_setting_t)),
    };
    if (!config_scan(&scan, text)) {
        return false;
    }
    config_scan_find_ends(&scan);
    *ret_lines = (config_lines_t){.settings = scan.settings, .count = scan.count};
    return true;
}
