#include "common/config/config.h"

#include "common/base/buffer.h"
#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/config/findings.h"
#include "common/config/keys.h"
#include "common/config/lines.h"
#include "common/config/members.h"
#include "common/config/places.h"
#include "common/config/security.h"
#include "common/config/table.h"
#include "common/config/tiles.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_PATH_SIZE = 4096 }; /* of a path, with a zero (PATH_MAX) */

/* What config_load hands out: the open part first, then what keeps it alive. */
typedef struct {
    config_t config;
    arena_t arena; /* everything that `config` points to */
} config_whole_t;

/* The file's bytes; false after a finding. A pipe would hold us for as long as no one writes to it,
 * and could not be read again at a reload. */
static bool config_read(const char *path, const config_reader_t *reader, text_t *ret_text)
{
    int file;
    struct stat state;
    status_t status = files_open_plain(path, &file, &state);
    if (status == STATUS_INVALID) {
        config_findings_error(reader->findings, 0, "cannot be read: it is %s, not a plain file",
                              files_kind(path));
        return false;
    }
    if (status != STATUS_OK) {
        config_findings_error(reader->findings, 0, "cannot be opened: %s", strerror(errno));
        return false;
    }
    const size_t wanted = LIMIT_CONFIG_SIZE + 1; /* one more than a good file may have */
    char *data = arena_take(reader->arena, wanted);
    size_t size = 0;
    bool read = files_read(file, data, wanted, &size) == STATUS_OK;
    int reason = errno;
    close(file);
    *ret_text = (text_t){.data = data, .size = size};
    if (!read) {
        config_findings_error(reader->findings, 0, "cannot be read: %s", strerror(reason));
    } else if (size > LIMIT_CONFIG_SIZE) {
        config_findings_error(reader->findings, 0, "larger than %d bytes, which no herd needs",
                              LIMIT_CONFIG_SIZE);
        read = false;
    }
    return read;
}

/* Appends "/" and each name of `path` but "." to `out`. */
static void config_append_names(buffer_t *out, const char *path)
{
    text_t rest = text_of(path);
    text_t name;
    while (text_take_until(&rest, '/', &name)) {
        if (name.size > 0 && !text_equal(name, TEXT("."))) {
            status_t status = buffer_format(out, "/%.*s", (int)name.size, name.data);
            assert(status == STATUS_OK); /* a path is shorter than the buffer */
        }
    }
}

/* The absolute path of the herd file as it was named, in the arena: through the links that it was
 * named by, which may lead to another file one day. */
static const char *config_absolute(const char *path, arena_t *arena)
{
    buffer_t absolute;
    buffer_init(&absolute, 4 * (size_t)CONFIG_PATH_SIZE);
    /* The folder as the shell came there, if it says so truly ($PWD). */
    char *folder = path[0] != '/' ? get_current_dir_name() : NULL;
    if (strlen(path) < CONFIG_PATH_SIZE && (folder == NULL || strlen(folder) < CONFIG_PATH_SIZE)) {
        config_append_names(&absolute, folder != NULL ? folder : "");
        config_append_names(&absolute, path);
    }
    const char *kept = arena_copy_text(arena, absolute.size > 0 ? absolute.data : path,
                                       absolute.size > 0 ? absolute.size : strlen(path));
    free(folder);
    buffer_done(&absolute);
    return kept;
}

/* The folder in which an absolute path is. */
static const char *config_folder(const char *path, arena_t *arena)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return ".";
    }
    return arena_copy_text(arena, path, slash > path ? (size_t)(slash - path) : 1);
}

/* Whatever has the name of a folder must be one. If nothing has it, the folder will be made. */
static void config_check_folder(const config_reader_t *reader, const config_found_t *found,
                                const char *key, const char *path)
{
    struct stat state;
    const config_setting_t *setting = config_keys_found(found, key);
    if (path != NULL && stat(path, &state) == 0 && !S_ISDIR(state.st_mode)) {
        config_findings_error(reader->findings, setting != NULL ? setting->line : 0,
                              "\"%s\": %s is not a folder", key,
                              config_findings_shown(reader->findings, path));
    }
}

/* What waits for the disk needs a journal. */
static void config_check_journal(const config_reader_t *reader, const config_found_t *found,
                                 const config_t *config)
{
    const config_setting_t *setting = config_keys_found(found, "acknowledge");
    if (config->acknowledge_disk && !config->journal) {
        config_findings_error(reader->findings, setting->line,
                              "\"acknowledge\" cannot wait for the disk: that comes with the "
                              "journal, and journal = \"yes\" is missing");
    }
}

static size_t config_index(const config_lines_t *lines, const config_setting_t *setting)
{
    return (size_t)(setting - lines->settings);
}

