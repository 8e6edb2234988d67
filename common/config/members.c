#include "common/config/members.h"

#include "common/base/limits.h"
#include "common/config/values.h"

#include <string.h>

unsigned config_members_line(const config_draft_t *self, const char *key)
{
    const config_setting_t *setting = config_keys_found(&self->found, key);
    return setting != NULL ? setting->line : self->setting->line;
}

static const config_draft_t *config_drafts_find(const config_drafts_t *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->drafts[i].member.name, name) == 0) {
            return &self->drafts[i];
        }
    }
    return NULL;
}

/* Whether the line may begin a member. */
static bool config_members_check(const config_reader_t *reader, const config_drafts_t *drafts,
                                 const config_setting_t *setting)
{
    if (!config_values_check_name(reader, setting->name, setting->line)) {
        return false;
    }
    const config_draft_t *namesake = config_drafts_find(drafts, setting->name);
    if (namesake != NULL) {
        config_findings_error(reader->findings, setting->line,
                              "member %s again; it begins in line %u already", setting->name,
                              namesake->setting->line);
        return false;
    }
    if (setting->has_value) {
        config_findings_error(reader->findings, setting->line,
                              "member %s takes no value; its settings stand below it, indented",
                              setting->name);
        return false;
    }
    if (drafts->count == LIMIT_MEMBERS) {
        config_findings_error(reader->findings, setting->line, "more than %d members",
                              LIMIT_MEMBERS);
        return false;
    }
    return true;
}

void config_members_read(const config_reader_t *reader, const config_lines_t *lines, size_t parent,
                         config_drafts_t *ret_drafts)
{
    const config_setting_t *settings = lines->settings;
    config_drafts_t drafts = {
        .drafts = arena_take(reader->arena, LIMIT_MEMBERS * sizeof(config_draft_t)),
    };
    for (size_t i = parent + 1; i < settings[parent].end; i = settings[i].end) {
        if (config_members_check(reader, &drafts, &settings[i])) {
            config_draft_t *draft = &drafts.drafts[drafts.count++];
            draft->setting = &settings[i];
            draft->member.name = settings[i].name;
            draft->found.table = reader->table;
            draft->found.section = CONFIG_SECTION_MEMBER;
            config_keys_read(reader, lines, i, &draft->found, &draft->member);
            const char **texts = arena_take(reader->arena, CONFIG_KEYS_MAX * sizeof *texts);
            config_keys_note(&draft->found, texts);
            draft->member.texts = texts;
        }
    }
    if (settings[parent].end == parent + 1) {
        config_findings_error(reader->findings, settings[parent].line,
                              "a herd needs at least one member");
    }
    *ret_drafts = drafts;
}

void config_members_default_requests(const config_reader_t *reader, config_drafts_t *drafts,
                                     const char *run_dir, unsigned run_dir_line)
{
    for (size_t i = 0; i < drafts->count; i++) {
        config_draft_t *draft = &drafts->drafts[i];
        if (config_keys_found(&draft->found, "requests") != NULL) {
            continue;
        }
        const char *path =
            arena_format(reader->arena, "%s/%s.requests", run_dir, draft->member.name);
        if (strlen(path) > LIMIT_IPC_PATH_SIZE) {
            config_findings_error(
                reader->findings, run_dir_line > 0 ? run_dir_line : draft->setting->line,
                "the socket of member %s, %s, would have a path of %zu bytes; Unix sockets take "
                "%d at most, so set a shorter run_dir, or requests",
                draft->member.name, config_findings_shown(reader->findings, path), strlen(path),
                LIMIT_IPC_PATH_SIZE);
            return; /* the others would fail for the same reason */
        }
        draft->member.requests = arena_format(reader->arena, "ipc://%s", path);
    }
}
