/* Any bytes as ZPL: settings in order, each at most one level below that before it; written again,
 * they are read as the same. Or an error, and then nothing is read. */
#include "common/base/buffer.h"
#include "common/config/lines.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INDENTATION = 4, OUT_SIZE_MAX = 1 << 24 };

static bool read_lines(text_t text, arena_t *arena, config_lines_t *ret_lines)
{
    config_findings_t findings = {.arena = arena};
    bool read = config_lines_read(text, arena, &findings, ret_lines);
    assert(read == (findings.error_count == 0));
    return read;
}

/* The setting as ZPL: a value that has both quotation marks was bare. False if marks make the line
 * too long. */
static bool write_setting(const config_setting_t *setting, buffer_t *out)
{
    size_t before = out->size;
    const char *quote = strchr(setting->value, '"') == NULL ? "\"" : "'";
    if (quote[0] == '\'' && strchr(setting->value, '\'') != NULL) {
        quote = "";
    }
    status_t status =
        buffer_format(out, "%*s%s%s%s%s%s\n", INDENTATION * (int)setting->level, "", setting->name,
                      setting->has_value ? " = " : "", setting->has_value ? quote : "",
                      setting->value, setting->has_value ? quote : "");
    assert(status == STATUS_OK);
    return out->size - before <= LIMIT_CONFIG_LINE_SIZE + 1;
}

static void check_order(const config_lines_t *lines, size_t index)
{
    const config_setting_t *setting = &lines->settings[index];
    const config_setting_t *before = index > 0 ? setting - 1 : NULL;
    assert(setting->name[0] != '\0' && (setting->has_value || setting->value[0] == '\0'));
    assert(setting->level <= (before != NULL ? before->level + 1 : 0));
    assert(before == NULL || setting->line > before->line);
    assert(setting->end > index && setting->end <= lines->count);
    for (size_t i = index + 1; i < setting->end; i++) {
        assert(lines->settings[i].level > setting->level);
    }
    assert(setting->end == lines->count || lines->settings[setting->end].level <= setting->level);
}

static void check_again(const config_lines_t *lines, text_t written, arena_t *arena)
{
    config_lines_t again;
    bool read = read_lines(written, arena, &again);
    assert(read && again.count == lines->count);
    for (size_t i = 0; i < lines->count; i++) {
        const config_setting_t *one = &lines->settings[i];
        const config_setting_t *other = &again.settings[i];
        assert(one->level == other->level && one->end == other->end);
        assert(one->has_value == other->has_value && strcmp(one->value, other->value) == 0);
        assert(strcmp(one->name, other->name) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena_t arena = {0};
    config_lines_t lines;
    if (read_lines((text_t){.data = (const char *)data, .size = size}, &arena, &lines)) {
        buffer_t written;
        buffer_init(&written, OUT_SIZE_MAX);
        bool fits = true;
        for (size_t i = 0; i < lines.count; i++) {
            check_order(&lines, i);
            fits = write_setting(&lines.settings[i], &written) && fits;
        }
        if (fits) {
            check_again(&lines, buffer_text(&written), &arena);
        }
        buffer_done(&written);
    }
    arena_done(&arena);
    return 0;
}
