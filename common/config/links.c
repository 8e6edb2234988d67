/* The graph of the herd: names of neighbours into links.
 *
 * In come the members as read; out go the indices of their neighbours, and findings. A link that
 * one side names is used both ways, so that a forgotten line costs a warning and no link. Then the
 * graph is walked from the first member: if it does not reach all others, updates cannot either,
 * and one pair of members is named as an example. Both warnings are left out after an error in a
 * name, which would only cause more of them.
 */
#include "common/config/members.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/spelling.h"
#include "common/base/text.h"

#include <stdlib.h>

/* The links being resolved. */
typedef struct {
    const config_reader_t *reader; /* borrowed */
    config_drafts_t *drafts;       /* borrowed */
    bool *listed;                  /* [from * count + to]: `from` names `to` */
} config_links_t;

static bool *config_links_cell(const config_links_t *self, size_t from, size_t to)
{
    return &self->listed[from * self->drafts->count + to];
}

static bool config_links_joined(const config_links_t *self, size_t one, size_t other)
{
    return *config_links_cell(self, one, other) || *config_links_cell(self, other, one);
}

static const char *config_links_name(const config_links_t *self, size_t index)
{
    return self->drafts->drafts[index].member.name;
}

static void config_links_unknown(const config_links_t *self, unsigned line, text_t name)
{
    config_findings_t *findings = self->reader->findings;
    const char *shown =
        config_findings_shown(findings, arena_copy_text(self->reader->arena, name.data, name.size));
    spelling_t spelling = {.word = name};
    for (size_t i = 0; i < self->drafts->count; i++) {
        spelling_consider(&spelling, config_links_name(self, i));
    }
    if (spelling.nearest != NULL) {
        config_findings_error(findings, line, "unknown neighbour \"%s\"; did you mean \"%s\"?",
                              shown, spelling.nearest);
    } else {
        config_findings_error(findings, line, "unknown neighbour \"%s\": no member has this name",
                              shown);
    }
}

/* One name in the "neighbours" of member `from`. */
static void config_links_add(const config_links_t *self, size_t from, unsigned line, text_t name)
{
    size_t to = 0;
    while (to < self->drafts->count && !text_equal(text_of(config_links_name(self, to)), name)) {
        to++;
    }
    if (to == self->drafts->count) {
        config_links_unknown(self, line, name);
    } else if (to == from) {
        config_findings_error(self->reader->findings, line, "member %s names itself as a neighbour",
                              config_links_name(self, from));
    } else if (*config_links_cell(self, from, to)) {
        config_findings_error(self->reader->findings, line, "neighbour %s is named twice",
                              config_links_name(self, to));
    } else {
        *config_links_cell(self, from, to) = true;
    }
}

static void config_links_read(const config_links_t *self)
{
    for (size_t from = 0; from < self->drafts->count; from++) {
        const config_setting_t *setting =
            config_keys_found(&self->drafts->drafts[from].found, "neighbours");
        if (setting == NULL) {
            continue;
        }
        text_t rest = text_of(setting->value);
        text_t name;
        while (text_take_field(&rest, &name)) {
            config_links_add(self, from, setting->line, name);
        }
    }
}

static void config_links_warn_one_sided(const config_links_t *self)
{
    for (size_t from = 0; from < self->drafts->count; from++) {
        for (size_t to = 0; to < self->drafts->count; to++) {
            if (*config_links_cell(self, from, to) && !*config_links_cell(self, to, from)) {
                config_findings_warning(
                    self->reader->findings,
                    config_members_line(&self->drafts->drafts[from], "neighbours"),
                    "%s names %s as a neighbour, but %s does not name %s; the link is used "
                    "both ways all the same",
                    config_links_name(self, from), config_links_name(self, to),
                    config_links_name(self, to), config_links_name(self, from));
            }
        }
    }
}

/* Marks in `reached` whatever links join to member 0. */
static void config_links_reach(const config_links_t *self, bool *reached)
{
    size_t count = self->drafts->count;
    size_t *waiting = memory_new_array(count, sizeof *waiting);
    size_t waiting_count = 1; /* member 0 */
    reached[0] = true;
    while (waiting_count > 0) {
        size_t from = waiting[--waiting_count];
        for (size_t to = 0; to < count; to++) {
            if (!reached[to] && config_links_joined(self, from, to)) {
                reached[to] = true;
                waiting[waiting_count++] = to;
            }
        }
    }
    free(waiting);
}

static void config_links_warn_parts(const config_links_t *self)
{
    size_t count = self->drafts->count;
    bool *reached = memory_new_array(count, sizeof *reached);
    config_links_reach(self, reached);
    for (size_t i = 0; i < count; i++) {
        if (!reached[i]) {
            config_findings_warning(
                self->reader->findings, self->drafts->drafts[i].setting->line,
                "no chain of links joins %s to %s: updates do not pass between them",
                config_links_name(self, 0), config_links_name(self, i));
            break; /* one example is enough */
        }
    }
    free(reached);
}

static void config_links_give(const config_links_t *self, size_t from)
{
    size_t count = self->drafts->count;
    size_t *neighbours = arena_take(self->reader->arena, count * sizeof *neighbours);
    size_t neighbour_count = 0;
    for (size_t to = 0; to < count; to++) {
        if (config_links_joined(self, from, to)) {
            neighbours[neighbour_count++] = to;
        }
    }
    config_member_t *member = &self->drafts->drafts[from].member;
    member->neighbours = neighbours;
    member->neighbour_count = neighbour_count;
}

void config_links_resolve(const config_reader_t *reader, config_drafts_t *drafts)
{
    if (drafts->count == 0) {
        return;
    }
    config_links_t links = {
        .reader = reader,
        .drafts = drafts,
        .listed = memory_new_array(drafts->count * drafts->count, sizeof(bool)),
    };
    size_t errors_before = reader->findings->error_count;
    config_links_read(&links);
    if (reader->findings->error_count == errors_before) {
        /* A misspelt neighbour would also look like a one-sided link and a herd in parts. */
        config_links_warn_one_sided(&links);
        config_links_warn_parts(&links);
    }
    for (size_t from = 0; from < drafts->count; from++) {
        config_links_give(&links, from);
    }
    free(links.listed);
}

void config_links_check_peers(const config_reader_t *reader, const config_drafts_t *drafts,
                              size_t peers, unsigned line)
{
    for (size_t i = 0; i < drafts->count; i++) {
        const config_draft_t *draft = &drafts->drafts[i];
        size_t count = draft->member.neighbour_count;
        if (count < peers) {
            config_findings_error(
                reader->findings, config_members_line(draft, "neighbours"),
                "\"acknowledge\" in line %u waits for %zu neighbour%s, but %s has "
                "%zu: no IAMAT there would ever be answered",
                line, peers, peers == 1 ? "" : "s", draft->member.name, count);
        }
    }
}