/* Section `herd` and what is below it. */
static void config_read_herd(const config_reader_t *reader, const config_lines_t *lines,
                             const config_setting_t *setting, config_found_t *found,
                             config_t *config)
{
    config_keys_read(reader, lines, config_index(lines, setting), found, config);
    const char **texts = arena_take(reader->arena, CONFIG_KEYS_MAX * sizeof *texts);
    config_keys_note(found, texts);
    config->texts = texts;
    config_check_folder(reader, found, "run_dir", config->run_dir);
    config_check_folder(reader, found, "log_dir", config->log_dir);
    config_check_folder(reader, found, "data_dir", config->data_dir);
    config_check_folder(reader, found, "keys", config->keys);
    config_security_check(reader, found, config);
    config_check_journal(reader, found, config);
    config_tiles_check(reader, found);
    const config_setting_t *places = config_keys_found(found, "places");
    if (places != NULL) {
        config_found_t found_places = {.table = reader->table, .section = CONFIG_SECTION_PLACES};
        config_keys_read(reader, lines, config_index(lines, places), &found_places, config);
        config_keys_note(&found_places, texts);
        config_places_check(reader, &found_places, config, places->line);
    }
}

/* Section `members` and the checks of members against each other. */
static void config_read_members(const config_reader_t *reader, const config_lines_t *lines,
                                const config_setting_t *setting, const config_found_t *herd,
                                config_t *config)
{
    config_drafts_t drafts;
    config_members_read(reader, lines, config_index(lines, setting), &drafts);
    if (config->run_dir != NULL) {
        const config_setting_t *run_dir = config_keys_found(herd, "run_dir");
        config_members_default_requests(reader, &drafts, config->run_dir,
                                        run_dir != NULL ? run_dir->line : 0);
    }
    bool local = config->security == CONFIG_SECURITY_LOCAL;
    config_endpoints_check(reader, &drafts, local);
    if (local) {
        config_endpoints_check_local(reader, &drafts);
    }
    if (!config->web_open) {
        config_endpoints_check_web(reader, &drafts);
    }
    size_t errors_before = reader->findings->error_count;
    config_links_resolve(reader, &drafts);
    if (config->acknowledge_peers > 0 && reader->findings->error_count == errors_before) {
        config_links_check_peers(reader, &drafts, config->acknowledge_peers,
                                 config_keys_found(herd, "acknowledge")->line);
    }

    config_member_t *members = arena_take(reader->arena, drafts.count * sizeof *members);
    for (size_t i = 0; i < drafts.count; i++) {
        members[i] = drafts.drafts[i].member;
    }
    config->members = members;
    config->member_count = drafts.count;
}

static void config_read_sections(const config_reader_t *reader, const config_lines_t *lines,
                                 config_t *config)
{
    config_found_t root = {.table = reader->table, .section = CONFIG_SECTION_ROOT};
    config_found_t herd = {.table = reader->table, .section = CONFIG_SECTION_HERD};
    config_keys_read(reader, lines, CONFIG_NO_PARENT, &root, NULL);
    const config_setting_t *setting = config_keys_found(&root, "herd");
    if (setting != NULL) {
        config_read_herd(reader, lines, setting, &herd, config);
    }
    setting = config_keys_found(&root, "members");
    if (setting != NULL) {
        config_read_members(reader, lines, setting, &herd, config);
    }
}

static config_t *load(const char *path, bool leaves_files, config_report_fn *report, void *argument)
{
    config_whole_t *whole = memory_new(sizeof *whole);
    config_t *config = &whole->config;
    arena_t *arena = &whole->arena;
    config_findings_t *findings = arena_take(arena, sizeof *findings);
    findings->arena = arena;
    config_reader_t reader = {
        .table = config_table(),
        .arena = arena,
        .findings = findings,
        .leaves_files = leaves_files,
    };
    config->path = config_absolute(path, arena);
    reader.folder = config_folder(config->path, arena);
    config->file = arena_copy_text(arena, path, strlen(path));
    text_t text;
    config_lines_t lines;
    if (config_read(path, &reader, &text) && config_lines_read(text, arena, findings, &lines)) {
        config_read_sections(&reader, &lines, config);
    }
    config_findings_report(findings, path, report, argument);
    if (findings->error_count > 0) {
        config_destroy(&config);
    }
    return config;
}

config_t *config_load(const char *path, config_report_fn *report, void *argument)
{
    return load(path, false, report, argument);
}

config_t *config_load_to_ask(const char *path, config_report_fn *report, void *argument)
{
    return load(path, true, report, argument);
}

void config_destroy(config_t **self_p)
{
    config_whole_t *whole = (config_whole_t *)*self_p;
    if (whole != NULL) {
        arena_done(&whole->arena);
        free(whole);
        *self_p = NULL;
    }
}

const config_member_t *config_member(const config_t *self, const char *name)
{
    for (size_t i = 0; i < self->member_count; i++) {
        if (strcmp(self->members[i].name, name) == 0) {
            return &self->members[i];
        }
    }
    return NULL;
}
