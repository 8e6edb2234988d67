/* Which messages of a tap are wanted. As far as a prefix can express it, the tap itself leaves out
 * the others. */
#include "common/base/limits.h"
#include "deploy/herdctl/tap/tap.h"

#include <assert.h>
#include <fnmatch.h>

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

/* A glob of NULL matches anything. No glob matches a text with a zero in it. */
static bool glob_matches(const char *glob, text_t text)
{
    if (glob == NULL) {
        return true;
    }
    if (memchr(text.data != NULL ? text.data : "", '\0', text.size) != NULL) {
        return false;
    }
    char *string = strndup(text.data != NULL ? text.data : "", text.size);
    bool matches = string != NULL && fnmatch(glob, string, 0) == 0;
    free(string);
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
