/* Which messages of a tap are wanted. As far as a prefix can express it, the tap itself leaves out
 * the others. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "deploy/herdctl/tap/tap.h"

#include <assert.h>
#include <fnmatch.h>
#include <stdlib.h>

static_assert(HERDCTL_TAP_PREFIX_SIZE == LIMIT_TAP_PREFIX_SIZE + 1, "as long as a tap allows");

bool herdctl_tap_filter_parse_kinds(const char *text, unsigned *ret_kinds)
{
    unsigned kinds = 0;
    text_t rest = text_of(text);
    text_t part;
    while (text_take_until(&rest, ',', &part)) {
        publication_kind_t kind;
        if (!publication_kind_parse(part, &kind) || kind == PUBLICATION_TAP) {
            return false;
        }
        kinds |= PUBLICATION_BIT(kind);
    }
    *ret_kinds = kinds;
    return kinds != 0;
}

/* The part of a glob before its first special byte. */
static text_t literal_part(const char *glob)
{
    return (text_t){.data = glob, .size = strcspn(glob, "*?[\\")};
}

/* Whether messages of a kind may match: not all kinds have a peer, a type and a client. */
static bool concerns(const herdctl_tap_filter_t *filter, publication_kind_t kind)
{
    bool has_peer = kind != PUBLICATION_APPLY;
    bool has_client = kind != PUBLICATION_LINK;
    return (filter->kinds & PUBLICATION_BIT(kind)) != 0 && kind != PUBLICATION_TAP &&
           (has_peer || (filter->peer == NULL && filter->type == NULL)) &&
           (has_client || filter->client == NULL);
}

static void append(char *out, size_t *size, text_t text)
{
    text_t fitting = text_first(text, HERDCTL_TAP_PREFIX_SIZE - 1 - *size);
    text_copy(fitting, out + *size);
    *size += fitting.size;
    out[*size] = '\0';
}

bool herdctl_tap_filter_prefix(const herdctl_tap_filter_t *filter, publication_kind_t kind,
                               char *out)
{
    size_t size = 0;
    if (!concerns(filter, kind)) {
        return false;
    }
    append(out, &size, text_of(publication_kind_text(kind)));
    append(out, &size, TEXT("/"));
    const char *glob = kind == PUBLICATION_APPLY ? filter->client : filter->peer;
    if (glob == NULL) {
        return true;
    }
    text_t literal = literal_part(glob);
    append(out, &size, literal);
    if (kind != PUBLICATION_APPLY && glob[literal.size] == '\0') {
        append(out, &size, TEXT("/"));
        append(out, &size, text_of(filter->type != NULL ? filter->type : ""));
    }
    return true;
}

/* fnmatch(3) takes no zero, and no name or ID has an LF in it: an LF stands for a zero here. */
static char *for_fnmatch(text_t text)
{
    char *string = memory_copy_text(text.data, text.size);
    for (size_t i = 0; i < text.size; i++) {
        if (string[i] == '\0') {
            string[i] = '\n';
        }
    }
    return string;
}

/* A glob in which each \xHH is the byte itself, quoted. */
static char *plain_glob(const char *glob)
{
    char *plain = memory_new(strlen(glob) + 1);
    size_t size = 0;
    text_t rest = text_of(glob);
    while (rest.size > 0) {
        char bytes[TEXT_ESCAPED_SIZE];
        text_t escape = text_first(rest, TEXT_ESCAPED_SIZE);
        if (escape.size < TEXT_ESCAPED_SIZE || text_unescape(escape, bytes) != 1) {
            plain[size++] = rest.data[0];
            rest = text_after(rest, 1);
            continue;
        }
        if (bytes[0] == '\0') {
            plain[size++] = '\n';
        } else {
            plain[size++] = '\\';
            plain[size++] = bytes[0];
        }
        rest = text_after(rest, TEXT_ESCAPED_SIZE);
    }
    return plain;
}

/* A glob of NULL matches anything. */
static bool glob_matches(const char *glob, text_t text)
{
    if (glob == NULL) {
        return true;
    }
    char *plain = plain_glob(glob);
    char *string = for_fnmatch(text);
    bool matches = fnmatch(plain, string, 0) == 0;
    free(string);
    free(plain);
    return matches;
}

static bool has_client(const herdctl_tap_filter_t *filter, const herdctl_tap_message_t *message)
{
    text_t rest = message->body;
    text_t record;
    text_t client;
    if (filter->client == NULL) {
        return true;
    }
    while (herdctl_tap_records_take(message, &rest, &record)) {
        if (herdctl_tap_records_client(message, record, &client) &&
            glob_matches(filter->client, client)) {
            return true;
        }
    }
    return false;
}

bool herdctl_tap_filter_wants(const herdctl_tap_filter_t *filter,
                              const herdctl_tap_message_t *message)
{
    const publication_t *publication = &message->publication;
    if (!concerns(filter, publication->kind)) {
        return false;
    }
    if (publication->kind == PUBLICATION_APPLY) {
        return glob_matches(filter->client, publication->peer);
    }
    return glob_matches(filter->peer, publication->peer) &&
           (filter->type == NULL || text_equal(publication->type, text_of(filter->type))) &&
           has_client(filter, message);
}
