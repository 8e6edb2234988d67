/* How `herdctl tap` shows messages: one line each, all frames, or JSON. */
#include "common/base/timestamp.h"
#include "deploy/herdctl/frame/json.h"
#include "deploy/herdctl/frame/table.h"
#include "deploy/herdctl/tap/tap.h"

#include <jansson.h>

enum {
    SHOWN_SIZE = 256, /* of a field or record on a line, escaped, and a zero */
    MEMBER_WIDTH = 10,
    PEER_WIDTH = 12,
};

/* "<-": the member received it; "->": the member sent it. */
static const char *const arrows[PUBLICATION_KINDS] = {
    [PUBLICATION_IN] = "<-",    [PUBLICATION_OUT] = "->",   [PUBLICATION_REQUEST] = "<-",
    [PUBLICATION_REPLY] = "->", [PUBLICATION_APPLY] = "==", [PUBLICATION_LINK] = "--",
    [PUBLICATION_TAP] = "--",
};

static herdctl_colour_t colour_of(const publication_t *publication)
{
    static const char *const good[] = {"up", "opened"};
    if (publication->kind == PUBLICATION_APPLY) {
        return HERDCTL_GOOD;
    }
    if (publication->kind != PUBLICATION_LINK) {
        return HERDCTL_PLAIN;
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (text_equal(publication->type, text_of(good[i]))) {
            return HERDCTL_GOOD;
        }
    }
    return HERDCTL_BAD;
}

static void write_time(const publication_t *publication, char *out)
{
    timestamp_write_iso8601(publication->time_ns, out);
    out[TIMESTAMP_ISO8601_SIZE] = '\0';
}

/* Returns the number of records. The one to show is the first that the filter wants. */
static size_t count_records(const herdctl_tap_message_t *message,
                            const herdctl_tap_filter_t *filter, text_t *ret_shown)
{
    size_t count = 0;
    bool found = false;
    text_t rest = message->body;
    text_t record;
    herdctl_tap_message_t one = *message;
    while (herdctl_tap_records_take(message, &rest, &record)) {
        count++;
        one.body = record;
        if (!found && (filter->client == NULL || herdctl_tap_filter_wants(filter, &one))) {
            *ret_shown = record;
            found = true;
        }
    }
    return count;
}

/* Line feeds at its end are only its form on the wire. */
static text_t without_line_feed(text_t record)
{
    while (record.size > 0 && record.data[record.size - 1] == '\n') {
        record.size--;
    }
    return record;
}

/* 2026-03-01T12:00:00.250Z Goloman    <- Hands        DATA    47 4a7a... 0 1 (1) AT Clark
 * +0.263873386 kiwi ... = */
static void print_line(const herdctl_tap_message_t *message, const herdctl_tap_filter_t *filter)
{
    const publication_t *publication = &message->publication;
    char time[TIMESTAMP_ISO8601_SIZE + 1];
    char member[SHOWN_SIZE];
    char peer[SHOWN_SIZE];
    char kind[SHOWN_SIZE];
    char text[SHOWN_SIZE];
    text_t shown = {0};
    size_t count = count_records(message, filter, &shown);
    bool apply = publication->kind == PUBLICATION_APPLY;
    write_time(publication, time);
    text_escape(publication->member, member, sizeof member);
    printf("%s %-*s %s ", time, MEMBER_WIDTH, member, arrows[publication->kind]);
    if (apply) {
        text_escape(without_line_feed(shown), text, sizeof text);
        herdctl_table_print_coloured(stdout, colour_of(publication), text);
        putchar('\n');
        return;
    }
    text_escape(publication->peer, peer, sizeof peer);
    text_escape(publication->type, kind, sizeof kind);
    printf("%-*s ", PEER_WIDTH, peer);
    herdctl_table_print_coloured(stdout, colour_of(publication), kind);
    text_escape(message->header, text, sizeof text);
    printf("%s%s", text[0] != '\0' ? " " : "", text);
    if (count > 0) {
        text_escape(without_line_feed(shown), text, sizeof text);
        printf(" (%zu) %s", count, text);
    }
    putchar('\n');
}

static void print_object(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static void print_json(const herdctl_tap_message_t *message)
{
    const publication_t *publication = &message->publication;
    bool apply = publication->kind == PUBLICATION_APPLY;
    char time[TIMESTAMP_ISO8601_SIZE + 1];
    json_t *object = json_object();
    json_t *body = json_array();
    text_t rest = message->body;
    text_t record;
    write_time(publication, time);
    while (herdctl_tap_records_take(message, &rest, &record)) {
        json_array_append_new(body, herdctl_json_text(without_line_feed(record)));
    }
    json_object_set_new(object, "time", json_string(time));
    json_object_set_new(object, "member", herdctl_json_text(publication->member));
    json_object_set_new(object, "kind", json_string(publication_kind_text(publication->kind)));
    json_object_set_new(object, apply ? "client" : "peer", herdctl_json_text(publication->peer));
    if (!apply) {
        json_object_set_new(object, "type", herdctl_json_text(publication->type));
        json_object_set_new(object, "header", herdctl_json_text(message->header));
    }
    json_object_set_new(object, "body", body);
    print_object(object);
}

void herdctl_tap_print(const herdctl_tap_message_t *message, const herdctl_tap_filter_t *filter,
                       herdctl_tap_format_t format)
{
    if (format == HERDCTL_TAP_JSON) {
        print_json(message);
    } else {
        print_line(message, filter);
    }
}

void herdctl_tap_print_frames(zmsg_t *frames)
{
    for (zframe_t *frame = zmsg_first(frames); frame != NULL; frame = zmsg_next(frames)) {
        text_t text = {.data = (const char *)zframe_data(frame), .size = zframe_size(frame)};
        printf("[%03zu] ", text.size);
        herdctl_table_print_escaped(stdout, text);
        putchar('\n');
    }
    putchar('\n');
}

void herdctl_tap_print_loss(const char *member, uint64_t count, herdctl_tap_format_t format)
{
    fprintf(stderr, "herdctl: %s: %llu messages were lost, they came faster than they were shown\n",
            member, (unsigned long long)count);
    if (format == HERDCTL_TAP_JSON) {
        json_t *object = json_object();
        json_object_set_new(object, "member", json_string(member));
        json_object_set_new(object, "lost", json_integer((json_int_t)count));
        print_object(object);
    }
}
