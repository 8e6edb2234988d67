/* traffic.h - what the files of `herdctl traffic` share: records out of bytes, which of them to
 * show, and how.
 *
 * traffic.c: the command line. files.c: bytes of files, also of one that grows and is rotated.
 * reader.c: bytes to records; lines.c: those of a log of lines. filter.c: which. show.c: how.
 * Owner: the command. Threads: one.
 * A file is foreign: what is no record is skipped and told, and nothing of it reaches a terminal
 * unless it is escaped.
 */
#ifndef HERD_DEPLOY_HERDCTL_TRAFFIC_TRAFFIC_H
#define HERD_DEPLOY_HERDCTL_TRAFFIC_TRAFFIC_H

#include "common/log/record.h"
#include "common/log/traffic_text.h"
#include "deploy/herdctl/frame/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The command. */
herdctl_command_fn herdctl_traffic;

/* A record, and who wrote it (open value struct); texts borrow from the reader, until its next
 * call. */
typedef struct {
    log_record_t record; /* none of LOG_BEGINNING */
    text_t member;       /* "-" if it is not known */
    text_t program;
} herdctl_traffic_item_t;

/* Of what form a file is. */
typedef enum {
    HERDCTL_TRAFFIC_UNKNOWN, /* not known yet */
    HERDCTL_TRAFFIC_RECORDS,
    HERDCTL_TRAFFIC_LINES,
} herdctl_traffic_form_t;

/* Records out of the bytes of a file (open struct, for embedding). */
typedef struct {
    herdctl_traffic_form_t form;
    buffer_t bytes;                    /* of the file, from `offset` on */
    size_t taken;                      /* bytes of these that are done with */
    uint64_t offset;                   /* in the file */
    uint64_t skipped_offset;           /* where what was skipped and not told begins */
    uint64_t skipped;                  /* bytes */
    char source[LOG_RECORD_PEER_SIZE]; /* of the records that follow: "member/program" */
    size_t source_size;
    buffer_t plain; /* a line that was escaped */
} herdctl_traffic_reader_t;

/* What comes next. */
typedef enum {
    HERDCTL_TRAFFIC_ITEM,    /* a record */
    HERDCTL_TRAFFIC_MORE,    /* nothing without more bytes; at the end of a file: it is done */
    HERDCTL_TRAFFIC_SKIPPED, /* bytes that are no record; what follows is */
    HERDCTL_TRAFFIC_TORN,    /* the same at the end of the file: the last record breaks off */
    HERDCTL_TRAFFIC_NEWER,   /* a record that a later version wrote */
    HERDCTL_TRAFFIC_JSON,    /* a log of JSON objects, which is not read here: give the file up */
} herdctl_traffic_step_t;

/* Which bytes a step is about (open value struct). */
typedef struct {
    uint64_t offset;
    uint64_t size; /* bytes */
} herdctl_traffic_place_t;

void herdctl_traffic_reader_init(herdctl_traffic_reader_t *self);
void herdctl_traffic_reader_done(herdctl_traffic_reader_t *self);

/* Begins anew, with another file. */
void herdctl_traffic_reader_restart(herdctl_traffic_reader_t *self);

enum { HERDCTL_TRAFFIC_PART = 65536 };

/* Where HERDCTL_TRAFFIC_PART more bytes of the file go; buffer_commit on `bytes` counts them. Call
 * it when herdctl_traffic_reader_take wants more. */
char *herdctl_traffic_reader_room(herdctl_traffic_reader_t *self);

/* Takes what comes next. `at_end`: the file has no more bytes. Of an ITEM `ret_item` is set, of
 * SKIPPED, TORN, NEWER and JSON `ret_place`. */
herdctl_traffic_step_t herdctl_traffic_reader_take(herdctl_traffic_reader_t *self, bool at_end,
                                                   herdctl_traffic_item_t *ret_item,
                                                   herdctl_traffic_place_t *ret_place);

/* What a line of a log is. */
typedef enum {
    HERDCTL_TRAFFIC_LINE,  /* traffic, or a client that came or left */
    HERDCTL_TRAFFIC_EVENT, /* another event */
    HERDCTL_TRAFFIC_NEITHER,
} herdctl_traffic_line_t;

/* Reads a line of a log, without its LF, into `ret_item`, which borrows from it and from `plain`,
 * whose content is replaced. */
herdctl_traffic_line_t herdctl_traffic_lines_parse(text_t line, buffer_t *plain,
                                                   herdctl_traffic_item_t *ret_item);

/* Whether bytes begin like a line of a log: with a time. At least HERDCTL_TRAFFIC_TIME_SIZE of them
 * are wanted. */
enum { HERDCTL_TRAFFIC_TIME_SIZE = TIMESTAMP_ISO8601_SIZE + 1 };
bool herdctl_traffic_lines_begin(text_t bytes);

/* Which records are wanted (open struct). */
typedef struct {
    int64_t since_ns; /* POSIX: the first that is wanted */
    int64_t until_ns; /* the first that is not any more */
    unsigned kinds;   /* bits, 1 << log_kind_t */
    bool has_client;
    text_t client; /* the ID */
    bool wanted;   /* the last answer of a client was: what says how long its JSON is, is too */
} herdctl_traffic_filter_t;

/* Whether the filter wants this record. Records are asked about in their order. */
bool herdctl_traffic_filter_wants(herdctl_traffic_filter_t *self, const log_record_t *record);

/* Prints records to stdout (open struct, for embedding). */
typedef struct {
    bool json;
    bool coloured;
    log_traffic_text_t text;
    buffer_t out;
    uint64_t count; /* of lines printed */
} herdctl_traffic_show_t;

void herdctl_traffic_show_init(herdctl_traffic_show_t *self, bool json);
void herdctl_traffic_show_done(herdctl_traffic_show_t *self);
void herdctl_traffic_show_print(herdctl_traffic_show_t *self, const herdctl_traffic_item_t *item);

/* Prints what the filter wants of a file, "-" for standard input. With `follow` goes on as the file
 * grows and is rotated, until SIGINT, SIGTERM, or until no one reads stdout any more. What is wrong
 * goes to stderr, and is HERDCTL_FAILED. */
herdctl_exit_t herdctl_traffic_files_print(const char *path, bool follow,
                                           herdctl_traffic_filter_t *filter,
                                           herdctl_traffic_show_t *show);

#endif
