/* Counted in /proc/PID/fd: a node without neighbours has 28 files open, of which ZeroMQ has 18. A
 * neighbour takes five: the socket that connects, its monitor at both ends, and a connection each
 * way. LIMIT_FILES_MIN leaves 36 for front-ends, operators, a look at keys and herd file. Places on
 * the network take two for each request under way: a connection, and the look-up of its name. */
#include "node/needs.h"

#include "common/base/limits.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

enum {
    NEIGHBOUR_FILES = 5,
    REQUEST_FILES = 2,
    FRONTEND_FILES = 32, /* of a front-end without clients, in the same process */
    /* At least so many stay free when a connection is accepted. */
    RESERVE_MIN = 16,
};

static bool is_on_network(const config_t *config)
{
    return config->places != CONFIG_PLACES_NONE && config->places != CONFIG_PLACES_LOCAL;
}

size_t needs_reckon(const config_t *config, const config_member_t *member, bool in_one, char *out,
                    size_t size)
{
    size_t neighbours = member->neighbour_count;
    size_t requests = is_on_network(config) ? config->provider.max_concurrent : 0;
    size_t frontend = in_one ? FRONTEND_FILES : 0;
    int written = in_one
                      ? snprintf(out, size, "%d, %zu for the front-end", LIMIT_FILES_MIN, frontend)
                      : snprintf(out, size, "%d", LIMIT_FILES_MIN);
    if (written > 0 && (size_t)written < size) {
        written += snprintf(out + written, size - (size_t)written,
                            ", and %d for each of %zu neighbours", NEIGHBOUR_FILES, neighbours);
    }
    if (requests > 0 && written > 0 && (size_t)written < size) {
        snprintf(out + written, size - (size_t)written,
                 ", and %d for each of %zu requests for places", REQUEST_FILES, requests);
    }
    return LIMIT_FILES_MIN + frontend + NEIGHBOUR_FILES * neighbours + REQUEST_FILES * requests;
}

size_t needs_files(const config_t *config, const config_member_t *member, char *out, size_t size)
{
    return needs_reckon(config, member, false, out, size);
}

size_t needs_files_in_one(const config_t *config, const config_member_t *member, char *out,
                          size_t size)
{
    return needs_reckon(config, member, true, out, size);
}

int needs_ceiling(uint64_t limit, size_t needed)
{
    uint64_t quarter = limit / 4;
    uint64_t spare = RESERVE_MIN + (limit > needed ? limit - needed : 0);
    uint64_t ceiling = limit - (quarter < spare ? quarter : spare);
    return ceiling < INT_MAX ? (int)ceiling : INT_MAX;
}
