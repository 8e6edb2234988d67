/* Any filter and any message of a tap, as herdctl shows it: globs of peer, type and client, a line
 * each (empty: anything), then topic, meta frame, header, a line each, and the body. What the
 * filter wants begins with the prefix that it subscribes to; what is printed is one line that a
 * terminal and a reader of JSON can take. */
#include "common/base/memory.h"
#include "deploy/herdctl/tap/tap.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A line as a string, NULL if it is empty; caller frees. */
static char *take_string(text_t *rest)
{
    text_t line = {0};
    (void)text_take_line(rest, &line);
    return line.size > 0 ? memory_copy_text(line.data, line.size) : NULL;
}

static void check_filter(const herdctl_tap_filter_t *filter, const herdctl_tap_message_t *message)
{
    char prefix[HERDCTL_TAP_PREFIX_SIZE];
    bool subscribes = herdctl_tap_filter_prefix(filter, message->publication.kind, prefix);
    if (herdctl_tap_filter_wants(filter, message)) {
        assert(subscribes);
        assert(text_equal(text_first(message->topic, strlen(prefix)), text_of(prefix)));
    }
}

static void add_frame(zmsg_t *frames, text_t text)
{
    zmsg_addmem(frames, text.data, text.size);
}

/* As it comes off the socket: three frames, or the four of a message behind topic and meta; no
 * other number is taken. */
static void check_frames(const herdctl_tap_message_t *message)
{
    const text_t of_message[] = {TEXT("HERD/1"), message->publication.type, message->header,
                                 message->body};
    zmsg_t *frames = zmsg_new();
    herdctl_tap_message_t decoded;
    add_frame(frames, message->topic);
    add_frame(frames, message->meta);
    for (size_t i = 0; i < sizeof of_message / sizeof of_message[0]; i++) {
        bool whole = zmsg_size(frames) <= 3;
        assert((herdctl_tap_records_decode(frames, &decoded) == STATUS_OK) == whole);
        add_frame(frames, of_message[i]);
    }
    status_t status = herdctl_tap_records_decode(frames, &decoded);
    assert(status == STATUS_OK && text_equal(decoded.header, message->header));
    assert(text_equal(decoded.body, message->body) && text_equal(decoded.topic, message->topic));
    add_frame(frames, TEXT(""));
    assert(herdctl_tap_records_decode(frames, &decoded) != STATUS_OK);
    zmsg_destroy(&frames);
}

static void check_line(const char *line, size_t size)
{
    assert(size > 0 && line[size - 1] == '\n');
    for (size_t i = 0; i + 1 < size; i++) {
        assert(line[i] >= ' ' && line[i] <= '~');
    }
}

/* Prints to memory what otherwise goes to stdout; caller frees. */
static char *print(const herdctl_tap_message_t *message, const herdctl_tap_filter_t *filter,
                   herdctl_tap_format_t format)
{
    char *line = NULL;
    size_t size = 0;
    FILE *before = stdout;
    FILE *memory = open_memstream(&line, &size);
    assert(memory != NULL);
    stdout = memory;
    herdctl_tap_print(message, filter, format);
    stdout = before;
    fclose(memory);
    check_line(line, size);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t rest = {.data = (const char *)data, .size = size};
    char *peer = take_string(&rest);
    char *type = take_string(&rest);
    char *client = take_string(&rest);
    const herdctl_tap_filter_t filter = {
        .kinds = PUBLICATION_ALL, .peer = peer, .type = type, .client = client};
    herdctl_tap_message_t message = {0};
    if (text_take_line(&rest, &message.topic) && text_take_line(&rest, &message.meta) &&
        text_take_line(&rest, &message.header) &&
        publication_parse(message.topic, message.meta, &message.publication) == STATUS_OK) {
        message.body = rest;
        check_frames(&message);
        check_filter(&filter, &message);
        free(print(&message, &filter, HERDCTL_TAP_LINES));
        char *line = print(&message, &filter, HERDCTL_TAP_JSON);
        json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert(json_is_object(json) && json_is_array(json_object_get(json, "body")));
        json_decref(json);
        free(line);
    }
    free(client);
    free(type);
    free(peer);
    return 0;
}
