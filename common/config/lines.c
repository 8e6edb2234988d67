#include "common/config/lines.h"

#include "common/base/limits.h"

#include <czmq.h>

enum { CONFIG_INDENTATION = 4 }; /* ZPL's spaces a level */

/* Where the scan is. */
typedef struct {
    arena_t *arena;              /* borrowed */
    config_findings_t *findings; /* borrowed */
    config_setting_t *settings;  /* LIMIT_CONFIG_SETTINGS of them */
    size_t count;                /* of settings in use */
    unsigned line;               /* being scanned, from 1 */
    unsigned level_max;          /* deepest level the next setting may have */
} config_scan_t;

/* As in zconfig. */
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

/* The line less a CR that an editor left, and less trailing spaces. */
static text_t config_trim(text_t line)
{
    if (line.size > 0 && line.data[line.size - 1] == '\r') {
        line.size--;
    }
    while (line.size > 0 && line.data[line.size - 1] == ' ') {
        line.size--;
    }
    return line;
}

static bool config_scan_fail(const config_scan_t *self, const char *text)
{
    config_findings_error(self->findings, self->line, "%s", text);
    return false;
}

/* Bytes that zconfig takes for white space or for the end of the text, and that hide things on a terminal. */
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

/* ` "ucla"   # comment`, behind the "=" */
static bool config_scan_value(const config_scan_t *self, text_t rest)
{
    rest = config_skip_spaces(rest);
    if (rest.size == 0 || rest.data[0] == '#') {
        return config_scan_fail(self, "no value after \"=\"; an empty one is written \"\"");
    }
    char quote = rest.data[0];
    if (quote != '"' && quote != '\'') {
        return true; /* a bare value, up to a comment or the end of the line */
    }
    rest = text_after(rest, 1);
    const char *end = rest.size > 0 ? memchr(rest.data, quote, rest.size) : NULL;
    if (end == NULL) {
        return config_scan_fail(self, "the quotation mark is not closed");
    }
    return config_scan_end(self, text_after(rest, (size_t)(end - rest.data) + 1));
}

/* `name = "ucla"` or `herd`, behind the indentation */
static bool config_scan_setting(config_scan_t *self, unsigned level, text_t text)
{
    size_t size = 0;
    while (size < text.size && config_is_name_byte(text.data[size])) {
        size++;
    }
    text_t name = text_first(text, size);
    if (size == 0) {
        return config_scan_fail(
            self, "a line begins with a name of letters, digits, \"_\", \"-\" or \".\"");
    }
    if (name.data[0] == '/' || name.data[size - 1] == '/') {
        return config_scan_fail(self, "a name neither begins nor ends with \"/\"");
    }
    if (level > self->level_max) {
        return config_scan_fail(self, "indented deeper than one level below the line before it");
    }
    if (self->count == LIMIT_CONFIG_SETTINGS) {
        return config_scan_fail(self, "more settings than a herd file may have");
    }
    text_t rest = config_skip_spaces(text_after(text, size));
    bool has_value = rest.size > 0 && rest.data[0] == '=';
    self->settings[self->count++] = (config_setting_t){
        .name = arena_copy_text(self->arena, name.data, name.size),
        .value = "",
        .has_value = has_value,
        .line = self->line,
        .level = level,
    };
    self->level_max = level + 1;
    return has_value ? config_scan_value(self, text_after(rest, 1)) : config_scan_end(self, rest);
}

static bool config_scan_line(config_scan_t *self, text_t line)
{
    if (line.size > LIMIT_CONFIG_LINE_SIZE) {
        return config_scan_fail(self, "a line longer than 1024 bytes, the most that zconfig reads");
    }
    line = config_trim(line);
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
            self->level_max =
                UINT_MAX; /* one slip, one finding: the lines below it are not to blame */
        }
    }
    return valid;
}

/* One node of zconfig's tree, in pre-order: its value goes to the next setting of the scan. */
static int config_scan_take_node(zconfig_t *node, void *scan_, int level)
{
    config_scan_t *scan = scan_;
    if (level == 0) {
        return 0; /* the root, which no line stands for */
    }
    if (scan->count == 0) {
        return -1;
    }
    config_setting_t *setting = scan->settings;
    if (strcmp(setting->name, zconfig_name(node)) != 0 || setting->level + 1 != (unsigned)level) {
        return -1;
    }
    const char *value = zconfig_value(node);
    setting->value =
        value != NULL ? arena_copy_text(scan->arena, value, strlen(value)) : setting->value;
    scan->settings++;
    scan->count--;
    return 0;
}

/* Lets zconfig read the text and takes the values over; false where its tree is not what was scanned. */
static bool config_lines_take_values(text_t text, config_scan_t scan)
{
    zchunk_t *chunk = zchunk_new(text.data, text.size);
    zconfig_t *root = zconfig_chunk_load(chunk);
    zchunk_destroy(&chunk);
    int result = root != NULL ? zconfig_execute(root, config_scan_take_node, &scan) : -1;
    zconfig_destroy(&root);
    return result == 0;
}

static void config_lines_find_ends(const config_scan_t *scan)
{
    for (size_t i = scan->count; i-- > 0;) {
        size_t end = i + 1;
        while (end < scan->count && scan->settings[end].level > scan->settings[i].level) {
            end = scan->settings[end].end;
        }
        scan->settings[i].end = end;
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
    if (scan.count > 0 && !config_lines_take_values(text, scan)) {
        config_findings_error(findings, 0, "zconfig reads this file differently; please report it");
        return false;
    }
    config_lines_find_ends(&scan);
    *ret_lines = (config_lines_t){.settings = scan.settings, .count = scan.count};
    return true;
}
