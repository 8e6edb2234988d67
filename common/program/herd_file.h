/* herd_file.h - findings about a herd file, printed for people and editors.
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

/* Where findings go, and how many went (open value struct). */
typedef struct {
    FILE *file;           /* borrowed */
    bool colour;          /* with ANSI colours */
    size_t error_count;   /* printed so far */
    size_t warning_count; /* printed so far */
} config_printer_t;

/* Prints to `file`, in colour where that is a terminal and NO_COLOR is unset (no-color.org). */
void config_printer_init(config_printer_t *self, FILE *file);

/* A config_report_fn; its argument is a config_printer_t. */
void config_print_finding(void *printer, config_severity_t severity, const char *file,
                          unsigned line, const char *text);

/* For programs at their start: the configuration and their member in it, findings on stderr. NULL after an
 * error or where the file has no member `name`, which is said too. Caller frees with config_destroy. */
config_t *config_load_for(const char *path, const char *name, const config_member_t **ret_member);

#endif
