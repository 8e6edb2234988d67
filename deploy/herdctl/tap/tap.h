/* tap.h - what the files of `herdctl tap` share: what to watch, and how to show it.
 *
 * tap.c: the command line. filter.c: which messages. records.c: the records in them.
 * watch.c: the sockets. print.c: the output. Owner: the command. Threads: one.
 * Whatever comes from a tap is foreign: it is parsed, and escaped before it is printed.
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

/* Which messages are wanted (open value struct). A string that is NULL matches anything. */
typedef struct {
    unsigned kinds;     /* bits, PUBLICATION_BIT */
    const char *peer;   /* glob, of the neighbour or front-end */
    const char *type;   /* of the message, or event of a link */
    const char *client; /* glob, of the client of some record in it; any byte as \xHH too */
} herdctl_tap_filter_t;

/* How they are shown. */
typedef enum { HERDCTL_TAP_LINES, HERDCTL_TAP_RAW, HERDCTL_TAP_JSON } herdctl_tap_format_t;

/* The command line (open value struct). */
typedef struct {
    herdctl_tap_filter_t filter;
    herdctl_tap_format_t format;
    uint64_t count;         /* of messages, after which it ends; 0: never */
    int64_t duration_ms;    /* after which it ends; 0: never */
    const security_t *keys; /* of the operator or watcher; NULL in a herd without keys */
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

/* "in,out" to bits. False if one of them is unknown, or there is none. */
bool herdctl_tap_filter_parse_kinds(const char *text, unsigned *ret_kinds);

/* Writes the subscription for the messages of `kind`, and a zero, to `out` (HERDCTL_TAP_PREFIX_SIZE
 * bytes). False if the filter wants none of them. */
bool herdctl_tap_filter_prefix(const herdctl_tap_filter_t *filter, publication_kind_t kind,
                               char *out);

/* Whether the filter wants this message. */
bool herdctl_tap_filter_wants(const herdctl_tap_filter_t *filter,
                              const herdctl_tap_message_t *message);

/* Takes the frames of a message apart; `*ret_message` borrows from them. STATUS_INVALID if they are
 * malformed. */
status_t herdctl_tap_records_decode(zmsg_t *frames,
                                    herdctl_tap_message_t *ret_message) STATUS_MUST_USE;

/* Cuts the next record off the front of `body`, the body of `message`: a line, or a reply with all
 * its lines. False if none is left. */
bool herdctl_tap_records_take(const herdctl_tap_message_t *message, text_t *body,
                              text_t *ret_record);

/* The client of a record; false if it has none. */
bool herdctl_tap_records_client(const herdctl_tap_message_t *message, text_t record,
                                text_t *ret_client);

/* Prints a message to stdout. `filter` says which of its records to show. */
void herdctl_tap_print(const herdctl_tap_message_t *message, const herdctl_tap_filter_t *filter,
                       herdctl_tap_format_t format);

/* Prints all frames of a message. */
void herdctl_tap_print_frames(zmsg_t *frames);

/* Prints how many messages of a member were lost, to stderr and, with HERDCTL_TAP_JSON, as an
 * object to stdout. */
void herdctl_tap_print_loss(const char *member, uint64_t count, herdctl_tap_format_t format);

/* Shows what the taps of `count` members publish, until the options, SIGINT or SIGTERM end it.
 * HERDCTL_FAILED if a member has no tap or never answered. */
herdctl_exit_t herdctl_tap_watch(const config_member_t *const *members, size_t count,
                                 const herdctl_tap_options_t *options);

#endif
