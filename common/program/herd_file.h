/* herd_file.h - the herd file of a program: its findings printed for people and editors.
 *
 *   deploy/herd.cfg:12: error: unknown key "trafic"; did you mean "traffic"?
 *   deploy/herd.cfg: error: cannot be opened: No such file or directory
 *
 * Owner: the caller. Threads: one.
 */
#ifndef HERD_COMMON_PROGRAM_HERD_FILE_H
#define HERD_COMMON_PROGRAM_HERD_FILE_H

#include "common/config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Prints findings and counts them (open value struct). */
typedef struct {
    FILE *file;           /* borrowed */
    bool colour;          /* with ANSI colours */
    size_t error_count;   /* printed so far */
    size_t warning_count; /* printed so far */
} herd_file_printer_t;

/* Prints to `file`, in colour if terminal_has_colours says so. */
void herd_file_printer_init(herd_file_printer_t *self, FILE *file);

/* A config_report_fn; its argument is a herd_file_printer_t. */
void herd_file_print_finding(void *printer, config_severity_t severity, const char *file,
                             unsigned line, const char *text);

/* For programs at their start: the configuration and their member in it; findings go to stderr.
 * NULL after an error, or if the file has no member `name`, which is printed too. Caller frees with
 * config_destroy. */
config_t *herd_file_load(const char *path, const char *name, const config_member_t **ret_member);

/* The same with config_load_to_ask. */
config_t *herd_file_load_to_ask(const char *path, const char *name,
                                const config_member_t **ret_member);

#endif
