/* tap.h - what the files of `herdctl tap` share: what to watch, and how to show it.
 *
 * tap.c: the command line. filter.c: which messages. records.c: the records in them.
 * watch.c: the sockets. print.c: the output. Owner: the command. Threads: one.
 * All that comes from a tap is foreign: it is parsed, and escaped before it is printed.
 */
#ifndef HERD_DEPLOY_HERDCTL_TAP_TAP_H
#define HERD_DEPLOY_HERDCTL_TAP_TAP_H

#include "common/config/config.h"
#include "common/protocol/publication.h"
#include "common/security/security.h"
#include "deploy/herdctl/frame/command.h"

#include <czmq.h>

/* The command. */
herdctl_command_fn herdctl_tap;

/* Which messages are wanted (open value struct); strings are NULL where anything is. */
typedef struct {
    unsigned kinds;     /* bits */
    const char *peer;   /* glob, of the neighbour or front-end */
    const char *type;   /* of the message, or event of a link */
    const char *client; /* glob, of the client of some record in it */
} herdctl_tap_filter_t;

/* How they are shown. */
typedef enum { HERDCTL_TAP_LINES, HERDCTL_TAP_RAW, HERDCTL_TAP_JSON } herdctl_tap_format_t;

/* What the command line says (open value struct). */
typedef struct {
    herdctl_tap_filter_t filter;
    herdctl_tap_format_t format;
    uint64_t count;         /* messages after which it ends; 0: never */
    int64_t duration_ms;    /* after which it ends; 0: never */
    const security_t *keys; /* of who watches; NULL in a herd without keys */
} herdctl_tap_options_t;

/* One message of a tap, taken apart (open value struct); texts borrow. */
typedef struct {
    text_t topic;
    text_t meta;
    publication_t publication;
    text_t header; /* of a bus or request message, else empty */
    text_t body;   /* of such a message, the record, or the note; may be empty */
} herdctl_tap_message_t;

enum { HERDCTL_TAP_PREFIX_SIZE = 256 }; /* bytes of a subscription, and a zero */

/* "in,out" to bits. False where one is none. */
bool herdctl_tap_parse_kinds(const char *text, unsigned *ret_kinds);

/* Writes the subscription for the messages of `kind` (HERDCTL_TAP_PREFIX_SIZE bytes, with a zero). False where the
 * filter wants none of them. */
bool herdctl_tap_prefix(const herdctl_tap_filter_t *filter, publication_kind_t kind, char *out);

/* Whether the filter wants this message. */
bool herdctl_tap_wants(const herdctl_tap_filter_t *filter, const herdctl_tap_message_t *message);

/* Takes the frames of a message apart, which then borrows from them. STATUS_INVALID for what is none. */
status_t herdctl_tap_decode(zmsg_t *frames, herdctl_tap_message_t *ret_message) STATUS_MUST_USE;

/* Cuts the next record off the front of `body`, which is that of `message`: a line, or a reply in all its lines. False
 * where none is left. */
bool herdctl_tap_take_record(const herdctl_tap_message_t *message, text_t *body,
                             text_t *ret_record);

/* The client of a record; false where there is none. */
bool herdctl_tap_client(const herdctl_tap_message_t *message, text_t record, text_t *ret_client);

/* Prints a message to stdout. `filter` says which of its records is the one to show. */
void herdctl_tap_print(const herdctl_tap_message_t *message, const herdctl_tap_filter_t *filter,
                       herdctl_tap_format_t format);

/* Prints all frames of it. */
void herdctl_tap_print_frames(zmsg_t *frames);

/* Says how many messages of a member were lost, on stderr, and as an object on stdout with HERDCTL_TAP_JSON. */
void herdctl_tap_print_loss(const char *member, uint64_t count, herdctl_tap_format_t format);

/* Shows what the taps of `count` members publish, until the options or SIGINT or SIGTERM end it. HERDCTL_FAILED where
 * some member has no tap or never answered. */
herdctl_exit_t herdctl_tap_watch(const config_member_t *const *members, size_t count,
                                 const herdctl_tap_options_t *options);

#endif
