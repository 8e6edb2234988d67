/* members.h - the members of a herd file, while they are being read and checked against each other.
 *
 * Owner: config_load. Threads: one.
 */
#ifndef HERD_COMMON_CONFIG_MEMBERS_H
#define HERD_COMMON_CONFIG_MEMBERS_H

#include "common/config/keys.h"

#include <stddef.h>

/* One member being read (open value struct). */
typedef struct {
    config_member_t member; /* what becomes part of config_t; fields with errors stay NULL */
    const config_setting_t *setting; /* its line */
    config_found_t found;            /* the lines of its keys */
} config_draft_t;

/* All of them (open value struct). */
typedef struct {
    config_draft_t *drafts; /* in the arena, in the order of the file */
    size_t count;           /* 0 .. LIMIT_MEMBERS */
} config_drafts_t;

/* Reads the settings below `parent`, the line "members". */
void config_members_read(const config_reader_t *reader, const config_lines_t *lines, size_t parent,
                         config_drafts_t *ret_drafts);

/* Gives each member without `requests` its socket in `run_dir`. `run_dir_line` is the line that set
 * it, 0 if none did. */
void config_members_default_requests(const config_reader_t *reader, config_drafts_t *drafts,
                                     const char *run_dir, unsigned run_dir_line);

/* Turns the names in "neighbours" into indices, each link taken both ways. Unknown, own and
 * repeated names are errors. Links that only one side lists, and parts of the herd that no link
 * joins, are warnings. */
void config_links_resolve(const config_reader_t *reader, config_drafts_t *drafts);

/* Members with fewer than `peers` neighbours are errors, because "acknowledge", in line `line`, has
 * an IAMAT wait for that many. After config_links_resolve. */
void config_links_check_peers(const config_reader_t *reader, const config_drafts_t *drafts,
                              size_t peers, unsigned line);

/* Endpoints that two sockets cannot both have are errors, and so is a bus on all addresses, if
 * there is another member; requests or tap there are warnings. Unless `local`: then
 * config_endpoints_check_local finds these. Ports of bus, requests and tap in the kernel's
 * ephemeral range are warnings. */
void config_endpoints_check(const config_reader_t *reader, const config_drafts_t *drafts,
                            bool local);

/* Endpoints of bus, requests and tap that other machines could reach are errors: there are no
 * keys. */
void config_endpoints_check_local(const config_reader_t *reader, const config_drafts_t *drafts);

/* Endpoints of web that other machines could reach are errors. */
void config_endpoints_check_web(const config_reader_t *reader, const config_drafts_t *drafts);

/* The line of a member's key if the file has it, else the member's own. */
unsigned config_members_line(const config_draft_t *self, const char *key);

#endif
